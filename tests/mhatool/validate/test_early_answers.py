"""Answers stamped shortly before their updates, addresses that serve several, and updates that the capture cut."""

import struct

import pytest

from mhatool.validate import Severity, validate
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, ba, bu, ip, ipv6, routing_header, scene
from tests.mhatool.validate.scenes import Packet, told
from tests.recipes.packets import care_of_test_init, icmp_packet, prefix_information

OTHER_HOME = ip("2001:db8:1::200")
AWAY_HOME = ip("2001:db8:2::200")
"""A home address of another home network, which serves as care-of address as well."""


def errors(*packets: Packet) -> list[tuple[str, int]]:
    found = validate([scene(*((at + 100, octets) for at, octets in packets))], ignore=["MIP6-BU-003"])
    return [(f.rule, f.frames[-1].number) for f in found if f.severity is Severity.ERROR]


def home_again(seq: int, at: float) -> list[Packet]:
    """A deregistration on the home link, and its answer."""
    return [(at, bu(HOME, seq=seq, life=0, home=None)), (at + 0.1, ba(HOME, seq=seq, life=0, home=None))]


def registered(seq: int, at: float, life: int = 600) -> list[Packet]:
    return [(at, bu(seq=seq, life=life)), (at + 0.1, ba(seq=seq, life=life))]


def scrolled_out() -> list[Packet]:
    """An update without answer, one whose answer comes first, 34 refreshes, a deregistration, the numbers again."""
    packets = [*registered(3, 0), (20, bu(seq=4, life=600)), (20.98, ba(seq=5, life=600)), (21, bu(seq=5, life=600))]
    for i in range(34):
        packets += registered(6 + i, 60 + 40 * i)
    packets += home_again(40, 1420)
    for seq in range(1, 8):
        packets += registered(seq, 1430 + 40 * seq)
    return packets


EARLY = {
    "the second refusal before both updates, and that one's number again": [
        (0, ba(seq=11, status=134)),
        (0.002, bu(seq=10)),
        (0.006, ba(seq=10, status=134)),
        (0.02, bu(seq=11)),
        (1.1, bu(seq=11)),
    ],
    "both refusals before both updates": [
        (0, ba(seq=11, status=134)),
        (0.006, ba(seq=10, status=134)),
        (0.01, bu(seq=10)),
        (0.02, bu(seq=11)),
        (1.1, bu(seq=11)),
    ],
    "an older update went unanswered, and the numbers began far away": [
        *registered(1, 0, life=20),
        (15, bu(seq=2, life=20)),
        (59.99, ba(seq=6792, life=20)),
        (60, bu(seq=6792, life=20)),
        *registered(6793, 70, life=20),
    ],
    "the number was used before a deregistration": [
        *registered(1, 0, life=120),
        *home_again(2, 60),
        (199.99, ba(seq=1, life=600)),
        (200, bu(seq=1, life=600)),
    ],
    "the number was used before a deregistration just now": [
        *registered(1, 0, life=120),
        *home_again(2, 2),
        (5.99, ba(seq=1, life=600)),
        (6, bu(seq=1, life=600)),
    ],
    "another node had the care-of address": [
        *registered(1, 0, life=120),
        *home_again(2, 60),
        (199.99, ba(seq=1, life=600, home=OTHER_HOME)),
        (200, bu(seq=1, life=600, home=OTHER_HOME)),
    ],
    "the same node registers two home addresses with the same number": [
        (0, bu(seq=1, life=120)),
        (0.01, ba(seq=1, life=600, home=OTHER_HOME)),
        (0.02, bu(seq=1, life=600, home=OTHER_HOME)),
        (0.03, ba(seq=1, life=120)),
    ],
    "the numbers begin anew where the answer granted little": [
        (0.01, ba(seq=9843, life=8)),
        (0.02, bu(seq=9843, life=20)),
        *registered(100, 15, life=20),
    ],
    "the update has scrolled out": scrolled_out(),
}


