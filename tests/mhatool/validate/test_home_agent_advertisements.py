"""Router advertisements of home agents: what is allowed, and gaps that are nobody's fault."""

import pytest

from mhatool.exchange import Source
from mhatool.validate import Finding, validate
from tests.mhatool.scenes import AGENT, S, ip, record, recording, scene
from tests.recipes.example import Packet
from tests.recipes.packets import (
    LINK_LOCAL,
    advertisement_interval,
    home_agent_information,
    prefix_information,
    router_advertisement,
)

RULES = ["MIP6-ND-001", "MIP6-ND-002", "MIP6-ND-003", "MIP6-ND-004"]
NAMES = ["tour-mn.pcap", "tour-home.pcap", "tour-all.pcapng", "failover60-home.pcap", "ro-mn.pcap"]


def short(findings: list[Finding]) -> list[tuple[str, int]]:
    return [(f.rule, f.frames[-1].number) for f in findings]


def found(*packets: Packet) -> list[tuple[str, int]]:
    return short(validate([scene(*packets)], select=RULES))


def offsets(packet: bytes) -> list[tuple[str, int | None]]:
    return [(f.rule, f.offset) for f in validate([scene((0, packet))], select=RULES)]


@pytest.mark.parametrize("name", NAMES)
def test_umip_and_radvd_keep_them(name: str) -> None:
    assert validate([recording(name)], select=RULES) == []


def test_routers_that_are_no_home_agents() -> None:
    assert offsets(router_advertisement(flags=0)) == []
    assert offsets(router_advertisement(prefix_information(flags=0xC0), flags=0xC0)) == []


def test_the_option_without_flag() -> None:
    packet = router_advertisement(prefix_information(), home_agent_information(), flags=0)
    assert offsets(packet) == [("MIP6-ND-001", 40 + 16 + 32)]


def test_the_flag_without_option_is_fine() -> None:
    assert offsets(router_advertisement(prefix_information())) == []


@pytest.mark.parametrize(("reserved", "breaks"), [(0x8000, 0), (0x4000, 1), (0x0001, 1)])
def test_reserved_bits(reserved: int, breaks: int) -> None:
    packet = router_advertisement(prefix_information(), home_agent_information(reserved=reserved))
    assert offsets(packet) == [("MIP6-ND-002", 40 + 16 + 32 + 2)] * breaks


@pytest.mark.parametrize(("lifetime", "breaks"), [(0, 1), (1, 0), (65535, 0)])
def test_the_lifetime(lifetime: int, breaks: int) -> None:
    packet = router_advertisement(prefix_information(), home_agent_information(lifetime=lifetime))
    assert offsets(packet) == [("MIP6-ND-002", 40 + 16 + 32 + 6)] * breaks


@pytest.mark.parametrize(("type_", "rule"), [(8, "MIP6-ND-002"), (7, "MIP6-ND-004")])
def test_the_length_of_an_option(type_: int, rule: str) -> None:
    packet = router_advertisement(prefix_information(), bytes((type_, 2)) + b"\0\0\0\x0a\x07\x08" + bytes(8))
    assert offsets(packet) == [(rule, 40 + 16 + 32 + 1)]


def test_one_prefix_of_several_has_the_address() -> None:
    other = prefix_information(ip("2001:db8:9::"), flags=0xC0)
    assert offsets(router_advertisement(other, prefix_information())) == []
    assert offsets(router_advertisement(other)) == [("MIP6-ND-003", 45)]


PART = router_advertisement(prefix_information(flags=0xC0))
OWN = router_advertisement(prefix_information())


def own(*packets: Packet) -> list[tuple[int, bool]]:
    findings = validate([scene(*packets)], select=["MIP6-ND-003"])
    return [(f.frames[-1].number, f.inconclusive) for f in findings]


def test_options_spread_over_several_advertisements() -> None:
    """RFC 6275, 7.2: one with the R flag there must be, not in each; and RFC 4861, 6.2.3: a subset may be sent."""
    assert own((0, OWN), (0.05, PART), (0.1, OWN)) == []
    assert own((0, PART), (0.05, OWN), (600, PART), (600.05, OWN), (620, PART), (620.05, OWN)) == []
    assert own((0, OWN), (0.05, PART), (600, OWN), (600.05, PART)) == []


def test_never_its_own_address() -> None:
    """Ten seconds before and after are without one."""
    assert own(*((3 * number, PART) for number in range(9))) == [(5, False)]
    assert own(*((3 * number, PART) for number in range(30))) == [(5, False)]
    assert own((0, OWN), (30, PART), (40, PART)) == [(2, False)]
    assert own((0, OWN), (30, PART), (39.9, PART)) == [(2, True)]
    assert own((0, OWN), (30, PART), (39.9, OWN), (60, router_advertisement(to=ip("fe80::9")))) == []
    assert own((0, OWN), (30, PART), (40.1, OWN)) == [(2, False)]


