"""Bindings from small captures made by hand; expected times are the packets' and the lifetimes."""

import struct

import pytest

from mhatool.exchange import Source, sightings
from mhatool.observe import Binding, EndReason, Kind, Limits, Observer, observe
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    ba,
    binding_error,
    bu,
    echo,
    ipv6,
    mobility,
    record,
    routing_header,
    scene,
    tunnel,
)
from tests.recipes import packets as made

Packet = tuple[float, bytes]
REGISTERED: list[Packet] = [(0, bu(seq=1)), (1, ba(seq=1))]
USED = tunnel(AGENT, CARE1, echo(PEER, HOME))


def bindings(*packets: Packet) -> list[Binding]:
    return observe([scene(*packets)]).bindings()


def the_binding(*packets: Packet) -> Binding:
    (found,) = bindings(*packets)
    return found


def kinds(*packets: Packet) -> list[Kind]:
    return [r.kind for agency in observe([scene(*packets)]).agencies for r in agency.registrations]


def test_a_binding_begins_with_its_acknowledgement() -> None:
    binding = the_binding(*REGISTERED)
    assert (binding.home_address, binding.home_agent, binding.care_of_address) == (HOME, AGENT, CARE1)
    assert (binding.start_ns, binding.end_ns, binding.end_reason) == (1 * S, None, None)
    assert (binding.lifetime_s, binding.expires_ns) == (60, 60 * S)


def test_its_lifetime_counts_from_the_update_as_granted() -> None:
    """At the home agent (RFC 6275, 9.5.1 and 10.3.1) and at the mobile node (11.7.3), however late the answer comes."""
    assert the_binding((0, bu(seq=1, life=60)), (1, ba(seq=1, life=40))).expires_ns == 40 * S
    assert the_binding((5, bu(seq=1, life=60)), (7, ba(seq=1, life=60))).expires_ns == 65 * S


def test_a_home_agent_that_says_it_has_no_binding_has_none() -> None:
    """A Binding Error with status 1 (RFC 6275, 9.3.3), as one answers a prefix solicitation that was started anew."""
    error = (20, binding_error(CARE1, AGENT, HOME))
    old, new = bindings(*REGISTERED, error, (30, bu(seq=2)), (31, ba(seq=2)))
    assert (old.end_ns, old.end_reason) == (20 * S, EndReason.BINDING_ERROR)
    assert old.ended_by is not None
    assert (old.ended_by.number, new.start_ns, new.end_ns) == (3, 31 * S, None)


@pytest.mark.parametrize(
    "error",
    [
        binding_error(CARE2, AGENT, HOME),  # about another care-of address (RFC 6275, 9.3.1)
        binding_error(CARE1, PEER, HOME),  # a correspondent's
        binding_error(CARE1, AGENT, CARE2),  # about another home address
        made.binding_error(2, source=AGENT),  # about a Mobility Header type
    ],
)
def test_what_denies_no_binding_at_a_home_agent(error: bytes) -> None:
    assert the_binding(*REGISTERED, (20, error), (21, echo(PEER, HOME))).end_reason is None


def test_who_tunnels_on_was_not_the_one_that_denied_its_binding() -> None:
    error = (20, binding_error(CARE1, AGENT, HOME))
    late = (23, tunnel(AGENT, CARE1, echo(PEER, HOME)))  # it may have been on its way, for 3 s
    assert the_binding(*REGISTERED, error, late).end_reason is EndReason.BINDING_ERROR
    later = (24, tunnel(AGENT, CARE1, echo(PEER, HOME)))
    assert the_binding(*REGISTERED, error, later).end_reason is None


@pytest.mark.parametrize("seq", [1, 2, 65535])
def test_an_old_acknowledgement_again_moves_nothing(seq: int) -> None:
    """None of these is ahead of 2 (RFC 6275, 9.5.1): half a minute later somebody sends it again."""
    binding = the_binding(*REGISTERED, (10, bu(CARE2, seq=2)), (11, ba(CARE2, seq=2)), (30, ba(seq=seq)))
    assert (binding.care_of_address, binding.expires_ns, len(binding.registrations)) == (CARE2, 70 * S, 2)
    goes_on = the_binding(*REGISTERED, (10, bu(CARE2, seq=2)), (11, ba(CARE2, seq=2)), (30, ba(CARE1, seq=3)))
    assert (goes_on.care_of_address, goes_on.expires_ns) == (CARE1, 90 * S)  # of an update out of sight


