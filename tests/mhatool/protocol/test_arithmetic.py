import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhatool.protocol import lifetime, sequence

NUMBERS = st.integers(0, 65535)


@pytest.mark.parametrize(
    ("new", "old", "fresh"),
    [
        (1, 0, True),
        (0, 0, False),
        (0, 65535, True),  # the wrap
        (32767, 0, True),
        (32768, 0, False),
        (65535, 0, False),
        (5, 65530, True),
        (65530, 5, False),
    ],
)
def test_freshness_is_rfc_6275_section_9_5_1(new: int, old: int, fresh: bool) -> None:
    assert sequence.is_fresh(new, old) is fresh


@given(NUMBERS, NUMBERS)
def test_of_two_numbers_at_most_one_is_fresh(one: int, other: int) -> None:
    both = sequence.is_fresh(one, other), sequence.is_fresh(other, one)
    assert sum(both) == (0 if (one - other) % 65536 in (0, 32768) else 1)


@given(NUMBERS, st.integers(1, 32767))
def test_steps_ahead_survive_the_wrap(old: int, steps: int) -> None:
    assert sequence.is_fresh((old + steps) % 65536, old)
    assert sequence.ahead((old + steps) % 65536, old) == steps


def test_lifetimes_are_exact_in_nanoseconds() -> None:
    assert lifetime.expiry(1_795_427_656_110_098_001, 60) == 1_795_427_716_110_098_001
    assert lifetime.seconds(60_006_768_000) == 60.006768
    assert lifetime.nanoseconds(0.1) == 100_000_000


@pytest.mark.parametrize(
    ("heard_s", "left_s", "believed_s"),
    [
        # RFC 4862, 5.5.3 e: 1) more than two hours, or more than is left; 2) two hours or less are left; 3) two hours.
        (7201, 86_400, 7201),
        (61, 60, 61),
        (60, 60, None),
        (7200, 7200, None),
        (0, 7200, None),
        (7200, 7201, 7200),
        (0, 86_400, 7200),
        (0, None, 7200),
        (7201, None, 7201),
    ],
)
def test_lifetimes_of_prefixes_are_believed_as_far_as_they_can_be_trusted(
    heard_s: int, left_s: int | None, believed_s: int | None
) -> None:
    assert lifetime.believed_s(heard_s, left_s) == believed_s
