"""What is true in a lab while an experiment runs, for somebody who looks on: told by the files that nodes write."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from mhatool.lab.experiment import Stream
from mhatool.lab.gathering import names_of
from mhatool.lab.trial import Trial
from mhatool.lab.whereabouts import Lines
from mhatool.protocol.lifetime import NS_PER_S

BIN_NS: Final = NS_PER_S // 2
"""How long packets are counted together."""


@dataclass(slots=True)
class NodeTables:
    """A node's, by what its trace has told so far."""

    lines: Lines
    updates: dict[str, dict[str, Any]] = field(default_factory=dict)
    bindings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    location: str = ""

    def look(self) -> None:
        """Take in what is new."""
        for event in self.lines.new():
            name, data = event.get("name"), event.get("data", {})
            if name is None:  # a header: it has come up again
                self.updates.clear()
                self.bindings.clear()
            elif name == "binding:update_list_entry":
                _put(self.updates, data["peer"], data)
            elif name == "binding:cache_entry" and not data.get("cloned"):
                _put(self.bindings, (data["home_address"], data["address"]), data)
            elif name == "nd:location_changed":
                self.location = data["location"]


def _put(table: dict[Any, dict[str, Any]], key: Any, entry: dict[str, Any]) -> None:
    if entry["gone"]:
        table.pop(key, None)
    else:
        table[key] = entry


class Board:
    """Looks at a trial; `said` is what was told of it."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.said: list[str] = []
        lab = trial.lab
        self.names = {address: name for name, said in names_of(lab).items() for address in said["addresses"]}
        live = {name: node.live for name, node in lab.topology.nodes.items() if node.live is not None}
        order = sorted(live, key=lambda name: [role in live[name] for role in ("correspondent", "home_agent")])
        self.nodes = {name: NodeTables(Lines(lab.trace(name))) for name in order}
        self.arrived: dict[str, Counter[int]] = {}
        """Of each direction of each stream: how many packets came, by number of the bin since the start."""
        self.streams: dict[str, Stream] = {}
        self._heard: dict[str, Lines] = {}
        for index, stream in enumerate(trial.experiment.traffic):
            for sender, receiver in (stream.between, stream.between[::-1])[: 2 if stream.transport == "udp" else 1]:
                title = f"{stream.transport} {sender} → {receiver}"
                self._heard[title] = Lines(trial.gathering.traffic(index, receiver))
                self.arrived[title] = Counter()
                self.streams[title] = stream

    def tell(self, what: str) -> None:
        """Something happens."""
        self.said.append(what)

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the start, to the end; 0 before it."""
        start_ns = self._trial.start_ns
        return (self._trial.end_ns or time.time_ns()) - start_ns if start_ns else 0

    @property
    def dead(self) -> set[str]:
        """The nodes that have failed and not come back."""
        found: set[str] = set()
        for done in self._trial.done:
            found = (found | set(done.step.fail)) - set(done.step.recover)
        return found

    def look(self) -> None:
        """Take in what is new."""
        for tables in self.nodes.values():
            tables.look()
        start_ns = self._trial.start_ns
        for title, lines in self._heard.items() if start_ns else ():
            came = (record["time_ns"] - start_ns for record in lines.new() if "received" in record)
            self.arrived[title].update(since_ns // BIN_NS for since_ns in came)


__all__ = ["BIN_NS", "Board", "NodeTables"]
