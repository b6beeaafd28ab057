"""What rules on single packets can tell apart: two packets of one likeness break the same ones.

Most messages of a capture are alike but for addresses, numbers and tokens, so packets that are like one that was judged
needn't be judged again. A likeness keeps all of a packet but these, which is its form (`dissectors.form`), and of its
addresses what they are and which of them are the same, have one prefix or one interface identifier.
"""

from __future__ import annotations

from typing import Final

from dissectors.form import Form
from dissectors.view import View

Likeness = tuple[object, ...]

MOST_ADDRESSES: Final = 8_000
_ANYCAST: Final = bytes.fromhex("fdffffffffffff80")
"""The least of the reserved anycast identifiers (RFC 2526)."""


class Likenesses:
    """Works out likenesses of messages."""

    def __init__(self) -> None:
        self._kinds: dict[bytes, bytes] = {}
        self._same: dict[bytes, bytes] = {}
        """One object for each kind."""

    def of(self, form: Form, message: View) -> Likeness:
        """That of the message in a frame of this form."""
        octets, known = message.octets, self._kinds
        kinds: list[object] = [form, message.checksum_status]
        prefixes: dict[bytes, int] = {}
        identifiers: dict[bytes, int] = {}
        for at in form.addresses:
            address = octets[at : at + 16]
            kinds += (
                known.get(address) or self._kind(address),
                prefixes.setdefault(address[:8], at),
                identifiers.setdefault(address[8:], at),
            )
        return tuple(kinds)

    def _kind(self, address: bytes) -> bytes:
        if len(self._kinds) >= MOST_ADDRESSES:
            self._kinds.clear()
            self._same.clear()
        kind = self._kinds[address] = self._same.setdefault(kind := _kind(address), kind)
        return kind


def _kind(address: bytes) -> bytes:
    """What may matter of an address by itself: its beginning, and all of one that is special."""
    is_special = address[0] in (0, 0xFF) or address[8:] >= _ANYCAST or address[8:] == bytes(8)
    return address if is_special else address[:2]