def test_no_binding_ends_before_it_begins() -> None:
    """4 s from 0 on are over when the answer comes; so they are for the mobile node (RFC 6275, 11.7.3)."""
    binding = the_binding((0, bu(seq=1, life=4)), (5, ba(seq=1, life=4)), (20, echo(PEER, HOME)))
    assert (binding.start_ns, binding.end_ns, binding.end_reason) == (5 * S, 5 * S, EndReason.EXPIRED)
    assert [(span.start_ns, span.end_ns) for span in binding.spans] == [(5 * S, 5 * S)]


def test_it_expires_without_any_packet_that_says_so() -> None:
    binding = the_binding(*REGISTERED, (60, echo(PEER, HOME)))
    assert (binding.end_ns, binding.end_reason) == (60 * S, EndReason.EXPIRED)
    assert binding.spans[-1].end_ns == 60 * S
    assert the_binding(*REGISTERED, (59.999, echo(PEER, HOME))).end_reason is None


def test_a_registration_after_the_end_is_another_binding() -> None:
    """Each lasts 4 s from its update on; the answers come a second later, after duplicate address detection."""
    first, second = bindings(
        (0, bu(seq=1, life=4)), (1, ba(seq=1, life=4)), (4.5, bu(seq=2, life=4)), (5.5, ba(seq=2, life=4))
    )
    assert (first.start_ns, first.end_ns, first.end_reason) == (1 * S, 4 * S, EndReason.EXPIRED)
    assert (second.start_ns, second.expires_ns) == (5.5 * S, 8.5 * S)


def test_an_update_in_time_prolongs_it_though_its_answer_comes_late() -> None:
    packets = [*REGISTERED, (59.9, bu(seq=2)), (60.1, ba(seq=2))]
    observer = Observer()
    for sighting in sightings([scene(*packets[:3], (60, echo(PEER, HOME)), packets[3])]):
        observer.see(sighting)
        observer.bindings()  # which closes what has run out
    (binding,) = observer.bindings()
    assert (binding.start_ns, binding.expires_ns, binding.end_reason) == (1 * S, 119.9 * S, None)
    assert [(span.start_ns, span.end_ns) for span in binding.spans] == [(1 * S, None)]


def test_a_refresh_prolongs_it() -> None:
    binding = the_binding(*REGISTERED, (50, bu(seq=2)), (51, ba(seq=2)), (100, echo(PEER, HOME)))
    assert (binding.start_ns, binding.expires_ns, binding.end_ns, binding.refreshes) == (1 * S, 110 * S, None, 1)


def test_a_move_changes_the_care_of_address() -> None:
    binding = the_binding(*REGISTERED, (20, bu(CARE2, seq=2)), (21, ba(CARE2, seq=2)))
    spans = [(span.care_of_address, span.start_ns, span.end_ns) for span in binding.spans]
    assert spans == [(CARE1, 1 * S, 21 * S), (CARE2, 21 * S, None)]
    assert binding.refreshes == 0


def test_the_alternate_care_of_address_counts() -> None:
    assert the_binding((0, bu(seq=1, alternate=CARE2)), (1, ba(seq=1))).care_of_address == CARE2


@pytest.mark.parametrize(
    ("update", "answer"),
    [
        (bu(HOME, seq=2, life=0, home=None), ba(HOME, seq=2, life=0, home=None)),  # from home
        (bu(CARE1, seq=2, life=0), ba(CARE1, seq=2, life=0)),  # from abroad
    ],
)
def test_a_deregistration_ends_it(update: bytes, answer: bytes) -> None:
    binding = the_binding(*REGISTERED, (20, update), (21, answer))
    assert (binding.end_ns, binding.end_reason) == (21 * S, EndReason.DEREGISTERED)
    assert [r.sequence_number for r in binding.registrations] == [1, 2]


