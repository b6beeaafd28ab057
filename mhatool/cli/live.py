"""Capturing from interfaces: the options that commands which read captures have, and how a capture ends.

An interrupt (Ctrl-C, SIGTERM, SIGHUP) ends the capture, not the command: as with tshark, it answers from what came, and
the status is that of the answer. Only before the capture has begun, and when it comes again, does it end the command.
The same holds of pipes for commands that say nothing before all is read.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

import typer

from mhatool.capture import CaptureError, CaptureReader
from mhatool.capture.source import open_input
from mhatool.cli.common import fail, is_terminal, make_room, running, warn

if TYPE_CHECKING:
    from mhatool.capture.dumpcap import LiveReader, LiveRequest

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CONDITION: Final = re.compile(r"(duration):(\d+(?:\.\d+)?|\.\d+)|(packets|filesize):(\d+)")

Words = list[str] | None


class LiveInput(str):
    """What is captured from interfaces, where else the name of a file stands; as text, their names."""

    __slots__ = ("request",)
    request: LiveRequest

    def __new__(cls, request: LiveRequest) -> Self:
        """Named after its interfaces."""
        made = super().__new__(cls, request.name)
        made.request = request
        return made


class PipedInput(str):
    """A pipe, by its name or `-`, that an interrupt ends as it ends a live capture."""

    __slots__ = ()


def live(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command that takes `file` or `files` capture as well: a decorator that adds -i, -f, -c and -a.

    The command is called with a `LiveInput` among its files; `frames` and `sources` of `mhatool.cli.reading` read it.
    """
    signature = inspect.signature(command, eval_str=True)
    name = "files" if "files" in signature.parameters else "file"

    @functools.wraps(command)
    def run(*, interface: Words, capture_filter: str | None, count: str | None, autostop: Words, **rest: Any) -> None:
        files = [rest[name]] if isinstance(rest[name], str) else rest[name] or []
        files = _inputs(files, interface or [], capture_filter, count, autostop or [])
        command(**{**rest, name: files if name == "files" else files[0]})

    own = [parameter.replace(kind=parameter.KEYWORD_ONLY) for parameter in signature.parameters.values()]
    own = [parameter.replace(default=None) if parameter.name == name else parameter for parameter in own]
    added = inspect.signature(_options, eval_str=True).parameters.values()
    run.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    return run


def _options(
    *,
    interface: Annotated[
        Words,
        typer.Option(
            "--interface", "-i", metavar="IFACE", help="Capture here instead of reading FILE; may be repeated."
        ),
    ] = None,
    capture_filter: Annotated[
        str | None, typer.Option("--capture-filter", "-f", metavar="FILTER", help="Capture these only: pcap-filter(7).")
    ] = None,
    count: Annotated[str | None, typer.Option("--count", "-c", metavar="N", help="Stop after N packets.")] = None,
    autostop: Annotated[
        Words, typer.Option("--autostop", "-a", metavar="COND", help="Stop at duration:S, packets:N or filesize:KB.")
    ] = None,
) -> None:
    """What `live` adds."""


def _inputs(
    files: list[str], interfaces: list[str], capture_filter: str | None, count: str | None, autostop: list[str]
) -> list[str]:
    """The files, or the interfaces in their place; fail where it is both, or neither."""
    if not interfaces:
        for flag, value in (("-f", capture_filter), ("-c", count), ("-a", autostop)):
            if value:
                fail(f"{flag} is about live capture, and no interface is named", "add -i IFACE")
        if not files:
            fail("missing argument FILE, or -i IFACE", f"see 'mhatool {' '.join(running)} --help'", *running)
        return files
    if files:
        fail(f"{files[0]} and -i {interfaces[0]} contradict each other", "read files or capture")
    if "-" in interfaces:
        fail("-i - is no interface", "for standard input give - without -i")
    if "" in interfaces:
        fail("-i without a name", "name an interface: mhatool ... -i eth0")
    from mhatool.capture.dumpcap import LiveRequest

    request = LiveRequest(tuple(interfaces), capture_filter, _count(count), tuple(map(_condition, autostop)))
    return [LiveInput(request)]


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 1 << 31):
        fail(f"-c {text} is no number of packets", "give a whole number over 0")
    return int(text)


