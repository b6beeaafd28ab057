"""TOML of somebody else's: read as the standard library reads it, refused where that would break down or never end."""

import tomllib

import pytest

from dissectors import toml_text

USUAL = f"{'.'.join('a' * toml_text.MOST_PARTS)} = 1\n[b.'c.d']\nlist = [[1], [2.5]]\n"


def test_what_is_usual_is_read_as_ever() -> None:
    assert toml_text.read(USUAL) == tomllib.loads(USUAL)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"a = {'[' * 100_000}", "too deep"),
        (f"a = {'[{a=' * 3000}", "too deep"),
        (f"{'.'.join('a' * 100_000)} = 1", "more than 100 parts"),
        (f"[{'.'.join('a' * 100_000)}]", "more than 100 parts"),
        (f"a = {' . '.join(['{x', *('a' * 50_000)])} = 1 }}", "more than 100 parts"),
        (f"a = {'9' * 5000}", "too many digits"),
        ("a = ", "Invalid value"),
    ],
)
def test_what_is_too_much_is_no_toml(text: str, message: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError, match=message):
        toml_text.read(text)
