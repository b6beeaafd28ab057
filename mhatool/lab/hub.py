"""A link of a lab that delays and loses: a switch in user space, for kernels with and without netem alike.

`python -m mhatool.lab.hub BRIDGE FILE` runs in the switch's namespace. It sets the bridge's ports apart from one
another and carries frames between them itself, each `delay_ms` late, `loss_percent` of them not at all; FILE says how
(JSON) and is read again at SIGHUP. Ports may come and go. Whoever captures on the bridge sees what is sent, not what
arrives. SIGTERM leaves the bridge as it was.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from dissectors.packet import SIGNALLING
from dissectors.profile import RFC6275
from mhatool.network.scenario.loss_rule import FirstFrames
from mhatool.network.scenario.plan import LossPlan

_DEVICES: Final = Path("/sys/class/net")
_ETH_P_ALL: Final = 0x0003
_PACKET_OUTGOING: Final = 4
_RTMGRP_LINK: Final = 0x1
_LONGEST: Final = 65_600
_AT_ONCE: Final = 256
_GROUP: Final = 0x01
"""In a link-layer address's first octet: for more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """What a link does to each frame; nothing, where all is 0 and empty.

    `lose_first` is a message, by its name in records as `binding_update`: the first one to each destination is lost.
    """

    delay_ms: float = 0.0
    loss_percent: float = 0.0
    lose_first: str = ""

    def __post_init__(self) -> None:
        """ValueError for what no link can do."""
        if not 0 <= self.delay_ms <= 10_000:
            raise ValueError(f"delay {self.delay_ms:g} ms: 0 to 10,000 are possible")
        if not 0 <= self.loss_percent <= 100:
            raise ValueError(f"loss {self.loss_percent:g} %: 0 to 100 are possible")
        if self.lose_first and self.lose_first not in SIGNALLING:
            near = get_close_matches(self.lose_first, SIGNALLING, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(SIGNALLING))}"
            raise ValueError(f"lose_first {self.lose_first!r}: no message; {remedy}")

    def __bool__(self) -> bool:
        return bool(self.delay_ms or self.loss_percent or self.lose_first)

    @property
    def told(self) -> str:
        """In a few words."""
        first = f"the first {self.lose_first.replace('_', ' ')} to each is lost" if self.lose_first else ""
        rates = f"{self.delay_ms:g} ms, {self.loss_percent:g} % lost" if self.delay_ms or self.loss_percent else ""
        return ", ".join(filter(None, (rates, first))) or "as it was"


class Hub:
    """Carries frames between the ports of a bridge."""

    def __init__(self, bridge: str, file: Path, chance: random.Random) -> None:
        self._bridge = bridge
        self._file = file
        self._chance = chance
        self._ports: dict[str, socket.socket] = {}
        self._place: dict[bytes, str] = {}
        """On which port a link-layer address was seen last."""
        self._late: deque[tuple[float, str, bytes]] = deque()
        self._loop = asyncio.get_running_loop()
        self.read_again()

    def read_again(self) -> None:
        """What the link does from now on; what is under way stays so late."""
        self._does = Impairment(**json.loads(self._file.read_text("ascii")))
        message = self._does.lose_first
        plan = LossPlan(link=self._bridge, message=message, each_destination=True)
        self._is_first: Callable[[bytes], bool] = FirstFrames(plan, RFC6275) if message else lambda _: False

    def look(self) -> None:
        """See which ports the bridge has now."""
        there = {path.name for path in (_DEVICES / self._bridge / "brif").iterdir()}
        for name in self._ports.keys() - there:
            self._close(name)
        for name in there - self._ports.keys():
            with suppress(OSError):  # it has gone already
                set_apart(name, apart=True)
                port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
                port.setblocking(False)
                port.bind((name, _ETH_P_ALL))
                self._ports[name] = port
                self._loop.add_reader(port.fileno(), self._hear, name)

    def leave(self) -> None:
        """The bridge carries frames itself again."""
        for name in list(self._ports):
            self._close(name)
            with suppress(OSError):
                set_apart(name, apart=False)

    def _close(self, name: str) -> None:
        port = self._ports.pop(name)
        self._loop.remove_reader(port.fileno())
        port.close()

    def _hear(self, name: str) -> None:
        port = self._ports[name]
        for _ in range(_AT_ONCE):
            try:
                frame, address = port.recvfrom(_LONGEST)
            except OSError:  # none is left, or the port went down
                return
            if address[2] != _PACKET_OUTGOING and len(frame) >= 14:
                self._take(name, frame)

    def _take(self, name: str, frame: bytes) -> None:
        self._place[frame[6:12]] = name
        if self._chance.random() * 100 < self._does.loss_percent or self._is_first(frame):
            return
        if not self._does.delay_ms and not self._late:
            self._deliver(name, frame)
            return
        due = self._loop.time() + self._does.delay_ms / 1000
        self._late.append((due, name, frame))
        if len(self._late) == 1:
            self._loop.call_at(due, self._deliver_late)

    def _deliver_late(self) -> None:
        """The first one's time has come; frames stay in order, also where the delay was changed meanwhile."""
        now = self._loop.time()
        while self._late and self._late[0][0] <= now:
            _, name, frame = self._late.popleft()
            self._deliver(name, frame)
        if self._late:
            self._loop.call_at(self._late[0][0], self._deliver_late)

    def _deliver(self, came_by: str, frame: bytes) -> None:
        known = self._place.get(frame[:6]) if not frame[0] & _GROUP else None
        for name in [known] if known in self._ports else list(self._ports):
            if name != came_by:
                with suppress(OSError):  # the port is down, or full: so are links
                    self._ports[name].send(frame)


def set_apart(port: str, *, apart: bool) -> None:
    """Whether the bridge keeps a port from all others that are set apart. OSError where it is no bridge's."""
    (_DEVICES / port / "brport" / "isolated").write_text("1" if apart else "0", "ascii")


async def run(bridge: str, file: Path) -> None:
    """Carry frames until SIGTERM."""
    hub, over = Hub(bridge, file, random.Random()), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    loop.add_signal_handler(signal.SIGHUP, hub.read_again)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as changes:
        changes.setblocking(False)
        changes.bind((0, _RTMGRP_LINK))

        def changed() -> None:
            with suppress(BlockingIOError):
                while changes.recv(_LONGEST):
                    pass
            hub.look()

        loop.add_reader(changes.fileno(), changed)
        hub.look()
        await over.wait()
        loop.remove_reader(changes.fileno())
    hub.leave()


def main(arguments: list[str]) -> None:
    """Run a link."""
    bridge, file = arguments
    asyncio.run(run(bridge, Path(file)))


if __name__ == "__main__":
    main(sys.argv[1:])
