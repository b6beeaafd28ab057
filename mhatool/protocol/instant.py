"""Instants: whole nanoseconds since 1970 UTC inside, RFC 3339 text outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_NS = 1_000_000_000
_TEXT = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)")
_SECONDS = re.compile(r"(\d+)(?:\.(\d{1,9}))?")


def rfc3339(time_ns: int) -> str:
    """`2026-11-23T09:51:50.430123456Z`: always nine digits, always UTC."""
    seconds, fraction = divmod(time_ns, _NS)
    try:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):  # a capture may hold any number
        return f"{seconds}.{fraction:09d}"
    return f"{text.zfill(19)}.{fraction:09d}Z"


def parse(text: str) -> int:
    """Nanoseconds since 1970 from RFC 3339 text or from seconds; ValueError says what is wanted."""
    time_ns = _parsed(text)
    if not 0 <= time_ns < 1 << 63:
        raise ValueError(f"{text!r} is before 1970 or too far off: a capture can't hold it")
    return time_ns


def _parsed(text: str) -> int:
    found = _SECONDS.fullmatch(text)
    if found:
        return int(found[1]) * _NS + _fraction(found[2])
    found = _TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no time: give RFC 3339 (2026-11-23T09:51:50.43Z) or seconds since 1970")
    try:
        whole = datetime.fromisoformat(found[1].upper().replace(" ", "T") + found[3].upper().replace("Z", "+00:00"))
    except ValueError as error:
        raise ValueError(f"{text!r} is no time: {error}") from None
    since = whole - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86400 + since.seconds) * _NS + _fraction(found[2])


def _fraction(digits: str | None) -> int:
    return int((digits or "0").ljust(9, "0"))
