"""How documents and text write times, durations, addresses and frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dissectors.ipv6 import address
from mhatool.exchange import Frame
from mhatool.observe import Moment
from mhatool.protocol import lifetime
from mhatool.protocol.instant import rfc3339

TRUNCATED = "[truncated]"
"""Behind what the capture cut, as in the text of `dissect`."""


def time(time_ns: int | None) -> str | None:
    """RFC 3339 with nine digits."""
    return rfc3339(time_ns) if time_ns is not None else None


def text(octets: bytes | None) -> str | None:
    """An address as text."""
    return address.text(octets) if octets is not None else None


def seconds(duration_ns: int | None) -> float | None:
    """A duration in seconds."""
    return lifetime.seconds(duration_ns) if duration_ns is not None else None


def frames(found: Iterable[Frame]) -> dict[str, Any]:
    """`frames` and `files`: the numbers, and the file of each."""
    found = tuple(found)
    return {"frames": [frame.number for frame in found], "files": [frame.file for frame in found]}


def moment(found: Moment | None) -> dict[str, Any]:
    """`time`, `frame` and `file`, all null where there is no such moment."""
    return {
        "time": time(found.time_ns if found is not None else None),
        "frame": found.frame.number if found is not None else None,
        "file": found.frame.file if found is not None else None,
    }


def listed(names: Iterable[str], truncated: bool, none: str, separator: str = ", ") -> str:
    """What a message lists, or `none`; marked where the capture cut the message, as there may be more."""
    text = separator.join(names)
    return " ".join(part for part in (text, TRUNCATED) if part) if truncated else text or none


def spent(duration_ns: int) -> str:
    """A duration in seconds, cut to milliseconds as the times are, so that they subtract."""
    return f"{duration_ns // lifetime.NS_PER_S}.{duration_ns % lifetime.NS_PER_S // 1_000_000:03d} s"
