"""dpkt's IPv6 packet for ours above it: what it reads comes back as it was, and it says where it can't read on."""

from __future__ import annotations

from itertools import zip_longest

import dpkt
from dpkt.ip6 import IP6


class UnreadableError(dpkt.UnpackError):
    """Where dpkt gave up on an IPv6 packet, and why. (On one in a tunnel: dpkt then leaves that one as octets.)"""

    def __init__(self, code: str, offset: int, text: str) -> None:
        super().__init__(code, offset, text)
        self.code = code
        self.offset = offset
        self.text = text

    def __str__(self) -> str:
        return self.text


class Ip6(IP6):
    """dpkt's IPv6, giving back what it read: dpkt's fails behind ESP, doubles what follows AH, fills in checksums."""

    def unpack(self, buf: bytes) -> None:
        try:
            super().unpack(buf)
        except Exception as error:  # dpkt's own classes may raise anything
            code = "too_short" if isinstance(error, dpkt.NeedData) else "unreadable"
            raise UnreadableError(code, self._read(len(buf)), f"dpkt: {type(error).__name__}: {error}") from error
        at = self.__hdr_len__
        self._as_read = []  # of each header what dpkt makes of it, and what it made it of
        for header in self.all_extension_headers:
            self._as_read.append((bytes(header), bytes(buf[at : at + header.length])))
            at += header.length

    def _read(self, size: int) -> int:
        """Where the first header begins that isn't there as a whole."""
        offset = 0
        if hasattr(self, "all_extension_headers"):
            for length in (self.__hdr_len__, *(header.length for header in self.all_extension_headers)):
                if offset + length > size:
                    break
                offset += length
        return offset

    def __bytes__(self) -> bytes:
        headers = getattr(self, "all_extension_headers", ())
        extensions = []
        for header, (made, read) in zip_longest(headers, getattr(self, "_as_read", ()), fillvalue=(None, b"")):
            if isinstance(header, dpkt.Packet):
                now = bytes(header)
                extensions.append(read if now == made else now[: header.length])
        own: bytes = self.pack_hdr()
        return own + b"".join(extensions) + bytes(self.data)
