"""Whatever goes wrong: one line that says what, where and what to do, status 2, never a traceback."""

import errno
import gzip
import os
import subprocess
from pathlib import Path

import pytest

from mhatool.cli.complaint import complain
from tests.mhatool.capture.builders import block, enhanced, interface, pcap_header, pcap_record, section
from tests.mhatool.cli.process import COMMAND, REPOSITORY, complaint, mhatool

CAPTURE_REMEDY = "give a pcap or pcapng file, as tcpdump -w and tshark -w write it"
READERS = ["dissect", "validate", "timeline", "info"]


@pytest.fixture
def bu() -> bytes:
    """Return one Binding Update, from the IPv6 header on."""
    result = mhatool("craft", "bu", "--src", "2001:db8::1", "--dst", "2001:db8::2", "--seq", "7", "--hex")
    assert result.status == 0, result
    return bytes.fromhex(result.out)


@pytest.mark.parametrize("command", READERS)
def test_no_such_file(command: str) -> None:
    assert complaint(command, "nowhere.pcap") == "nowhere.pcap: there is no such file; check the name"


@pytest.mark.parametrize("command", READERS)
def test_an_empty_file(command: str, tmp_path: Path) -> None:
    (tmp_path / "empty.pcap").touch()
    remedy = "check that the capture was written, and by what stands before a pipe"
    assert complaint(command, "empty.pcap", cwd=tmp_path) == f"empty.pcap: the file is empty; {remedy}"


