"""Frames of one form differ only in addresses, numbers and tokens: who knows the form needs one comparison to read one.

Most messages of a capture are alike. A form is learned from a frame that was read at a glance (`glance.py`); it says
which bits are free, and all others have to be the same. So whatever is made of those others is the same for all frames
of a form, flags, lifetimes, hop limits and options among it, and has to be worked out once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from dissectors.ipv6.link import ETHERNET, SLL, SLL2
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec

if TYPE_CHECKING:
    from dissectors.codec import Codec
    from dissectors.packet import Datagram, Packet
    from dissectors.walk import Dissector

FREE: Final = frozenset(
    {
        *("checksum", "sequence_number", "identifier", "home_init_cookie", "care_of_init_cookie"),
        *("home_keygen_token", "care_of_keygen_token", "home_nonce_index", "care_of_nonce_index", "authenticator"),
        "timestamp",
    }
)
"""Fields of messages and their options that are free, and the addresses. Nothing is read otherwise for their values."""
MOST_FORMS: Final = 5_000
MOST_MASKS: Final = 16
"""Ways in which bits of frames of one size are free."""
AT_FIRST: Final = 64
"""So many forms are learned at once; more only as long as each of them was met a few times."""
MEETINGS: Final = 8

_LINK_ADDRESSES: Final = {ETHERNET: (0, 12), SLL: (0, 14), SLL2: (2, 20)}
_IPV6_HEADER: Final = 40
_TRAFFIC_CLASS_AND_FLOW_LABEL: Final = 0x0FFFFFFF
_HOME_ADDRESS: Final = 8
"""Where it stands in a header of its own, the Home Address option's or a type 2 routing header."""

#: Makes the packet of a frame: from its octets, a dissector, its link type, and its number.
PacketReader = Callable[[bytes, "Dissector", int, int], "Packet"]
#: From the first octet to the one after the last.
Range = tuple[int, int]


class Part:
    """A datagram in a frame of a form: what is the same in all of them, and where the addresses stand."""

    __slots__ = ("carries", "depth", "final_at", "headers", "home_at", "hop_limit", "ipv6_at", "length")

    def __init__(self, datagram: Datagram, octets: bytes, ipv6_at: int) -> None:
        self.ipv6_at = ipv6_at
        self.depth = datagram.depth
        self.headers = datagram.headers
        self.hop_limit = datagram.hop_limit
        self.length = datagram.length
        self.carries = datagram.carries
        at = ipv6_at + _IPV6_HEADER
        self.home_at = self.final_at = 0
        for header in self.headers:
            size = (octets[at + 1] + 1) * 8
            if header == "routing":
                self.final_at = at + _HOME_ADDRESS
            elif size > 8:  # only padding has less
                self.home_at = at + _HOME_ADDRESS
            at += size


class Form:
    """What frames have in common, the same link type and size included; `parts` are the datagrams, outermost first.

    The innermost one carries a message from `start` to `end`, which `declaration` reads. `addresses` says where all
    addresses stand, those of the IPv6 headers first; `known` is for whoever works something out for all its frames.
    """

    __slots__ = ("addresses", "declaration", "end", "known", "met", "packet", "parts", "protocol", "start", "value")

    def __init__(self, parts: list[Part], message: Message, protocol: int) -> None:
        self.parts = parts
        self.declaration = message.declaration
        self.start = message.start
        self.end = message.end
        self.protocol = protocol
        ends = [at for part in parts for at in (part.ipv6_at + 8, part.ipv6_at + 24, part.home_at, part.final_at) if at]
        self.addresses = (*ends, *message.addresses)
        self.known: dict[Any, Any] = {}
        self.met = 0
        self.packet: PacketReader | None = None
        """Takes the packet from a frame, a dissector, a link type and a frame number, once that was compiled."""
        self.value: Callable[[bytes], Any] | None = None
        """Takes the message's value from a frame, once that was compiled."""


class Message:
    """A message of a declaration in octets: which ranges are free, and where addresses stand in it."""

    def __init__(self, declaration: Declaration, start: int, end: int) -> None:
        self.declaration = declaration
        self.start = start
        self.end = end
        self.free: list[Range] = []
        self.addresses: list[int] = []

    def add(self, kind: Any, name: str, at: int, size: int) -> None:
        """A field of it, or of one of its options."""
        if isinstance(kind, kinds.Address | kinds.AddressList):
            self.addresses += range(at, at + size, 16)
            self.free.append((at, at + size))
        elif name in FREE:
            self.free.append((at, at + size))


