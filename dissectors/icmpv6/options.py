"""Neighbour discovery options (RFC 4861, 4.6; RFC 6275, 7.2 to 7.4); the length counts 8 octets."""

from __future__ import annotations

from dissectors.spec import Flags, Option, envelope, option
from dissectors.spec import fields as wire


@envelope
class NeighbourDiscoveryOption(Option):
    """Type, length in units of 8 octets, the rest."""

    type = wire.number()
    length = wire.length(step=8, bias=0)


@option("nd_option", None, symbol="nd_option", title="Neighbour discovery option", rfc="RFC 4861, 4.6")
class UnknownNeighbourDiscoveryOption(Option):
    """An option without fields of its own here: kept and emitted unchanged."""

    type: int = wire.uint(8, "The type, as it stands on the wire")
    length = wire.length(step=8, bias=0)
    data: bytes = wire.octets_tail()


@option("nd_option", 1, title="Source Link-Layer Address", rfc="RFC 4861, 4.6.1")
class SourceLinkLayerAddress(NeighbourDiscoveryOption):
    """The sender's link-layer address."""

    link_layer_address: bytes = wire.link_layer_address()


@option("nd_option", 2, title="Target Link-Layer Address", rfc="RFC 4861, 4.6.1")
class TargetLinkLayerAddress(NeighbourDiscoveryOption):
    """The target's link-layer address."""

    link_layer_address: bytes = wire.link_layer_address()


@option("nd_option", 3, title="Prefix Information", rfc="RFC 4861, 4.6.2; RFC 6275, 7.2")
class PrefixInformation(NeighbourDiscoveryOption):
    """A prefix of the link; R: the prefix field holds the router's full address (RFC 6275)."""

    prefix_length: int = wire.uint(8)
    flags: Flags = wire.flags(8, {"L": 0x80, "A": 0x40, "R": 0x20}, "L: on-link, A: autonomous, R: router address")
    valid_lifetime_s: int = wire.uint(32)
    preferred_lifetime_s: int = wire.uint(32)
    reserved2: int = wire.reserved(32)
    prefix: bytes = wire.address()


@option("nd_option", 4, title="Redirected Header", rfc="RFC 4861, 4.6.3")
class RedirectedHeader(NeighbourDiscoveryOption):
    """The packet that caused a redirect, cut to fit and padded."""

    reserved: int = wire.reserved(16)
    reserved2: int = wire.reserved(32)
    packet: bytes = wire.octets_tail()


@option("nd_option", 5, title="MTU", rfc="RFC 4861, 4.6.4")
class Mtu(NeighbourDiscoveryOption):
    """The link's MTU, in octets."""

    reserved: int = wire.reserved(16)
    mtu: int = wire.uint(32)


@option("nd_option", 7, title="Advertisement Interval", rfc="RFC 6275, 7.3")
class AdvertisementInterval(NeighbourDiscoveryOption):
    """The longest time between two unsolicited advertisements."""

    reserved: int = wire.reserved(16)
    advertisement_interval_ms: int = wire.uint(32, "Milliseconds")


@option("nd_option", 8, title="Home Agent Information", rfc="RFC 6275, 7.4; RFC 3963")
class HomeAgentInformation(NeighbourDiscoveryOption):
    """How much a home agent wants to be taken, and for how long it serves."""

    flags: Flags = wire.flags(16, {"R": 0x8000}, "R: serves mobile routers (RFC 3963)")
    home_agent_preference: int = wire.uint(16, "Higher is taken first")
    home_agent_lifetime_s: int = wire.uint(16)
