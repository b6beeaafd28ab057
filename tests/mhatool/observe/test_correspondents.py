"""Bindings at correspondents from small captures made by hand; expected times are the packets' and the lifetimes."""

import pytest

from mhatool.observe import (
    Correspondence,
    CorrespondentBinding,
    CorrespondentEnd,
    Kind,
    ProofKind,
    Role,
    RoutabilityKind,
    observe,
)
from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    Source,
    echo,
    home_address_option,
    ipv6,
    record,
    routing_header,
    scene,
    tunnel,
)
from tests.recipes import packets as made

Packet = tuple[float, bytes]
DATA = bytes((0, 9, 0, 9, 0, 8, 0, 0))
"""UDP without checksum and content."""


def update(
    seq: int = 1,
    life: int = 60,
    source: bytes = CARE1,
    flags: str = "",
    indices: tuple[int, int] = (1, 1),
    home: bytes | None = HOME,
) -> bytes:
    """A Binding Update to the correspondent as return routability makes it."""
    return made.bu(
        made.nonce_indices(*indices),
        made.authorization(),
        source=source,
        to=PEER,
        home=home,
        seq=seq,
        flags=flags,
        life=life,
    )


def answer(seq: int = 1, life: int = 60, status: int = 0, to: bytes = CARE1) -> bytes:
    return made.ba(made.authorization(), source=PEER, to=to, seq=seq, life=life, status=status)


def to_care_of(care_of_address: bytes = CARE1, peer: bytes = PEER) -> bytes:
    """Data from the correspondent with a type 2 routing header."""
    return ipv6(peer, care_of_address, 43, routing_header(HOME, 17) + DATA)


def from_care_of(care_of_address: bytes = CARE1) -> bytes:
    """Data to the correspondent with a Home Address option."""
    return ipv6(care_of_address, PEER, 60, home_address_option(HOME, 17) + DATA)


def the_correspondence(*packets: Packet) -> Correspondence:
    observer = observe([scene(*packets)])
    (found,) = observer.facts.correspondences(observer.last_ns)
    return found


def bindings(*packets: Packet) -> list[CorrespondentBinding]:
    return list(the_correspondence(*packets).bindings)


def the_binding(*packets: Packet) -> CorrespondentBinding:
    (found,) = bindings(*packets)
    return found


# --- without acknowledgements ---


def test_an_update_without_the_a_flag_counts_from_when_it_was_sent() -> None:
    binding = the_binding((1, update()))
    assert (binding.home_address, binding.correspondent, binding.care_of_address) == (HOME, PEER, CARE1)
    assert (binding.start_ns, binding.expires_ns, binding.end_ns) == (1 * S, 61 * S, None)
    assert binding.proof is None
    assert the_correspondence((1, update())).updates[0].result == "unshown"


def test_data_from_the_correspondent_shows_it() -> None:
    found = the_correspondence((1, update()), (2, from_care_of()), (3, to_care_of()), (4, to_care_of()))
    (span,) = found.bindings[0].spans
    assert span.proof is not None
    assert (span.proof.kind, span.proof.moment.frame.number) == (ProofKind.ROUTING_HEADER, 3)
    assert span.last_used_ns == 4 * S
    assert found.updates[0].result == "accepted"


def test_data_from_the_mobile_node_shows_it_less() -> None:
    binding = the_binding((1, update()), (2, from_care_of()), (3, from_care_of()))
    assert binding.proof is not None
    assert (binding.proof.kind, binding.proof.moment.frame.number) == (ProofKind.HOME_ADDRESS_OPTION, 2)


@pytest.mark.parametrize(
    "other",
    [
        to_care_of(CARE2),  # another care-of address
        to_care_of(peer=AGENT),  # somebody else
        echo(PEER, HOME),  # plain
        answer(seq=7),  # signalling, with a routing header
        made.prefix_advertisement(),
    ],
)
def test_what_shows_nothing(other: bytes) -> None:
    assert the_binding((1, update()), (2, other)).proof is None


