"""What a node has changed on its machine and hasn't given back yet, in a file: a node that was killed can't.

Routes and rules have a mark of their own in the kernel, and devices and tables a name; addresses and settings have not.
The file is beside the control socket, in a folder that a reboot empties, as it does with what the file tells of.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from mhatool.live.errors import LiveError
from mhatool.live.locks import lock

#: What was changed: its kind, then what names it.
Key = tuple[str, ...]
_PARTS: Final = 3
"""Of a key."""


class Ledger:
    """One node's file, whole at any moment, and locked while the node runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changes: dict[Key, Any] = {}
        self._file: BinaryIO | None = None

    def left(self) -> dict[Key, Any]:
        """What an earlier run has left behind, with what it needs to be given back; nothing after an orderly end.

        LiveError where the file is that of a node that runs, or can't be read.
        """
        try:
            with self._path.open("rb") as file:
                is_ours = lock(file)
                kept = json.loads(file.read()) if is_ours else []
            changes = dict(map(_change, kept))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError) as error:
            raise self.unreadable(str(error)) from None
        if not is_ours:
            raise LiveError(f"{self._path}: another node keeps there what it has changed; give another `control`")
        return changes

    def unreadable(self, why: str) -> LiveError:
        """What to say of a file that tells of no changes, or of others."""
        what = f"can't be read ({why}), and what an earlier run left behind is written there"
        return LiveError(f"{self._path}: {what}; remove it to leave that as it is")

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
            self.close()
            return
        new = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._replace(new.open("wb"), new)
        except OSError as error:
            what = f"{self._path}: {(error.strerror or '').lower()}"
            raise LiveError(f"{what}: what the node changes couldn't be undone; give another `control`") from error

    def _replace(self, file: BinaryIO, new: Path) -> None:
        """The new file is locked before it has the name."""
        try:
            lock(file)
            file.write(json.dumps(list(self._changes.items())).encode("ascii"))
            file.flush()
            new.replace(self._path)
        except OSError:
            file.close()
            raise
        self.close()
        self._file = file

    def close(self) -> None:
        """The node ends; what it hasn't given back is the next one's."""
        if self._file is not None:
            self._file.close()
        self._file = None


def _change(kept: Any) -> tuple[Key, Any]:
    """A change as it is kept. ValueError or TypeError for what is none."""
    key, how = kept
    if len(key) != _PARTS or not all(isinstance(part, str) for part in key):
        raise ValueError(f"{key!r} names no change")
    return tuple(key), how


__all__ = ["Key", "Ledger"]
