"""Rules of Binding Acknowledgements and Binding Errors: what is allowed, edge values, and what can't be known."""

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, S, home_address_option, ipv6, record, scene, tunnel
from tests.recipes.correspondent import TESTED, peer_ba, peer_bu
from tests.recipes.example import Packet
from tests.recipes.home_agent_lists import authentication
from tests.recipes.packets import (
    Option,
    alternate,
    authorization,
    ba,
    binding_error,
    binding_identifier,
    bu,
    carried,
    home_bu,
    icmp_packet,
    nonce_indices,
    prefix_information,
    refresh_advice,
    router_advertisement,
)

ERROR, NOTE = Severity.ERROR, Severity.NOTE


def judged(rule: str, *packets: Packet) -> list[Finding]:
    return validate([scene(*packets)], select=[rule])


def found(rule: str, *packets: Packet) -> list[tuple[int, Severity]]:
    return [(finding.frames[-1].number, finding.severity) for finding in judged(rule, *packets)]


def answered(rule: str, update: bytes, answer: bytes) -> list[tuple[int, Severity]]:
    return found(rule, (0.0, update), (0.5, answer))


# --- permanent tokens ---


def signed(index: int, *more: Option, life: int = 86_400) -> bytes:
    """An update to a correspondent for a day, with a home nonce index."""
    return bu(nonce_indices(index, 1), *more, authorization(), to=PEER, flags="A", life=life, seq=6 - len(more))


CGA_PARAMETERS, SIGNATURE, PERMANENT_TOKEN = (12, bytes(30), (1, 0)), (13, bytes(20), (1, 0)), (14, bytes(16), (1, 0))
GRANTED = [
    (0.0, signed(1, CGA_PARAMETERS, SIGNATURE)),
    (0.1, ba(PERMANENT_TOKEN, authorization(), source=PEER, seq=4, life=86_400)),
]


def test_a_binding_by_a_permanent_token_may_live_for_a_day() -> None:
    """RFC 4866: the first update has CGA parameters and signature, later ones the home nonce index 0."""
    later = [(50.0, signed(0)), (50.1, ba(authorization(), source=PEER, seq=6, life=86_400))]
    assert found("MIP6-LIFE-002", *GRANTED, *later) == []
    assert found("MIP6-LIFE-002", *later) == [(2, NOTE)]
    assert found("MIP6-LIFE-003", *GRANTED, *later) == []
    plain = [(50.0, signed(1)), (50.1, ba(authorization(), source=PEER, seq=6, life=86_400))]
    assert found("MIP6-LIFE-002", *plain) == [(2, ERROR)]
    assert found("MIP6-LIFE-003", *plain) == [(1, NOTE)]


def test_the_home_nonce_index_of_a_permanent_token_is_that_of_no_test() -> None:
    tested = [(at, octets) for at, octets in TESTED if at > 1.1]
    assert found("MIP6-RR-006", *tested, (2.0, signed(0))) == []
    assert len(found("MIP6-RR-006", *tested, (2.0, signed(3)))) == 1


# --- where it goes ---


def test_the_answer_goes_to_the_source_not_to_the_alternate() -> None:
    update = home_bu(source=CARE1)
    elsewhere = bu(alternate(CARE2), source=CARE1)
    assert answered("MIP6-BA-002", update, ba()) == []
    assert answered("MIP6-BA-002", elsewhere, ba(to=CARE1)) == []
    assert answered("MIP6-BA-002", elsewhere, ba(to=CARE2)) == [(2, ERROR)]


def test_an_answer_to_one_of_two_updates_with_a_number() -> None:
    moved = [(0.0, home_bu()), (2.0, home_bu(source=CARE2))]
    assert found("MIP6-BA-002", *moved, (2.1, ba(to=CARE1))) == []
    assert found("MIP6-BA-002", *moved, (2.1, ba(to=CARE2))) == []


def test_a_status_135_may_answer_an_update_before_the_move() -> None:
    packets = [(0.0, home_bu(seq=7)), (0.9, home_bu(seq=8, source=CARE2)), (1.0, ba(to=CARE1, status=135, seq=30))]
    assert found("MIP6-BA-002", *packets) == []


def test_a_late_or_repeated_answer_may_be_to_an_update_out_of_sight() -> None:
    assert found("MIP6-BA-002", (0.0, home_bu()), (11.0, ba(to=CARE2))) == []
    assert found("MIP6-BA-002", (0.0, home_bu()), (1.0, ba()), (3.0, ba(to=CARE2))) == []


