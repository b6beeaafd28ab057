"""Judging the captures that a command names: one way for all that speak of findings, so that their numbers agree.

Where there is much to judge a second process takes half of the rules; what is found is the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from mhatool.capture import CaptureError, open_capture
from mhatool.capture.second_process import ALONE, BY_DEFAULT, Plan
from mhatool.cli.common import fail
from mhatool.cli.order import told_of_disorder
from mhatool.cli.reading import in_all, read_once, sources

if TYPE_CHECKING:
    from dissectors.profile import Profile
    from mhatool.capture import CaptureReader
    from mhatool.capture.sieve import Sieve
    from mhatool.exchange import Sighting
    from mhatool.validate import Finding, Judge

MUCH: Final = 1024 * 1024
"""Octets of captures from which on a second process pays."""
SAMPLE: Final = 256
"""Packets that are judged, the first ones, by which the whole is known."""
SPARSE: Final = 4
"""Where less than one of so many has to be judged, the second process had better help to find it."""


def findings_in(files: Sequence[str], judge: Judge, profile: Profile) -> Iterator[Finding]:
    """As they show: those of a packet at once or soon, the rest at the end."""
    from mhatool.capture.wanted import traffic
    from mhatool.validate import second_judge

    sieve = traffic(profile)
    if second_judge.is_room() and _is_much(files, sieve):
        packets = _Packets(files, profile, sieve, plan=ALONE)
        unheard = partial(_Packets, files, profile, sieve, plan=ALONE, tells=False)
        with second_judge.SecondJudge(judge.halve(), unheard) as second:
            yield from second_judge.findings_of_both(judge, packets, second)
        return
    packets = _Packets(files, profile, sieve)
    for sighting in packets.sightings:
        yield from judge.see(sighting)
    judge.until(packets.last_ns)
    yield from judge.finish()


def rules_named(key: str, words: Sequence[str] | None = None) -> tuple[str, ...]:
    """The rules, or families, that a flag names, else the setting; each word may hold several with commas between.

    Fails where there is none of a name that a setting gives, and says which setting; flags are their reader's to check.
    """
    from mhatool.settings import sourced
    from mhatool.validate import UnknownRuleError, named

    said = sourced(key)
    value = said.value if words is None else tuple(words)
    texts = value if isinstance(value, tuple) else (str(value),)
    names = tuple(name for text in texts for name in text.replace(",", " ").split())
    if words is None:
        try:
            for name in names:
                named(name)
        except UnknownRuleError as error:
            fail(str(error), where=said.place)
    return names


class _Packets:
    """Those of some captures, as far as rules need them."""

    def __init__(
        self, files: Sequence[str], profile: Profile, sieve: Sieve, *, plan: Plan = BY_DEFAULT, tells: bool = True
    ) -> None:
        from mhatool.exchange import sightings

        self._readers: list[CaptureReader] = []
        read = sources(files, sieve=sieve, readers=self._readers, plan=plan, tells=tells)
        packets = sightings(read, profile)
        self.sightings: Iterator[Sighting] = told_of_disorder(packets) if tells else packets

    @property
    def last_ns(self) -> int | None:
        """When the last one was captured, those left out among them; known when all were read."""
        return in_all(self._readers).last_ns


def _is_much(files: Sequence[str], sieve: Sieve) -> bool:
    """Whether there is so much to judge that a second process pays, in files that can be read twice.

    Where most packets needn't be judged, finding the others is most of the work, and a second process does that.
    """
    try:
        if any(map(read_once, files)) or sum(map(os.path.getsize, files)) < MUCH:
            return False
        with open_capture(files[0]) as reader:
            sample = list(islice(reader.sift(sieve, ALONE), SAMPLE))
    except (OSError, CaptureError):  # it is told where the file is read
        return False
    return len(sample) == SAMPLE and sample[-1].frame <= SAMPLE * SPARSE
