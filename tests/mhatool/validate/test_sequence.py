"""Sequence numbers where a capture doesn't show everything, or where they may begin anew."""

import struct

import pytest

from mhatool.validate import Finding, validate
from tests.mhatool.scenes import (
    ACCEPT_HOME,
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    ba,
    binding_error,
    bu,
    echo,
    home_address_option,
    ip,
    ipv6,
    mobility,
    scene,
    tunnel,
)
from tests.recipes.correspondent import peer_ba, peer_bu

ALL_ROUTERS = ip("ff02::2")
RULES = ("MIP6-SEQ-001", "MIP6-SEQ-002", "MIP6-SEQ-005", "MIP6-SEQ-006", "MIP6-DEREG-002", "MIP6-MH-001")


def told(*packets: tuple[float, bytes]) -> list[tuple[str, int, bool]]:
    found: list[Finding] = validate([scene(*packets)], select=RULES)
    return [(f.rule, f.frames[-1].number, f.inconclusive) for f in found]


def dhaad_request(source: bytes) -> bytes:
    """Its checksum isn't looked at here."""
    return ipv6(source, AGENT, 58, bytes((144, 0, 0, 0, 0, 1, 0, 0)))


def test_a_refresh_with_a_lower_number_is_a_breach() -> None:
    assert told((0, bu(seq=10)), (1, ba(seq=10)), (30, bu(seq=9)), (31, ba(seq=9))) == [("MIP6-SEQ-001", 3, False)]


def test_an_identical_retransmission_is_a_breach() -> None:
    """RFC 6275, 11.8: a retransmitted update has a new number."""
    assert told((0, bu(seq=10)), (1, bu(seq=10)), (1.1, ba(seq=10))) == [("MIP6-SEQ-002", 2, False)]


RESTARTS = {
    "after a deregistration": [
        (0, bu(seq=10)),
        (1, ba(seq=10)),
        (9, bu(HOME, seq=11, life=0, home=None)),
        (30, bu(seq=3)),
    ],
    "at another agent": [(0, bu(seq=10)), (1, ba(seq=10)), (9, bu(agent=AGENT2, seq=3))],
    "after the lifetime": [(0, bu(seq=10)), (1, ba(seq=10)), (60.001, bu(seq=3))],
    "after a refusal": [(0, bu(seq=10)), (1, ba(seq=10, status=130)), (9, bu(seq=3))],
    "after a Binding Error": [
        (0, bu(agent=PEER, seq=10, flags=0)),
        (1, binding_error(CARE1, PEER, HOME)),
        (9, bu(agent=PEER, seq=3, flags=0)),
    ],
    "after a deletion that names the home address": [(0, bu(seq=10, alternate=HOME)), (9, bu(seq=3)), (9.1, ba(seq=3))],
    "over the wrap": [(0, bu(seq=65535)), (1, bu(seq=0)), (2, bu(seq=1))],
    "after 135, from the number in it": [(0, bu(seq=10)), (1, ba(seq=40000, status=135)), (1.1, bu(seq=40001))],
}


@pytest.mark.parametrize("why", RESTARTS)
def test_numbers_may_begin_anew(why: str) -> None:
    assert told(*RESTARTS[why]) == []


def test_another_mobile_node_has_numbers_of_its_own() -> None:
    other = HOME[:-1] + b"\x77"
    assert told((0, bu(seq=10)), (1, bu(CARE2, seq=3, home=other))) == []


def test_after_a_135_the_own_old_number_is_behind() -> None:
    packets = [(0, bu(seq=10)), (0.1, ba(seq=20000, status=135)), (0.2, bu(seq=11))]
    assert told(*packets) == [("MIP6-SEQ-005", 3, False)]


def test_elsewhere_later_it_may_have_deregistered_out_of_sight() -> None:
    """Between the two it may have been at home, on a link that isn't in the capture: only noted once accepted."""
    packets = [(0, bu(seq=10)), (1, ba(seq=10)), (30, bu(CARE2, seq=3))]
    assert told(*packets) == []
    assert told(*packets, (31, ba(CARE2, seq=3))) == [("MIP6-SEQ-001", 3, True)]
    refused = told(*packets, (31, ba(CARE2, seq=10, status=135)))
    assert refused == [("MIP6-SEQ-001", 3, True)]  # or it was started anew


