"""What all Scapy packets made from declarations do: their extent, lengths, checksums, answers and summary."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from scapy.config import conf
from scapy.error import log_runtime
from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import IPv6, _ICMPv6, _IPv6ExtHdr
from scapy.packet import Packet

from dissectors.adapters.scapy_ends import computed_checksum, end_points
from dissectors.adapters.scapy_fields import field_name, padding_octets
from dissectors.errors import EncodeError
from dissectors.ipv6 import address as addresses
from dissectors.padding import aligned, gap_before
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration

_ECHO_REQUEST, _ECHO_REPLY = 128, 129
_IPV6_HEADER = 40
_OUT_OF_WINDOW = 135  # status: the sequence number in the answer is the last accepted one, not ours


class MHAPacket(Packet):
    """A packet whose fields come from a declaration. Lengths, counts and checksums that are None are computed.

    While its length is None, a packet is padded as it is built: options to where they may stand, and its end to the
    unit that the length counts in. Options that came from octets keep their places unless their size changes.
    `MHAPacket.automatic_padding = False` turns that off for all, or for one class when set there.
    """

    automatic_padding: ClassVar[bool] = True
    declaration: ClassVar[Declaration]
    symbol: ClassVar[str]
    layers: ClassVar[Any]

    def __init__(self, _pkt: bytes = b"", *args: Any, **fields: Any) -> None:
        if _pkt and "dispatch_hook" in type(self).__dict__:  # what a hook returns isn't asked for its own hook
            object.__setattr__(self, "__class__", type(self).dispatch_hook(_pkt))
        super().__init__(_pkt, *args, **fields)

    @classmethod
    def extent(cls, octets: bytes | bytearray) -> int:
        """How many of these octets, which begin with this packet, are its own."""
        length = cls.declaration.first(kinds.Length)
        end = len(octets)
        if length is not None and isinstance(length.kind, kinds.Length) and not length.kind.payload:
            if len(octets) > length.offset:
                end = octets[length.offset] * length.kind.step + length.kind.bias
        elif not cls.declaration.tails and cls.declaration.family != "icmpv6":
            end = cls.declaration.fixed_size
        return min(end, len(octets))

    def do_dissect(self, s: bytes) -> bytes:
        end = self.extent(s)
        left: bytes = super().do_dissect(s[:end])
        return left + s[end:]

    def own_octets_left(self, s: bytes) -> int:
        """How many of the octets behind the dissected fields still belong to this packet."""
        return max(0, self.extent(self.original) - (len(self.original) - len(s)))

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes | None]:
        left = self.own_octets_left(s)
        return s[:left], s[left:]

    def padded_family(self) -> str | None:
        """The family of its options, if those may be padded."""
        spec = self.declaration.first(kinds.OptionList)
        if spec is None or not isinstance(spec.kind, kinds.OptionList) or spec.kind.family == "nd_option":
            return None
        return spec.kind.family

    def is_padding(self) -> bool:
        """Whether it is padded as it is built."""
        return self._unit() > 1 and self.automatic_padding

    def _unit(self) -> int:
        """What its length counts in, if that is to be computed; otherwise 1."""
        spec = self.declaration.first(kinds.Length)
        if spec is None or not isinstance(spec.kind, kinds.Length) or spec.kind.payload:
            return 1
        return spec.kind.step if self.getfieldval(spec.name) is None else 1

    def _end_padding(self, size: int) -> bytes:
        """What makes a packet of so many octets one that its length can tell."""
        missing = -size % self._unit() if self.is_padding() else 0
        family = self.padded_family()
        return bytes(missing) if family is None else padding_octets(self.layers.profile.codec, family, missing)

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        if isinstance(self, _Extension):
            pkt += self._end_padding(len(pkt))
        else:
            pay += self._end_padding(len(pkt + pay))
        octets = bytearray(pkt + pay)
        for spec in self.declaration.fixed:
            kind = spec.kind
            if self.getfieldval(field_name(spec.name)) is not None:
                continue
            if isinstance(kind, kinds.Count):
                total = value = len(self.getfieldval(field_name(kind.of)))
            elif isinstance(kind, kinds.Length):
                total = len(pkt) if isinstance(self, _Extension) else len(octets)
                value = self._length(kind, total)
            else:
                continue
            if value >> kind.bits:
                what = "addresses" if isinstance(kind, kinds.Count) else "octets"
                raise EncodeError(f"{self.name}: {total} {what} are too many for its {spec.name}", field=spec.name)
            octets[spec.offset : spec.offset + spec.size] = value.to_bytes(spec.size, "big")
        self._fill_checksum(octets)
        return bytes(octets)

    def _length(self, kind: kinds.Length, total: int) -> int:
        if total % kind.step:
            log_runtime.warning(
                "%s: %d octets, not a multiple of %d, and automatic_padding is off", self.name, total, kind.step
            )
        return max(0, total - kind.bias + kind.step - 1) // kind.step  # rounded up: it covers every field

    def _fill_checksum(self, octets: bytearray) -> None:
        spec = self.declaration.first(kinds.Checksum)
        if spec is None or self.getfieldval(spec.name) is not None:
            return
        place = slice(spec.offset, spec.offset + 2)
        octets[place] = bytes(2)
        protocol = self.layers.profile.protocol(self.declaration.family)
        value = computed_checksum(self, protocol, bytes(octets[: self.extent(octets)]))
        octets[place] = value.to_bytes(2, "big")

    def auto_pad(self) -> Any:
        """A copy whose options are aligned and padded in their list; lengths and checksum are left to be computed."""
        changed = self.copy()
        spec, family = self.declaration.first(kinds.OptionList), self.padded_family()
        if spec is None or family is None:
            return changed
        codec = self.layers.profile.codec
        octets = b"".join(bytes(option) for option in self.getfieldval(spec.name))
        start = self.declaration.fixed_size
        listed = self.declaration.first(kinds.AddressList)
        start += 16 * len(self.getfieldval(listed.name)) if listed is not None else 0
        options = aligned(codec, family, codec.option_parser(family)(octets, 0, len(octets)), start)
        made = [self.layers.of(option.__class__)(codec.emit(option)) for option in options]
        changed.setfieldval(spec.name, made)
        for computed in self.declaration.fixed:
            if isinstance(computed.kind, kinds.Length | kinds.Checksum):
                changed.setfieldval(computed.name, None)
        return changed

    def alignment_delta(self, position: int) -> int:
        """What Scapy's own option lists ask: octets of padding before an option at that offset."""
        return gap_before(self.declaration, position, len(self))

    def hashret(self) -> bytes:
        return hash_key(self)

    def answers(self, other: Any) -> int:
        return int(is_answer(self, other))

    def mysummary(self) -> str:
        return summary(self)


