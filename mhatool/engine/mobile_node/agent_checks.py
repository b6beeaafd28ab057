"""Home agents that are said to be unreachable: the node asks them itself (the paper, II and III-D; PROTOCOL)."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from msgspec import Struct

from mhatool.engine.failure_events import AgentChecked, AgentSuspected
from mhatool.engine.mobile_node.binding_states import Input
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.home_registrations import HomeRegistrations
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.states import Row, Table
from mhatool.protocol.lifetime import nanoseconds


class Doubt(Enum):
    """What the node thinks of an agent that it is registered with."""

    TRUSTED = "TRUSTED"
    CHECKING = "CHECKING"
    """It is said to be unreachable, and is being asked."""
    SILENT = "SILENT"
    """It gave no answer; it goes as soon as another agent holds a binding."""


class Sign(Enum):
    """What speaks against an agent, or for it."""

    NAMED = "NAMED"
    """A Home Agent Unreachable message names it."""
    INTERVAL = "INTERVAL"
    """An answer was waited for long enough."""
    IN_VAIN = "IN_VAIN"
    """It left all registrations unanswered, without being said to be unreachable."""
    ANSWER = "ANSWER"
    """A Binding Acknowledgement that is believed, whatever its status."""
    MOVED = "MOVED"
    """The node has another care-of address: answers to the one before are lost."""
    GONE = "GONE"
    """The node isn't registered with it any more."""


_SAID, _ASKED = "the paper, III-D", "the paper, II; RFC 6275, 11.7.3"
_SILENT, _MOVED, _GONE = "RFC 6275, 11.4.1", "RFC 6275, 11.5.3", "RFC 6275, 11.1"

AGENT_CHECK: Table[Doubt, Sign] = Table(
    "agent_check",
    Doubt.TRUSTED,
    [
        Row(Doubt.TRUSTED, Sign.NAMED, "begin", (Doubt.CHECKING,), _SAID),
        Row(Doubt.TRUSTED, Sign.IN_VAIN, "note", (Doubt.SILENT,), _SILENT),
        Row(Doubt.TRUSTED, Sign.ANSWER, "", (Doubt.TRUSTED,), _ASKED),
        Row(Doubt.TRUSTED, Sign.MOVED, "", (Doubt.TRUSTED,), _MOVED),
        Row(Doubt.TRUSTED, Sign.GONE, "", (Doubt.TRUSTED,), _GONE),
        Row(Doubt.CHECKING, Sign.INTERVAL, "ask_again", (Doubt.CHECKING, Doubt.SILENT), _ASKED),
        Row(Doubt.CHECKING, Sign.IN_VAIN, "", (Doubt.CHECKING,), _ASKED),
        Row(Doubt.CHECKING, Sign.ANSWER, "trust", (Doubt.TRUSTED,), _ASKED),
        Row(Doubt.CHECKING, Sign.MOVED, "begin_again", (Doubt.CHECKING,), _MOVED),
        Row(Doubt.CHECKING, Sign.GONE, "stop", (Doubt.TRUSTED,), _GONE),
        Row(Doubt.SILENT, Sign.NAMED, "begin", (Doubt.CHECKING,), _SAID),
        Row(Doubt.SILENT, Sign.IN_VAIN, "", (Doubt.SILENT,), _SILENT),
        Row(Doubt.SILENT, Sign.ANSWER, "", (Doubt.TRUSTED,), _ASKED),
        Row(Doubt.SILENT, Sign.MOVED, "", (Doubt.SILENT,), _MOVED),
        Row(Doubt.SILENT, Sign.GONE, "", (Doubt.TRUSTED,), _GONE),
    ],
)


class Keeper(Protocol):
    """Who draws the consequences."""

    def unanswered(self) -> None:
        """Checks ended without an answer, all of this instant."""


class Attachment(Protocol):
    """The node's own link."""

    def is_attached(self) -> bool:
        """Whether the node is on a link where it has a care-of address, as far as it knows."""

    def ask_router(self) -> None:
        """Ask the router whether it is there."""

    def has_heard_router(self, since_ns: int) -> bool:
        """Whether it has said anything since; also where there is none to ask."""


class Check(Struct):
    """An agent's latest check: when it began, how many Binding Updates of it have left, and when the last one did."""

    begun_ns: int
    state: Doubt = Doubt.TRUSTED
    asked: int = 0
    last_ns: int = 0


