"""Packets with a Home Address option whose receiver has just said that it has no binding."""

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, home_address_option, ipv6, record, scene, tunnel
from tests.recipes.home_address import from_care_of_address
from tests.recipes.packets import binding_error, bu, echo_reply, echo_request, icmp_packet, nonce_indices

BEGIN = (0.5, echo_request(AGENT, PEER))
ASK = from_care_of_address(HOME, 2)
REPLY = echo_reply(PEER, HOME, 2)
DENIAL = binding_error()
UPDATE = bu(nonce_indices(1, 1), to=PEER, flags="")
HIDDEN = ipv6(CARE1, PEER, 60, home_address_option(HOME, 50) + bytes(range(64)))
"""ESP that nobody can look into."""
ROUTED_REPLY = icmp_packet(129, b"\0\1\0\2", PEER, CARE1, routed=HOME)


def judged(source: Source) -> list[Finding]:
    return [finding for finding in validate([source]) if finding.rule == "MIP6-HAO-006"]


def found(*packets: tuple[float, bytes]) -> list[Finding]:
    return judged(scene(*packets))


def test_an_answer_after_a_denial() -> None:
    (finding,) = found(BEGIN, (5.0, DENIAL), (6.0, ASK), (6.1, REPLY))
    assert [frame.number for frame in finding.frames] == [2, 3, 4]
    assert (finding.severity, finding.node, finding.home_address) == (Severity.ERROR, PEER, HOME)


def test_another_echo_through_the_tunnel_explains_nothing() -> None:
    other = tunnel(CARE1, AGENT, echo_request(HOME, PEER, 3))
    (finding,) = found(BEGIN, (5.0, DENIAL), (6.0, ASK), (6.05, other), (6.1, REPLY))
    assert not finding.inconclusive


def test_an_update_that_may_be_before_the_capture() -> None:
    """The error may be about a packet before an update that was answered when the capture began."""
    (finding,) = found(BEGIN, (3.9, DENIAL), (5.0, ASK), (5.1, REPLY))
    assert finding.inconclusive


EXPLAINED: dict[str, list[tuple[float, bytes]]] = {
    "an update since": [(5.0, DENIAL), (5.5, UPDATE), (6.0, ASK), (6.1, REPLY)],
    "an update stamped after its echo": [(5.0, DENIAL), (6.0, ASK), (6.01, REPLY), (6.04, UPDATE)],
    "a hidden update since": [(5.0, DENIAL), (5.5, HIDDEN), (6.0, ASK), (6.1, REPLY)],
    "an update on its way": [(4.0, UPDATE), (5.0, DENIAL), (6.0, ASK), (6.1, REPLY)],
    "asked before the denial": [(4.9, ASK), (5.0, DENIAL), (5.1, REPLY)],
    "asked while it was on its way": [(5.0, DENIAL), (5.04, ASK), (5.1, REPLY)],
    "asked long after": [(5.0, DENIAL), (16.0, ASK), (16.1, REPLY)],
    "asked from another care-of address": [
        (5.0, DENIAL),
        (6.0, icmp_packet(128, b"\0\1\0\2", CARE2, PEER, home_option=HOME)),
        (6.1, REPLY),
    ],
    "asked without the option": [(5.0, DENIAL), (6.0, echo_request(HOME, PEER, 2)), (6.1, REPLY)],
    "asked through the tunnel too": [
        (5.0, DENIAL),
        (6.0, ASK),
        (6.1, tunnel(CARE1, AGENT, echo_request(HOME, PEER, 2))),
        (6.2, REPLY),
    ],
    "asked through the tunnel before": [(5.0, DENIAL), (5.9, echo_request(HOME, PEER, 2)), (6.0, ASK), (6.1, REPLY)],
    "asked through the tunnel, stamped after the reply": [
        (5.0, DENIAL),
        (6.0, ASK),
        (6.1, REPLY),
        (6.14, echo_request(HOME, PEER, 2)),
    ],
    "another echo": [(5.0, DENIAL), (6.0, ASK), (6.1, echo_reply(PEER, HOME, 3))],
    "by a routing header: it has a binding": [(5.0, DENIAL), (6.0, ASK), (6.1, ROUTED_REPLY)],
    "an unknown message type": [(5.0, binding_error(2)), (6.0, ASK), (6.1, REPLY)],
    "another node's denial": [(5.0, binding_error(source=AGENT)), (6.0, ASK), (6.1, REPLY)],
    "a damaged denial": [(5.0, DENIAL[:-1] + b"\1"), (6.0, ASK), (6.1, REPLY)],
    "no answer": [(5.0, DENIAL), (6.0, ASK)],
    "one direction only": [(6.0, ASK), (6.1, ASK)],
    "the other direction only": [(5.0, DENIAL), (6.1, REPLY)],
}


@pytest.mark.parametrize("packets", EXPLAINED.values(), ids=EXPLAINED)
def test_what_is_no_breach(packets: list[tuple[float, bytes]]) -> None:
    assert found(BEGIN, *packets) == []


def test_many_answers_are_said_once() -> None:
    packets = [BEGIN, (5.0, DENIAL)]
    for number in range(2, 9):
        packets += [(5 + number / 10, from_care_of_address(HOME, number))]
        packets += [(5 + number / 10 + 0.01, echo_reply(PEER, HOME, number))]
    (finding,) = found(*packets)
    assert finding.frames[-1].number == len(packets)


def test_cut_at_96_octets() -> None:
    packets = [BEGIN, (5.0, DENIAL), (6.0, ASK), (6.1, REPLY)]
    records = [record(n, round(at * 1e9), octets, snap=96) for n, (at, octets) in enumerate(packets, 1)]
    assert len(judged(Source("cut", records))) == 1  # nothing of it is longer than 96 octets
    shorter = [record(n, round(at * 1e9), octets, snap=60) for n, (at, octets) in enumerate(packets, 1)]
    assert judged(Source("cut", shorter)) == []
