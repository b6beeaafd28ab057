"""Our mobile node in the place of a captured one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Final

from dissectors.ipv6.address import is_multicast
from dissectors.profile import Profile
from mhatool.engine.commands import LinkChanged, PacketTunnelled, Start
from mhatool.engine.constants import RFC6275 as RFC6275_CONSTANTS
from mhatool.engine.constants import constants_of
from mhatool.engine.mobile_node import MobileNode, MobileNodeConfiguration
from mhatool.engine.node import Node
from mhatool.exchange import Update, update_of
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.neighbourhood import interface_identifier, link_local
from mhatool.replay.driver import Input, Reception, Reply, Told
from mhatool.replay.part import AbsentError, ReplayError
from mhatool.replay.questions import Questions
from mhatool.replay.refreshes import Refreshes
from mhatool.replay.traffic import NO_LINK, Carried, Traffic

INTERFACE: Final = "eth0"
_TESTS: Final = frozenset({"home_test_init", "care_of_test_init"})
_AGAIN_NS: Final = nanoseconds(2 * RFC6275_CONSTANTS.router_solicitation_interval_s)
"""A solicitation that comes so soon after another one is that one again (RFC 4861, 10)."""
_TO_NOBODY: Final = frozenset({"echo"})


class MobileNodePart:
    """A mobile node by its home address, from a capture of its own interface.

    How many agents, which lifetime and flags, and whether it optimises routes is taken from its Binding Updates. It
    hears advertisements by the capture's clock, and of another link where the captured one asked for routers; answers
    come when it asks (`questions.py`).
    """

    def __init__(self, address: bytes, profile: Profile) -> None:
        self._home_address = address
        self._profile = profile
        self.addresses = {address}
        self._link_address = NO_LINK
        self._updates: list[Update] = []
        self._places: set[int] = set()
        self._solicitations: list[Carried] = []
        self._questions: Questions | None = None
        self._refreshes = Refreshes(profile, self._updates)
        self._asking: dict[int, bytes] = {}
        """The frames of Binding Refresh Requests, and who sent each."""

    def learn(self, seen: Carried) -> None:
        """Its Binding Updates tell its care-of addresses and its link-layer address."""
        self._places.add(seen.interface)
        if seen.inner.carries == "router_solicitation":
            self._solicitations.append(seen)
        update = update_of(seen.time_ns, seen.frame, seen.inner)
        if update is None or update.home_address != self._home_address:
            return
        self._updates.append(update)
        self.addresses.add(update.source)
        if self._link_address == NO_LINK and seen.link_source != NO_LINK:
            self._link_address = seen.link_source
            self.addresses.add(link_local(interface_identifier(seen.link_source)))

    def sent(self, seen: Carried) -> bool:
        """What leaves from its interface, or from an address of its own."""
        by_link = seen.is_told and self._link_address != NO_LINK
        return seen.link_source == self._link_address if by_link else seen.outer.source in self.addresses

    def received(self, seen: Carried) -> bool:
        """What is sent to it, or to a group: the capture is of its own interface."""
        to_it = seen.outer.destination in self.addresses
        if self._is_data(seen):  # a reason to optimise a route
            return to_it
        return (
            seen.message is not None
            and seen.message.type not in _TO_NOBODY
            and (to_it or is_multicast(seen.inner.destination))
        )

    # --- the node ---

    def node(self, traffic: Traffic) -> Node:
        """A mobile node with this home address that wants what the captured one asked for."""
        at_home = [update for update in self._updates if update.is_home_registration and not update.deletes]
        if not at_home:
            raise AbsentError("no Binding Update to a home agent with this home address")
        if self._link_address == NO_LINK:
            raise ReplayError("no Binding Update to a home agent from its own interface")
        if len(self._places) > 1:
            raise ReplayError("several interfaces were captured, and which of them it heard nobody knows")
        self._questions = Questions(traffic.received, traffic.sent, INTERFACE, self._profile)
        others = [update for update in self._updates if not update.is_home_registration]
        searched = any(seen.inner.carries == "dhaad_request" for seen in traffic.sent)
        agents = tuple(dict.fromkeys(update.peer for update in at_home))
        configuration = MobileNodeConfiguration(
            name="replayed",
            home_address=self._home_address,
            interface=INTERFACE,
            profile=self._profile,
            constants=constants_of(self._profile.name),
            home_agents=max((len(_listed(seen)) for seen in traffic.sent), default=0) or 1,
            static_home_agents=() if searched else agents,
            lifetime_s=at_home[0].lifetime_s,
            link_local="L" in at_home[0].flags,
            first_sequence_numbers=tuple(_first_numbers(self._updates).items()),
            optimise_routes=bool(others) or any(seen.inner.carries in _TESTS for seen in traffic.sent),
            acknowledge_correspondents=any("A" in update.flags for update in others),
        )
        return MobileNode(configuration, random.Random(0))

    def inputs(self, traffic: Traffic) -> Iterator[Input]:
        """Its start, then all that nobody asked for."""
        yield Told(traffic.first_ns, Start(((INTERFACE, self._link_address),)))
        yield from self._link_changes()
        for seen in traffic.received:
            if self._is_data(seen):
                yield Told(seen.time_ns, PacketTunnelled(self._home_address, seen.inner.true_source))
                continue
            if seen.inner.carries == "binding_refresh_request":
                self._asking[seen.frame.number] = seen.inner.true_source
            if self._questions is None or seen.frame not in self._questions.answers:
                yield Reception(seen.time_ns, seen.octets, INTERFACE, seen.link_source, seen.frame.number)

    def _link_changes(self) -> Iterator[Told]:
        """Who asks for routers has been told that its link is another one; asking again says nothing new."""
        last_ns = None
        for seen in self._solicitations:
            if seen.link_source != self._link_address:
                continue
            if last_ns is None or seen.time_ns - last_ns > _AGAIN_NS:
                yield Told(seen.time_ns, LinkChanged(INTERFACE))
            last_ns = seen.time_ns

    @staticmethod
    def _is_data(seen: Carried) -> bool:
        """Traffic: by the tunnel, or by an optimised route, which ours need not have yet."""
        on_its_way = seen.outer is not seen.inner or seen.inner.routed_home_address is not None
        return on_its_way and not seen.inner.is_signalling

    def before(self, given: Input) -> Input | None:
        """As it was captured; a Binding Refresh Request only where ours has given reason for one."""
        if not isinstance(given, Reception) or given.frame not in self._asking:
            return given
        return given if self._refreshes.is_due(self._asking[given.frame], given.time_ns) else None

    def answers(self, reply: Reply) -> Iterable[Reception]:
        """What the captured node was answered."""
        self._refreshes.note(reply)
        return self._questions.answer(reply) if self._questions is not None else ()


def _first_numbers(updates: Iterable[Update]) -> dict[bytes, int]:
    """By peer."""
    found: dict[bytes, int] = {}
    for update in updates:
        found.setdefault(update.peer, update.sequence_number)
    return found


def _listed(seen: Carried) -> tuple[bytes, ...]:
    """The home agents that a Binding Update lists."""
    options = seen.message.options if seen.message is not None and seen.inner.carries == "binding_update" else ()
    found = next((option for option in options if option.type == "multiple_home_agents"), None)
    return tuple(found.get("home_agents") or ()) if found is not None else ()


__all__ = ["MobileNodePart"]
