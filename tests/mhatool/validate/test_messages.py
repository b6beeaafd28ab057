"""Rules on single messages where the recordings have none of the kind."""

import struct

import pytest

from dissectors.profile import KAME2003
from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    HOME,
    PEER,
    ba,
    bu,
    echo,
    internet_checksum,
    ipv6,
    mobility,
    record,
    scene,
    tunnel,
)
from tests.recipes.packets import authorization, nonce_indices
from tests.recipes.packets import bu as proven_bu


def errors(*packets: tuple[float, bytes]) -> list[Finding]:
    return [finding for finding in validate([scene(*packets)]) if finding.severity is Severity.ERROR]


def rules(*packets: bytes) -> list[str]:
    return [finding.rule for finding in errors(*enumerate(packets))]


def home_bu(seq: int = 1, life: int = 60) -> bytes:
    """With the Alternate Care-of Address that home registrations carry."""
    return bu(seq=seq, life=life, alternate=CARE1)


def message(kind: int, body: bytes, header_length: int | None = None) -> bytes:
    """With another Header Len the checksum covers what that says."""
    octets = mobility(kind, body, CARE1, PEER)
    if header_length is not None:
        stated = (header_length + 1) * 8
        short = mobility(kind, body[: stated - 6], CARE1, PEER)
        octets = short + octets[len(short) :]
    return ipv6(CARE1, PEER, 135, octets)


# RFC 6275, 9.2 and 6.1; RFC 5142, 5: the type, its fixed fields after the checksum, its least Header Len.
MINIMA = [(0, 2, 0), (1, 10, 1), (2, 10, 1), (3, 18, 2), (4, 18, 2), (5, 10, 1), (6, 10, 1), (7, 18, 2), (11, 2, 0)]


@pytest.mark.parametrize(("kind", "size", "least"), MINIMA)
def test_least_lengths(kind: int, size: int, least: int) -> None:
    flags = bytes(size)
    assert "MIP6-MH-004" not in rules(message(kind, flags))
    if least:
        assert rules(message(kind, flags, least - 1)) == ["MIP6-MH-004"]


def test_a_home_agent_switch_has_room_for_what_it_counts() -> None:
    whole = mobility(12, b"\x02\x00" + AGENT + PEER, AGENT, CARE1)
    assert rules(ipv6(AGENT, CARE1, 135, whole)) == []
    short = mobility(12, b"\x02\x00" + AGENT, AGENT, CARE1)
    assert rules(ipv6(AGENT, CARE1, 135, short)) == ["MIP6-MH-004"]


def test_octets_behind_the_mobility_header() -> None:
    octets = mobility(0, bytes(2), PEER, CARE1)
    assert rules(ipv6(PEER, CARE1, 135, octets)) == []
    assert rules(ipv6(PEER, CARE1, 135, octets + bytes(6))) == ["MIP6-MH-003"]


def test_octets_behind_another_payload_protocol_are_piggybacking() -> None:
    octets = bytearray(mobility(0, bytes(2), PEER, CARE1))
    octets[0] = 58
    octets[4:6] = internet_checksum(PEER, CARE1, 135, bytes(octets[:4]) + bytes(2) + bytes(octets[6:])).to_bytes(2)
    assert rules(ipv6(PEER, CARE1, 135, bytes(octets) + bytes(8))) == ["MIP6-MH-002"]


def test_a_repeated_answer_is_judged_too() -> None:
    found = errors((0, home_bu()), (1, ba(life=60)), (9, ba(life=64)))
    assert [(f.rule, f.frames[-1].number) for f in found] == [("MIP6-BA-004", 3)]


def test_what_rests_on_a_cut_message_is_inconclusive() -> None:
    octets = bu(CARE1, life=60, home=None)
    found = validate([Source("cut", [record(1, 0, octets, snap=40 + 14)])])
    assert {f.rule: (f.inconclusive, f.severity) for f in found} == {
        "MIP6-MH-001": (True, Severity.NOTE),
        "MIP6-BU-002": (True, Severity.NOTE),
    }


