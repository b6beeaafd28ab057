"""The nodes between which arrows go: which addresses are one node's, in which order they stand side by side."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct, field

from dissectors.ipv6 import address
from mhatool.observe import Evidence, Role
from mhatool.timeline.flow.arrows import Arrow

_ANYCAST: Final = bytes.fromhex("fdfffffffffffffe")
"""The interface identifier that all home agents of a prefix share (RFC 2526)."""
_ORDER: Final = (Role.MOBILE_NODE, Role.HOME_AGENT, Role.ROUTER, None, Role.CORRESPONDENT)
"""From left to right; None: whose role nobody saw."""
_ROLES: Final = {
    Role.MOBILE_NODE: "mobile node",
    Role.HOME_AGENT: "home agent",
    Role.CORRESPONDENT: "correspondent",
    Role.ROUTER: "router",
}


class Lane(Struct):
    """A node: what it is called, the addresses that it had, the first one first, and its roles."""

    title: str
    addresses: list[bytes] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)

    @property
    def described(self) -> str:
        """Roles and addresses, as far as the title doesn't say them."""
        roles = " and ".join(_ROLES[role] for role in self.roles)
        texts = [text for text in map(address.text, self.addresses) if text != self.title]
        return ", ".join(part for part in (roles, *texts) if part)


class Lanes:
    """Every node that sent a message or got one. A care-of address is the mobile node's that was there last."""

    def __init__(
        self,
        arrows: Iterable[Arrow],
        roles: Mapping[bytes, Mapping[Role, Evidence]],
        names: Mapping[bytes, str],
        others: Iterable[tuple[bytes, int]] = (),
    ) -> None:
        """`roles` by address, a mobile node's by its home address; `names` for addresses, one name for one node.

        `others`: addresses without an arrow that are told of, and when.
        """
        self._roles, self._names = roles, names
        self._stays: dict[bytes, list[tuple[int, bytes]]] = {}
        """By care-of address: since when which mobile node was there."""
        arrows = list(arrows)
        for arrow in arrows:
            if arrow.care_of is not None:
                self._note(arrow.time_ns, *arrow.care_of)
        self._by_title: dict[str, Lane] = {}
        for arrow in arrows:
            for octets in (arrow.source, arrow.destination, *(arrow.care_of or ())):
                self._seen(octets, arrow.time_ns)
        for octets, time_ns in others:
            self._seen(octets, time_ns)
        self.all: list[Lane] = []
        """From left to right."""
        self._places: dict[str, int] = {}
        self.show(self._by_title)

    def show(self, titles: Iterable[str]) -> None:
        """From here on, only these."""
        self.all = sorted((self._by_title[title] for title in dict.fromkeys(titles)), key=_place)
        self._places = {lane.title: place for place, lane in enumerate(self.all)}

    def place(self, octets: bytes, time_ns: int) -> int | None:
        """Which lane is an address's at this time; None for whom no arrow goes to or comes from."""
        return self._places.get(self.title(octets, time_ns))

    def title(self, octets: bytes, time_ns: int) -> str:
        """What the node is called that has an address at this time."""
        return self._title(self._node(octets, time_ns))

    def _note(self, time_ns: int, home_address: bytes, care_of_address: bytes) -> None:
        stays = self._stays.setdefault(care_of_address, [])
        if home_address != care_of_address and (not stays or stays[-1][1] != home_address):
            stays.append((time_ns, home_address))

    def _node(self, octets: bytes, time_ns: int) -> bytes:
        """The home address for a care-of address; another one's home address is nobody's care-of address."""
        stays = self._stays.get(octets)
        if not stays or Role.MOBILE_NODE in self._roles.get(octets, ()):
            return octets
        return stays[max(bisect_right(stays, time_ns, key=lambda stay: stay[0]) - 1, 0)][1]

    def _title(self, node: bytes) -> str:
        if node in self._names:
            return self._names[node]
        is_all_agents = node[8:] == _ANYCAST
        return f"home agents of {address.text(node[:8] + bytes(8))}/64" if is_all_agents else address.text(node)

    def _seen(self, octets: bytes, time_ns: int) -> None:
        node = self._node(octets, time_ns)
        title = self._title(node)
        lane = self._by_title.setdefault(title, Lane(title))
        for each in dict.fromkeys((node, octets)):
            if each not in lane.addresses and each[8:] != _ANYCAST:
                lane.addresses.append(each)
                lane.roles += [role for role in self._roles.get(each, ()) if role not in lane.roles]


def _place(lane: Lane) -> int:
    return min(map(_ORDER.index, lane.roles), default=_ORDER.index(None))


__all__ = ["Lane", "Lanes"]
