"""Who answers for a home address on the home link: the first agent of the list known to hold the binding.

With one home agent that is it. Several hold the binding and tunnel what reaches them, but only one answers for the
address: two would draw neighbours back and forth. Each announces itself once it has the binding, and yields to one
that comes earlier in the mobile node's list and overrides what neighbours have cached, or that answers where this one
doesn't know whether it still is to; one that hears a later agent repeats its announcement, at most once a second.
Agents are told apart by their link-layer addresses.
"""

from __future__ import annotations

from typing import Final

from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent_events import AddressConflict, DefenceEnded, DefenceStarted
from mhatool.engine.node import Output
from mhatool.protocol.lifetime import NS_PER_S

REPEATED_AFTER_NS: Final = NS_PER_S
"""An agent that hears another one announce the address repeats its own announcement not sooner than this."""


class Defence:
    """Answers for the addresses of bindings, where this agent is the one to."""

    def __init__(self, link: HomeLink, agents: HomeAgentsList, output: Output) -> None:
        self._link = link
        self._agents = agents
        self._output = output
        self._leaves = False

    def start(self, faces: tuple[Binding, ...], now: int) -> None:
        """They are accepted: announce their addresses, unless an agent before this one has."""
        for face in faces:
            if face.holder is None:
                self._defend(face, now)

    def relist(self, binding: Binding, now: int) -> None:
        """The mobile node has named its agents anew: nobody is yielded to who isn't before this one."""
        for face in binding.faces:
            if face.holder is not None and face.holder not in face.before():
                face.holder = None
                self._defend(face, now)

    def stop(self, faces: tuple[Binding, ...], now: int, cause: str) -> None:
        """They are gone."""
        for face in faces:
            self._end(face, now, cause)

    def answer(self, binding: Binding, asker: bytes, link_source: bytes, now: int) -> None:
        """A solicitation for its address came."""
        if binding.defends:
            self._link.answer(binding.home_address, asker, link_source, now)

    def hear(self, binding: Binding, link_source: bytes, now: int, *, overrides: bool) -> None:
        """Somebody advertised its address.

        Who doesn't override hasn't taken it over: neighbours keep what this agent told them (RFC 4861, 7.2.5).
        """
        other = self._agents.behind(link_source, binding.agents)
        if other is None:
            conflict = AddressConflict(
                time_ns=now, node=self._output.node, address=binding.home_address, link_source=link_source
            )
            self._output.tell(conflict)
        elif self._leaves or now < binding.asks_until_ns or (overrides and other in binding.before()):
            binding.holder = other
            self._end(binding, now, "yielded")
        elif binding.defends and other not in binding.before():
            self.repeat(binding, now)

    def ask(self, face: Binding, until: int, now: int) -> None:
        """Ask who has the address, as for a check: any agent of the list that says so until then has it."""
        face.asks_until_ns = until
        self._link.ask(face.home_address, now)

    def leave(self) -> None:
        """Yield to any other agent from now on."""
        self._leaves = True

    def take_over(self, face: Binding, now: int) -> None:
        """Whoever this agent yielded to isn't there any more."""
        face.holder = None
        self._defend(face, now, "taken_over")

    def _defend(self, face: Binding, now: int, cause: str = "accepted") -> None:
        face.defends = True
        self._output.tell(DefenceStarted(time_ns=now, node=self._output.node, address=face.home_address, cause=cause))
        self._link.announce(face.home_address, now)

    def repeat(self, face: Binding, now: int) -> None:
        """Announce once more that this agent defends an address, not more often than once a second."""
        if face.told_again_ns is None or now - face.told_again_ns >= REPEATED_AFTER_NS:
            face.told_again_ns = now
            self._link.announce(face.home_address, now)

    def _end(self, face: Binding, now: int, cause: str) -> None:
        if face.defends:
            face.defends = False
            ended = DefenceEnded(time_ns=now, node=self._output.node, address=face.home_address, cause=cause)
            self._output.tell(ended)


__all__ = ["REPEATED_AFTER_NS", "Defence"]
