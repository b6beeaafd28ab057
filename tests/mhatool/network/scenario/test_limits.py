"""No number of a scenario, lab or node's file is without limits: each has a line in limits.py, or its own check."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from dissectors.profile import Profile
from mhatool.engine.constants import Constants
from mhatool.lab.experiment import Experiment
from mhatool.lab.topology import Topology
from mhatool.live.configuration import NodeFile
from mhatool.network.scenario import limits
from mhatool.network.scenario.plan import Scenario
from mhatool.network.scenario.roles import ROLES

#: Numbers that are looked at elsewhere: by the class itself, or by the checks of scenarios.
ELSEWHERE = {
    ("ExpectationPlan", "cache"),
    ("ExpectationPlan", "dropped"),
    ("ExpectationPlan", "lost_at_most"),
    ("ExpectationPlan", "received"),
    ("ExpectationPlan", "updates"),
    ("FlowPlanTable", "rate"),
    ("FlowPlanTable", "size"),
    ("ForgeryPlan", "hop_limit"),
    ("ForgeryPlan", "times"),
    ("Impairment", "delay_ms"),
    ("Impairment", "loss_percent"),
    ("LinkPlan", "delay_ms"),
    ("LinkPlan", "duplication"),
    ("LinkPlan", "held_back_ms"),
    ("LinkPlan", "loss"),
    ("LinkPlan", "mtu"),
    ("LinkPlan", "reordering"),
    ("MobileNodeConfiguration", "home_agents"),
    ("MobileNodeConfiguration", "home_prefix_length"),
    ("NamesPlan", "interface_index"),
    ("NodeFile", "mtu"),
    ("ReplayPlan", "number"),
    ("SecurityAssociation", "spi"),
    ("Stream", "per_second"),
}
#: Any number will do; an instant before the start never comes.
ANY = {("AdvertisingConfiguration", "at_ns"), ("Scenario", "seed")}


def _classes() -> dict[str, Any]:
    """All that tables are read into, by name; a profile is a name or a file."""
    found: dict[str, Any] = {}
    waiting = [
        Scenario,
        Experiment,
        Topology,
        NodeFile,
        Constants,
        *(role.configuration_class() for role in ROLES.values()),
    ]
    while waiting:
        cls = waiting.pop()
        if cls.__name__ not in found:
            found[cls.__name__] = cls
            inner = [kind for hint in get_type_hints(cls).values() for kind in _kinds(hint)]
            waiting += [kind for kind in inner if dataclasses.is_dataclass(kind) and kind is not Profile]
    return found


def _kinds(hint: Any) -> Iterator[Any]:
    yield hint
    for argument in get_args(hint):
        yield from _kinds(argument)


def _numbers() -> set[tuple[str, str]]:
    """Class and field of each number, with or without None."""
    return {
        (name, field.name)
        for name, cls in _classes().items()
        for field in dataclasses.fields(cls)
        if {int, float}.intersection((kind := get_type_hints(cls)[field.name], *get_args(kind)))
    }


def test_every_number_has_its_limits() -> None:
    without = {(cls, field) for cls, field in _numbers() if not limits.out_of_range(cls, field, -1e18)}
    assert without == ELSEWHERE | ANY


def test_every_limit_is_some_fields() -> None:
    classes = _classes()
    named = [*limits.RANGES, *limits.OWN_SHAPES]
    fields = {name: {field.name for field in dataclasses.fields(cls)} for name, cls in classes.items()}
    everywhere = set().union(*fields.values())
    assert [
        (cls, field) for cls, field in named if field not in (everywhere if cls == limits.ANY else fields.get(cls, ()))
    ] == []
    assert set(limits.SHAPES) <= everywhere
