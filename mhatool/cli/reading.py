"""Reading the captures that a command names: frames one by one, warnings at each file's end, a bar.

What is captured live comes the same way: see `mhatool.cli.live`.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from dissectors.ipv6.link_walk import LINK_TYPES
from mhatool.capture import CaptureReader, Record, linktype, open_capture
from mhatool.capture.second_process import BY_DEFAULT, Plan
from mhatool.capture.source import is_kept, kept
from mhatool.cli.common import fail, input_name, is_terminal, on_the_line, use_color, warn
from mhatool.cli.live import LiveInput, PipedInput, capturing, piped
from mhatool.protocol.collector import few_collections

if TYPE_CHECKING:
    from rich.progress import Progress

    from mhatool.capture.sieve import Sieve, Tally
    from mhatool.exchange import Source

BAR_AFTER_S: Final = 1.0


def frames(
    files: Sequence[str],
    *,
    link_types: Container[int] | None = LINK_TYPES,
    talks: bool = False,
    sieve: Sieve | None = None,
    readers: list[CaptureReader] | None = None,
) -> Iterator[tuple[CaptureReader, Record]]:
    """Every frame of these captures, a file after the other, with its reader (`reader.path`: the file's name).

    `link_types`: what the command understands, None for anything. Others are passed over with a warning a file; one
    with nothing else ends the command with status 2.
    `talks`: the command prints while it reads, so a bar on the same terminal would be in its way.
    `sieve`: what may be left out; the `tally` of each of `readers`, a list they are put into, counts it all the same.
    Raises CaptureError at the first file that can't be read at all; one that breaks off is a warning.
    """
    once(files)
    with Bar(files, talks) as bar:
        opened_here: list[CaptureReader] = [] if readers is None else readers
        for file in files:
            for record in _records_of(file, link_types, bar, sieve, opened_here):
                yield opened_here[-1], record


def frames_of_each(
    files: Sequence[str], *, sieve: Sieve | None = None, readers: list[CaptureReader] | None = None, tells: bool = True
) -> list[Iterator[tuple[CaptureReader, Record]]]:
    """The same side by side: an iterator for each capture, which is opened when first read.

    `readers`: they are put there once they are read. `tells`: warnings; without, an earlier pass has told them.
    """
    once(files)
    bar = Bar(files)
    return [_frames_of(file, bar, sieve, [] if readers is None else readers, tells) for file in files]


def _frames_of(
    file: str, bar: Bar, sieve: Sieve | None, readers: list[CaptureReader], tells: bool
) -> Iterator[tuple[CaptureReader, Record]]:
    own: list[CaptureReader] = []
    for record in _records_of(file, LINK_TYPES, bar, sieve, own, tells=tells):
        yield own[0], record
    readers += own  # all of it was counted


def sources(
    files: Sequence[str],
    *,
    link_types: Container[int] | None = LINK_TYPES,
    talks: bool = False,
    for_people: bool = False,
    sieve: Sieve | None = None,
    readers: list[CaptureReader] | None = None,
    plan: Plan = BY_DEFAULT,
    tells: bool = True,
) -> list[Source]:
    """The same for what reads all captures side by side (`mhatool.exchange.sightings`); opened when first read.

    `for_people`: the names are those of text, not of records. `sieve`: what may be left out;
    the tallies of `readers`, which are added to the list when opened, then count all. `plan`: whether another process
    helps to sieve. `tells`: warnings, and a bar; without, somebody else reads the same and tells.
    """
    from mhatool.exchange import Source

    once(files)
    bar = Bar(files, talks, hidden=not tells)
    name = input_name if for_people else str
    return [
        Source(
            name(file),
            _records_of(file, link_types, bar, sieve, readers, plan, tells),
            at_rest=not read_once(file),
        )
        for file in files
    ]


def in_all(readers: Iterable[CaptureReader]) -> Tally:
    """What readers with a sieve have counted, together."""
    from mhatool.capture.sieve import Tally

    tally = Tally()
    for reader in readers:
        tally.add(reader.tally)
    return tally


def once(files: Sequence[str]) -> None:
    """Fail where standard input is named more often."""
    if files.count("-") > 1:
        fail("standard input is named twice", "give - once")


def _records_of(
    file: str,
    link_types: Container[int] | None,
    bar: Bar,
    sieve: Sieve | None = None,
    readers: list[CaptureReader] | None = None,
    plan: Plan = BY_DEFAULT,
    tells: bool = True,
) -> Iterator[Record]:
    passed_over: Counter[int] = Counter()
    understood, is_live = False, isinstance(file, LiveInput)
    with opened(file) as reader, bar.watch(reader):
        if readers is not None:
            readers.append(reader)
        for record in reader if sieve is None else reader.sift(sieve, plan):
            if link_types is None or record.link_type in link_types:
                understood = True
                yield record
                if is_live:
                    sys.stdout.flush()  # who watches sees each packet as it comes
            else:
                passed_over[record.link_type] += 1
    if tells:
        tell_warnings(reader)
        _tell_passed_over(reader.path, passed_over, understood)


def tell_warnings(reader: CaptureReader) -> None:
    """Say where a capture breaks off, or is damaged."""
    for warning in reader.warnings:
        warn(f"{reader.path}: {warning}")


@contextmanager
def opened(file: str, on_piece: Callable[[bytes], object] | None = None) -> Iterator[CaptureReader]:
    """The reader of a capture, or of what is captured live. `on_piece`: see `open_capture`."""
    with few_collections(), _open(file, on_piece) as reader:
        yield reader


def _open(file: str, on_piece: Callable[[bytes], object] | None) -> AbstractContextManager[CaptureReader]:
    if isinstance(file, LiveInput):
        return capturing(file)
    return piped(file, on_piece) if isinstance(file, PipedInput) else open_capture(file, on_piece=on_piece)


def ended_by_interrupts(files: Sequence[str]) -> list[str]:
    """The same inputs, pipes among them such that an interrupt ends them: for who has said nothing until the end."""
    return [PipedInput(file) if not isinstance(file, LiveInput) and _is_pipe(file) else file for file in files]


def read_once(file: str) -> bool:
    """Whether what it gives is gone when it was read: standard input, a live capture, a pipe with a name.

    Not while it is `kept_at_rest`.
    """
    return not is_kept(file) and (file == "-" or isinstance(file, LiveInput) or _is_pipe(file))


def _is_pipe(file: str) -> bool:
    try:
        mode = os.stat(0 if file == "-" else file).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


@contextmanager
def kept_at_rest(files: Sequence[str]) -> Iterator[None]:
    """For who reads twice: meanwhile what can be read once is in temporary files. Live captures stay as they are."""
    once(files)
    with ExitStack() as stack:
        for file in dict.fromkeys(files):
            if read_once(file) and not isinstance(file, LiveInput):
                stack.enter_context(kept(file))
        yield


def _tell_passed_over(path: str, passed_over: Counter[int], understood: bool) -> None:
    for number, count in sorted(passed_over.items()):
        what = f"link type {number}" + (f" ({linktype.NAMES[number]})" if number in linktype.NAMES else "")
        packets = f"{count} packet{'s' if count > 1 else ''}"
        if understood:
            warn(f"{path}: {what} isn't supported: {packets} passed over")
        else:
            fail(f"{what} isn't supported: none of {packets} can be read", "capture on Ethernet, SLL or RAW", path)


class Bar:
    """A progress bar by octets on standard error, once reading has taken a second; none where no terminal sees it.

    It goes when the last of the readers that it watches is done.
    """

    def __init__(self, files: Sequence[str], talks: bool = False, *, hidden: bool = False) -> None:
        self._total = None if hidden else _octets(files)
        seen = is_terminal(sys.stderr) and self._total is not None and not (talks and is_terminal(sys.stdout))
        self._is_seen = seen
        self._start = time.monotonic()
        self._readers: list[CaptureReader] = []
        self._open = 0
        self._bar: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> Bar:
        self._open += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open -= 1
        if not self._open:
            self._hide()

    def watch(self, reader: CaptureReader) -> Bar:
        """Count what this one reads."""
        if self._is_seen:
            self._readers.append(reader)
            reader.on_progress(self._look)
        return self

    def _look(self) -> None:
        if self._bar is None and time.monotonic() - self._start > BAR_AFTER_S:
            self._show()
        if self._bar is not None:
            self._bar.update(self._task, completed=sum(reader.bytes_read for reader in self._readers))

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True, no_color=not use_color(sys.stderr))
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        # Rich would else take over standard output, and what a command prints into a file would go to the terminal.
        self._bar = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        self._task = self._bar.add_task("reading", total=self._total)
        on_the_line.append(self._hide)  # before it shows: an interrupt may come at any time
        self._bar.start()

    def _hide(self) -> None:
        """Take it off the terminal; the next look shows it again."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if self._hide in on_the_line:
            on_the_line.remove(self._hide)


def _octets(files: Sequence[str]) -> int | None:
    """What there is to read; None where nobody knows."""
    try:
        return None if any(map(read_once, files)) else sum(os.path.getsize(file) for file in files)
    except OSError:
        return None
