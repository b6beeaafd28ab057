"""Authenticators of updates to correspondents, and of their answers."""

import struct

import pytest

from dissectors.profile import KAME2003
from mhatool.exchange import Source
from mhatool.validate import Finding, validate
from tests.mhatool.scenes import CARE1, HOME, PEER, S, changed, record, recording, scene
from tests.mhatool.surgery import put
from tests.recipes.example import Packet
from tests.recipes.packets import (
    TOKEN,
    TOKEN2,
    authorization,
    ba,
    bu,
    care_of_test,
    home_bu,
    home_test,
    nonce_indices,
)
from tests.recipes.protected import authenticator, correspondent_bu, destination_options_sum, key_of

RULE = "MIP6-RR-007"
TESTS: tuple[Packet, ...] = ((0.0, home_test()), (0.0, care_of_test()))
OTHER = bytes.fromhex("0000000000000001")


def found(*packets: Packet) -> list[tuple[int, bool]]:
    return [(f.frames[-1].number, f.inconclusive) for f in validate([scene(*packets)], select=[RULE])]


def with_bit(packet: bytes) -> bytes:
    return destination_options_sum(packet[:-1] + bytes((packet[-1] ^ 1,)))


@pytest.mark.parametrize("name", ["ro-mn.pcap", "ro-cn.pcap", "ro-core.pcap"])
def test_umip_makes_them_right(name: str) -> None:
    assert validate([recording(name)], select=[RULE]) == []


# Frames of ro-mn.pcap with an authenticator, and those of the tests that give its tokens (captures/README.md).
UMIP = [(96, (94, 95)), (725, (94, 95)), (748, (94, 95)), (967, (94, 966)), (1543, (94, 966)), (1774, (94,))]


@pytest.mark.parametrize(("frame", "tests"), UMIP)
def test_each_one_of_umip_is_checked(frame: int, tests: tuple[int, ...]) -> None:
    source = recording("ro-mn.pcap")
    octets = next(r.captured for r in source.records if r.frame == frame)
    last = len(octets) - (54 if frame == 1774 else 78) - 1
    broken = changed(source, **{f"f{frame}": put(octets, last, bytes((octets[-1] ^ 0x80,)))})
    (finding,) = validate([broken], select=[RULE])
    assert tuple(f.number for f in finding.frames) == (*tests, frame)
    assert finding.expected == f"authenticator {octets[-12:].hex()}"
    assert finding.offset == len(octets) - 12
    assert not finding.inconclusive


def test_right_and_wrong() -> None:
    assert found(*TESTS, (0.2, correspondent_bu())) == []
    assert found(*TESTS, (0.2, with_bit(correspondent_bu()))) == [(3, False)]
    assert found(*TESTS, (0.2, correspondent_bu(tokens=(TOKEN2, TOKEN)))) == [(3, False)]
    assert found(*TESTS, (0.2, correspondent_bu(tokens=(TOKEN,)))) == [(3, False)]


def test_a_deletion_needs_the_home_token_alone() -> None:
    deletion = correspondent_bu(life=0, tokens=(TOKEN,), care_of_index=0)
    assert found(*TESTS, (0.2, deletion)) == []
    assert found(TESTS[0], (0.2, deletion)) == []
    assert found(*TESTS, (0.2, correspondent_bu(life=0, care_of_index=0))) == [(3, False)]


def test_without_its_tokens_it_cannot_be_told() -> None:
    wrong = (0.2, with_bit(correspondent_bu()))
    assert found(wrong) == []
    assert found(TESTS[0], wrong) == []
    assert found(TESTS[1], wrong) == []
    assert found(*TESTS, (0.2, correspondent_bu(home_index=2))) == []
    assert found(*TESTS, (0.2, correspondent_bu(care_of_index=2))) == []
    assert found(wrong, *((time + 1, packet) for time, packet in TESTS)) == []


def test_old_tokens_may_have_been_replaced() -> None:
    """MAX_TOKEN_LIFETIME is 210 s (RFC 6275, 12)."""
    assert found(*TESTS, (210.0, with_bit(correspondent_bu()))) == [(3, False)]
    assert found(*TESTS, (210.1, with_bit(correspondent_bu()))) == []


