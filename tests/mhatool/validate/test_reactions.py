"""What a receiver says to messages that it can't use, and what a capture must show to tell that it says nothing."""

import struct

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import CARE1, CARE2, PEER, ip, ipv6, scene, tunnel
from tests.recipes.mobility_header import header
from tests.recipes.packets import (
    COOKIE2,
    binding_error,
    carried,
    echo_reply,
    echo_request,
    icmp_packet,
)
from tests.recipes.reactions import parameter_problem, piggybacked_init, unknown_message

REFUSAL = binding_error(2, home=bytes(16))
HEARD = echo_reply(PEER, CARE1)
SHORT = ipv6(CARE1, PEER, 135, header(2, bytes(2) + COOKIE2, CARE1, PEER, header_length=0))
"""A Care-of Test Init whose Header Len says 8 octets."""


def found(rule: str, *packets: tuple[float, bytes]) -> list[Finding]:
    return [finding for finding in validate([scene(*packets)]) if finding.rule == rule]


def test_two_messages_that_nobody_answers() -> None:
    packets = [(0.0, unknown_message()), (2.0, unknown_message()), (4.0, HEARD)]
    (finding,) = found("MIP6-MH-006", *packets)
    assert [frame.number for frame in finding.frames] == [1, 2]
    assert (finding.severity, finding.node) == (Severity.WARNING, PEER)
    assert finding.seen == "none, for type 200"


SILENT: dict[str, list[tuple[float, bytes]]] = {
    "answered": [(0.0, unknown_message()), (0.01, REFUSAL), (2.0, unknown_message()), (4.0, HEARD)],
    "answered, stamped before": [(0.0, REFUSAL), (0.04, unknown_message()), (2.0, unknown_message()), (4.0, HEARD)],
    "no mobile node's peer: next header unknown": [
        (0.0, unknown_message()),
        (0.01, parameter_problem(6, unknown_message(), code=1)),
        (2.0, unknown_message()),
        (4.0, HEARD),
    ],
    "one direction only": [(0.0, unknown_message()), (2.0, unknown_message()), (9.0, echo_request(CARE1, PEER))],
    "the capture ends": [(0.0, unknown_message()), (2.0, unknown_message()), (2.5, HEARD)],
    "heard before alone": [(0.0, HEARD), (0.1, unknown_message()), (2.0, unknown_message())],
    "heard by another one": [(0.0, unknown_message()), (2.0, unknown_message()), (4.0, echo_reply(PEER, CARE2))],
    "to a group": [(at, carried(200, bytes(10), CARE1, ip("ff02::1"))) for at in (0.0, 2.0)] + [(4.0, HEARD)],
    "assigned": [(at, carried(16, bytes(10), CARE1, PEER)) for at in (0.0, 2.0)] + [(4.0, HEARD)],
    "damaged": [(at, unknown_message()[:-1] + b"\1") for at in (0.0, 2.0)] + [(4.0, HEARD)],
}


@pytest.mark.parametrize("packets", SILENT.values(), ids=SILENT)
def test_what_is_no_breach(packets: list[tuple[float, bytes]]) -> None:
    assert found("MIP6-MH-006", *packets) == []


def test_one_message_may_be_lost() -> None:
    (finding,) = found("MIP6-MH-006", (0.0, unknown_message()), (4.0, HEARD))
    assert finding.inconclusive


def test_a_burst_is_rate_limited() -> None:
    (finding,) = found("MIP6-MH-006", *((at / 10, unknown_message()) for at in range(9)), (4.0, HEARD))
    assert finding.inconclusive


def test_a_message_and_its_copies_are_one() -> None:
    """Plain, in a tunnel, and captured twice."""
    packets = [(0.0, unknown_message()), (0.001, unknown_message()), (0.002, tunnel(CARE2, PEER, unknown_message()))]
    (finding,) = found("MIP6-MH-006", *packets, (4.0, HEARD))
    assert finding.inconclusive


