"""Examples for rules about what happens in what order, and when: numbers, lifetimes, retransmissions."""

import struct

from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, PEER, tunnel
from tests.recipes.example import Example, Packet, at_times
from tests.recipes.packets import (
    COOKIE,
    COOKIE2,
    alternate,
    authorization,
    ba,
    bu,
    care_of_test,
    care_of_test_init,
    dhaad_reply,
    dhaad_request,
    echo_request,
    home_bu,
    icmp_packet,
    multiple_home_agents,
    nonce_indices,
    prefix_advertisement,
    prefix_solicitation,
)

COOKIE3 = bytes(range(0x30, 0x38))


def refresh(seq: int, answer: int | None = None, status: int = 0) -> tuple[Packet, ...]:
    """A registration with number 10 and 30 s later its refresh with `seq`, answered with the same unless told."""
    life = 60 if status == 0 else 0
    second = ba(seq=seq if answer is None else answer, status=status, life=life)
    return (0.0, home_bu(seq=10)), (0.1, ba(seq=10)), (30.0, home_bu(seq=seq)), (30.1, second)


def sent_again(seq: int) -> tuple[Packet, ...]:
    return (0.0, home_bu(seq=10)), (1.5, home_bu(seq=seq)), (1.6, ba(seq=seq))


def after_135(seq: int, answer: bytes) -> tuple[Packet, ...]:
    """The mobile node has lost its list: the agent holds 20000."""
    refused = ba(seq=20000, status=135, life=0)
    return (0.0, home_bu(seq=10)), (0.1, refused), (0.2, home_bu(seq=seq)), (0.3, answer)


def home_again(seq: int) -> tuple[Packet, ...]:
    deletion = bu(alternate(HOME), source=HOME, home=None, seq=seq, life=0)
    answer = ba(to=HOME, home=None, seq=seq, life=0)
    return (0.0, home_bu(seq=10)), (0.1, ba(seq=10)), (40.0, deletion), (40.1, answer)


def two_agents(*numbers: int) -> tuple[Packet, ...]:
    """A round to both agents and another one 30 s later; the numbers in the order of sending."""
    first, second, third, fourth = numbers

    def ask(agent: bytes, seq: int) -> bytes:
        return bu(alternate(CARE1), multiple_home_agents(), to=agent, seq=seq, flags="AHM")

    return (
        (0.0, ask(AGENT, first)),
        (0.0, ask(AGENT2, second)),
        (0.1, ba(seq=first)),
        (0.1, ba(source=AGENT2, seq=second)),
        (30.0, ask(AGENT, third)),
        (30.0, ask(AGENT2, fourth)),
        (30.1, ba(seq=third)),
        (30.1, ba(source=AGENT2, seq=fourth)),
    )


TO_HOME = tunnel(AGENT, CARE1, echo_request(PEER, HOME))
FROM_HOME = tunnel(CARE1, AGENT, echo_request(HOME, PEER))
DELIVERED: tuple[Packet, ...] = ((0.0, home_bu(seq=10)), (0.1, ba(seq=10)), (1.0, TO_HOME), (50.0, TO_HOME))
SHORTENED: tuple[Packet, ...] = (
    (0.0, home_bu(seq=10, life=400)),
    (0.1, ba(seq=10, life=400)),
    (10.0, home_bu(seq=11, life=8)),
    (10.1, ba(seq=11, life=8)),
    (15.0, TO_HOME),
)


def routed(care_of_address: bytes) -> bytes:
    """A correspondent's echo request with a type 2 routing header."""
    return icmp_packet(128, struct.pack(">HH", 1, 1), PEER, care_of_address, routed=HOME)


def to_correspondent(care_of_address: bytes, seq: int) -> bytes:
    options = nonce_indices(1, seq), authorization()
    return bu(*options, source=care_of_address, to=PEER, flags="A", seq=seq, life=40)


def from_correspondent(care_of_address: bytes, seq: int) -> bytes:
    return ba(authorization(), source=PEER, to=care_of_address, seq=seq, life=40)


def moved(care_of_address: bytes) -> tuple[Packet, ...]:
    """A move from one care-of address to the other, then a packet to the one given."""
    return (
        (0.0, to_correspondent(CARE1, 1)),
        (0.1, from_correspondent(CARE1, 1)),
        (10.0, to_correspondent(CARE2, 2)),
        (10.1, from_correspondent(CARE2, 2)),
        (20.0, routed(care_of_address)),
    )


def tunnelled_after_a_move(care_of_address: bytes) -> tuple[Packet, ...]:
    """The same move told to the home agent, then a packet in its tunnel to the address given."""
    return (
        (0.0, home_bu(seq=10)),
        (0.1, ba(seq=10)),
        (10.0, home_bu(seq=11, source=CARE2)),
        (10.1, ba(seq=11, to=CARE2)),
        (20.0, tunnel(AGENT, care_of_address, echo_request(PEER, HOME))),
    )