class AgentChecks:
    """At most one check of an agent at a time, and their beginnings AGENT_CHECK_PAUSE apart.

    A check is so many Binding Updates, each an interval after the one before. It doesn't count time in which the node
    has no link: what is unreachable then is the node. It may not know that yet, so with the last one the router is
    asked too, and where that one is as silent, the agent is asked on.
    """

    attachment: Attachment
    """Set once there is one."""

    def __init__(
        self, context: Context, update_list: UpdateList, registrations: HomeRegistrations, keeper: Keeper
    ) -> None:
        self._context = context
        self._list = update_list
        self._registrations = registrations
        self._keeper = keeper
        self._checks: dict[bytes, Check] = {}
        context.ring_for(Alarm.AGENT_CHECK, self._interval)

    # --- what is known ---

    def doubts(self, agent: bytes) -> bool:
        """Whether it is said to be unreachable, and hasn't answered since."""
        check = self._checks.get(agent)
        return check is not None and check.state is not Doubt.TRUSTED

    def is_paced(self, agent: bytes) -> bool:
        """Whether a check of it runs, or began too short a time ago."""
        check = self._checks.get(agent)
        if check is None:
            return False
        pause = nanoseconds(self._context.constants.agent_check_pause_s)
        return check.state is Doubt.CHECKING or self._context.now < check.begun_ns + pause

    @property
    def are_running(self) -> bool:
        """Whether any agent is being asked."""
        return any(check.state is Doubt.CHECKING for check in self._checks.values())

    def silent(self, *, unasked: bool) -> tuple[bytes, ...]:
        """Those that gave no answer, and stay while there is nobody better; `unasked`: without a check, too."""
        silent = ((agent, check) for agent, check in self._checks.items() if check.state is Doubt.SILENT)
        return tuple(agent for agent, check in silent if unasked or check.asked)

    # --- what happens ---

    def suspect(self, agent: bytes, sender: bytes, identifier: int) -> None:
        """`sender` says that an agent of the round is unreachable; whether it is paced was asked before."""
        self._forget_old()
        context = self._context
        context.tell(AgentSuspected, home_agent=agent, sender=sender, identifier=identifier)
        self._feed(agent, Sign.NAMED)

    def heard(self, agent: bytes) -> None:
        """A Binding Acknowledgement of it is believed."""
        self._feed(agent, Sign.ANSWER)

    def in_vain(self, agent: bytes) -> None:
        """An agent of the round, or beside it, leaves registrations unanswered."""
        self._checks.setdefault(agent, Check(self._context.now))
        self._feed(agent, Sign.IN_VAIN)

    def moved(self) -> None:
        """Every agent of the round has just been sent another care-of address."""
        for agent in list(self._checks):
            self._feed(agent, Sign.MOVED)

    def left(self, agent: bytes) -> None:
        """Its entry has gone, or deletes."""
        self._feed(agent, Sign.GONE)

    def end(self) -> None:
        """There is no round any more."""
        for agent in list(self._checks):
            self._feed(agent, Sign.GONE)

    def _interval(self, agent: bytes) -> None:
        self._feed(agent, Sign.INTERVAL)
        if self._checks[agent].state is Doubt.SILENT and not self._is_another_due():
            self._keeper.unanswered()

    def _is_another_due(self) -> bool:
        """Whether another check ends in this instant: what follows from both is one."""
        timers, now = self._context.timers, self._context.now
        deadlines = [timers.deadline((Alarm.AGENT_CHECK, agent)) for agent in self._checks]
        return any(at is not None and at <= now for at in deadlines)

    def _feed(self, agent: bytes, sign: Sign) -> None:
        check = self._checks.get(agent)
        if check is None:
            if sign is not Sign.NAMED:
                return
            check = self._checks[agent] = Check(self._context.now)
        check.state = AGENT_CHECK.feed(check.state, sign, self, agent, check)

    def _forget_old(self) -> None:
        over = [agent for agent in self._checks if not self.doubts(agent) and not self.is_paced(agent)]
        for agent in over:
            del self._checks[agent]

    # --- handlers ---

    def note(self, agent: bytes, check: Check) -> None:
        """Nothing was asked for this."""
        check.asked = 0

    def begin(self, agent: bytes, check: Check) -> None:
        """The first Binding Update leaves, unless one waits for its answer that left less than two intervals ago.

        What follows the second transmission of a registration comes after twice the wait then, as it would without.
        """
        check.begun_ns = self._context.now
        self._ask(agent, check, 1)
        recently_ns = 2 * nanoseconds(self._context.constants.agent_check_interval_s)
        self._registrations.check_begins(self._entry(agent), self._context.now - recently_ns)

    def begin_again(self, agent: bytes, check: Check) -> None:
        """The one that told of the move is the first."""
        self._ask(agent, check, 1)

    def ask_again(self, agent: bytes, check: Check) -> Doubt | None:
        """The next one, or that was the last; while the node has no link, the first one is still to come."""
        most = self._context.constants.agent_check_transmits
        if not self.attachment.is_attached():
            check.asked = 0
            self._wait(agent)
        elif check.asked < most or not self.attachment.has_heard_router(check.last_ns):
            self._list.feed(self._entry(agent), Input.RETRANS_TIMER)
            self._ask(agent, check, min(check.asked + 1, most))
        else:
            self._context.tell(AgentChecked, home_agent=agent, alive=False)
            self._registrations.check_ends(self._entry(agent))
            return Doubt.SILENT
        return None

    def _ask(self, agent: bytes, check: Check, number: int) -> None:
        """So many Binding Updates of the check have left with the one of this instant."""
        check.asked, check.last_ns = number, self._context.now
        self._wait(agent)
        if number == self._context.constants.agent_check_transmits:
            self.attachment.ask_router()

    def trust(self, agent: bytes, check: Check) -> None:
        """It was a false alarm."""
        self.stop(agent, check)
        self._context.tell(AgentChecked, home_agent=agent, alive=True)

    def stop(self, agent: bytes, check: Check) -> None:
        """It is asked no more."""
        self._context.cancel(Alarm.AGENT_CHECK, agent)
        entry = self._list.find(agent)
        if entry is not None:
            self._registrations.check_ends(entry)

    def _wait(self, agent: bytes) -> None:
        self._context.set_alarm(Alarm.AGENT_CHECK, self._context.constants.agent_check_interval_s, agent)

    def _entry(self, agent: bytes) -> Entry:
        entry = self._list.find(agent)
        assert entry is not None, "an agent of the round has an entry"
        return entry


__all__ = ["AGENT_CHECK", "AgentChecks", "Check", "Doubt", "Keeper", "Sign"]
