"""A quick walk for captures of many packets: the facts of usual frames without their layers.

What it isn't sure of, it leaves to the exact walk (`walk.Dissector`): frames that are cut or damaged, fragments, ESP,
ICMPv6 errors, headers and options out of the ordinary. What it is sure of is the same as the exact walk's, which runs
as soon as somebody asks for a layer.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from dissectors.form import FREE, Form, Forms
from dissectors.form_source import PartSource, checksum_source, compiled, value_reader
from dissectors.ipv6 import checksum
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
from dissectors.packet import Datagram, Packet
from dissectors.view import UNREAD, Problem, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from dissectors.ipv6.reassembly import Whole
    from dissectors.profile import Profile
    from dissectors.spec.declaration import Declaration
    from dissectors.walk import Dissector

MOST_GLANCED: Final = 3
"""Tunnels in one another that are walked quickly."""

_IPV6 = Struct(">IHBB16s16s").unpack_from  # version and more, payload length, next header, hop limit, addresses
_HOME_ADDRESS_OPTION: Final = b"\x02\x01\x02\x00\x00\xc9\x10"
"""What follows the next header in a Destination Options header of 24 octets: PadN, then the option at 8n+6."""
_TYPE_2: Final = b"\x02\x02\x01\x00\x00\x00\x00"
"""What follows the next header in a type 2 routing header: its length, its type, one segment left, zeros."""
_PADDING: Final = b"\x00\x01\x04\x00\x00\x00\x00"
"""What follows the next header in a Hop-by-Hop or Destination Options header of nothing but PadN."""
_WHOLE: Final = bytes(3)
"""What follows the next header in a Fragment header of the only fragment: reserved, offset 0, no more."""

_FILLING: Final = frozenset({"mobility", "icmpv6"})


class Later:
    """The exact walk of a frame, made when first asked for."""

    __slots__ = ("_dissector", "_found", "_link_type", "_octets", "frame", "is_fragment", "whole")

    def __init__(self, octets: bytes, dissector: Dissector, link_type: int, frame: int) -> None:
        self.frame = frame
        self.is_fragment = False
        """It holds a fragment that was taken in already: it must not be remembered twice."""
        self.whole: Whole | None = None
        """What that completed."""
        self._octets = octets
        self._dissector = dissector
        self._link_type = link_type
        self._found: Packet | None = None

    @property
    def packet(self) -> Packet:
        """All of the frame."""
        if self._found is None:
            walker = self._dissector
            if self.is_fragment:
                walker = type(walker)(walker.profile)  # one that remembers nothing
                walker.fragments.ahead = self.whole
            self._found = walker.dissect(self._octets, self._link_type, frame=self.frame)
        return self._found


class GlancedPacket(Packet):
    """A frame of which only the datagrams are known; its layers are walked when first asked for."""

    __slots__ = ("_later",)

    def __init__(self, octets: bytes, later: Later) -> None:
        self.octets = octets
        self.datagrams = []
        self._later = later

    @property
    def layers(self) -> list[View]:
        """Every layer, outermost first."""
        return self._later.packet.layers

    @property
    def problems(self) -> list[Problem]:
        """Those of the frame as such."""
        return self._later.packet.problems

    def left_over(self, message: View) -> int:
        """None behind a mobility or ICMPv6 message: one at a glance fills its packet."""
        return 0 if message.declaration.family in _FILLING else self._later.packet.left_over(message)


class GlancedDatagram(Datagram):
    """A datagram of which the views are made when first asked for."""

    __slots__ = ("_carries", "_headers", "_hop_limit", "_later", "_length", "form")

    def __init__(
        self, later: Later, source: bytes, destination: bytes, hop_limit: int, outer: GlancedDatagram | None
    ) -> None:
        self._later = later  # not the packet: a circle of references would wait for the garbage collector
        self._upper = None
        self._carries = ""
        self._headers: tuple[str, ...] = ()
        self._hop_limit = hop_limit
        self._length = 0
        self.source = source
        self.destination = destination
        self.depth = 0 if outer is None else outer.depth + 1
        self.quoted = False
        self.outer = outer
        self.home_address = None
        self.final_destination = None
        self.form = None

    @property
    def _exact(self) -> Datagram:
        return self._later.packet.datagrams[self.depth]

    @property
    def ipv6(self) -> View:
        """The IPv6 header."""
        return self._exact.ipv6

    @property
    def extensions(self) -> list[View]:
        """The headers between, in order."""
        return self._exact.extensions if self._headers else []

    @property
    def upper(self) -> View | None:
        """What it carries; None where that is another datagram or nothing."""
        if self._upper is None and self._carries:
            self._upper = self._exact.upper
        return self._upper

    @property
    def hop_limit(self) -> int:
        """The IPv6 header's."""
        return self._hop_limit

    @property
    def length(self) -> int:
        """Octets from the IPv6 header on, as the header says."""
        return self._length

    @property
    def routed_home_address(self) -> bytes | None:
        """The home address in a type 2 routing header; None without one."""
        return self.final_destination

    @property
    def headers(self) -> tuple[str, ...]:
        """The types of `extensions`."""
        return self._headers

    @property
    def carries(self) -> str:
        """The type of `upper`, "" for None."""
        return self._carries


def _assignments(name: str, cls: str, **attributes: object) -> list[str]:
    """Source: a new instance, and its attributes."""
    return [f"{name} = new({cls})", *(f"{name}.{attribute} = {source}" for attribute, source in attributes.items())]


