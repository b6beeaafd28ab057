"""Neighbour discovery on the home link, as far as it concerns home addresses (RFC 6275, 10.4.1; RFC 4862, 5.4)."""

from __future__ import annotations

from dissectors.ipv6.address import UNSPECIFIED
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.duplicates import Doubt
from mhatool.engine.home_agent.failover import Failover
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.registrations import Registrations
from mhatool.engine.validity import neighbour_drop


class Neighbours:
    """Hears what others ask and say about home addresses."""

    def __init__(
        self,
        link: HomeLink,
        cache: BindingCache,
        agents: HomeAgentsList,
        registrations: Registrations,
        failover: Failover,
    ) -> None:
        self._link = link
        self._cache = cache
        self._agents = agents
        self._registrations = registrations
        self._failover = failover

    def hear_solicitation(self, arrival: Arrival) -> Drop | None:
        """Somebody asks for an address, or checks one of its own: then the source is unspecified."""
        drop = self._unusable(arrival)
        if drop is not None:
            return drop
        target, source = arrival.message.target, arrival.source
        if source == UNSPECIFIED:
            self._meet(target, arrival)
        binding = self._cache.of_home(target)
        if binding is None:
            return Drop(DropReason.NOT_FOR_US, "no home address of a binding")
        if binding.holds:
            self._registrations.defence.answer(binding, source, arrival.link_source, arrival.now)
        if source == UNSPECIFIED:
            self._failover.heard(binding, arrival.link_source, arrival.now)
        return None

    def hear_advertisement(self, arrival: Arrival) -> Drop | None:
        """Somebody says that it has an address."""
        drop = self._unusable(arrival)
        if drop is not None:
            return drop
        target = arrival.message.target
        self._meet(target, arrival)
        binding = self._cache.of_home(target)
        if binding is None:
            if self._failover.heartbeats.hear_neighbour(arrival):
                return None
            return Drop(DropReason.NOT_FOR_US, "no home address of a binding")
        if binding.holds or self._agents.behind(arrival.link_source, binding.agents) is not None:
            overrides = "O" in arrival.message.flags
            self._registrations.defence.hear(binding, arrival.link_source, arrival.now, overrides=overrides)
            self._failover.heard(binding, arrival.link_source, arrival.now)
        self._vouch(target, arrival)
        return None

    def _unusable(self, arrival: Arrival) -> Drop | None:
        if arrival.interface != self._link.interface:
            return Drop(DropReason.NOT_FOR_US, "not from the home link")
        if arrival.link_source == self._link.link_address:
            return Drop(DropReason.NOT_FOR_US, "our own")
        return neighbour_drop(arrival)

    def _meet(self, target: bytes, arrival: Arrival) -> None:
        """Somebody has an address that is being checked: a duplicate, unless another agent of the node says so.

        While one of these isn't known yet, as when this agent has just started, it may be that one: the end of the
        check decides.
        """
        duplicates = self._registrations.duplicates
        for binding in duplicates.of(target):
            if self._agents.behind(arrival.link_source, binding.agents) is not None:
                continue
            if self._agents.may_be(arrival.link_source, binding.agents):
                checks = arrival.source == UNSPECIFIED
                duplicates.doubt(binding, Doubt(target, arrival.link_source, checks))
            else:
                self._registrations.meet(binding, target, arrival.link_source, arrival.now)

    def _vouch(self, target: bytes, arrival: Arrival) -> None:
        """Another agent of the node answers for an address that is being checked: it has done the check already."""
        for binding in self._registrations.duplicates.of(target):
            if self._agents.behind(arrival.link_source, binding.agents) is not None:
                self._registrations.vouch(binding, target, arrival.now)


__all__ = ["Neighbours"]