def test_an_index_that_was_given_anew() -> None:
    anew = (1.0, home_test(token=OTHER))
    assert found(*TESTS, anew, (1.2, correspondent_bu(tokens=(OTHER, TOKEN2)))) == []
    assert found(*TESTS, anew, (1.2, correspondent_bu())) == []
    assert found(*TESTS, anew, (1.2, with_bit(correspondent_bu()))) == [(4, False)]


def test_damaged_tests_give_no_token() -> None:
    damaged = bytearray(home_test())
    damaged[-1] ^= 1
    assert found((0.0, bytes(damaged)), TESTS[1], (0.2, with_bit(correspondent_bu()))) == []


def test_tokens_are_the_mobile_nodes_own() -> None:
    other = ((0.0, home_test(to=HOME[:15] + b"\x55", token=OTHER)), (0.0, care_of_test(source=HOME, token=OTHER)))
    assert found(*TESTS, *other, (0.2, correspondent_bu())) == []


def test_other_updates_have_none() -> None:
    assert found(*TESTS, (0.2, home_bu())) == []
    assert found(*TESTS, (0.2, bu(nonce_indices(1, 1), to=PEER, flags=""))) == []
    assert found(*TESTS, (0.2, bu(authorization(), to=PEER, flags=""))) == []


def test_a_cut_update_cannot_be_checked() -> None:
    octets = with_bit(correspondent_bu())
    for snap in range(70, len(octets)):
        records = [record(i, i * S, packet) for i, (_, packet) in enumerate(TESTS, 1)]
        source = Source("cut", [*records, record(3, 3 * S, octets, snap=snap)])
        assert validate([source], select=[RULE]) == []


def acknowledgement(proof: bytes) -> bytes:
    return ba(authorization(proof), source=PEER)


def answer(key: bytes) -> bytes:
    return acknowledgement(authenticator(acknowledgement(bytes(12)), key, CARE1, PEER))


def test_an_acknowledgement_is_made_with_the_key_of_its_update() -> None:
    key = key_of(TOKEN, TOKEN2)
    update = (0.2, correspondent_bu())
    assert found(*TESTS, update, (0.3, answer(key))) == []
    assert found(*TESTS, update, (0.3, answer(key_of(TOKEN)))) == [(4, False)]
    assert found(update, (0.3, answer(key_of(TOKEN)))) == []
    assert found(*TESTS, (0.2, with_bit(correspondent_bu())), (0.3, answer(key))) == [(3, False)]


def refusal(key: bytes) -> bytes:
    unsigned = ba(authorization(bytes(12)), source=PEER, status=135, seq=2)
    return ba(authorization(authenticator(unsigned, key, CARE1, PEER)), source=PEER, status=135, seq=2)


def test_a_copy_that_came_late_is_refused_by_the_key_of_its_update() -> None:
    """Status 135 repeats the last number, so the answer to a late copy seems to be one to the deletion after it."""
    sent = (
        *TESTS,
        (0.2, correspondent_bu(seq=2)),
        (0.3, correspondent_bu(seq=3, life=0, tokens=(TOKEN,), care_of_index=0)),
    )
    assert found(*sent, (0.4, refusal(key_of(TOKEN, TOKEN2)))) == []
    assert found(*sent, (0.4, refusal(key_of(OTHER)))) == [(5, False)]
    unsigned = ba(authorization(bytes(12)), source=PEER, seq=3, life=0)
    proof = authenticator(unsigned, key_of(TOKEN, TOKEN2), CARE1, PEER)  # an acceptance names the update it is to
    assert found(*sent, (0.4, ba(authorization(proof), source=PEER, seq=3, life=0))) == [(5, False)]


def test_draft_19_is_not_judged() -> None:
    """Its keys and options were others; the recipes make none of them."""
    packets = (*TESTS, (0.2, with_bit(correspondent_bu())))
    findings: list[Finding] = validate([scene(*packets)], KAME2003)
    assert RULE not in [finding.rule for finding in findings]


def test_the_packets_are_what_they_say() -> None:
    packet = correspondent_bu(home_index=3, care_of_index=4)
    assert struct.pack(">BBHH", 4, 4, 3, 4) in packet
