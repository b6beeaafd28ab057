"""Octets as text and back: addresses, link-layer addresses, all else in hexadecimal; the text says which it is."""

from __future__ import annotations

import re

from dissectors.errors import EncodeError
from dissectors.ipv6 import address

_LINK_ADDRESS = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")


def text(octets: bytes) -> str:
    """16 octets as an IPv6 address, 6 as a link-layer address with colons, others as hexadecimal digits."""
    if len(octets) == 16:
        return address.text(octets)
    return octets.hex(":") if len(octets) == 6 else octets.hex()


def parse(written: str) -> bytes:
    """The octets that `text` wrote so; ValueError says what is wrong.

    Six groups of two digits are no IPv6 address, which has eight groups or a double colon.
    """
    if _LINK_ADDRESS.fullmatch(written):
        return bytes.fromhex(written.replace(":", ""))
    if ":" in written:
        try:
            return address.parse(written)
        except EncodeError as error:
            raise ValueError(str(error)) from None
    try:
        return bytes.fromhex(written)
    except ValueError:
        raise ValueError(f"{written!r} is no address and no hexadecimal text") from None


__all__ = ["parse", "text"]
