"""What mobile nodes do about alarms, message by message, and what shows only when all is seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.exchange.history import History
from mhatool.observe.failure.carriers import Carriers, Switch
from mhatool.observe.failure.defence import Defences, Turn
from mhatool.observe.failure.recovery import AlarmSeen, Outage, Recovery
from mhatool.observe.failure.roster import MOST_AGENTS, NamedList, Roster, Rosters
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S

MOST: Final = 20_000
MOST_DROPS: Final = 8
NO_RECOVERIES: Final[Latest[bytes, Recovery]] = Latest(0)
CHECKS_NS: Final = 3 * NS_PER_S
"""Checks of one agent are nearer to each other, and to the alarm."""
ACTIVE_NS: Final = 10 * NS_PER_S
"""A flow that was silent for so long before the failure didn't suffer by it."""
WITHIN_NS: Final = 60 * NS_PER_S
"""What a mobile node does later than this after the last alarm isn't about it any more."""


class Recoveries:
    """The latest recoveries, in the order of their first alarms."""

    def __init__(self) -> None:
        self._by_home: Latest[bytes, Latest[bytes, Recovery]] = Latest(MOST)
        self._all: deque[Recovery] = deque(maxlen=MOST)
        self._drops: Latest[tuple[bytes, bytes], History[Moment]] = Latest(MOST)

    def drops(self, home_address: bytes, home_agent: bytes) -> list[Moment]:
        """When the mobile node went on without that agent, the latest of many times."""
        return list(self._drops.get((home_address, home_agent), ()))

    def of(self, home_address: bytes, home_agent: bytes) -> Recovery | None:
        """The latest recovery of a mobile node from the failure of an agent."""
        mine = self._by_home.get(home_address)
        return mine.get(home_agent) if mine is not None else None

    def alarm(self, home_address: bytes, outage: Outage, alarm: AlarmSeen, octets: int) -> None:
        """A mobile node is told."""
        known = self.of(home_address, outage.home_agent)
        if known is None or known.outage is not outage:
            known = Recovery(home_address, outage)
            self._all.append(known)
            mine = self._by_home.get(home_address)
            if mine is None:
                mine = self._by_home.note(home_address, Latest(MOST_AGENTS))
            mine.note(outage.home_agent, known)
        if not known.alarms or known.alarms[-1].moment.frame != alarm.moment.frame:
            known.cost(octets)
        known.alarms.add(alarm)

    def _going_on(self, home_address: bytes, now_ns: int) -> Iterator[Recovery]:
        for recovery in self._by_home.get(home_address, NO_RECOVERIES).values():
            if now_ns - recovery.alarms[-1].moment.time_ns <= WITHIN_NS:
                yield recovery

    # --- what the mobile node does ---

    def update(self, roster: Roster, named: NamedList, octets: int) -> None:
        """A Binding Update: it asks the accused one, or its list goes without that."""
        for recovery in self._going_on(roster.home_address, named.moment.time_ns):
            accused = recovery.outage.home_agent
            if named.home_agent == accused and named.home_agents:
                if _is_check(recovery, named.moment):
                    recovery.checks.add(named.moment)
                    recovery.cost(octets)
            elif named.home_agents and accused not in named.home_agents:
                if recovery.round is None:
                    self._drop(roster, recovery, named)
                if named.home_agent not in recovery.holders:
                    recovery.cost(octets)

    def _drop(self, roster: Roster, recovery: Recovery, named: NamedList) -> None:
        """The first list without the accused one."""
        before = recovery.alarms[0].moment.time_ns
        recovery.round = named
        recovery.added = tuple(agent for agent in named.home_agents if _is_new(roster, agent, before))
        pair = (roster.home_address, recovery.outage.home_agent)
        drops = self._drops.get(pair)
        (drops if drops is not None else self._drops.note(pair, History(MOST_DROPS))).add(named.moment)

    def acknowledge(self, roster: Roster, named: NamedList, moment: Moment, octets: int) -> None:
        """A Binding Acknowledgement: the accused one lives, or another one took the new list."""
        for recovery in self._going_on(roster.home_address, moment.time_ns):
            if named.home_agent == recovery.outage.home_agent:
                if recovery.checks and recovery.check_answer is None and _is_check(recovery, named.moment):
                    recovery.check_answer = moment
                    recovery.cost(octets)
            elif recovery.round is not None and recovery.outage.home_agent not in named.home_agents:
                if named.home_agent not in recovery.holders:
                    recovery.cost(octets)
                if named.accepted is moment:
                    recovery.take(named.home_agent, moment)

    def request(self, home_address: bytes, moment: Moment, octets: int) -> None:
        """A home agent discovery request."""
        for recovery in self._going_on(home_address, moment.time_ns):
            if recovery.reply is None:
                recovery.cost(octets)
                recovery.request = recovery.request or moment

    def reply(self, home_address: bytes, moment: Moment, datagram: Datagram, message: View) -> None:
        """A home agent discovery reply."""
        for recovery in self._going_on(home_address, moment.time_ns):
            if recovery.reply is None:
                recovery.cost(datagram.length)
                recovery.reply, recovery.offered = moment, tuple(message.get("home_agents") or ())
                recovery.offer_truncated = message.truncated

    # --- what shows in the end ---

    def all(self, rosters: Rosters, outages: list[Outage], carriers: Carriers, defences: Defences) -> list[Recovery]:
        """Every recovery with its flows and take-over; those too where nobody was seen to tell the mobile node."""
        found = list(self._all)
        known = {(recovery.home_address, id(recovery.outage)) for recovery in found}
        for outage in outages:
            switches = _by_home(carriers, outage)
            for roster in rosters:
                home = roster.home_address
                if outage.home_agent not in roster.named or (home, id(outage)) in known:
                    continue
                if home in switches or _take_over(roster, outage, defences) is not None:
                    found.append(Recovery(home, outage))
            for recovery in found:
                if recovery.outage is outage:
                    recovery.switches = tuple(switches.get(recovery.home_address, ()))
                    mine = rosters.get(recovery.home_address)
                    recovery.take_over = _take_over(mine, outage, defences) if mine is not None else None
        return found


