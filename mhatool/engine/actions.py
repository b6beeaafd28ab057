"""What a node wants done outside itself: values, which the virtual network, a live driver or a test carry out.

A machine that carries them out has interfaces with link-layer addresses, resolves its neighbours, forwards, and knows
IPv6 in IPv6 tunnels (RFC 2473). It hands every packet that carries signalling for the node, or neighbour discovery, to
`Node.receive`, and each packet for an address that is intercepted through its tunnel.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class End(StrEnum):
    """Whose end of a tunnel or of an optimised route."""

    MOBILE_NODE = "mobile_node"
    HOME_AGENT = "home_agent"
    CORRESPONDENT = "correspondent"


class Send(Struct, frozen=True):
    """Send a datagram, from its IPv6 header on.

    `interface` None: as the routes say. `link_destination` None: the neighbour is resolved, a multicast address mapped;
    six octets where the node knows better (the answer to a deregistration goes to where it came from).

    A machine that is away from home may have other nodes than the mobile node: what one of these sends from the home
    address, by the routes, goes through the reverse tunnel.
    """

    datagram: bytes
    interface: str | None = None
    link_destination: bytes | None = None


class AddAddress(Struct, frozen=True):
    """The address is the node's from now on: it was checked, no duplicate address detection of the machine's own.

    A home agent's own, which come with its start, are to be checked before that by who starts it.
    """

    interface: str
    address: bytes
    prefix_length: int = 64


class RemoveAddress(Struct, frozen=True):
    """The address isn't the node's any more."""

    interface: str
    address: bytes


class JoinGroup(Struct, frozen=True):
    """Receive what is sent to a multicast group, as for the solicited-node group of an address to be defended."""

    interface: str
    group: bytes


class LeaveGroup(Struct, frozen=True):
    """Receive it no longer."""

    interface: str
    group: bytes


class SetTunnel(Struct, frozen=True):
    """How packets of a home address travel; replaces what was set for this home address and end.

    At the home agent: packets for `home_address` leave from `local` to `remotes[0]` (the care-of address); packets from
    there with `home_address` as their inner source are unpacked and forwarded, others are dropped. At the mobile node:
    packets from `home_address` leave from `local` (the care-of address) to `remotes[0]`; what comes from any of
    `remotes` for `home_address` is unpacked. Without `remotes` the tunnel goes.
    """

    end: End
    home_address: bytes
    local: bytes
    remotes: tuple[bytes, ...] = ()


class SetOptimisedRoute(Struct, frozen=True):
    """Packets between a correspondent and a home address go without the tunnel (RFC 6275, 9.3 and 11.3).

    At the mobile node they leave from `care_of_address` with a Home Address option, at the correspondent to it with a
    type 2 routing header; the other's are accepted in the same shape. None: by the tunnel, as before. `peer` is the
    correspondent's address at both ends.
    """

    end: End
    home_address: bytes
    peer: bytes
    care_of_address: bytes | None = None


class SetRoute(Struct, frozen=True):
    """A route: to a neighbour, or onto the link itself where `next_hop` is None. Replaces the one to this prefix."""

    prefix: bytes
    prefix_length: int
    interface: str
    next_hop: bytes | None = None


class RemoveRoute(Struct, frozen=True):
    """The route to a prefix is gone."""

    prefix: bytes
    prefix_length: int


class ForgetNeighbour(Struct, frozen=True):
    """What is known of a neighbour's link-layer address is out of date."""

    interface: str
    address: bytes


Action = (
    Send
    | AddAddress
    | RemoveAddress
    | JoinGroup
    | LeaveGroup
    | SetTunnel
    | SetOptimisedRoute
    | SetRoute
    | RemoveRoute
    | ForgetNeighbour
)

__all__ = [
    "Action",
    "AddAddress",
    "End",
    "ForgetNeighbour",
    "JoinGroup",
    "LeaveGroup",
    "RemoveAddress",
    "RemoveRoute",
    "Send",
    "SetOptimisedRoute",
    "SetRoute",
    "SetTunnel",
]