def test_a_refresh_is_shown_only_by_what_comes_after_the_old_lifetime() -> None:
    early = the_correspondence((0, update()), (50, update(seq=2)), (59, to_care_of()))
    late = the_correspondence((0, update()), (50, update(seq=2)), (59, to_care_of()), (61, to_care_of()))
    assert [seen.kind for seen in late.updates] == [Kind.REGISTRATION, Kind.REFRESH]
    assert [seen.result for seen in early.updates] == ["unshown", "unshown"]  # nothing between 0 and 50 s
    assert [seen.result for seen in late.updates] == ["unshown", "accepted"]
    assert late.bindings[0].expires_ns == 110 * S


def test_a_move() -> None:
    binding = the_binding((0, update()), (1, to_care_of()), (10, update(2, source=CARE2)), (11, to_care_of(CARE2)))
    assert [(span.care_of_address, span.start_ns, span.end_ns) for span in binding.spans] == [
        (CARE1, 0, 10 * S),
        (CARE2, 10 * S, None),
    ]
    assert [span.proof is not None for span in binding.spans] == [True, True]


def test_it_expires_without_any_packet() -> None:
    binding = the_binding((0, update(life=8)), (9, echo(PEER, HOME)))
    assert (binding.end_ns, binding.end_reason) == (8 * S, CorrespondentEnd.EXPIRED)


def test_no_binding_ends_before_it_begins() -> None:
    """4 s from 0 on are over when the answer comes."""
    binding = the_binding((0, update(life=4, flags="A")), (5, answer(life=4)), (20, echo(PEER, HOME)))
    assert (binding.start_ns, binding.end_ns, binding.end_reason) == (5 * S, 5 * S, CorrespondentEnd.EXPIRED)


def test_after_expiry_another_one_begins() -> None:
    old, new = bindings((0, update(life=8)), (20, update(seq=2)))
    assert (old.end_reason, new.start_ns) == (CorrespondentEnd.EXPIRED, 20 * S)


@pytest.mark.parametrize(
    "deletion",
    [update(2, life=0, source=HOME, home=None, indices=(1, 0)), update(2, life=0, indices=(1, 0))],
)
def test_a_deletion_from_home_or_abroad(deletion: bytes) -> None:
    binding = the_binding((0, update()), (10, deletion))
    assert (binding.end_ns, binding.end_reason) == (10 * S, CorrespondentEnd.DEREGISTERED)
    assert [seen.update.sequence_number for seen in binding.updates] == [1, 2]


def test_a_deletion_alone_shows_that_there_was_a_binding() -> None:
    binding = the_binding((0, update(9, life=0, source=HOME, home=None)))
    assert (binding.start_ns, binding.end_ns, binding.is_older) == (None, 0, True)


def test_data_before_the_first_update_shows_that_it_is_older() -> None:
    assert the_binding((0, to_care_of()), (10, update())).is_older
    assert not the_binding((0, echo(PEER, HOME)), (10, update())).is_older


def test_a_number_that_the_correspondent_would_refuse_is_another_binding() -> None:
    old, new = bindings((0, update(seq=1)), (10, update(seq=40000)), (11, to_care_of()))
    assert (old.end_ns, old.end_reason) == (10 * S, CorrespondentEnd.REPLACED)
    assert (new.start_ns, new.end_ns) == (10 * S, None)


# --- answers ---


def test_with_the_a_flag_the_acknowledgement_counts() -> None:
    found = the_correspondence((0, update(flags="A")), (1, answer(life=40)))
    binding = found.bindings[0]
    assert (binding.start_ns, binding.lifetime_s, binding.expires_ns) == (1 * S, 40, 40 * S)
    assert binding.proof is not None
    assert binding.proof.kind is ProofKind.ACKNOWLEDGEMENT
    assert found.updates[0].result == "accepted"


def test_an_acknowledgement_is_no_use() -> None:
    packets = [(0, update(flags="A")), (1, answer())]
    assert the_binding(*packets).spans[0].last_used_ns is None
    deletion = [(9, update(2, 0, flags="A")), (9.1, answer(2, 0))]
    assert the_binding(*packets, (2, to_care_of()), *deletion).spans[0].last_used_ns == 2 * S