class _Extension(MHAPacket, _IPv6ExtHdr):
    """An extension header: its payload follows. (Scapy's UDP and TCP only have a checksum above its base class.)"""

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes | None]:
        return s, None

    def add_payload(self, payload: Any) -> None:
        super().add_payload(payload)
        if self.payload is payload:  # else another extension header, which stands above this one, has got it
            below_ipv6 = payload.overload_fields.get(IPv6, {})  # also of layers that don't know ours
            self.overloaded_fields = {"next_header": below_ipv6["nh"]} if "nh" in below_ipv6 else {}

    def guess_payload_class(self, payload: bytes) -> Any:
        if self.own_octets_left(payload) or (self.symbol == "fragment" and (self.fragment_offset or self.flags)):
            return conf.raw_layer
        return self.layers.payload_class(self.fields.get("next_header", -1), payload)


class _Icmpv6(MHAPacket, _ICMPv6):
    """An ICMPv6 message; Scapy's base class, so that its IPv6 layer matches answers."""

    @property
    def type(self) -> Any:
        """What Scapy's layers call it."""
        return self.getfieldval("icmp_type")


class _Checksummed:
    """TCP and UDP whose checksum sees what ours sees."""

    def post_build(self, p: bytes, pay: bytes) -> bytes:
        octets: bytes = super().post_build(p, pay)  # type: ignore[misc]
        at, protocol = (6, 17) if isinstance(self, UDP) else (16, 6)
        if self.chksum is not None or end_points(self) is None:  # type: ignore[attr-defined]
            return octets
        value = computed_checksum(self, protocol, octets[:at] + bytes(2) + octets[at + 2 :]) or 0xFFFF
        return octets[:at] + value.to_bytes(2, "big") + octets[at + 2 :]


class MHAUDP(_Checksummed, UDP):
    """UDP below our layers."""

    name = "UDP"
    match_subclass = True

    def guess_payload_class(self, payload: bytes) -> Any:
        return self.underlayer.layers.udp_payload_class(self) or super().guess_payload_class(payload)


class MHATCP(_Checksummed, TCP):
    """TCP below our layers."""

    name = "TCP"
    match_subclass = True


class _IPv6(IPv6):
    """Scapy's IPv6 with our layers above it, whatever is installed."""

    match_subclass = True
    layers: ClassVar[Any]

    def guess_payload_class(self, payload: bytes) -> Any:
        return self.layers.payload_class(self.nh, payload)

    def upper(self) -> Any:
        """What it carries behind its extension headers."""
        upper = self.payload
        while isinstance(upper, _IPv6ExtHdr):
            upper = upper.payload
        return upper

    def hashret(self) -> bytes:
        key: bytes = self.upper().hashret()
        return key

    def answers(self, other: Any) -> int:
        """Whether it answers: from end to end, whatever extension headers are between."""
        if not isinstance(other, _IPv6):
            return 0
        mine, theirs = self.upper(), other.upper()
        ours, others = end_points(mine), end_points(theirs)
        if conf.checkIPaddr and ours is not None and others is not None and ours[1] != others[0]:
            is_error = getattr(mine, "symbol", "") == "icmpv6_error"  # which goes to a care-of address, too
            if not is_error or ours[1] != addresses.parse(str(other.src)):
                return 0
        return int(mine.answers(theirs))


