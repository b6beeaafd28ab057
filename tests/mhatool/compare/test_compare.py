"""Captures compared: with themselves, with copies that say the same, and with one thing changed."""

import random
import struct
from dataclasses import dataclass
from typing import Any

import pytest

from mhatool.compare import Comparison, Renaming, compare, rule_of, transactions_of
from mhatool.compare.report import difference_json, lines
from tests.mhatool import manifest
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    Source,
    ba,
    binding_error,
    bu,
    changed,
    internet_checksum,
    ip,
    ipv6,
    mobility,
    only,
    recording,
    records_of,
    scene,
    tunnel,
)
from tests.mhatool.surgery import put, with_checksum_off_by_one

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]
Packet = tuple[float, bytes]

STORY: list[Packet] = [
    (0, bu(seq=1)), (1, ba(seq=1)),
    (50, bu(seq=2)), (50.1, ba(seq=2)),
    (80, bu(CARE2, seq=3)), (80.1, ba(CARE2, seq=3)),
    (120, bu(CARE2, seq=4)), (120.1, ba(CARE2, seq=4)),
    (150, bu(CARE2, seq=5)), (150.1, ba(CARE2, seq=5)),
    (170, bu(HOME, seq=6, life=0, home=None)), (170.1, ba(HOME, seq=6, life=0, home=None)),
]  # fmt: skip
"""A registration, a refresh, a move, two refreshes, home again."""


@dataclass(frozen=True)
class Told:
    """A difference: what, of which kind, and the fields with both values."""

    verdict: str
    kind: str
    changes: dict[str, tuple[Any, Any]]


def between(a: Source, b: Source, tolerance_s: float | None = None, rename: Renaming | None = None) -> list[Told]:
    tolerance = round(tolerance_s * S) if tolerance_s is not None else None
    found = compare(transactions_of(a, rename=rename), transactions_of(b), tolerance)
    return told(found)


def told(comparison: Comparison) -> list[Told]:
    return [
        Told(str(d.verdict), d.transaction.kind, {c.field: (c.a, c.b) for c in d.changes})
        for d in comparison.differences
    ]


def with_packets(**packets: bytes | None) -> Source:
    """STORY with some packets (`p0` ...) replaced, or left out for None."""
    given = {int(name[1:]): octets for name, octets in packets.items()}
    story = [(at, given.get(i, octets)) for i, (at, octets) in enumerate(STORY)]
    return scene(*((at, octets) for at, octets in story if octets is not None), name="other")


# --- the same ---


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_and_itself(name: str) -> None:
    assert between(recording(name), recording(name), tolerance_s=0) == []


@pytest.mark.parametrize("name", ["tour-all.pcapng", "ro-core.pcap", "failover60-mn.pcap"])
def test_the_order_of_the_records_is_nothing(name: str) -> None:
    source = recording(name)
    records = list(records_of(source))
    random.Random(6275).shuffle(records)
    assert between(source, Source(name, records), tolerance_s=0) == []


def test_absolute_times_are_nothing() -> None:
    source = recording("ro-mn.pcap")
    later = Source("later", [record._replace(time_ns=record.time_ns + 86_400 * S + 1) for record in source.records])
    assert between(source, later, tolerance_s=0) == []


def test_the_other_end_of_the_same_exchanges() -> None:
    """tour-all holds each message of tour-mn up to three times, but for the home link's; the same exchanges."""
    assert between(recording("tour-mn.pcap"), recording("tour-all.pcapng")) == []


def test_a_tunnel_or_a_second_interface_is_a_copy() -> None:
    inside = tunnel(AGENT2, PEER, bu(seq=1, hop_limit=63))
    assert between(scene(*STORY), scene((0, bu(seq=1)), (0.001, inside), *STORY[1:])) == []


