"""Gzip and Zstandard, unpacked in pieces of bounded size; told by their first octets.

Sources: RFC 1952 (gzip: members may follow one another), RFC 8878 (zstd: so may frames, with skippable ones between).
"""

import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Literal

from mhatool.capture.source import PIECE, DamagedStreamError

if TYPE_CHECKING:
    import zstandard

Compression = Literal["gzip", "zstd"]

_ZSTD_FEED: Final = 1024
"""Packed octets given to zstd at a time. It unpacks all it is given, and 4 octets can stand for 128 KiB: this bounds a
malicious file to 32 MiB at a time."""


def detect(head: bytes) -> Compression | None:
    """`gzip` or `zstd` by the first four octets; None for anything else."""
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50):
        return "zstd"
    return None


def unpack(compression: Compression, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The unpacked octets of gzip or zstd data, in pieces.

    Raises DamagedStreamError, if the data is cut short or damaged, after the last octet that could be had;
    ImportError at once if it is zstd and the `zstandard` package isn't there.
    """
    return _gunzip(pieces) if compression == "gzip" else _unzstd(pieces)


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=31)
    inside = True
    first = True
    for piece in pieces:
        packed = piece
        while packed:
            if not inside:
                packed = packed.lstrip(b"\0")  # tapes and block devices pad with zeros
                if not packed:
                    break
                inflate, inside, first = zlib.decompressobj(wbits=31), True, False
            before = inflate.copy()
            try:
                yield inflate.decompress(packed, PIECE)
            except zlib.error as error:
                yield from _up_to_the_damage(before, packed)
                raise DamagedStreamError(_gzip_damage(error, first)) from error
            inside = not inflate.eof
            packed = inflate.unconsumed_tail if inside else inflate.unused_data
    if inside:
        try:
            yield inflate.flush()
        except zlib.error as error:
            raise DamagedStreamError(_gzip_damage(error, first)) from error
        if not inflate.eof:
            raise DamagedStreamError("the gzip data is cut short")


def _gzip_damage(error: zlib.error, first: bool) -> str:
    reason = str(error).rpartition(": ")[2]
    if reason == "incorrect header check" and not first:
        return "what follows the gzip data isn't gzip data"
    return f"the gzip data is damaged ({reason})"


def _up_to_the_damage(inflate: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    """What a call that failed could have given: octet by octet, so that none before the damage is lost."""
    try:
        for index in range(len(packed)):
            yield inflate.decompress(packed[index : index + 1])
    except zlib.error:
        return


def _unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard  # late: few captures need it

    return _unzstd_frames(pieces, zstandard.ZstdDecompressor().decompressobj, zstandard.ZstdError)


def _unzstd_frames(
    pieces: Iterator[bytes], new_frame: "Callable[[], zstandard.ZstdDecompressionObj]", failure: type[Exception]
) -> Iterator[bytes]:
    frame = new_frame()
    first = True
    for packed in pieces:
        for start in range(0, len(packed), _ZSTD_FEED):
            feed = packed[start : start + _ZSTD_FEED]
            while feed:
                if frame.eof:
                    frame, first = new_frame(), False
                try:
                    yield frame.decompress(feed)
                except failure as error:
                    raise DamagedStreamError(_zstd_damage(error, first)) from error
                feed = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise DamagedStreamError("the zstd data is cut short")


def _zstd_damage(error: Exception, first: bool) -> str:
    reason = str(error).rpartition(": ")[2]
    if reason == "Unknown frame descriptor" and not first:
        return "what follows the zstd data isn't zstd data"
    return f"the zstd data is damaged ({reason})"