def test_the_answer_to_a_deletion_from_home() -> None:
    update = bu(alternate(HOME), source=HOME, home=None, life=0)
    assert answered("MIP6-BA-002", update, ba(to=HOME, home=None, life=0)) == []


# --- status and flags ---


@pytest.mark.parametrize(
    ("status", "is_known"), [(0, True), (6, True), (7, False), (127, False), (128, True), (180, True), (181, False)]
)
def test_registered_statuses(status: int, is_known: bool) -> None:
    """IANA, Binding Acknowledgement status codes: 0 to 6 and 128 to 180."""
    assert bool(found("MIP6-BA-003", (0.0, ba(status=status)))) is not is_known


@pytest.mark.parametrize(
    ("flags", "bits", "breaks"),
    [("AH", 0x80, True), ("AHK", 0x80, False), ("AK", 0x80, True), ("AHR", 0x40, False), ("AH", 0x01, True)],
)
def test_flags_of_an_answer(flags: str, bits: int, breaks: bool) -> None:
    assert bool(answered("MIP6-BA-007", bu(alternate(CARE1), flags=flags), ba(flags=bits))) is breaks


def test_k_without_the_update_tells_nothing() -> None:
    assert found("MIP6-BA-007", (0.0, ba(flags=0x80))) == []


# --- correspondents ---


def test_home_agents_need_no_authorization_data() -> None:
    assert answered("MIP6-BA-008", home_bu(), ba()) == []


@pytest.mark.parametrize(("status", "breaks"), [(0, True), (135, True), (136, False), (137, False), (138, False)])
def test_who_answers_without_authorization_data(status: int, breaks: bool) -> None:
    answer = ba(source=PEER, status=status)
    assert bool(answered("MIP6-BA-008", peer_bu(), answer)) is breaks


def test_other_proofs_take_its_place() -> None:
    assert answered("MIP6-BA-008", peer_bu(), ba(authentication(5), source=PEER)) == []


def test_without_the_update_nobody_knows_who_answers() -> None:
    assert found("MIP6-BA-008", (0.0, ba(source=PEER))) == []


def test_an_update_without_proof_is_not_answered() -> None:
    assert answered("MIP6-BA-012", bu(to=PEER, flags="A"), ba(source=PEER)) == [(2, ERROR)]
    assert answered("MIP6-BA-008", bu(to=PEER, flags="A"), ba(source=PEER)) == []  # no key, so no data either
    assert answered("MIP6-BA-012", bu(to=AGENT), ba()) == []
    assert answered("MIP6-BA-012", bu(authentication(5), to=PEER, flags="A"), ba(source=PEER)) == []


def test_status_135_may_answer_another_update_than_the_one_without_proof() -> None:
    """It has the last accepted number; the update that it refuses may be stamped up to 0.1 s after it."""
    assert answered("MIP6-BA-012", bu(to=PEER, flags="A"), ba(source=PEER, status=135, life=0)) == [(2, NOTE)]


def test_an_update_with_a_wrong_proof_is_not_answered() -> None:
    """Both tokens are in the capture, and the key of twenty zeros isn't their hash."""
    wrong = (1.5, peer_bu(key=bytes(20)))
    assert found("MIP6-BA-012", *TESTED, wrong, (1.6, peer_ba())) == [(8, ERROR)]
    assert found("MIP6-BA-012", *TESTED, (1.5, peer_bu()), (1.6, peer_ba())) == []
    assert found("MIP6-BA-012", wrong, (1.6, peer_ba())) == []  # no tokens seen
    assert found("MIP6-BA-012", *TESTED, wrong, (1.6, ba(source=PEER, status=136))) == []


@pytest.mark.parametrize(("granted", "breaks"), [(420, False), (424, True)])
def test_the_longest_life_at_a_correspondent(granted: int, breaks: bool) -> None:
    """MAX_RR_BINDING_LIFETIME is 420 s (RFC 6275, 12)."""
    assert bool(answered("MIP6-LIFE-002", peer_bu(life=3600), peer_ba(life=granted))) is breaks


def test_a_refusal_or_another_key_has_no_limit() -> None:
    assert answered("MIP6-LIFE-002", peer_bu(life=3600), peer_ba(life=3600, status=130)) == []
    configured = bu(authorization(), to=PEER, flags="A", life=3600)
    assert answered("MIP6-LIFE-002", configured, peer_ba(life=3600)) == []
    assert answered("MIP6-LIFE-002", home_bu(life=3600), ba(life=3600)) == []


