"""A network namespace for live nodes of a test: two interfaces that are each other's link, and what nodes change."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mhatool.live.control import ask
from mhatool.live.errors import LiveError
from tests.mhatool.lab.standing import until

REPOSITORY = Path(__file__).parents[3]
AWAY = "2001:db8:9::100"
_COUNT = itertools.count()
ROLES = {
    "ha": """
[home_agent.advertising]
interface = "left"
prefixes = [{ prefix = "2001:db8:2::", router_address = "2001:db8:2::1" }]
min_interval_s = 0.2
max_interval_s = 0.4
min_delay_s = 0.03
home_agent = { preference = 10 }
""",
    "mn": """
[mobile_node]
interface = "right"
home_address = "2001:db8:2::100"
""",
    "cn": """
[correspondent]
addresses = ["2001:db8:c::a"]
""",
}
_KEYS = {"ha": "insecure = true", "mn": "insecure = true", "cn": 'interfaces = ["left"]'}
_LOOKS = (
    "ip -o link | cut -d ' ' -f 2",
    "ip -6 -o address show scope global",
    "ip -6 rule",
    "ip -6 route show table all | sort",
    "ip -6 neigh show proxy",
    "cat /proc/net/anycast6",
    "nft list ruleset",
    "sysctl -a -r 'net.ipv6.conf.*(forwarding|accept_ra|autoconf|proxy_ndp)$'",
)


class Namespace:
    """One namespace: `left` and `right` are the ends of one link. Files are in `folder`."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.nodes: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *command: str, **how: Any) -> subprocess.CompletedProcess[str]:
        """A command in it, to its end."""
        whole = ("ip", "netns", "exec", self.name, *command)
        return subprocess.run(whole, capture_output=True, text=True, timeout=60, check=False, **how)

    def does(self, *command: str) -> str:
        """A command in it that must succeed; what it prints."""
        done = self.run(*command)
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout

    def looks(self) -> dict[str, list[str]]:
        """What nodes change: links, addresses, rules, routes of all tables, nftables, settings."""
        return {look: self.run("sh", "-c", look).stdout.splitlines() for look in _LOOKS}

    def registers(self, number: int, lifetime_s: int = 60) -> None:
        """A Binding Update of a mobile node that is away: AWAY, on the link of the home agent that is on `left`."""
        ends = (
            f"--src {AWAY} --dst 2001:db8:2::1 --hoa 2001:db8:2::100 --seq {number} --flags AH --lifetime {lifetime_s}"
        )
        to = self.does("cat", "/sys/class/net/left/address").strip()
        self.does("sh", "-c", f"mhatool craft bu {ends} -w - | mhatool send - -i right --to {to}")

    # --- nodes ---

    def file(self, name: str, role: str, more: str = "") -> Path:
        """A node's file; `more` are keys before its tables."""
        path = self.folder / f"{name}.toml"
        path.write_text(f'name = "{name}"\ncontrol = "{self.socket(name)}"\n{_KEYS[role]}\n{more}\n{ROLES[role]}')
        return path

    def socket(self, name: str) -> Path:
        """Its control socket; the names of all differ only after their last dot."""
        return self.folder / f"control.{name}"

    def starts(self, name: str, *wrapped: str) -> subprocess.Popen[bytes]:
        """Start a node, and wait until it answers; `wrapped` is the command to run it with."""
        command = wrapped or (sys.executable, "-m", "mhatool")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.nodes[name] = subprocess.Popen(
                ["ip", "netns", "exec", self.name, *command, "node", "run", str(self.folder / f"{name}.toml")],
                stdout=log,
                stderr=log,
                cwd=REPOSITORY,
            )
        until(lambda: self.answers(name) or self.nodes[name].poll() is not None)
        assert self.nodes[name].poll() is None, self.log(name)
        return self.nodes[name]

    def answers(self, name: str) -> bool:
        """Whether a node is up."""
        try:
            return bool(ask(self.socket(name), {"command": "show", "what": "stats"}))
        except LiveError:
            return False

    def show(self, name: str, what: str) -> Any:
        """What `mhatool node show` shows."""
        return ask(self.socket(name), {"command": "show", "what": what})[what]

    def ends(self, name: str, number: int = signal.SIGTERM) -> int:
        """Send a node a signal that ends it; its status."""
        process = self.nodes.pop(name)
        process.send_signal(number)
        return process.wait(20)

    def ends_in_a_hurry(self, name: str) -> int:
        """Press Ctrl-C again and again, until a node has ended; its status."""
        process = self.nodes.pop(name)
        until(lambda: process.send_signal(signal.SIGINT) or process.poll() is not None, pause_s=0.002)
        return process.wait(20)

    def log(self, name: str) -> str:
        """What a node has said."""
        return (self.folder / f"{name}.log").read_text("utf-8")

    def close(self) -> None:
        """End all that runs in it, and remove it."""
        for process in self.nodes.values():
            process.kill()
            process.wait()
        subprocess.run(["ip", "netns", "delete", self.name], check=True)


@contextmanager
def namespace(folder: Path) -> Iterator[Namespace]:
    """A namespace under a name of this process' own; it is gone afterwards."""
    made = Namespace(f"mhatool-n{os.getpid()}x{next(_COUNT)}", folder)
    subprocess.run(["ip", "netns", "add", made.name], check=True)
    try:
        made.does("ip", "link", "set", "lo", "up")
        made.does("sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
        made.does("ip", "link", "add", "left", "type", "veth", "peer", "name", "right")
        for interface in ("left", "right"):
            made.does("ip", "link", "set", interface, "up")
        yield made
    finally:
        made.close()


__all__ = ["AWAY", "REPOSITORY", "Namespace", "namespace"]
