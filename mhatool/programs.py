"""Programs of the system: where they are. A user's PATH often leaves out the folders of daemons."""

from __future__ import annotations

import os
import shutil
from typing import Final

_FOLDERS: Final = ("/usr/sbin", "/sbin")


def environment(**more: str) -> dict[str, str]:
    """What a program is started with: our own environment, with those folders at PATH's end, and these variables."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_FOLDERS])
    return {**os.environ, "PATH": path, **more}


def find(*names: str) -> str | None:
    """Where the first of these is that is installed."""
    path = environment()["PATH"]
    return next((place for name in names if (place := shutil.which(name, path=path))), None)


__all__ = ["environment", "find"]