# --- home agents ---

ADVERTISED = (0.0, router_advertisement(prefix_information()))
OUTSIDE = bytes.fromhex("20010db8000900000000000000000100")


def refusal(status: int, *before: Packet, home: bytes = HOME) -> list[tuple[int, Severity]]:
    update = bu(alternate(CARE1), home=home)
    return found("MIP6-BA-009", *before, (2.0, update), (2.5, ba(home=home, status=status)))


def test_home_subnets() -> None:
    assert refusal(132, ADVERTISED) == [(3, ERROR)]
    assert refusal(132) == []  # no advertisement seen
    assert refusal(132, ADVERTISED, home=OUTSIDE) == []
    assert refusal(0, ADVERTISED) == []
    assert refusal(0, ADVERTISED, home=OUTSIDE) == [(3, NOTE)]


def test_who_shares_a_care_of_address_may_not_be_meant() -> None:
    """An update without Home Address option from there is another node's own, whose address is of no home link."""
    registered = ((1.0, home_bu(seq=4)), (1.1, ba(seq=4)))
    stranger = ((2.0, bu(source=CARE1, home=None, seq=9)), (2.1, ba(home=None, seq=9, status=132, life=0)))
    assert ERROR not in [severity for _, severity in found("MIP6-BA-009", ADVERTISED, *registered, *stranger)]
    assert ERROR not in [severity for _, severity in found("MIP6-RH2-005", ADVERTISED, *registered, *stranger)]


@pytest.mark.parametrize(
    "advertisement",
    [
        router_advertisement(prefix_information(valid=1)),  # over before the update
        router_advertisement(prefix_information(flags=0xC0)),  # whose address isn't known
        router_advertisement(prefix_information(), flags=0),  # no home agent
    ],
)
def test_advertisements_that_prove_nothing(advertisement: bytes) -> None:
    assert ERROR not in [severity for _, severity in refusal(132, (0.0, advertisement))]


def deletions(gap_s: float, second_seq: int, status: int = 0) -> list[tuple[int, Severity]]:
    def asked(seq: int) -> bytes:
        return bu(alternate(HOME), source=HOME, home=None, seq=seq, life=0)

    def told(seq: int, status: int) -> bytes:
        return ba(to=HOME, home=None, seq=seq, life=0, status=status)

    later = 1.0 + gap_s
    packets = [(0.0, asked(4)), (0.1, told(4, 0)), (later, asked(second_seq)), (later + 0.1, told(second_seq, status))]
    return found("MIP6-BA-010", *packets)


def test_deleting_twice() -> None:
    """MAX_DELETE_BCE_TIMEOUT is 10 s; a number that isn't the next one leaves room for a registration out of sight."""
    assert deletions(60, 5) == [(4, ERROR)]
    assert deletions(60, 5, status=133) == []
    assert deletions(5, 5) == []
    assert deletions(60, 6) == []


@pytest.mark.parametrize(("status", "breaks"), [(0, False), (1, True), (5, False), (133, False)])
def test_the_status_of_a_deletion(status: int, breaks: bool) -> None:
    update = bu(alternate(HOME), source=HOME, home=None, life=0)
    assert bool(answered("MIP6-BA-011", update, ba(to=HOME, home=None, life=0, status=status))) is breaks


def test_no_advice_for_a_deletion() -> None:
    """RFC 6275, 10.3.2: none; and 6.2.4: shorter than the lifetime, which is 0."""
    update = bu(alternate(HOME), source=HOME, home=None, life=0)
    packets = ((0, update), (1, ba(refresh_advice(8), to=HOME, home=None, life=0)))
    for broken in ("MIP6-BA-011", "MIP6-OPT-005"):
        (finding,) = judged(broken, *packets)
        assert finding.offset == 40 + 12
    assert answered("MIP6-BA-011", home_bu(), ba(refresh_advice(8))) == []


def test_home_as_care_of_address_is_deleted() -> None:
    update = bu(alternate(HOME), life=60)
    assert answered("MIP6-DEREG-006", update, ba(life=60)) == [(2, ERROR)]
    assert answered("MIP6-DEREG-006", update, ba(life=60, status=130)) == []
    assert answered("MIP6-DEREG-006", home_bu(), ba(life=60)) == []
    at_home_too = bu(binding_identifier(2, at_home_too=True), source=HOME)  # RFC 5648
    assert answered("MIP6-DEREG-006", at_home_too, ba(binding_identifier(2), to=HOME, home=None)) == []


