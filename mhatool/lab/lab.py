"""A lab: a topology that stands, with its nodes and daemons; made, changed and removed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from mhatool.lab import commands
from mhatool.lab.bird import bird_configuration
from mhatool.lab.commands import SWITCH, Command
from mhatool.lab.hub import Impairment
from mhatool.lab.processes import Process, Processes
from mhatool.lab.toml import written
from mhatool.lab.topology import LabNode, Topology, load

FOLDER: Final = Path("/run/mhatool/lab")
_NAMESPACES: Final = Path("/run/netns")


class LabError(Exception):
    """What can't be done with a lab; the text says what to do."""


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
        prefix = commands.namespace(self.topology.name, "")
        return sorted(path.name for path in _NAMESPACES.glob(f"{prefix}*")) if _NAMESPACES.exists() else []

    # --- make and remove ---

    def deploy(self) -> None:
        """Make it all and start what runs in it. LabError where it stands already or can't be made; nothing is left.

        What a crash left of an earlier one, of which nothing runs any more, is removed.
        """
        if self._is_ruin:
            self.destroy()
        if self.stands:
            raise LabError(f"lab {self.topology.name} stands already: mhatool lab destroy {self.topology.name}")
        self.folder.mkdir(parents=True)
        try:
            self._write("topology.toml", self.topology.written)
            run(commands.deployment(self.topology))
            for name in self.topology.nodes:
                self.start(name)
        except BaseException:
            self.destroy()
            raise

    def destroy(self) -> None:
        """End what runs in it, remove its namespaces and files; whatever of it is there."""
        if self.folder.exists():
            self.processes.end_all()
        run(("ip", "netns", "delete", name) for name in self.namespaces())
        shutil.rmtree(self.folder, ignore_errors=True)

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

    def move(self, name: str, link: str, interface: str = "") -> None:
        """Attach a node's interface to another link ("" for none)."""
        node = self.node(name)
        if link:
            self._known_link(link)
        key = interface or next(iter(node.interfaces))
        run(commands.moving(self.topology.name, name, key, link, apart=bool(self._hub_of(link))))

    def impair(self, link: str, impairment: Impairment) -> None:
        """Each frame on a link comes later, or not at all; one that does neither leaves the link as it was."""
        self._known_link(link)
        file = self._write(f"{link}.impairment", json.dumps(asdict(impairment)))
        hub = self._hub_of(link)
        if not impairment:
            self.processes.end(f"{link}.hub")
        elif hub is not None:
            self.processes.signal(f"{link}.hub", signal.SIGHUP)
        else:
            command = (sys.executable, "-m", "mhatool.lab.hub", commands.bridge(link), str(file))
            self._start(SWITCH, f"{link}.hub", *command)

    def _hub_of(self, link: str) -> Process | None:
        """What carries the frames of an impaired link."""
        process = self.processes.all().get(f"{link}.hub")
        return process if process is not None and process.runs else None

    def _known_link(self, link: str) -> None:
        if link not in self.topology.links:
            raise LabError(f"there is no link {link!r}; there are {', '.join(self.topology.links)}")

    def fail(self, name: str, how: str) -> None:
        """`crash`: killed, its links down; `link`: links down; `silent`: it hangs; `stop`: it leaves in good order."""
        node = self.node(name)
        if how in {"crash", "link"}:
            run(commands.cutting(self.topology.name, name, iter(node.interfaces), up=False))
        signals = {"crash": signal.SIGKILL, "stop": signal.SIGTERM}
        for process in self._running(name) if how in signals else ():
            self.processes.end(process, signals[how])
        if how == "silent":
            self.processes.signal(name, signal.SIGSTOP)

    def recover(self, name: str) -> None:
        """Links up, what hangs goes on, what was ended is started again."""
        node = self.node(name)
        run(commands.cutting(self.topology.name, name, iter(node.interfaces), up=True))
        for process in self._running(name):
            self.processes.signal(process, signal.SIGCONT)
        if not self._running(name):
            self.start(name)

    def _running(self, node: str) -> list[str]:
        own = {node, f"{node}.bird"}
        return [name for name, process in self.processes.all().items() if name in own and process.runs]

    def capture(self, output: str, links: tuple[str, ...], seconds: float) -> None:
        """Capture on these links, or on all, for so long; the file has an interface for each."""
        for link in links:
            self._known_link(link)
        interfaces = [part for link in links or self.topology.links for part in ("-i", commands.bridge(link))]
        dumpcap = ("dumpcap", "-q", *interfaces, "-a", f"duration:{max(round(seconds), 1)}", "-w", output)
        run([commands.inside(self.topology.name, SWITCH, *dumpcap)])

    def inspect(self) -> dict[str, Any]:
        """What stands and runs."""
        running = {name: process.runs for name, process in self.processes.all().items()}
        return {"name": self.topology.name, "namespaces": self.namespaces(), "processes": running}


def run(wanted: Iterable[Command]) -> None:
    """Run these, one after another. LabError with the command and what it said where one fails."""
    for command in wanted:
        output_of(command)


def output_of(command: Command) -> str:
    """What a command prints. LabError with the command and what it said where it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except FileNotFoundError:
        raise LabError(f"{command[0]} isn't installed; `mhatool doctor` says what to install") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise LabError(f"`{' '.join(command)}`: {said[0] if said else f'status {done.returncode}'}")
    return done.stdout


def dry_run(topology: Topology) -> Iterator[str]:
    """The commands that `deploy` would run, as a shell takes them."""
    import shlex

    for command in commands.deployment(topology):
        yield shlex.join(command)


def standing(name: str | None, folder: Path = FOLDER) -> Lab:
    """The lab of that name, or the only one that stands. LabError where there is none."""
    labs = all_labs(folder)
    if name is None and not labs:
        raise LabError("no lab stands; begin with mhatool lab deploy paper")
    if name is None and len(labs) > 1:
        raise LabError(f"several labs stand: {', '.join(labs)}; name one of them")
    own = folder / str(name or labs[0]) / "topology.toml"
    return Lab(load(str(own) if own.exists() else str(name)), folder)


def all_labs(folder: Path = FOLDER) -> list[str]:
    """The names of labs that stand."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []


__all__ = ["FOLDER", "SWITCH", "Lab", "LabError", "all_labs", "dry_run", "output_of", "run", "standing"]
