"""Octets as text and back: the text says which it is."""

import pytest

from mhatool.protocol import octets


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (bytes(15) + b"\1", "::1"),
        (bytes.fromhex("02005e100001"), "02:00:5e:10:00:01"),
        (b"\xab\xcd", "abcd"),
        (b"", ""),
    ],
)
def test_there_and_back(value: bytes, text: str) -> None:
    assert octets.text(value) == text
    assert octets.parse(text) == value


@pytest.mark.parametrize("text", ["2001:db8", "02:00:5e:10:00", "abc", "no address"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        octets.parse(text)
