"""Signals, pipes, colour, help: what a shell and a script see."""

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mhatool.cli.app import COMMANDS, load, root, split_examples
from tests.mhatool.capture.builders import pcap_header, pcap_record
from tests.mhatool.cli.process import COMMAND, REPOSITORY, complaint, mhatool, until_it_waits

HEAVY = ("scapy", "pyroute2", "textual", "dissectors", "mhatool.capture", "rich", "pydantic", "asyncio")


def test_help_lists_every_command_with_its_line() -> None:
    result = mhatool("--help")
    assert (result.status, result.err) == (0, "")
    assert result == mhatool("-h") == mhatool()
    for name, entry in COMMANDS.items():
        assert f"  {name:10}  {entry.summary}\n" in result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_begins_its_help_with_examples(name: str) -> None:
    result = mhatool(name, "--help")
    assert (result.status, result.err) == (0, "")
    assert result == mhatool(name, "-h")
    heading, *lines = result.out.splitlines()
    assert heading == "Examples:"
    assert all("mhatool" in line for line in lines[: lines.index("")])
    assert "captures/" not in "".join(lines[: lines.index("")])  # only the checkout has that folder


def with_subcommands() -> dict[str, Any]:
    """Every command and subcommand, by what is written to run it."""
    found = {"mhatool": root()}
    for name in COMMANDS:
        command = found[name] = load(name)
        found.update({f"{name} {each}": below for each, below in getattr(command, "commands", {}).items()})
    return found


def test_each_help_has_two_or_three_examples() -> None:
    """No more than is read, no fewer than show what differs."""
    counts = {name: len(split_examples(command.help or "")[0]) for name, command in with_subcommands().items()}
    assert len(counts) > len(COMMANDS) + 15
    assert {name: count for name, count in counts.items() if count not in (2, 3)} == {}


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    program = "import sys; from mhatool.cli import main; main(['--help']); print(*sorted(sys.modules), file=sys.stderr)"
    times = []
    for _ in range(5):
        start = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=REPOSITORY, check=True
        )
        times.append(time.perf_counter() - start)
    loaded = run.stderr.split()
    assert [name for name in loaded if name.startswith(HEAVY)] == []
    assert min(times) < 0.3


def test_the_version() -> None:
    from mhatool import __version__

    assert mhatool("--version").out == f"mhatool {__version__}\n"


def test_the_entry_point_is_installed() -> None:
    script = Path(sys.executable).with_name("mhatool")
    run = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("mhatool ")


# --- pipes and signals ---


def test_a_reader_that_leaves_early_is_no_error() -> None:
    packets = pcap_header(link_word=101) + pcap_record(bytes([0x60]) + bytes(7) + bytes(32)) * 20_000
    command = (
        f"{sys.executable} -m mhatool dissect - --all --jsonl 2>err.txt | head -1 >out.txt; echo ${{PIPESTATUS[0]}}"
    )
    run = _bash(command, packets)
    assert run == ("0\n", 1, "")