def test_elsewhere_at_once_it_had_no_time_to_deregister() -> None:
    """The agent tunnelled to the old care-of address until just before."""
    used = tunnel(AGENT, CARE1, echo(PEER, HOME))
    packets = [(0, bu(seq=10)), (1, ba(seq=10)), (29, used), (30, bu(CARE2, seq=3)), (31, ba(CARE2, seq=3))]
    assert told(*packets) == [("MIP6-SEQ-001", 4, False)]


def test_a_search_for_agents_in_between_is_a_new_beginning() -> None:
    packets = [(0, bu(seq=10)), (1, ba(seq=10)), (29, dhaad_request(CARE1)), (30, bu(seq=3)), (31, ba(seq=3))]
    assert told(*packets) == [("MIP6-SEQ-001", 4, True)]


@pytest.mark.parametrize(("at", "unsure"), [(29.8, True), (29.9, True), (30.1, True), (30.101, False)])
def test_a_search_for_agents_may_be_stamped_after_the_update(at: float, unsure: bool) -> None:
    """Each stamp may be off by 50 ms: 0.1 s make no order. (A search before it starts anew in any case.)"""
    packets = [(29, bu(seq=100)), (29.5, ba(seq=100)), (30, bu(seq=3)), (30.9, ba(seq=3))]
    assert told(*sorted([*packets, (at, dhaad_request(CARE1))])) == [("MIP6-SEQ-001", 3 + (at < 30), unsure)]


def test_anybody_may_have_sent_what_proves_nothing_to_a_correspondent() -> None:
    """The update in between has no Authorization Data: the correspondent discards it (RFC 6275, 9.5.1)."""
    first, forged, refresh = peer_bu(seq=10), bu(agent=PEER, flags=0x8000, seq=28635), peer_bu(seq=11)
    answers = [(0.1, peer_ba(seq=10)), (31.1, peer_ba(seq=11))]

    def numbers(between: bytes) -> list[bool]:
        found = told(*sorted([(0, first), (30, between), (31, refresh), *answers]))
        return [inconclusive for rule, _, inconclusive in found if rule == "MIP6-SEQ-002"]

    assert numbers(forged) == [True]
    assert numbers(peer_bu(seq=28635)) == [False]


def test_a_damaged_copy_is_no_second_update() -> None:
    message = bu(seq=10)
    assert told((0, message), (1, ba(seq=10)), (30, message[:-1] + b"\x09")) == [("MIP6-MH-001", 3, False)]


def test_a_damaged_update_has_no_number() -> None:
    damaged = bu(seq=11)[:-1] + b"\x09"
    assert told((0, damaged), (1, ba(seq=10))) == [("MIP6-MH-001", 1, False)]


def test_what_is_uncertain_is_said_once() -> None:
    packets = [(0, bu(seq=10)), (1, ba(seq=10)), (30, bu(CARE2, seq=3)), (31, ba(CARE2, seq=3)), (33, ba(CARE2, seq=3))]
    assert told(*packets) == [("MIP6-SEQ-001", 3, True)]


def test_an_answer_to_an_older_update_is_fine() -> None:
    assert told((0, bu(seq=10)), (1, bu(seq=11)), (1.01, ba(seq=10)), (1.02, ba(seq=11))) == []


def test_an_answer_to_an_update_before_the_capture_is_fine() -> None:
    assert told((0, bu(seq=11)), (0.01, ba(seq=10)), (0.02, ba(seq=11))) == []


def test_an_answer_twice_is_fine() -> None:
    assert told((0, bu(seq=10)), (1, ba(seq=10)), (2, ba(seq=10))) == []


def test_an_answer_with_a_number_of_nobody_is_a_breach() -> None:
    assert told((0, bu(seq=10)), (1, ba(seq=4711))) == [("MIP6-SEQ-006", 2, False)]
    first = (0, dhaad_request(CARE1)), (0.1, bu(seq=10))
    assert told(*first, (1, ba(seq=9))) == [("MIP6-SEQ-006", 3, False)]
    assert told((0, bu(seq=10)), (0.1, ba(seq=11)), (30, bu(seq=11))) == [("MIP6-SEQ-006", 2, False)]


