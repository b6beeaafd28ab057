"""Gzip and Zstandard, written: told by a file's name. The same octets are always packed to the same ones."""

from __future__ import annotations

import gzip
from typing import BinaryIO, cast

import zstandard


def packing(name: str, stream: BinaryIO) -> BinaryIO:
    """The stream to write to, for a file whose name ends with `.gz` or `.zst`; who closes it closes the file."""
    if name.endswith(".gz"):
        return cast(BinaryIO, _Gzip(stream))
    return cast(BinaryIO, zstandard.ZstdCompressor().stream_writer(stream))


class _Gzip(gzip.GzipFile):
    """Without name and time, and closed with its file."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(filename="", mode="wb", fileobj=stream, mtime=0)
        self._packed = stream

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._packed.close()


__all__ = ["packing"]
