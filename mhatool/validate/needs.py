"""Which knowledge rules rest on: the rest needn't be fed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType

from mhatool.validate.rule import Rule
from mhatool.validate.surroundings import KNOWLEDGE, Knowledge

_PACKAGE = __name__.rpartition(".")[0] + "."


def knowledge_of(rules: Iterable[Rule]) -> frozenset[type[Knowledge]]:
    """Every kind that these rules can get at: those named in their modules and in modules that these take from.

    A check asks for knowledge by its class, so it must have the name of the class, or a function that has it.
    """
    modules = {function.__module__ for rule in rules for function in (rule.check, rule.finish)}
    waiting, seen = list(modules), set(modules)
    found: set[type[Knowledge]] = set()
    while waiting:
        for thing in vars(_module(waiting.pop())).values():
            if isinstance(thing, type) and thing in KNOWLEDGE:
                found.add(thing)
            module = getattr(thing, "__module__", "") or ""
            if module.startswith(_PACKAGE) and module not in seen:
                seen.add(module)
                waiting.append(module)
    return frozenset(found)


def _module(name: str) -> ModuleType:
    return sys.modules[name]