def test_absolute_sequence_numbers_are_nothing() -> None:
    other = [
        (0, bu(seq=65535)), (1, ba(seq=65535)), (50, bu(seq=0)), (50.1, ba(seq=0)), (80, bu(CARE2, seq=1)),
        (80.1, ba(CARE2, seq=1)),
    ]  # fmt: skip
    assert between(scene(*STORY[:6]), scene(*other)) == []


def test_a_new_binding_begins_anywhere() -> None:
    again = [(200, bu(seq=7)), (201, ba(seq=7))]
    anywhere = [(200, bu(seq=40000)), (201, ba(seq=40000))]
    assert between(scene(*STORY, *again), scene(*STORY, *anywhere)) == []


def test_checksums_are_nothing() -> None:
    source = recording("tour-mn.pcap")
    octets = {record.frame: record.captured for record in source.records}
    assert between(source, changed(source, f99=with_checksum_off_by_one(octets[99]))) == []


# --- one mutation ---

FRAMES = {record.frame: record.captured for record in records_of(recording("tour-mn.pcap"))}


@pytest.mark.parametrize(
    ("frame", "offset", "octets", "kind", "field", "values"),
    [
        # Offsets in a Binding Update (RFC 6275, 6.1.7): 6 sequence number, 8 flags, 10 lifetime in units of 4 s.
        (742, 10, b"\0\x1e", "refresh", "binding_update.lifetime_s", (60, 120)),
        (742, 8, b"\xe0\0", "refresh", "binding_update.flags", (("A", "H"), ("A", "H", "L"))),
        (971, 8, b"\x40\0", "move", "binding_update.flags", (("A", "H"), ("H",))),
        # In a Binding Acknowledgement (6.1.8): 6 status, 10 lifetime.
        (743, 6, b"\x82", "refresh", "binding_acknowledgement.status", (0, 130)),
        (100, 10, b"\0\x02", "registration", "binding_acknowledgement.lifetime_s", (60, 8)),
    ],
)  # fmt: skip
def test_one_field(frame: int, offset: int, octets: bytes, kind: str, field: str, values: tuple[Any, Any]) -> None:
    source = recording("tour-mn.pcap")
    mutated = changed(source, **{f"f{frame}": put(FRAMES[frame], offset, octets)})
    assert between(source, mutated) == [Told("changed", kind, {field: values})]
    assert between(mutated, source) == [Told("changed", kind, {field: values[::-1]})]


def test_another_care_of_address() -> None:
    there = {"binding_update.care_of_address": ("2001:db8:b::100", "2001:db8:a::100")}
    assert between(scene(*STORY), with_packets(p8=bu(CARE1, seq=5), p9=ba(CARE1, seq=5))) == [
        Told("changed", "refresh", there)
    ]


def test_an_alternate_care_of_address_counts_as_one() -> None:
    (found,) = between(scene(*STORY), with_packets(p8=bu(CARE2, seq=5, alternate=CARE1)))
    assert found.changes == {
        "binding_update.options": (None, ("Alternate Care-of Address",)),
        "binding_update.care_of_address": ("2001:db8:b::100", "2001:db8:a::100"),
        "binding_update.source": (None, "2001:db8:b::100"),
    }


def test_a_deletion_is_no_move() -> None:
    """One goes home where the other goes on: nothing that both do otherwise."""
    away = [(0, bu(seq=1)), (0.1, ba(seq=1))]
    home = [*away, (30, bu(CARE1, seq=2, life=0)), (30.1, ba(CARE1, seq=2, life=0))]
    moved = [*away, (30, bu(CARE2, seq=2)), (30.1, ba(CARE2, seq=2))]
    assert [(one.verdict, one.kind) for one in between(scene(*home), scene(*moved))] == [
        ("missing", "deregistration"),
        ("added", "move"),
    ]


