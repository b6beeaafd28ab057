"""A lab: a topology that stands, with its nodes and daemons; made, changed and removed."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from mhatool.lab import commands
from mhatool.lab.bird import bird_configuration
from mhatool.lab.commands import SWITCH
from mhatool.lab.errors import LabError
from mhatool.lab.hub import Impairment
from mhatool.lab.processes import Process, Processes
from mhatool.lab.remains import FOLDER, all_labs, namespaces, remove
from mhatool.lab.run import Sink, output_of, run, write_output_of
from mhatool.lab.topology import LabNode, Topology, load, placed
from mhatool.live.configuration import check
from mhatool.live.control import is_answered
from mhatool.network.scenario.errors import ScenarioError
from mhatool.programs import find
from mhatool.protocol.toml import written

PATIENCE_S: Final = 20.0
"""For a node that was started to answer."""
_PAUSE_S: Final = 0.05
_OF_PACKAGE: Final = {"ip": "iproute2", "sysctl": "procps", "ethtool": "ethtool", "bird": "bird2"}
"""What a lab is made with, and the Debian packages that have it."""


class Lab:
    """One topology by its name: several labs may stand side by side."""

    def __init__(self, topology: Topology, folder: Path = FOLDER) -> None:
        self.topology = topology
        self.folder = folder / topology.name
        self.processes = Processes(self.folder)

    @property
    def stands(self) -> bool:
        """Whether anything of it is there."""
        return self.folder.exists() or bool(self.namespaces())

    @property
    def _is_ruin(self) -> bool:
        """Whether all that ran in it has ended by itself."""
        known = self.processes.all()
        return bool(known) and not any(process.runs for process in known.values())

    def namespaces(self) -> list[str]:
        """Those of this lab that the machine has."""
        return namespaces(self.topology.name)

    # --- make and remove ---

    def deploy(self) -> None:
        """Make it all, start what runs in it, and wait until each node answers.

        LabError where it stands already or can't be made, ScenarioError where a node can't run as it is to; then
        nothing is left. What a crash left of an earlier one, of which nothing runs any more, is removed.
        """
        self.check()
        for command, package in _OF_PACKAGE.items():
            if find(command) is None and (command != "bird" or self._has_routers):
                raise LabError(f"{command} isn't installed: apt-get install {package}")
        if self._is_ruin:
            self.destroy()
        if self.stands:
            raise LabError(f"lab {self.topology.name} stands already: mhatool lab destroy {self.topology.name}")
        try:
            self.folder.mkdir(parents=True)
            self._write("topology.toml", self.topology.written)
            run(commands.deployment(self.topology))
            for name in self.topology.nodes:
                self.start(name)
            self._wait()
        except OSError as error:
            self.destroy()
            raise LabError(f"{error.filename or self.folder}: {(error.strerror or str(error)).lower()}") from None
        except BaseException:
            self.destroy()
            raise

    def check(self) -> None:
        """ScenarioError where a node can't run as the topology says."""
        for name, node in self.topology.nodes.items():
            if node.live is not None:
                try:
                    check(self._live(name, node.live), str(self.folder / f"{name}.toml"))
                except ScenarioError as error:
                    wrong = ScenarioError(error.what, ("nodes", name, "live", *error.path))
                    raise placed(self.topology, wrong) from None

    @property
    def _has_routers(self) -> bool:
        return any(node.routing is not None for node in self.topology.nodes.values())

    def _wait(self) -> None:
        """Until each node answers. LabError where one doesn't, or something of the lab has ended."""
        until = time.monotonic() + PATIENCE_S
        waiting = [name for name, node in self.topology.nodes.items() if node.live is not None]
        while True:
            for name, process in self.processes.all().items():
                if not process.runs:
                    raise LabError(f"{name} has ended: {self._last_word(name)}")
            waiting = [name for name in waiting if not is_answered(self.control(name))]
            if not waiting:
                return
            if time.monotonic() > until:
                raise LabError(f"{waiting[0]} doesn't answer: {self._last_word(waiting[0])}")
            time.sleep(_PAUSE_S)

    def _last_word(self, name: str) -> str:
        """The last line of what a process said."""
        said = (self.folder / f"{name}.log").read_text("utf-8", errors="replace").strip().splitlines()
        return said[-1] if said else "it said nothing"

    def destroy(self) -> None:
        """End what runs in it, remove its namespaces and files; whatever of it is there."""
        remove(self.topology.name, self.folder.parent)

    # --- nodes ---

    def node(self, name: str) -> LabNode:
        """A node of the topology. LabError where there is none of that name."""
        found = self.topology.nodes.get(name)
        if found is None:
            raise LabError(f"there is no node {name!r}; there are {', '.join(self.topology.nodes)}")
        return found

    def start(self, name: str) -> None:
        """Start what is to run in a node and doesn't: routing, then its node."""
        node = self.node(name)
        if node.routing is not None:
            file = self._write(f"{name}.bird", bird_configuration(name, node.routing))
            paths = ("-s", str(self.folder / f"{name}.bird.ctl"), "-P", str(self.folder / f"{name}.bird.pid"))
            self._start(name, f"{name}.bird", "bird", "-f", "-c", str(file), *paths)
        if node.live is not None:
            file = self._write(f"{name}.toml", written(self._live(name, node.live)))
            self._start(name, name, sys.executable, "-m", "mhatool", "node", "run", str(file))

    def _live(self, name: str, table: Any) -> dict[str, Any]:
        own = {"name": name, "control": str(self.control(name)), "trace": str(self.trace(name))}
        if "correspondent" not in table:  # that one keeps nothing
            own["state"] = str(self.folder / f"{name}.state")
        return {**own, **table}

    def control(self, name: str) -> Path:
        """The control socket of the node that runs in a namespace."""
        return self.folder / f"{name}.sock"

    def trace(self, name: str) -> Path:
        """The trace of the node that runs in a namespace."""
        return self.folder / f"{name}.jsonl"

    def start_beside(self, node: str, name: str, *command: str) -> None:
        """Start something else in a node's namespace; it ends with the lab, if not before."""
        self._start(node, name, *command)

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def _start(self, node: str, name: str, *command: str) -> None:
        known = self.processes.all().get(name)
        if known is not None and known.runs:
            return
        self.processes.start(name, commands.inside(self.topology.name, node, *command))

    # --- changes ---

    def move(self, name: str, link: str, interface: str = "") -> str:
        """Attach a node's interface to another link ("" for none); the one that was moved, by default its first."""
        node = self.node(name)
        if link:
            self._known_link(link)
        if not node.interfaces:
            raise LabError(f"{name} has no interface that could be moved")
        key = interface or next(iter(node.interfaces))
        if key not in node.interfaces:
            raise LabError(f"{name} has no interface {key!r}; it has {', '.join(node.interfaces)}")
        run(commands.moving(self.topology.name, name, key, link, apart=bool(self._hub_of(link))))
        return key

    def impair(self, link: str, impairment: Impairment) -> None:
        """Each frame on a link comes later, or not at all; one that does neither leaves the link as it was."""
        self._known_link(link)
        file = self._write(f"{link}.impairment", json.dumps(asdict(impairment)))
        hub = self._hub_of(link)
        if not impairment:
            self.processes.end(f"{link}.hub")
            if hub is None:
                self._join(link)
        elif hub is not None:
            self.processes.signal(f"{link}.hub", signal.SIGHUP)
        else:
            command = (sys.executable, "-m", "mhatool.lab.hub", commands.bridge(link), str(file))
            self._start(SWITCH, f"{link}.hub", *command)

    def _join(self, link: str) -> None:
        """What carried its frames may have been killed, and has left the ports apart."""
        name = self.topology.name
        attached = json.loads(output_of(commands.ports(name, link)))
        run(commands.joining(name, device["ifname"]) for device in attached)

    def _hub_of(self, link: str) -> Process | None:
        """What carries the frames of an impaired link."""
        process = self.processes.all().get(f"{link}.hub")
        return process if process is not None and process.runs else None

    def _known_link(self, link: str) -> None:
        if link not in self.topology.links:
            raise LabError(f"there is no link {link!r}; there are {', '.join(self.topology.links)}")

    def fail(self, name: str, how: str) -> None:
        """`crash`: killed, its links down; `link`: links down; `silent`: it hangs; `stop`: it leaves in good order.

        Where no node of ours runs it is the routing daemon that hangs. LabError where nothing does.
        """
        node = self.node(name)
        if how in {"crash", "link"}:
            run(commands.cutting(self.topology.name, name, iter(node.interfaces), up=False))
        signals = {"crash": signal.SIGKILL, "stop": signal.SIGTERM}
        for process in self._running(name) if how in signals else ():
            self.processes.end(process, signals[how])
        if how == "silent":
            running = self._running(name)
            if not running:
                raise LabError(f"nothing runs in {name} that could hang")
            self.processes.signal(name if name in running else running[0], signal.SIGSTOP)

    def recover(self, name: str) -> None:
        """Links up, what hangs goes on, what has ended is started again."""
        node = self.node(name)
        run(commands.cutting(self.topology.name, name, iter(node.interfaces), up=True))
        run(commands.routes(self.topology.name, name, node))
        for process in self._running(name):
            self.processes.signal(process, signal.SIGCONT)
        self.start(name)

    def _running(self, node: str) -> list[str]:
        own = {node, f"{node}.bird"}
        return [name for name, process in self.processes.all().items() if name in own and process.runs]

    def capture(self, stream: Sink, links: tuple[str, ...], seconds: float) -> None:
        """Capture on these links, or on all, for so long; the pcapng has an interface for each."""
        for link in links:
            self._known_link(link)
        interfaces = [part for link in links or self.topology.links for part in ("-i", commands.bridge(link))]
        dumpcap = ("dumpcap", "-q", *interfaces, "-a", f"duration:{max(round(seconds), 1)}", "-w", "-")
        inside = commands.inside(self.topology.name, SWITCH, *dumpcap)
        write_output_of(inside, stream, within_s=seconds + PATIENCE_S)

    def inspect(self) -> dict[str, Any]:
        """What stands, and what of that which is to run does."""
        nodes = self.topology.nodes.items()
        routing = {f"{name}.bird": False for name, node in nodes if node.routing is not None}
        running = routing | {name: False for name, node in nodes if node.live is not None}
        running |= {name: process.runs for name, process in self.processes.all().items()}
        return {"name": self.topology.name, "namespaces": self.namespaces(), "processes": running}


