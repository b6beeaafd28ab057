"""What somebody tells a node: the operator, the machine beneath it, the packets that it sees."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Start(Struct, frozen=True):
    """The node comes up. `link_addresses` are its interfaces' own, six octets each, by the interface's name."""

    link_addresses: tuple[tuple[str, bytes], ...]


class Stop(Struct, frozen=True):
    """Leave in an orderly way: a mobile node deregisters, a home agent tells its peers."""


class LinkChanged(Struct, frozen=True):
    """The interface is attached to another link, or to none (`up` False); the machine knows that at once."""

    interface: str
    up: bool = True


class PacketTunnelled(Struct, frozen=True):
    """A packet from `correspondent` for `home_address` came through the tunnel: a reason to optimise the route."""

    home_address: bytes
    correspondent: bytes


class UnverifiedHomeAddress(Struct, frozen=True):
    """A packet with a Home Address option came that no binding covers (RFC 6275, 9.3.1): a Binding Error follows."""

    source: bytes
    destination: bytes
    home_address: bytes


class TrafficFromHomeAddress(Struct, frozen=True):
    """A packet of an upper layer leaves from `home_address` to `correspondent`."""

    home_address: bytes
    correspondent: bytes


class RouteUsed(Struct, frozen=True):
    """At a correspondent: packets between its `correspondent` address and `home_address` go by the optimised route."""

    home_address: bytes
    correspondent: bytes


class ChangePrefix(Struct, frozen=True):
    """A prefix of the home link has other lifetimes from now on; a home agent tells who is registered."""

    prefix: bytes
    valid_lifetime_s: int
    preferred_lifetime_s: int


class KeptBinding(Struct, frozen=True):
    """A binding that was kept over a restart; `flags` are letters, `expires_ns` its end, `home_agents` its list."""

    home_address: bytes
    agent: bytes
    care_of_address: bytes
    flags: str
    sequence_number: int
    expires_ns: int
    home_agents: tuple[bytes, ...] = ()


class RestoreBindings(Struct, frozen=True):
    """At a home agent that has just started: it held these before, and was down for a moment only."""

    bindings: tuple[KeptBinding, ...]


class Reconfigure(Struct, frozen=True):
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
