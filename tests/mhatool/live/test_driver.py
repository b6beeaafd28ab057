"""When a node's timers go off: by its own clock, which also counts while the machine sleeps."""

import asyncio
from typing import Any

from mhatool.live.clock import Clock
from mhatool.live.driver import Driver

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
