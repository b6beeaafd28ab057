"""What a scenario says, and a run that is shorter than its file has it leaves out."""

from __future__ import annotations

from typing import Final

from mhatool.network.scenario.check_happenings import seconds_of
from mhatool.network.scenario.convert import nanoseconds_of
from mhatool.network.scenario.plan import Scenario

HAPPENINGS: Final = ("moves", "failures", "forgeries", "replays")
"""The lists of what happens at an instant, `at`."""


def left_out(scenario: Scenario) -> tuple[int, int]:
    """How many happenings and how many expectations come after the end."""
    return sum(_after_the_end(scenario, key) for key in HAPPENINGS), _after_the_end(scenario, "expectations")


def _after_the_end(scenario: Scenario, key: str) -> int:
    start_ns = nanoseconds_of(scenario.start, ("start",))
    return sum(seconds_of(plan.at, (key,), start_ns) > scenario.duration_s for plan in getattr(scenario, key))


__all__ = ["HAPPENINGS", "left_out"]
