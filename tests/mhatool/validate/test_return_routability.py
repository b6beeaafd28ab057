"""Home and care-of tests: what is allowed and what can't be told."""

from collections.abc import Callable

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import (
    AGENT,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    ipv6,
    record,
    recording,
    scene,
    tunnel,
)
from tests.recipes.example import Packet
from tests.recipes.packets import (
    COOKIE,
    COOKIE2,
    ba,
    bu,
    care_of_test,
    care_of_test_init,
    carried,
    home_bu,
    home_test,
    home_test_init,
)

STRANGE = bytes.fromhex("deadbeefdeadbeef")
REGISTERED: tuple[Packet, ...] = ((0.0, home_bu()), (0.1, ba()))
RULES = ["MIP6-RR-001", "MIP6-RR-002", "MIP6-RR-003", "MIP6-RR-004"]

Short = tuple[str, int, bool]


def short(findings: list[Finding]) -> list[Short]:
    return [(f.rule, f.frames[-1].number, f.inconclusive) for f in findings]


def found(*packets: Packet) -> list[Short]:
    return short(validate([scene(*packets)], select=RULES))


def with_hop_limit(packet: bytes, hop_limit: int) -> bytes:
    return packet[:7] + bytes((hop_limit,)) + packet[8:]


# --- Home Test Init ---


@pytest.mark.parametrize("init", [home_test_init(), care_of_test_init()], ids=["home", "care-of"])
def test_alone_they_are_fine(init: bytes) -> None:
    assert found((0, init)) == []


@pytest.mark.parametrize(("kind", "rule"), [(1, "MIP6-RR-001"), (2, "MIP6-RR-002")])
def test_no_home_address_option(kind: int, rule: str) -> None:
    packet = carried(kind, bytes(2) + COOKIE, CARE1, PEER, home_option=HOME)
    findings = validate([scene((0, packet))], select=[rule])
    assert short(findings) == [(rule, 1, False)]
    assert findings[0].offset == 40


@pytest.mark.parametrize("source", ["fe80000000000000", "ff02000000000000"])
@pytest.mark.parametrize("init", [home_test_init, care_of_test_init])
def test_the_source_is_a_routable_unicast_address(source: str, init: Callable[..., bytes]) -> None:
    findings = validate([scene((0, init(source=bytes.fromhex(source) + HOME[8:])))], select=RULES)
    assert [(f.severity, f.offset) for f in findings] == [(Severity.ERROR, 8)]


def test_behind_the_home_agent_it_is_plain() -> None:
    for hop_limit in (63, 61, 254, 1):
        assert found(*REGISTERED, (0.5, with_hop_limit(home_test_init(), hop_limit))) == []


@pytest.mark.parametrize("hop_limit", [64, 128, 255])
def test_on_the_foreign_link_it_is_tunnelled(hop_limit: int) -> None:
    plain = with_hop_limit(home_test_init(), hop_limit)
    assert found(*REGISTERED, (0.5, plain)) == [("MIP6-RR-001", 3, False)]


def test_later_the_mobile_node_may_have_come_home() -> None:
    assert found(*REGISTERED, (1.5, home_test_init())) == [("MIP6-RR-001", 3, True)]


def test_a_care_of_test_init_shows_that_it_has_not() -> None:
    packets = (*REGISTERED, (9.0, care_of_test_init()), (9.1, home_test_init()))
    assert found(*packets) == [("MIP6-RR-001", 4, False)]


def test_what_the_agent_still_sends_to_the_old_place_does_not() -> None:
    late = tunnel(AGENT, CARE1, ipv6(PEER, HOME, 59, b""))
    assert found(*REGISTERED, (9.0, late), (9.1, home_test_init())) == [("MIP6-RR-001", 4, True)]


def test_the_tunnelled_copy_is_the_one_that_counts() -> None:
    copies = ((0.5, tunnel(CARE1, AGENT, home_test_init())), (0.51, with_hop_limit(home_test_init(), 63)))
    assert found(*REGISTERED, *copies) == []
    swapped = ((0.5, with_hop_limit(home_test_init(), 63)), (0.51, tunnel(CARE1, AGENT, home_test_init())))
    assert found(*REGISTERED, *swapped) == []


def test_at_home_it_is_plain() -> None:
    home = ((5.0, bu(source=HOME, home=None, seq=2, life=0)), (5.1, home_test_init()))
    assert found(*REGISTERED, *home) == []
    answered = (*home[:1], (5.1, ba(to=HOME, home=None, seq=2, life=0)), (5.2, home_test_init()))
    assert found(*REGISTERED, *answered) == []


def test_without_a_binding_that_holds_nothing_is_known() -> None:
    init = (0.5, home_test_init())
    assert found((0.0, home_bu()), init) == []
    assert found((0.0, home_bu()), (0.1, ba(status=130, life=0)), init) == []
    assert found((0.0, home_bu(life=8)), (0.1, ba(life=8)), (8.5, home_test_init())) == []
    assert found((0.0, home_bu()), (0.1, ba(life=4)), (4.5, home_test_init())) == []
    assert found((0.0, bu(to=PEER, flags="A")), (0.1, ba(source=PEER)), init) == []


def test_not_from_the_care_of_address() -> None:
    assert found(*REGISTERED, (5.0, home_test_init(source=CARE1))) == [("MIP6-RR-001", 3, False)]
    assert found(*REGISTERED, (5.0, home_test_init(source=CARE2))) == []


def test_a_care_of_address_may_be_a_home_address_too() -> None:
    """A mobile node inside a mobile network: its care-of address is somebody's home address."""
    other = bu(source=CARE2, home=CARE1, seq=9)
    assert found(*REGISTERED, (1.0, other), (5.0, home_test_init(source=CARE1))) == []


