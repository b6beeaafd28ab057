"""Who answers for a home address when the agent that did is lost: the first one of the list that lives.

It takes over at once; each one after it waits a second more for each agent that lives before it, and only takes over if
nobody has announced the address meanwhile. Two that answered for it while they couldn't hear each other announce it
again once they can: the later one of the list yields (`defence.py`). Many bindings are worked on one after another.
"""

from __future__ import annotations

from typing import Final

from mhatool.engine.constants import Constants
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.peers import Peers
from mhatool.engine.pacing import PacedQueue
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import NS_PER_S

TURN_NS: Final = NS_PER_S
"""How long an agent waits for each one before it to take over."""


class TakeOver:
    """Takes over from agents that are lost, and settles with those that come back."""

    def __init__(self, constants: Constants, peers: Peers, defence: Defence) -> None:
        self._peers = peers
        self._defence = defence
        self._timers: Timers[Binding] = Timers()
        self._gap_ns = round(NS_PER_S / constants.unreachable_rate)
        self._paced: PacedQueue[Binding] = PacedQueue(constants.unreachable_rate)

    def lost(self, binding: Binding, now: int, size: int = 1) -> None:
        """An agent of its list is lost: if that one answered for its addresses, somebody else has to.

        So many bindings have lost it at once: each agent before this one works on them one after another.
        """
        if any(self._is_orphaned(binding, face) for face in binding.faces):
            wait_ns = TURN_NS + (size - 1) * self._gap_ns
            self._timers.set(binding, now + self._peers.turn(binding) * wait_ns)

    def settle(self, binding: Binding, now: int) -> None:
        """An agent of its list is back: announce what this one answers for, so that one of them yields."""
        if any(face.defends for face in binding.faces):
            self._paced.add(binding, now)

    def look_again(self, binding: Binding, at: int) -> None:
        """See at this instant whether the agent that is said to answer is really there."""
        self._timers.set(binding, at)

    def drop(self, binding: Binding) -> None:
        """The binding is gone."""
        self._timers.cancel(binding)

    def drop_all(self) -> None:
        """Leave everything as it is."""
        self._timers = Timers()
        self._paced.clear()

    def next_timer(self) -> int | None:
        """When an address is to be taken over, or announced again."""
        timers = [at for at in (self._timers.next(), self._paced.next_timer()) if at is not None]
        return min(timers, default=None)

    def handle_timer(self, now: int) -> None:
        """Queue what is due, and do as much as may be done."""
        for binding in self._timers.due(now):
            self._paced.add(binding, now)
        for binding in self._paced.due(now):
            for face in binding.faces:
                self._act(binding, face, now)

    def _act(self, binding: Binding, face: Binding, now: int) -> None:
        if self._is_orphaned(binding, face):
            self._defence.take_over(face, now)
        elif face.defends:
            self._defence.repeat(face, now)

    def _is_orphaned(self, binding: Binding, face: Binding) -> bool:
        return face.holds and face.holder is not None and self._peers.fails(binding, face.holder)


__all__ = ["TURN_NS", "TakeOver"]
