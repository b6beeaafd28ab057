"""The driver: inputs, timers and answers in the order of their times."""

from collections.abc import Iterable

from mhatool.engine.actions import Action, RemoveRoute, Send
from mhatool.engine.commands import Command, Stop
from mhatool.engine.events import Event
from mhatool.replay.driver import Driver, Input, Reception, Reply, Told


class Echo:
    """Sends back what it gets, and rings every ten."""

    name = "echo"

    def __init__(self) -> None:
        self.seen: list[tuple[int, str]] = []
        self.due = 10
        self.actions: list[Action] = []

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        self.seen.append((now, datagram.decode()))
        self.actions += [RemoveRoute(bytes(16), 64), Send(b"re: " + datagram)]

    def command(self, command: Command, now: int) -> None:
        self.seen.append((now, type(command).__name__))

    def handle_timer(self, now: int) -> None:
        self.seen.append((now, "timer"))
        self.due = now + 10

    def next_timer(self) -> int | None:
        return self.due

    def poll_actions(self) -> list[Action]:
        taken, self.actions = self.actions, []
        return taken

    def poll_events(self) -> list[Event]:
        return []


def came(at: int, text: str) -> Reception:
    return Reception(at, text.encode(), "eth0", bytes(6), 1)


def nothing(_: Reply) -> Iterable[Reception]:
    return ()


def as_it_is(given: Input) -> Input:
    return given


def test_inputs_and_timers_take_turns_up_to_the_end() -> None:
    node = Echo()
    driver = Driver(node, nothing, as_it_is)
    driver.run([came(25, "late"), Told(10, Stop()), came(5, "early"), came(31, "never")], 30)
    assert node.seen == [(5, "early"), (10, "timer"), (10, "Stop"), (20, "timer"), (25, "late"), (30, "timer")]
    assert driver.replies == [Reply(5, b"re: early"), Reply(25, b"re: late")]
    assert [given.time_ns for given in driver.receptions] == [5, 25]


def test_what_comes_back_is_fed_at_its_time() -> None:
    node = Echo()

    def once(reply: Reply) -> Iterable[Reception]:
        return [came(reply.time_ns + 3, "back")] if reply.octets == b"re: ask" else ()

    driver = Driver(node, once, as_it_is)
    driver.run([came(1, "ask"), came(4, "also")], 9)
    assert node.seen == [(1, "ask"), (4, "also"), (4, "back")]


def test_inputs_are_translated_when_they_are_fed() -> None:
    node = Echo()
    driver = Driver(node, nothing, lambda given: came(given.time_ns, f"at {given.time_ns}, {len(node.seen)} before"))
    driver.run([came(1, "one"), came(2, "two")], 5)
    assert node.seen == [(1, "at 1, 0 before"), (2, "at 2, 1 before")]
