import pytest

from mhatool.protocol.at import At, at

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, 9 * S),
        ("2", 2 * S),
        ("1970-01-01T00:00:02.5Z", 2_500_000_000),
        ("+1.5", 5_500_000_000),
        ("#7", 6 * S),
    ],
)
def test_an_instant_of_something_from_second_4_to_9(text: str | None, expected: int) -> None:
    assert at(text).resolve(4 * S, 9 * S, frame_ns=6 * S) == expected


@pytest.mark.parametrize("text", ["", "#", "#0", "#-1", "#x", "+", "+-1", "+2003-02-18T00:00:00Z", "noon"])
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match="give"):
        at(text)


def test_a_frame() -> None:
    assert at("#12") == At(frame=12)
