"""What rules on single packets can tell apart: two packets of one likeness break the same ones.

Most messages of a capture are alike but for addresses, numbers and tokens, so packets that are like one that was judged
needn't be judged again. A likeness keeps all of a packet but these, and of its addresses what they are and which of
them are the same, have one prefix or one interface identifier. Only usual packets have one: those of which
`dissectors.glance` is sure.
"""

from __future__ import annotations

from typing import Final

from dissectors.glance import GlancedDatagram
from dissectors.packet import Datagram
from dissectors.profile import Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration
from dissectors.view import View

Likeness = tuple[object, ...]

FREE: Final = frozenset(
    {
        *("checksum", "sequence_number", "identifier", "home_init_cookie", "care_of_init_cookie"),
        *("home_keygen_token", "care_of_keygen_token", "home_nonce_index", "care_of_nonce_index", "authenticator"),
    }
)
"""Fields whose values no rule of packet scope may look at. (Whether a checksum is right is part of a likeness.)"""
MOST_ADDRESSES: Final = 50_000
_ANYCAST: Final = bytes.fromhex("fdffffffffffff80")
"""The least of the reserved anycast identifiers (RFC 2526)."""


class _Layout:
    """Of a message: which octets of its fixed part are kept, which are addresses, where its options begin."""

    def __init__(self, declaration: Declaration) -> None:
        self.kept: list[tuple[int, int]] = []
        self.addresses: list[int] = []
        self.size = declaration.fixed_size
        self.has_options = any(isinstance(spec.kind, kinds.OptionList) for spec in declaration.tails)
        at = 0
        for spec in declaration.fixed:
            is_address = isinstance(spec.kind, kinds.Address)
            if is_address or spec.name in FREE:
                if spec.offset > at:
                    self.kept.append((at, spec.offset))
                at = spec.offset + spec.size
                if is_address:
                    self.addresses.append(spec.offset)
        if at < self.size:
            self.kept.append((at, self.size))


class Likenesses:
    """Works out likenesses of one profile's messages."""

    def __init__(self, profile: Profile) -> None:
        self._codec = profile.codec
        self._layouts: dict[Declaration, _Layout] = {}
        self._without: set[Declaration] = set()
        self._options = [self._option(number) for number in range(256)]
        self._traits: dict[tuple[bytes, ...], tuple[object, ...]] = {}

    def of(self, datagram: Datagram, message: View) -> Likeness | None:
        """None where a packet has to be judged by itself."""
        if datagram.__class__ is not GlancedDatagram:
            return None
        declaration = message.declaration
        layout = self._layouts.get(declaration)
        if layout is None:
            if declaration in self._without:
                return None
            layout = self._layout(declaration)
            if layout is None:
                self._without.add(declaration)
                return None
            self._layouts[declaration] = layout
        octets, start, end = message.octets, message.start, message.end
        if start + layout.size > end:
            return None  # too short for its fields
        addresses = _addresses(datagram)
        for at in layout.addresses:
            addresses += (octets[start + at : start + at + 16],)
        parts = [octets[start + first : start + last] for first, last in layout.kept]
        options = start + layout.size
        if options < end and layout.has_options:
            more = self._walk(octets, options, end, parts)
            if more is None:
                return None
            addresses += more
        traits = self._traits.get(addresses) or self._traits_of(addresses)
        return (
            layout,
            datagram.headers,
            datagram.hop_limit,
            datagram.depth,
            message.checksum_status,
            traits,
            *parts,
        )

    def _walk(self, octets: bytes, at: int, end: int, parts: list[bytes]) -> tuple[bytes, ...] | None:
        """Over the options, adding what is kept of them; their addresses, None where they don't fill their room."""
        begin = at
        addresses: tuple[bytes, ...] = ()
        while at < end:
            number = octets[at]
            if number == 0:
                at += 1
                continue
            if at + 2 > end:
                return None
            data = at + 2
            at = data + octets[at + 1]
            content = self._options[number]
            if content is not None:
                parts.append(octets[begin:data])
                begin = at
                if content == "addresses":
                    addresses += tuple([octets[k : k + 16] for k in range(data, at, 16)])
            elif at - data >= 16 and number != 1:
                return None  # who knows whose addresses are in it
        parts.append(octets[begin:end])
        return addresses if at == end else None

    def _option(self, number: int) -> str | None:
        """What an option's data are: `addresses`, `free`, or None for what is kept. Their length is kept always."""
        variants = self._codec.table("mobility_option").get(number, [])
        values = variants[0].values if variants else ()
        if len(values) == 1 and isinstance(values[0].kind, kinds.Address | kinds.AddressList):
            return "addresses"
        is_free = len(variants) == 1 and all(spec.name in FREE for spec in values)
        return "free" if values and is_free else None

    def _layout(self, declaration: Declaration) -> _Layout | None:
        """None for messages whose tail is more than mobility options."""
        if declaration.family not in ("mobility", "icmpv6"):
            return None
        tails = [spec.kind for spec in declaration.tails]
        known = all(isinstance(kind, kinds.OptionList) and kind.family == "mobility_option" for kind in tails)
        return _Layout(declaration) if known else None

    def _traits_of(self, addresses: tuple[bytes, ...]) -> tuple[object, ...]:
        """What rules can tell of these addresses; worked out once for each few of them."""
        if len(self._traits) >= MOST_ADDRESSES:
            self._traits.clear()
        halves: dict[bytes, int] = {}
        prefixes = [halves.setdefault(address[:8], len(halves)) for address in addresses]
        identifiers = [halves.setdefault(address[8:] + b"i", len(halves)) for address in addresses]
        traits = self._traits[addresses] = (*map(_kind, addresses), *prefixes, *identifiers)
        return traits


def _addresses(datagram: Datagram) -> tuple[bytes, ...]:
    addresses: tuple[bytes, ...]
    if datagram.headers:
        addresses = (datagram.source, datagram.destination, datagram.true_source, datagram.true_destination)
    else:
        addresses = (datagram.source, datagram.destination)
    outer = datagram.outer
    while outer is not None:
        addresses += (outer.source, outer.destination, outer.true_source, outer.true_destination)
        outer = outer.outer
    return addresses


def _kind(address: bytes) -> bytes:
    """What may matter of an address by itself: its beginning, and all of one that is special."""
    is_special = address[0] in (0, 0xFF) or address[8:] >= _ANYCAST or address[8:] == bytes(8)
    return address if is_special else address[:2]
