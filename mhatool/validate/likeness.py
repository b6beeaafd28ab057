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
#: An address by what may matter of it alone, its prefix and its interface identifier.
Trait = tuple[bytes, bytes, bytes]

MOST_ADDRESSES: Final = 50_000
_ANYCAST: Final = bytes.fromhex("fdffffffffffff80")
"""The least of the reserved anycast identifiers (RFC 2526)."""


class Likenesses:
    """Works out likenesses of messages."""

    def __init__(self) -> None:
        self._traits: dict[bytes, Trait] = {}

    def of(self, form: Form, message: View) -> Likeness:
        """That of the message in a frame of this form."""
        octets, traits = message.octets, self._traits
        kinds = []
        prefixes: dict[bytes, int] = {}
        identifiers: dict[bytes, int] = {}
        for at in form.addresses:
            address = octets[at : at + 16]
            kind, prefix, identifier = traits.get(address) or self._trait(address)
            kinds += kind, prefixes.setdefault(prefix, at), identifiers.setdefault(identifier, at)
        return form, message.checksum_status, *kinds

    def _trait(self, address: bytes) -> Trait:
        if len(self._traits) >= MOST_ADDRESSES:
            self._traits.clear()
        trait = self._traits[address] = (_kind(address), address[:8], address[8:])
        return trait


def _kind(address: bytes) -> bytes:
    """What may matter of an address by itself: its beginning, and all of one that is special."""
    is_special = address[0] in (0, 0xFF) or address[8:] >= _ANYCAST or address[8:] == bytes(8)
    return address if is_special else address[:2]