def dry_run(topology: Topology) -> Iterator[str]:
    """The commands that `deploy` would run, as a shell takes them."""
    import shlex

    for command in commands.deployment(topology):
        yield shlex.join(command)


def standing(name: str | None, folder: Path = FOLDER) -> Lab:
    """The lab of that name, or the only one that stands. LabError where there is none, or nobody knows what it is."""
    known = meant(name, folder)
    own = folder / known / "topology.toml"
    if not own.exists():
        raise LabError(f"{own} is gone, so nobody knows what lab {known} is: mhatool lab destroy {known}")
    return Lab(load(str(own)), folder)


def meant(name: str | None, folder: Path = FOLDER) -> str:
    """The name of a lab that stands, or that of the only one. LabError where there is none."""
    labs = all_labs(folder)
    if name is not None and (name in labs or namespaces(name)):
        return name
    if not labs:
        raise LabError("no lab stands; begin with mhatool lab deploy paper")
    if name is None and len(labs) > 1:
        raise LabError(f"several labs stand: {', '.join(labs)}; name one of them")
    if name is not None:
        raise LabError(f"no lab {name!r} stands; there {'is' if len(labs) == 1 else 'are'} {', '.join(labs)}")
    return labs[0]


__all__ = ["FOLDER", "SWITCH", "Lab", "LabError", "all_labs", "dry_run", "meant", "output_of", "run", "standing"]