# --- numbers ---


def numbers(first: int, second: int, told: int, status: int = 135) -> list[tuple[int, Severity]]:
    packets = [(0.0, home_bu(seq=first)), (1.0, ba(seq=first)), (5.0, home_bu(seq=second))]
    return found("MIP6-SEQ-003", *packets, (5.1, ba(seq=told, status=status)))


@pytest.mark.parametrize(
    ("first", "second", "told", "breaks"),
    [
        (10, 5, 10, False),
        (10, 5, 5, True),
        (10, 5, 12, False),  # an update out of sight
        (10, 10, 10, False),
        (10, 11, 11, False),  # ahead of what was seen: another one was accepted out of sight
        (65535, 65534, 65534, True),
        (5, 32773, 32773, True),  # 32768 ahead is behind
        (5, 32772, 32772, False),
    ],
)
def test_the_number_in_a_135(first: int, second: int, told: int, breaks: bool) -> None:
    assert bool(numbers(first, second, told)) is breaks


def test_an_accepted_number_that_is_behind_is_inconclusive() -> None:
    assert numbers(10, 5, 5, status=0) == [(4, NOTE)]
    assert numbers(10, 11, 11, status=0) == []


def test_a_135_from_before_the_capture() -> None:
    assert found("MIP6-SEQ-003", (0.0, home_bu(seq=5)), (0.1, ba(seq=5, status=135))) == []


@pytest.mark.parametrize(("gap", "breaks"), [(0.1, False), (0.101, True)])
def test_the_refusal_of_a_copy_whose_stamp_changed_places(gap: float, breaks: bool) -> None:
    """The network doubled 5, and refused the copy with 5, all before 6 was accepted; each stamp may be off by 50 ms."""
    packets = [(0.0, home_bu(seq=6)), (0.01, ba(seq=6)), (gap, home_bu(seq=5)), (0.2, ba(seq=5, status=135))]
    assert bool(found("MIP6-SEQ-003", *packets)) is breaks


# --- Binding Errors ---


@pytest.mark.parametrize(
    ("status", "home", "breaks"),
    [(1, HOME, False), (2, HOME, False), (2, bytes(16), False), (1, bytes(16), True), (0, HOME, True), (3, HOME, True)],
)
def test_what_a_binding_error_says(status: int, home: bytes, breaks: bool) -> None:
    assert bool(found("MIP6-BE-001", (0.0, binding_error(status, home)))) is breaks


@pytest.mark.parametrize(
    ("status", "to", "breaks"),
    [(1, CARE1, False), (1, HOME, True), (2, HOME, False), (1, bytes.fromhex("ff02" + 27 * "0" + "1"), True)],
)
def test_where_a_binding_error_goes(status: int, to: bytes, breaks: bool) -> None:
    assert bool(found("MIP6-BE-002", (0.0, binding_error(status, to=to)))) is breaks


def where(*packets: Packet) -> list[tuple[tuple[int, ...], bool]]:
    findings = validate([scene(*packets)], select=["MIP6-BE-002"])
    return [(tuple(frame.number for frame in f.frames), f.inconclusive) for f in findings]


def test_a_binding_error_to_the_home_address_needs_the_packet_at_fault() -> None:
    """RFC 6275, 9.3.3: to the source of the packet at fault, whichever that is."""
    error = binding_error(to=HOME)
    away = icmp_packet(128, b"\0\1\0\1", CARE1, PEER, home_option=HOME)
    same = icmp_packet(128, b"\0\1\0\2", HOME, PEER, home_option=HOME)
    assert where((0.0, error)) == [((1,), True)]
    assert where((0.0, away), (0.1, error)) == [((1, 2), False)]
    assert where((0.0, same), (0.1, error)) == []
    assert where((0.0, same), (0.1, away), (0.2, error)) == []
    assert where((0.0, away), (10.1, error)) == [((2,), True)]
    assert where((0.0, away), (0.1, binding_error())) == []


UNKNOWN = 200
"""A Mobility Header type that nobody has assigned."""
OTHER = HOME[:-1] + b"\x99"


def strange(home: bytes | None = None) -> bytes:
    return carried(UNKNOWN, bytes(10), CARE1, PEER, home_option=home)