class Forms:
    """The forms of one vantage point's frames, learned as they come."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._by_size: dict[int, list[tuple[int, dict[int, Form]]]] = {}
        self._learned = 0
        self._met = 0

    def of(self, octets: bytes, link_type: int) -> Form | None:
        """The form of a frame, where it is known."""
        tables = self._by_size.get(len(octets) << 16 | link_type)
        if tables is not None:
            number = int.from_bytes(octets)
            for mask, table in tables:
                form = table.get(number & mask)
                if form is not None:
                    self._met += 1
                    return form
        return None

    def learn(self, octets: bytes, link_type: int, datagrams: list[Datagram], protocol: int) -> None:
        """Remember the form of a frame that was read at a glance, unless there are too many already.

        `protocol` is the next header value of its message.
        """
        if self._learned >= AT_FIRST + self._met // MEETINGS or self._learned >= MOST_FORMS:
            return
        message = self._message(datagrams)
        if message is None or (message.end - message.start) & 1:
            return
        parts: list[Part] = []
        at = message.end
        for datagram in reversed(datagrams):
            at = message.end - datagram.length  # each fills the one around it
            parts.insert(0, Part(datagram, octets, at))
        mask = _mask(len(octets), [*_free(link_type, parts), *message.free], parts)
        tables = self._by_size.setdefault(len(octets) << 16 | link_type, [])
        table = next((table for known, table in tables if known == mask), None)
        if table is None:
            if len(tables) >= MOST_MASKS:
                return
            table = {}
            tables.append((mask, table))
        table[int.from_bytes(octets) & mask] = Form(parts, message, protocol)
        self._learned += 1

    def _message(self, datagrams: list[Datagram]) -> Message | None:
        """The innermost one's; None where its fields can't be told free or not."""
        view = datagrams[-1].upper
        if view is None or any("fragment" in datagram.headers for datagram in datagrams):
            return None
        declaration = view.declaration
        if view.start + declaration.fixed_size > view.end:
            return None
        if not all(_has_mobility_options(spec) for spec in declaration.tails):
            return None
        message = Message(declaration, view.start, view.end)
        for spec in declaration.fixed:
            message.add(spec.kind, spec.name, view.start + spec.offset, spec.size)
        for _ in declaration.tails:
            if not self._add_options(message, view.octets, view.start + declaration.fixed_size):
                return None
        return message

    def _add_options(self, message: Message, octets: bytes, at: int) -> bool:
        """Whether they fill their room, and nothing that may be an address stands where nobody expects one."""
        end = message.end
        while at < end:
            number = octets[at]
            if number == 0:
                at += 1
                continue
            if at + 2 > end:
                return False
            data, stop = at + 2, at + 2 + octets[at + 1]
            if stop > end:
                return False
            values = self._fields(number, octets, at, stop)
            if values is None:
                if stop - data >= 16 and number != 1:
                    return False  # who knows whose addresses are in it
            else:
                tail = at + max((spec.offset + spec.size for spec in values if not spec.is_tail), default=2)
                for spec in values:
                    first = tail if spec.is_tail else at + spec.offset
                    message.add(spec.kind, spec.name, first, spec.size or stop - first)
            at = stop
        return True

    def _fields(self, number: int, octets: bytes, at: int, stop: int) -> tuple[FieldSpec, ...] | None:
        """The fields of an option that is nothing but addresses, or holds a proof; None for others: those are kept."""
        variants = self._codec.table("mobility_option").get(number, [])
        declaration = self._codec.declaration_at("mobility_option", octets, at, stop)
        if declaration not in variants or declaration.fixed_size > stop - at:
            return None
        values = declaration.values
        if not all(_is_free(spec) for spec in values) and not any(spec.name in FREE for spec in values):
            return None
        if not values:
            return None
        has_list = any(isinstance(spec.kind, kinds.AddressList) for spec in values)
        return None if has_list and (stop - at - declaration.fixed_size) % 16 else values


def _has_mobility_options(spec: FieldSpec) -> bool:
    return isinstance(spec.kind, kinds.OptionList) and spec.kind.family == "mobility_option"


def _is_free(spec: FieldSpec) -> bool:
    return isinstance(spec.kind, kinds.Address | kinds.AddressList) or spec.name in FREE


def _free(link_type: int, parts: list[Part]) -> list[Range]:
    """What is free before the message."""
    found = [_LINK_ADDRESSES[link_type]] if link_type in _LINK_ADDRESSES else []
    for part in parts:
        found.append((part.ipv6_at + 8, part.ipv6_at + 40))
        found += [(at, at + 16) for at in (part.home_at, part.final_at) if at]
    return found


def _mask(size: int, free: list[Range], parts: list[Part]) -> int:
    """The bits of a frame, read as one integer, that have to be the same."""
    mask = (1 << size * 8) - 1
    for first, last in free:
        mask &= ~((1 << (last - first) * 8) - 1 << (size - last) * 8)
    for part in parts:
        mask &= ~(_TRAFFIC_CLASS_AND_FLOW_LABEL << (size - part.ipv6_at - 4) * 8)
    return mask