FIRST_REGISTRATION: tuple[Packet, ...] = (
    (0.0, dhaad_request()),
    (0.05, dhaad_reply()),
    (0.1, home_bu(seq=10)),
    (1.6, home_bu(seq=11)),
    (1.7, ba(seq=11)),
)
UNANSWERED: tuple[Packet, ...] = (
    (0.0, home_bu(seq=10)),
    (0.1, ba(seq=10)),
    (35.0, home_bu(seq=11)),
    (36.0, home_bu(seq=12)),
    (38.0, home_bu(seq=13)),
    (42.0, home_bu(seq=14)),
    (42.1, ba(seq=14)),
)
TO_AND_FRO: tuple[Packet, ...] = (
    (0.0, home_bu(seq=1)),
    (0.05, ba(seq=1)),
    (0.3, home_bu(source=CARE2, seq=2)),
    (0.35, ba(to=CARE2, seq=2)),
    (0.6, home_bu(seq=3)),
    (0.65, ba(seq=3)),
    (1.6, home_bu(source=CARE2, seq=4)),
    (1.65, ba(to=CARE2, seq=4)),
)
ANSWERED: tuple[Packet, ...] = (
    (0.0, dhaad_request()),
    (0.05, dhaad_reply()),
    (0.1, home_bu(seq=10)),
    (0.2, ba(seq=10)),
    (0.3, FROM_HOME),
    (40.1, home_bu(seq=11)),
    (40.2, ba(seq=11)),
    (80.1, home_bu(seq=12)),
    (80.2, ba(seq=12)),
)


def care_of_tests(second: bytes) -> tuple[Packet, ...]:
    """A test that is answered; then a request, its retransmission with that cookie, and the answer to the latter."""
    return (
        (0.0, care_of_test_init(cookie=COOKIE3)),
        (0.1, care_of_test(cookie=COOKIE3)),
        (1.0, care_of_test_init(cookie=COOKIE2)),
        (2.0, care_of_test_init(cookie=second)),
        (2.1, care_of_test(cookie=second)),
    )


SEARCH: tuple[Packet, ...] = (
    (0.0, dhaad_request()),
    (0.1, dhaad_reply()),
    (60.0, dhaad_request(identifier=2)),
    (63.0, dhaad_request(identifier=2)),
    (69.0, dhaad_request(identifier=2)),
    (81.0, dhaad_request(identifier=2)),
    (81.1, dhaad_reply(identifier=2)),
)
SOLICITED: tuple[Packet, ...] = (
    (0.0, home_bu(seq=10, life=400)),
    (0.1, ba(seq=10, life=400)),
    (5.0, prefix_solicitation(8)),
    (5.1, prefix_advertisement(identifier=8)),
    (20.0, prefix_solicitation()),
    (23.0, prefix_solicitation()),
    (29.0, prefix_solicitation()),
    (41.0, prefix_solicitation()),
    (41.1, prefix_advertisement()),
)
ANNOUNCED: tuple[Packet, ...] = (
    (0.0, home_bu(seq=10, life=400)),
    (0.1, ba(seq=10, life=400)),
    (20.0, prefix_advertisement()),
    (23.0, prefix_advertisement()),
    (23.5, prefix_solicitation(identifier=10)),
    (23.6, prefix_advertisement(identifier=10)),
)