def test_an_answer_with_a_number_beside_may_be_to_a_lost_update() -> None:
    """The capture may have lost the update with 11, or the one with 9 and the answer to 10."""
    assert told((0, bu(seq=10)), (1, ba(seq=11))) == [("MIP6-SEQ-006", 2, True)]
    assert told((0, bu(seq=10)), (1, ba(seq=11)), (30, bu(seq=12))) == [("MIP6-SEQ-006", 2, True)]
    assert told((0, bu(seq=10)), (1, ba(seq=9))) == [("MIP6-SEQ-006", 2, True)]
    assert told((0, dhaad_request(CARE1)), (1.1, bu(seq=10)), (2, ba(seq=9))) == [("MIP6-SEQ-006", 3, True)]
    deleted = [(-20, bu(seq=9)), (-19.9, ba(seq=9)), (-10, bu(seq=300, life=0)), (-9.9, ba(seq=300, life=0))]
    assert told(*deleted, (0, bu(seq=11)), (0.1, ba(seq=10)), (0.2, ba(seq=11))) == []
    assert told(*deleted, (0, bu(seq=11)), (0.1, ba(seq=10))) == [("MIP6-SEQ-006", 6, True)]


def test_an_answer_that_goes_elsewhere_may_be_anothers() -> None:
    """Somebody else registers the home address from the second care-of address; the mobile node's own is lost."""
    assert told((0, bu(CARE2, seq=10)), (1, ba(CARE1, seq=4711))) == [("MIP6-SEQ-006", 2, True)]
    assert told((0, bu(CARE1, seq=10)), (1, ba(CARE1, seq=4711))) == [("MIP6-SEQ-006", 2, False)]


def test_one_with_several_home_agents_goes_on_telling_them() -> None:
    """It heard of another one, or ends this one, within milliseconds: the update with 9 was lost to the capture."""
    asked = (0, dhaad_request(CARE1))
    assert told(asked, (0.1, bu(seq=10)), (0.2, ba(seq=9))) == [("MIP6-SEQ-006", 3, False)]
    for update in (bu(seq=10, flags=ACCEPT_HOME | 0x0800), bu(seq=10, life=0)):
        assert ("MIP6-SEQ-006", 3, True) in told(asked, (0.1, update), (0.2, ba(seq=9)))


def test_an_answer_that_nobody_waits_for_is_not_judged() -> None:
    assert told((0, ba(seq=10)), (9, ba(seq=4))) == []


def without_checksum(packet: bytes) -> bytes:
    """The same with a wrong checksum in the Mobility Header behind 40 + 24 octets."""
    return packet[:68] + bytes((packet[68] ^ 0x55,)) + packet[69:]


def test_the_granted_lifetime_counts() -> None:
    """40 s granted of 400 asked for (RFC 6275, 11.7.3): at 60 s the entry is gone, at 39 s it isn't."""
    first = [(0, bu(seq=1000, life=400)), (0.1, ba(seq=1000, life=40))]
    assert told(*first, (60, bu(seq=3, life=400)), (60.1, ba(seq=3, life=40))) == []
    assert told(*first, (39, bu(seq=999, life=400)), (39.1, ba(seq=999, life=40))) == [("MIP6-SEQ-001", 3, False)]
    refused = (0.1, without_checksum(ba(seq=1000, life=40)))  # what nobody accepts grants nothing
    assert ("MIP6-SEQ-001", 3, True) in told(first[0], refused, (60, bu(seq=3, life=400)))


def test_an_answer_to_an_update_that_the_capture_missed_is_fine() -> None:
    packets = [(0, bu(seq=10)), (0.1, ba(seq=10)), (20, bu(seq=12)), (20.3, ba(seq=11)), (20.4, ba(seq=12))]
    assert told(*packets) == []


