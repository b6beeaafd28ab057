"""With which agents the node registers, all at once: choice, moves, refusals, failures, return (the paper, II, III)."""

from __future__ import annotations

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.icmpv6.options import TargetLinkLayerAddress
from dissectors.spec import Flags
from mhatool.engine.mobile_node.agent_checks import AgentChecks
from mhatool.engine.mobile_node.agents import KnownAgents
from mhatool.engine.mobile_node.binding_states import Input, State
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.discovery import Discovery
from mhatool.engine.mobile_node.holders import Holders
from mhatool.engine.mobile_node.home_registrations import HomeRegistrations
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.mobile_node_events import RoundStarted
from mhatool.engine.nd_events import Announced
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.protocol.neighbourhood import ALL_NODES

_REGISTERING = frozenset({State.WAITA, State.WAITAR, State.BOUND})


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
        self._choice = registrations.choice
        self.checks = AgentChecks(context, update_list, registrations, self)
        self._choice.doubts = self.checks.doubts
        registrations.on_silence = self._in_vain
        self.holders = Holders(context, self.lead)
        self._care_of_address: bytes | None = None
        self._is_settling = False
        context.ring_for(Alarm.SEARCH_AGAIN, lambda _: self._search_again())

    @property
    def agents(self) -> tuple[bytes, ...]:
        """This round's, the most preferred first."""
        return self._choice.round

    def is_defended(self, address: bytes) -> bool:
        """Whether an agent may be answering for an address: the home address, or with L its link-local namesake."""
        now, expires = self._context.now, self._context.behaviour.expires
        return any(
            address in entry.defended
            for entry in (*self._list.home_registrations(), *self.holders.entries())
            if now < entry.may_hold_until_ns or not expires
        )

    def lost(self, agent: bytes) -> Entry | None:
        """The entry of an agent that was given up, and may hold a binding."""
        return self._choice.lost.find(agent)

    # --- where the node is ---

    def moved_to(self, care_of_address: bytes) -> None:
        """Another care-of address: every agent of the round hears of it in this instant, or agents are looked for."""
        self._care_of_address = care_of_address
        for entry in self._list.home_registrations():
            entry.care_of_address = care_of_address
        if self.agents:
            self._move()
            self.checks.moved()
            if self._discovery.is_asking:
                self._discovery.start(care_of_address)
            self._look_for_more()
        else:
            self._search("moved away from home")
        self.lead()

    def _move(self) -> None:
        entries = self._entries()
        if self._context.behaviour.learns_from_advertisements:
            entries = [entry for entry in self._list if entry in entries]  # KAME walks its list
        for entry in entries:
            self._list.feed(entry, Input.MOVEMENT)

    def moved_home(self) -> None:
        """Every agent forgets the binding, one that was given up too; the entries go as they say so (11.5.5)."""
        self._care_of_address = None
        self._end_round()
        self.lead()
        for agent in self.holders.agents:
            if self._list.find(agent) is None:
                self._recall(agent)
        for entry in self._list.home_registrations():
            entry.care_of_address = entry.home_address
            self._list.feed(entry, Input.RETURNING_HOME)

    def begin_again(self, since_ns: int) -> None:
        """The link is there again, with the address that the node had: what didn't leave meanwhile leaves now."""
        self._registrations.begin_again(since_ns)

    def look_again(self, since_ns: int) -> None:
        """The same; who was looking for agents begins anew."""
        care_of_address = self._care_of_address
        if care_of_address is not None and self._discovery.is_asking:
            if self._discovery.asked_ns >= since_ns:
                self._discovery.start(care_of_address)
        elif not self.agents and self._context.now - since_ns >= NS_PER_S:  # else it may have come and gone
            self._search("back on the link")

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
        self._end_round()
        self._choice.lost.clear()
        for entry in self._list.home_registrations():
            self._list.feed(entry, Input.LEAVING)
        self.lead()

    def _end_round(self) -> None:
        self._context.cancel(Alarm.SEARCH_AGAIN)
        self._discovery.stop()
        self.checks.end()
        self._choice.end()

    # --- choosing ---

    def _search(self, cause: str) -> None:
        """Take the agents that were given or heard of, or ask the home link: also where one of these was given up."""
        care_of_address = self._care_of_address
        if care_of_address is None:
            return
        self._context.cancel(Alarm.SEARCH_AGAIN)
        self._choice.refusers.clear()
        self._begin_cycle()
        static = self._context.configuration.static_home_agents
        heard = self._known.in_order() if self._context.behaviour.learns_from_advertisements else ()
        if (static and not self._choice.lost) or heard:
            self._offer(static or heard, cause)
        elif not self._discovery.asks_from(care_of_address):  # else its waits go on (RFC 6275, 11.8)
            self._discovery.start(care_of_address)

    def _found(self, replier: bytes | None, agents: tuple[bytes, ...]) -> None:
        """Discovery ended; where nobody answered, those heard on the home link may do. Who replied lives."""
        if replier is not None:
            self._choice.lost.hear(replier)
        for agent in agents:
            self._choice.lost.see_listed(agent)
        self._registrations.urge(agents)
        self._offer(self._context.configuration.static_home_agents or agents or self._known.in_order(), "discovery")

    def _offer(self, agents: tuple[bytes, ...], cause: str) -> None:
        self._choice.candidates = tuple(dict.fromkeys(agents))
        if self.agents:
            self._try_others()
        else:
            self._choose((), cause)
        for agent in self._choice.lost.seen():
            self._bid_farewell(agent)

    def _choose(self, kept: tuple[bytes, ...], cause: str) -> None:
        """Those that are kept, and as many others as are wanted; nobody left: ask again after a while."""
        self._choice.round = kept
        chosen = (*kept, *self._choice.others()[: max(self._choice.wanted - len(kept), 0)])
        if chosen:
            self._start(chosen, cause)
            return
        self.lead()
        self._context.set_alarm(Alarm.SEARCH_AGAIN, self._context.configuration.search_again_s)

    def _start(self, agents: tuple[bytes, ...], cause: str) -> None:
        """A round: the same list to each, in this instant."""
        self._choice.round = agents
        self._context.tell(RoundStarted, home_address=self._context.home_address, home_agents=agents, cause=cause)
        for index, agent in enumerate(agents):
            self._register(agent, index)
        self.lead()
        self._look_for_more()

    def _try_others(self) -> None:
        """As many as are wanted register beside the round, which changes when they have."""
        chosen = self._choice.others()[: max(self._choice.room, 0)]
        self._choice.trials += chosen
        for agent in chosen:
            self._register(agent, self._choice.list_for(agent).index(agent))
        self.lead()
        self._look_for_more()

    def _look_for_more(self) -> None:
        """Fewer agents than are wanted: the home link is asked again after a while."""
        if self._choice.is_short and not self._is_looking and not self._context.behaviour.learns_from_advertisements:
            self._context.set_alarm(Alarm.SEARCH_AGAIN, self._context.configuration.search_again_s)

    @property
    def _is_looking(self) -> bool:
        """Whether the home link is being asked, or will be."""
        return self._discovery.is_asking or self._context.timers.deadline((Alarm.SEARCH_AGAIN, b"")) is not None

    def _search_again(self) -> None:
        """Agents may have come meanwhile, in the one way or the other."""
        if self._choice.is_short:
            self._search("asked again")

    def _register(self, agent: bytes, index: int) -> None:
        entry = self._list.find(agent)
        if entry is None:
            entry = self._recall(agent, index)
            given = Input.MOVEMENT
        elif self.checks.doubts(agent) or self._has_list(entry):
            return  # what it is asked next carries the list, or what it was sent last did
        else:
            given = Input.MOVEMENT if entry.state is State.WAITD else Input.LIST_CHANGED
        entry.care_of_address = self._care_of_address or entry.care_of_address
        self._list.feed(entry, given)

    def _has_list(self, entry: Entry) -> bool:
        """Whether the last Binding Update, answered or not, was just this registration: its waits go on (11.8)."""
        listed = self._choice.list_for(entry.peer)
        is_same = entry.home_agents == (listed if len(listed) > 1 else ())
        return is_same and entry.care_of_address == self._care_of_address and entry.state in _REGISTERING

    def _recall(self, agent: bytes, index: int = 0) -> Entry:
        """An entry for an agent, which goes on where one that was given up ended."""
        entry = self._registrations.create(agent, index)
        self._choice.lost.take_back(agent)
        self.holders.restore(entry)
        return entry

    def _bid_farewell(self, agent: bytes) -> None:
        """An agent that was given up lives, and others have its place: it may forget the binding."""
        entry = self._recall(agent)
        entry.care_of_address = self._care_of_address or entry.care_of_address
        self._list.feed(entry, Input.LEAVING)

    # --- what came of it ---

    def refused(self, agent: bytes) -> None:
        """An agent refused, and its entry is gone: a round without it."""
        if agent in self._choice.all:
            self._choice.refusers.append(agent)
            self._without((agent,), "an agent refused")

    def silent(self, agent: bytes) -> None:
        """The one agent that was tried said nothing: the next one; after the last, the first again, more slowly."""
        choice = self._choice
        choice.silent.append(agent)
        if not choice.refusers and not choice.others():
            self._begin_cycle()
        self._without((agent,), "an agent doesn't answer")

    def _begin_cycle(self) -> None:
        """Those that said nothing may be tried again, with twice the time; where others refused, after a search."""
        if self._choice.silent:
            self._choice.silent.clear()
            self._registrations.cycles += 1

    def _without(self, agents: tuple[bytes, ...], cause: str) -> None:
        """A round without some; those tried beside it take their place, whether they have answered or not."""
        choice = self._choice
        choice.trials = tuple(agent for agent in choice.trials if agent not in agents)
        kept = tuple(agent for agent in self.agents if agent not in agents)
        if kept == self.agents:
            self._try_others()
            return
        room = max(choice.wanted - len(kept), 0)
        taken, choice.trials = choice.trials[:room], choice.trials[room:]
        self._choose((*kept, *taken), cause)

    def answered(self, by: bytes) -> None:
        """An agent accepted."""
        self._registrations.cycles = 0
        self._choice.silent.clear()
        self.lead()
        self._settle()
        self._registrations.urge(tuple(agent for agent in self._choice.all if agent != by))
        if not self._choice.is_short:
            self._context.cancel(Alarm.SEARCH_AGAIN)
        for agent in self._choice.outdated():
            self._register(agent, self.agents.index(agent))

    # --- agents that fail ---

    def suspect(self, agents: tuple[bytes, ...], sender: bytes, identifier: int) -> None:
        """These agents are said to be unreachable: they are asked, others are tried and looked for (the paper, II)."""
        for agent in agents:
            self.checks.suspect(agent, sender, identifier)
        self._try_others()
        self._search("an agent is said to be unreachable")

    def unanswered(self) -> None:
        """Checks ended without an answer."""
        self._settle()

    def unreachable(self, entry: Entry) -> None:
        """An agent was given up, and its entry is gone."""
        self._choice.give_up(entry)
        if not self._is_settling:
            self._do_without((entry.peer,))

    def _do_without(self, agents: tuple[bytes, ...]) -> None:
        """A round without those that were given up; others are looked for."""
        was_looking = self._is_looking
        self._without(agents, "an agent is unreachable")
        if not was_looking and not self._discovery.is_asking and self._choice.room > 0:
            self._search("an agent is unreachable")

    def _in_vain(self, agent: bytes) -> None:
        """No registration is answered, and nobody stands in: others are tried beside it, and looked for (11.4.1)."""
        if self.checks.doubts(agent) or not self._context.behaviour.tries_others:
            return
        self.checks.in_vain(agent)
        if not self._is_looking:
            self._search("an agent doesn't answer")
        self._try_others()

    def heard_again(self, agent: bytes) -> None:
        """An agent that was given up answers after all."""
        self._choice.lost.hear(agent)
        self._offer((agent, *self._choice.candidates), "an agent answers again")

    def _settle(self) -> None:
        """Who gave no answer goes once others hold a binding; who was tried beside the round comes in, or goes too.

        Who wasn't checked, and has nobody in its place, may have been beyond reach as the others were: it is urged.
        """
        choice = self._choice
        silent = self.checks.silent(unasked=any(choice.is_bound(agent) for agent in choice.trials))
        self._give_up(tuple(agent for agent in silent if choice.can_spare(agent)))
        if choice.room < 0:
            self._let_go(choice.trials[choice.room :])
        ready = tuple(agent for agent in choice.trials if choice.is_bound(agent))
        if ready and not self.checks.are_running:
            choice.trials = tuple(agent for agent in choice.trials if agent not in ready)
            self._start((*self.agents, *ready), "another agent accepted")

    def _give_up(self, agents: tuple[bytes, ...]) -> None:
        """These gave no answer: one round without all of them."""
        if not agents:
            return
        self._is_settling = True
        for agent in agents:
            entry = self._list.find(agent)
            if entry is not None:
                self._list.feed(entry, Input.UNREACHABLE)
        self._is_settling = False
        self._do_without(agents)

    def _let_go(self, agents: tuple[bytes, ...]) -> None:
        """Those that were tried for nothing: who is in the round lives."""
        self._choice.trials = tuple(agent for agent in self._choice.trials if agent not in agents)
        for agent in agents:
            entry = self._list.find(agent)
            if entry is not None:
                self._list.feed(entry, Input.LEAVING)
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
        """Let the tunnel follow from who is registered, who is doubted, and where the node is."""
        care_of_address = self._care_of_address
        if care_of_address is None:
            self._tunnel.lead(bytes(16), (), ())
            return
        now, doubts = self._context.now, self.checks.doubts
        entries = sorted(self._entries(), key=lambda entry: (doubts(entry.peer), not entry.is_bound(now)))
        self._tunnel.lead(care_of_address, [entry.peer for entry in entries], self.holders.agents)

    def _entries(self) -> list[Entry]:
        """Of the round's agents, then of those beside it."""
        return [entry for agent in self._choice.all if (entry := self._list.find(agent)) is not None]


__all__ = ["Rounds"]
