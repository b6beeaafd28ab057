"""Exceptions of ours are the same in another process: one that can't be pickled hangs a `multiprocessing.Pool`."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import dissectors
import mhatool
from dissectors.errors import DecodeError, Reaction
from mhatool.engine.drops import DropReason

NOT_IMPORTED = {"dissectors.adapters.scapy_extension"}  # it puts our layers into Scapy's tables
VALUES = {"offset": 3, "position": 3, "reason": DropReason.CODE, "known": ["a", "b"], "path": ("nodes", 1)}


def exceptions() -> Iterator[type[Exception]]:
    """Those of our packages that are made of something else than a text."""
    for package in (dissectors, mhatool):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name in NOT_IMPORTED or found.name.endswith("__main__"):
                continue
            for cls in vars(importlib.import_module(found.name)).values():
                ours = isinstance(cls, type) and issubclass(cls, Exception) and cls.__module__ == found.name
                if ours and "__init__" in vars(cls):
                    yield cls


def made(cls: type[Exception]) -> Exception:
    """One of them, each argument given."""
    parameters = list(inspect.signature(cls).parameters.values())
    given = {p.name: VALUES.get(p.name, f"a {p.name}") for p in parameters}
    if cls.__module__ == "mhatool.capture.errors":
        given["path"] = "a.pcap"
    positional = [given.pop(p.name) for p in parameters if p.kind is not p.KEYWORD_ONLY]
    return cls(*positional, **given)


@pytest.mark.parametrize("cls", list(exceptions()), ids=lambda cls: cls.__name__)
def test_an_exception_can_be_pickled_and_copied(cls: type[Exception]) -> None:
    error = made(cls)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is cls
        assert (str(again), vars(again)) == (str(error), vars(error))


def test_a_decode_error_says_the_same_in_another_process() -> None:
    """What a pool does with it."""
    told: dict[str, Any] = {"field": "length", "rfc": "RFC 6275, 6.2.1", "reaction": Reaction.PARAMETER_PROBLEM}
    again = pickle.loads(pickle.dumps(DecodeError("option_length", 12, "too short", **told)))
    assert str(again) == "too short (at octet 12)"
    assert vars(again) == {"code": "option_length", "offset": 12, "message": "too short", **told}