def test_with_the_a_flag_nothing_begins_before_it_is_shown() -> None:
    found = the_correspondence((0, update(flags="A")), (5, echo(PEER, HOME)))
    assert (list(found.bindings), found.updates[0].result) == ([], "unanswered")
    shown = the_correspondence((0, update(flags="A")), (5, to_care_of()))
    assert (shown.bindings[0].start_ns, shown.updates[0].result) == (0, "accepted")


def test_data_within_the_old_lifetime_shows_no_refresh_that_was_sent_again() -> None:
    """The binding of 0 s, for 20 s, explains it; what came of 15 s and 16 s nobody knows."""
    refreshes = [(15, update(2, 20, flags="A")), (16, update(3, 20, flags="A"))]
    packets = [(0, update(1, 20, flags="A")), (0.1, answer(1, 20)), *refreshes]
    early = the_correspondence(*packets, (18.5, to_care_of()), (60, echo(PEER, HOME)))
    assert [seen.kind for seen in early.updates] == [Kind.REGISTRATION, Kind.REFRESH, Kind.RETRANSMISSION]
    assert [seen.result for seen in early.updates] == ["accepted", "unanswered", "unanswered"]
    assert (early.bindings[0].end_ns, early.bindings[0].end_reason) == (20 * S, CorrespondentEnd.EXPIRED)
    late = the_correspondence(*packets, (18.5, to_care_of()), (21, to_care_of()))
    assert [seen.result for seen in late.updates] == ["accepted", "unanswered", "accepted"]
    assert late.bindings[0].expires_ns == 36 * S


def test_data_after_the_old_lifetime_shows_a_refresh_whose_answer_was_not_seen() -> None:
    packets = [(0, update(1, 20, flags="A")), (0.1, answer(1, 20)), (15, update(2, 20, flags="A"))]
    found = the_correspondence(*packets, (21, to_care_of()), (60, echo(PEER, HOME)))
    (binding,) = found.bindings
    assert [seen.result for seen in found.updates] == ["accepted", "accepted"]
    assert (binding.end_ns, [seen.update.sequence_number for seen in binding.updates]) == (35 * S, [1, 2])


@pytest.mark.parametrize("data", [(21, from_care_of()), (40, to_care_of())])
def test_what_shows_no_refresh_whose_answer_was_not_seen(data: Packet) -> None:
    """Its sender doesn't know; at 40 s its lifetime, too, is long over."""
    packets = [(0, update(1, 20, flags="A")), (0.1, answer(1, 20)), (15, update(2, 20, flags="A"))]
    found = the_correspondence(*packets, data, (60, echo(PEER, HOME)))
    assert [seen.result for seen in found.updates] == ["accepted", "unanswered"]
    assert [binding.end_ns for binding in found.bindings] == [20 * S]


def test_a_retransmission() -> None:
    packets = [(0, update(flags="A")), (1, update(2, flags="A")), (1.1, answer(2))]
    found = the_correspondence(*packets)
    assert [seen.kind for seen in found.updates] == [Kind.REGISTRATION, Kind.RETRANSMISSION]
    assert [seen.result for seen in found.updates] == ["unanswered", "accepted"]
    assert len(found.bindings) == 1


def test_a_refusal_takes_everything_back() -> None:
    """Without the A flag, too, a correspondent says what is wrong (RFC 6275, 9.5.4): 136, expired home nonce index."""
    first = the_correspondence((0, update()), (0.1, answer(1, life=0, status=136)))
    assert (list(first.bindings), first.updates[0].result) == ([], "refused")
    packets = [(0, update()), (1, to_care_of()), (10, update(2, source=CARE2)), (10.1, answer(2, 0, 136, CARE2))]
    (span,) = the_binding(*packets).spans
    assert (span.care_of_address, span.end_ns) == (CARE1, None)
    assert the_binding(*packets).expires_ns == 60 * S
    assert [seen.update.sequence_number for seen in the_binding(*packets).updates] == [1]
    deletion = [(0, update()), (10, update(2, life=0)), (10.1, answer(2, 0, 136))]
    assert the_binding(*deletion).end_reason is None
    old_number = [(0, update()), (10, update(40000)), (10.1, answer(1, 0, 135))]
    assert the_binding(*old_number).end_reason is None