def test_an_answer_stamped_shortly_before_its_update_is_fine() -> None:
    """Two interfaces, two clocks: within a second; an update twenty seconds later wasn't the one that was answered."""
    assert told((0, bu(seq=10)), (1.00, ba(seq=11)), (1.02, bu(seq=11))) == []
    assert told((0, bu(seq=10)), (1, ba(seq=11)), (21, bu(seq=11))) == [("MIP6-SEQ-006", 2, False)]


def test_a_damaged_update_hides_no_number() -> None:
    packets = [(0, bu(seq=10)), (0.1, ba(seq=10)), (1, without_checksum(bu(seq=5))), (3.1, bu(seq=4)), (3.2, ba(seq=4))]
    assert told(*packets) == [("MIP6-MH-001", 3, False), ("MIP6-SEQ-001", 4, False)]


def test_a_deregistration_continues_its_entry() -> None:
    """At home, after a while out of sight: it deletes what there is, so its number goes on."""
    packets = [(0, bu(seq=10)), (1, ba(seq=10)), (30, bu(HOME, seq=9, life=0, home=None))]
    assert told(*packets) == [("MIP6-DEREG-002", 3, True)]  # until it is answered
    accepted = (30.1, ba(HOME, seq=9, life=0, home=None))
    assert told(*packets, accepted) == [("MIP6-DEREG-002", 3, False)]


def test_proxies_registrations_are_not_the_mobile_nodes() -> None:
    """RFC 5213: one gateway registers two mobile nodes by their identifiers; P is 0x0200."""
    proxy = 0xC000 | 0x0200
    packets = [(0, bu(seq=500, home=None, flags=proxy)), (1, bu(seq=20, home=None, flags=proxy))]
    assert told(*packets) == []


# --- one direction only, and mobile nodes that were started anew ---

RESET_BY_THE_PEER = {
    "by a refusal": [(0, bu(seq=5000)), (0.1, ba(seq=5000, status=130, life=0)), (10, bu(seq=100))],
    "by a shorter lifetime": [(0, bu(seq=5000, life=600)), (0.1, ba(seq=5000)), (70, bu(seq=100, life=600))],
    "by a Binding Error": [
        (0, bu(agent=PEER, seq=500, flags=0)),
        (1, binding_error(CARE1, PEER, HOME)),
        (1.5, bu(agent=PEER, seq=20, flags=0)),
    ],
    "by 135": [(0, bu(seq=10)), (0.1, ba(seq=32777, status=135, life=0)), (0.2, bu(seq=32778))],
}


@pytest.mark.parametrize("why", RESET_BY_THE_PEER)
def test_what_the_peer_says_out_of_sight_may_explain_a_number(why: str) -> None:
    """RFC 6275, 11.7.3: a refusal, the granted lifetime, a Binding Error, status 135."""
    packets = RESET_BY_THE_PEER[why]
    assert told(*packets) == []
    assert [inconclusive for _, _, inconclusive in told(packets[0], packets[2])] == [True]


@pytest.mark.parametrize(("number", "unsure"), [(29_999, False), (29_968, False), (29_967, True), (7, True)])
def test_both_may_have_lost_their_state(number: int, unsure: bool) -> None:
    """A mobile node that begins anew rarely hits one of the 32 numbers before; its peer accepts any."""
    accepted, anew = [(0, bu(seq=30_000)), (1, ba(seq=30_000))], [(30, bu(seq=number)), (31, ba(seq=number))]
    assert told(*accepted, *anew) == [("MIP6-SEQ-001", 3, unsure)]
    in_use = (29, tunnel(CARE1, AGENT, echo(HOME, PEER)))
    assert told(*accepted, in_use, *anew) == [("MIP6-SEQ-001", 4, False)]


@pytest.mark.parametrize(("flags", "peer", "unsure"), [(0xC000, AGENT, False), (0x8000, PEER, True)])
def test_a_correspondents_binding_error_may_be_lost(flags: int, peer: bytes, unsure: bool) -> None:
    """RFC 6275, 11.3.6: the entry goes with a Binding Error; a peer that takes 1 after 5 has lost its own."""
    packets = [
        (0, bu(agent=peer, seq=5, flags=flags)),
        (0.1, ba(agent=peer, seq=5)),
        (21, bu(agent=peer, seq=1, flags=flags)),
        (21.1, ba(agent=peer, seq=1)),
    ]
    assert told(*packets) == [("MIP6-SEQ-001", 3, unsure)]


