"""A lab for tests: it stands for a module's tests, is called like no other, and is gone afterwards."""

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mhatool.lab.commands import inside
from mhatool.lab.lab import Lab
from mhatool.lab.topology import load
from mhatool.live.control import ask
from mhatool.live.errors import LiveError

HOME = "2001:db8:2:0:0:5eff:fe10:1"
AGENTS = ("2001:db8:2::1", "2001:db8:2::2")
PATIENCE_S = 20.0
"""More than anything here may take on a busy machine."""
_PAUSE = threading.Event()
_COUNT = itertools.count()
"""Of the labs of this process: several may stand at once."""


def until(what: Callable[[], Any], seconds: float = PATIENCE_S, pause_s: float = 0.05) -> Any:
    """What it answers, as soon as that is true; AssertionError where it isn't in time."""
    for _ in range(round(seconds / pause_s)):
        if answer := what():
            return answer
        _PAUSE.wait(pause_s)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def care_of(link: int) -> str:
    """The mobile node's care-of address on a foreign link: its prefix, and the interface identifier of its card."""
    return f"2001:db8:{link}::5eff:fe10:1"


class Standing:
    """A lab, and the questions that tests ask."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def show(self, node: str, what: str) -> Any:
        """What `mhatool node show` shows."""
        return ask(self.lab.control(node), {"command": "show", "what": what})[what]

    def care_of_addresses(self, agent: str) -> set[str]:
        """Where the mobile node is, as an agent or correspondent has it."""
        return {row["care_of_address"] for row in self.show(agent, "bindings")}

    def answers(self, node: str) -> bool:
        """Whether a node is up."""
        try:
            return bool(self.show(node, "stats"))
        except LiveError:
            return False

    def run(self, node: str, *command: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """A command in a node's namespace, to its end."""
        whole = inside(self.lab.topology.name, node, *command)
        return subprocess.run(whole, capture_output=True, text=True, timeout=60, check=False, **how)

    @contextmanager
    def running(self, node: str, *command: str, **how: Any) -> Iterator[subprocess.Popen[str]]:
        """A command in a node's namespace, in the background; it is ended where it doesn't end by itself."""
        whole = inside(self.lab.topology.name, node, *command)
        with subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how) as process:
            try:
                yield process
            finally:
                process.kill()

    def log(self, node: str) -> str:
        """What a node has said."""
        return (self.lab.folder / f"{node}.log").read_text("utf-8")

    def events(self, node: str, name: str) -> list[dict[str, Any]]:
        """A node's events of this name, from its trace; the last line may be half written."""
        written = (self.lab.folder / f"{node}.jsonl").read_text("utf-8")
        found = [json.loads(line) for line in written.splitlines(keepends=True) if line.endswith("\n")]
        return [{"time_ns": event["time_ns"], **event["data"]} for event in found[1:] if event["name"] == name]


@contextmanager
def standing(topology: str, folder: Path, **live: Any) -> Iterator[Standing]:
    """The topology, under a name of this process' own; `live` goes into each live node's file."""
    plan = load(topology)
    nodes = {
        name: node if node.live is None else replace(node, live={**node.live, **live})
        for name, node in plan.nodes.items()
    }
    lab = Lab(replace(plan, name=f"t{os.getpid() % 10_000}x{next(_COUNT)}", nodes=nodes), folder)
    lab.deploy()
    try:
        made = Standing(lab)
        for name, node in plan.nodes.items():
            if node.live is not None:
                until(lambda name=name: made.answers(name))
        yield made
    finally:
        lab.destroy()


def traffic(local: str, peer: str, out: Path, seconds: float = 6, rate: int = 100) -> list[str]:
    """One end of test traffic; `mhatool.lab.traffic` says what it writes."""
    return [sys.executable, "-m", "mhatool.lab.traffic", local, peer, "7000", str(rate), str(seconds), str(out)]


def heard(file: Path) -> bool:
    """Whether an end of test traffic has heard the other one."""
    return file.exists() and "received" in file.read_text("ascii")


def times(file: Path) -> list[int]:
    """When an end of test traffic sent or heard something."""
    return [
        json.loads(line)["time_ns"] for line in file.read_text("ascii").splitlines(keepends=True) if line[-1] == "\n"
    ]


def records(*command: str) -> list[dict[str, Any]]:
    """What a command of ours prints with --jsonl."""
    done = subprocess.run(["mhatool", *command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
