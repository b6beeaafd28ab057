"""What is written is what the standard library reads again."""

import tomllib
from typing import Any

import pytest

from mhatool.protocol.toml import written

ODD = 'a "b"\\ c.d\n\x7f\x1b é 😀'


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"a": 1, "b": True, "c": [1.5, "x", False], "d": ODD},
        {"plain-key_1": {"x": 1, "of": {"it": {}}}, "": {"empty": ""}},
        {ODD: {ODD: {"list": [{ODD: ODD}, {"x": ["y"]}]}}},
        {"é": 1, "1.2": {"3": 4}},
    ],
)
def test_it_comes_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(written(table)) == table
