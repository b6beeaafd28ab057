"""The facts of captures/MANIFEST.toml."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).parents[2] / "captures"


def entries() -> list[dict[str, Any]]:
    return tomllib.loads((CAPTURES / "MANIFEST.toml").read_text(encoding="utf-8"))["capture"]


def entry(name: str) -> dict[str, Any]:
    return next(e for e in entries() if e["file"] == f"umip/{name}")


def nanoseconds(instant: datetime) -> int:
    """TOML's time, to the microsecond."""
    return int(instant.timestamp()) * 1_000_000_000 + instant.microsecond * 1000
