"""A quick walk for captures of many packets: the facts of usual frames without their layers.

What it isn't sure of, it leaves to the exact walk (`walk.Dissector`): frames that are cut or damaged, fragments, ESP,
ICMPv6 errors, headers and options out of the ordinary. What it is sure of is the same as the exact walk's, which runs
as soon as somebody asks for a layer.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from dissectors.form import Forms
from dissectors.form_source import packet_reader
from dissectors.glanced import GlancedDatagram, GlancedPacket, GlancedView, Later
from dissectors.ipv6 import checksum
from dissectors.ipv6.header import MOST_HEADERS
from dissectors.ipv6.link import (
    ETHERNET,
    ETHERTYPE_IPV6,
    ETHERTYPE_VLAN,
    IPV6_ONLY,
    LOOP,
    NULL,
    RAW,
    SLL,
    SLL2,
    Tcp,
    Udp,
)
from dissectors.packet import Packet

if TYPE_CHECKING:
    from dissectors.walk import Dissector

MOST_GLANCED: Final = 3
"""Tunnels in one another that are walked quickly."""

WORTH_COMPILING: Final = 8
"""A form that was met so often will be met again: a reader of its own pays after some dozens of frames."""

_IPV6 = Struct(">IHBB16s16s").unpack_from  # version and more, payload length, next header, hop limit, addresses
_HOME_ADDRESS_OPTION: Final = b"\x02\x01\x02\x00\x00\xc9\x10"
"""What follows the next header in a Destination Options header of 24 octets: PadN, then the option at 8n+6."""
_TYPE_2: Final = b"\x02\x02\x01\x00\x00\x00\x00"
"""What follows the next header in a type 2 routing header: its length, its type, one segment left, zeros."""
_PADDING: Final = b"\x00\x01\x04\x00\x00\x00\x00"
"""What follows the next header in a Hop-by-Hop or Destination Options header of nothing but PadN."""
_WHOLE: Final = bytes(3)
"""What follows the next header in a Fragment header of the only fragment: reserved, offset 0, no more."""


class Glance:
    """Looks at frames of one capture, with the exact walker behind it."""

    def __init__(self, dissector: Dissector) -> None:
        profile = dissector.profile
        self._dissector = dissector
        self._profile = profile
        self._codec = profile.codec
        self._forms = Forms(profile.codec)
        self._mobility = profile.protocol("mobility")
        self._icmpv6 = profile.protocol("icmpv6")
        self._tunnel = profile.protocol("ipv6")
        self._options = profile.protocol("destination_options")
        self._routing = profile.protocol("routing")
        self._plain = {
            profile.protocol("tcp"): Tcp.__declaration__.symbol,
            profile.protocol("udp"): Udp.__declaration__.symbol,
        }
        self._fragments = profile.protocol("fragment")
        self._extensions = {
            self._options: "destination_options",
            self._routing: "routing",
            self._fragments: "fragment",
            profile.protocol("hop_by_hop"): "hop_by_hop",
        }
        # Where two layers share a number, a walk can't be quick about which of them it is.
        numbers = {self._mobility, self._icmpv6, self._tunnel, *self._extensions, *self._plain}
        moved = {"routing", "ipv6_option"} & (profile.numbers.keys() | profile.closed)
        self._is_usable = len(numbers) == 9 and not moved

    def look(self, octets: bytes, link_type: int, original_length: int, frame: int) -> Packet:
        """The packet: quickly where it is usual and whole, else by the exact walk."""
        if self._is_usable and original_length <= len(octets):
            form = self._forms.of(octets, link_type)
            if form is not None:
                form.met += 1
                if form.packet is None and form.met >= WORTH_COMPILING:
                    packet_reader(form, self._profile)
                if form.packet is not None:
                    return form.packet(octets, self._dissector, link_type, frame)
            packet = GlancedPacket(octets, Later(octets, self._dissector, link_type, frame))
            if self._link(packet, octets, link_type):
                if form is None:
                    self._learn(packet, octets, link_type)
                return packet
        return self._dissector.dissect(octets, link_type, original_length=original_length, frame=frame)

    def _learn(self, packet: GlancedPacket, octets: bytes, link_type: int) -> None:
        """Remember the form of a frame that carries a message."""
        upper = packet.datagrams[-1]._upper if packet.datagrams else None
        if upper is not None:
            protocol = self._mobility if upper.declaration.family == "mobility" else self._icmpv6
            self._forms.learn(octets, link_type, packet.datagrams, protocol)

    def _link(self, packet: GlancedPacket, octets: bytes, link_type: int) -> bool:
        """Whether the frame is understood; then its datagrams are in the packet."""
        if link_type == ETHERNET:
            kind, at = int.from_bytes(octets[12:14]), 14
        elif link_type in RAW or link_type == IPV6_ONLY:
            return self._ipv6(packet, octets, 0, None)
        elif link_type in (NULL, LOOP):
            return self._ipv6(packet, octets, 4, None)
        elif link_type == SLL:
            kind, at = int.from_bytes(octets[14:16]), 16
        elif link_type == SLL2:
            kind, at = int.from_bytes(octets[:2]), 20
        else:
            return False
        while kind in ETHERTYPE_VLAN:
            kind, at = int.from_bytes(octets[at + 2 : at + 4]), at + 4
        if kind != ETHERTYPE_IPV6:
            return len(octets) >= at  # no IPv6: a packet without datagrams
        return self._ipv6(packet, octets, at, None)

    def _ipv6(self, packet: GlancedPacket, octets: bytes, at: int, outer: GlancedDatagram | None) -> bool:
        size = len(octets)
        start = at + 40
        if start > size:
            return False
        first, length, protocol, hop_limit, source, destination = _IPV6(octets, at)
        end = start + length
        if first >> 28 != 6 or end > size or length == 0:
            return False
        datagram = GlancedDatagram(packet._later, at, source, destination, hop_limit, outer)
        datagram.length = 40 + length
        packet.datagrams.append(datagram)
        if protocol in self._plain:
            datagram.carries = self._plain[protocol]
            return True
        if protocol in self._extensions:
            found = self._headers(datagram, octets, start, end, protocol)
            if found is None:
                return False
            protocol, start = found
        if protocol == self._tunnel:
            fills = end - start == 40 + int.from_bytes(octets[start + 4 : start + 6])
            return fills and datagram.depth < MOST_GLANCED and self._ipv6(packet, octets, start, datagram)
        if protocol == self._fragments and start + 8 <= end:
            return self._fragment(datagram, octets, start, end)
        return self._upper(datagram, protocol, octets, start, end)

    def _fragment(self, datagram: GlancedDatagram, octets: bytes, start: int, end: int) -> bool:
        """A piece of a packet. Where it completes one, the exact walk goes on, unless that is of no interest."""
        word = int.from_bytes(octets[start + 2 : start + 4])
        if word & 0xFFF9 == 0:
            return False  # the only one, with reserved bits set
        key = (datagram.source, datagram.destination, int.from_bytes(octets[start + 4 : start + 8]))
        piece, later = octets[start + 8 : end], datagram._later
        whole = self._dissector.fragments.add(key, word & 0xFFF8, bool(word & 1), piece, octets[start], later.frame)
        if whole is not None:
            carries = self._plain.get(whole.next_header)
            if carries is None:
                self._dissector.fragments.ahead = whole
                return False
            datagram.carries = carries
        later.is_fragment, later.whole = True, whole
        datagram.headers += ("fragment",)
        return True

    def _headers(
        self, datagram: GlancedDatagram, octets: bytes, at: int, end: int, protocol: int
    ) -> tuple[int, int] | None:
        """Past headers of the usual form; None for others. A fragment of several is left."""
        headers: tuple[str, ...] = ()
        while protocol in self._extensions:
            size = 8
            if at + 8 > end or len(headers) == MOST_HEADERS:
                return None
            content = octets[at + 1 : at + 8]
            if protocol == self._options and content == _HOME_ADDRESS_OPTION:
                if at + 24 > end or datagram.home_address is not None:
                    return None
                datagram.home_address = datagram.true_source = octets[at + 8 : at + 24]
                size = 24
            elif protocol == self._routing:
                if content != _TYPE_2 or at + 24 > end or datagram.final_destination is not None:
                    return None
                datagram.final_destination = datagram.true_destination = octets[at + 8 : at + 24]
                size = 24
            elif protocol == self._fragments:
                if content[:3] != _WHOLE:
                    break
            elif content != _PADDING:
                return None
            headers += (self._extensions[protocol],)
            protocol, at = octets[at], at + size
        datagram.headers = headers
        return protocol, at

    def _upper(self, datagram: GlancedDatagram, protocol: int, octets: bytes, start: int, end: int) -> bool:
        if protocol == self._mobility:
            return self._message(datagram, octets, start, end)
        if protocol == self._icmpv6:
            return self._icmp(datagram, octets, start, end)
        if protocol in self._plain:
            datagram.carries = self._plain[protocol]
            return True
        return False

    def _message(self, datagram: GlancedDatagram, octets: bytes, start: int, end: int) -> bool:
        """A Mobility Header that fills its packet, with nothing behind it."""
        if start + 8 > end or octets[start] != 59 or start + (octets[start + 1] + 1) * 8 != end:
            return False
        self._view(datagram, self._mobility, "mobility", octets, start, end)
        return True

    def _icmp(self, datagram: GlancedDatagram, octets: bytes, start: int, end: int) -> bool:
        """An ICMPv6 message that is no error."""
        if start + 4 > end or octets[start] < 128:
            return False
        self._view(datagram, self._icmpv6, "icmpv6", octets, start, end)
        return True

    def _view(self, datagram: GlancedDatagram, protocol: int, family: str, octets: bytes, start: int, end: int) -> None:
        declaration = self._codec.declaration_at(family, octets, start, end)
        view = GlancedView(declaration, octets, start, end, self._profile)
        source, destination = datagram.true_source, datagram.true_destination
        good = checksum.is_good(source, destination, protocol, octets[start:end])
        view.checksum_status = "good" if good else "bad"
        datagram._upper = view
        datagram.carries = declaration.symbol
