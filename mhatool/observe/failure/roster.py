"""Which home agents a mobile node named, to which of them, and who took it (the paper, III-B and III-C)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest, Update, acknowledgement_of, update_of
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.observe.moment import Moment

MOST_AGENTS: Final = 64
"""Of one mobile node; an update names 15 at most."""
_LIST: Final = MultipleHomeAgents.__declaration__.symbol


def listed_in(message: View) -> tuple[bytes, ...]:
    """The home agents in a Binding Update's Multiple Home Agents option, in order; none without one."""
    update = message.value
    if update is not None:
        lists = (option.home_agents for option in update.options if option.__class__ is MultipleHomeAgents)
        return next(lists, ())
    shown = message.option(_LIST)
    return tuple(shown.get("home_agents") or ()) if shown is not None else ()


class NamedList(Struct):
    """What a mobile node last told one of its home agents: a list, in order.

    An update without M names its receiver alone (`is_single`), a deletion nobody. `accepted` is where the first
    acceptance was seen; `status` and `answered` are the latest answer's, None without one.
    """

    moment: Moment
    home_agent: bytes
    home_agents: tuple[bytes, ...]
    care_of_address: bytes
    sequence_number: int
    is_single: bool
    accepted: Moment | None = None
    status: int | None = None
    answered: Moment | None = None


class Roster(Struct):
    """One mobile node's home agents.

    `by_agent`: what each was last told; `current`: the newest list that names anybody; `named`: when each agent was
    named last, by anybody's list. `is_cut`: an update was seen of which the capture had cut off the list.
    """

    home_address: bytes
    by_agent: Latest[bytes, NamedList] = field(default_factory=lambda: Latest(MOST_AGENTS))
    named: Latest[bytes, Moment] = field(default_factory=lambda: Latest(MOST_AGENTS))
    current: NamedList | None = None
    is_cut: bool = False

    def told(self, home_agent: bytes) -> NamedList | None:
        """What this agent was told last."""
        return self.by_agent.get(home_agent)

    def note(self, named: NamedList) -> None:
        """The mobile node sent a list."""
        self.by_agent.note(named.home_agent, named)
        if named.home_agents:
            self.current = named
        for agent in named.home_agents:
            self.named.note(agent, named.moment)


class Rosters:
    """The lists of at most `most` mobile nodes, by home address: the latest ones."""

    def __init__(self, most: int) -> None:
        self._by_home: Latest[bytes, Roster] = Latest(most)
        self._home_of: Latest[bytes, bytes] = Latest(most)
        self._agents: Latest[bytes, None] = Latest(most)

    def __iter__(self) -> Iterator[Roster]:
        return iter(self._by_home.values())

    def get(self, home_address: bytes) -> Roster | None:
        """The home agents of a mobile node; None where it never named several."""
        return self._by_home.get(home_address)

    def home_of(self, care_of_address: bytes) -> bytes | None:
        """Which of these mobile nodes was at this care-of address last."""
        return self._home_of.get(care_of_address)

    def is_agent(self, address: bytes) -> bool:
        """Whether some mobile node named it as its home agent."""
        return address in self._agents

    def update(self, moment: Moment, datagram: Datagram, message: View) -> tuple[Roster, NamedList] | None:
        """A Binding Update; None where it has nothing to do with several home agents."""
        update = update_of(moment.time_ns, moment.frame, datagram)
        if update is None or not update.trusted or not update.is_home_registration:
            return None
        roster = self._by_home.get(update.home_address)
        agents = listed_in(message) if "M" in update.flags else ()
        told = roster.told(update.peer) if roster is not None else None
        if not agents and (told is None or told.is_single):
            return None
        if update.truncated:
            if roster is not None:
                roster.is_cut = True
            return None
        if roster is None:
            roster = Roster(update.home_address)
        named = _named(moment, update, agents)
        roster.note(named)
        self._remember(roster, named)
        return roster, named

    def _remember(self, roster: Roster, named: NamedList) -> None:
        self._by_home.note(roster.home_address, roster)
        for agent in named.home_agents:
            self._agents.note(agent, None)
        if named.home_agents:
            self._home_of.note(named.care_of_address, roster.home_address)

    def acknowledge(self, moment: Moment, datagram: Datagram) -> tuple[Roster, NamedList] | None:
        """A Binding Acknowledgement; None where it answers none of these lists."""
        answer = acknowledgement_of(moment.time_ns, moment.frame, datagram)
        if answer is None or not answer.trusted:
            return None
        roster = self._by_home.get(answer.home_address)
        named = roster.told(answer.peer) if roster is not None else None
        if roster is None or named is None:
            return None
        fits = answer.sequence_number == named.sequence_number
        if not fits and answer.status != SEQUENCE_NUMBER_OUT_OF_WINDOW:
            return None
        named.status, named.answered = answer.status, moment
        if answer.accepts and named.accepted is None:
            named.accepted = moment
        return roster, named


def _named(moment: Moment, update: Update, agents: tuple[bytes, ...]) -> NamedList:
    is_single = not agents
    if update.deletes:
        agents = ()
    elif is_single:
        agents = (update.peer,)
    return NamedList(
        moment,
        update.peer,
        agents,
        update.care_of_address,
        update.sequence_number,
        is_single,
    )
