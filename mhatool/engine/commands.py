"""What somebody tells a node: the operator, the machine beneath it, the packets that it sees."""

from __future__ import annotations

from mhatool.protocol.value import value


@value
class Start:
    """The node comes up. `link_addresses` are its interfaces' own, six octets each, by the interface's name."""

    link_addresses: tuple[tuple[str, bytes], ...]


@value
class Stop:
    """Leave in an orderly way: a mobile node deregisters, a home agent tells its peers."""


@value
class LinkChanged:
    """The interface is attached to another link, or to none (`up` False); the machine knows that at once."""

    interface: str
    up: bool = True


@value
class PacketTunnelled:
    """A packet from `correspondent` for `home_address` came through the tunnel: a reason to optimise the route."""

    home_address: bytes
    correspondent: bytes


@value
class UnverifiedHomeAddress:
    """A packet with a Home Address option came that no binding covers (RFC 6275, 9.3.1): a Binding Error follows."""

    source: bytes
    destination: bytes
    home_address: bytes


@value
class TrafficFromHomeAddress:
    """A packet of an upper layer leaves from `home_address` to `correspondent`."""

    home_address: bytes
    correspondent: bytes


@value
class RouteUsed:
    """At a correspondent: packets between its `correspondent` address and `home_address` go by the optimised route."""

    home_address: bytes
    correspondent: bytes


@value
class ChangePrefix:
    """A prefix of the home link has other lifetimes from now on; a home agent tells who is registered."""

    prefix: bytes
    valid_lifetime_s: int
    preferred_lifetime_s: int


@value
class PeerRouteChanged:
    """The routing has lost the way to another home agent, or found one again."""

    address: bytes
    reachable: bool


Command = (
    Start
    | Stop
    | LinkChanged
    | PacketTunnelled
    | UnverifiedHomeAddress
    | TrafficFromHomeAddress
    | RouteUsed
    | ChangePrefix
    | PeerRouteChanged
)

__all__ = [
    "ChangePrefix",
    "Command",
    "LinkChanged",
    "PacketTunnelled",
    "PeerRouteChanged",
    "RouteUsed",
    "Start",
    "Stop",
    "TrafficFromHomeAddress",
    "UnverifiedHomeAddress",
]