# --- Care-of Test Init ---


def test_other_tunnels_are_nobodys_fault() -> None:
    assert found((0, tunnel(CARE2, AGENT, care_of_test_init()))) == []
    assert found((0, tunnel(CARE1, AGENT, care_of_test_init()))) == [("MIP6-RR-002", 1, False)]


def test_the_home_address_is_no_care_of_address_while_away() -> None:
    assert found(*REGISTERED, (0.5, care_of_test_init(source=HOME))) == [("MIP6-RR-002", 3, False)]
    assert found(*REGISTERED, (9.5, care_of_test_init(source=HOME))) == []


# --- their answers ---


@pytest.mark.parametrize(
    ("init", "answer", "rule"),
    [
        (home_test_init(), home_test(cookie=STRANGE), "MIP6-RR-003"),
        (care_of_test_init(), care_of_test(cookie=STRANGE), "MIP6-RR-004"),
    ],
    ids=["home", "care-of"],
)
def test_strange_cookies(init: bytes, answer: bytes, rule: str) -> None:
    start: Packet = (1.0, ipv6(PEER, HOME, 59, b""))
    findings = validate([scene(start, (5.0, init), (5.1, answer))], select=RULES)
    assert short(findings) == [(rule, 3, False)]
    assert findings[0].offset == 48
    assert [frame.number for frame in findings[0].frames] == [2, 3]
    assert found((0.0, init), (0.1, answer)) == [(rule, 2, True)]  # to one before the capture?
    assert found(start, (5.1, answer)) == []  # one direction only
    assert found(start, (5.1, answer), (5.15, init)) == []
    assert found(start, (5.0, init), (16.0, answer)) == []
    assert found(start, (5.0, init), (5.999, answer)) == [(rule, 3, False)]
    assert found(start, (5.0, init), (6.0, answer)) == [(rule, 3, True)]  # to one that was sent again, on another link?


def test_a_strange_cookie_beside_the_right_answer() -> None:
    start: Packet = (1.0, ipv6(PEER, HOME, 59, b""))
    packets = (start, (5.0, home_test_init()), (5.1, home_test(cookie=STRANGE)), (5.2, home_test()))
    assert found(*packets) == []


def test_an_answer_to_an_earlier_init() -> None:
    start: Packet = (1.0, ipv6(PEER, HOME, 59, b""))
    inits = ((5.0, home_test_init(cookie=COOKIE)), (6.0, home_test_init(cookie=COOKIE2)))
    assert found(start, *inits, (6.1, home_test(cookie=COOKIE))) == []


def test_answers_and_inits_out_of_order_by_jitter() -> None:
    start: Packet = (1.0, ipv6(PEER, HOME, 59, b""))
    assert found(start, (5.0, home_test()), (5.05, home_test_init())) == []


def test_two_mobile_nodes_and_one_correspondent() -> None:
    start: Packet = (1.0, ipv6(PEER, HOME, 59, b""))
    other = HOME[:15] + b"\x77"
    inits = ((5.0, home_test_init()), (5.0, home_test_init(source=other, cookie=COOKIE2)))
    answers = ((5.1, home_test(to=other, cookie=COOKIE2)), (5.1, home_test()))
    assert found(start, *inits, *answers) == []


@pytest.mark.parametrize(("kind", "rule"), [(3, "MIP6-RR-003"), (4, "MIP6-RR-004")])
def test_no_routing_header(kind: int, rule: str) -> None:
    packet = carried(kind, bytes(2) + COOKIE + COOKIE2, PEER, CARE1, routed=HOME)
    assert found((0, packet)) == [(rule, 1, False)]


def test_a_home_test_to_the_care_of_address() -> None:
    away = (*REGISTERED, (5.0, tunnel(CARE1, AGENT, home_test_init())))
    findings = validate([scene(*away, (5.1, home_test(to=CARE1)))], select=RULES)
    assert short(findings) == [("MIP6-RR-003", 4, False)]
    assert findings[0].offset == 24
    assert found(*away, (5.1, home_test(to=CARE2))) == []  # cookies alike by chance


def test_a_care_of_test_to_the_home_address() -> None:
    away = (*REGISTERED, (5.0, care_of_test_init()))
    assert found(*away, (5.1, care_of_test(to=HOME))) == [("MIP6-RR-004", 4, False)]


@pytest.mark.parametrize("snap", [40, 48, 52, 56, 63])
def test_what_the_capture_cut_is_no_error(snap: int) -> None:
    packets = [home_test_init(), care_of_test_init(), home_test(cookie=STRANGE), care_of_test(cookie=STRANGE)]
    records = [record(i, (i + 5) * S, octets, snap=snap) for i, octets in enumerate(packets, 1)]
    findings = validate([Source("cut", [record(9, 0, home_bu()), *records])], select=RULES)
    assert all(finding.inconclusive for finding in findings)


def test_damaged_answers_say_nothing() -> None:
    damaged = bytearray(home_test(cookie=STRANGE))
    damaged[-1] ^= 1
    start: Packet = (1.0, ipv6(PEER, HOME, 59, b""))
    assert found(start, (5.0, home_test_init()), (5.1, bytes(damaged))) == []


@pytest.mark.parametrize("names", [["ro-mn.pcap"], ["ro-core.pcap"], ["ro-cn.pcap"], ["ro-cn.pcap", "ro-mn.pcap"]])
def test_umip_keeps_them(names: list[str]) -> None:
    assert validate([recording(name) for name in names], select=RULES) == []
