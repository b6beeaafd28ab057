"""The captures that show a rule: one that keeps it and one that breaks it, and what the judge says of the second."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from msgspec import Struct

from dissectors.profile import BUILT_IN, RFC6275
from mhatool.capture import open_capture
from mhatool.exchange import Sighting, Source, sightings
from mhatool.validate.finding import Finding
from mhatool.validate.judge import Judge

FOLDER: Final = Path(__file__).parent / "captures"
"""A link to captures/rules/ in a checkout, these files themselves in an installation."""


class Example(Struct, frozen=True):
    """Two captures of the same packets but for one change; `keeps` and `breaks` say in words what each shows."""

    rule: str
    profile: str
    keeps: str
    breaks: str
    keeping: Path
    breaking: Path

    def judged(self) -> Judged:
        """The packets of the breaking capture, and what the rule finds in them. Raises CaptureError."""
        judge = Judge(BUILT_IN[self.profile], select=[self.rule])
        with open_capture(self.breaking) as reader:
            packets = list(sightings([Source(str(self.breaking), reader)], BUILT_IN[self.profile]))
        findings = [finding for sighting in packets for finding in judge.see(sighting)]
        return Judged(packets, sorted(findings + judge.finish(), key=lambda finding: finding.order))


class Judged(Struct, frozen=True):
    """A breaking capture's packets, in the order of their times, and the findings of its rule."""

    packets: list[Sighting]
    findings: list[Finding]

    def of(self, sighting: Sighting) -> list[Finding]:
        """The findings whose frame at fault this is."""
        return [finding for finding in self.findings if finding.frames[-1] == sighting.frame]


def example_of(rule: str, folder: Path = FOLDER) -> Example | None:
    """The captures of a rule; None where they weren't installed."""
    try:
        known = tomllib.loads((folder / "MANIFEST.toml").read_text(encoding="utf-8"))[rule]
    except (OSError, KeyError):
        return None
    captures = [_nearest(folder / f"{rule}.{kind}.pcapng") for kind in ("keeps", "breaks")]
    if not all(path.is_file() for path in captures):
        return None
    profile = known.get("profile", RFC6275.name)
    return Example(rule, profile, known["keeps"], known["breaks"], *captures)


def _nearest(path: Path) -> Path:
    """The file as one would name it from here: without links, and relative where it is below the working folder."""
    real = path.resolve()
    try:
        here = Path.cwd()
    except FileNotFoundError:  # the folder was taken away
        return real
    return real.relative_to(here) if real.is_relative_to(here) else real
