"""200,000 mutated and truncated frames through view, codec, records, observer and rules."""

from __future__ import annotations

import pytest

from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.fuzz.target import read

FRAMES = 200_000
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_mutated_frames(part: int) -> None:
    for number, octets in enumerate(mutations(part, corpus(), FRAMES // PARTS)):
        profile = "kame2003" if number % 4 == 0 else "rfc6275"
        try:
            read(octets, profile, number)
        except Exception as error:
            raise AssertionError(f"seed {part}, frame {number}, {profile}: {octets.hex()}") from error


def test_the_mutator_is_deterministic() -> None:
    assert list(mutations(7, corpus(), 50)) == list(mutations(7, corpus(), 50))
    assert list(mutations(7, corpus(), 50)) != list(mutations(8, corpus(), 50))
