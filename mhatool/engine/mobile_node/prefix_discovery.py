"""Mobile prefix discovery: the home link's prefixes, asked of an agent from abroad (RFC 6275, 11.4.2, 11.4.3)."""

from __future__ import annotations

from dissectors.icmpv6.home_agents import MobilePrefixSolicitation
from dissectors.icmpv6.options import PrefixInformation
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.home_prefix import HomePrefix
from mhatool.engine.mobile_node.refusal import Refusal
from mhatool.engine.mobile_node.update_list import UpdateList
from mhatool.engine.mobile_node_events import HomePrefixesLearned


class PrefixDiscovery:
    """At most one solicitation is out at each agent. What an agent says unasked is a reason to ask it (11.4.3).

    Once the home prefix is ageing some agent is asked for as long as that lasts: else nothing could be registered any
    more when its lifetime is over, as far as the node knows.
    """

    def __init__(self, context: Context, update_list: UpdateList, home_prefix: HomePrefix) -> None:
        self._context = context
        self._list = update_list
        self._home_prefix = home_prefix
        self._asked: dict[bytes, tuple[int, int]] = {}
        """Identifier and retransmissions by agent."""
        self._answered: dict[bytes, int] = {}
        """The identifier of the last answer, by agent."""
        context.ring_for(Alarm.PREFIX_SOLICITATION, self._again)
        home_prefix.on_ageing = self._ask_any

    def solicit(self, home_agent: bytes) -> None:
        """Ask an agent that holds a binding, unless it is being asked."""
        if home_agent not in self._asked:
            self._ask(home_agent, self._context.randomness.getrandbits(16), 0)

    def registered(self, home_agent: bytes) -> None:
        """An agent holds a binding, and answers: it is asked where nobody could be, or said anything, before."""
        if self._home_prefix.is_ageing:
            self.solicit(home_agent)

    def _ask_any(self) -> None:
        """The home prefix is about to become invalid, as far as the node knows: ask the first agent that is there."""
        for agent in self._bound()[:1]:
            self.solicit(agent)

    def _bound(self) -> list[bytes]:
        now = self._context.now
        return [entry.peer for entry in self._list.home_registrations() if entry.is_bound(now)]

    def stop(self) -> None:
        """Home again: the link itself tells."""
        for home_agent in self._asked:
            self._context.cancel(Alarm.PREFIX_SOLICITATION, home_agent)
        self._asked.clear()

    def judge(self, arrival: Arrival) -> None:
        """Refusal where an advertisement isn't to be believed (RFC 6275, 11.4.3).

        One that nobody asked for is discarded, and its agent asked; a copy of the last answer says nothing new.
        """
        entry = self._list.find(arrival.source)
        if entry is None or not entry.home_registration:
            raise Refusal(DropReason.NO_ENTRY, "no home agent of ours")
        if arrival.routed_home_address != self._context.home_address:
            raise Refusal(DropReason.NOT_FOR_US, "not routed to the home address")
        identifier, asked = arrival.message.identifier, self._asked.get(arrival.source)
        if asked is not None and identifier == asked[0]:
            return
        if identifier == self._answered.get(arrival.source):
            raise Refusal(DropReason.REPEATED, "that solicitation was answered already")
        self.solicit(arrival.source)
        raise Refusal(DropReason.NOT_ASKED, "no solicitation with this identifier is out")

    def take(self, arrival: Arrival) -> None:
        """The prefixes of a believed one."""
        context = self._context
        self._asked.pop(arrival.source, None)
        self._answered[arrival.source] = arrival.message.identifier
        context.cancel(Alarm.PREFIX_SOLICITATION, arrival.source)
        prefixes = [option for option in arrival.message.options if isinstance(option, PrefixInformation)]
        context.tell(
            HomePrefixesLearned,
            home_agent=arrival.source,
            prefixes=tuple((p.prefix, p.prefix_length, p.valid_lifetime_s, p.preferred_lifetime_s) for p in prefixes),
        )
        for option in prefixes:
            if option.prefix[:8] == context.configuration.home_prefix[:8]:
                self._home_prefix.hear(option.valid_lifetime_s)

    def _again(self, home_agent: bytes) -> None:
        entry = self._list.find(home_agent)
        asked = self._asked.pop(home_agent, None)
        if asked is not None and entry is not None and entry.is_bound(self._context.now):
            self._ask(home_agent, asked[0], asked[1] + 1)
        for other in self._bound() if self._home_prefix.is_ageing else ():
            self.solicit(other)

    def _ask(self, home_agent: bytes, identifier: int, retries: int) -> None:
        context, entry = self._context, self._list.find(home_agent)
        if entry is None or entry.care_of_address == entry.home_address:
            return
        self._asked[home_agent] = identifier, retries
        context.send(
            MobilePrefixSolicitation(identifier=identifier, options=()),
            entry.care_of_address,
            home_agent,
            home_address=entry.home_address,
        )
        constants = context.constants
        wait = min(constants.initial_solicit_timer_s * 2**retries, constants.max_binding_ack_timeout_s)
        context.set_alarm(Alarm.PREFIX_SOLICITATION, wait, home_agent)


__all__ = ["PrefixDiscovery"]
