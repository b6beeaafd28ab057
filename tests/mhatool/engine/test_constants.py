"""Constants that would make a node say what it doesn't mean are refused."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from mhatool.engine.constants import BUILT_IN, Constants


@pytest.mark.parametrize("name", ["max_home_binding_lifetime_s", "max_rr_binding_lifetime_s"])
@pytest.mark.parametrize("seconds", [0, 3])
def test_6_1_8_a_limit_under_one_unit_of_lifetime_is_refused(name: str, seconds: int) -> None:
    """Lifetimes count 4 s: less would be granted as 0, which says that the binding is deleted."""
    with pytest.raises(ValueError, match=f"{name}: {seconds} s, but the least lifetime is 4 s"):
        Constants(**{name: seconds})
    assert getattr(Constants(**{name: 4}), name) == 4


def test_what_is_built_in_is_none_of_these() -> None:
    assert set(BUILT_IN) == {"rfc6275", "kame2003", "fast-lab"}


def test_the_engine_reads_each(repository: Path) -> None:
    """Whoever sets one sees something change."""
    read: set[str] = set()
    for path in (repository / "mhatool" / "engine").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        read |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert {field.name for field in fields(Constants)} - read == set()
