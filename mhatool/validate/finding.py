"""What a rule found: values for reports, and how they look as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from dissectors.ipv6 import address
from mhatool.exchange import Frame
from mhatool.protocol.instant import rfc3339

SCHEMA = "mhatool.finding/1"

#: Rule, node, home address, time of the first frame, and the octet at fault where there is one frame only.
Identity = tuple[str, str, str | None, str, int | None]


class Severity(StrEnum):
    """How bad, worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Finding(Struct, frozen=True, kw_only=True):
    """One breach of one rule.

    `frames`: the message at fault last, those that it depends on before it. `node` sent the message at fault.
    `offset`: the octet in the last frame at which it shows, where there is one. `inconclusive`: the capture doesn't
    show enough to be sure; then the severity is a note.
    """

    rule: str
    severity: Severity
    level: str
    frames: tuple[Frame, ...]
    time_ns: int
    home_address: bytes | None
    node: bytes
    expected: str
    seen: str
    reference: str
    inconclusive: bool = False
    offset: int | None = None

    @property
    def order(self) -> tuple[int, Frame, str]:
        """By time, then by place, then by rule."""
        return self.time_ns, self.frames[-1], self.rule

    def json(self) -> dict[str, Any]:
        """As `mhatool.finding/1`; `files` names the file of each entry of `frames`."""
        return {
            "schema": SCHEMA,
            "rule": self.rule,
            "severity": str(self.severity),
            "level": self.level,
            "frames": [frame.number for frame in self.frames],
            "files": [frame.file for frame in self.frames],
            "time": rfc3339(self.time_ns),
            "first_time": rfc3339(self.frames[0].time_ns),
            "home_address": address.text(self.home_address) if self.home_address is not None else None,
            "node": address.text(self.node),
            "expected": self.expected,
            "seen": self.seen,
            "reference": self.reference,
            "inconclusive": self.inconclusive,
            "offset": self.offset,
        }


def identity_of(record: Mapping[str, Any]) -> Identity:
    """What makes a finding, as JSON, the same one when the capture has grown, or comes by another name."""
    offset = record["offset"] if len(record["frames"]) == 1 else None  # the last frame of several may be another one
    return record["rule"], record["node"], record["home_address"], record["first_time"], offset
