"""An experiment happens: a lab is deployed, measured while it is changed, and taken down, whatever comes between."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from mhatool.lab import commands
from mhatool.lab.experiment import Experiment, Step, Stream
from mhatool.lab.gathering import Gathering
from mhatool.lab.lab import Lab, LabError, output_of
from mhatool.lab.whereabouts import Whereabouts
from mhatool.live.control import ask
from mhatool.live.errors import LiveError
from mhatool.programs import find
from mhatool.protocol.lifetime import NS_PER_S

PATIENCE_S: Final = 20.0
"""For what has to be true before the next step."""
_PAUSE_S: Final = 0.05
_FIRST_PORT: Final = 7000


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken: the machine's clock before and after it."""

    step: Step
    began_ns: int
    ended_ns: int


@dataclass(slots=True)
class Trial:
    """An experiment on a lab; `tell` hears what happens, as it happens. What comes of it is in `gathering`'s folder."""

    experiment: Experiment
    lab: Lab
    gathering: Gathering
    tell: Callable[[str], None]
    start_ns: int = 0
    end_ns: int = 0
    done: list[Done] = field(default_factory=list)
    _whereabouts: dict[str, Whereabouts] = field(default_factory=dict)
    _waited_ns: int = 0

    def happen(self, *, keep: bool = False) -> None:
        """All of it; with `keep` the lab stands afterwards. LabError for what can't be done, or isn't so in time."""
        self._need_commands()
        self.tell(f"deploying {self.lab.topology.name}: {', '.join(self.lab.topology.nodes)}")
        self.lab.deploy()
        kept = False
        try:
            self.gathering.begin()
            self._get_ready()
            self._take_steps()
            self._end_measurements()
            self.gathering.collect(self.lab, self.start_ns, self.end_ns)
            kept = keep
        finally:
            if not kept:
                self.lab.destroy()

    # --- before ---

    def _need_commands(self) -> None:
        """What is only missed later, and then without a word."""
        for command in ("dumpcap", *(["bird"] if any(self._routers()) else [])):
            if find(command) is None:
                raise LabError(f"{command} isn't installed; `mhatool doctor` says what to install")

    def _get_ready(self) -> None:
        nodes = self.lab.topology.nodes
        live = [name for name, node in nodes.items() if node.live is not None]
        self._whereabouts = {
            name: Whereabouts(self.lab.trace(name)) for name in live if "mobile_node" in (nodes[name].live or {})
        }
        self._until(lambda: all(map(self._answers, live)), "each node answers")
        self._until(self._routes_are_known, "each router knows the way to each link")
        self._until(lambda: self._settled(0), "each mobile node knows where it is")
        self._begin_measurements()
        self.start_ns = time.time_ns()

    def _answers(self, node: str) -> bool:
        try:
            return bool(ask(self.lab.control(node), {"command": "show", "what": "stats"}))
        except LiveError:
            return False

    def _routes_are_known(self) -> bool:
        networks = set(stub_networks(self.lab))
        return all(networks <= self._routes_of(name) for name, node in self._routers())

    def _routers(self) -> Iterator[tuple[str, Any]]:
        return ((name, node) for name, node in self.lab.topology.nodes.items() if node.routing is not None)

    def _routes_of(self, node: str) -> set[str]:
        shown = output_of(("ip", "-n", commands.namespace(self.lab.topology.name, node), "-6", "route"))
        return {line.split()[0] for line in shown.splitlines() if line}

    def _settled(self, since_ns: int) -> bool:
        moved = {node: done.ended_ns for done in self.done for node in done.step.move}
        return all(each.settled(moved.get(name, since_ns)) for name, each in self._whereabouts.items())

    def _begin_measurements(self) -> None:
        bridges = [part for link in self.lab.topology.links for part in ("-i", commands.bridge(link))]
        self.lab.start_beside(commands.SWITCH, "capture", "dumpcap", "-q", *bridges, "-w", str(self.gathering.raw))
        self._until(self.gathering.capture_has_begun, "the capture has begun")
        for name, _ in self._routers():
            self.lab.start_beside(name, f"{name}.routes", "env", "TZ=UTC", "ip", "-ts", "-6", "monitor", "route")
        first = [(index, stream) for index, stream in enumerate(self.experiment.traffic) if not stream.from_s]
        for index, stream in first:
            self._begin_stream(index, stream)
        files = [file for index, stream in first for file in self.gathering.heard_at(index, stream)]
        self._until(lambda: all(map(_has_heard, files)), "all traffic flows")

    def _begin_stream(self, index: int, stream: Stream) -> None:
        port = _FIRST_PORT + index
        addresses = [address_of(self.lab, node) for node in stream.between]
        for end, node in enumerate(stream.between):
            local, peer, out = addresses[end], addresses[1 - end], self.gathering.traffic(index, node)
            if stream.transport == "udp":
                rest = ("traffic", local, peer, str(port), f"{stream.per_second:g}", "3600", str(out))
            else:
                role = "listen" if end else "connect"
                rest = ("connection", role, local, peer, str(port), f"{stream.per_second:g}", str(out))
            command = (sys.executable, "-m", f"mhatool.lab.{rest[0]}", *rest[1:])
            self.lab.start_beside(node, f"{node}.traffic{index}", *command)

    # --- meanwhile ---

    def _take_steps(self) -> None:
        """Steps, and streams that begin later, each at its time; of what has the same time steps come first."""
        later = [(stream.from_s, 1, index) for index, stream in enumerate(self.experiment.traffic) if stream.from_s]
        steps = [(step.at_s, 0, index) for index, step in enumerate(self.experiment.steps)]
        for at_s, is_stream, index in sorted([*steps, *later]):
            self._sleep_until(at_s)
            if is_stream:
                self._begin_stream(index, self.experiment.traffic[index])
            else:
                self._take_settled(self.experiment.steps[index])
        self._sleep_until(self.experiment.duration_s)
        self.end_ns = time.time_ns()

    def _take_settled(self, step: Step) -> None:
        if step.settled:
            began_ns = time.time_ns()
            self._until(lambda: self._settled(0), f"all have registered, before {step.told}")
            self._waited_ns += time.time_ns() - began_ns
        self._take(step)

    def _take(self, step: Step) -> None:
        began_ns = time.time_ns()
        self.tell(f"{(began_ns - self.start_ns) / NS_PER_S:6.2f} s  {step.told}")
        for node, link in step.move.items():
            self.lab.move(node, link)
        for node, how in step.fail.items():
            self.lab.fail(node, how)
        for node in step.recover:
            self.lab.recover(node)
        for link, impairment in step.impair.items():
            self.lab.impair(link, impairment)
        self.done.append(Done(step, began_ns, time.time_ns()))

    def _sleep_until(self, at_s: float) -> None:
        left_ns = self.start_ns + self._waited_ns + round(at_s * NS_PER_S) - time.time_ns()
        time.sleep(max(left_ns, 0) / NS_PER_S)

    def _until(self, what: Callable[[], bool], told: str) -> None:
        """Until that is true. LabError where it isn't in time."""
        end = time.monotonic() + PATIENCE_S
        while not what():
            if time.monotonic() > end:
                logs = self.gathering.keep_logs(self.lab)
                raise LabError(f"not within {PATIENCE_S:g} s: {told}; what the nodes said is in {logs}")
            time.sleep(_PAUSE_S)

    # --- after ---

    def _end_measurements(self) -> None:
        running = list(self.lab.processes.all())
        streams = [name for name in running if ".traffic" in name]
        for name in streams:
            self.lab.processes.signal(name, 15)  # all at once: who has ended hears no more
        for name in [*streams, *(name for name in running if name == "capture" or name.endswith(".routes"))]:
            self.lab.processes.end(name)


def stub_networks(lab: Lab) -> Iterator[str]:
    """The networks of links that routers tell of."""
    for node in lab.topology.nodes.values():
        for key in node.routing.stubs if node.routing is not None else ():
            for address in node.interfaces[key].addresses:
                yield str(ip_network(address, strict=False))


def address_of(lab: Lab, name: str) -> str:
    """A node's own: a mobile node's home address, else the first one that it has. LabError where it has none."""
    node = lab.node(name)
    mobile = (node.live or {}).get("mobile_node")
    if mobile is not None:
        return str(mobile["home_address"])
    for interface in node.interfaces.values():
        for address in interface.addresses:
            return address.partition("/")[0]
    raise LabError(f"{name} has no address: traffic can't lead there; give its interface one")


def _has_heard(file: Path) -> bool:
    return file.exists() and '"received"' in file.read_text("ascii")


__all__ = ["Done", "Trial", "address_of", "stub_networks"]
