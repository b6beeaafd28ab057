"""The shared test vectors: command, octets and JSON of one packet each, worked out without our codec."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Vector:
    """One packet, from its IPv6 header on."""

    name: str
    covers: tuple[str, ...]
    profile: str
    source: str
    command: str
    octets: bytes
    layers: list[dict[str, Any]]
    tshark: dict[str, str] = field(default_factory=dict)
    file: str = ""

    def __str__(self) -> str:
        return self.name


def octets_of(text: str) -> bytes:
    """Hexadecimal text with blanks, line ends and comments from # on."""
    return bytes.fromhex("".join(line.split("#", 1)[0] for line in text.splitlines()))


def _vector(table: dict[str, Any], file: str) -> Vector:
    return Vector(
        name=table["name"],
        covers=tuple(table["covers"]),
        profile=table["profile"],
        source=table["source"],
        command=table["command"],
        octets=octets_of(table["hex"]),
        layers=json.loads(table["json"]),
        tshark=dict(table.get("tshark", {})),
        file=file,
    )


def load_file(path: Path) -> list[Vector]:
    """The vectors of one file, in its order."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["vector"]
    return [_vector(table, path.name) for table in tables]


def load(*families: str) -> list[Vector]:
    """Every vector, or those of the named files (`load("mobility", "icmpv6")`)."""
    paths = [HERE / f"{name}.toml" for name in families] or sorted(HERE.glob("*.toml"))
    return [vector for path in paths for vector in load_file(path)]