@pytest.mark.parametrize("command", READERS)
def test_a_text_file(command: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a capture\n")
    expected = f"notes.txt: this is no capture: it looks like text (at octet 0); {CAPTURE_REMEDY}"
    assert complaint(command, "notes.txt", cwd=tmp_path) == expected


@pytest.mark.parametrize("command", READERS)
def test_a_directory(command: str, tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    expected = "captures: this is a directory; name the capture files in it"
    assert complaint(command, "captures", cwd=tmp_path) == expected


def test_a_name_that_would_break_the_line(tmp_path: Path) -> None:
    assert complaint("info", "a\nb\x1b[31m.pcap") == r"a\nb\x1b[31m.pcap: there is no such file; check the name"


@pytest.mark.parametrize(
    "arguments",
    [
        ("info",),
        ("validate",),
        ("validate", "--output-format", "full"),
        ("validate", "--output-format", "github"),
        ("validate", "--output-format", "junit"),
        ("timeline",),
        ("timeline", "--style", "table"),
        ("extract", "-w", "o\n\x1b[31m.pcapng"),
    ],
)
def test_names_do_nothing_to_a_terminal(captures: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Neither colour, nor lines of its own, wherever a name is told."""
    names = ["a\n\x1b[31m.pcap", "b\n\x1b[31m.pcap"]
    for name, capture in zip(names, ("tour-mn.pcap", "tour-core.pcap"), strict=True):
        (tmp_path / name).write_bytes((captures / "umip" / capture).read_bytes())
    result = mhatool(*arguments, *names, cwd=tmp_path)
    told = result.out + result.err
    assert "\x1b" not in told
    shown = told.replace(" ", "").replace("\n", "")  # a table folds what is wide
    assert any(rf"{name}\n\x1b[31m.pcap" in shown for name in "abo")


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    run = subprocess.run([*COMMAND, "info", b"\xff.pcap"], capture_output=True, cwd=REPOSITORY, check=False)
    assert run.returncode == 2
    assert run.stderr == b"mhatool: \\udcff.pcap: there is no such file; check the name\n"


def test_a_gzip_cut_short_is_read_up_to_the_cut(tmp_path: Path, bu: bytes) -> None:
    whole = pcap_header(link_word=101) + b"".join(pcap_record(os.urandom(8) + bu) for _ in range(50))
    (tmp_path / "cut.pcap.gz").write_bytes(gzip.compress(whole, mtime=0)[:-200])
    result = mhatool("info", "cut.pcap.gz", cwd=tmp_path)
    assert result.status == 0
    assert result.err.startswith("mhatool: warning: cut.pcap.gz: ")
    assert "the gzip data is cut short" in result.err
    assert "at octet " in result.err
    assert result.err.count("\n") == 1


def test_a_pcapng_with_a_bad_block_length_is_read_up_to_it(tmp_path: Path, bu: bytes) -> None:
    damaged = bytearray(enhanced(bu))
    damaged[4] = 13
    octets = section() + interface(link_type=101) + enhanced(bu)
    (tmp_path / "bad.pcapng").write_bytes(octets + damaged)
    result = mhatool("dissect", "bad.pcapng", "--jsonl", cwd=tmp_path)
    assert result.status == 0
    assert result.out.count("\n") == 1
    assert result.err.startswith("mhatool: warning: bad.pcapng: ")
    assert result.err.endswith(f"(frame 2, at octet {len(octets)})\n")


def test_a_pipe_that_ends_in_mid_packet(bu: bytes) -> None:
    octets = pcap_header(link_word=101) + pcap_record(bu) + pcap_record(bu)[:-7]
    result = mhatool("dissect", "-", "--jsonl", stdin=octets)
    assert result.status == 0
    assert result.out.count("\n") == 1
    assert result.err.startswith("mhatool: warning: standard input: ")
    assert result.err.endswith(f"(frame 2, at octet {24 + 16 + len(bu)})\n")


@pytest.mark.parametrize("command", ["dissect", "validate", "timeline"])
def test_a_link_type_that_nobody_knows_gives_no_clean_verdict(command: str, tmp_path: Path) -> None:
    (tmp_path / "wifi.pcap").write_bytes(pcap_header(link_word=127) + pcap_record(b"x") * 2)
    expected = (
        "wifi.pcap: link type 127 isn't supported: none of 2 packets can be read; capture on Ethernet, SLL or RAW"
    )
    result = mhatool(command, "wifi.pcap", cwd=tmp_path)
    assert (result.status, result.out, result.err) == (2, "", f"mhatool: {expected}\n")


def test_an_unknown_link_type_beside_a_known_one_is_a_warning(tmp_path: Path, bu: bytes) -> None:
    octets = section() + interface(link_type=127) + interface(link_type=101)
    (tmp_path / "two.pcapng").write_bytes(octets + enhanced(b"x", number=0) + enhanced(bu, number=1))
    result = mhatool("dissect", "two.pcapng", "--jsonl", cwd=tmp_path)
    assert (result.status, result.out.count("\n")) == (0, 1)
    assert result.err == "mhatool: warning: two.pcapng: link type 127 isn't supported: 1 packet passed over\n"


def test_an_unknown_link_type_is_for_info_to_name(tmp_path: Path) -> None:
    (tmp_path / "wifi.pcap").write_bytes(pcap_header(link_word=127) + pcap_record(b"x"))
    result = mhatool("info", "wifi.pcap", cwd=tmp_path)
    assert result.status == 0
    assert "LINKTYPE 127" in result.out


def test_a_pcapng_without_packets_is_read(tmp_path: Path) -> None:
    (tmp_path / "none.pcapng").write_bytes(section() + interface() + block(0xBAD, b""))
    result = mhatool("validate", "none.pcapng", cwd=tmp_path)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("No findings: there is no mobility message (what IPv4, GRE")


def test_an_output_in_no_folder() -> None:
    expected = "nowhere/out.pcapng: it can't be written: no such file or directory; make its folder first"
    assert complaint("craft", "bu", "-w", "nowhere/out.pcapng") == expected


def test_an_output_that_is_the_input(captures: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap_header())
    expected = "a.pcap: this is the file that is read; write to another file"
    assert complaint("timeline", "a.pcap", "-o", "a.pcap", cwd=tmp_path) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["validate", "x", "--json", "--jsonl"], "--json and --jsonl contradict each other; give one of them"),
        (["dissect", "x", "--json", "--jsonl"], "--json and --jsonl contradict each other; give one of them"),
        (["info", "x", "--json", "--jsonl"], "--json and --jsonl contradict each other; give one of them"),
        (
            ["send", "x", "-i", "lo", "--speed", "2", "--pps", "3"],
            "--speed and --pps contradict each other; give one of them",
        ),
        (
            ["send", "x", "-i", "lo", "--pps", "3", "--top-speed"],
            "--pps and --top-speed contradict each other; give one of them",
        ),
        (["info", "-", "-"], "standard input is named twice; give - once"),
        (["send", "x", "-i", "lo", "--pps", "0"], "--pps 0 is no pace; give a number over 0"),
        (
            ["send", "x", "-i", "lo", "--to", "2001:db8::1"],
            "--to 2001:db8::1: this is no link-layer address; give six octets as 02:00:00:00:00:01",
        ),
        (["crafft"], "no such command 'crafft'; did you mean 'craft'?"),
        (["frobnicate"], "no such command 'frobnicate'; see 'mhatool --help'"),
        (["--verison"], "no such option: --verison; did you mean --version?"),
        (["validate", "x", "--fail-no", "note"], "validate: no such option: --fail-no; did you mean --fail-on?"),
        (["validate"], "validate: missing argument FILE, or -i IFACE; see 'mhatool validate --help'"),
        (["send", "x"], "send: missing option '--interface' / '-i'; see 'mhatool send --help'"),
        (
            ["validate", "x", "--select"],
            "validate: option '--select' requires an argument; see 'mhatool validate --help'",
        ),
        (
            ["validate", "x", "--fail-on", "never"],
            "validate: invalid value for '--fail-on': 'never' is not one of 'error', 'warning', 'note'; "
            "see 'mhatool validate --help'",
        ),
        (
            ["info", "x", "--color", "sometimes"],
            "info: invalid value for '--color': 'sometimes' is not one of 'auto', 'always', 'never'; "
            "see 'mhatool info --help'",
        ),
        (["rule", "MIP6-MH-01"], "there is no rule MIP6-MH-01; did you mean MIP6-MH-001?"),
        (["schema", "disect"], "there is no schema 'disect'; did you mean 'dissect'?"),
        (
            ["dissect", "x", "--profile", "kame"],
            "no profile 'kame': give one of rfc6275, kame2003, or a TOML file",
        ),
    ],
)
def test_wrong_use(arguments: list[str], expected: str) -> None:
    assert complaint(*arguments) == expected


def test_an_unexpected_error_names_itself_and_how_to_see_more() -> None:
    program = "import mhatool.cli.app, sys; mhatool.cli.app.run = lambda a: 1 // 0; sys.exit(mhatool.cli.main([]))"
    python = [COMMAND[0], "-c", program]
    run = subprocess.run(python, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    remedy = "set MHATOOL_TRACEBACK=1 to see the traceback"
    first = "mhatool: internal error: ZeroDivisionError: integer division or modulo by zero"
    assert (run.returncode, run.stderr) == (2, f"{first}; {remedy}\n")
    environment = {**os.environ, "MHATOOL_TRACEBACK": "1"}
    run = subprocess.run(python, capture_output=True, text=True, cwd=REPOSITORY, env=environment, check=False)
    assert "Traceback (most recent call last)" in run.stderr


@pytest.mark.tshark
def test_a_folder_that_is_gone_is_not_standard_output(tmp_path: Path, captures: Path) -> None:
    command = f'cd "{tmp_path}"; rmdir "{tmp_path}"; exec "$@"'
    run = subprocess.run(
        ["bash", "-c", command, "bash", *COMMAND, "crosscheck", captures / "umip" / "tour-mn.pcap"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=False,
    )
    expected = "mhatool: no such file or directory; is the folder that you are in gone? change to another\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", expected)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EMFILE, "too many open files; allow more (ulimit -n), or end other programs"),
        (errno.ENOSPC, "standard output: no space left on device; make room, then run it again"),
        (errno.EIO, "standard output: input/output error; check the name and who may use it"),
    ],
)
def test_an_error_without_a_name(number: int, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Which of them write() may give stands in POSIX; EMFILE isn't one."""
    assert complain(OSError(number, os.strerror(number))) == 2
    assert capsys.readouterr().err == f"mhatool: {expected}\n"
