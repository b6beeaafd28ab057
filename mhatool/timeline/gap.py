"""Times without a binding, and what shows them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from mhatool.exchange import Frame
from mhatool.observe import Agency, Registration, Sign

DENIED: Final = "binding_error"
LOST: Final = "bindings_lost"
"""Steps: a home agent said that it has no binding; it told by a Heartbeat that it has lost them all."""


class GapKind(StrEnum):
    """What was missing."""

    NO_VALID_BINDING = "no_valid_binding"
    """No home agent held a binding: the last lifetime was over, or its home agent has lost or denied it."""
    NO_USABLE_BINDING = "no_usable_binding"
    """The home agents that hold a binding were silent: counted from the last sign of life before updates in vain."""

    @property
    def words(self) -> str:
        """As a reader is told it: `no valid binding`."""
        return self.value.replace("_", " ")


class GapReason(StrEnum):
    """What the mobile node met with."""

    UNANSWERED = "updates_unanswered"
    REFUSED = "updates_refused"
    NONE_SEEN = "no_update_seen"
    """It sent no update in sight: perhaps it was at home, on a link that wasn't captured."""


class Step(Struct, frozen=True):
    """A moment of a gap. `frame` is None where no packet shows it but the lifetimes do."""

    name: str
    time_ns: int
    frame: Frame | None
    home_agent: bytes


class Silence(Struct, frozen=True):
    """A home agent that left updates unanswered, from its last sign of life to its next answer (None: none came)."""

    agency: Agency
    last_sign: Sign
    unanswered: tuple[Registration, ...]
    until_ns: int | None


class Gap(Struct, frozen=True):
    """A time in which a mobile node away from home had no binding.

    `end_ns` is None where none came before the capture's end; `home_agent` had the last one, `next_home_agent` has
    the next.
    """

    kind: GapKind
    reason: GapReason
    home_address: bytes
    home_agent: bytes
    start_ns: int
    end_ns: int | None
    next_home_agent: bytes | None
    steps: tuple[Step, ...]

    @property
    def first_step(self) -> str | None:
        """What it begins with, where a step does."""
        return next((step.name for step in self.steps if step.time_ns == self.start_ns), None)

    @property
    def duration_ns(self) -> int | None:
        """None while it lasts."""
        return self.end_ns - self.start_ns if self.end_ns is not None else None
