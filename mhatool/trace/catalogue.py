"""Which events there are: every class with a tag in the engine's modules of events."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

import msgspec

from mhatool import engine
from mhatool.engine.events import Event

_MODULES = "events"
"""What their names end with."""


@cache
def event_classes() -> Mapping[str, type[Event]]:
    """The classes by the name of their events, in the order of these names.

    TypeError where two classes have one: a trace of the one would be read as the other's.
    """
    for module in pkgutil.iter_modules(engine.__path__):
        if module.name.endswith(_MODULES):
            importlib.import_module(f"{engine.__name__}.{module.name}")
    found: dict[str, type[Event]] = {}
    for cls in _below(Event):
        if (other := found.setdefault(name_of(cls), cls)) is not cls:
            raise TypeError(
                f"{other.__name__} and {cls.__name__} are both {name_of(cls)}: give one of them another tag"
            )
    return MappingProxyType(dict(sorted(found.items())))


@cache
def name_of(cls: type[Event]) -> str:
    """The name of its events, "category:event"."""
    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    return str(info.tag)


def _below(cls: type[Event]) -> Iterator[type[Event]]:
    """The classes below it that have a tag of their own and nothing below them."""
    for sub in cls.__subclasses__():
        below = list(_below(sub))
        yield from below or [sub]


__all__ = ["event_classes", "name_of"]
