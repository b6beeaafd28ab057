"""Live capture: dumpcap, Wireshark's capture program, as a child process that writes pcapng into a pipe of ours.

It has the privileges, the kernel's filters and the buffers, and packets pass through no file. Source: dumpcap(1).
"""

import contextlib
import re
import signal
import socket
import subprocess
import tempfile
import threading
from typing import IO, BinaryIO, Final, NamedTuple, cast

from mhatool.capture.errors import CaptureError, one_line
from mhatool.capture.reader import CaptureReader
from mhatool.capture.source import RawInput
from mhatool.programs import environment

_PATIENCE_S: Final = 5.0
"""How long dumpcap may take to end before it is killed."""
_AGAIN_S: Final = 0.5
"""After which it is asked again to end."""
_GUARD: Final = ("sh", "-c", 'read -r _; kill "$1"', "sh")
"""Waits for the end of its input, which comes when we end in whatever way, and ends dumpcap then."""
_ALLOW: Final = "use sudo, or let dumpcap do it for you: sudo dpkg-reconfigure wireshark-common"
_STATISTICS: Final = re.compile(r"dropped on interface '(.*)': \d+/\d+ \(pcap:(\d+)/dumpcap:(\d+)/")
_WARNED: Final = re.compile(r"^dumpcap: (?!cap_set_proc)(.*)", re.MULTILINE)


class LiveRequest(NamedTuple):
    """What to capture, and when to stop."""

    interfaces: tuple[str, ...]
    """Names as dumpcap takes them: `eth0`, `any`, a FIFO."""
    capture_filter: str | None = None
    """In pcap-filter(7)'s language; None for all packets."""
    packets: int | None = None
    """Packets of all interfaces together after which to stop; None for no such limit."""
    autostop: tuple[str, ...] = ()
    """dumpcap's own conditions, such as `duration:10`."""

    @property
    def name(self) -> str:
        """What stands where the name of a file stands."""
        return ", ".join(self.interfaces)

    def command(self) -> list[str]:
        """The command line. The filter comes first: so it is that of each interface after it."""
        words = ["dumpcap", "-q", "-w", "-"]
        if self.capture_filter is not None:
            words += ["-f", self.capture_filter]
        for interface in self.interfaces:
            words += ["-i", interface]
        if self.packets is not None:
            words += ["-c", str(self.packets)]
        for condition in self.autostop:
            words += ["-a", condition]
        return words


class Dumpcap:
    """dumpcap at work. It ends with this process, in whatever way that ends: a second child waits for that."""

    def __init__(self, request: LiveRequest) -> None:
        """Start it. Raises CaptureError where there is none to start."""
        self.request = request
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it; a pipe could fill up
        self._child = _start(request, self._words)
        self._guard = _guard(self._child.pid)
        self.output = cast("BinaryIO", self._child.stdout)
        """What it captures, as pcapng."""

    def stop(self) -> None:
        """Ask it to end the capture; what it has of it still comes. For signal handlers too."""
        self._child.terminate()
        threading.Thread(target=self._insist, daemon=True).start()

    def _insist(self) -> None:
        """It forgets a signal that comes right before it begins to wait for the writer of a FIFO."""
        while not self._ends_within(_AGAIN_S):
            self._child.terminate()

    def _ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(seconds)
        return self._child.returncode is not None

    def said(self) -> str:
        """All that it said, once `output` has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(_PATIENCE_S)
        self._words.seek(0)
        return self._words.read().decode("utf-8", "replace")

    @property
    def status(self) -> int:
        """How it ended, once `said` was asked: 0 for well, minus the number of a signal that ended it."""
        return self._child.returncode or 0

    def close(self) -> None:
        """End it if it still runs: its pipe is closed, so that it doesn't wait for us to read."""
        if self._words.closed:
            return
        self._child.terminate()
        self.output.close()
        try:
            self._child.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._guard.kill()
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard.wait()
        self._words.close()


class LiveReader(CaptureReader):
    """A capture that is going on: its records come as the packets do, and end when a condition or `stop` ends it."""

    def __init__(self, dumpcap: Dumpcap) -> None:
        """Wait until it captures.

        Raises CaptureError where it can't: no such interface, one that is down, no permission, a filter that is none.
        """
        self._dumpcap = dumpcap
        try:
            super().__init__(RawInput(dumpcap.request.name, dumpcap.output, owned=False))
        except CaptureError as error:
            raise _why_not(dumpcap.request, dumpcap.said()) or error from error

    def epilogue(self) -> list[str]:
        """After the last record: what the user should know of how it ended, a line each."""
        words = self._dumpcap.said()
        lines = [f"{self.path}: dumpcap says: {line}" for line in _WARNED.findall(words)]
        if (status := self._dumpcap.status) and not lines:
            how = f"was ended by {_signal_name(-status)}" if status < 0 else f"ended with status {status}"
            lines.append(f"{self.path}: dumpcap {how}: packets may be missing at the end")
        for interface, by_kernel, by_dumpcap in _STATISTICS.findall(words):
            if dropped := int(by_kernel) + int(by_dumpcap):
                packets = f"{dropped} packet{'s' if dropped > 1 else ''}"
                lines.append(f"{interface}: {packets} dropped, they came faster than they were read; narrow it with -f")
        return lines


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _start(request: LiveRequest, words: IO[bytes]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            request.command(),
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=words,
            env=environment(LC_ALL="C"),
        )
    except FileNotFoundError as error:
        what = "live capture needs dumpcap, which isn't installed"
        raise CaptureError(request.name, what, "apt-get install wireshark-common") from error
    except PermissionError as error:
        raise CaptureError(request.name, "dumpcap isn't yours to run", _ALLOW) from error
    except (OSError, ValueError) as error:
        raise CaptureError(request.name, f"dumpcap can't be run: {error}", "check the words after -i and -f") from error


def _guard(pid: int) -> "subprocess.Popen[bytes]":
    """In a session of its own, for an interrupt from the terminal goes to all processes of ours."""
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        [*_GUARD, str(pid)], stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True
    )


def _why_not(request: LiveRequest, words: str) -> CaptureError | None:
    """What dumpcap said, in one line with what to do; None where it said nothing."""
    said = _WARNED.search(words)
    if said is None:
        return None
    line = said[1]
    named = re.search(r"(?:device|device named|interface) [\"'](.*?)[\"']", line)
    path = named[1] if named else request.name
    if re.search(r"no device named|no interface with that|No such device", words):
        names = ", ".join(name for _, name in socket.if_nameindex())
        return CaptureError(path, "there is no such interface", f"here are {names} and any")
    if "permission" in words:
        return CaptureError(path, "you may not capture here", _ALLOW)
    if "is not up" in line:
        return CaptureError(path, "it is down", f"set it up: ip link set {path} up")
    if reason := re.search(r"valid capture filter \((.*)\)", words):
        what = f"'{request.capture_filter}' is no capture filter ({reason[1]})"
        return CaptureError(path, what, "see pcap-filter(7); they aren't display filters")
    return CaptureError(path, f"dumpcap says: {one_line(line).rstrip('.')}", "see dumpcap(1)")
