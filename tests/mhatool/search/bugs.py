"""Bugs for the engine, each a change of one of its functions: what somebody might have got wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mhatool.engine.home_agent.alarms import Alarms
from mhatool.engine.home_agent.checks import Checks
from mhatool.engine.home_agent.defence import Defence
from mhatool.engine.home_agent.neighbours import Neighbours
from mhatool.engine.home_agent.peers import Peers
from mhatool.engine.home_agent.registrations import Registrations
from mhatool.engine.mobile_node.choice import Choice
from mhatool.engine.mobile_node.correspondents import Correspondents
from mhatool.engine.mobile_node.home_registrations import DEREGISTERED, HomeRegistrations
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.update_list import Entry
from mhatool.engine.mobile_node.updates import HomeUpdates
from mhatool.engine.timers import Timers

Patch = pytest.MonkeyPatch


def nothing(*_: Any, **__: Any) -> None:
    """Somebody forgot to do it."""


def exemption_too_wide(patch: Patch) -> None:
    """Whoever has the home address on the home link is taken for another agent."""
    patch.setattr(Neighbours, "_meet", nothing)


def timer_not_cancelled(patch: Patch) -> None:
    """What isn't wanted any more still rings."""
    patch.setattr(Timers, "cancel", nothing)


def shared_sequence_number(patch: Patch) -> None:
    """One counter for all agents, where each has its own."""
    original, entries = HomeUpdates.send, []  # type: ignore[var-annotated]

    def send(self: HomeUpdates, entry: Entry, *arguments: Any) -> None:
        original(self, entry, *arguments)
        entries[:] = [each for each in entries if not each.gone and each is not entry] + [entry]
        for each in entries:
            if each.home_address == entry.home_address:
                each.sequence_number = entry.sequence_number

    patch.setattr(HomeUpdates, "send", send)


def holder_never_yields(patch: Patch) -> None:
    """Who answers for an address goes on when an earlier agent of the list does."""
    original = Defence._end

    def end(self: Defence, face: Any, now: int, cause: str) -> None:
        if cause != "yielded":
            original(self, face, now, cause)

    patch.setattr(Defence, "_end", end)


def alarm_never_ends(patch: Patch) -> None:
    """The mobile node's answer isn't taken for one, and nobody counts how often it was told."""
    original = Alarms.__init__

    def init(self: Alarms, *arguments: Any) -> None:
        original(self, *arguments)
        self._transmits = 1_000_000

    patch.setattr(Alarms, "__init__", init)
    patch.setattr(Alarms, "answered", nothing)
    patch.setattr(Alarms, "review", nothing)


def dead_agent_offered(patch: Patch) -> None:
    """Who looks for home agents hears of those that are unreachable."""
    patch.setattr(Peers, "offers", lambda self, address: True)


def expired_still_tunnelled(patch: Patch) -> None:
    """A binding ends, its tunnel stays."""
    original = Registrations._end

    def end(self: Registrations, binding: Any, now: int, cause: str) -> None:
        before = len(self._output._actions)
        original(self, binding, now, cause)
        if cause == "expired":
            del self._output._actions[before:]

    patch.setattr(Registrations, "_end", end)


def list_order_ignored(patch: Patch) -> None:
    """Each agent is put first in the list that it gets."""
    original = Choice.list_for

    def list_for(self: Choice, agent: bytes) -> tuple[bytes, ...]:
        listed = original(self, agent)
        return (agent, *(each for each in listed if each != agent)) if agent in listed else listed

    patch.setattr(Choice, "list_for", list_for)


def moved_tunnel_forgotten(patch: Patch) -> None:
    """The binding has the new care-of address, the tunnel the old one."""
    original, seen = Registrations._tunnel, {}  # type: ignore[var-annotated]

    def tunnel(self: Registrations, binding: Any) -> None:
        if seen.get(id(self), {}).get(binding.home_address) is not binding:
            seen.setdefault(id(self), {})[binding.home_address] = binding
            original(self, binding)

    patch.setattr(Registrations, "_tunnel", tunnel)


def dead_tunnel_kept(patch: Patch) -> None:
    """The node's packets keep leaving through the first agent that it had."""
    original = ReverseTunnel.lead

    def lead(self: ReverseTunnel, care_of_address: bytes, live: Any, others: Any) -> None:
        agents = tuple(dict.fromkeys((*live, *others)))
        kept = self._agents[:1] if agents else ()
        original(self, care_of_address, (*kept, *agents), ())

    patch.setattr(ReverseTunnel, "lead", lead)


def deregistration_forgotten(patch: Patch) -> None:
    """Who comes home tells all agents but the second one to forget."""
    original = HomeRegistrations.deregister

    def deregister(self: HomeRegistrations, entry: Entry) -> Any:
        is_second = entry.peer[-1] == 2 and not entry.is_deletion
        return self._drop(entry, DEREGISTERED) if is_second else original(self, entry)

    patch.setattr(HomeRegistrations, "deregister", deregister)


def correspondent_not_told(patch: Patch) -> None:
    """Who moves tells home agents alone."""
    patch.setattr(Correspondents, "moved", nothing)


def unchecked(patch: Patch) -> None:
    """A home agent takes whatever is asked for."""
    patch.setattr(Checks, "refusal", nothing)


BUGS: Mapping[str, Callable[[Patch], None]] = {
    each.__name__: each
    for each in (
        exemption_too_wide,
        timer_not_cancelled,
        shared_sequence_number,
        holder_never_yields,
        alarm_never_ends,
        dead_agent_offered,
        expired_still_tunnelled,
        list_order_ignored,
        moved_tunnel_forgotten,
        dead_tunnel_kept,
        deregistration_forgotten,
        correspondent_not_told,
        unchecked,
    )
}

__all__ = ["BUGS"]
