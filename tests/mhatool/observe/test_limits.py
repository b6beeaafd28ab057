"""What is kept has limits, what is counted has none: memory grows with nodes, not with packets."""

import gc
import tracemalloc
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from mhatool.capture import Record, open_capture
from mhatool.exchange import Source, sightings
from mhatool.observe import NO_HISTORY, Limits, Observer, observe
from tests.mhatool.manifest import CAPTURES
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, UMIP, S, ba, bu, record, recording, scene, tunnel
from tests.recipes import packets as made

Packet = tuple[float, bytes]
EVERY_S = 300
NODES, ROUNDS = 2, 60


def correspondent_update(seq: int, flags: str = "A", life: int = 60) -> bytes:
    return made.bu(made.nonce_indices(1, 1), made.authorization(), to=PEER, seq=seq, flags=flags, life=life)


def correspondent_answer(seq: int, status: int = 0) -> bytes:
    return made.ba(made.authorization(), source=PEER, seq=seq, status=status)


# --- what is counted ---


def expiring(rounds: int) -> list[Packet]:
    """Registrations for 60 s, one each 300 s: each one makes a binding."""
    return [
        packet
        for number in range(rounds)
        for packet in (
            (number * EVERY_S, bu(seq=number)),
            (number * EVERY_S + 0.1, ba(seq=number)),
            (number * EVERY_S + 0.2, correspondent_update(number)),
            (number * EVERY_S + 0.3, correspondent_answer(number)),
            (number * EVERY_S + 0.4, made.dhaad_request(identifier=number)),
            (number * EVERY_S + 0.5, made.dhaad_reply(identifier=number)),
        )
    ]


def test_what_is_not_kept_is_counted() -> None:
    limits = Limits(registrations=2, bindings=2, others=3)
    observer = observe([scene(*expiring(7))], limits=limits)
    (agency,), (correspondence,) = observer.agencies, observer.facts.correspondences(observer.last_ns)
    assert (len(agency.bindings), len(correspondence.bindings), len(observer.facts.discoveries)) == (2, 2, 3)
    assert (observer.made, observer.facts.correspondent_bindings, observer.facts.searches) == (7, 7, 7)


def test_bindings_of_forgotten_nodes_count() -> None:
    homes = [HOME[:-1] + bytes((number,)) for number in range(1, 6)]
    packets = [(at, octets) for at, home in enumerate(homes) for octets in (bu(home=home), ba(home=home))]
    observer = observe([scene(*packets)], limits=Limits(agencies=2))
    assert (len(observer.bindings()), observer.forgotten, observer.made) == (2, 3, 5)


def test_care_of_addresses_are_counted() -> None:
    packets: list[Packet] = []
    for number in range(10):
        care_of = CARE1[:-1] + bytes((number,))
        packets += [(number, bu(care_of, seq=number)), (number + 0.1, ba(care_of, seq=number))]
    (binding,) = observe([scene(*packets)], limits=NO_HISTORY).bindings()
    assert (len(binding.spans), binding.care_of_addresses) == (2, 10)
    assert binding.care_of_address == CARE1[:-1] + b"\x09"


@pytest.mark.parametrize("limits", [Limits(), NO_HISTORY])
def test_a_refused_update_made_no_binding(limits: Limits) -> None:
    """Without the A flag it counts as taken when it is sent, until the refusal (status 136: expired nonce)."""
    refused = [(0, correspondent_update(1, flags="")), (0.1, correspondent_answer(1, status=136))]
    assert observe([scene(*refused[:1])], limits=limits).facts.correspondent_bindings == 1
    assert observe([scene(*refused)], limits=limits).facts.correspondent_bindings == 0


def test_a_refusal_leaves_the_binding_before() -> None:
    """The third update would be another binding by its number; its refusal takes that back, and the fourth follows."""
    packets = [
        (0, correspondent_update(1, flags="")),
        (1, correspondent_update(2, flags="")),
        (2, correspondent_update(40_000, flags="")),
        (2.1, correspondent_answer(40_000, status=136)),
        (3, correspondent_update(3, flags="")),
    ]
    observer = observe([scene(*packets)], limits=NO_HISTORY)
    (correspondence,) = observer.facts.correspondences(observer.last_ns)
    assert (observer.facts.correspondent_bindings, len(correspondence.bindings)) == (1, 1)
    assert [seen.update.sequence_number for seen in correspondence.bindings[0].updates] == [2, 3]