class GlancedView(View):
    """A view that makes what few ask for when it is asked for."""

    __slots__ = ("form",)

    def __init__(self, declaration: Declaration, octets: bytes, start: int, end: int, profile: Profile) -> None:
        self.declaration = declaration
        self.octets = octets
        self.start = start
        self.end = end
        self.profile = profile
        self.truncated = self.quoted = self.reassembled = self._read = False
        self._value = UNREAD
        self._options = None
        self.form = None

    @property
    def value(self) -> Any:
        """The message value, None where these octets are none; made once."""
        if self._value is UNREAD:
            form = self.form
            if form is None:
                return super().value
            if form.value is None:
                known = super().value
                form.value = value_reader(known, self.octets, self.start, self.end, FREE, self.profile)
            self._value = form.value(self.octets)
        return self._value

    def __getattr__(self, name: str) -> Any:
        """What isn't there yet."""
        make = _MADE_LATE.get(name)
        if make is None:
            raise AttributeError(name, name=name, obj=self)
        made = make()
        setattr(self, name, made)
        return made


_MADE_LATE: Final[dict[str, type]] = {
    "extra": dict,
    "extra_problems": list,
    "_option_problems": list,
    "_fields": list,
    "_problems": list,
}


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
                read = form.packet or self._reader(form)
                return read(octets, self._dissector, link_type, frame)
            packet = GlancedPacket(octets, Later(octets, self._dissector, link_type, frame))
            if self._link(packet, octets, link_type):
                self._learn(packet, octets, link_type)
                return packet
        return self._dissector.dissect(octets, link_type, original_length=original_length, frame=frame)

    def _reader(self, form: Form) -> Callable[[bytes, Dissector, int, int], Packet]:
        """What makes the packet of a frame of this form."""
        namespace: dict[str, Any] = {
            "new": object.__new__,
            "number": int.from_bytes,
            "Later": Later,
            "Packet": GlancedPacket,
            "Datagram": GlancedDatagram,
            "View": GlancedView,
            "declaration": form.declaration,
            "profile": self._profile,
            "unread": UNREAD,
            "form": form,
        }

        def constant(value: Any) -> str:
            name = f"k{len(namespace)}"
            namespace[name] = value
            return name

        source = PartSource()
        for part in form.parts:
            facts = {
                "depth": part.depth,
                "quoted": False,
                "_carries": part.carries,
                "_headers": part.headers,
                "_hop_limit": part.hop_limit,
                "_length": part.length,
            }
            source.datagram(facts, part.ipv6_at, part.home_at, part.final_at, constant)
        wrong = checksum_source(part.ipv6_at, part.home_at, part.final_at, form.start, form.end, form.protocol)
        lines = [
            *_assignments("later", "Later", _octets="b", _dissector="dissector", _link_type="link_type", frame="frame"),
            "later.is_fragment = False",
            "later.whole = later._found = None",
            *source.lines,
            *_assignments("view", "View", declaration="declaration", octets="b", start=form.start, end=form.end),
            "view.profile, view.form, view._value, view._options = profile, form, unread, None",
            "view.truncated = view.quoted = view.reassembled = view._read = False",
            f"view.checksum_status = 'bad' if {wrong} else 'good'",
            f"{source.names[-1]}._upper, {source.names[-1]}.form = view, form",
            *_assignments("packet", "Packet", octets="b", datagrams=f"[{', '.join(source.names)}]", _later="later"),
            "return packet",
        ]
        body = ["def packet(b, dissector, link_type, frame):", *(f"    {line}" for line in lines)]
        form.packet = compiled(body, namespace, "packet", form.declaration.symbol)
        return form.packet

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
        datagram = GlancedDatagram(packet._later, source, destination, hop_limit, outer)
        datagram._length = 40 + length
        packet.datagrams.append(datagram)
        if protocol in self._plain:
            datagram._carries = self._plain[protocol]
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
            datagram._carries = carries
        later.is_fragment, later.whole = True, whole
        datagram._headers += ("fragment",)
        return True

    def _headers(
        self, datagram: GlancedDatagram, octets: bytes, at: int, end: int, protocol: int
    ) -> tuple[int, int] | None:
        """Past headers of the usual form; None for others. A fragment of several is left."""
        headers: tuple[str, ...] = ()
        while protocol in self._extensions:
            size = 8
            if at + 8 > end:
                return None
            content = octets[at + 1 : at + 8]
            if protocol == self._options and content == _HOME_ADDRESS_OPTION:
                if at + 24 > end or datagram.home_address is not None:
                    return None
                datagram.home_address, size = octets[at + 8 : at + 24], 24
            elif protocol == self._routing:
                if content != _TYPE_2 or at + 24 > end or datagram.final_destination is not None:
                    return None
                datagram.final_destination, size = octets[at + 8 : at + 24], 24
            elif protocol == self._fragments:
                if content[:3] != _WHOLE:
                    break
            elif content != _PADDING:
                return None
            headers += (self._extensions[protocol],)
            protocol, at = octets[at], at + size
        datagram._headers = headers
        return protocol, at

    def _upper(self, datagram: GlancedDatagram, protocol: int, octets: bytes, start: int, end: int) -> bool:
        if protocol == self._mobility:
            return self._message(datagram, octets, start, end)
        if protocol == self._icmpv6:
            return self._icmp(datagram, octets, start, end)
        if protocol in self._plain:
            datagram._carries = self._plain[protocol]
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
        datagram._carries = declaration.symbol
