"""Each key of a TOML document is found on its line."""

import tomllib
from typing import Any

import pytest

from mhatool.network.scenario.builtin import built_in_names, built_in_path
from mhatool.network.scenario.lines import key_lines, line_of

TEXT = '''# a comment with [brackets] = and signs
title = "a # in a text, [ and ]"
start = 2026-01-01 00:00:00Z
"quoted.key" = 1
text = """
not = "a key"
[nor.a.table]
"""
other = \'\'\'one'quote\'\'\'
[links.home]
delay_ms = 1.5 # [x]
[links . "foreign 1"]
a.b = 2
[[moves]]
at = 1
links = [
  "x", # first
  "y",
  [1, { z = 3, y.x = [4] }],
]
[[moves]]
node = "mn"
[moves.inner]
deep = { one = 1, two = { three = "}" } }
[[moves.list]]
last = true
'''
LINES = {
    ("title",): 2,
    ("start",): 3,
    ("quoted.key",): 4,
    ("text",): 5,
    ("other",): 9,
    ("links", "home"): 10,
    ("links", "home", "delay_ms"): 11,
    ("links", "foreign 1"): 12,
    ("links", "foreign 1", "a"): 13,
    ("links", "foreign 1", "a", "b"): 13,
    ("moves",): 14,
    ("moves", 0): 14,
    ("moves", 0, "at"): 15,
    ("moves", 0, "links"): 16,
    ("moves", 0, "links", 0): 17,
    ("moves", 0, "links", 1): 18,
    ("moves", 0, "links", 2, 1, "y", "x", 0): 19,
    ("moves", 1): 21,
    ("moves", 1, "node"): 22,
    ("moves", 1, "inner", "deep", "two", "three"): 24,
    ("moves", 1, "list", 0, "last"): 26,
}


@pytest.mark.parametrize(("path", "line"), LINES.items(), ids=str)
def test_the_line_of_a_key(path: tuple[Any, ...], line: int) -> None:
    assert key_lines(TEXT)[path] == line


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a document, as tomllib reads it."""
    found = [path] if path else []
    if isinstance(value, dict):
        return found + [inner for key, item in value.items() for inner in paths_of(item, (*path, key))]
    if isinstance(value, list):
        return found + [inner for index, item in enumerate(value) for inner in paths_of(item, (*path, index))]
    return found


def test_the_paths_are_tomllibs() -> None:
    known = key_lines(TEXT)
    assert [path for path in paths_of(tomllib.loads(TEXT)) if path not in known] == []


@pytest.mark.parametrize("name", built_in_names())
def test_every_key_of_a_built_in_scenario_has_a_line(name: str) -> None:
    path = built_in_path(name)
    assert path is not None
    text = path.read_text("utf-8")
    lines = key_lines(text)
    for key_path in paths_of(tomllib.loads(text)):
        line = lines[key_path]
        if isinstance(key_path[-1], str):
            assert key_path[-1] in text.splitlines()[line - 1]


def test_the_nearest_key_around_an_unknown_one() -> None:
    assert line_of(key_lines(TEXT), ("moves", 1, "inner", "missing", "more")) == 23
    assert line_of(key_lines(TEXT), ("nowhere",)) is None