def revocation(kind: int = 1, destination: bytes = CARE1, home: bytes = HOME) -> bytes:
    """RFC 5846, 5: type 16; the revocation type (1 indication, 2 acknowledgement), trigger, number, flags."""
    message = mobility(16, struct.pack(">BBHHI", kind, 1, 1, 0, 0x01020000), AGENT, home)
    return ipv6(AGENT, destination, 43, bytes((135, 2, 2, 1, 0, 0, 0, 0)) + home + message)


def test_a_binding_that_was_revoked_is_gone() -> None:
    """RFC 5846: the mobile node deletes its entry."""
    accepted, anew = [(0, bu(seq=30000)), (1, ba(seq=30000))], [(30, bu(seq=29990)), (31, ba(seq=29990))]
    assert told(*accepted, (5, revocation()), *anew) == []
    assert told(*accepted, (5, revocation(kind=2)), *anew) == [("MIP6-SEQ-001", 4, False)]
    assert told(*accepted, (5, revocation(home=CARE2)), *anew) == [("MIP6-SEQ-001", 4, False)], "another node's"
    spoilt = revocation()[:-1] + b"\1"
    assert told(*accepted, (5, spoilt), *anew)[-1] == ("MIP6-SEQ-001", 4, False), "a wrong checksum"


def test_another_status_of_a_binding_error_shows_the_peers_direction() -> None:
    """Status 2, a message type that isn't known, leaves the binding as it is."""
    error = ipv6(PEER, CARE1, 135, mobility(7, b"\x02\0" + bytes(16), PEER, CARE1))
    updates = [(0, peer_bu(seq=100, flags="")), (1.5, peer_bu(seq=3, flags=""))]
    assert told(updates[0], (0.5, error), updates[1]) == [("MIP6-SEQ-001", 3, False)]
    assert told(*updates) == [("MIP6-SEQ-001", 2, True)]


def started_anew(*between: tuple[float, bytes], number: int = 20000) -> list[tuple[float, bytes]]:
    """An entry with 40000, then a number that the mobile node has drawn, its refusal, and 40001."""
    return [
        (0, bu(seq=40000, life=600)),
        (0.1, ba(seq=40000, life=600)),
        *between,
        (60, bu(seq=number, life=600)),
        (60.1, ba(seq=40000, status=135, life=0)),
        (60.2, bu(seq=40001, life=600)),
        (60.3, ba(seq=40001, life=600)),
    ]


def test_a_mobile_node_that_was_started_anew() -> None:
    assert told(*started_anew()) == [("MIP6-SEQ-001", 3, True)]
    assert told(*started_anew((59, dhaad_request(CARE1)))) == [("MIP6-SEQ-001", 4, True)]
    assert told(*started_anew()[:3]) == [("MIP6-SEQ-001", 3, True)]  # until it is answered nobody knows


def test_a_search_for_routers_may_be_a_new_start() -> None:
    """The same interface's, or anybody's from the unspecified address; another interface's is none."""
    refresh = [(0, bu(seq=10)), (1, ba(seq=10)), (30, bu(seq=9)), (30.1, ba(seq=9))]

    def asked(identifier: bytes) -> tuple[float, bytes]:
        return 20, ipv6(b"\xfe\x80" + bytes(6) + identifier, ALL_ROUTERS, 58, b"\x85" + bytes(7), hop_limit=255)

    assert told(*refresh) == [("MIP6-SEQ-001", 3, False)]
    assert told(*refresh[:2], asked(CARE1[8:]), *refresh[2:]) == [("MIP6-SEQ-001", 4, True)]
    assert told(*refresh[:2], asked(CARE1[9:] + b"\x55"), *refresh[2:]) == [("MIP6-SEQ-001", 4, False)]
    unspecified = (20, ipv6(bytes(16), ALL_ROUTERS, 58, b"\x85" + bytes(7), hop_limit=255))
    assert told(*refresh[:2], unspecified, *refresh[2:]) == [("MIP6-SEQ-001", 4, True)]