EXAMPLES = [
    Example(
        rule="MIP6-SEQ-001",
        clean=refresh(11),
        broken=refresh(9),
        keeps="The refresh has number 11, one more than the registration.",
        breaks="The refresh goes back to number 9, and so does its answer.",
        at=(3,),
    ),
    Example(
        rule="MIP6-SEQ-002",
        clean=sent_again(11),
        broken=sent_again(10),
        keeps="Nothing answers the update with number 10 for 1.5 s, so it is sent again with number 11.",
        breaks="It is sent again as it was, with number 10.",
        at=(2,),
    ),
    Example(
        rule="MIP6-SEQ-004",
        clean=refresh(11),
        broken=refresh(11, answer=10, status=135),
        keeps="The home agent accepts number 11 after number 10.",
        breaks="The home agent refuses number 11 with status 135 and says itself that 10 was the last one.",
        at=(4,),
    ),
    Example(
        rule="MIP6-SEQ-005",
        clean=after_135(20001, ba(seq=20001)),
        broken=after_135(11, ba(seq=20000, status=135, life=0)),
        keeps="Refused because the home agent holds 20000, the mobile node goes on with 20001.",
        breaks="The mobile node goes on with 11, its own next number, and is refused again.",
        at=(3,),
    ),
    Example(
        rule="MIP6-SEQ-006",
        clean=refresh(11),
        broken=refresh(11, answer=4711),
        keeps="Each acknowledgement has the number of its update.",
        breaks="The second acknowledgement has number 4711; nobody sent an update with that.",
        at=(4,),
    ),
    Example(
        rule="MIP6-SEQ-007",
        clean=refresh(11),
        broken=refresh(5010),
        keeps="The refresh has the next number.",
        breaks="The refresh is 5,000 numbers ahead: allowed, but the node lost its list or counts for others.",
        at=(3,),
    ),
    Example(
        rule="MIP6-DEREG-002",
        clean=home_again(11),
        broken=home_again(9),
        keeps="Back home, the mobile node deletes its binding with the next number.",
        breaks="The deregistration has number 9, one less than the registration.",
        at=(3,),
    ),
    Example(
        rule="MHA-010",
        clean=two_agents(34285, 10803, 34286, 10804),
        broken=two_agents(34285, 34286, 34287, 34288),
        keeps="Each home agent has its own numbers, as in the paper: 34285 and 34286, 10803 and 10804.",
        breaks="One counter serves both home agents: 34285 and 34287 at one, 34286 and 34288 at the other.",
        at=(6,),
    ),
    Example(
        rule="MIP6-LIFE-001",
        clean=DELIVERED,
        broken=at_times(DELIVERED, {4: 70.0}),
        keeps="The home agent tunnels to the care-of address within the 60 s that it granted.",
        breaks="It tunnels there 70 s after the registration, which nobody has refreshed.",
        at=(4,),
    ),
    Example(
        rule="MIP6-LIFE-004",
        clean=SHORTENED,
        broken=at_times(SHORTENED, {5: 60.0}),
        keeps="A second update shortens the binding from 400 s to 8 s; the home agent tunnels only until then.",
        breaks="Fifty seconds after the binding was shortened to 8 s the home agent still tunnels.",
        at=(5,),
    ),
    Example(
        rule="MIP6-RH2-004",
        clean=moved(CARE2),
        broken=moved(CARE1),
        keeps="After the move the correspondent sends to the new care-of address.",
        breaks="Ten seconds after it accepted the new care-of address the correspondent sends to the old one.",
        at=(5,),
    ),
    Example(
        rule="MIP6-TUN-001",
        clean=tunnelled_after_a_move(CARE2),
        broken=tunnelled_after_a_move(CARE1),
        keeps="After the move the home agent tunnels to the new care-of address.",
        breaks="Ten seconds after it accepted the new care-of address the home agent tunnels to the old one.",
        at=(5,),
    ),
    Example(
        rule="MIP6-RTX-001",
        clean=FIRST_REGISTRATION,
        broken=at_times(FIRST_REGISTRATION, {4: 0.6}),
        keeps="The mobile node's first registration goes unanswered for 1.5 s, then it is sent again.",
        breaks="It is sent again after 0.5 s, while the home agent still checks that nobody else has the home address.",
        at=(4,),
    ),
    Example(
        rule="MIP6-RTX-002",
        clean=UNANSWERED,
        broken=at_times(UNANSWERED, {5: 37.0, 6: 38.0}),
        keeps="A refresh isn't answered; it is sent again after 1, 2 and 4 s.",
        breaks="It is sent again every second.",
        at=(6,),
    ),
    Example(
        rule="MIP6-RTX-003",
        clean=TO_AND_FRO,
        broken=at_times(TO_AND_FRO, {7: 0.85, 8: 0.9}),
        keeps="A mobile node between two links sends three updates in a second and waits with the fourth.",
        breaks="The fourth update follows within the second.",
        at=(7,),
    ),
    Example(
        rule="MIP6-RTX-004",
        clean=ANSWERED,
        broken=at_times(ANSWERED, {6: 1.6, 7: 1.7, 8: 4.6, 9: 4.7}),
        keeps="Once answered, the mobile node uses its binding and refreshes it every 40 s.",
        breaks="The same update comes again after 1.5 s and 3 s, though each was answered and the binding is in use.",
        at=(8,),
    ),
    Example(
        rule="MIP6-RTX-005",
        clean=care_of_tests(COOKIE),
        broken=care_of_tests(COOKIE2),
        keeps="A Care-of Test Init that is sent again after 1 s has a cookie of its own.",
        breaks="It has the cookie of the one that nothing has answered.",
        at=(4,),
    ),
    Example(
        rule="MIP6-RTX-006",
        clean=SEARCH,
        broken=at_times(SEARCH, {5: 66.0, 6: 69.0}),
        keeps="A second search isn't answered at once; the mobile node asks again after 3, 6 and 12 s.",
        breaks="It asks again every 3 s.",
        at=(6,),
    ),
    Example(
        rule="MIP6-RTX-007",
        clean=SOLICITED,
        broken=at_times(SOLICITED, {7: 26.0, 8: 29.0}),
        keeps="The second solicitation is sent again after 3, 6 and 12 s.",
        breaks="It is sent again every 3 s.",
        at=(8,),
    ),
    Example(
        rule="MIP6-RTX-008",
        clean=ANNOUNCED,
        broken=at_times(ANNOUNCED, {4: 21.0}),
        keeps="The home agent repeats its advertisement after 3 s; then the mobile node asks for the prefixes.",
        breaks="The home agent repeats its advertisement after 1 s.",
        at=(4,),
    ),
]
