"""Traces where else captures are named, told by their content, also on standard input; and names of nodes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from mhatool.capture.compression import detect, unpack
from mhatool.capture.source import PIECE, ByteSource, DamagedStreamError, RawInput, beginning, open_stream
from mhatool.cli.common import fail, input_name, warn
from mhatool.cli.live import LiveInput
from mhatool.cli.reading import read_once

if TYPE_CHECKING:
    from mhatool.timeline.names import Names
    from mhatool.trace import Trace

_BEGINNING: Final = 64
"""Octets that tell a trace."""


def trace_among(files: Sequence[str]) -> Trace | None:
    """The trace that is named, with a word where it breaks off; None where captures are.

    Fails where it isn't alone, or can't be read.
    """
    from mhatool.trace import TraceError, parse

    if not any(map(_is_trace, files)):
        return None
    if len(files) > 1:
        fail("a trace stands alone", "name one trace, or captures")
    name = input_name(files[0])
    try:
        with nullcontext(sys.stdin.buffer) if files[0] == "-" else open_stream(files[0]) as stream:
            trace = parse(_lines(stream, name), name)
    except TraceError as error:
        fail(str(error))
    for warning in trace.warnings:
        warn(f"{name}: {warning}")
    return trace


def names_of(trace: Trace, given: Names | None = None) -> Names:
    """The names that a trace's header has, those that are given in place of its own."""
    from mhatool.timeline.kame.traced import names_of as found

    return found(trace.header, given)


def read_names(path: str | None) -> Names | None:
    """The names in the file; None without one."""
    from mhatool.timeline.names import NamesError
    from mhatool.timeline.names import read_names as read

    if path is None:
        return None
    try:
        return read(path)
    except NamesError as error:
        fail(str(error), 'give a table a node, as [ha1] with addresses = ["2001:db8::1"] and interface = "ed1"', path)
    except OSError as error:
        fail(error.strerror or str(error), "name a file that can be read", path)


def _is_trace(file: str) -> bool:
    """Whether it begins as a trace does; where it can't be read, the reader of captures says why."""
    from mhatool.trace import is_trace

    try:
        return is_trace(_unpacked([_head(file)]).peek(_BEGINNING))
    except (OSError, ValueError, ImportError):
        return False


def _head(file: str) -> bytes:
    """Its first octets, none where nobody is to wait for them; what can be read once loses nothing."""
    if isinstance(file, LiveInput):
        return b""
    if file == "-":
        return cast(BufferedReader, sys.stdin.buffer).peek(_BEGINNING) if _is_there() else b""
    if read_once(file):  # who writes into a pipe is gone when it is opened again
        return beginning(file)
    with BufferedReader(FileIO(file), PIECE) as stream:
        return stream.peek(_BEGINNING) if stream.seekable() else b""


def _is_there() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty()


def _unpacked(pieces: Iterable[bytes]) -> ByteSource:
    """The octets, unpacked if they are packed. ImportError where that needs a package that isn't installed."""
    source = ByteSource(iter(pieces))
    packing = detect(source.peek(4))
    return source if packing is None else ByteSource(unpack(packing, source.pieces()))


def _lines(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The lines of a trace that may be packed, with a word where it can't be unpacked any further."""
    rest = b""
    try:
        for piece in _unpacked(RawInput(name, stream, owned=False).pieces()).pieces():
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line + b"\n" for line in whole)
    except DamagedStreamError as error:
        warn(f"{name}: {error}")
    if rest:
        yield rest


__all__ = ["names_of", "read_names", "trace_among"]
