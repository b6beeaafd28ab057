"""Which packets a node wants to see, as a program of the kernel's packet filter (classic BPF, Linux' filter.txt).

The kernel runs it on each packet before it is copied: a home agent forwards far more than it reads.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterable
from typing import Final

from dissectors.mobility.agent_switch import Heartbeat
from dissectors.profile import PROTOCOLS

_SO_ATTACH_FILTER: Final = 26
_LOAD_OCTET, _LOAD_HALF, _LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x30, 0x28, 0x20, 0x15, 0x06
_NEXT_HEADER_AT, _TYPE_AT, _NETLINK_TYPE_AT = 6, 40, 4
_OUTER, _INNER = 0, 40
_MOBILITY_TYPE_AT = 42
(_HEARTBEAT,) = Heartbeat.__declaration__.numbers
_PROTOCOL_AT, _PACKET_TYPE_AT, _IS_TAGGED_AT = 0xFFFFF000, 0xFFFFF004, 0xFFFFF030
"""What the kernel knows of a packet is beyond its octets (SKF_AD_PROTOCOL, _PKTTYPE, _VLAN_TAG_PRESENT)."""
_ETH_P_IPV6: Final = 0x86DD
_FOR_THIS_HOST, _LEAVES = 0, 4
_WHOLE = 0x40000
"""So much of a packet is copied: all of it."""

CARRIERS: Final = tuple(PROTOCOLS[name] for name in ("destination_options", "routing", "fragment"))
"""Next headers behind which signalling may stand, or a packet of a home address."""
IPV6: Final = PROTOCOLS["ipv6"]
_FRAGMENT: Final = PROTOCOLS["fragment"]
ICMPV6_TYPES: Final = (1, 2, 3, 4, *range(133, 138), *range(144, 148), 154)
"""Errors, neighbour discovery, home agent discovery, prefix discovery, Home Agent Unreachable; no echo."""

#: An instruction: what, how far to jump if so, how far if not, and a constant.
Instruction = tuple[int, int, int, int]


def program(
    next_headers: Iterable[int],
    icmpv6_types: Iterable[int] = ICMPV6_TYPES,
    *,
    looks_inside: bool = True,
    without_heartbeats_of: int | None = None,
) -> list[Instruction]:
    """Accept datagrams with these next headers right behind the IPv6 header, and ICMPv6 of these types.

    `looks_inside`: tunnelled ones too, whose inner header is followed by one of these: they may hold signalling.
    `without_heartbeats_of`: but none that `heartbeats` accepts for this protocol.
    """
    headers, types = list(next_headers), list(icmpv6_types)
    if not looks_inside:
        return _ended(_matching(_OUTER, headers, types), [_REFUSAL], _ACCEPTANCE)
    inner = _matching(_INNER, _inside(headers), types)
    begin, *outer = _matching(_OUTER, headers, types)
    apart = _heartbeats(without_heartbeats_of, 0, None) if without_heartbeats_of is not None else [begin]
    to_inner: Wanted = (_JUMP_IF_EQUAL, len(outer) + 1, 0, IPV6)
    return _ended([*apart, to_inner, *outer, _REFUSAL, *inner], [_REFUSAL], _ACCEPTANCE)


def heartbeats(mobility: int) -> list[Instruction]:
    """Accept Heartbeats right behind the IPv6 header, where Mobility Headers have this protocol number."""
    return _ended(_heartbeats(mobility, None, 0), [_REFUSAL], _ACCEPTANCE)


def _heartbeats(mobility: int, yes: int | None, no: int | None) -> list[Wanted]:
    """Where to jump for Heartbeats, and for other mobility messages: 0 refuses; else go on with the next header."""
    return [
        (_LOAD_OCTET, 0, 0, _NEXT_HEADER_AT),
        (_JUMP_IF_EQUAL, 0, 3, mobility),
        (_LOAD_OCTET, 0, 0, _MOBILITY_TYPE_AT),
        (_JUMP_IF_EQUAL, yes, no, _HEARTBEAT),
        _REFUSAL,
    ]


def tunnelled(next_headers: Iterable[int], icmpv6_types: Iterable[int] = ICMPV6_TYPES) -> list[Instruction]:
    """Accept the other tunnelled datagrams: what is only carried. Those for this machine's interface alone."""
    begin: list[Wanted] = [
        (_LOAD_OCTET, 0, 0, _NEXT_HEADER_AT),
        (_JUMP_IF_EQUAL, 0, None, IPV6),
        (_LOAD_WORD, 0, 0, _PACKET_TYPE_AT),
        (_JUMP_IF_EQUAL, 0, None, _FOR_THIS_HOST),
    ]
    return _ended([*begin, *_matching(_INNER, _inside(next_headers), list(icmpv6_types))], _ACCEPTANCE, [_REFUSAL])


