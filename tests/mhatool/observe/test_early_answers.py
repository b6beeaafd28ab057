"""Answers that are stamped before what they answer: clocks of interfaces differ, and stamps are never quite right."""

import random

import pytest

from mhatool.exchange import Source
from mhatool.observe import Observer, observe
from tests.mhatool import manifest
from tests.mhatool.scenes import CARE1, CARE2, S, ba, bu, recording, records_of, scene
from tests.mhatool.validate.spoiling import duplicated, jittered
from tests.recipes.correspondent import peer_ba, peer_bu
from tests.recipes.packets import (
    care_of_test,
    care_of_test_init,
    dhaad_reply,
    dhaad_request,
    prefix_advertisement,
    prefix_solicitation,
)

Packet = tuple[float, bytes]
NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]


def seen(*packets: Packet) -> Observer:
    return observe([scene(*packets)])


def test_a_home_registration() -> None:
    """The move is accepted at 20.00 s by a stamp 30 ms before that of its update, at 20.03 s."""
    packets = [(0, bu(seq=1)), (1, ba(seq=1)), (20.0, ba(CARE2, seq=2)), (20.03, bu(CARE2, seq=2))]
    (agency,) = seen(*packets).agencies
    assert [len(each.frames) for each in agency.registrations] == [2, 2]
    (binding,) = agency.bindings
    assert [(span.care_of_address, span.start_ns) for span in binding.spans] == [(CARE1, 1 * S), (CARE2, 20 * S)]
    assert binding.refreshes == 0
    late = [*packets[:3], (21.001, bu(CARE2, seq=2))]  # over a second later it is another one
    assert [len(each.frames) for each in seen(*late).agencies[0].registrations] == [2, 1, 1]


def test_a_registration_with_a_correspondent() -> None:
    packets = [(0, peer_bu(seq=1)), (0.1, peer_ba(seq=1)), (1, peer_ba(seq=2)), (1.03, peer_bu(seq=2))]
    (correspondence,) = seen(*packets).facts.correspondences(2 * S)
    assert [update.acknowledgement is not None for update in correspondence.updates] == [True, True]


@pytest.mark.parametrize(("gap", "tests"), [(0.03, [(True, True)]), (1.001, [(False, True), (True, False)])])
def test_a_test(gap: float, tests: list[tuple[bool, bool]]) -> None:
    found = seen((0, care_of_test()), (gap, care_of_test_init())).facts.routability_tests
    assert [(test.asked is not None, test.answered is not None) for test in found] == tests
    assert [test.latency_ns for test in found if test.asked and test.answered] == [0] * (len(tests) == 1)


@pytest.mark.parametrize(("gap", "searches"), [(0.03, [(1, 1)]), (1.001, [(0, 1), (1, 0)])])
def test_a_search_for_home_agents(gap: float, searches: list[tuple[int, int]]) -> None:
    facts = seen((0, dhaad_reply()), (gap, dhaad_request())).facts
    assert [(len(each.asked), len(each.replies)) for each in facts.discoveries] == searches
    assert facts.searches == len(searches)


@pytest.mark.parametrize(("gap", "exchanges"), [(0.03, [(1, 1)]), (1.001, [(0, 1), (1, 0)])])
def test_a_question_for_prefixes(gap: float, exchanges: list[tuple[int, int]]) -> None:
    found = seen((0, prefix_advertisement()), (gap, prefix_solicitation())).facts.prefix_exchanges
    assert [(len(each.asked), len(each.advertisements)) for each in found] == exchanges


def told(observer: Observer) -> tuple[object, ...]:
    """What is the same whatever the stamps are, within 50 ms."""
    facts = observer.facts
    bindings = [
        (
            each.home_address,
            each.home_agent,
            [registration.sequence_number for registration in each.registrations],
            [span.care_of_address for span in each.spans],
            each.end_reason,
            each.refreshes,
        )
        for each in observer.bindings()
    ]
    registrations = [sorted(len(each.frames) for each in agency.registrations) for agency in observer.agencies]
    tests = sorted((test.kind, test.asked is None, test.answered is None) for test in facts.routability_tests)
    searches = [(len(each.asked), len(each.replies)) for each in facts.discoveries]
    prefixes = [(len(each.asked), len(each.advertisements)) for each in facts.prefix_exchanges]
    return bindings, registrations, tests, searches, prefixes


@pytest.mark.parametrize("name", NAMES)
def test_recordings_tell_the_same_with_other_stamps(name: str) -> None:
    records = records_of(recording(name))
    whole = told(observe([Source("whole", records)]))
    for seed in (1, 2):
        chance = random.Random(seed)
        assert told(observe([Source("jittered", jittered(records, chance))])) == whole
        assert told(observe([Source("doubled", jittered(duplicated(records, chance), chance))])) == whole