def test_a_binding_error_names_the_home_address_of_the_packet_at_fault() -> None:
    """RFC 6275, 6.1.9: that of its Home Address option, or the unspecified address."""
    asked = (0.0, icmp_packet(128, b"\0\1\0\1", CARE1, PEER, home_option=HOME))
    wrong = [((1, 2), False)]
    assert where(asked, (0.1, binding_error())) == []
    assert where(asked, (0.1, binding_error(home=OTHER))) == wrong
    assert where((0.0, strange(HOME)), (0.1, binding_error(2))) == []
    assert where((0.0, strange(HOME)), (0.1, binding_error(2, home=bytes(16)))) == wrong
    assert where((0.0, strange()), (0.1, binding_error(2, home=bytes(16)))) == []
    assert where((0.0, strange()), (0.1, binding_error(2))) == wrong
    assert where((0.0, strange()), (10.1, binding_error(2))) == []
    assert where((0.1, binding_error(2))) == []


def test_the_packet_at_fault_may_be_another_one() -> None:
    """Stamped up to 50 ms later; hidden by ESP; a Binding Update, where the receiver knows none."""
    asked, error = (0.0, icmp_packet(128, b"\0\1\0\1", CARE1, PEER, home_option=HOME)), binding_error(home=OTHER)
    other = icmp_packet(128, b"\0\1\0\2", CARE1, PEER, home_option=OTHER)
    assert where(asked, (0.1, error), (0.14, other)) == []
    assert where(asked, (0.1, error), (0.16, other)) == [((1, 2), False)]
    hidden = ipv6(CARE1, PEER, 60, home_address_option(OTHER, 50) + bytes(24))
    assert where(asked, (0.05, hidden), (0.1, error)) == [((1, 3), True)]
    assert where((0.0, strange()), (0.05, bu(to=PEER, flags="A")), (0.1, binding_error(2))) == []


def test_a_routing_header_leaves_the_destination_alone() -> None:
    """It is a breach itself (MIP6-MH-009), but the packet goes to the care-of address."""
    asked = (0.0, icmp_packet(128, b"\0\1\0\1", CARE1, PEER, home_option=HOME))
    routed = carried(7, b"\1\0" + HOME, PEER, CARE1, routed=HOME)
    assert where(asked, (0.1, routed)) == []
    assert found("MIP6-MH-009", asked, (0.1, routed)) == [(2, ERROR)]


def test_a_binding_update_is_no_packet_at_fault() -> None:
    assert where((0.0, home_bu()), (0.1, binding_error(source=AGENT, to=HOME))) == [((2,), True)]


# --- captures that show less ---

EVERYTHING = ["MIP6-BA", "MIP6-BE", "MIP6-LIFE-002", "MIP6-SEQ-003", "MIP6-DEREG"]
BREACHES: list[Packet] = [
    (0.0, home_bu()),
    (0.5, ba(to=CARE2, flags=0x80, life=64)),
    (5.0, peer_bu(life=600)),
    (5.1, ba(source=PEER, life=600)),
]


def test_one_direction_alone_gives_no_errors_of_exchanges() -> None:
    answers = judged("MIP6-BA", *BREACHES[1::2])
    assert [f for f in answers if f.severity is ERROR] == []


@pytest.mark.parametrize("snap", [40, 64, 70, 76, 80])
def test_cut_captures_give_no_errors(snap: int) -> None:
    records = [record(i, round(at * S), octets, snap=snap) for i, (at, octets) in enumerate(BREACHES, 1)]
    assert [f for f in validate([Source("cut", records)], select=EVERYTHING) if f.severity is ERROR] == []


def test_plain_and_tunnelled_copies_are_one() -> None:
    answer = ba(status=100)
    packets = [(0.0, answer), (0.001, tunnel(AGENT, CARE1, answer)), (0.02, answer)]
    assert found("MIP6-BA-003", *packets) == [(1, ERROR)]


def test_shuffled_by_50_ms() -> None:
    """An answer that is stamped before its update is no other update's."""
    assert found("MIP6-BA-002", (0.05, ba()), (0.06, home_bu())) == []
    shuffled = [(0.0, home_bu()), (0.5, ba()), (5.05, ba(seq=2)), (5.06, home_bu(seq=2)), (20.0, home_bu(seq=3))]
    assert [f for f in judged("MIP6", *shuffled) if f.severity is ERROR] == []


def test_a_proxys_answer_is_passed_over() -> None:
    answer = carried(6, bytes((0, 0x20)) + (1).to_bytes(2) + bytes(2) + b"\x01\x02\0\0", AGENT, CARE1)
    assert found("MIP6-BA-007", (0.0, bu(flags="AHP")), (0.5, answer)) == []
