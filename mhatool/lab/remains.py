"""Taking a lab down by its name alone: whatever is left of it, and whatever else is damaged or lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from mhatool.lab import commands
from mhatool.lab.errors import LabError
from mhatool.lab.processes import DamagedError, Process, Processes, end_together, in_namespace, is_of_lab
from mhatool.lab.run import output_of

FOLDER: Final = Path("/run/mhatool/lab")
_NAMESPACES: Final = Path("/run/netns")


def namespaces(name: str) -> list[str]:
    """Those of this lab that the machine has."""
    prefix = commands.namespace(name, "")
    there = _NAMESPACES.iterdir() if _NAMESPACES.exists() else ()
    return sorted(path.name for path in there if path.name.startswith(prefix))


def all_labs(folder: Path = FOLDER) -> list[str]:
    """The names of labs that stand, or of which files are left. One that has only namespaces must be named."""
    folders = [path for path in folder.iterdir() if path.is_dir()] if folder.exists() else []
    return sorted(path.name for path in folders if any(path.iterdir()) or namespaces(path.name))


def remove(name: str, folder: Path = FOLDER) -> None:
    """End what runs in it, remove its namespaces and files. LabError where something of it stays."""
    own = folder / name
    spaces = namespaces(name)
    end_together(_processes(own, spaces))
    for space in spaces:
        try:
            output_of(("ip", "netns", "delete", space))
        except LabError:
            if (_NAMESPACES / space).exists():  # else somebody else was quicker
                raise
    shutil.rmtree(own, ignore_errors=True)
    if own.exists():
        raise LabError(f"{own} can't be removed: see who may write there")


def _processes(own: Path, spaces: list[str]) -> list[Process]:
    """What was started for it, written down or not; where nothing is known, all that runs in its namespaces."""
    try:
        known = Processes(own).all()
    except DamagedError:
        known = {}
    there = [process for space in spaces for process in in_namespace(_NAMESPACES / space)]
    unknown = [process for process in there if not known or is_of_lab(process, own.name)]
    return list({*known.values(), *unknown})


__all__ = ["FOLDER", "all_labs", "namespaces", "remove"]
