"""view, in a real terminal: tmux shows what a user sees."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhatool.cli import view
from mhatool.cli.common import CommandError
from tests.mhatool.cli.process import REPOSITORY, complaint

PAUSE = threading.Event()
COMMAND = f"env PYTHONPATH={REPOSITORY} {sys.executable} -m mhatool"


class Tmux:
    """A terminal of 80 columns and 24 lines, with a shell in it."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self("new-session", "-d", "-x", "80", "-y", "24", "env -u NO_COLOR PS1='$ ' sh")

    def __call__(self, *words: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
        command = ["tmux", "-f", "/dev/null", "-S", str(self._socket), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    def keys(self, *keys: str) -> None:
        """Press them."""
        self("send-keys", *keys)

    def screen(self, *flags: str) -> str:
        """What is on it."""
        return self("capture-pane", "-p", "-J", *flags)

    def until(self, pattern: str, *flags: str) -> str:
        """Wait for this on the screen, and return all of that."""
        deadline = time.monotonic() + 30
        while not re.search(pattern, seen := self.screen(*flags), re.MULTILINE):
            assert time.monotonic() < deadline, f"no {pattern} in\n{seen}"
            PAUSE.wait(0.05)
        return seen


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """Return a terminal, which goes afterwards."""
    terminal = Tmux(tmp_path / "tmux")
    try:
        terminal.until(r"^\$")  # what is typed before it is printed too
        yield terminal
    finally:
        terminal("kill-server")


@pytest.mark.tmux
def test_a_walk(captures: Path, tmp_path: Path, tmux: Tmux) -> None:
    """Keys are obeyed, the terminal is put back, and what was broken is told at the end."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes((captures / "umip" / "failover60-mn.pcap").read_bytes()[:100_000])
    tmux.keys(f"{COMMAND} view {cut}; echo status $?", "Enter")
    opened = tmux.until(r"^Enter packets .* q quit")
    assert re.search(r"^  2001:200:1:2::1  \.+A+\?+", opened, re.MULTILINE)
    assert "1 warning" in opened
    tmux.keys("n", "Enter")
    tmux.until(r"^Packets  09:54:15.047 MIP6-BU-006")
    tmux.keys("?")
    assert "packet cut short" not in tmux.until("^Keys").split("Warnings")[0]
    tmux.keys("q")
    after = tmux.until(r"^status 0$")
    assert re.search(r"^mhatool: warning: .*packet cut short", after, re.MULTILINE)
    assert "Enter packets" not in after
    tmux.keys("stty -a | tr ' ' '\\n' | grep icanon", "Enter")
    tmux.until(r"^icanon")


@pytest.mark.tmux
def test_standard_input_without_colours_until_a_signal(captures: Path, tmp_path: Path, tmux: Tmux) -> None:
    """The packets come by a pipe, the keys from the terminal."""
    capture, pid = captures / "umip" / "tour-mn.pcap", tmp_path / "pid"
    script = tmp_path / "script"
    script.write_text(f"cat {capture} | sh -c 'echo $$ > {pid}; NO_COLOR=1 exec {COMMAND} view -'; echo status $?")
    tmux.keys(f"sh {script}", "Enter")
    tmux.until(r"^Enter packets .* q quit")
    tmux.keys("n", "Enter", "G", "n")
    seen = tmux.until("read only once", "-e")
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10\d)[;m]", seen)
    os.kill(int(pid.read_text()), signal.SIGTERM)
    tmux.until(r"^status 130$")


def test_it_needs_a_terminal(captures: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    assert complaint("view", capture) == "view needs a terminal; for a pipe or a file there is mhatool timeline"


def test_it_needs_textual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "is_terminal", lambda _: True)
    monkeypatch.setattr(view, "find_spec", lambda _: None)
    with pytest.raises(CommandError, match=r"textual.*isn't installed; pip install 'mhatool\[view\]'"):
        view._ready()


def test_an_instant_that_is_none() -> None:
    assert complaint("view", "x", "--at", "#12") == "--at #12: give a time; in the view, / looks for frames"
    assert complaint("view", "x", "--at", "noon").startswith("--at: 'noon' is no time")


def test_names_for_some_nodes_of_a_trace(tmux: Tmux, tmp_path: Path) -> None:
    """A file names one node; the others keep the names that the trace's header has."""
    trace, names = tmp_path / "tour.jsonl", tmp_path / "names.toml"
    simulate = [sys.executable, "-m", "mhatool", "simulate", "tour", "--trace", str(trace)]
    subprocess.run(simulate, capture_output=True, check=True, cwd=REPOSITORY)
    names.write_text('[agentA]\naddresses = ["2001:db8:2::1"]\n')
    tmux.keys(f"{COMMAND} view {trace} --names {names}", "Enter")
    screen = tmux.until(r"agentA")
    assert "ha2" in screen
    assert "ha1" not in screen
    tmux.keys("q")