def test_a_capture_that_begins_between_the_parts() -> None:
    assert own((0, PART), (30, router_advertisement(flags=0))) == [(1, True)]
    assert own((0, PART), (9.9, PART), (30, router_advertisement(flags=0))) == [(1, True)]
    assert own((0, PART), (10, PART), (30, router_advertisement(flags=0))) == [(2, False)]
    assert own((0, PART), (600, OWN)) == []


def test_each_router_has_its_own_address() -> None:
    other = router_advertisement(prefix_information(ip("2001:db8:1::2")), source=ip("fe80::2"))
    assert own(*sorted([(3.0 * n, PART) for n in range(9)] + [(3.0 * n + 1, other) for n in range(9)])) == [(9, False)]


def test_a_cut_advertisement_may_have_it() -> None:
    packets = [(3.0 * number, PART) for number in range(9)]
    records = [record(n, round(t * S), octets, snap=60 if n == 4 else None) for n, (t, octets) in enumerate(packets, 1)]
    assert [f.inconclusive for f in validate([Source("cut", records)], select=["MIP6-ND-003"])] == [True]


def test_an_answer_to_one_node_may_leave_it_out() -> None:
    assert offsets(router_advertisement(to=ip("fe80::9"))) == []


@pytest.mark.parametrize("address", [AGENT[:8] + bytes(8), LINK_LOCAL, ip("ff02::1")])
def test_the_whole_global_address(address: bytes) -> None:
    assert offsets(router_advertisement(prefix_information(address))) == [("MIP6-ND-003", 40 + 16 + 16)]


def test_an_address_of_all_ones_or_a_whole_prefix() -> None:
    assert offsets(router_advertisement(prefix_information(AGENT[:8] + b"\xff" * 8))) == []
    assert offsets(router_advertisement(prefix_information(AGENT, length=128))) == []


def test_cut_and_damaged_ones_are_not_judged() -> None:
    packet = router_advertisement(prefix_information(flags=0xC0), advertisement_interval())
    assert offsets(packet) == [("MIP6-ND-003", 45)]
    for snap in range(40, len(packet)):
        assert validate([Source("cut", [record(1, 0, packet, snap=snap)])], select=RULES) == []
    assert offsets(packet[:42] + bytes((packet[42] ^ 1,)) + packet[43:]) == []


# --- how often ---


def every(*times: float, interval: int = 3000, source: bytes = LINK_LOCAL, to: bytes | None = None) -> list[Packet]:
    options = prefix_information(), advertisement_interval(interval)
    packet = router_advertisement(*options, source=source) if to is None else router_advertisement(*options, to=to)
    return [(time, packet) for time in times]


def test_a_few_gaps_may_be_losses_or_absence() -> None:
    assert found(*every(0, 3, 6, 160, 163, 166)) == []
    assert found(*every(0, 6, 12, 18, 24, 27, 33, 39, 45, 51, 54)) == []


def test_five_gaps_in_a_row() -> None:
    findings = validate([scene(*every(*range(0, 48, 6)))], select=RULES)
    assert [[frame.number for frame in f.frames] for f in findings] == [[2, 3, 4, 5, 6]]
    assert findings[0].offset == 40 + 16 + 32 + 4


def test_timers_are_never_quite_right() -> None:
    """3000 ms, a tenth more, and 0.1 s for the capture."""
    assert found(*every(*(3.4 * i for i in range(6)))) == []
    assert found(*every(*(3.41 * i for i in range(6)))) == [("MIP6-ND-004", 6)]


def test_each_router_has_its_own_rhythm() -> None:
    one, other = every(*range(0, 36, 6)), every(*(0.5 + 2.5 * i for i in range(12)), source=ip("fe80::2"))
    assert found(*sorted(one + other)) == [("MIP6-ND-004", 6 + 12)]


def test_another_interval_begins_anew() -> None:
    assert found(*every(0, 6, 12, 18, 24), *every(30, 39, 48, interval=9000)) == []


def test_answers_to_one_node_do_not_count() -> None:
    assert found(*every(*range(0, 48, 6), to=ip("fe80::9"))) == []


def test_routers_without_the_option_say_nothing() -> None:
    packet = router_advertisement(prefix_information())
    assert found(*((time, packet) for time in range(0, 480, 60))) == []


def test_the_same_link_in_two_files_by_two_clocks() -> None:
    """Whichever file shows an advertisement first, it counts for the router."""
    packets = every(*range(0, 60, 3))
    late = [0.02 * (number * 7 % 5 - 2) for number in range(len(packets))]
    one = [record(i, round(t * S), octets) for i, (t, octets) in enumerate(packets, 1)]
    other = [record(i, round((t + late[i - 1] + 1) * S) - S, octets) for i, (t, octets) in enumerate(packets, 1)]
    assert validate([Source("a", one[1:]), Source("b", other[1:])], select=RULES) == []


def test_other_messages_are_none() -> None:
    assert found((0, router_advertisement()[:48])) == []