def _condition(text: str) -> str:
    """As it is, checked: dumpcap takes some of what it doesn't understand for 0."""
    if text.startswith("files:"):
        fail(f"-a {text} counts files, and a live capture makes none", "give duration:S, packets:N or filesize:KB")
    if (found := _CONDITION.fullmatch(text)) is None or float(found[2] or found[4]) == 0:
        fail(f"-a {text} is no condition", "give duration:S, packets:N or filesize:KB, numbers over 0")
    return text


@contextlib.contextmanager
def capturing(file: LiveInput) -> Iterator[LiveReader]:
    """The open capture; the first interrupt while it is open ends it. Raises CaptureError, KeyboardInterrupt."""
    from mhatool.capture.dumpcap import Dumpcap, LiveReader  # late: few commands capture

    with Interrupts() as interrupts, contextlib.closing(Dumpcap(file.request)) as dumpcap:
        interrupts.watch(dumpcap.stop)
        with interrupts.before_any():
            reader = LiveReader(dumpcap)
        if is_terminal(sys.stderr):
            make_room()
            print(f"mhatool: capturing on {file}; Ctrl-C ends it", file=sys.stderr, flush=True)
        yield reader
        for remark in reader.epilogue():
            warn(remark)


@contextlib.contextmanager
def piped(file: PipedInput, on_piece: Callable[[bytes], object] | None = None) -> Iterator[CaptureReader]:
    """The open capture that comes through a pipe; the first interrupt while it is open ends all of these.

    `on_piece`: see `open_capture`. Raises CaptureError, KeyboardInterrupt.
    """
    raw = open_input(file)
    raw.on_piece = on_piece
    with contextlib.closing(raw), _OF_PIPES as interrupts:
        interrupts.watch(raw.end)
        with interrupts.before_any():
            reader = CaptureReader(raw)
        with reader:
            yield reader


class Interrupts:
    """While it is open, the first interrupt stops what it watches; then, and afterwards, all is as before.

    It may be opened again meanwhile. What was ignored before (`nohup`, jobs in the background) stays so.
    """

    def __init__(self) -> None:
        self.came = False
        """Whether there was one."""
        self._stops: list[Callable[[], object]] = []
        self._before: dict[int, Any] = {}
        self._opened = 0

    def watch(self, stop: Callable[[], object]) -> None:
        """It runs, and `stop` stops it: at once where the interrupt was quicker."""
        self._stops.append(stop)
        if self.came:
            stop()

    @contextlib.contextmanager
    def before_any(self) -> Iterator[None]:
        """While a capture begins: one that an interrupt has cut before that is a KeyboardInterrupt."""
        try:
            yield
        except CaptureError:
            if self.came:
                raise KeyboardInterrupt from None
            raise

    def __enter__(self) -> Self:
        self._opened += 1
        if self._opened == 1:
            self.came = False
            for number in _SIGNALS:
                if (before := signal.getsignal(number)) is not signal.SIG_IGN:
                    self._before[number] = before
                    signal.signal(number, self._come)
        return self

    def __exit__(self, *_: object) -> None:
        self._opened -= 1
        if not self._opened:
            self._restore()
            self._stops.clear()

    def _come(self, _number: int, _frame: object) -> None:
        self.came = True
        self._restore()
        for stop in self._stops:
            stop()

    def _restore(self) -> None:
        while self._before:
            number, before = self._before.popitem()
            signal.signal(number, before)


_OF_PIPES: Final = Interrupts()
"""Of all that are open: an interrupt is of the command, not of one of them."""