def test_a_reader_that_was_never_there_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    for arguments in (["--help"], ["schema", "config"], ["config", "show"], ["rules"]):
        run = subprocess.run([*COMMAND, *arguments], stdout=write, stderr=subprocess.PIPE, cwd=REPOSITORY, check=False)
        assert (run.returncode, run.stderr) == (0, b""), arguments
    os.close(write)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_told(unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run(
            [*COMMAND, "schema", "config"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    expected = b"mhatool: standard output: no space left on device; make room, then run it again\n"
    assert (run.returncode, run.stderr) == (2, expected)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["schema dissect", "timeline captures/umip/tour-mn.pcap --style html"])
def test_a_file_with_room_for_a_part_is_told(command: str, unbuffered: str, tmp_path: Path) -> None:
    """write() takes what there is room for and is no error then; what is left out is one."""
    room = 8192
    with (tmp_path / "out").open("wb") as out:
        run = subprocess.run(
            [*COMMAND, *command.split()],
            stdout=out,
            stderr=subprocess.PIPE,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
            check=False,
        )
    expected = b"mhatool: standard output: file too large; choose another place, or allow larger files (ulimit -f)\n"
    assert (run.returncode, run.stderr) == (2, expected)
    assert (tmp_path / "out").stat().st_size == room


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_does_not_block_and_is_full_is_told(unbuffered: str) -> None:
    """A pipe holds 64 KiB (pipe(7)); the scenario's capture has megabytes, and nobody reads."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    run = subprocess.run(
        [*COMMAND, "simulate", "tour", "-w", "-"],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        check=False,
    )
    os.close(read)
    os.close(write)
    assert (run.returncode, run.stderr.count(b"\n")) == (2, 1)
    assert run.stderr.startswith(b"mhatool: standard output: it can't be written: ")


def _bash(command: str, stdin: bytes) -> tuple[str, int, str]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        run = subprocess.run(
            ["bash", "-c", command], input=stdin, stdout=subprocess.PIPE, cwd=folder, env=environment, check=True
        )
        out = Path(folder, "out.txt").read_text()
        return run.stdout.decode(), out.count("\n"), Path(folder, "err.txt").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["dissect", "validate", "timeline", "info"])
def test_an_interrupt_before_anything_came_ends_it_with_130_and_no_word(command: str, number: signal.Signals) -> None:
    with _reading_a_pipe(command, "--default-signal", begins=b"") as process:
        process.send_signal(number)
        assert _ended(process) == (130, b"", b"")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("command", "status", "expected"),
    [("validate", 1, {"error": 2}), ("timeline", 0, {"packets": 2}), ("info", 0, {"packets": 2, "format": "pcap"})],
)
def test_an_interrupt_ends_the_pipe_and_not_the_answer(
    command: str, status: int, expected: dict[str, Any], number: signal.Signals
) -> None:
    """Its writer goes on. A correspondent's updates without Authorization Data are errors (RFC 6275, 9.5.1)."""
    with _reading_a_pipe(command, "--default-signal", "--json", begins=TWO_UPDATES) as process:
        process.send_signal(number)
        assert process.wait(20) == status
        out, err = _output(process)
    assert err == b""
    told = json.loads(out)
    told = told["captures"][0] if command == "info" else told["summary"] if command == "validate" else told
    assert {name: told[name] for name in expected} == expected


def test_what_its_writer_says_at_the_end_is_counted() -> None:
    """An interrupt from the terminal is for both, and who captures writes the rest of what it has."""
    with _reading_a_pipe("info", "--default-signal", "--jsonl", begins=TWO_UPDATES) as process:
        assert process.stdin is not None
        process.send_signal(signal.SIGINT)
        process.stdin.write(pcap_record(UPDATE))
        status, out, err = _ended(process)
    assert (status, err) == (0, b"")
    assert json.loads(out)["packets"] == 3


def test_an_interrupt_ends_all_pipes(tmp_path: Path) -> None:
    pipes = [tmp_path / "a", tmp_path / "b"]
    writers = []
    for pipe in pipes:
        os.mkfifo(pipe)
        writers.append(os.open(pipe, os.O_RDWR))  # waits for no reader
        os.write(writers[-1], TWO_UPDATES)
    with subprocess.Popen(
        ["env", "--default-signal", *COMMAND, "timeline", *map(str, pipes), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as process:
        until_it_waits(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    for writer in writers:
        os.close(writer)
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["packets"] == 2 + 2


def test_a_hang_up_that_is_ignored_stays_so() -> None:
    """As `nohup` has it."""
    with _reading_a_pipe("info", "--ignore-signal=HUP") as process:
        process.send_signal(signal.SIGHUP)
        status, out, err = _ended(process)
        assert (status, out.splitlines()[0], err) == (0, b"standard input: pcap, no packets", b"")


UPDATE = bytes.fromhex(
    "60000000 0010 87 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
    + "3b010500 62f0 0000 0000 0000 01020000"
)
HEADER = pcap_header(link_word=101)
TWO_UPDATES = HEADER + pcap_record(UPDATE, seconds=1) + pcap_record(UPDATE, seconds=2)


def _reading_a_pipe(command: str, signals: str, *flags: str, begins: bytes = HEADER) -> subprocess.Popen[bytes]:
    """A command that has read how its input begins and waits for the rest; `signals` is an option of env(1)."""
    process = subprocess.Popen(
        ["env", signals, *COMMAND, command, "-", *flags],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
        bufsize=0,
    )
    assert process.stdin is not None
    process.stdin.write(begins)
    until_it_waits(process.pid)
    return process


def _output(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Standard output and standard error of a process that has ended, whose input is open still."""
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.read(), process.stderr.read()


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    """Its input ends; status, standard output and standard error."""
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_what_came_before_an_interrupt_is_a_document() -> None:
    packet = bytes.fromhex(mhatool("craft", "bu", "--src", "2001:db8::1", "--dst", "2001:db8::2", "--hex").out)
    with _reading_a_pipe("dissect", "--default-signal", "--json") as process:
        assert process.stdin is not None
        process.stdin.write(pcap_record(packet) * 2)
        until_it_waits(process.pid)
        process.send_signal(signal.SIGINT)
        status, out, err = _ended(process)
    assert (status, err) == (130, b"")
    assert [record["frame"] for record in json.loads(out)["packets"]] == [1, 2]


def test_records_come_one_by_one_through_a_pipe() -> None:
    packet = bytes.fromhex(mhatool("craft", "bu", "--src", "2001:db8::1", "--dst", "2001:db8::2", "--hex").out)
    with subprocess.Popen(
        [*COMMAND, "dissect", "-", "--jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        bufsize=0,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pcap_header(link_word=101) + pcap_record(packet))
        assert b'"frame":1' in process.stdout.readline()
        process.stdin.close()


# --- colour ---


def _on_terminal(*arguments: str, **environment: str) -> bytes:
    """What a command prints to a terminal."""
    master, slave = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
        cwd=REPOSITORY,
        env={**clean, "TERM": "xterm", **environment},
    )
    os.close(slave)
    seen = b""
    try:
        while piece := os.read(master, 65536):
            seen += piece
    except OSError:  # the terminal is gone
        pass
    os.close(master)
    process.wait(20)
    return seen


def test_colour_on_a_terminal_and_only_there() -> None:
    assert b"\x1b[" in _on_terminal("rule", "MIP6-MH-001")
    assert b"\x1b[" not in _on_terminal("rule", "MIP6-MH-001", NO_COLOR="1")
    assert b"\x1b[" not in _on_terminal("rule", "MIP6-MH-001", TERM="dumb")
    assert b"\x1b[" not in _on_terminal("rule", "MIP6-MH-001", "--color", "never")
    assert b"\x1b[" not in _on_terminal("rule", "MIP6-MH-001", MHATOOL_COLOR="never")
    assert b"\x1b[" in _on_terminal("rule", "MIP6-MH-001", "--color", "always", NO_COLOR="1")


@pytest.mark.parametrize(
    ("arguments", "environment", "coloured"),
    [
        ([], {"NO_COLOR": ""}, False),
        ([], {"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (["--color", "always"], {}, True),
        ([], {"MHATOOL_COLOR": "always"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"NO_COLOR": "", "FORCE_COLOR": "0"}, False),
        ([], {"NO_COLOR": "", "FORCE_COLOR": "False"}, False),
        ([], {"NO_COLOR": "", "FORCE_COLOR": ""}, False),
        ([], {"NO_COLOR": "", "FORCE_COLOR": "3"}, True),
        (["--color", "never"], {"MHATOOL_COLOR": "always"}, False),
    ],
)
def test_colour_elsewhere(arguments: list[str], environment: dict[str, str], coloured: bool) -> None:
    for line in (["rule", "MIP6-MH-001", *arguments], [*arguments, "rule", "MIP6-MH-001"]):
        assert ("\x1b[" in mhatool(*line, environment=environment).out) is coloured, line


# --- completion ---


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mhatool va", ["validate"]),
        ("mhatool validate --fail", ["--fail-on"]),
        ("mhatool completion z", ["zsh"]),
        ("mhatool config s", ["show"]),
        ("mhatool rule MIP6-MPD", ["MIP6-MPD-001", "MIP6-MPD-002", "MIP6-MPD-003"]),
        ("mhatool rules --family MIP6-DH", ["MIP6-DHAAD"]),
        ("mhatool validate --ignore MIP6-MPD-002,MIP6-MPD-0", [f"MIP6-MPD-002,MIP6-MPD-00{n}" for n in (1, 3)]),
        ("mhatool craft ha-u", ["ha-unreachable"]),
        ("mhatool scenarios plain", ["plain-mipv6"]),
        ("mhatool simulate plain", ["plain-mipv6"]),
        ("mhatool schema trac", ["trace"]),
        ("mhatool lab run failure-o", ["failure-one-armed"]),
        ("mhatool lab deploy pap", ["paper"]),
        ("mhatool validate --profile k", ["kame2003"]),
    ],
)
def test_bash_completes(words: str, expected: list[str]) -> None:
    environment = {
        "_MHATOOL_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    assert mhatool(environment=environment).out.split() == expected


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _mhatool_completion mhatool"),
        ("zsh", "compdef _mhatool_completion mhatool"),
        ("fish", "complete --command mhatool"),
    ],
)
def test_completion_prints_the_script(shell: str, line: str) -> None:
    result = mhatool("completion", shell)
    assert (result.status, result.err) == (0, "")
    assert line in result.out
    assert shell != "zsh" or result.out.startswith("#compdef mhatool\n")  # zshcompsys(1): in the first line


def test_the_bash_script_works_in_bash() -> None:
    ask = 'COMP_WORDS=(mhatool doc); COMP_CWORD=1; _mhatool_completion mhatool; echo "${COMPREPLY[@]}"'
    script = f"source <(mhatool completion bash); {ask}"
    run = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert run.stdout == "doctor\n"


@pytest.mark.zsh
def test_zsh_completes_when_it_loads_the_script(tmp_path: Path) -> None:
    """An autoloaded function runs as a whole when it is called first, which is on the first Tab (zshcompsys(1))."""
    (tmp_path / "_mhatool").write_text(mhatool("completion", "zsh").out)
    (tmp_path / "mhatool").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mhatool "$@"\n')
    (tmp_path / "mhatool").chmod(0o755)
    words = f"fpath=({tmp_path}); path=({tmp_path} $path); words=(mhatool la); CURRENT=2"
    script = words + "; autoload -Uz _mhatool; _arguments() { print -r -- $1 }; _mhatool; _mhatool"
    run = subprocess.run(["zsh", "-fc", script], capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout == '*: :(("lab":"the paper\'s testbed in network namespaces, with real routers"))\n' * 2


@pytest.mark.parametrize("flag", ["--show-completion", "--install-completion"])
def test_a_shell_that_does_not_complete(flag: str, tmp_path: Path) -> None:
    """Who runs it is told by the parent process: dash, under the name of sh."""
    command = f'"{sys.executable}" -m mhatool {flag}; echo $?'
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    run = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=environment, start_new_session=True, check=True
    )
    expected = "mhatool: the shell sh isn't one that completes; name another, as `mhatool completion bash`\n"
    assert (run.stdout, run.stderr) == ("2\n", expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["rules"], ["doctor"], ["craft", "bu"], ["info", "x"], ["completion", "bash"], ["--version"]]
)
def test_a_closed_standard_output_is_told(arguments: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$@" >&-', "bash", *COMMAND, *arguments], check=False, capture_output=True, cwd=REPOSITORY
    )
    expected = b"mhatool: standard output is closed; open it, or send it to /dev/null\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_a_closed_standard_error_is_no_harm() -> None:
    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&-', "bash", *COMMAND, "info", "nofile"],
        check=False,
        capture_output=True,
        cwd=REPOSITORY,
    )
    assert (done.returncode, done.stdout) == (2, b"")


def test_no_warning_gets_among_the_data_where_standard_error_is_closed() -> None:
    octets = pcap_header(link_word=101) + pcap_record(bytes(40))[:-7]
    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&-', "bash", *COMMAND, "dissect", "-", "--all", "--jsonl"],
        input=octets,
        check=False,
        capture_output=True,
        cwd=REPOSITORY,
    )
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.parametrize("command", ["-m mhatool shell -c 'print(1)'", f"-m dissectors {'60' + '00' * 39}"])
def test_a_reader_that_leaves_at_once_is_no_error(command: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} {command} | true; exit ${{PIPESTATUS[0]}}"],
        check=False,
        capture_output=True,
        cwd=REPOSITORY,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_dissectors_alone_tells_a_full_disk() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dissectors", "60" + "00" * 39],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            cwd=REPOSITORY,
        )
    assert (done.returncode, done.stderr) == (2, b"dissectors: standard output: no space left on device\n")


@pytest.mark.parametrize("words", [{}, {"COMP_WORDS": "mhatool va"}, {"COMP_WORDS": "mhatool va", "COMP_CWORD": "x"}])
def test_completion_with_nothing_to_complete(words: dict[str, str]) -> None:
    expected = "_MHATOOL_COMPLETE is set, but there is nothing to complete; unset it"
    assert complaint(environment={"_MHATOOL_COMPLETE": "complete_bash", **words}) == expected


@pytest.mark.parametrize("instruction", ["1", "complete", "complete_elvish", "draw_bash"])
def test_a_completion_that_no_script_asks_for(instruction: str) -> None:
    expected = f"_MHATOOL_COMPLETE={instruction} asks for no completion; unset it"
    assert complaint(environment={"_MHATOOL_COMPLETE": instruction, "COMP_WORDS": "x", "COMP_CWORD": "0"}) == expected


def test_a_terminal_by_its_name_gets_no_capture() -> None:
    master, slave = pty.openpty()
    name = os.ttyname(slave)
    done = subprocess.run([*COMMAND, "craft", "bu", "-w", name], check=False, capture_output=True, cwd=REPOSITORY)
    os.close(slave)
    os.close(master)
    remedy = "name a file with -w FILE, or pipe it into another program"
    assert done.stderr.decode() == f"mhatool: {name}: a capture isn't written to a terminal; {remedy}\n"


def test_standard_input_has_one_name() -> None:
    done = subprocess.run(
        [*COMMAND, "craft", "--from-json", "-", "--hex"], input=b"x", check=False, capture_output=True, cwd=REPOSITORY
    )
    assert done.stderr.startswith(b"mhatool: standard input: record 1 is not JSON")
    octets = pcap_header(link_word=101) + pcap_record(b"x", original=9)
    assert mhatool("info", "-", stdin=octets).out.startswith("standard input: pcap, ")
    told = "mhatool: warning: standard input: 1 packet cut by the capture: not sent\n"
    assert mhatool("send", "-", "-i", "lo", "--dry-run", stdin=octets).err == told
    expected = "--baseline reads no standard input; write it to a file, and name that"
    assert complaint("validate", "x", "--baseline", "-") == expected


def test_records_name_standard_input_as_it_was_named() -> None:
    octets = pcap_header(link_word=101)
    assert '"file":"-"' in mhatool("info", "-", "--jsonl", stdin=octets).out
    assert '"-"' in mhatool("validate", "-", "--json", stdin=octets).out


def test_a_story_may_go_to_a_terminal_by_its_name(captures: Path) -> None:
    master, slave = pty.openpty()
    capture = captures / "umip" / "tour-mn.pcap"
    result = mhatool("timeline", capture, "-o", os.ttyname(slave))
    assert (result.status, result.out, result.err) == (0, "", "")
    assert b"packets, 2026-" in os.read(master, 65536)
    os.close(slave)
    os.close(master)
