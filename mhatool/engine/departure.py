"""Datagrams that nodes send: a message with the headers that its way asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dissectors.build import Layer, build, layer
from dissectors.ipv6.header import DestinationOptions, HomeAddress, Ipv6, RoutingType2
from dissectors.padding import padded
from dissectors.profile import Profile
from mhatool.engine.templates import Plan, Template

HOP_LIMIT = 64
ON_LINK = 255
"""What neighbour discovery has to have (RFC 4861, 4)."""
MOST_TEMPLATES: Final = 1_000
"""Shapes that are kept; whoever invents more of them is served without."""
_IPV6, _WITH_ADDRESS = 40, 24
"""Octets of an IPv6 header, and of a header with a home address in it."""
_PADDING = ("pad1", "pad_n")

#: From a Mobility Header, its authenticator and checksum zero, to the authenticator that ends it.
Seal = Callable[[bytes], bytes]


class Writer:
    """From messages to datagrams, by one profile; options get their padding, lengths and checksums are filled in."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._plans: dict[type, Plan] = {}
        self._templates: dict[tuple[Any, ...], Template] = {}

    def write(
        self,
        message: Any,
        source: bytes,
        destination: bytes,
        *,
        home_address: bytes | None = None,
        routed_to: bytes | None = None,
        tunnel: tuple[bytes, bytes] | None = None,
        hop_limit: int = HOP_LIMIT,
        seal: Seal | None = None,
    ) -> bytes:
        """A datagram from its IPv6 header on.

        `home_address` puts a Home Address option before the message; `routed_to` a type 2 routing header with this home
        address (the destination is then the care-of address); `tunnel` an IPv6 header around it, from and to these.
        `seal` is for messages whose last option ends with an authenticator: it is called with the Mobility Header, the
        checksum zero, and gives the authenticator, which then takes the last octets.
        """
        ends = [each for each in (tunnel and b"".join(tunnel), source + destination, routed_to, home_address) if each]
        plan = self._plan(message)
        options = message.options if plan.has_options else ()
        plans = [self._plan(option) for option in options]
        shape = (
            *(message.__class__, tunnel is None, routed_to is None, home_address is None, hop_limit),
            plan.shape(message),
            *[(option.__class__, each.shape(option)) for option, each in zip(options, plans, strict=True)],
        )
        template = self._templates.get(shape)
        if template is None:
            octets = self._build(message, source, destination, home_address, routed_to, tunnel, hop_limit)
            template = self._template(octets, message, tunnel, routed_to, home_address)
            if plan.is_divided and len(self._templates) < MOST_TEMPLATES:
                self._templates[shape] = template
        values = [*ends, *plan.octets(message)]
        for option, each in zip(options, plans, strict=True):
            values += each.octets(option)
        return template.fill(values, home_address or source, routed_to or destination, seal)

    def _plan(self, value: Any) -> Plan:
        plan = self._plans.get(value.__class__)
        if plan is None:
            plan = self._plans[value.__class__] = Plan(value.__declaration__)
        return plan

    def _build(
        self,
        message: Any,
        source: bytes,
        destination: bytes,
        home_address: bytes | None,
        routed_to: bytes | None,
        tunnel: tuple[bytes, bytes] | None,
        hop_limit: int,
    ) -> bytes:
        layers: list[Layer] = []
        if tunnel is not None:
            layers.append(layer(Ipv6(source=tunnel[0], destination=tunnel[1], hop_limit=HOP_LIMIT)))
        layers.append(layer(Ipv6(source=source, destination=destination, hop_limit=hop_limit)))
        if routed_to is not None:
            layers.append(layer(RoutingType2(segments_left=1, home_address=routed_to)))
        if home_address is not None:
            options = DestinationOptions(options=(HomeAddress(home_address=home_address),))
            layers.append(layer(padded(options, self.profile)))
        layers.append(layer(padded(message, self.profile)))
        return build(layers, self.profile)

    def _template(
        self,
        octets: bytes,
        message: Any,
        tunnel: tuple[bytes, bytes] | None,
        routed_to: bytes | None,
        home_address: bytes | None,
    ) -> Template:
        """Where the free values stand in a datagram of this shape."""
        at = 0 if tunnel is None else _IPV6
        places = [(first + 8, first + _IPV6) for first in range(0, at + _IPV6, _IPV6)]
        at += _IPV6
        for address in (routed_to, home_address):
            if address is not None:
                places.append((at + 8, at + _WITH_ADDRESS))
                at += _WITH_ADDRESS
        declaration = message.__declaration__
        plan = self._plan(message)
        places += [(at + first, at + last) for first, last in plan.places(message, declaration.fixed_size)]
        position = at + declaration.fixed_size
        for option in padded(message, self.profile).options if plan.has_options else ():
            if option.__declaration__.symbol not in _PADDING:
                found = self._plan(option).places(option, option.__declaration__.fixed_size)
                places += [(position + first, position + last) for first, last in found]
            position += len(self.profile.codec.emit(option))
        family = "mobility" if declaration.family == "mobility" else "icmpv6"
        checksum_at = at + declaration.by_name["checksum"].offset
        return Template(octets, at, checksum_at, places, self.profile.protocol(family))


__all__ = ["HOP_LIMIT", "MOST_TEMPLATES", "ON_LINK", "Seal", "Writer"]
