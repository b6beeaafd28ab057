"""What rules on single packets can tell apart: two packets of one likeness break the same ones.

Most messages of a capture are alike but for addresses, numbers and tokens, so packets that are like one that was judged
needn't be judged again. A likeness keeps all of a packet but these, which is its form (`dissectors.form`), and of its
addresses what they are and which of them are the same, have one prefix or one interface identifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Final, NamedTuple

from dissectors.form import Form
from dissectors.view import View

Likeness = tuple[object, ...]

MOST_ADDRESSES: Final = 8_000
_ANYCAST: Final = bytes.fromhex("fdffffffffffff80")
"""The least of the reserved anycast identifiers (RFC 2526)."""


class _Places(NamedTuple):
    """Take all addresses of a frame of one form, their prefixes, and their interface identifiers."""

    addresses: Callable[[bytes], tuple[bytes, ...]]
    prefixes: Callable[[bytes], tuple[bytes, ...]]
    identifiers: Callable[[bytes], tuple[bytes, ...]]


def _places(form: Form) -> _Places:
    """There are two addresses at least, those of the IPv6 header."""
    ranges = ((0, 16), (0, 8), (8, 16))
    return _Places(*(_slices(slice(at + i, at + j) for at in form.addresses) for i, j in ranges))


def _slices(slices: Iterable[slice]) -> Callable[[bytes], tuple[bytes, ...]]:
    return itemgetter(*slices)


class _Kinds(dict[bytes, bytes]):
    """The kind of each address, one object for each kind."""

    def __init__(self) -> None:
        self._same: dict[bytes, bytes] = {}

    def __missing__(self, address: bytes) -> bytes:
        if len(self) >= MOST_ADDRESSES:
            self.clear()
            self._same.clear()
        kind = _kind(address)
        self[address] = kind = self._same.setdefault(kind, kind)
        return kind


class Likenesses:
    """Works out likenesses of messages."""

    def __init__(self) -> None:
        self._kind_of = _Kinds().__getitem__

    def of(self, form: Form, message: View) -> Likeness:
        """That of the message in a frame of this form."""
        octets = message.octets
        places = form.known.get(Likenesses)
        if places is None:
            places = form.known[Likenesses] = _places(form)
        prefixes, identifiers = places.prefixes(octets), places.identifiers(octets)
        return (
            form,
            message.checksum_status,
            *map(self._kind_of, places.addresses(octets)),
            *map(prefixes.index, prefixes),
            *map(identifiers.index, identifiers),
        )


def _kind(address: bytes) -> bytes:
    """What may matter of an address by itself: its beginning, and all of one that is special."""
    is_special = address[0] in (0, 0xFF) or address[8:] >= _ANYCAST or address[8:] == bytes(8)
    return address if is_special else address[:2]
