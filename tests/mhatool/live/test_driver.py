"""When a node's timers go off: by its own clock, which also counts while the machine sleeps."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

from mhatool.live.clock import Clock
from mhatool.live.driver import Driver
from mhatool.network import datagram as ipv6

SECOND = 1_000_000_000
NOW, HOUR_NS = 1_800_000_000 * SECOND, 3600 * SECOND


class OneTimer:
    """A node that waits for a minute to pass."""

    def __init__(self) -> None:
        self.due: int | None = NOW + 60 * SECOND
        self.went_off = 0

    def command(self, command: object, now: int) -> None:
        pass

    def next_timer(self) -> int | None:
        return self.due

    def handle_timer(self, now: int) -> None:
        self.due, self.went_off = None, now

    def poll_events(self) -> list[Any]:
        return []

    poll_actions = poll_events


class Nothing:
    """A machine without interfaces, whose data plane is nothing but `lo`."""

    device = outlet = "lo"
    link_addresses = ()

    def __init__(self) -> None:
        self.data_plane = self
        self.links: dict[str, Any] = {}

    def look(self) -> None:
        pass

    def carry_out(self, wanted: object) -> None:
        pass

    def readers(self) -> dict[int, Any]:
        return {}

    def refused(self) -> int:
        return 0

    lost = refused


def test_a_timer_that_was_due_while_the_machine_slept_goes_off_when_it_wakes() -> None:
    """Nothing else happens meanwhile: no packet, no command."""
    steady = [0]
    node: Any = OneTimer()
    machine: Any = Nothing()
    driver = Driver(node, machine, Clock(lambda: NOW, lambda: steady[0]), 0)

    async def slept() -> None:
        running = asyncio.create_task(driver.run())
        await asyncio.sleep(0)
        assert not node.went_off
        steady[0] += HOUR_NS
        while not node.went_off:
            await asyncio.sleep(0.02)
        driver.stop()
        await running

    asyncio.run(asyncio.wait_for(slept(), 20))
    assert node.went_off == NOW + HOUR_NS


class Flood:
    """A link on which there is always one more packet, and a machine to which all of it matters."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self) -> Iterator[tuple[bytes, bytes]]:
        while True:
            self.taken += 1
            yield ipv6.compose(bytes(16), bytes(16), 135, bytes(8), 64), bytes(6)

    def lost(self) -> int:
        return 0


class Flooded(Nothing):
    received = 0

    def has_ipv6(self, interface: str) -> bool:
        return True

    def is_ours(self, destination: bytes) -> bool:
        return True

    def kind(self, datagram: bytes, found: ipv6.Carried) -> bytes:
        return b"\x87"


class Hears(OneTimer):
    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        pass


def test_who_asks_a_node_gets_a_turn_while_packets_never_end() -> None:
    """Many a turn of 20 ms within a second, and in each of them packets are taken."""
    link: Any = Flood()
    machine = Flooded()
    driver = Driver(Hears(), machine, Clock(lambda: NOW, lambda: 0), 0)  # type: ignore[arg-type]

    async def turns() -> int:
        begin, done = time.monotonic(), 0
        while time.monotonic() - begin < 1:
            await asyncio.sleep(0)
            driver._hear("eth0", link)
            done += 1
        return done

    assert asyncio.run(asyncio.wait_for(turns(), 20)) >= 5
    assert link.taken > 100