def test_a_move_and_a_refresh_are_named() -> None:
    away = [(0, bu(seq=1)), (0.1, ba(seq=1))]
    moved = [*away, (30, bu(CARE2, seq=2)), (30.1, ba(CARE2, seq=2))]
    stayed = [*away, (30, bu(seq=2)), (30.1, ba(seq=2))]
    found = compare(transactions_of(scene(*moved)), transactions_of(scene(*stayed)))
    assert "  differs    move in A, refresh in B: A frames 3 4, 00:00:30.000; B frames 3 4, 00:00:30.000" in lines(
        found
    )
    record = difference_json(found.differences[0])
    assert [record[side]["exchange"] for side in ("a", "b")] == ["move", "refresh"]


def test_an_exchange_that_is_missing_or_added() -> None:
    less = with_packets(p6=None, p7=None)
    assert between(scene(*STORY), less) == [Told("missing", "refresh", {})]
    assert between(less, scene(*STORY)) == [Told("added", "refresh", {})]


def test_an_exchange_that_never_was() -> None:
    """Without a gap in the numbers: the mobile node didn't send it."""
    sent = [*STORY[:6], (150, bu(CARE2, seq=4)), (150.1, ba(CARE2, seq=4))]
    assert between(scene(*STORY[:10]), scene(*sent)) == [Told("missing", "refresh", {})]


def test_a_missing_acknowledgement() -> None:
    assert between(scene(*STORY), with_packets(p3=None)) == [Told("changed", "refresh", {"answers": (1, 0)})]


def test_retransmissions_are_counted() -> None:
    more = [*STORY[:2], (49, bu(seq=2)), (50, bu(seq=2)), *STORY[3:]]
    assert between(scene(*STORY), scene(*more)) == [Told("changed", "refresh", {"attempts": (1, 2)})]


def test_retransmissions_with_numbers_of_their_own() -> None:
    """UMIP counts up each time: the next update is one step ahead of the last attempt in both."""
    umip = [(0, bu(seq=1)), (1, bu(seq=2)), (3, bu(seq=3)), (3.1, ba(seq=3)), (40, bu(seq=4)), (40.1, ba(seq=4))]
    once = [(0, bu(seq=1)), (1, bu(seq=2)), (1.1, ba(seq=2)), (40, bu(seq=3)), (40.1, ba(seq=3))]
    assert between(scene(*umip), scene(*once)) == [Told("changed", "registration", {"attempts": (3, 2)})]


def test_a_jump_in_the_sequence_numbers_shows_once() -> None:
    jump = [*STORY[:6], (120, bu(CARE2, seq=10)), (120.1, ba(CARE2, seq=10)), (150, bu(CARE2, seq=11))]
    jump += [(150.1, ba(CARE2, seq=11))]
    step = Told("changed", "refresh", {"binding_update.sequence_number_step": (1, 7)})
    assert between(scene(*STORY[:10]), scene(*jump)) == [step]


def test_one_wrong_sequence_number_shows_once() -> None:
    wrong = with_packets(p6=bu(CARE2, seq=9), p7=ba(CARE2, seq=9))
    assert between(scene(*STORY), wrong) == [
        Told("changed", "refresh", {"binding_update.sequence_number_step": (1, 6)})
    ]


def test_an_acknowledgement_with_a_wrong_number() -> None:
    assert between(scene(*STORY), with_packets(p7=ba(CARE2, seq=2))) == [
        Told("changed", "refresh", {"binding_acknowledgement.sequence_number_step": (None, -2)})
    ]


def test_a_binding_error() -> None:
    error = [*STORY[:2], (10, binding_error(CARE1, PEER, HOME)), *STORY[2:]]
    assert between(scene(*STORY), scene(*error)) == [Told("added", "binding error", {})]


