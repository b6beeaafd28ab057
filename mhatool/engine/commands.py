"""What somebody tells a node: the operator, the machine beneath it, the packets that it sees."""

from __future__ import annotations

from typing import Any

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
class KeptBinding:
    """A binding that was kept over a restart; `flags` are letters, `expires_ns` its end, `home_agents` its list."""

    home_address: bytes
    agent: bytes
    care_of_address: bytes
    flags: str
    sequence_number: int
    expires_ns: int
    home_agents: tuple[bytes, ...] = ()


@value
class RestoreBindings:
    """At a home agent that has just started: it held these before, and was down for a moment only."""

    bindings: tuple[KeptBinding, ...]


@value
class Reconfigure:
    """The operator wants these fields of the node's configuration otherwise; all are among those that may change."""

    changes: tuple[tuple[str, Any], ...]


Command = (
    Start
    | Stop
    | LinkChanged
    | PacketTunnelled
    | UnverifiedHomeAddress
    | TrafficFromHomeAddress
    | RouteUsed
    | ChangePrefix
    | RestoreBindings
    | Reconfigure
)

__all__ = [
    "ChangePrefix",
    "Command",
    "KeptBinding",
    "LinkChanged",
    "PacketTunnelled",
    "Reconfigure",
    "RestoreBindings",
    "RouteUsed",
    "Start",
    "Stop",
    "TrafficFromHomeAddress",
    "UnverifiedHomeAddress",
]
