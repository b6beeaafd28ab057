"""What a scenario says of how things have to be."""

from __future__ import annotations

from dataclasses import dataclass, field

from mhatool.network.scenario.convert import Instant

_START = Instant(0.0)
UNDER_WAY_S = 1.0
"""What was sent so short a time before the end of the run needn't have come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationPlan:
    """What has to be true of a node at an instant.

    How many bindings (`cache`) or update list entries it has, the care-of address that all of them have, and the home
    agents with which it is registered. Since an instant: how many messages of which types it `received` and took, and
    how many packets it `dropped` for which reasons; that at most so many datagrams of a `flow` that were sent from then
    on, before `at`, never came by the end of the run. Those of its last second aren't counted: they may be under way.
    """

    at: Instant
    node: str
    cache: int | None = None
    updates: int | None = None
    care_of_address: bytes | None = None
    home_agents: tuple[bytes, ...] | None = None
    since: Instant = _START
    received: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    flow: str = ""
    lost_at_most: int | None = None

    def __post_init__(self) -> None:
        """ValueError where a field can't be."""
        if bool(self.flow) != (self.lost_at_most is not None):
            raise ValueError("flow and lost_at_most belong together")
        counts = {"cache": self.cache, "updates": self.updates, "lost_at_most": self.lost_at_most}
        for what, count in (*counts.items(), *self.received.items(), *self.dropped.items()):
            if count is not None and count < 0:
                raise ValueError(f"{what} = {count}: nothing is less than none")
        values = self.cache, self.updates, self.care_of_address, self.home_agents, self.lost_at_most
        if all(value is None for value in values) and not self.received and not self.dropped:
            raise ValueError(
                "it expects nothing: give cache, updates, care_of_address, home_agents, received or dropped"
            )


__all__ = ["UNDER_WAY_S", "ExpectationPlan"]
