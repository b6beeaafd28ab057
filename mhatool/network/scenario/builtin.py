"""The scenarios that come with the package."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "scenarios"


def built_in_names() -> list[str]:
    """Their names, in order."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def built_in_path(name: str) -> Path | None:
    """The file of one; None where there is none of that name."""
    return _FOLDER / f"{name}.toml" if name in built_in_names() else None


__all__ = ["built_in_names", "built_in_path"]