@pytest.mark.parametrize("few", [{"registrations": 1}, {"bindings": 1}])
def test_too_few_are_refused(few: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Limits(**few)


# --- without history ---


def counted(observer: Observer) -> tuple[object, ...]:
    facts = observer.facts
    return observer.made, facts.correspondent_bindings, facts.searches, facts.nodes


def records_of(path: Path) -> list[Record]:
    with open_capture(path) as reader:
        return list(reader)


@pytest.mark.parametrize(
    "path", [*sorted(UMIP.glob("*.pcap*")), *sorted((CAPTURES / "rules").glob("*.pcapng"))], ids=str
)
def test_counts_and_roles_need_no_history(path: Path) -> None:
    """Against the lists that an observer with history keeps."""
    records = records_of(path)
    whole = observe([Source("x", records)])
    facts = whole.facts
    listed = len(whole.bindings()), sum(len(c.bindings) for c in facts.correspondences(whole.last_ns))
    assert counted(whole) == (*listed, len(facts.discoveries), facts.nodes)
    assert counted(observe([Source("x", records)], limits=NO_HISTORY)) == counted(whole)


def test_without_history_nobody_looks_at_tests_and_tunnels() -> None:
    facts = observe([recording("ro-mn.pcap")], limits=NO_HISTORY).facts
    assert (facts.routability_tests, facts.routability_runs, facts.tunnels) == ([], [], [])


# --- memory ---


def rounds_of(nodes: int, first: int, count: int) -> Iterator[Record]:
    """Each node registers every 300 s from a new place, as mobile nodes do, and with tests at a correspondent."""
    for number in range(first, first + count):
        for node in range(nodes):
            home, care_of = HOME[:-2] + node.to_bytes(2), CARE1[:-4] + number.to_bytes(2) + node.to_bytes(2)
            cookie, index = number.to_bytes(8), number % 1000
            proof = (made.nonce_indices(index, index), made.authorization())
            for place, octets in enumerate(
                (
                    bu(care_of, seq=number, home=home, life=420),
                    ba(care_of, seq=number, home=home, life=420),
                    tunnel(care_of, AGENT, made.home_test_init(source=home, cookie=cookie)),
                    made.care_of_test_init(source=care_of, cookie=cookie),
                    tunnel(AGENT, care_of, made.home_test(to=home, cookie=cookie, index=index)),
                    made.care_of_test(to=care_of, cookie=cookie, index=index),
                    made.bu(*proof, source=care_of, home=home, to=PEER, seq=number, flags="A", life=420),
                    made.ba(made.authorization(), source=PEER, to=care_of, home=home, seq=number, life=420),
                )
            ):
                at = number * EVERY_S * S + node * S + place * S // 10
                yield record(number * nodes * 8 + node * 8 + place + 1, at, octets)


def feed(observer: Observer, records: Iterable[Record]) -> None:
    for sighting in sightings([Source("x", records)]):
        observer.see(sighting)


def kept_octets(limits: Limits) -> tuple[int, int]:
    """What an observer holds after 60 rounds, and after ten times as many."""
    observer = Observer(limits)
    feed(observer, rounds_of(NODES, 0, 1))  # what is made once, for all
    tracemalloc.start()
    try:
        held = []
        for first, count in ((1, ROUNDS), (1 + ROUNDS, 9 * ROUNDS)):
            feed(observer, rounds_of(NODES, first, count))
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert (len(observer.bindings()), observer.made) == (NODES, NODES)
    return held[0], held[1]


def test_memory_grows_with_nodes_not_with_packets() -> None:
    few, many = kept_octets(NO_HISTORY)
    assert many < 1.2 * few


def test_history_is_what_grows() -> None:
    """The same measure, so that it is known to see growth: ten times the rounds, at least five times the octets."""
    few, many = kept_octets(Limits())
    assert many > 5 * few


def test_limits_bound_every_history() -> None:
    limits = Limits(registrations=10, bindings=10, tests=10, flows=10, others=10)
    observer = Observer(limits)
    feed(observer, islice(rounds_of(NODES, 0, 40), None))
    facts = observer.facts
    found = (*observer.agencies, *facts.correspondences(observer.last_ns))
    kept = [len(each) for one in found for each in (one.bindings, one.bindings[-1].spans)]
    kept += [len(agency.registrations) for agency in observer.agencies]
    kept += [len(each) for each in (facts.routability_tests, facts.routability_runs, facts.tunnels)]
    assert max(kept) == 10
