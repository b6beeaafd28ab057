"""Bugs put into the engine on purpose: the search finds each of them, by an invariant, at a seed that holds without."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mhatool.search import draw, run
from tests.mhatool.search.bugs import BUGS

FOUND: Mapping[str, tuple[int, str]] = {
    "exemption_too_wide": (2, "defended"),
    "timer_not_cancelled": (1, "no_exception"),
    "shared_sequence_number": (1, "agreed"),
    "holder_never_yields": (1, "defended"),
    "alarm_never_ends": (4, "quiet"),
    "dead_agent_offered": (42, "quiet"),
    "expired_still_tunnelled": (19, "tunnelled"),
    "list_order_ignored": (1, "one_round"),
    "moved_tunnel_forgotten": (4, "tunnelled"),
    "dead_tunnel_kept": (4, "tunnelled"),
    "deregistration_forgotten": (24, "remembered"),
    "correspondent_not_told": (14, "aware"),
    "unchecked": (50, "forgotten"),
}
"""By bug: the first seed, counted from 1, that finds it, and the invariant that it breaks."""


@pytest.mark.parametrize("bug", BUGS)
def test_each_bug_is_found(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seed, invariant = FOUND[bug]
    assert run(draw(seed)).holds
    BUGS[bug](monkeypatch)
    assert invariant in run(draw(seed)).names
