"""Which knowledge rules rest on: the rest needn't be fed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FunctionType, ModuleType

from mhatool.validate.rule import Rule
from mhatool.validate.surroundings import KNOWLEDGE, Knowledge

_PACKAGE = __name__.rpartition(".")[0] + "."
_CASES = frozenset({_PACKAGE + "rule", _PACKAGE + "surroundings"})
"""Where there are requests and nobody asks for any."""
_REQUESTS = frozenset({"request", "requests"})


def knowledge_of(rules: Iterable[Rule]) -> frozenset[type[Knowledge]]:
    """Every kind that these rules can get at: those named in their modules and in modules that these take from.

    A check asks for knowledge by its class, so it must have the name of the class, or a function that has it.
    """
    found = (thing for module in _modules_of(rules) for thing in vars(module).values())
    return frozenset(thing for thing in found if isinstance(thing, type) and thing in KNOWLEDGE)


def ask_for_requests(rules: Iterable[Rule]) -> bool:
    """Whether one of these rules can get at what a message answers, or at the requests so far."""
    modules = (module for module in _modules_of(rules) if module.__name__ not in _CASES)
    functions = (thing for module in modules for thing in vars(module).values() if isinstance(thing, FunctionType))
    return any(not _REQUESTS.isdisjoint(function.__code__.co_names) for function in functions)


def _modules_of(rules: Iterable[Rule]) -> Iterator[ModuleType]:
    """Those in which the rules stand, and those that these take something from."""
    waiting = [*{function.__module__: None for rule in rules for function in (rule.check, rule.finish)}]
    seen = set(waiting)
    while waiting:
        yield (module := sys.modules[waiting.pop()])
        for thing in vars(module).values():
            name = getattr(thing, "__module__", "") or ""
            if name.startswith(_PACKAGE) and name not in seen:
                seen.add(name)
                waiting.append(name)