@pytest.mark.parametrize("why", EARLY)
def test_an_answer_before_its_update_is_no_breach(why: str) -> None:
    assert errors(*EARLY[why]) == []


def test_an_answer_more_than_a_second_before_an_update_is_another_ones() -> None:
    packets = [*registered(1, 0), (15, bu(seq=2)), (16, ba(seq=6792)), (17.001, bu(seq=6792))]
    assert told(["MIP6-SEQ-006"], *packets) == [("MIP6-SEQ-006", 4, False)]
    assert told(["MIP6-SEQ-006"], *packets[:-1], (17, bu(seq=6792))) == []


def test_a_wrong_number_long_after_the_update_is_inconclusive() -> None:
    """Two seconds and more: the update was sent again by then, after 1.5 s at first, or answered (RFC 6275, 11.8)."""
    assert told(["MIP6-SEQ-006"], (0, bu(seq=10)), (2, ba(seq=4711))) == [("MIP6-SEQ-006", 2, False)]
    assert told(["MIP6-SEQ-006"], (0, bu(seq=10)), (2.001, ba(seq=4711))) == [("MIP6-SEQ-006", 2, True)]


def test_a_lost_update_before_numbers_begin_anew_is_inconclusive() -> None:
    """The capture may have lost the update with 5; that there is one later, after a deregistration, proves nothing."""
    packets = [(0, bu(seq=4)), (1, ba(seq=5)), *home_again(6, 20), *registered(5, 100)]
    assert told(["MIP6-SEQ-006"], *packets) == [("MIP6-SEQ-006", 2, True)]


def test_a_late_answer_may_be_anothers() -> None:
    """A lifetime of 64 s for 60 s: certain ten seconds after the update at most."""
    assert told(["MIP6-BA-004"], (0, bu(life=60)), (10, ba(life=64))) == [("MIP6-BA-004", 2, False)]
    assert told(["MIP6-BA-004"], (0, bu(life=60)), (10.001, ba(life=64))) == [("MIP6-BA-004", 2, True)]


def test_a_mistaken_routing_header_is_told_at_the_end() -> None:
    mistaken = [(0.0, bu(seq=1)), (0.1, ba(seq=1, home=OTHER_HOME))]
    assert told(["MIP6-RH2-005"], *mistaken) == [("MIP6-RH2-005", 2, False)]
    assert told(["MIP6-RH2-005"], *mistaken, snap=78) == [("MIP6-RH2-005", 2, True)]
    assert told(["MIP6-RH2-005"], *mistaken, (0.2, bu(seq=1, home=OTHER_HOME))) == []


def test_an_update_with_its_own_answer_was_not_answered_by_one_to_another_home_address() -> None:
    """A mobile node with two home addresses, both registered with number 1; the capture lacks one update."""
    packets = [(0.0, bu(seq=1)), (1.1, ba(seq=1, home=OTHER_HOME))]
    for answer in (ba(seq=1), ba(seq=4711, status=135, life=0)):
        assert told(["MIP6-RH2-005", "MIP6-SEQ-006", "MIP6-BA"], *packets, (1.15, answer)) == []
    again = (1.15, ba(seq=1, home=OTHER_HOME))
    assert told(["MIP6-RH2-005"], *packets, again) == [("MIP6-RH2-005", 2, False)]


def test_a_prefix_advertisement_to_another_home_address_is_inconclusive() -> None:
    """That one may have been registered before the capture began."""
    body = struct.pack(">HH", 9, 0) + prefix_information()
    advertisement = icmp_packet(147, body, AGENT, CARE1, routed=OTHER_HOME)
    packets = [(0.0, bu(seq=1)), (1.1, ba(seq=1)), (5.0, advertisement)]
    assert told(["MIP6-RH2-005"], *packets) == [("MIP6-RH2-005", 3, True)]


