"""What has to be true of traffic: names of its own, two ends that have its addresses, some time between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dissectors.ipv6.address import is_multicast
from mhatool.network.scenario.check_happenings import seconds_of
from mhatool.network.scenario.check_nodes import copy_names
from mhatool.network.scenario.errors import Path, ScenarioError, shown
from mhatool.network.scenario.plan import Scenario
from mhatool.protocol import octets
from mhatool.protocol.neighbourhood import interface_identifier


def check_flows(scenario: Scenario, owners: Mapping[bytes, Path], start_ns: int) -> None:
    """ScenarioError for the first flow that can't mean anything; all names in it are known.

    `owners` are the places of all addresses in the scenario.
    """
    homes = dict(_homes(scenario))
    first: dict[str, int] = {}
    for index, flow in enumerate(scenario.flows):
        path: Path = ("flows", index)
        other = first.setdefault(flow.name, index)
        if other != index:
            raise ScenarioError(f"{flow.name!r} is {shown(('flows', other))} already: give another", (*path, "name"))
        if flow.receiver == flow.sender:
            raise ScenarioError(f"{flow.sender} is the sender: give another", (*path, "receiver"))
        if not _is_of(flow.source, flow.sender, owners, homes):
            raise ScenarioError(f"this is no address of {flow.sender}'s", (*path, "source"))
        is_found = is_multicast(flow.destination) or _is_of(flow.destination, flow.receiver, owners, homes)
        if not is_found and flow.destination[8:] not in _identifiers(scenario, flow.receiver):
            raise ScenarioError(f"this is no address of {flow.receiver}'s", (*path, "destination"))
        if flow.stop is not None:
            start, stop = (seconds_of(getattr(flow, key), (*path, key), start_ns) for key in ("start", "stop"))
            if stop <= start:
                raise ScenarioError(f"{stop:g} s after the start isn't behind its start, {start:g} s", (*path, "stop"))


def _homes(scenario: Scenario) -> Iterator[tuple[str, bytes]]:
    """The home address of each mobile node, by its machine's name."""
    for name, node in scenario.nodes.items():
        if node.mobile_node is not None:
            first = int.from_bytes(octets.parse(node.mobile_node["home_address"]))
            for index, copy in enumerate(copy_names(name, node.copies)):
                yield copy, (first + index).to_bytes(16)


def _is_of(address: bytes, machine: str, owners: Mapping[bytes, Path], homes: Mapping[str, bytes]) -> bool:
    """Whether the scenario gives a machine this address."""
    return homes.get(machine) == address or owners.get(address, ("", ""))[1] == machine


def _identifiers(scenario: Scenario, machine: str) -> Iterator[bytes]:
    """The second halves of the addresses that a machine forms by itself: link-local ones, care-of addresses."""
    for name, node in scenario.nodes.items():
        names = copy_names(name, node.copies)
        for interface in node.interfaces.values() if machine in names else ():
            own = int.from_bytes(interface.link_address) + names.index(machine)
            yield interface_identifier(own.to_bytes(6))


__all__ = ["check_flows"]