@pytest.mark.parametrize(
    ("lifetime", "changes"),
    [
        (b"\0\0\x12\x34", []),  # it runs down while it is advertised
        (b"\0\0\0\0", [("finite", "over")]),
        (b"\xff\xff\xff\xff", [("finite", "infinite")]),
    ],
)
def test_a_prefix_lifetime(lifetime: bytes, changes: list[tuple[str, str]]) -> None:
    """In frame 721 of ro-mn, after 24 octets of routing header: the option begins at 8, its valid lifetime at 4."""
    source = recording("ro-mn.pcap")
    octets = {record.frame: record.captured for record in source.records}[721]
    at = 14 + 40 + 24 + 8 + 4
    mutated = changed(source, f721=octets[:at] + lifetime + octets[at + 4 :])
    found = [change for one in between(source, mutated) for change in one.changes.values()]
    assert found == changes


# --- what isn't a registration ---


def icmpv6(source: bytes, destination: bytes, body: bytes) -> bytes:
    check = internet_checksum(source, destination, 58, body)
    return ipv6(source, destination, 58, body[:2] + check.to_bytes(2) + body[4:])


ANYCAST = ip("2001:db8:1::fdff:ffff:ffff:fffe")


def discovery(at: float, identifier: int, *agents: bytes, care: bytes = CARE1) -> list[Packet]:
    """RFC 6275, 6.5 and 6.6."""
    request = struct.pack(">BBHHH", 144, 0, 0, identifier, 0)
    reply = struct.pack(">BBHHH", 145, 0, 0, identifier, 0) + b"".join(agents)
    return [(at, icmpv6(care, ANYCAST, request)), (at + 0.1, icmpv6(AGENT, care, reply))]


def test_discovery_is_compared_by_its_agents() -> None:
    """Before the first Binding Update, which tells whose care-of address it is."""
    one = scene(*discovery(-1 + 1, 1, AGENT, AGENT2), *((at + 2, octets) for at, octets in STORY))
    two = scene(*discovery(0, 77, AGENT, AGENT2), *((at + 2, octets) for at, octets in STORY))
    three = scene(*discovery(0, 77, AGENT), *((at + 2, octets) for at, octets in STORY))
    assert between(one, two) == []
    agents = ("2001:db8:1::1", "2001:db8:1::2")
    assert between(one, three) == [
        Told("changed", "home agent discovery", {"dhaad_reply.home_agents": (agents, agents[:1])})
    ]


def unreachable(at: float, identifier: int, *agents: bytes) -> Packet:
    return at, icmpv6(AGENT, CARE1, struct.pack(">BBHHH", 154, 0, 0, 0, identifier) + b"".join(agents))


def test_type_154_with_its_repetitions() -> None:
    once, thrice = [unreachable(10, 5, AGENT2)], [unreachable(10 + i, 9, AGENT2) for i in range(3)]
    other = [unreachable(10, 5, AGENT)]
    told_once, told_thrice, told_other = (scene(*STORY[:2], *more, *STORY[2:]) for more in (once, thrice, other))
    assert between(told_once, told_thrice) == [Told("changed", "home agent unreachable", {"attempts": (1, 3)})]
    (found,) = between(told_once, told_other)
    assert found.changes == {"home_agent_unreachable.unreachable": (("2001:db8:1::2",), ("2001:db8:1::1",))}


def test_return_routability_by_its_cookies() -> None:
    """Other cookies, tokens and nonces say the same; a test that got no answer doesn't (frames of ro-mn: README)."""
    source = recording("ro-mn.pcap")
    octets = {record.frame: record.captured for record in source.records}
    # CoTI and CoT (frames 93 and 95): the cookie is at 8 in both, the nonce index at 6 in the CoT (RFC 6275, 6.1.4).
    other = changed(
        source, f93=put(octets[93], 8, bytes(8)), f95=put(put(octets[95], 8, bytes(8)), 6, b"\0\x09")
    )  # fmt: skip
    assert between(source, other) == []
    unanswered = only(source, (record.frame for record in source.records if record.frame != 95))
    assert between(source, unanswered) == [Told("changed", "care-of test", {"answers": (1, 0)})]


