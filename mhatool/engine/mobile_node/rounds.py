"""With which agents the node registers, all at once: choice, moves, refusals, return (the paper, III)."""

from __future__ import annotations

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.icmpv6.options import TargetLinkLayerAddress
from dissectors.spec import Flags
from mhatool.engine.mobile_node.agents import KnownAgents
from mhatool.engine.mobile_node.binding_states import Input, State
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.discovery import Discovery
from mhatool.engine.mobile_node.home_registrations import HomeRegistrations
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.mobile_node_events import RoundStarted
from mhatool.engine.nd_events import Announced
from mhatool.protocol.neighbourhood import ALL_NODES, link_local


def defended(entry: Entry) -> tuple[bytes, ...]:
    """What an agent answers for where it holds the binding (RFC 6275, 10.4.1)."""
    home_address = entry.home_address
    return (home_address, link_local(home_address[8:])) if "L" in entry.flags else (home_address,)


class Rounds:
    """The agents of one home address. A round is the list of those that the node is registered with, or tries to be."""

    def __init__(
        self,
        context: Context,
        update_list: UpdateList,
        registrations: HomeRegistrations,
        known: KnownAgents,
        tunnel: ReverseTunnel,
    ) -> None:
        self._context = context
        self._list = update_list
        self._registrations = registrations
        self._known = known
        self._tunnel = tunnel
        self._discovery = Discovery(context, self._found)
        self.discovery = self._discovery
        self._candidates: tuple[bytes, ...] = ()
        self._refusers: list[bytes] = []
        self._care_of_address: bytes | None = None
        context.ring_for(Alarm.SEARCH_AGAIN, lambda _: self._search("asked again"))

    @property
    def agents(self) -> tuple[bytes, ...]:
        """This round's, the most preferred first."""
        return self._registrations.round

    def is_defended(self, address: bytes) -> bool:
        """Whether an agent may be answering for an address: the home address, or with L its link-local namesake."""
        now, expires = self._context.now, self._context.behaviour.expires
        return any(
            address in defended(entry)
            for entry in self._list.home_registrations()
            if now < entry.may_hold_until_ns or not expires
        )

    # --- where the node is ---

    def moved_to(self, care_of_address: bytes) -> None:
        """Another care-of address: every agent of the round hears of it in this instant, or agents are looked for."""
        self._care_of_address = care_of_address
        for entry in self._list.home_registrations():
            entry.care_of_address = care_of_address
        if self.agents:
            self._move()
        else:
            self._search("moved away from home")
        self.lead()

    def _move(self) -> None:
        entries = [entry for agent in self.agents if (entry := self._list.find(agent)) is not None]
        if self._context.behaviour.learns_from_advertisements:
            entries = [entry for entry in self._list if entry in entries]  # KAME walks its list
        for entry in entries:
            self._list.feed(entry, Input.MOVEMENT)

    def moved_home(self) -> None:
        """Every agent forgets the binding; the entries go as they say so (RFC 6275, 11.5.5; PROTOCOL, Move 3)."""
        self._care_of_address = None
        self._context.cancel(Alarm.SEARCH_AGAIN)
        self._discovery.stop()
        self._end_round()
        self.lead()
        for entry in self._list.home_registrations():
            entry.care_of_address = entry.home_address
            self._list.feed(entry, Input.RETURNING_HOME)

    def stranded(self) -> None:
        """No care-of address is left: who is looking for agents stops; registrations have nothing to ask for."""
        self._care_of_address = None
        self._context.cancel(Alarm.SEARCH_AGAIN)
        self._discovery.stop()
        self.lead()

    def may_stay_longer(self) -> None:
        """What bounds registrations lasts longer (RFC 6275, 11.7.1)."""
        self._registrations.go_on()

    def leave(self) -> None:
        """The node stops: deregister from wherever it is."""
        self._discovery.stop()
        self._context.cancel(Alarm.SEARCH_AGAIN)
        self._end_round()
        for entry in self._list.home_registrations():
            self._list.feed(entry, Input.LEAVING)
        self.lead()

    def _end_round(self) -> None:
        self._registrations.round = ()
        self._registrations.silent.clear()
        self._refusers.clear()
        self._candidates = ()

    # --- choosing ---

    def _search(self, cause: str) -> None:
        """Take the agents that were given or heard of, or ask the home link."""
        care_of_address = self._care_of_address
        if care_of_address is None:
            return
        self._context.cancel(Alarm.SEARCH_AGAIN)
        self._refusers.clear()
        static = self._context.configuration.static_home_agents
        heard = self._known.in_order() if self._context.behaviour.learns_from_advertisements else ()
        if static or heard:
            self._offer(static or heard, cause)
        else:
            self._discovery.start(care_of_address)

    def _found(self, agents: tuple[bytes, ...]) -> None:
        """Discovery ended; where nobody answered, those heard on the home link may do."""
        self._offer(agents or self._known.in_order(), "discovery")

    def _offer(self, agents: tuple[bytes, ...], cause: str) -> None:
        self._candidates = tuple(dict.fromkeys(agents))
        self._choose((), cause)

    def _choose(self, kept: tuple[bytes, ...], cause: str) -> None:
        """Those that are kept, and as many others as are wanted; nobody left: ask again after a while."""
        unwanted = (*self._refusers, *self._registrations.silent, *kept)
        others = [agent for agent in self._candidates if agent not in unwanted]
        chosen = (*kept, *others[: self._context.configuration.home_agents - len(kept)])
        if chosen:
            self._start(chosen, cause)
            return
        self._registrations.round = ()
        self.lead()
        self._context.set_alarm(Alarm.SEARCH_AGAIN, self._context.configuration.search_again_s)

    def _start(self, agents: tuple[bytes, ...], cause: str) -> None:
        """A round: the same list to each, in this instant."""
        self._registrations.round = agents
        alone = self._context.behaviour.tries_others and self._context.configuration.home_agents == 1
        self._registrations.has_others = alone and len(self._candidates) > 1
        self._context.tell(RoundStarted, home_address=self._context.home_address, home_agents=agents, cause=cause)
        for index, agent in enumerate(agents):
            self._register(agent, index)
        self.lead()

    def _register(self, agent: bytes, index: int) -> None:
        entry = self._list.find(agent)
        if entry is None:
            entry = self._registrations.create(agent, index)
            given = Input.MOVEMENT
        else:
            given = Input.MOVEMENT if entry.state is State.WAITD else Input.LIST_CHANGED
        entry.care_of_address = self._care_of_address or entry.care_of_address
        self._list.feed(entry, given)

    # --- what came of it ---

    def refused(self, agent: bytes) -> None:
        """An agent refused, and its entry is gone: a round without it."""
        if agent in self.agents:
            self._refusers.append(agent)
            self._without(agent, "an agent refused")

    def silent(self, agent: bytes) -> None:
        """The one agent that was tried said nothing: the next one; after the last, the first again, more slowly."""
        if len(self._registrations.silent) >= len(self._candidates) - len(self._refusers):
            self._registrations.silent.clear()
            self._registrations.cycles += 1
        self._without(agent, "an agent doesn't answer")

    def _without(self, agent: bytes, cause: str) -> None:
        self._choose(tuple(other for other in self.agents if other != agent), cause)

    def answered(self) -> None:
        """An agent accepted."""
        self._registrations.cycles = 0
        self._registrations.silent.clear()
        self.lead()

    def announce(self, address: bytes, source: bytes) -> None:
        """Tell the home link that the address is here: Override, to all nodes (RFC 6275, 11.5.5)."""
        context = self._context
        options = (TargetLinkLayerAddress(link_layer_address=context.link_address),)
        context.send_on_link(
            NeighborAdvertisement(flags=Flags("O"), target=address, options=options), source, ALL_NODES
        )
        context.tell(Announced, interface=context.interface, address=address)

    # --- the tunnel ---

    def lead(self) -> None:
        """Let the tunnel follow from who is registered and where the node is."""
        care_of_address = self._care_of_address
        if care_of_address is None:
            self._tunnel.lead(bytes(16), (), ())
            return
        entries: list[Entry] = [entry for agent in self.agents if (entry := self._list.find(agent)) is not None]
        live = [entry.peer for entry in entries if entry.is_bound(self._context.now)]
        self._tunnel.lead(care_of_address, live, [entry.peer for entry in entries])


__all__ = ["Rounds", "defended"]
