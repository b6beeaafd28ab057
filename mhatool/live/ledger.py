"""What a node has changed on its machine and hasn't given back yet, in a file: a node that was killed can't.

Routes and rules have a mark of their own in the kernel, and devices and tables a name; addresses and settings have not.
All of these belong to a network namespace, and go with it and with a reboot. So the file is named after the namespace,
and says from which start of the machine it is: what an earlier run did elsewhere is never undone here.
"""

from __future__ import annotations

import glob
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from mhatool.live.clock import this_boot
from mhatool.live.errors import LiveError
from mhatool.live.locks import lock

#: What was changed: its kind, then what names it.
Key = tuple[str, ...]
_PARTS: Final = 3
"""Of a key."""
SUFFIX: Final = ".made"
"""Of a stem."""
_SO_NETNS_COOKIE: Final = 71
_UNREADABLE: Final = (OSError, ValueError, TypeError, LookupError)


class Ledger:
    """One node's file, whole at any moment, and locked while the node runs.

    `stem` is its path but for the number of the network namespace, which is this process' if none is given.
    """

    def __init__(self, stem: Path, namespace: int | None = None) -> None:
        self._stem = stem
        self.path = stem.with_name(f"{stem.name}.{_namespace() if namespace is None else namespace}")
        self._changes: dict[Key, Any] = {}
        self._file: BinaryIO | None = None

    def left(self) -> dict[Key, Any]:
        """What an earlier run has left behind, with what it needs to be given back; nothing after an orderly end.

        LiveError where the file is that of a node that runs, or can't be read.
        """
        try:
            return _kept(self.path)
        except BlockingIOError:
            what = f"{self.path}: another node keeps there what it has changed; give another `control`"
            raise LiveError(what) from None
        except _UNREADABLE as error:
            raise self.unreadable(str(error)) from None

    def elsewhere(self) -> Iterator[Path]:
        """The files of what earlier runs have left behind in other network namespaces; those of nothing are removed."""
        for path in sorted(self._stem.parent.glob(f"{glob.escape(self._stem.name)}.*")):
            if path != self.path and path.suffix[1:].isdigit():
                try:
                    if _kept(path):
                        yield path
                    else:
                        path.unlink()
                except _UNREADABLE:
                    continue  # it is for who starts there

    def unreadable(self, why: str) -> LiveError:
        """What to say of a file that tells of no changes, or of others."""
        what = f"can't be read ({why}), and what an earlier run left behind is written there"
        return LiveError(f"{self.path}: {what}; remove it to leave that as it is")

    def add(self, key: Key, how: Any) -> None:
        """Before it is changed. LiveError where it can't be written: nothing is changed that couldn't be undone."""
        before = dict(self._changes)
        if before.get(key) == how:
            return
        self._changes[key] = how
        try:
            self._write()
        except LiveError:
            self._changes = before
            raise

    def remove(self, key: Key) -> None:
        """It has been given back. Where that can't be written, the next start gives it back once more."""
        if self._changes.pop(key, None) is not None:
            with suppress(LiveError):
                self._write()

    def clear(self) -> None:
        """All has been given back."""
        self._changes.clear()
        self._write()

    def _write(self) -> None:
        if not self._changes:
            with suppress(FileNotFoundError):
                self.path.unlink()
            self.close()
            return
        new = self.path.with_name(self.path.name + ".new")
        try:
            self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._replace(new.open("wb"), new)
        except OSError as error:
            what = f"{self.path}: {(error.strerror or '').lower()}"
            raise LiveError(f"{what}: what the node changes couldn't be undone; give another `control`") from error

    def _replace(self, file: BinaryIO, new: Path) -> None:
        """The new file is locked before it has the name."""
        try:
            lock(file)
            file.write(json.dumps({"boot": this_boot(), "changes": list(self._changes.items())}).encode("ascii"))
            file.flush()
            new.replace(self.path)
        except OSError:
            file.close()
            new.unlink(missing_ok=True)  # the room that it takes is somebody's
            raise
        self.close()
        self._file = file

    def close(self) -> None:
        """The node ends; what it hasn't given back is the next one's."""
        if self._file is not None:
            self._file.close()
        self._file = None


def left_in(folder: Path) -> Iterator[Path]:
    """The files in a folder of what nodes that were killed have left behind in this network namespace."""
    for path in sorted(folder.glob(f"*{SUFFIX}.{_namespace()}")):
        with suppress(*_UNREADABLE):
            if _kept(path):
                yield path


def _namespace() -> int:
    """The number of this network namespace: no other one has had it since the machine's start.

    Before Linux 5.14 it is its inode, which may be another one's once this one is gone.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asked:
        try:
            return int.from_bytes(asked.getsockopt(socket.SOL_SOCKET, _SO_NETNS_COOKIE, 8), sys.byteorder)
        except OSError:
            return os.stat("/proc/self/ns/net").st_ino


def _kept(path: Path) -> dict[Key, Any]:
    """What a file tells of. BlockingIOError where its node runs; others where it can't be read."""
    try:
        with path.open("rb") as file:
            if not lock(file):
                raise BlockingIOError
            kept = json.loads(file.read())
    except FileNotFoundError:
        return {}
    return dict(map(_change, kept["changes"])) if kept["boot"] == this_boot() else {}


def _change(kept: Any) -> tuple[Key, Any]:
    """A change as it is kept. ValueError or TypeError for what is none."""
    key, how = kept
    if len(key) != _PARTS or not all(isinstance(part, str) for part in key):
        raise ValueError(f"{key!r} names no change")
    return tuple(key), how


__all__ = ["SUFFIX", "Key", "Ledger", "left_in"]
