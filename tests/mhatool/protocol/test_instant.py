"""Instants as text and back."""

import pytest

from mhatool.protocol.instant import parse, rfc3339

S = 1_000_000_000


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1_700_000_000 * S + 1, "2023-11-14T22:13:20.000000001Z"),  # `date -u -d @1700000000`
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (10**13 * S, "10000000000000.000000000"),  # far behind the year 9999
    ],
)
def test_nine_digits_and_utc(time_ns: int, text: str) -> None:
    assert rfc3339(time_ns) == text


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("2023-11-14T22:13:20Z", 1_700_000_000 * S),
        ("2023-11-14 23:13:20.5+01:00", 1_700_000_000 * S + S // 2),
        ("2023-11-14t22:13:20.000000001z", 1_700_000_000 * S + 1),
        ("1700000000", 1_700_000_000 * S),
        ("1700000000.25", 1_700_000_000 * S + S // 4),
    ],
)
def test_text_and_seconds(text: str, time_ns: int) -> None:
    assert parse(text) == time_ns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("noon", "is no time: give RFC 3339"),
        ("2023-11-14T22:13:20", "is no time: give RFC 3339"),  # of which zone?
        ("2023-13-14T22:13:20Z", "is no time: month must be in 1..12"),
        ("1969-12-31T23:59:59Z", "is before 1970 or too far off"),
        ("99999999999", "is before 1970 or too far off"),
    ],
)
def test_what_is_none(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)
