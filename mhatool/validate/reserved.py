"""Fields of ICMPv6 messages that have to be zero."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.view import View
from mhatool.validate.rule import Breach


def code_zero(message: View) -> Iterator[Breach]:
    """A code other than 0."""
    code = message.get("code", 0)
    if code:
        yield Breach("code 0", str(code), message.start + 1)


def reserved_zero(view: View, offset: int, mask: int = 0xFFFF) -> Iterator[Breach]:
    """Bits of the 16-bit field at an offset that `mask` selects and that aren't 0."""
    at = view.start + offset
    if at + 2 <= view.end:
        bits = int.from_bytes(view.octets[at : at + 2], "big") & mask
        if bits:
            yield Breach("reserved bits 0", f"0x{bits:04x}", at)