def test_it_is_said_once_for_two_nodes() -> None:
    packets = [(float(at), unknown_message()) for at in range(0, 60, 2)]
    (finding,) = found("MIP6-MH-006", *packets, (90.0, HEARD))
    assert (finding.frames[0].number, finding.frames[-1].number) == (1, 30)
    assert len(finding.frames) == 8


def test_two_pairs_are_two_findings() -> None:
    second = carried(201, bytes(10), CARE2, PEER)
    packets = [(at, octets) for at in (0.0, 2.0) for octets in (unknown_message(), second)]
    heard = [(4.0, HEARD), (4.1, echo_reply(PEER, CARE2))]
    assert len(found("MIP6-MH-006", *packets, *heard)) == 2


def test_cut_messages_ask_for_nothing() -> None:
    source = scene((0.0, unknown_message()), (2.0, unknown_message()), (4.0, HEARD))
    records = [r._replace(captured=r.captured[:50]) for r in source.records]
    assert [f for f in validate([Source("cut", records)]) if f.rule == "MIP6-MH-006"] == []


# The message, the octets that an error may point at, and one that it may not.
POINTERS = {"payload protocol": (piggybacked_init(), 40, 41), "length": (SHORT, 41, 40)}


@pytest.mark.parametrize(("message", "right", "wrong"), POINTERS.values(), ids=POINTERS)
def test_the_pointer(message: bytes, right: int, wrong: int) -> None:
    assert found("MIP6-MH-007", (0.0, message), (0.1, parameter_problem(right, message))) == []
    (finding,) = found("MIP6-MH-007", (0.0, message), (0.1, parameter_problem(wrong, message)))
    assert (finding.expected, finding.seen) == (f"pointer {right}", f"pointer {wrong}")
    assert (finding.offset, finding.node) == (40 + 4, PEER)


def test_either_of_two_faults() -> None:
    message = ipv6(CARE1, PEER, 135, header(2, bytes(2) + COOKIE2, CARE1, PEER, header_length=0, payload_proto=58))
    for pointer in (40, 41):
        assert found("MIP6-MH-007", (0.0, message), (0.1, parameter_problem(pointer, message))) == []


def test_the_code() -> None:
    message = piggybacked_init()
    (finding,) = found("MIP6-MH-007", (0.0, message), (0.1, parameter_problem(40, message, code=1)))
    assert (finding.expected, finding.offset) == ("code 0", 40 + 1)


@pytest.mark.parametrize(("pointer", "code"), [(6, 1), (6, 0), (0, 0), (4000, 0)])
def test_errors_about_other_headers(pointer: int, code: int) -> None:
    """A node without Mobile IPv6 points at the Next Header field, octet 6 (RFC 8200, 4)."""
    message = piggybacked_init()
    assert found("MIP6-MH-007", (0.0, message), (0.1, parameter_problem(pointer, message, code))) == []


def test_errors_about_sound_messages_and_short_quotes() -> None:
    sound = carried(2, bytes(2) + COOKIE2, CARE1, PEER)
    for quoted in (sound, sound[:41], sound[:40], sound[:20], b"", echo_request(CARE1, PEER)):
        assert found("MIP6-MH-007", (0.0, sound), (0.1, parameter_problem(42, quoted))) == []


def test_other_errors_have_no_pointer() -> None:
    error = icmp_packet(1, struct.pack(">I", 46) + piggybacked_init(), PEER, CARE1)
    assert found("MIP6-MH-007", (0.0, piggybacked_init()), (0.1, error)) == []


@pytest.mark.parametrize("message", [piggybacked_init(), SHORT], ids=["payload protocol", "length"])
def test_misshapen_messages_that_nobody_answers(message: bytes) -> None:
    (finding,) = found("MIP6-MH-007", (0.0, message), (2.0, message), (4.0, HEARD))
    assert (finding.severity, finding.frames[-1].number) == (Severity.WARNING, 2)
    unreachable = icmp_packet(1, bytes(4) + message, CARE2, CARE1, code=3)
    assert found("MIP6-MH-007", (0.0, message), (0.1, unreachable), (2.0, message), (4.0, HEARD)) == []
