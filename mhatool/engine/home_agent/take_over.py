"""Who answers for a home address when the agent that did is lost: the first one of the list that lives.

It takes over at once; each one after it waits a second more for each agent that lives before it, and only takes over if
nobody has announced the address meanwhile.

Two that answered for it while they couldn't hear each other settle that once they can. A later one of the list says so
again, and yields to an earlier one that says so too (`defence.py`). The first one waits for that, and asks then who
has the address: its binding may be an old one, and it yields to an agent that answers, which may have another list,
until the mobile node names its agents anew. Many bindings are worked on one after another.
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
PATIENCE_NS: Final = NS_PER_S
"""How long the first one waits for a later one's announcement, and then for an answer."""


class TakeOver:
    """Takes over from agents that are lost, and settles with those that come back."""

    def __init__(self, constants: Constants, peers: Peers, defence: Defence) -> None:
        self._peers = peers
        self._defence = defence
        self._timers: Timers[Binding] = Timers()
        self._questions: Timers[Binding] = Timers()
        self._claims: Timers[Binding] = Timers()
        self._gap_ns = round(NS_PER_S / constants.unreachable_rate)
        self._paced: PacedQueue[tuple[Binding, bool]] = PacedQueue(constants.unreachable_rate)
        """Bindings, and whether somebody is to be asked about them."""

    def lost(self, binding: Binding, now: int, size: int = 1) -> None:
        """An agent of its list is lost: if that one answered for its addresses, somebody else has to.

        So many bindings have lost it at once: each agent before this one works on them one after another.
        """
        if any(self._is_orphaned(binding, face) for face in binding.faces):
            wait_ns = TURN_NS + (size - 1) * self._gap_ns
            self._timers.set(binding, now + self._peers.turn(binding) * wait_ns)

    def settle(self, binding: Binding, now: int) -> None:
        """An agent of its list is back: see to it that only one answers for what this one answers for."""
        if not any(face.defends for face in binding.faces):
            return
        if binding.agents and not binding.before():
            self._questions.set(binding, now + PATIENCE_NS)
        else:
            self._paced.add((binding, False), now)

    def look_again(self, binding: Binding, at: int) -> None:
        """See at this instant whether the agent that is said to answer is really there."""
        self._timers.set(binding, at)

    def drop(self, binding: Binding) -> None:
        """The binding is gone."""
        for timers in (self._timers, self._questions, self._claims):
            timers.cancel(binding)

    def drop_all(self) -> None:
        """Leave everything as it is."""
        self._timers, self._questions, self._claims = Timers(), Timers(), Timers()
        self._paced.clear()

    def next_timer(self) -> int | None:
        """When an address is to be taken over, or announced again."""
        parts = (self._timers.next(), self._questions.next(), self._claims.next(), self._paced.next_timer())
        return min((at for at in parts if at is not None), default=None)

    def handle_timer(self, now: int) -> None:
        """Queue what is due, and do as much as may be done."""
        for timers in (self._timers, self._questions, self._claims):
            for binding in timers.due(now):
                self._paced.add((binding, timers is self._questions), now)
        for binding, asks in self._paced.due(now):
            if asks:
                self._claims.set(binding, now + PATIENCE_NS)
            for face in binding.faces:
                self._act(binding, face, asks, now)

    def _act(self, binding: Binding, face: Binding, asks: bool, now: int) -> None:
        if self._is_orphaned(binding, face):
            self._defence.take_over(face, now)
        elif face.defends and asks:
            self._defence.ask(face, now + PATIENCE_NS, now)
        elif face.defends:
            self._defence.repeat(face, now)

    def _is_orphaned(self, binding: Binding, face: Binding) -> bool:
        return face.holds and face.holder is not None and self._peers.fails(binding, face.holder)


__all__ = ["TURN_NS", "TakeOver"]
