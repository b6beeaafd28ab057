"""A home agent, a plain router beside it, and two hosts that each reaches the other through both: four namespaces."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Final

from bench.process import MHATOOL, FailedError

_CLONE_NEWNET: Final = 0x40000000
_WARM_S, _MEASURED_S = 0.5, 1.5
_PAUSE: Final = Event()
_FIRST: Final = -20
PEER, NODE, AGENT, ROUTER = "peer", "node", "agent", "router"
HOME, AGENT_ADDRESS, CARE_OF, HOST = "2001:db8:2::100", "2001:db8:2::1", "2001:db8:3::100", "2001:db8:c::b"
BESIDE, UNTUNNELLED = "2001:db8:9::100", "2001:db8:3::200"
"""The node's addresses that the plain router leads to, and the agent without a tunnel."""
LINKS: Final = {
    # device of the agent or router: the host at its other end, that one's device, and prefix
    (AGENT, "peers"): (PEER, "eth0", "2001:db8:c"),
    (AGENT, "foreign"): (NODE, "eth0", "2001:db8:3"),
    (AGENT, "home"): (NODE, "home", "2001:db8:7"),
    (ROUTER, "peers"): (PEER, "eth1", "2001:db8:8"),
    (ROUTER, "foreign"): (NODE, "eth1", "2001:db8:9"),
}
_SINK = (
    "table netdev sink { chain arriving { type filter hook ingress device %s priority -500; "
    "ip6 nexthdr { 17, 41 } drop; }; }"
)
"""What arrives is counted by the device, and goes no further."""
_FILE = """\
name = "ha"
control = "{control}"
insecure = true
data_plane = "{plane}"
packet_rate = 0
constants = "fast-lab"
interfaces = ["foreign", "peers"]
[home_agent]
update_rate = 0.0
[home_agent.advertising]
interface = "home"
prefixes = [{{ prefix = "2001:db8:2::", router_address = "2001:db8:2::1" }}]
min_interval_s = 1
max_interval_s = 3
home_agent = {{ preference = 10 }}
"""


class Crossing:
    """The namespaces by short names; `folder` is for files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.control = folder / "ha.sock"

    def name(self, node: str) -> str:
        """A namespace's full name."""
        return f"mhatool-b{os.getpid()}-{node}"

    def run(self, node: str, *command: str) -> None:
        """Run a command in a namespace; FailedError where it fails."""
        whole = ["ip", "netns", "exec", self.name(node), *command]
        done = subprocess.run(whole, capture_output=True, text=True, check=False)
        if done.returncode:
            raise FailedError(f"{' '.join(command)}: {done.stderr.strip()}")

    def make(self) -> None:
        """All of it."""
        for node in (PEER, NODE, AGENT, ROUTER):
            subprocess.run(["ip", "netns", "add", self.name(node)], check=True)
            self.run(node, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0")
            self.run(node, "ip", "link", "set", "lo", "up")
        for (node, device), (host, other, prefix) in LINKS.items():
            pair = ("type", "veth", "peer", "name", other, "netns", self.name(host))
            self.run(node, "ip", "link", "add", device, *pair)
            self._end(node, device, f"{prefix}::1/64")
            self._end(host, other, f"{prefix}::{'b' if host == PEER else '100'}/64")
        for node in (AGENT, ROUTER):
            self.run(node, "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        for host, gateway in ((PEER, "2001:db8:c::1"), (NODE, "2001:db8:3::1")):
            self.run(host, "ip", "-6", "route", "add", "default", "via", gateway)
            for device in ("eth0", "eth1"):
                self.run(host, "nft", _SINK.replace("sink", f"sink_{device}") % device)
        neighbours = [(ROUTER, BESIDE, "foreign"), (AGENT, HOST, "peers")]
        neighbours += [(AGENT, address, "foreign") for address in (CARE_OF, UNTUNNELLED)]
        for node, to, device in neighbours:
            host, other, _ = LINKS[node, device]
            address = self.link_address(host, other).hex(":")
            self.run(node, "ip", "-6", "neigh", "replace", to, "lladdr", address, "dev", device, "nud", "permanent")

    def _end(self, node: str, device: str, address: str) -> None:
        self.run(node, "ip", "link", "set", device, "up")
        self.run(node, "ethtool", "-K", device, "tx", "off")
        self.run(node, "ip", "-6", "address", "add", address, "dev", device, "nodad")

    def remove(self) -> None:
        """All of it."""
        for node in (PEER, NODE, AGENT, ROUTER):
            subprocess.run(["ip", "netns", "delete", self.name(node)], capture_output=True, check=False)

    @contextmanager
    def inside(self, node: str) -> Iterator[None]:
        """Sockets that are opened meanwhile belong to a namespace."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net", "rb") as own, Path("/run/netns", self.name(node)).open("rb") as other:
            if libc.setns(other.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            try:
                yield
            finally:
                libc.setns(own.fileno(), _CLONE_NEWNET)

    def link_address(self, node: str, device: str) -> bytes:
        """A device's own address."""
        with self.inside(node), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as link:
            link.bind((device, 0))
            address: bytes = link.getsockname()[4]
        return address

    # --- what runs ---

    @contextmanager
    def agent(self, plane: str) -> Iterator[None]:
        """A home agent with this data plane; FailedError where it can't be."""
        file, log = self._folder / "ha.toml", self._folder / "ha.log"
        file.write_text(_FILE.format(control=self.control, plane=plane))
        with (
            log.open("wb") as out,
            self._started(AGENT, out, "taskset", "-c", _last_core(), MHATOOL, "node", "run", file),
        ):
            for _ in range(200):
                if self.control.exists():
                    break
                _PAUSE.wait(0.05)
            else:
                raise FailedError(f"no agent with data plane {plane}: {log.read_text()[-300:]}")
            yield
            subprocess.run([MHATOOL, "node", "stop", "--node", self.control], capture_output=True, check=False)

    @contextmanager
    def _started(self, node: str, out: object, *command: str | Path) -> Iterator[None]:
        """A process with its children, before all others, since those of the machine would be measured too."""
        whole = ["ip", "netns", "exec", self.name(node), *map(str, command)]
        process = subprocess.Popen(whole, stdout=out, stderr=out, start_new_session=True)  # type: ignore[call-overload]
        try:
            os.setpriority(os.PRIO_PGRP, process.pid, _FIRST)
            group = Path(f"/proc/{process.pid}/autogroup")
            if group.exists():
                group.write_text(str(_FIRST))
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def rate(self, sender: str, device: str, receiver: tuple[str, str], frame: bytes) -> float:
        """How many of these frames a second come through, when more are sent than can."""
        file = self._folder / "frame.cfg"
        file.write_text(f"{{ {', '.join(map(hex, frame))} }}")
        command = ("taskset", "-c", "0", "trafgen", "-o", device, "-c", file, "-P", "1", "-C")
        with self._started(sender, subprocess.DEVNULL, *command):
            _PAUSE.wait(_WARM_S)
            before, begin = self._received(*receiver), perf_counter()
            _PAUSE.wait(_MEASURED_S)
            return (self._received(*receiver) - before) / (perf_counter() - begin)

    def _received(self, node: str, device: str) -> int:
        with self.inside(node):
            return int(_counter(device))


def _counter(device: str) -> str:
    """How many packets a device has received: the third column of /proc/net/dev."""
    for line in Path("/proc/thread-self/net/dev").read_text("ascii").splitlines():
        name, _, counts = line.partition(":")
        if name.strip() == device:
            return counts.split()[1]
    raise FailedError(f"there is no {device}")


def _last_core() -> str:
    return str(max(os.sched_getaffinity(0)))
