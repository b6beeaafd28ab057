"""Judging the captures that a command names: one way for all that speak of findings, so that their numbers agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mhatool.cli.reading import in_all, sources

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from mhatool.capture import CaptureReader
    from mhatool.validate import Finding, Judge


def findings_in(files: Sequence[str], judge: Judge, profile: Profile) -> Iterator[Finding]:
    """As they show: those of a packet at once, the rest at the end."""
    from mhatool.exchange import sightings
    from mhatool.exchange.wanted import traffic

    readers: list[CaptureReader] = []
    for sighting in sightings(sources(files, sieve=traffic(profile), readers=readers), profile):
        yield from judge.see(sighting)
    judge.until(in_all(readers).last_ns)
    yield from judge.finish()