def _is_check(recovery: Recovery, moment: Moment) -> bool:
    """Whether an update to the accused one asks whether that lives: it follows an alarm, or such a one."""
    since = recovery.checks[-1] if recovery.checks else recovery.alarms[-1].moment
    return moment.time_ns - since.time_ns <= CHECKS_NS


def _is_new(roster: Roster, home_agent: bytes, before_ns: int) -> bool:
    """Whether an agent that is named now wasn't told anything before the alarm."""
    told = roster.told(home_agent)
    return told is None or told.moment.time_ns > before_ns


def _since(outage: Outage) -> int:
    return outage.last_sign.moment.time_ns if outage.last_sign is not None else outage.noticed_ns


def _until(outage: Outage) -> int | None:
    return outage.back.moment.time_ns if outage.back is not None else None


def _by_home(carriers: Carriers, outage: Outage) -> dict[bytes, list[Switch]]:
    """The first switch of each flow that the agent carried when it failed."""
    found: dict[bytes, dict[bytes, Switch]] = {}
    for switch in carriers.switches(outage.home_agent, _since(outage), _until(outage)):
        if _since(outage) - switch.last.time_ns > ACTIVE_NS:
            continue
        found.setdefault(switch.home_address, {}).setdefault(switch.correspondent, switch)
    return {home: list(flows.values()) for home, flows in found.items()}


def _take_over(roster: Roster, outage: Outage, defences: Defences) -> Turn | None:
    """The first turn of another one of the list after the agent's last sign of life."""
    since, until = _since(outage), _until(outage)
    turns = defences.turns(roster.home_address)
    for before, turn in zip([None, *turns], turns, strict=False):
        at = turn.first.time_ns
        if at < since or (until is not None and at > until) or turn.defender not in roster.named:
            continue
        if turn.defender != outage.home_agent and (before is None or before.defender == outage.home_agent):
            return turn
    return None
