"""`python -m dissectors`: alone, with nothing but the standard library."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dissectors.__main__ import main

REPOSITORY = Path(__file__).parents[2]
# umip/ro-mn.pcap, frame 87, from its IPv6 header on.
UPDATE = (
    "6005f87a00383c402001020000010001024026fffe4c51fd20010200000100020000000000000001"
    "8702010200 00c9102001020000010002024026fffe4c51fd"
    "3b03050096890b8dc000000f0100031020010200000100010240 26fffe4c51fd"
)


def test_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([UPDATE]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  64  Binding Update" in lines
    assert "  70    sequence_number: 2957" in lines
    assert (
        "  78    Alternate Care-of Address: type=3 length=16 care_of_address=2001:200:1:1:240:26ff:fe4c:51fd" in lines
    )
    assert "        checksum_status: good" in lines


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", UPDATE]) == 0
    layers = json.loads(capsys.readouterr().out)
    assert [layer["type"] for layer in layers] == ["ipv6", "destination_options", "binding_update"]
    assert (layers[2]["lifetime_s"], layers[2]["flags"], layers[2]["checksum_status"]) == (60, ["A", "H"], "good")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["60zz"], "'z' (digit 3) is not hexadecimal"),
        (["600"], "3 hexadecimal digits: an octet has two"),
        ([""], "no octets given"),
        (["3b010500a1570001c000000f01020000"], "no IPv6 header at the beginning (version 3)"),
        (["60", "--profile", "nothing"], "no profile 'nothing'"),
        (["60", "--link-type", "77"], "link type 77 is not one of"),
    ],
)
def test_errors_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert message in err


def test_alone(tmp_path: Path) -> None:
    """Isolated, without site-packages, reading standard input; only the standard library and itself get loaded."""
    code = (
        f"import runpy, sys; sys.path.insert(0, {str(REPOSITORY)!r})\n"
        "sys.argv = ['dissectors', '-', '--json', '--profile', 'kame2003']\n"
        "try: runpy.run_module('dissectors', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "known = set(sys.stdlib_module_names) | {'dissectors', '__main__', '__mp_main__'}\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} - known), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", code],
        check=False,
        input=UPDATE,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stderr == "[]\n"
    assert [layer["type"] for layer in json.loads(done.stdout)] == ["ipv6", "destination_options", "payload"]


def test_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dissectors", "6"], check=False, capture_output=True, text=True, cwd=REPOSITORY
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dissectors: 1 hexadecimal digits: an octet has two\n"


# --- pipes and signals ---

PACKET = "60" + "00" * 39
CLOSED = "dissectors: standard output is closed; open it, or send it to /dev/null\n"
NO_INPUT = "dissectors: standard input is closed: give the packet in hexadecimal, or pipe it in\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("line", "status", "out", "err"),
    [
        (f'"$@" {PACKET} | true', 0, "", ""),
        (f'"$@" {PACKET} --json | true', 0, "", ""),
        ('"$@" --help | true', 0, "", ""),
        (f'"$@" {PACKET} > /dev/full', 2, "", "dissectors: standard output: no space left on device\n"),
        (f'"$@" {PACKET} >&-', 2, "", CLOSED),
        ('"$@" - <&-', 2, "", NO_INPUT),
        ('"$@" 6 2>&-', 2, "", ""),
    ],
)
def test_where_its_output_goes(line: str, status: int, out: str, err: str, unbuffered: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}", "bash", sys.executable, "-m", "dissectors"],
        check=False,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, out, err)


def test_an_interrupt_ends_it_with_130_and_no_word() -> None:
    program = (
        "import os, signal, sys\n"
        "from dissectors.__main__ import main\n"
        "class Input:\n"
        "    def read(self): os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.stdin = Input()\n"
        "sys.exit(main(['-']))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, cwd=REPOSITORY)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_option_that_runs_over_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([UPDATE.replace(" ", "").replace("031020010200", "03ff20010200")]) == 0
    assert "  78    ! option_overrun: " in capsys.readouterr().out


def test_names_and_what_is_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    """An error about the update: type 1, code 3."""
    quoted = UPDATE.replace(" ", "")
    ends = [f"20010db8{number:024x}" for number in (1, 2)]
    assert main([f"60000000{len(quoted) // 2 + 8:04x}3a40", *ends, "0103000000000000", quoted]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  48  IPv6 (quoted)" in lines
    assert "  40    icmp_type: 1 (Destination Unreachable)" in lines


def test_what_is_cut_short(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["60"]) == 0
    assert "! too_short: " in capsys.readouterr().out
