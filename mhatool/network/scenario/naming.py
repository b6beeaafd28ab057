"""How a scenario's nodes are called, as a file of names for those who only have its capture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from dissectors.ipv6.address import is_link_local
from mhatool.network.scenario.check_nodes import copy_names, prefix_of
from mhatool.network.scenario.plan import NamesPlan, NodePlan, Scenario
from mhatool.protocol import octets
from mhatool.protocol.toml import key, value


def names_of(scenario: Scenario) -> dict[str, NamesPlan]:
    """What the scenario says; where it says nothing, each machine has its name at its own addresses."""
    if scenario.names is not None:
        return dict(scenario.names)
    named = {}
    for name, node in scenario.nodes.items():
        for index, copy in enumerate(copy_names(name, node.copies)):
            addresses = dict.fromkeys(map(octets.text, _addresses_of(node, index)))
            if addresses:
                named[copy] = NamesPlan(addresses=tuple(addresses))
    return named


def _addresses_of(node: NodePlan, index: int) -> Iterator[bytes]:
    """Those of a node's copy that are its alone, its home address first."""
    if node.mobile_node is not None:
        first = int.from_bytes(octets.parse(node.mobile_node["home_address"]))
        yield (first + index).to_bytes(16)
    for prefix in (node.home_agent or {}).get("advertising", {}).get("prefixes", ()):
        if (router_address := prefix.get("router_address")) is not None:
            yield octets.parse(router_address)
    written = (text for interface in node.interfaces.values() for text in interface.addresses)
    yield from (address for address, _ in (prefix_of(text, ()) for text in written) if not is_link_local(address))


def names_file(scenario: Scenario) -> str:
    """TOML with a table for each node that has a name or a clock of its own; see `mhatool timeline --names`."""
    ahead = {
        copy: node.clock_offset_s
        for name, node in scenario.nodes.items()
        if node.clock_offset_s
        for copy in copy_names(name, node.copies)
    }
    named = names_of(scenario)
    tables = []
    for name in [*named, *(each for each in ahead if each not in named)]:
        tables.append(f"[{key(name)}]\n" + _keys(named.get(name, NamesPlan())))
        if name in ahead:
            tables[-1] += f"clock_ahead_s = {ahead[name]}\n"
    return "\n".join(tables)


def _keys(plan: NamesPlan) -> str:
    """What differs from the defaults."""
    told = [(field.name, getattr(plan, field.name)) for field in fields(plan)]
    defaults = NamesPlan()
    return "".join(f"{name} = {value(given)}\n" for name, given in told if given != getattr(defaults, name))


__all__ = ["names_file", "names_of"]
