"""All recipes: every module of this folder that has EXAMPLES."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.recipes.example import Example


def examples() -> list[Example]:
    """In the order of the rules' ids."""
    found: list[Example] = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.stem.startswith("__"):
            found += getattr(import_module(f"tests.recipes.{path.stem}"), "EXAMPLES", [])
    return sorted(found, key=lambda example: example.rule)
