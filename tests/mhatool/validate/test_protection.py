"""IPsec: what is protected, what shows, and that it is said once."""

import pytest

from dissectors.ipv6.esp import look_inside
from dissectors.profile import RFC6275
from mhatool.exchange import Source
from mhatool.validate import Finding, Severity, validate
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    home_address_option,
    ipv6,
    mobility,
    record,
    recording,
    scene,
    tunnel,
)
from tests.recipes.example import Packet
from tests.recipes.packets import (
    ba,
    bu,
    home_bu,
    home_test,
    home_test_init,
    prefix_advertisement,
)
from tests.recipes.protected import (
    correspondent_bu,
    esp,
    esp_tunnel,
    home_address_inside_esp,
    in_esp,
    registration,
)

RULES = ["MIP6-SEC-001", "MIP6-SEC-002", "MIP6-SEC-003"]


def short(findings: list[Finding]) -> list[tuple[str, int]]:
    return [(f.rule, f.frames[-1].number) for f in findings]


def found(*packets: Packet) -> list[tuple[str, int]]:
    return short(validate([scene(*packets)], select=RULES))


# What UMIP sent in clear (UseMnHaIPsec disabled, captures/README.md): the first message of each pair of nodes.
UMIP = [
    ("tour-mn.pcap", [("MIP6-SEC-001", 99)]),
    ("failover60-mn.pcap", [("MIP6-SEC-001", 130), ("MIP6-SEC-001", 395)]),
    ("ro-mn.pcap", [("MIP6-SEC-001", 87), ("MIP6-SEC-003", 92)]),
    ("ro-core.pcap", [("MIP6-SEC-001", 75), ("MIP6-SEC-003", 86)]),
    ("ro-cn.pcap", []),
]


@pytest.mark.parametrize(("name", "expected"), UMIP)
def test_umip_in_clear(name: str, expected: list[tuple[str, int]]) -> None:
    findings = validate([recording(name)], select=RULES)
    assert short(findings) == expected
    assert {f.severity for f in findings} <= {Severity.WARNING}


# --- registrations ---


def test_once_for_each_pair_of_nodes() -> None:
    plain = [(float(i), home_bu(seq=i)) for i in range(1, 4)]
    other = [(4.0, home_bu(to=AGENT2)), (5.0, home_bu(source=CARE2, seq=9)), (6.0, ba(seq=9, to=CARE2))]
    assert found(*plain, *other) == [("MIP6-SEC-001", 1), ("MIP6-SEC-001", 4)]


def test_the_answer_alone_in_clear() -> None:
    assert found(registration()[0], (0.1, ba())) == [("MIP6-SEC-001", 2)]


def test_esp_without_authentication_protects_nothing() -> None:
    findings = validate([scene((0, in_esp(home_bu(), authenticated=False)))], select=RULES)
    assert [(f.rule, f.seen) for f in findings] == [("MIP6-SEC-001", "ESP without authentication")]


def test_other_protection() -> None:
    """RFC 4285's option, an authentication header, an ESP tunnel around it all."""
    assert found((0, bu((9, b"\x01" + bytes(16), (4, 1))))) == []
    message = home_bu()[64:]
    header = bytes((135, 4)) + bytes(2) + (0x100).to_bytes(4) + (1).to_bytes(4) + bytes(12)
    behind = home_address_option(HOME, 51) + header + message
    assert found((0, ipv6(CARE1, AGENT, 60, behind))) == []
    assert found((0, esp_tunnel(CARE1, AGENT, home_bu()))) == []


def test_correspondents_have_no_esp() -> None:
    assert found((0, correspondent_bu()), (1, bu(to=PEER, flags="A", seq=2)), (2, ba(source=PEER, seq=2))) == []


def test_proxies_are_not_mobile_nodes() -> None:
    assert found((0, bu(flags="AHP", home=None))) == []


def test_damaged_and_cut_ones_are_not_judged() -> None:
    packet = home_bu()
    assert found((0, packet[:-1] + b"\x77")) == []
    assert validate([Source("cut", [record(1, S, packet, snap=90)])], select=RULES) == []


def test_encrypted_ones_do_not_show() -> None:
    protected = in_esp(home_bu())
    encrypted = protected[:72] + bytes(octet ^ 0x5A for octet in protected[72:])
    assert found((0, encrypted)) == []


# --- the order of headers ---


def test_the_home_address_comes_first() -> None:
    for outside in (in_esp(home_bu()), in_esp(ba()), in_esp(prefix_advertisement())):
        assert found((0, outside)) == []
    for packet in (home_bu(), ba(), prefix_advertisement()):
        inside = home_address_inside_esp(packet)
        findings = validate([scene((0, inside))], select=["MIP6-SEC-002"])
        assert [(f.rule, f.offset) for f in findings] == [("MIP6-SEC-002", 48)]


def test_only_a_right_checksum_proves_what_is_behind_a_home_address() -> None:
    """The dissector looks into ESP where the Mobility Header's sum proves it, over the home address."""
    payload = home_address_option(HOME, 135) + mobility(5, bytes(10), HOME, AGENT)
    names = {RFC6275.protocol(name): name for name in ("mobility", "destination_options", "routing")}
    name_of = lambda number: names.get(number, "")  # noqa: E731
    octets = esp(payload, 60)
    assert look_inside(octets, 8, len(octets), (CARE1, AGENT), name_of) is not None
    for damaged in (8 + 24 + 15, 8 + 23):
        other = octets[:damaged] + bytes((octets[damaged] ^ 1,)) + octets[damaged + 1 :]
        assert look_inside(other, 8, len(other), (CARE1, AGENT), name_of) is None
    short_one = esp(payload[:20], 60)
    assert look_inside(short_one, 8, len(short_one), (CARE1, AGENT), name_of) is None


# --- home tests ---

REGISTERED = registration()


def test_home_tests_in_a_tunnel_in_clear_are_said_once() -> None:
    up, down = tunnel(CARE1, AGENT, home_test_init()), tunnel(AGENT, CARE1, home_test())
    assert found(*REGISTERED, (1, up), (1.1, down), (9, up)) == [("MIP6-SEC-003", 3)]
    assert found(*REGISTERED, (1.1, down)) == [("MIP6-SEC-003", 3)]


def test_home_tests_in_esp() -> None:
    up, down = esp_tunnel(CARE1, AGENT, home_test_init()), esp_tunnel(AGENT, CARE1, home_test())
    assert found(*REGISTERED, (1, up), (1.1, down)) == []


def test_beyond_the_home_agent_they_are_in_clear() -> None:
    assert found(*REGISTERED, (1, home_test_init()), (1.1, home_test())) == []


def test_tunnels_of_others_are_not_theirs() -> None:
    assert found(*REGISTERED, (1, tunnel(CARE2, PEER, home_test_init()))) == []
    assert found((1, tunnel(CARE1, AGENT, home_test_init()))) == []