def test_a_deregistration_that_nobody_answers_ends_nothing() -> None:
    binding = the_binding(*REGISTERED, (20, bu(HOME, seq=2, life=0, home=None)), (70, echo(PEER, HOME)))
    assert (binding.end_ns, binding.end_reason) == (60 * S, EndReason.EXPIRED)


def test_a_deregistration_alone_shows_that_there_was_a_binding() -> None:
    binding = the_binding((0, bu(HOME, seq=9, life=0, home=None)), (1, ba(HOME, seq=9, life=0, home=None)))
    assert (binding.start_ns, binding.end_ns, binding.end_reason) == (None, 1 * S, EndReason.DEREGISTERED)
    assert binding.is_older
    assert binding.care_of_address is None


def test_a_refusal_makes_no_binding_and_ends_none() -> None:
    assert bindings((0, bu(seq=1)), (1, ba(seq=1, status=130))) == []
    assert the_binding(*REGISTERED, (9, bu(seq=2)), (10, ba(seq=2, status=135))).expires_ns == 60 * S


def test_a_number_that_the_agent_would_refuse_is_another_binding() -> None:
    """Half the circle back, and yet accepted: the home agent had lost the old one."""
    old, new = bindings(*REGISTERED, (20, bu(seq=40000)), (21, ba(seq=40000)))
    assert (old.end_ns, old.end_reason) == (21 * S, EndReason.REPLACED)
    assert (new.start_ns, new.end_ns) == (21 * S, None)


def test_a_late_answer_to_an_older_update_changes_nothing() -> None:
    packets = [(0, bu(seq=1)), (1, bu(CARE2, seq=2)), (1.01, ba(CARE2, seq=2)), (1.02, ba(CARE1, seq=1))]
    binding = the_binding(*packets)
    assert (binding.care_of_address, binding.end_reason) == (CARE2, None)