def test_an_unauthorized_refusal_is_the_correspondents_too() -> None:
    observer = observe([scene((0, update()), (0.1, made.ba(source=PEER, seq=1, life=0, status=136)))])
    assert observer.agencies == []
    assert observer.facts.nodes[PEER].keys() == {Role.CORRESPONDENT}


def test_a_binding_error_ends_it() -> None:
    found = the_correspondence((0, update()), (1, from_care_of()), (2, made.binding_error()))
    binding = found.bindings[0]
    assert (binding.end_ns, binding.end_reason) == (2 * S, CorrespondentEnd.BINDING_ERROR)
    assert binding.proof is None  # the data wasn't taken
    assert (found.updates[0].result, len(found.errors)) == ("refused", 1)


def test_a_binding_error_after_it_was_shown() -> None:
    """The correspondent lost it: the update itself was taken."""
    found = the_correspondence((0, update()), (1, to_care_of()), (9, made.binding_error()), (10, update(70)))
    assert [b.end_reason for b in found.bindings] == [CorrespondentEnd.BINDING_ERROR, None]
    assert found.updates[0].result == "accepted"


def test_a_binding_error_about_another_care_of_address_leaves_the_binding() -> None:
    """RFC 6275, 9.3.1: there has to be an entry, and the care-of address in it has to be the packet's source."""
    packets = [(0, update(flags="A")), (0.1, answer()), (10, update(2, source=CARE2, flags="A"))]
    error = made.binding_error(to=CARE2)
    found = the_correspondence(*packets, (10.2, from_care_of(CARE2)), (10.3, error), (11, to_care_of()))
    assert [b.end_ns for b in found.bindings] == [None]
    assert (found.updates[1].result, found.updates[1].error is not None) == ("refused", True)
    refused = the_correspondence(*packets, (10.1, answer(2, 0, 137, CARE2)), (10.3, error))
    assert (refused.updates[1].error, refused.updates[1].result) == (None, "refused")
    assert (refused.bindings[0].care_of_address, refused.bindings[0].end_ns) == (CARE1, None)


def test_refresh_requests() -> None:
    found = the_correspondence((0, update()), (58, made.refresh_request()), (58.1, tunnel(AGENT, CARE1, to_care_of())))
    assert [(moment.time_ns, moment.frame.number) for moment in found.refresh_requests] == [(58 * S, 2)]


def test_a_damaged_update_says_nothing() -> None:
    octets = bytearray(update())
    octets[-1] ^= 1
    observer = observe([scene((0, bytes(octets)))])
    assert observer.facts.correspondences(observer.last_ns) == []


def test_a_binding_error_long_after_refuses_no_update() -> None:
    """The mobile node went on after its binding had run out."""
    found = the_correspondence((0, update(life=4)), (9, from_care_of()), (10, made.binding_error()))
    assert [b.end_reason for b in found.bindings] == [CorrespondentEnd.EXPIRED]
    assert (found.updates[0].error, len(found.errors)) == (None, 1)


def test_a_late_answer_to_an_older_update_changes_nothing() -> None:
    packets = [(0, update(1, flags="A")), (1, update(2, flags="A", source=CARE2))]
    binding = the_binding(*packets, (1.01, answer(2, to=CARE2)), (1.02, answer(1)))
    assert (binding.care_of_address, binding.end_reason, len(binding.updates)) == (CARE2, None, 1)


def test_an_answer_that_nobody_asked_for_tells_the_lifetime() -> None:
    binding = the_binding((0, update(life=60)), (1, answer(life=20)))
    assert (binding.start_ns, binding.lifetime_s, binding.expires_ns) == (0, 20, 20 * S)


def test_data_after_a_deletion_does_not_show_that_it_was_taken() -> None:
    """It was on its way still, or the correspondent hasn't heard of it."""
    found = the_correspondence((0, update()), (10, update(2, life=0, indices=(1, 0))), (10.1, to_care_of()))
    assert found.updates[-1].proof is None
    assert found.bindings[0].end_reason is CorrespondentEnd.DEREGISTERED


