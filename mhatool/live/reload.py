"""Read a running node's file again: what may change changes, and what can't keeps the whole of it from changing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from mhatool.engine.commands import Reconfigure
from mhatool.live.configuration import ROLE_TABLES, LiveNode, load
from mhatool.live.errors import LiveError
from mhatool.network.scenario.errors import ScenarioError

LOG = logging.getLogger("mhatool.live")


class Reload:
    """One node's file, as it was read last; `tell` gives the node a command, `pace` its driver another packet rate."""

    def __init__(self, live: LiveNode, tell: Callable[[Reconfigure], None], pace: Callable[[float], None]) -> None:
        self._live = live
        self._tell = tell
        self._pace = pace

    def reload(self) -> list[str]:
        """The keys that are otherwise now. LiveError where the file is wrong or asks too much: nothing has changed."""
        try:
            new = load(self._live.path)
        except ScenarioError as error:
            raise LiveError(f"{error}; nothing has changed") from None
        role = self._live.file.role
        refused = [key for key, may in changes(self._live, new) if not may]
        if refused:
            what = f"{', '.join(refused)} can't change while the node runs; restart it. Nothing has changed"
            raise LiveError(f"{new.path}: {what}")
        changed = _differing(self._live.configuration, new.configuration)
        told = [key for key, _ in changes(self._live, new)]
        if new.file.packet_rate != self._live.file.packet_rate:
            self._pace(new.file.packet_rate)
        self._live = new
        LOG.setLevel(new.file.log_level.upper())
        if changed:
            self._tell(Reconfigure(tuple((name, getattr(new.configuration, name)) for name in changed)))
        LOG.info("read %s again: %s", new.path, ", ".join(told) or f"nothing is otherwise for the {role}")
        return told

    def hang_up(self) -> None:
        """SIGHUP: the same, and the log says what came of it."""
        try:
            self.reload()
        except LiveError as error:
            LOG.error("%s", error)


def changes(old: LiveNode, new: LiveNode) -> list[tuple[str, bool]]:
    """What is otherwise in the new file, as paths of keys, each with whether it may change while the node runs."""
    found = [(name, name in old.file.CHANGEABLE) for name in _differing(old.file, new.file, ROLE_TABLES)]
    if old.file.role != new.file.role:
        return [*found, (new.file.role, False)]
    fixed = {name for name, _ in found}
    own = [name for name in _differing(old.configuration, new.configuration) if name not in fixed]
    return [*found, *((f"{new.file.role}.{name}", name in old.configuration.CHANGEABLE) for name in own)]


def _differing(old: Any, new: Any, without: tuple[str, ...] = ()) -> list[str]:
    """The names of fields that two of a kind have otherwise."""
    names = (field.name for field in fields(old) if field.name not in without)
    return [name for name in names if getattr(old, name) != getattr(new, name)]


__all__ = ["Reload", "changes"]