# --- what answers what ------------------------------------------------------------------------------------------------


def _same(name: str) -> Callable[[Any, Any], bool]:
    return lambda answer, request: bool(answer.getfieldval(name) == request.getfieldval(name))


def _acknowledges(answer: Any, request: Any) -> bool:
    return bool(answer.status == _OUT_OF_WINDOW or answer.sequence_number == request.sequence_number)


def _heartbeat(answer: Any, request: Any) -> bool:
    return "R" in answer.flags and "R" not in request.flags and answer.sequence_number == request.sequence_number


def _echo(answer: Any, request: Any) -> bool:
    names = ("identifier", "sequence_number", "data")
    types = (request.icmp_type, answer.icmp_type)
    return types == (_ECHO_REQUEST, _ECHO_REPLY) and all(_same(name)(answer, request) for name in names)


def _quoted_upper(error: Any) -> Any:
    """What the IPv6 packet carries that an ICMPv6 error quotes; None where it quotes none, or not all of its header."""
    octets = error.quoted or bytes(error.payload)
    is_packet = len(octets) >= _IPV6_HEADER and octets[0] >> 4 == 6
    return error.layers.ipv6(octets).upper() if is_packet else None


def _quotes(error: Any, upper: Any) -> bool:
    """Whether an ICMPv6 error quotes the packet that carries this, as far as it quotes it (RFC 4443, 2.4)."""
    quoted = _quoted_upper(error)
    if quoted is None or end_points(quoted) != end_points(upper):
        return False
    return all(mine == its for mine, its in zip(bytes(quoted), bytes(upper), strict=False))


#: answer -> (request, whether these two belong together).
_ANSWERS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "binding_update": ("binding_refresh_request", lambda answer, request: True),
    "binding_acknowledgement": ("binding_update", _acknowledges),
    "home_test": ("home_test_init", _same("home_init_cookie")),
    "care_of_test": ("care_of_test_init", _same("care_of_init_cookie")),
    "heartbeat": ("heartbeat", _heartbeat),
    "dhaad_reply": ("dhaad_request", _same("identifier")),
    "mobile_prefix_advertisement": ("mobile_prefix_solicitation", _same("identifier")),
    "neighbor_advertisement": ("neighbor_solicitation", _same("target")),
    "router_advertisement": ("router_solicitation", lambda answer, request: True),
    "echo": ("echo", _echo),
}
_KEYS = ("home_init_cookie", "care_of_init_cookie", "identifier", "target")


def is_answer(answer: Any, request: Any) -> bool:
    """Whether one packet answers the other (RFC 6275's and ICMPv6's pairs)."""
    if answer.symbol == "icmpv6_error":
        return _quotes(answer, request)
    expected = _ANSWERS.get(answer.symbol)
    return expected is not None and getattr(request, "symbol", "") == expected[0] and expected[1](answer, request)


def hash_key(packet: Any) -> bytes:
    """The same octets for a request and its answer: its cookie or identifier; nothing for Binding Updates.

    (Their acknowledgement may hold another sequence number: status 135.) An ICMPv6 error has those of what it quotes.
    """
    if packet.symbol == "icmpv6_error":
        quoted = _quoted_upper(packet)
        return b"" if quoted is None else bytes(quoted.hashret())
    for name in _KEYS:
        if name in packet.default_fields:
            value = packet.getfieldval(name)
            return value if isinstance(value, bytes) else str(value).encode()
    return b""


# --- one line ---------------------------------------------------------------------------------------------------------


def _shown(packet: Any, name: str) -> str:
    field, value = packet.getfield_and_val(name)
    if isinstance(value, list) and len(value) > 3:
        return f"{len(value)} {name.replace('_', ' ')}"
    if isinstance(value, list):
        return " ".join(map(str, value)) if value else ""
    return str(field.i2repr(packet, value))


def summary(packet: Any) -> str:
    """The message's name, its fields and its options' names, in one line."""
    parts = []
    for spec in packet.declaration.values:
        name, kind = field_name(spec.name), spec.kind
        if isinstance(kind, kinds.OptionList):
            titles = [o.name if isinstance(o, Packet) else "Raw" for o in packet.getfieldval(name)]
            parts += [title for title in titles if title not in ("Pad1", "PadN")]
        elif isinstance(kind, kinds.FlagBits):
            parts += [str(packet.getfieldval(name))] if packet.getfieldval(name) else []
        elif isinstance(kind, kinds.Records):
            parts.append(f"{len(packet.getfieldval(name))} {spec.name}")
        elif not isinstance(kind, kinds.Reserved | kinds.Checksum | kinds.OctetsTail) and spec.name != "code":
            shown = _shown(packet, name)
            parts += [shown if isinstance(kind, kinds.AddressList) else f"{spec.name}={shown}"] if shown else []
    return f"{packet.name}: {', '.join(parts)}" if parts else str(packet.name)
