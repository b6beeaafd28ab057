"""How much of a capture's history an observer keeps."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

LEAST = 2
"""Registrations and bindings of one pair: a refusal may take back the newest, and then the one before counts."""


class Limits(Struct, frozen=True):
    """How much is kept, always the latest; memory grows up to it, whatever the number of packets.

    `agencies`: home addresses at home agents, as many at correspondents, and nodes. Of each home address at each of
    its peers: `registrations` (updates to correspondents, refresh requests and errors too), `bindings`, and in each
    of those as many care-of addresses as registrations. `tests`: return routability tests; where it is 0 nobody looks
    at them, nor at the proof in updates. `flows`: those in tunnels; where it is 0 nobody looks into how tunnels are
    used. `others`: discoveries, prefix exchanges, routers and kinds of delivery errors, of each. `answerable_s`: how
    long a Binding Update waits for its answer, seconds; None: until 32 newer ones came.

    Raises ValueError for fewer than two registrations or bindings.
    """

    agencies: int = 100_000
    registrations: int = 10_000
    bindings: int = 1_000
    tests: int = 100_000
    flows: int = 100_000
    others: int = 100_000
    answerable_s: int | None = None

    def __post_init__(self) -> None:
        if self.registrations < LEAST or self.bindings < LEAST:
            raise ValueError(f"limits: of registrations and bindings at least {LEAST} each must be kept")


NO_HISTORY: Final = Limits(registrations=LEAST, bindings=LEAST, tests=0, flows=0, others=1_000, answerable_s=64)
"""Enough to know each binding as it is, to count what was, and to tell who is who."""
