"""One rule, one clean capture that keeps it, one change that breaks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

#: When it was sent, in seconds from the start, and its octets from the IPv6 header on.
Packet = tuple[float, bytes]


@dataclass(frozen=True, kw_only=True)
class Example:
    """What `captures/rules/` holds of a rule.

    `clean` are the packets that keep it, `broken` the same with what `change` says in words. `at`: the frame of each
    finding, counted from 1 in `broken`. `also`: other rules of level error that must fire there, and why. `keeps` and
    `breaks` are whole sentences for people who ask what the rule means. `clean_also`: rules that fire on the clean one
    as well, and why.
    """

    rule: str
    clean: tuple[Packet, ...]
    broken: tuple[Packet, ...]
    keeps: str
    breaks: str
    at: tuple[int, ...]
    also: Mapping[str, str] = field(default_factory=dict)
    clean_also: Mapping[str, str] = field(default_factory=dict)
    profile: str = "rfc6275"


def with_frame(packets: tuple[Packet, ...], frame: int, change: bytes | Callable[[bytes], bytes]) -> tuple[Packet, ...]:
    """The packets with one replaced, counted from 1: by other octets, or by what a function makes of its own."""
    time, octets = packets[frame - 1]
    new = change(octets) if callable(change) else change
    assert new != octets, "nothing was changed"
    return (*packets[: frame - 1], (time, new), *packets[frame:])


def without_frame(packets: tuple[Packet, ...], frame: int) -> tuple[Packet, ...]:
    """The packets without one, counted from 1."""
    return packets[: frame - 1] + packets[frame:]


def at_times(packets: tuple[Packet, ...], times: Mapping[int, float]) -> tuple[Packet, ...]:
    """The packets with other times for some frames, counted from 1; they must stay in order."""
    moved = tuple((times.get(frame, time), octets) for frame, (time, octets) in enumerate(packets, 1))
    assert [time for time, _ in moved] == sorted(time for time, _ in moved), "out of order"
    return moved
