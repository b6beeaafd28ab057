"""What a node has changed on its machine and hasn't given back yet, in a file: a node that was killed can't.

Routes and rules have a mark of their own in the kernel, and devices and tables a name; addresses and settings have not.
The file is beside the control socket, in a folder that a reboot empties, as it does with what the file tells of.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from mhatool.live.errors import LiveError

#: What was changed: its kind, then what names it.
Key = tuple[str, ...]


class Ledger:
    """One node's file, whole at any moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changes: dict[Key, Any] = {}

    def left(self) -> dict[Key, Any]:
        """What an earlier run has left behind, with what it needs to be given back; nothing after an orderly end."""
        try:
            kept = json.loads(self._path.read_bytes())
            return {tuple(key): how for key, how in kept}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            what = f"can't be read ({error}), and what an earlier run left behind is written there"
            raise LiveError(f"{self._path}: {what}; remove it to leave that as it is") from None

    def add(self, key: Key, how: Any) -> None:
        """Before it is changed. LiveError where it can't be written: nothing is changed that couldn't be undone."""
        self._changes[key] = how
        self._write()

    def remove(self, key: Key) -> None:
        """It has been given back."""
        if self._changes.pop(key, None) is not None:
            self._write()

    def clear(self) -> None:
        """All has been given back."""
        self._changes.clear()
        self._write()

    def _write(self) -> None:
        if not self._changes:
            with suppress(FileNotFoundError):
                self._path.unlink()
            return
        new = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            new.write_text(json.dumps(list(self._changes.items())), "ascii")
            new.replace(self._path)
        except OSError as error:
            what = f"{self._path}: {(error.strerror or '').lower()}"
            raise LiveError(f"{what}: what the node changes couldn't be undone; give another `control`") from error


__all__ = ["Key", "Ledger"]