def test_two_home_agents_hold_two_bindings() -> None:
    found = bindings((0, bu(seq=1)), (0, bu(agent=AGENT2, seq=900)), (1, ba(seq=1)), (1.5, ba(agent=AGENT2, seq=900)))
    assert [(b.home_agent, b.start_ns) for b in found] == [(AGENT, S), (AGENT2, 3 * S // 2)]


def test_a_correspondents_binding_is_none_of_ours() -> None:
    body = bytes((0, 0, 0, 4, 0, 15, 1, 4, 0, 0, 0, 0, 5, 12)) + bytes(12)  # with Authorization Data
    authorized = ipv6(PEER, CARE1, 43, routing_header(HOME, 135) + mobility(6, body, PEER, HOME))
    assert bindings((0, bu(agent=PEER, seq=4, flags=0x8000))) == []
    assert observe([scene((0, bu(agent=PEER, seq=4, flags=0)))]).agencies == []
    assert bindings((0, authorized)) == []


def test_quoted_updates_are_none() -> None:
    quoting = ipv6(AGENT, CARE1, 58, bytes((1, 3, 0, 0, 0, 0, 0, 0)) + bu(seq=1))
    assert observe([scene((0, quoting))]).agencies == []


def test_acknowledgements_alone_are_enough() -> None:
    binding = the_binding((0, ba(seq=1)), (50, ba(seq=2)), (60, ba(CARE2, seq=3)))
    assert (binding.start_ns, binding.expires_ns) == (0, 120 * S)
    assert [span.care_of_address for span in binding.spans] == [CARE1, CARE2]


def test_updates_alone_show_no_binding() -> None:
    assert bindings((0, bu(seq=1)), (1, bu(seq=2))) == []


def test_what_updates_are_for() -> None:
    away = [(0, bu(seq=1)), (1, bu(seq=2)), (1.5, ba(seq=2))]
    assert kinds(*away) == [Kind.REGISTRATION, Kind.RETRANSMISSION]
    assert kinds(*away, (50, bu(seq=3)))[-1] is Kind.REFRESH
    assert kinds(*away, (50, bu(CARE2, seq=3)))[-1] is Kind.MOVE
    assert kinds(*away, (50, bu(HOME, seq=3, life=0, home=None)))[-1] is Kind.DEREGISTRATION
    assert kinds(*away, (62, bu(seq=3)))[-1] is Kind.REGISTRATION  # expired at 61
    assert kinds(*away, (50, bu(seq=3)), (51, bu(CARE2, seq=4)))[-1] is Kind.MOVE


def test_tunnelled_packets_are_signs_of_life() -> None:
    observer = observe([scene(*REGISTERED, (2, USED), (3, tunnel(CARE1, AGENT, echo(HOME, PEER))), (4, bu(seq=2)))])
    (agency,) = observer.agencies
    assert agency.last_sign is not None
    assert agency.last_sign.frame.number == 3
    assert agency.registrations[-1].sign_before == agency.last_sign
    assert agency.bindings[0].last_tunnelled == agency.last_sign
    elsewhere = tunnel(AGENT, CARE2, echo(PEER, HOME))
    assert the_binding(*REGISTERED, (2, elsewhere)).last_tunnelled is None
    assert not agency.bindings[0].is_older


def test_a_tunnel_before_the_first_update_shows_an_older_binding() -> None:
    assert the_binding((0, USED), (5, bu(seq=7)), (6, ba(seq=7))).is_older


def test_packets_in_the_tunnel_show_a_refresh_whose_answer_was_missed() -> None:
    """Only the update of 50 s can have kept the binding of 60 s until 70 s; it asked for 60 s from then on."""
    packets = [*REGISTERED, (50, bu(seq=2)), (70, USED)]
    binding = the_binding(*packets, (109, echo(PEER, HOME)))
    assert (binding.start_ns, binding.expires_ns, binding.end_reason) == (1 * S, 110 * S, None)
    assert binding.last_tunnelled is not None
    (agency,) = observe([scene(*packets)]).agencies
    shown = agency.registrations[-1]
    assert (shown.is_accepted, shown.acknowledgement, shown.shown_by) == (True, None, binding.last_tunnelled)
    over = the_binding(*packets, (110, echo(PEER, HOME)))
    assert (over.end_ns, over.end_reason) == (110 * S, EndReason.EXPIRED)


def test_its_answer_may_come_later_still() -> None:
    packets = [*REGISTERED, (50, bu(seq=2)), (70, USED), (71, ba(seq=2, life=40))]
    binding = the_binding(*packets)
    assert (binding.expires_ns, binding.end_reason) == (90 * S, None)
    assert [r.sequence_number for r in binding.registrations] == [1, 2]


def test_packets_in_the_tunnel_show_a_move_too() -> None:
    moved = the_binding(*REGISTERED, (50, bu(CARE2, seq=2)), (70, tunnel(AGENT, CARE2, echo(PEER, HOME))))
    assert [(span.care_of_address, span.end_ns) for span in moved.spans] == [(CARE1, 70 * S), (CARE2, None)]


def test_and_that_it_is_there_again() -> None:
    """The update came after the end of the first binding; what it began is seen at 70 s."""
    old, new = bindings(*REGISTERED, (65, bu(seq=2)), (70, USED))
    assert (old.end_ns, new.start_ns, new.expires_ns) == (60 * S, 70 * S, 125 * S)


@pytest.mark.parametrize(
    "packets",
    [
        [(70, USED)],  # no update that it could go back to
        [(50, bu(seq=2)), (61, USED)],  # it may have been on its way
        [(50, bu(CARE2, seq=2)), (70, USED)],  # for another care-of address
        [(50, bu(seq=2, life=0)), (70, USED)],
        [(50, bu(seq=2)), (51, ba(seq=2, status=130)), (70, USED)],
        [(50, bu(seq=2, life=12)), (70, USED)],  # that one too was over at 62 s
    ],
)
def test_other_packets_in_the_tunnel_show_nothing(packets: list[Packet]) -> None:
    binding = the_binding(*REGISTERED, *packets)
    assert (binding.end_ns, binding.end_reason) == (60 * S, EndReason.EXPIRED)


def identifier(number: int) -> made.Option:
    """A Binding Identifier (RFC 5648, 4.1): the number, a status, flags."""
    return 35, struct.pack(">HBB", number, 0, 0), (2, 0)


def test_several_care_of_addresses_at_once() -> None:
    """RFC 5648, 4.1: a Binding Identifier names each binding; both updates have the number 1, as one is no older."""
    first, second = bindings(
        (0, made.home_bu(identifier(1), source=CARE1, seq=1)),
        (0.1, made.home_bu(identifier(2), source=CARE2, seq=1)),
        (1, made.ba(identifier(1), to=CARE1, seq=1, life=60)),
        (1.1, made.ba(identifier(2), to=CARE2, seq=1, life=60)),
        (40, made.home_bu(identifier(1), source=CARE1, seq=2)),
        (40.1, made.ba(identifier(1), to=CARE1, seq=2, life=60)),
        (45, USED),
        (60.1, echo(PEER, HOME)),
    )
    assert (first.identifier, first.care_of_address, first.start_ns, first.expires_ns) == (1, CARE1, 1 * S, 100 * S)
    assert (second.identifier, second.care_of_address, second.start_ns) == (2, CARE2, round(1.1 * S))
    assert (first.refreshes, second.refreshes) == (1, 0)
    assert (first.end_reason, second.end_reason) == (None, EndReason.EXPIRED)
    assert first.last_tunnelled is not None
    assert second.last_tunnelled is None


def test_a_deletion_without_identifier_deletes_them_all() -> None:
    packets = [
        (0, made.home_bu(identifier(1), source=CARE1, seq=1)),
        (0.1, made.home_bu(identifier(2), source=CARE2, seq=1)),
    ]
    packets += [
        (1, made.ba(identifier(1), to=CARE1, seq=1, life=60)),
        (1, made.ba(identifier(2), to=CARE2, seq=1, life=60)),
    ]
    one = [
        *packets,
        (9, made.home_bu(identifier(2), source=CARE2, seq=2, life=0)),
        (9.1, made.ba(identifier(2), to=CARE2, seq=2, life=0)),
    ]
    assert [binding.end_reason for binding in bindings(*one)] == [None, EndReason.DEREGISTERED]
    both = [*packets, (9, bu(HOME, seq=2, life=0, home=None)), (10, ba(HOME, seq=2, life=0, home=None))]
    assert [(b.end_ns, b.end_reason) for b in bindings(*both)] == [(10 * S, EndReason.DEREGISTERED)] * 2


def test_asking_twice_gives_the_same_and_more_may_follow() -> None:
    observer = Observer()
    for sighting in sightings([scene(*REGISTERED, (50, bu(seq=2)), (51, ba(seq=2)))]):
        observer.see(sighting)
        assert observer.bindings() == observer.bindings()
    assert observer.bindings()[0].expires_ns == 110 * S


def test_memory_is_bounded() -> None:
    homes = [HOME[:-1] + bytes((i,)) for i in range(1, 6)]
    packets = [(i, bu(seq=1, home=home)) for i, home in enumerate(homes)]
    observer = observe([scene(*packets)], limits=Limits(agencies=2))
    assert [agency.home_address for agency in observer.agencies] == homes[-2:]
    assert observer.forgotten == 3
    refreshes = [record(i, i * S, octets) for i in range(20) for octets in (bu(seq=i), ba(seq=i))]
    (agency,) = observe([Source("x", refreshes)], limits=Limits(registrations=5)).agencies
    assert len(agency.registrations) == 5
    assert len(agency.bindings[0].registrations) == 5
    assert agency.bindings[0].start_ns == 0


def test_damaged_messages_bind_nothing() -> None:
    """A receiver discards them silently (RFC 6275, 9.2), so they grant no lifetime and register nothing."""
    from mhatool.observe import observe
    from tests.mhatool.scenes import ba, bu, scene

    def damaged(packet: bytes) -> bytes:
        return packet[:68] + bytes((packet[68] ^ 1,)) + packet[69:]

    assert observe([scene((0, bu(seq=10)), (0.1, damaged(ba(seq=10, life=400))))]).bindings() == []
    then_whole = scene((0, bu(seq=10)), (0.1, damaged(ba(seq=10, life=400))), (0.2, ba(seq=10, life=40)))
    assert [binding.lifetime_s for binding in observe([then_whole]).bindings()] == [40]
    assert observe([scene((0, damaged(bu(seq=10))))]).bindings() == []
