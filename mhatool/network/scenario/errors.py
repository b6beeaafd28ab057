"""What is wrong with a scenario, in one line: where, what, what to do."""

from __future__ import annotations

#: A key path: names of tables and keys, and positions in arrays from 0.
Path = tuple[str | int, ...]


def shown(path: Path) -> str:
    """`nodes.ha1.interfaces.home`, `moves[2].at`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class ScenarioError(ValueError):
    """A scenario that can't be run. `path` is the key's, `what` says what is wrong with it and what to give."""

    def __init__(self, what: str, path: Path = (), *, file: str = "", line: int | None = None) -> None:
        self.what = what
        self.path = path
        self.file = file
        self.line = line
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        return ": ".join(part for part in (place, shown(self.path), self.what) if part)


__all__ = ["Path", "ScenarioError", "shown"]
