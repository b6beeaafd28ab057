"""Home Agent Unreachable messages: which mobile nodes are told, when, how often (the paper, III-D and Fig. 9).

The first agent of the list that lives tells the mobile node at once, the next ones only if it hasn't answered by then.
An answer is a Binding Update whose list omits all agents in question. All alarms of an agent wait in one queue, so that
many mobile nodes that lose an agent at once are told one after another.
"""

from __future__ import annotations

from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from mhatool.engine.constants import Constants
from mhatool.engine.failure_events import AlarmEnded, AlarmRaised
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.peers import Peers
from mhatool.engine.node import Output
from mhatool.engine.pacing import PacedQueue
from mhatool.engine.sender import Sender
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds


class Alarm:
    """What one mobile node is to be told; `identifier` is one for one failure, `sent` how often it was told."""

    __slots__ = ("identifier", "sent", "unreachable")

    def __init__(self, identifier: int, unreachable: tuple[bytes, ...]) -> None:
        self.identifier = identifier
        self.unreachable = unreachable
        self.sent = 0


class Alarms:
    """Tells mobile nodes which of their home agents are unreachable."""

    def __init__(self, constants: Constants, peers: Peers, sender: Sender, output: Output) -> None:
        self._transmits = constants.unreachable_transmits
        self._interval_ns = nanoseconds(constants.unreachable_interval_s)
        self._turn_ns = nanoseconds(constants.unreachable_turn_s)
        self._peers = peers
        self._sender = sender
        self._output = output
        self._alarms: dict[Binding, Alarm] = {}
        self._timers: Timers[Binding] = Timers()
        self._gap_ns = round(NS_PER_S / constants.unreachable_rate)
        self._paced: PacedQueue[tuple[Binding, Alarm]] = PacedQueue(constants.unreachable_rate)

    def __len__(self) -> int:
        return len(self._alarms)

    def begin(self, binding: Binding, identifier: int, now: int, size: int = 1) -> None:
        """An agent of its list is lost: tell its mobile node, when it is this agent's turn.

        So many mobile nodes have lost it at once: each agent before this one tells them one after another.
        """
        unreachable = self._peers.failing(binding)
        if binding in self._alarms:
            self._end(binding, "renewed", now)
        self._alarms[binding] = Alarm(identifier, unreachable)
        turn = self._peers.turn(binding)
        self._timers.set(binding, now + turn * (self._turn_ns + (size - 1) * self._gap_ns))
        self._output.tell(
            AlarmRaised(
                time_ns=now,
                node=self._output.node,
                home_address=binding.home_address,
                unreachable=unreachable,
                identifier=identifier,
                turn=turn,
            )
        )

    def answered(self, binding: Binding, now: int) -> None:
        """A Binding Update of its mobile node was accepted: an answer where its list omits whom the alarm names."""
        alarm = self._alarms.get(binding)
        if alarm is not None and not any(address in binding.agents for address in alarm.unreachable):
            self._end(binding, "answered", now)

    def names(self, binding: Binding) -> tuple[bytes, ...]:
        """The agents that its mobile node is being told of."""
        alarm = self._alarms.get(binding)
        return alarm.unreachable if alarm is not None else ()

    def review(self, binding: Binding, now: int) -> None:
        """An agent of its list is there again, or isn't listed any more: the rest is told, if there is one."""
        alarm = self._alarms.get(binding)
        if alarm is None:
            return
        alarm.unreachable = self._peers.failing(binding)
        if not alarm.unreachable:
            self._end(binding, "recovered", now)

    def drop(self, binding: Binding, now: int) -> None:
        """The binding is gone."""
        if binding in self._alarms:
            self._end(binding, "gone", now)

    def drop_all(self, now: int) -> None:
        """This agent can't tell any more who is unreachable: its own link is down, or it leaves."""
        for binding in list(self._alarms):
            self._end(binding, "withdrawn", now)
        self._paced.clear()

    def next_timer(self) -> int | None:
        """When the next message is due."""
        timers = [at for at in (self._timers.next(), self._paced.next_timer()) if at is not None]
        return min(timers, default=None)

    def handle_timer(self, now: int) -> None:
        """Queue what is due, and send as much as may be sent."""
        for binding in self._timers.due(now):
            alarm = self._alarms[binding]
            if alarm.sent >= self._transmits:
                self._end(binding, "told", now)
            else:
                self._paced.add((binding, alarm), now)
        for binding, alarm in self._paced.due(now):
            if self._alarms.get(binding) is alarm:
                self._send(binding, alarm, now)

    def _send(self, binding: Binding, alarm: Alarm, now: int) -> None:
        alarm.sent += 1
        self._timers.set(binding, now + self._interval_ns)
        message = HomeAgentUnreachable(identifier=alarm.identifier, unreachable=alarm.unreachable)
        self._sender.send(message, binding.agent, binding.care_of_address, now, routed_to=binding.home_address)

    def _end(self, binding: Binding, cause: str, now: int) -> None:
        alarm = self._alarms.pop(binding)
        self._timers.cancel(binding)
        self._output.tell(
            AlarmEnded(
                time_ns=now,
                node=self._output.node,
                home_address=binding.home_address,
                identifier=alarm.identifier,
                cause=cause,
            )
        )


__all__ = ["Alarm", "Alarms"]
