"""How a scenario's nodes are called, as a file of names for those who only have its capture."""

from __future__ import annotations

import json
from dataclasses import fields

from mhatool.network.scenario.check_nodes import copy_names
from mhatool.network.scenario.plan import NamesPlan, Scenario


def names_file(scenario: Scenario) -> str:
    """TOML with a table for each node that has a name or a clock of its own; see `mhatool timeline --names`."""
    ahead = {
        copy: node.clock_offset_s
        for name, node in scenario.nodes.items()
        if node.clock_offset_s
        for copy in copy_names(name, node.copies)
    }
    named = dict(scenario.names or {})
    tables = []
    for name in [*named, *(each for each in ahead if each not in named)]:
        tables.append(f"[{name}]\n" + _keys(named.get(name, NamesPlan())))
        if name in ahead:
            tables[-1] += f"clock_ahead_s = {ahead[name]}\n"
    return "\n".join(tables)


def _keys(plan: NamesPlan) -> str:
    """What differs from the defaults. JSON's texts, numbers and lists of texts are TOML's too."""
    told = [(field.name, getattr(plan, field.name)) for field in fields(plan)]
    defaults = NamesPlan()
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in told if value != getattr(defaults, name))


__all__ = ["names_file"]
