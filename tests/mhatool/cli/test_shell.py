"""Scapy's prompt: what it runs without somebody typing."""

import subprocess
from pathlib import Path

from tests.mhatool.cli.process import COMMAND, REPOSITORY, complaint, mhatool


def test_code_sees_scapy_and_our_layers() -> None:
    code = "p = IPv6(src='2001:db8::1') / MHABindingUpdate(sequence_number=7); print(p.src, p.payload.sequence_number)"
    result = mhatool("shell", "-c", code)
    assert (result.status, result.out, result.err) == (0, "2001:db8::1 7\n", "")


def test_lines_may_come_through_a_pipe() -> None:
    result = mhatool(
        "shell", stdin=b"for n in range(2):\n    print(MHABindingUpdate(sequence_number=n).sequence_number)\n"
    )
    assert (result.status, result.out, result.err) == (0, "0\n1\n", "")


def test_scapy_learns_our_messages(tmp_path: Path) -> None:
    octets = mhatool("craft", "ha-switch", "--src", "2001:db8::1", "--dst", "2001:db8::2", "--hex").out.strip()
    code = f"print(IPv6(bytes.fromhex('{octets}')).lastlayer().__class__.__name__)"
    assert mhatool("shell", "-c", code).out == "MHAHaSwitch\n"


def test_an_error_of_the_code_is_one_line_with_its_place() -> None:
    assert complaint("shell", "-c", "x = 1\nprint(y)") == "-c:2: NameError: name 'y' is not defined; correct it there"
    assert complaint("shell", "-c", "x = ") == "-c:1: SyntaxError: invalid syntax; correct it there"


def test_the_code_may_exit() -> None:
    assert mhatool("shell", "-c", "raise SystemExit(5)").status == 5


def test_another_pipe_that_breaks_is_an_error_of_the_code() -> None:
    code = "import os; read, write = os.pipe(); os.close(read); os.write(write, b'x')"
    assert complaint("shell", "-c", code) == "-c:1: BrokenPipeError: [Errno 32] Broken pipe; correct it there"


def test_the_help_says_how_classes_are_called_and_padded() -> None:
    text = mhatool("shell", "--help").out
    assert "MHABindingUpdate" in text
    assert "auto_pad()" in text


def test_no_standard_input_to_run() -> None:
    command = ["bash", "-c", '"$@" <&-', "bash", *COMMAND, "shell"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    expected = "mhatool: standard input: it is closed; pipe lines into it, or give them with -c\n"
    assert (run.returncode, run.stdout, run.stderr) == (2, "", expected)
