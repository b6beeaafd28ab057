"""Packets of which only the datagrams are known; their layers are walked when first asked for (see `glance.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dissectors.form import FREE
from dissectors.packet import Datagram, Packet
from dissectors.value_source import value_reader
from dissectors.view import UNREAD, Problem, View

if TYPE_CHECKING:
    from dissectors.ipv6.reassembly import Whole
    from dissectors.profile import Profile
    from dissectors.spec.declaration import Declaration
    from dissectors.walk import Dissector

_FILLING: Final = frozenset({"mobility", "icmpv6"})


class Later:
    """The exact walk of a frame, made when first asked for."""

    __slots__ = ("_dissector", "_found", "_link_type", "frame", "is_fragment", "octets", "whole")

    def __init__(self, octets: bytes, dissector: Dissector, link_type: int, frame: int) -> None:
        self.frame = frame
        self.is_fragment = False
        """It holds a fragment that was taken in already: it must not be remembered twice."""
        self.whole: Whole | None = None
        """What that completed."""
        self.octets = octets
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
            self._found = walker.dissect(self.octets, self._link_type, frame=self.frame)
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
    """A datagram of which the views are made when first asked for; what is asked for most is no property here."""

    __slots__ = (
        "_at",
        "_later",
        "carries",
        "form",
        "headers",
        "hop_limit",
        "length",
        "true_destination",
        "true_source",
    )

    carries: str
    headers: tuple[str, ...]
    hop_limit: int
    length: int
    true_source: bytes
    true_destination: bytes
    is_unsure = False  # such a frame is left to the exact walk

    def __init__(
        self, later: Later, at: int, source: bytes, destination: bytes, hop_limit: int, outer: GlancedDatagram | None
    ) -> None:
        self._at = at
        self._later = later  # not the packet: a circle of references would wait for the garbage collector
        self._upper = None
        self.carries = ""
        self.headers = ()
        self.hop_limit = hop_limit
        self.length = 0
        self.source = self.true_source = source
        self.destination = self.true_destination = destination
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
        return self._exact.extensions if self.headers else []

    @property
    def upper(self) -> View | None:
        """What it carries; None where that is another datagram or nothing."""
        if self._upper is None and self.carries:
            self._upper = self._exact.upper
        return self._upper

    def octets_from(self, offset: int) -> bytes:
        """Its octets from there on, counted from the beginning of the IPv6 header."""
        return self._later.octets[self._at + offset : self._at + self.length]

    @property
    def routed_home_address(self) -> bytes | None:
        """The home address in a type 2 routing header; None without one."""
        return self.final_destination


class GlancedView(View):
    """A view that makes what few ask for when it is asked for."""

    __slots__ = ("form", "type")

    type: str

    def __init__(self, declaration: Declaration, octets: bytes, start: int, end: int, profile: Profile) -> None:
        self.declaration = declaration
        self.type = declaration.symbol
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