def test_a_new_start_at_home() -> None:
    """It deletes what an earlier life may have left, with a number that it has drawn."""
    packets = [
        (0, bu(seq=40000, life=600)),
        (0.1, ba(seq=40000, life=600)),
        (60, bu(HOME, seq=20000, life=0, home=None)),
        (60.1, ba(HOME, seq=40000, status=135, life=0, home=None)),
        (60.2, bu(HOME, seq=40001, life=0, home=None)),
        (60.3, ba(HOME, seq=40001, life=0, home=None)),
    ]
    assert told(*packets) == [("MIP6-DEREG-002", 3, True)]


@pytest.mark.parametrize("number", [11, 7777])
@pytest.mark.parametrize("at", [1.0, 1.5, 30])
def test_a_135_may_be_lost_behind_the_place_of_capture(at: float, number: int) -> None:
    """Then the update is sent again after 1 or 1.5 s (RFC 6275, 11.8), or the mobile node is started anew meanwhile."""
    refused = [(0, bu(seq=10)), (0.1, ba(seq=20000, status=135, life=0))]
    assert told(*refused, (at, bu(seq=number))) == [("MIP6-SEQ-005", 3, True)]
    assert told(*refused, (0.5, bu(seq=number))) == [("MIP6-SEQ-005", 3, False)]


def test_who_asks_something_else_may_not_have_got_the_135() -> None:
    """It went to the care-of address that the mobile node has left."""
    refused = [(0, bu(seq=10)), (0.1, ba(seq=20000, status=135, life=0))]
    assert told(*refused, (0.5, bu(CARE2, seq=11)), (0.6, ba(CARE2, seq=11))) == [("MIP6-SEQ-005", 3, True)]


def test_three_refusals_in_a_row_are_not_lost() -> None:
    """Retransmissions after 1.5, 3 and 6 s, each refused: after the third refusal it is certain."""
    packets = [
        packet
        for number, at in enumerate((0, 1.5, 4.5, 10.5), 10)
        for packet in ((at, bu(seq=number)), (at + 0.1, ba(seq=20000, status=135, life=0)))
    ]
    assert told(*packets) == [("MIP6-SEQ-005", 3, True), ("MIP6-SEQ-005", 5, True), ("MIP6-SEQ-005", 7, False)]


def test_where_a_later_135_is_obeyed_the_first_was_lost_behind_the_capture() -> None:
    """The mobile node sends again after 1.5, 3 and 6 s; the fourth answer reaches it."""
    refused = [
        packet
        for number, at in enumerate((0, 1.5, 4.5, 10.5), 10)
        for packet in ((at, bu(seq=number)), (at + 0.1, ba(seq=20000, status=135, life=0)))
    ]
    assert told(*refused)[-1] == ("MIP6-SEQ-005", 7, False)
    assert told(*refused, (10.7, bu(seq=14)))[-2:] == [("MIP6-SEQ-005", 7, False), ("MIP6-SEQ-005", 9, False)]
    assert told(*refused, (10.7, bu(seq=20001)), (10.8, ba(seq=20001)))[-1] == ("MIP6-SEQ-005", 7, True)


def test_the_refusal_is_named_with_what_ignores_it() -> None:
    packets = [(0, bu(seq=10)), (0.1, ba(seq=20000, status=135)), (0.2, bu(seq=11))]
    (found,) = validate([scene(*packets)], select=["MIP6-SEQ-005"])
    assert [frame.number for frame in found.frames] == [1, 2, 3]


def test_an_overtaken_update_fills_the_gap_before() -> None:
    """It waited for its next hop's link-layer address (RFC 4861, 7.2.2); the next one went another way."""
    packets = [(-1, bu(seq=9)), (-0.9, ba(seq=9)), (0.0, bu(seq=10)), (1.0, bu(seq=12))]
    assert told(*packets, (2.0, bu(seq=11))) == [("MIP6-SEQ-002", 5, True)]
    assert told(*packets, (2.0, bu(seq=12))) == [("MIP6-SEQ-002", 5, False)]
    assert told(*packets, (2.0, bu(seq=10))) == [("MIP6-SEQ-002", 5, False)]


