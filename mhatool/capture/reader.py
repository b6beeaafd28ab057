"""Open a capture, whatever its format and compression, and read its records."""

import os
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final, Literal, Self

from mhatool.capture import compression, pcap, pcapng, second_process
from mhatool.capture.errors import CaptureError
from mhatool.capture.identify import PCAP_MAGICS, PCAPNG_MAGIC, not_a_capture
from mhatool.capture.pcap_sieve import PcapSieve
from mhatool.capture.pcapng_sieve import PcapngSieve
from mhatool.capture.record import CaptureWarning, Interface, Record
from mhatool.capture.sieve import Sieve, Tally, for_link, sift_records
from mhatool.capture.source import ByteSource, RawInput, open_input

_ENOUGH_TO_IDENTIFY: Final = 512
"""Octets looked at where a file isn't a capture, to say what it is."""


class CaptureReader:
    """An open capture: iterate over it once for its records, in the order of the file.

    Memory is bounded by the largest packet. A break (a cut or damaged file) ends the iteration with a warning, never
    with an exception. Use it as a context manager, or call `close`.
    """

    def __init__(self, raw: RawInput) -> None:
        """Identify the format and take the file header. Raises CaptureError; `open_capture` is the way to call it."""
        self._raw = raw
        self.path: str = raw.path
        """The file as it was named, or `standard input`."""
        self.interfaces: list[Interface] = []
        """By `Record.interface`; grows while a pcapng is read."""
        self.warnings: list[CaptureWarning] = []
        """Grows while records are read; complete when the iteration has ended."""
        source = ByteSource(raw.pieces())
        self.compression: compression.Compression | None = compression.detect(source.peek(4))
        """How the file is packed, or None."""
        if self.compression:
            source = self._unpacked(source, self.compression)
        self.format: Literal["pcap", "pcapng"]
        """What the (unpacked) file is."""
        magic = source.peek(4)[:4]
        if magic in PCAP_MAGICS:
            self.format = "pcap"
            header = pcap.read_header(self.path, source)
            self.interfaces.append(header.interface)
            self._header: pcap.PcapHeader | None = header
            self._records = pcap.read_records(header, source, self.warnings)
        elif magic == PCAPNG_MAGIC:
            self.format = "pcapng"
            pcapng.check_header(self.path, source)
            self._header = None
            self._records = pcapng.read_records(source, self.interfaces, self.warnings)
        else:
            raise self._unreadable(source)
        self._source = source
        self.tally = Tally()
        """Of all packets, after an iteration by `sift`."""
        self._second: second_process.SecondProcess | None = None

    def sift(self, sieve: Sieve, plan: second_process.Plan = second_process.BY_DEFAULT) -> Iterator[Record]:
        """The records without those that the sieve leaves out, instead of an iteration over all: several times as fast.

        The first record always comes. Frame numbers, offsets and warnings are those of the whole; `tally` counts all
        when it is done. Where the file is large a second process reads a part of it, from this call on until the
        iteration ends or the file is closed.
        """
        header = self._header
        if header is None:
            return PcapngSieve(self._source, self.interfaces, self.warnings, sieve, self.tally).records()
        if (link_sieve := for_link(sieve, header.interface.link_type)) is None:
            return sift_records(self._records, sieve, self.tally)
        pass_over_it = PcapSieve(header, self._source, self.warnings, link_sieve, self.tally)
        if self.compression is None:
            self._second = second_process.start(self._raw, header, link_sieve, plan)
        return pass_over_it.records_with(self._second, self._raw) if self._second else pass_over_it.records()

    @property
    def bytes_read(self) -> int:
        """Octets taken from the file so far, packed if it is packed: with `size`, the progress."""
        return self._raw.bytes_read

    @property
    def size(self) -> int | None:
        """Octets of the file when it was opened; None for pipes."""
        return self._raw.size

    def on_progress(self, call: Callable[[], object]) -> None:
        """Have this called whenever a piece of the file was read."""
        self._raw.on_progress = call

    def read_the_rest(self) -> None:
        """What the records don't take, as behind a break: whoever looks at all octets sees them. Raises OSError."""
        for _ in self._raw.pieces():
            pass

    def __iter__(self) -> Iterator[Record]:
        """The records; a second iteration goes on where the first was left."""
        return self._records

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._second is not None:
            self._second.close()
        self._raw.close()

    def _unpacked(self, source: ByteSource, packing: compression.Compression) -> ByteSource:
        try:
            return ByteSource(compression.unpack(packing, source.pieces()))
        except ImportError as error:
            remedy = "pip install zstandard, or unpack it first: zstd -dc FILE | mhatool ... -"
            raise CaptureError(self.path, "zstd needs the package zstandard, which isn't installed", remedy) from error

    def _unreadable(self, source: ByteSource) -> CaptureError:
        head = source.peek(_ENOUGH_TO_IDENTIFY)
        if source.damage:
            return CaptureError(self.path, source.damage, "copy the file again, or capture again", len(head))
        if not head:
            remedy = "check that the capture was written, and by what stands before a pipe"
            return CaptureError(self.path, "the file is empty", remedy)
        return not_a_capture(self.path, head)


def open_capture(path: str | os.PathLike[str], *, on_piece: Callable[[bytes], object] | None = None) -> CaptureReader:
    """Open a capture by name, or standard input for `-`: pcap or pcapng, plain, gzip or zstd, told by content.

    `on_piece` is called with the octets as they are read from a pipe, packed if they are packed.

    Raises CaptureError where nothing of it can be read: there is no such file, a directory, no permission, empty, no
    capture, an unknown version, or a file header that is cut short or damaged.
    """
    raw = open_input(os.fspath(path))
    raw.on_piece = on_piece
    try:
        return CaptureReader(raw)
    except BaseException:
        raw.close()
        raise