def test_a_home_address_may_be_the_care_of_address_of_another() -> None:
    packets = [
        (0, bu(CARE1, seq=1, home=AWAY_HOME)),
        (0.1, ba(CARE1, seq=1, home=AWAY_HOME)),
        (30, bu(AWAY_HOME, seq=2, home=None, life=0)),
        (30.1, ba(AWAY_HOME, seq=2, home=None, life=0)),
        (31, bu(AWAY_HOME, seq=50, home=HOME)),
        (31.1, ba(AWAY_HOME, seq=50, home=HOME)),
        (70, bu(CARE1, seq=3, home=AWAY_HOME)),
        (70.1, ba(CARE1, seq=3, home=AWAY_HOME)),
        (75, bu(CARE1, seq=51)),
        (75.1, ba(CARE1, seq=51)),
        (100, bu(AWAY_HOME, seq=4, home=None, life=0)),
        (100.1, ba(AWAY_HOME, seq=4, home=None, life=0)),
    ]
    assert errors(*packets) == []


CUT = 82
"""96 octets of an Ethernet frame: the Alternate Care-of Address fills the octets 76 to 96 of the packet."""


def routed(care_of_address: bytes, sender: bytes = PEER) -> bytes:
    return ipv6(sender, care_of_address, 43, routing_header(HOME, 59))


def optimised(source: bytes, alternate: bytes, seq: int, at: float, life: int = 400) -> list[Packet]:
    update = bu(source, PEER, seq=seq, life=life, alternate=alternate, flags=0x8000)
    return [(at, update), (at + 0.1, ba(source, PEER, seq=seq, life=life))]


def test_a_cut_update_may_name_another_care_of_address() -> None:
    rightly = [*optimised(CARE2, CARE2, 1, 0), *optimised(CARE1, CARE2, 2, 10), (20, routed(CARE2))]
    wrongly = [*optimised(CARE2, CARE2, 1, 0), *optimised(CARE1, CARE1, 2, 10), (20, routed(CARE2))]
    assert told(["MIP6-RH2-004"], *rightly) == []
    assert told(["MIP6-RH2-004"], *wrongly) == [("MIP6-RH2-004", 5, False)]
    for packets in (rightly, wrongly):
        assert told(["MIP6-RH2-004"], *packets, snap=CUT) == [("MIP6-RH2-004", 5, True)]


def test_the_end_of_a_cut_update_is_inconclusive() -> None:
    over = [*optimised(CARE1, CARE1, 1, 0, life=40), (50, routed(CARE1))]
    assert told(["MIP6-LIFE-001"], *over) == [("MIP6-LIFE-001", 3, False)]
    assert told(["MIP6-LIFE-001"], *over, snap=CUT) == [("MIP6-LIFE-001", 3, True)]
    shorter = [*optimised(CARE1, CARE1, 1, 0), *optimised(CARE1, CARE1, 2, 10, life=40), (100, routed(CARE1))]
    assert told(["MIP6-LIFE-004"], *shorter) == [("MIP6-LIFE-004", 5, False)]
    assert told(["MIP6-LIFE-004"], *shorter, snap=CUT) == [("MIP6-LIFE-004", 5, True)]


def test_a_circle_through_a_cut_update_is_inconclusive() -> None:
    """The home addresses are each other's care-of address; only the first update is as long as that."""
    first = [(0.0, bu(HOME, home=OTHER_HOME, alternate=HOME)), (0.1, ba(HOME, home=OTHER_HOME))]
    second = (1.0, bu(OTHER_HOME, AGENT))
    assert told(["MIP6-BU-012"], *first, second) == [("MIP6-BU-012", 3, False)]
    assert told(["MIP6-BU-012"], *first, second, snap=CUT) == [("MIP6-BU-012", 3, True)]


def test_a_cut_update_does_not_tell_where_tests_have_to_come_from() -> None:
    packets = [(0.0, bu(alternate=CARE1)), (0.1, ba()), (0.5, care_of_test_init(source=HOME))]
    assert told(["MIP6-RR-002"], *packets) == [("MIP6-RR-002", 3, False)]
    assert told(["MIP6-RR-002"], *packets, snap=CUT) == []
