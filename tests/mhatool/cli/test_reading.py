"""The bar: on a terminal, after a second, and nowhere else."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mhatool.capture.builders import pcap_header, pcap_record
from tests.mhatool.cli.process import REPOSITORY

RUN = """
import sys
from mhatool.cli import main, reading
reading.BAR_AFTER_S = float(sys.argv[1])
sys.exit(main(sys.argv[2:]))
"""


def on_terminal(after: str, *arguments: str, out: bool) -> tuple[int, bytes]:
    """Run with standard error (and output) on a terminal; the status and what the terminal showed."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, after, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=slave if out else subprocess.DEVNULL,
        stderr=slave,
        cwd=REPOSITORY,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(slave)
    seen = b""
    try:
        while piece := os.read(master, 65536):
            seen += piece
    except OSError:
        pass
    os.close(master)
    return process.wait(20), seen


@pytest.fixture
def capture(captures: Path) -> str:
    return str(captures / "umip" / "tour-mn.pcap")


def test_a_bar_by_octets(capture: str) -> None:
    status, seen = on_terminal("0", "validate", capture, capture, out=False)
    assert status == 0
    assert b"reading" in seen
    assert b"MB" in seen or b"kB" in seen


def test_none_before_a_second(capture: str) -> None:
    assert on_terminal("60", "validate", capture, out=False) == (0, b"")


def test_none_where_the_command_prints_to_the_same_terminal(capture: str) -> None:
    status, seen = on_terminal("0", "dissect", capture, "--summary", out=True)
    assert status == 0
    assert b"reading" not in seen
    assert b"reading" in on_terminal("0", "dissect", capture, "--summary", out=False)[1]


def test_the_bar_leaves_the_data_alone(capture: str, tmp_path: Path) -> None:
    """Standard error on a terminal, output into a file: the file holds what it holds without a terminal."""
    command = [sys.executable, "-c", RUN, "0", "dissect", "--all", capture]
    expected = subprocess.run(command, check=True, capture_output=True, cwd=REPOSITORY).stdout
    master, slave = pty.openpty()
    path = tmp_path / "out.txt"
    with path.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=slave,
            cwd=REPOSITORY,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(slave)
        seen = b""
        try:
            while piece := os.read(master, 65536):
                seen += piece
        except OSError:  # the terminal is gone
            pass
        os.close(master)
        assert process.wait(60) == 0
    assert b"reading" in seen
    assert path.read_bytes() == expected


def test_a_warning_has_a_line_without_the_bar(capture: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(Path(capture).read_bytes()[:-7])
    status, seen = on_terminal("0", "validate", str(cut), capture, out=False)
    assert status == 0
    assert b"reading" in seen
    line = next(line for line in seen.split(b"\r\n") if b"warning:" in line)
    shown = line.rpartition(b"\x1b[2K")[2]  # what is left of the line after the bar was erased
    assert shown.removeprefix(b"\x1b[?25h").startswith(b"mhatool: ")
    assert b"reading" not in shown
    assert seen.count(b"\x1b[?25l") == seen.count(b"\x1b[?25h"), "the cursor stays hidden"


def test_an_interrupt_takes_the_bar_away(tmp_path: Path) -> None:
    """Sent as soon as the bar shows, wherever that finds the program; the cursor comes back."""
    path = tmp_path / "long.pcap"
    path.write_bytes(pcap_header(link_word=101) + pcap_record(bytes([0x60]) + bytes(39)) * 200_000)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "0", "dissect", "--all", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=slave,
        cwd=REPOSITORY,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(slave)
    seen = b""
    try:
        while piece := os.read(master, 65536):
            if b"reading" not in seen and b"reading" in seen + piece:
                process.send_signal(signal.SIGINT)
            seen += piece
    except OSError:  # the terminal is gone
        pass
    os.close(master)
    assert process.wait(60) == 130
    assert b"mhatool" not in seen
    assert seen.count(b"\x1b[?25l") == seen.count(b"\x1b[?25h"), "the cursor stays hidden"
