"""Which packets the kernel copies for a node: the filter's program, run by a machine of the test's own (filter.txt)."""

import pytest

from mhatool.live.filter import CARRIERS, Instruction, program
from mhatool.network import datagram as ipv6

MOBILITY = 135
A, B = bytes(15) + b"\1", bytes(15) + b"\2"


def runs(instructions: list[Instruction], packet: bytes) -> bool:
    """Whether the program takes a packet. An octet beyond its end ends a program with a refusal."""
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


@pytest.mark.parametrize("kernel_unpacks", [False, True])
@pytest.mark.parametrize("name", [*INTERESTING, *DULL])
def test_signalling_is_seen_and_what_is_only_forwarded_is_not(name: str, kernel_unpacks: bool) -> None:
    made = program((MOBILITY, *CARRIERS), kernel_unpacks=kernel_unpacks)
    packet = {**INTERESTING, **DULL}[name]
    assert runs(made, packet) == (name in INTERESTING)


@pytest.mark.parametrize("name", [*INTERESTING, *DULL])
def test_of_tunnelled_packets_all_are_seen_or_those_that_may_be_signalling(name: str) -> None:
    packet = tunnelled({**INTERESTING, **DULL}[name])
    assert runs(program((MOBILITY, *CARRIERS)), packet)
    assert runs(program((MOBILITY, *CARRIERS), kernel_unpacks=True), packet) == (name in INTERESTING)
