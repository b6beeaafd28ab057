"""Traces that are read while they grow: where a mobile node is, and whether its home agents know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from os import SEEK_END
from pathlib import Path
from typing import Any


class Lines:
    """The records in a file of JSON Lines that grows: each is given once, as soon as its line is whole.

    A file that became shorter was begun anew.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def new(self) -> Iterator[dict[str, Any]]:
        """Those that have come since the last time."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, SEEK_END) < self._at:
                    self._at = 0
                file.seek(self._at)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    self._at += len(line)
                    yield json.loads(line)
        except FileNotFoundError:
            return


class Whereabouts:
    """Hears a mobile node's events."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        self._location, self._since_ns = "unknown", 0
        self._care_of_address = ""
        self._addresses: set[str] = set()
        self._states: dict[str, tuple[str, str]] = {}

    def settled(self, since_ns: int) -> bool:
        """Whether it came somewhere after that instant, and all its home agents have accepted that."""
        for event in self._lines.new():
            if "name" in event:  # the header has none
                self._hear(event["name"], event["data"], event["time_ns"])
        if self._location == "unknown" or self._since_ns <= since_ns or self._care_of_address not in self._addresses:
            return False
        if self._location == "home":
            return not self._states
        return set(self._states.values()) == {("BOUND", self._care_of_address)}

    def _hear(self, name: str, data: dict[str, Any], time_ns: int) -> None:
        if name == "nd:location_changed":
            self._location, self._since_ns = data["location"], time_ns
        elif name == "nd:care_of_address_changed":
            self._care_of_address, self._since_ns = data["care_of_address"] or "", time_ns
        elif name == "nd:address_assigned":
            self._addresses.add(data["address"])
        elif name == "nd:address_removed":
            self._addresses.discard(data["address"])
        elif name == "binding:update_list_entry" and data["home_registration"]:
            self._states.pop(data["peer"], None)
            if not data["gone"]:
                self._states[data["peer"]] = data["state"], data["care_of_address"]


__all__ = ["Lines", "Whereabouts"]
