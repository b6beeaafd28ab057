"""Answers to messages with a wrong checksum."""

import random

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import CARE1, HOME, PEER, record, scene, tunnel
from tests.recipes.packets import (
    COOKIE,
    COOKIE2,
    ba,
    binding_error,
    care_of_test,
    care_of_test_init,
    carried,
    home_bu,
    home_test,
    home_test_init,
)

OTHER = bytes.fromhex("2122232425262728")
UNKNOWN = carried(200, bytes(10), CARE1, PEER)


def damaged(octets: bytes, at: int = 40) -> bytes:
    """With another checksum; the Mobility Header begins there."""
    return octets[: at + 4] + bytes((octets[at + 4] ^ 0xFF,)) + octets[at + 5 :]


def damaged_update(seq: int = 1) -> bytes:
    return damaged(home_bu(seq=seq), 64)


def judged(source: Source) -> list[Finding]:
    return [finding for finding in validate([source]) if finding.rule == "MIP6-MH-008"]


def found(*packets: tuple[float, bytes]) -> list[Finding]:
    return judged(scene(*packets))


# Two damaged requests and their answers.
PAIRS = {
    "updates": [(damaged_update(1), ba(seq=1)), (damaged_update(2), ba(seq=2))],
    "home tests": [
        (damaged(home_test_init()), home_test()),
        (damaged(home_test_init(cookie=OTHER)), home_test(cookie=OTHER)),
    ],
    "care-of tests": [
        (damaged(care_of_test_init()), care_of_test()),
        (damaged(care_of_test_init(cookie=OTHER)), care_of_test(cookie=OTHER)),
    ],
}


@pytest.mark.parametrize("pairs", PAIRS.values(), ids=PAIRS)
def test_answers(pairs: list[tuple[bytes, bytes]]) -> None:
    (ask, answer), (ask2, answer2) = pairs
    findings = found((0.0, ask), (0.1, answer), (5.0, ask2), (5.1, answer2))
    assert [[frame.number for frame in finding.frames] for finding in findings] == [[1, 2], [3, 4]]
    assert {finding.severity for finding in findings} == {Severity.ERROR}


@pytest.mark.parametrize("pairs", PAIRS.values(), ids=PAIRS)
def test_one_answer_alone_is_inconclusive(pairs: list[tuple[bytes, bytes]]) -> None:
    """Perhaps the capture alone damaged it."""
    (ask, answer), _ = pairs
    assert [finding.inconclusive for finding in found((0.0, ask), (0.1, answer))] == [True]


def test_an_error_for_a_damaged_unknown_type() -> None:
    (finding,) = found((0.0, damaged(UNKNOWN)), (0.1, binding_error(2, home=bytes(16))))
    assert (finding.node, finding.home_address) == (PEER, None)


def test_whose_binding_it_is() -> None:
    (finding,) = found((0.0, damaged_update()), (0.1, ba()))
    assert finding.home_address == HOME


EXPLAINED: dict[str, list[tuple[float, bytes]]] = {
    "sent again, sound": [(0.0, damaged_update()), (1.0, home_bu()), (1.1, ba())],
    "sound before": [(0.0, home_bu()), (1.0, damaged_update()), (1.1, ba())],
    "a sound copy in a tunnel": [
        (0.0, damaged(home_test_init())),
        (0.01, tunnel(CARE1, PEER, home_test_init())),
        (0.1, home_test()),
    ],
    "a sound copy stamped after the answer": [
        (0.0, damaged(home_test_init())),
        (0.1, home_test()),
        (0.12, tunnel(CARE1, PEER, home_test_init())),
    ],
    "a sound test init with the same cookie": [
        (0.0, home_test_init()),
        (5.0, damaged(home_test_init())),
        (5.1, home_test()),
    ],
    "another number": [(0.0, damaged_update(7)), (0.1, ba(seq=8))],
    "status 135": [(0.0, damaged_update(7)), (0.1, ba(seq=7, status=135))],
    "another cookie": [(0.0, damaged(home_test_init(cookie=COOKIE2))), (0.1, home_test(cookie=COOKIE))],
    "much later": [(0.0, damaged_update()), (11.0, ba())],
    "an answer before": [(0.0, ba()), (1.0, damaged_update())],
    "another node's": [(0.0, damaged_update()), (0.1, ba(source=PEER))],
    "damaged as well": [(0.0, damaged_update()), (0.1, damaged(ba(), 64))],
    "an error about something else": [(0.0, damaged(UNKNOWN)), (0.1, binding_error(1))],
    "another unknown one was sound": [
        (0.0, UNKNOWN),
        (5.0, damaged(carried(201, bytes(10), CARE1, PEER))),
        (5.1, binding_error(2, home=bytes(16))),
    ],
    "no answer": [(0.0, damaged_update()), (1.0, damaged_update(2))],
}


@pytest.mark.parametrize("packets", EXPLAINED.values(), ids=EXPLAINED)
def test_what_is_no_breach(packets: list[tuple[float, bytes]]) -> None:
    assert found(*packets) == []


def test_two_vantage_points_of_which_one_shows_it_sound() -> None:
    """Seen damaged first, sound a little later on another interface; the answer lies between or behind."""
    for sound_at in (0.01, 0.03):
        records = [
            record(1, 0, damaged_update(), interface=0),
            record(2, round(sound_at * 1e9), home_bu(), interface=1),
            record(3, 20_000_000, ba(), interface=0),
        ]
        assert judged(Source("two links", records)) == []


def test_cut_messages_have_no_wrong_checksum() -> None:
    records = [record(1, 0, damaged_update(), snap=90), record(2, 1_000_000, ba())]
    assert judged(Source("cut", records)) == []


def test_the_order_within_fifty_milliseconds_makes_no_error() -> None:
    """Several nodes ask soundly and are answered; the stamps are off by up to 50 ms."""
    rng = random.Random(6275)
    packets = []
    for number in range(40):
        cookie = number.to_bytes(8)
        init = damaged(home_test_init(cookie=cookie)) if number % 4 == 0 else home_test_init(cookie=cookie)
        packets.append((number + rng.random() / 20, init))
        packets.append((number + 0.01 + rng.random() / 20, home_test_init(cookie=cookie)))
        packets.append((number + 0.02 + rng.random() / 20, home_test(cookie=cookie)))
    assert found(*sorted(packets)) == []
