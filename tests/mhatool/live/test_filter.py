"""Which packets the kernel copies for a node: the filter's program, run by a machine of the test's own (filter.txt)."""

import pytest

from mhatool.live.filter import CARRIERS, Instruction, heartbeats, program
from mhatool.live.filter import tunnelled as of_tunnels
from mhatool.network import datagram as ipv6

MOBILITY = 135
A, B = bytes(15) + b"\1", bytes(15) + b"\2"


HOST, OTHER_HOST, OUTGOING = 0, 3, 4
PROTOCOL, PACKET_TYPE, VLAN_TAG_PRESENT = 0, 4, 48
BEYOND = 0xFFFFF000
"""SKF_AD_OFF: what the kernel knows of a packet."""


def runs(
    instructions: list[Instruction],
    packet: bytes,
    packet_type: int = HOST,
    *,
    protocol: int = 0x86DD,
    tagged: bool = False,
) -> bool:
    """Whether the program takes a packet. An octet beyond its end ends a program with a refusal."""
    known = {PROTOCOL: protocol, PACKET_TYPE: packet_type, VLAN_TAG_PRESENT: int(tagged)}
    at, accumulator = 0, 0
    while True:
        what, yes, no, constant = instructions[at]
        assert yes < 256
        assert no < 256
        if what == 0x06:
            return constant > 0
        if what == 0x30:
            if constant >= len(packet):
                return False
            accumulator = packet[constant]
            at += 1
        elif what == 0x20:
            accumulator = known[constant - BEYOND]
            at += 1
        elif what == 0x15:
            at += 1 + (yes if accumulator == constant else no)
        else:
            raise AssertionError(f"no instruction {what:#x}")


def datagram(next_header: int, payload: bytes = bytes(8)) -> bytes:
    return ipv6.compose(A, B, next_header, payload, 64)


def tunnelled(inner: bytes) -> bytes:
    return ipv6.encapsulate(inner, B, A)


INTERESTING = {
    "Mobility Header": datagram(MOBILITY),
    "Home Address option": datagram(ipv6.DESTINATION_OPTIONS),
    "routing header": datagram(ipv6.ROUTING),
    "fragment": datagram(ipv6.FRAGMENT),
    "Neighbor Solicitation": datagram(ipv6.ICMPV6, b"\x87" + bytes(23)),
    "Home Agent Unreachable": datagram(ipv6.ICMPV6, b"\x9a" + bytes(23)),
}
DULL = {
    "UDP": datagram(ipv6.UDP),
    "echo": datagram(ipv6.ICMPV6, b"\x80" + bytes(7)),
    "TCP": datagram(6, bytes(20)),
    "nothing": datagram(59, b""),
}


DATA_IN_A_TUNNEL = {*DULL, "fragment"}


@pytest.mark.parametrize("looks_inside", [False, True])
@pytest.mark.parametrize("name", [*INTERESTING, *DULL])
def test_signalling_is_seen_and_what_is_only_forwarded_is_not(name: str, looks_inside: bool) -> None:
    made = program((MOBILITY, *CARRIERS), looks_inside=looks_inside)
    packet = {**INTERESTING, **DULL}[name]
    assert runs(made, packet) == (name in INTERESTING)
    assert runs(made, tunnelled(packet)) == (name not in DATA_IN_A_TUNNEL and looks_inside)


@pytest.mark.parametrize("name", [*INTERESTING, *DULL])
def test_what_tunnels_only_carry_comes_another_way(name: str) -> None:
    """Each tunnelled packet is seen by one of two sockets; others, and other hosts' (packet(7)), by neither of them."""
    packet = {**INTERESTING, **DULL}[name]
    made = of_tunnels((MOBILITY, *CARRIERS))
    assert runs(made, tunnelled(packet)) == (name in DATA_IN_A_TUNNEL)
    assert not runs(made, packet)
    for kind in (OTHER_HOST, OUTGOING):
        assert not runs(made, tunnelled(packet), kind)


HEARTBEAT_TYPE = 13
"""RFC 5847, 3.3."""


@pytest.mark.parametrize("mobility", [MOBILITY, 62])
def test_heartbeats_come_by_a_socket_of_their_own(mobility: int) -> None:
    """The type is the third octet of a Mobility Header (RFC 6275, 6.1.1), after 40 octets of IPv6."""
    others, apart = program((mobility, *CARRIERS), without_heartbeats_of=mobility), heartbeats(mobility)
    for kind in range(256):
        packet = datagram(mobility, bytes([59, 1, kind]) + bytes(13))
        assert runs(apart, packet) == (kind == HEARTBEAT_TYPE)
        assert runs(others, packet) == (kind != HEARTBEAT_TYPE)
        assert not runs(apart, tunnelled(packet))
        assert runs(others, tunnelled(packet))
        assert not runs(apart, datagram(ipv6.UDP, bytes([59, 1, kind]) + bytes(13)))
    for packet in {**INTERESTING, **DULL}.values():
        if packet[6] != MOBILITY:
            assert runs(others, packet) == runs(program((mobility, *CARRIERS)), packet)
            assert not runs(apart, packet)
    beat = datagram(mobility, bytes([59, 1, HEARTBEAT_TYPE]) + bytes(13))
    assert not runs(apart, beat, protocol=0x0800)
    assert not runs(apart, beat, tagged=True)


@pytest.mark.parametrize("name", INTERESTING)
def test_other_protocols_and_vlans_are_not_the_nodes(name: str) -> None:
    """The same octets in another protocol's packet, and packets of a VLAN, which is an interface of its own."""
    packet, made = INTERESTING[name], program((MOBILITY, *CARRIERS))
    assert not runs(made, packet, protocol=0x0800)
    assert not runs(made, packet, tagged=True)
    carried, unwrapped = tunnelled(DULL["UDP"]), of_tunnels((MOBILITY, *CARRIERS))
    assert runs(unwrapped, carried)
    assert not runs(unwrapped, carried, protocol=0x0800)
    assert not runs(unwrapped, carried, tagged=True)
