"""What happens on links: category `link`. The node of these events is the link, or the machine that moves."""

from __future__ import annotations

from mhatool.engine.events import Event


class FrameLost(Event, frozen=True, kw_only=True, tag="link:lost"):
    """A link lost a frame: `reason` is `chance` (its share of losses), `rule` (the scenario names it), `down`, or
    `partition` (whoever it was for is on the other side)."""

    reason: str
    frame: bytes


class FrameDuplicated(Event, frozen=True, kw_only=True, tag="link:duplicated"):
    """A link delivers a frame twice."""

    frame: bytes


class FrameHeldBack(Event, frozen=True, kw_only=True, tag="link:held_back"):
    """A link delivers a frame `delay_ns` later than others, which may overtake it."""

    delay_ns: int
    frame: bytes


class Attached(Event, frozen=True, kw_only=True, tag="link:attached"):
    """An interface of a machine is on a link from now on; `link` is empty where it is on none."""

    interface: str
    link: str


class LinkFailed(Event, frozen=True, kw_only=True, tag="link:failed"):
    """A link carries nothing from now on, or does so again (`up`)."""

    up: bool


class LinkPartitioned(Event, frozen=True, kw_only=True, tag="link:partitioned"):
    """A link falls into parts: machines of different `groups` don't hear each other. Whoever is in none hears all, and
    is heard by all. Without groups it is whole again."""

    groups: tuple[tuple[str, ...], ...]


class MachineFailed(Event, frozen=True, kw_only=True, tag="link:machine_failed"):
    """A machine stops (`how`: `crash` forgets all, `hang` only waits, `stop` lets its nodes take leave while it goes on
    itself), or runs again (`restart`, `resume`)."""

    how: str


__all__ = [
    "Attached",
    "FrameDuplicated",
    "FrameHeldBack",
    "FrameLost",
    "LinkFailed",
    "LinkPartitioned",
    "MachineFailed",
]
