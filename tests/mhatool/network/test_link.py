"""What links do to frames: each with its seed, and each told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mhatool.engine.events import Event
from mhatool.engine.link_events import FrameDuplicated, FrameHeldBack, FrameLost
from mhatool.network.agenda import Agenda
from mhatool.network.chance import Chance
from mhatool.network.ethernet import group_link_address
from mhatool.network.interface import Interface
from mhatool.network.link import Link, Quality
from mhatool.protocol.neighbourhood import solicited_node

MS = 1_000_000
PERFECT = Quality(delay_ns=3 * MS)
FRAMES = 4_000


class Lan:
    """Three interfaces on a link, and what each of them hears."""

    def __init__(self, quality: Quality, seed: int = 1) -> None:
        self.agenda = Agenda()
        self.events: list[Event] = []
        self.link = Link("lan", self.agenda, Chance(seed).stream("lan"), self.events.append, quality)
        self.heard: dict[str, list[tuple[int, bytes]]] = {"a": [], "b": [], "c": []}
        self.interfaces = {name: Interface(name, "e", name.encode() * 6, self.hearer(name)) for name in self.heard}
        for interface in self.interfaces.values():
            interface.attach(self.link)

    def hearer(self, name: str) -> Callable[[Interface, bytes, bytes], None]:
        return lambda interface, frame, datagram: self.heard[name].append((self.agenda.now, frame))

    def send(self, payload: bytes, destination: bytes = b"bbbbbb") -> None:
        self.interfaces["a"].send(payload, destination, self.agenda.now)

    def flood(self) -> None:
        for number in range(FRAMES):
            self.agenda.at(number * MS, self.send, number.to_bytes(4))
        self.agenda.run(10 * FRAMES * MS)

    def numbers(self) -> list[int]:
        return [int.from_bytes(frame[14:]) for _, frame in self.heard["b"]]


def test_unicast_reaches_the_one_and_multicast_those_who_joined() -> None:
    lan = Lan(PERFECT)
    group = bytes.fromhex("ff020000000000000000000000001234")
    lan.interfaces["b"].join(group)
    lan.send(b"1")
    lan.send(b"2", group_link_address(group))
    lan.send(b"3", bytes.fromhex("333300000001"))
    lan.agenda.run(10 * MS)
    assert {name: [frame[14:] for _, frame in frames] for name, frames in lan.heard.items()} == {
        "a": [],
        "b": [b"1", b"2", b"3"],
        "c": [b"3"],
    }
    assert {at for at, _ in lan.heard["b"]} == {3 * MS}


def test_two_addresses_of_one_group_need_two_farewells() -> None:
    lan = Lan(PERFECT)
    one, other = bytes(13) + b"\x01\x02\x03", b"\x20" + bytes(12) + b"\x01\x02\x03"
    b = lan.interfaces["b"]
    b.add_address(one, 64)
    b.add_address(other, 64)
    b.remove_address(one)
    lan.send(b"1", group_link_address(solicited_node(one)))
    b.remove_address(other)
    lan.send(b"2", group_link_address(solicited_node(one)))
    lan.agenda.run(10 * MS)
    assert [frame[14:] for _, frame in lan.heard["b"]] == [b"1"]


def test_two_interfaces_with_one_address_are_refused() -> None:
    lan = Lan(PERFECT)
    with pytest.raises(ValueError, match="two interfaces have the link-layer address"):
        Interface("d", "e", b"aaaaaa", lan.hearer("a")).attach(lan.link)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_the_share_of_losses_is_lost(share: float) -> None:
    lan = Lan(replace(PERFECT, loss=share))
    lan.flood()
    lost = FRAMES - len(lan.numbers())
    # Five standard deviations of a binomial distribution.
    assert abs(lost - FRAMES * share) < 5 * (FRAMES * share * (1 - share)) ** 0.5
    assert [event.reason for event in lan.events if isinstance(event, FrameLost)] == ["chance"] * lost
    assert len(set(lan.numbers())) == len(lan.numbers())


def test_duplicates_come_twice_and_are_told() -> None:
    lan = Lan(replace(PERFECT, duplication=0.2))
    lan.flood()
    twice = len(lan.numbers()) - FRAMES
    assert abs(twice - FRAMES * 0.2) < 5 * (FRAMES * 0.2 * 0.8) ** 0.5
    assert sum(isinstance(event, FrameDuplicated) for event in lan.events) == twice


def test_what_is_held_back_is_overtaken() -> None:
    lan = Lan(replace(PERFECT, reordering=0.1, held_back_ns=20 * MS))
    lan.flood()
    assert sorted(lan.numbers()) == list(range(FRAMES))
    assert lan.numbers() != list(range(FRAMES))
    held = [event for event in lan.events if isinstance(event, FrameHeldBack)]
    assert abs(len(held) - FRAMES * 0.1) < 5 * (FRAMES * 0.1 * 0.9) ** 0.5
    assert all(0 <= event.delay_ns <= 20 * MS for event in held)


def test_a_link_that_is_down_carries_nothing() -> None:
    lan = Lan(PERFECT)
    lan.link.fail()
    lan.send(b"1")
    lan.link.fail(up=True)
    lan.send(b"2")
    lan.agenda.run(10 * MS)
    assert [frame[14:] for _, frame in lan.heard["b"]] == [b"2"]
    assert [event.reason for event in lan.events if isinstance(event, FrameLost)] == ["down"]


def test_the_seed_decides_and_other_links_do_not() -> None:
    def heard(seed: int, name: str = "x", more: int = 0) -> list[float]:
        chance = Chance(seed)
        for index in range(more):
            chance.stream(f"other {index}").random()
        stream = chance.stream(name)
        return [stream.random() for _ in range(5)]

    assert heard(1) == heard(1, more=3)
    assert heard(1) != heard(2)
    assert heard(1) != heard(1, "y")


def test_a_tap_sees_every_frame_and_what_became_of_it() -> None:
    lan = Lan(PERFECT)
    seen: list[tuple[int, bytes, str | None]] = []
    lan.link.taps.append(lambda now, frame, comment: seen.append((now, frame[14:], comment)))
    lan.link.loss_rules.append(lambda frame: frame.endswith(b"1"))
    lan.send(b"1")
    lan.send(b"2")
    lan.agenda.run(10 * MS)
    assert seen == [(0, b"1", "lost: rule"), (0, b"2", None)]
