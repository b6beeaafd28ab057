"""How large everything is that nodes and machines keep: it grows with the nodes that there are, and not with time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Set
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from mhatool.network.network import Network
from mhatool.search.shape import Shape

ROOM: Final = 64
"""A heap of timers is cleaned when it holds more (`engine.timers`), and no table of a constant size is larger."""
EACH: Final = 4
"""For each node of the network: a table may hold so many things about it (a timer moved four times, a clone)."""
_CONTAINERS = (dict, list, set, deque, Mapping, Set)
_LEAVES = (str, bytes, int, float, bool, type(None), Enum, type, MappingProxyType)
_OURS = ("mhatool.engine.", "mhatool.network.")
_BESIDE = ("configuration", "constants", "profile", "table", "_codec", "agenda", "_agenda", "tell", "_tell")
"""What is there from the beginning and never changes, or belongs to the network."""


def largest(shape: Shape) -> int:
    """The most that a table may hold: it has room, and so many entries for each node."""
    return ROOM + EACH * (shape.agents + shape.mobile_nodes + shape.correspondents)


def overgrown(network: Network, shape: Shape) -> Iterator[str]:
    """The tables that hold more."""
    limit = largest(shape)
    for machine in network.machines.values():
        for seat in machine.seats:
            for where, size in _tables(seat.node, type(seat.node).__name__, {}):
                if size > limit:
                    yield f"{machine.name}: {where} holds {size} things, {limit} at most"
        for name in ("detours", "addresses", "path_mtus", "neighbours", "routes"):
            for where, size in _tables(getattr(machine, name), name, {}):
                if size > limit:
                    yield f"{machine.name}: {where} holds {size} things, {limit} at most"


def _tables(thing: Any, where: str, seen: dict[int, None]) -> Iterator[tuple[str, int]]:
    """The containers that can be reached from a thing, with where they are and how much they hold."""
    if isinstance(thing, _LEAVES) or id(thing) in seen:
        return
    seen[id(thing)] = None
    if isinstance(thing, _CONTAINERS):
        yield where, len(thing)
        values = list(thing.values()) if isinstance(thing, Mapping) else list(thing)
        for value in values:
            yield from _tables(value, f"{where}[]", seen)
    elif type(thing).__module__.startswith(_OURS):
        for name, value in _attributes(thing):
            if name not in _BESIDE:
                yield from _tables(value, f"{where}.{name}", seen)


def _attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(thing, "__dict__", {}).items()
    for kind in type(thing).__mro__:
        slots = getattr(kind, "__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(thing, name):
                yield name, getattr(thing, name)


__all__ = ["EACH", "ROOM", "largest", "overgrown"]
