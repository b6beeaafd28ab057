"""When a node's timers go off, by its own clock, which also counts while the machine sleeps; and how it takes leave."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import Any

from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.spec import Flags
from mhatool.engine.actions import Action, Send
from mhatool.engine.constants import FAST_LAB
from mhatool.live.clock import Clock
from mhatool.live.driver import GOODBYE_S, Driver
from mhatool.network import datagram as ipv6
from tests.mhatool.engine.mobile_node.journey import AGENT1, CARE_OF, HOME, Journey

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


class Losing(Nothing):
    """A link that loses the first deregistration; who is sent the second one answers it."""

    def __init__(self, play: Journey) -> None:
        super().__init__()
        self.play = play
        self.asked: list[BindingUpdate] = []

    def carry_out(self, wanted: Iterable[Action]) -> None:
        for action in wanted:
            arrival = self.play._reader.read(action.datagram, "", b"", 0) if isinstance(action, Send) else None
            if arrival is not None and isinstance(arrival.message, BindingUpdate):
                self.asked.append(arrival.message)
                if len(self.asked) == 2:
                    asyncio.get_running_loop().call_soon(self.answer, arrival.message.sequence_number)

    def answer(self, number: int) -> None:
        message = BindingAcknowledgement(status=0, flags=Flags(), sequence_number=number, lifetime_s=0, options=())
        octets = self.play._writer.write(message, AGENT1, CARE_OF, routed_to=HOME)
        self.play.node.receive(octets, "eth0", bytes(6), self.play.now)


def test_a_mobile_node_that_stops_waits_for_an_answer_and_asks_again() -> None:
    """RFC 6275, 11.8: after INITIAL_BINDACK_TIMEOUT, here 0.2 s. Answered, it is gone long before its two seconds."""
    play = Journey(home_agents=1, constants=FAST_LAB)
    play.is_registered_with(AGENT1)
    machine, begin = Losing(play), time.monotonic()
    driver = Driver(play.node, machine, Clock(lambda: play.now, time.monotonic_ns), 0)  # type: ignore[arg-type]
    asyncio.run(asyncio.wait_for(driver._leave(), 20))
    assert [update.lifetime_s for update in machine.asked] == [0, 0]
    assert 0.2 <= time.monotonic() - begin < GOODBYE_S


def test_who_answers_nothing_is_not_waited_for_long() -> None:
    play = Journey(home_agents=1)
    play.is_registered_with(AGENT1)
    steady = [0]

    def later() -> int:
        steady[0] += SECOND // 10
        return steady[0]

    driver = Driver(play.node, Nothing(), Clock(lambda: play.now, later), 0)  # type: ignore[arg-type]
    asyncio.run(asyncio.wait_for(driver._leave(), 20))
    assert play.node.waits_for_goodbyes