def test_what_it_filled_may_be_out_of_sight() -> None:
    """The capture began later, or lost the updates before; 3 s are MAX_MULTICAST_SOLICIT x RETRANS_TIMER."""
    assert told((0.0, bu(seq=12)), (0.1, ba(seq=12)), (3.0, bu(seq=11)), (3.1, ba(seq=11))) == [
        ("MIP6-SEQ-001", 3, True)
    ]
    assert told((0.0, bu(seq=12)), (0.1, ba(seq=12)), (3.001, bu(seq=11)), (3.1, ba(seq=11))) == [
        ("MIP6-SEQ-001", 3, False)
    ]
    assert told((0.0, bu(seq=12)), (1.0, bu(seq=11))) == [("MIP6-SEQ-002", 2, True)]


def test_stamps_that_change_places_are_no_breach() -> None:
    """Status 135 is obeyed within milliseconds (RFC 6275, 11.7.3), and each stamp may be off by 50 ms.

    The true order is 10, its answer, 40000 by a mobile node that was started anew, 135 with 10, and 11.
    """
    registered = [(0, bu(seq=10)), (0.1, ba(seq=10))]
    refused, obeyed = ba(seq=10, status=135, life=0), bu(seq=11)
    for gap, unsure in ((0.1, True), (0.101, False)):
        packets = [*registered, (20, obeyed), (20 + gap, bu(seq=40000)), (20.2, refused), (20.3, ba(seq=11))]
        assert told(*packets) == [("MIP6-SEQ-002", 4, unsure)]
    assert told(*registered, (20, obeyed), (20.05, bu(seq=10)), (20.1, ba(seq=11))) == [("MIP6-SEQ-002", 4, True)]
    another = told(*registered, (20, obeyed), (20.05, bu(CARE2, seq=11)), (20.1, ba(CARE2, seq=11)))
    assert another == [("MIP6-SEQ-001", 4, False)]  # in either order it is the same number twice


def test_a_number_after_a_135_out_of_sight() -> None:
    """Started anew with 40000, refused by a 135 that names 10, and answered once 11 has come: two packets are lost."""
    packets = [(0, bu(seq=10)), (0.1, ba(seq=10)), (20, bu(seq=40000))]
    began_anew = ("MIP6-SEQ-001", 3, True)
    assert told(*packets, (20.3, ba(seq=11))) == [began_anew, ("MIP6-SEQ-006", 4, True)]
    assert told(*packets, (20.3, ba(seq=43))) == [began_anew, ("MIP6-SEQ-006", 4, False)]
    assert told(*packets[:2], (20, bu(seq=12)), (20.3, ba(seq=4711))) == [("MIP6-SEQ-006", 4, False)]


def identified(number: int) -> bytes:
    """A Binding Identifier (RFC 5648, 4.1: type 35) in place of padding, with two octets of padding behind."""
    return b"\x23\x04" + number.to_bytes(2) + b"\0\0"


def bound(source: bytes, seq: int, identifier: int) -> bytes:
    body = struct.pack(">HHH", seq, ACCEPT_HOME, 150) + identified(identifier) + b"\x01\x04" + bytes(4)
    message = mobility(5, body + bytes(-(len(body) + 6) % 8), HOME, AGENT)
    return ipv6(source, AGENT, 60, home_address_option(HOME, 135) + message)


def test_each_binding_of_several_has_numbers_of_its_own() -> None:
    """RFC 5648: one home address, two care-of addresses, an identifier and a list entry for each."""
    packets = [
        (0, bound(CARE1, 1000, 1)),
        (0.1, ba(seq=1000, life=600)),
        (1, bound(CARE2, 10, 2)),
        (1.1, ba(CARE2, seq=10, life=600)),
        (1.5, bound(CARE1, 1001, 1)),
        (1.6, ba(seq=1001, life=600)),
    ]
    assert told(*packets) == []