def test_a_correspondents_update_needs_no_home_address_to_delete() -> None:
    proof = nonce_indices(1, 0), authorization()
    assert rules(proven_bu(*proof, source=HOME, to=PEER, life=0, home=None, flags="")) == []


def test_at_home_only_lifetime_0_goes_without_the_option() -> None:
    assert rules(bu(HOME, life=0, home=None)) == []
    assert rules(bu(HOME, life=60, home=None, alternate=None)) == ["MIP6-BU-002"]


def test_signalling_inside_a_tunnel_is_judged() -> None:
    broken = bytearray(bu())
    broken[-1] ^= 1
    assert rules(tunnel(AGENT, PEER, bytes(broken))) == ["MIP6-MH-001"]


def test_signalling_that_an_error_quotes_is_not() -> None:
    broken = bytearray(bu())
    broken[-1] ^= 1
    error = struct.pack(">BBHI", 1, 3, 0, 0) + bytes(broken)
    assert rules(ipv6(AGENT, CARE1, 58, error)) == []


def test_other_traffic_breaks_nothing() -> None:
    assert rules(echo(PEER, HOME), tunnel(AGENT, CARE1, echo(PEER, HOME)), b"", b"\x60", bytes(60)) == []


def test_kame_numbers_mean_nothing_by_default() -> None:
    """Protocol 62 is the Mobility Header only in that profile."""
    octets = ipv6(CARE1, PEER, 62, mobility(0, bytes(2), CARE1, PEER))
    source = scene((0, octets))
    assert validate([source]) == []
    assert [f.rule for f in validate([source], KAME2003)] == ["MIP6-MH-001"]  # summed for 135


def test_an_advice_in_a_refusal() -> None:
    assert rules(home_bu(), ba(status=130, life=0, advice=20)) == []
    assert rules(home_bu(), ba(status=130, life=0, advice=0)) == ["MIP6-OPT-005"]


def test_a_damaged_advice_is_damaged_alone() -> None:
    """A wrong checksum (RFC 6275, 6.1.1) tells that octets aren't those that were sent, not which."""
    octets = ba(status=130, life=0, advice=20)
    assert octets[-2:] == bytes((0, 5))  # 4-second units
    assert rules(home_bu(), octets[:-1] + b"\0") == ["MIP6-MH-001"]


def test_a_wrong_checksum_is_named_with_the_right_one() -> None:
    packet = bu()
    right = packet[68:70].hex()  # made by the arithmetic of the scenes
    damaged = packet[:68] + b"\x12\x34" + packet[70:]
    (finding,) = validate([scene((0, damaged))])
    assert (finding.rule, finding.expected, finding.seen) == ("MIP6-MH-001", f"checksum 0x{right}", "0x1234")


def test_a_refusal_grants_nothing() -> None:
    """The lifetime of a refusal says nothing (RFC 6275, 6.1.8)."""
    assert rules(home_bu(), ba(seq=1, life=400, status=130)) == []
    assert rules(home_bu(), ba(seq=1, life=400)) == ["MIP6-BA-004"]


def test_a_damaged_answer_is_only_damaged() -> None:
    answer = ba(seq=1, life=400)
    damaged = answer[:68] + bytes((answer[68] ^ 1,)) + answer[69:]
    assert rules(home_bu(), damaged) == ["MIP6-MH-001"]


def test_an_unknown_message_type_is_no_lost_binding() -> None:
    """Binding Error 1 says that the binding is gone, 2 that a message type isn't known (RFC 6275, 6.1.9)."""
    error = ipv6(PEER, CARE1, 135, mobility(7, b"\x02\x00" + bytes(16), PEER, CARE1))
    proof = nonce_indices(1, 1), authorization()
    first, second = (proven_bu(*proof, to=PEER, seq=seq, flags="") for seq in (100, 3))
    assert [f.rule for f in errors((0, first), (1, error), (1.5, second))] == ["MIP6-SEQ-001"]