def test_a_test_with_another_cookie_answers_nothing() -> None:
    source = recording("ro-mn.pcap")
    octets = {record.frame: record.captured for record in source.records}
    found = between(source, changed(source, f95=put(octets[95], 8, bytes(8))))
    assert [(one.verdict, one.kind) for one in found] == [("changed", "care-of test"), ("added", "care-of test")]


def heartbeat(at: float, number: int, source: bytes, destination: bytes, response: bool = False) -> Packet:
    """RFC 5847, 3.1."""
    return at, ipv6(
        source, destination, 135, mobility(13, struct.pack(">HI4x", int(response), number), source, destination)
    )


def beats(*answered: bool) -> list[Packet]:
    found = []
    for number, answers in enumerate(answered):
        found.append(heartbeat(number, number, AGENT, AGENT2))
        found += [heartbeat(number + 0.2, number, AGENT2, AGENT, response=True)] * answers
    return found


def test_a_row_of_heartbeats_is_one_thing() -> None:
    assert between(scene(*beats(True, True, True)), scene(*beats(True))) == []
    assert between(scene(*beats(True, False)), scene(*beats(True, True, False))) == []
    assert [one.verdict for one in between(scene(*beats(True)), scene(*beats(True, False)))] == ["added"]


# --- times ---


def test_times_count_only_with_a_tolerance() -> None:
    late = [(at + (5 if at >= 120 else 0), octets) for at, octets in STORY]
    assert between(scene(*STORY), scene(*late)) == []
    assert between(scene(*STORY), scene(*late), tolerance_s=5) == []
    assert between(scene(*STORY), scene(*late), tolerance_s=1) == [
        Told("changed", "refresh", {"time_off_s": (0.0, 5.0)})
    ]


def test_a_slow_answer() -> None:
    slow = [*STORY[:3], (51.6, STORY[3][1]), *STORY[4:]]
    assert between(scene(*STORY), scene(*slow), tolerance_s=0.5) == [
        Told("changed", "refresh", {"answer_after_s": (0.1, 1.6)})
    ]


# --- renamed addresses ---


def test_another_lab_with_other_prefixes() -> None:
    """Every address in another prefix; the checksums are worked out by the scene."""
    there = ip("2001:db8:f1::1")
    story = [(0, bu(seq=1)), (1, ba(seq=1))]
    other = [
        (0, bu(ip("2001:db8:fa::100"), there, home=ip("2001:db8:f1::100"))),
        (1, ba(ip("2001:db8:fa::100"), there, home=ip("2001:db8:f1::100"))),
    ]
    assert [one.verdict for one in between(scene(*story), scene(*other))] == ["missing", "added"]
    rules = Renaming([rule_of("2001:db8:1::/48=2001:db8:f1::/48"), rule_of("2001:db8:a::100=2001:db8:fa::100")])
    assert between(scene(*story), scene(*other), rename=rules) == []
    assert rules.used == set(rules.rules)


def test_the_longest_prefix_wins() -> None:
    rename = Renaming([rule_of("2001:db8::/32=2001:db9::/32"), rule_of("2001:db8:1::1=fd00::1")])
    assert rename(AGENT) == ip("fd00::1")
    assert rename(AGENT2) == ip("2001:db9:1::2")
    assert rename(ip("fd00::7")) == ip("fd00::7")


# --- many ---


def test_long_captures_take_no_square_of_time() -> None:
    """Three thousand refreshes, one changed near each end."""

    def long(*odd: int) -> Source:
        packets: list[Packet] = []
        for i in range(3_000):
            packets += [(i * 20, bu(seq=i)), (i * 20 + 0.1, ba(seq=i, life=40 if i in odd else 60))]
        return scene(*packets)

    found = between(long(), long(5, 2_990))
    assert [one.changes for one in found] == [{"binding_acknowledgement.lifetime_s": (60, 40)}] * 2