def test_data_goes_on_after_everything_is_shown() -> None:
    """Only the time of the latest one counts then; another update begins anew."""
    packets = [(0, update()), (1, to_care_of()), (2, to_care_of()), (3, from_care_of())]
    (span,) = the_binding(*packets).spans
    assert span.last_used_ns == 3 * S
    found = the_correspondence(*packets, (4, update(2, source=CARE2)), (5, to_care_of(CARE2)), (6, to_care_of()))
    assert [s.last_used_ns for s in found.bindings[0].spans] == [6 * S, 5 * S]
    assert [seen.result for seen in found.updates] == ["accepted", "accepted"]


# --- return routability ---


def test_a_run() -> None:
    packets = [
        (0, tunnel(CARE1, AGENT, made.home_test_init())),
        (0.01, made.care_of_test_init()),
        (0.2, made.home_test(index=3)),
        (0.3, tunnel(AGENT, CARE1, made.home_test(index=3))),  # the same one, on its way
        (0.4, made.care_of_test(index=5)),
        (0.5, update(indices=(3, 5))),
        (30, update(2, indices=(3, 5))),
    ]
    observer = observe([scene(*packets)])
    home, care_of = observer.facts.routability_tests
    assert (home.kind, home.address, home.nonce_index) == (RoutabilityKind.HOME, HOME, 3)
    assert (home.latency_ns, care_of.latency_ns) == (round(0.2 * S), round(0.39 * S))
    assert (home.uses, care_of.uses) == (2, 2)
    (run,) = observer.facts.routability_runs
    assert (run.home_test, run.care_of_test, run.sequence_number) == (home, care_of, 1)
    assert (run.start_ns, run.update.time_ns) == (0, round(0.5 * S))
    (found,) = observer.facts.correspondences(observer.last_ns)
    assert [(seen.home_test, seen.care_of_test) for seen in found.updates] == [(home, care_of)] * 2


def test_cookies_pair_tests() -> None:
    other = bytes(range(8))
    packets = [(0, made.home_test_init()), (1, made.home_test_init(cookie=other)), (1.5, made.home_test(cookie=other))]
    first, second = observe([scene(*packets)]).facts.routability_tests
    assert (first.answered, first.nonce_index) == (None, None)
    assert second.answered is not None
    assert second.latency_ns == round(0.5 * S)


def test_an_answer_again_changes_nothing() -> None:
    packets = [(0, made.home_test_init()), (0.5, made.home_test(index=1)), (2, made.home_test(index=2))]
    (found,) = observe([scene(*packets)]).facts.routability_tests
    assert (found.nonce_index, found.latency_ns) == (1, round(0.5 * S))


def test_a_test_without_its_init() -> None:
    (found,) = observe([scene((0, made.care_of_test()))]).facts.routability_tests
    assert (found.asked, found.latency_ns, found.address, found.correspondent) == (None, None, CARE1, PEER)


def test_a_deletion_needs_the_home_test_only() -> None:
    packets = [(0, made.home_test_init()), (0.1, made.home_test()), (1, update(1, 0, HOME, "", (1, 0), None))]
    (run,) = observe([scene(*packets)]).facts.routability_runs
    assert (run.home_test is not None, run.care_of_test) == (True, None)


def test_unused_tests_make_no_run() -> None:
    packets = [(0, made.home_test_init()), (0.1, made.home_test(index=2)), (1, update(indices=(9, 9)))]
    facts = observe([scene(*packets)]).facts
    assert (facts.routability_runs, facts.routability_tests[0].uses) == ([], 0)


# --- vantage points ---


def test_two_files_and_two_interfaces() -> None:
    """The same packets seen on three links, a little later and with a lower hop limit."""
    packets = [(0.0, update()), (1.0, made.refresh_request()), (2.0, update(2))]
    lower = [(at + 0.001, octets[:7] + bytes((63,)) + octets[8:]) for at, octets in packets]
    both = Source(
        "both",
        [
            record(frame, round(at * S), octets, interface=frame % 2)
            for frame, (at, octets) in enumerate(sorted([*packets, *lower]), 1)
        ],
    )
    observer = observe([scene(*packets, name="one"), both])
    (found,) = observer.facts.correspondences(observer.last_ns)
    assert ([seen.update.sequence_number for seen in found.updates], len(found.refresh_requests)) == ([1, 2], 1)
