"""Who takes part, in which roles, and which packet shows each role first."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from mhatool.exchange import Latest
from mhatool.observe.moment import Moment, Seen


class Role(StrEnum):
    """What a node is in Mobile IPv6 (RFC 6275, 3.2). One node may be several."""

    MOBILE_NODE = "mn"
    HOME_AGENT = "ha"
    CORRESPONDENT = "cn"
    ROUTER = "router"


class Evidence(Struct, frozen=True):
    """The first message that showed a role, by its type as records name it, and where it was seen."""

    moment: Moment
    message: str


class Nodes:
    """Roles by address: a mobile node's is its home address. At most the `most` latest nodes are kept.

    A router that names no global address of its own stands under its link-local one, which only one link knows.
    """

    def __init__(self, most: int) -> None:
        self._by_address: Latest[bytes, dict[Role, Evidence]] = Latest(most)

    def note(self, address: bytes, role: Role, seen: Seen, message: str) -> None:
        """A message that shows that this address plays this role."""
        roles = self._by_address.get(address)
        if roles is None:
            roles = self._by_address.note(address, {})
        elif role in roles:
            return
        roles[role] = Evidence(Moment(seen.time_ns, seen.frame), message)

    def plays(self, address: bytes, role: Role) -> bool:
        """Whether this role of a node was shown."""
        return role in self._by_address.get(address, ())

    def roles(self) -> dict[bytes, dict[Role, Evidence]]:
        """Every node's roles, in order of first appearance."""
        return dict(self._by_address)