def _inside(next_headers: Iterable[int]) -> list[int]:
    """A tunnel's fragments are data: no signalling that comes in a tunnel is so long that it needs them."""
    return [header for header in next_headers if header != _FRAGMENT]


def leaving() -> list[Instruction]:
    """Accept what leaves by an interface."""
    wanted: list[Wanted] = [(_LOAD_WORD, 0, 0, _PACKET_TYPE_AT), (_JUMP_IF_EQUAL, None, 0, _LEAVES)]
    return _ended(wanted, [_REFUSAL], _ACCEPTANCE)


def netlink_messages(types: Iterable[int]) -> list[Instruction]:
    """Accept netlink's messages of these types. The filter reads in network byte order what is in the machine's own."""
    wanted: list[Wanted] = [(_LOAD_HALF, 0, 0, _NETLINK_TYPE_AT)]
    wanted += [(_JUMP_IF_EQUAL, None, 0, socket.htons(kind)) for kind in types]
    return _ended(wanted, [_REFUSAL], [(_RETURN, 0, 0, _WHOLE)])


#: An instruction before it is known where the end is: where to jump if so and if not, `None` for what matches.
Wanted = tuple[int, int | None, int | None, int]
_REFUSAL: Final = (_RETURN, 0, 0, 0)
_ACCEPTANCE: Final = [
    (_LOAD_WORD, 0, 0, _PROTOCOL_AT),
    (_JUMP_IF_EQUAL, 0, 3, _ETH_P_IPV6),
    (_LOAD_WORD, 0, 0, _IS_TAGGED_AT),
    (_JUMP_IF_EQUAL, 0, 1, 0),
    (_RETURN, 0, 0, _WHOLE),
    _REFUSAL,
]
"""If it is IPv6 at all and in no VLAN, which has an interface of its own: looked at last, since few come so far."""


def _matching(header_at: int, headers: list[int], types: list[int]) -> list[Wanted]:
    """Go to what matches where what follows the IPv6 header there is one of these; else fall through.

    It begins with loading the next header.
    """
    made: list[Wanted] = [(_LOAD_OCTET, 0, 0, header_at + _NEXT_HEADER_AT)]
    made += [(_JUMP_IF_EQUAL, None, 0, header) for header in headers]
    made += [(_JUMP_IF_EQUAL, 0, len(types) + 1, PROTOCOLS["icmpv6"]), (_LOAD_OCTET, 0, 0, header_at + _TYPE_AT)]
    return [*made, *((_JUMP_IF_EQUAL, None, 0, kind) for kind in types)]


def _ended(wanted: list[Wanted], otherwise: list[Instruction], matched: list[Instruction]) -> list[Instruction]:
    """With what becomes of packets that fall through, and of those that match."""
    last = len(wanted) + len(otherwise)

    def jump(at: int, where: int | None) -> int:
        return last - at - 1 if where is None else where

    made = [(what, jump(at, yes), jump(at, no), constant) for at, (what, yes, no, constant) in enumerate(wanted)]
    return [*made, *otherwise, *matched]


def attach(to: socket.socket, instructions: list[Instruction]) -> None:
    """Let the socket receive only what the program accepts. OSError where the kernel refuses it."""
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(packed)
    to.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(instructions), ctypes.addressof(buffer)))


__all__ = [
    "CARRIERS",
    "ICMPV6_TYPES",
    "Instruction",
    "attach",
    "heartbeats",
    "leaving",
    "netlink_messages",
    "program",
    "tunnelled",
]
