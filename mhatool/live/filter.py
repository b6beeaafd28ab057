"""Which packets a node wants to see, as a program of the kernel's packet filter (classic BPF, Linux' filter.txt).

The kernel runs it on each packet before it is copied: a home agent forwards far more than it reads.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterable
from typing import Final

from dissectors.profile import PROTOCOLS

_SO_ATTACH_FILTER: Final = 26
_LOAD_OCTET, _JUMP_IF_EQUAL, _RETURN = 0x30, 0x15, 0x06
_NEXT_HEADER_AT, _TYPE_AT = 6, 40
_OUTER, _INNER = 0, 40
_WHOLE = 0x40000
"""So much of a packet is copied: all of it."""

CARRIERS: Final = tuple(PROTOCOLS[name] for name in ("destination_options", "routing", "fragment", "ipv6"))
"""Next headers behind which signalling may stand, or a packet of a home address."""
IPV6: Final = PROTOCOLS["ipv6"]
ICMPV6_TYPES: Final = (1, 2, 3, 4, *range(133, 138), *range(144, 148), 154)
"""Errors, neighbour discovery, home agent discovery, prefix discovery, Home Agent Unreachable; no echo."""

#: An instruction: what, how far to jump if so, how far if not, and a constant.
Instruction = tuple[int, int, int, int]


def program(
    next_headers: Iterable[int], icmpv6_types: Iterable[int] = ICMPV6_TYPES, *, kernel_unpacks: bool = False
) -> list[Instruction]:
    """Accept datagrams with these next headers right behind the IPv6 header, and ICMPv6 of these types.

    Where the kernel unpacks tunnels, of tunnelled ones only those whose inner header is followed by one of these: they
    may hold signalling.
    """
    headers, types = list(next_headers), list(icmpv6_types)
    if not kernel_unpacks:
        return _ended(_accepting(_OUTER, headers, types))
    headers.remove(IPV6)
    inner = _accepting(_INNER, headers, types)
    outer = _accepting(_OUTER, headers, types)
    to_inner: Wanted = (_JUMP_IF_EQUAL, len(outer), 0, IPV6)
    return _ended([outer[0], to_inner, *outer[1:], (_RETURN, 0, 0, 0), *inner])


#: An instruction before it is known where the end is: where to jump if so, `None` for the acceptance.
Wanted = tuple[int, int | None, int, int]


def _accepting(header_at: int, headers: list[int], types: list[int]) -> list[Wanted]:
    """Look at the IPv6 header that begins there. It begins with loading; what falls through is refused."""
    made: list[Wanted] = [(_LOAD_OCTET, 0, 0, header_at + _NEXT_HEADER_AT)]
    made += [(_JUMP_IF_EQUAL, None, 0, header) for header in headers]
    made += [(_JUMP_IF_EQUAL, 0, len(types) + 1, PROTOCOLS["icmpv6"]), (_LOAD_OCTET, 0, 0, header_at + _TYPE_AT)]
    return [*made, *((_JUMP_IF_EQUAL, None, 0, kind) for kind in types)]


def _ended(wanted: list[Wanted]) -> list[Instruction]:
    """With a refusal and an acceptance at the end, and all jumps there."""
    accept = len(wanted) + 1
    made = [
        (what, accept - at - 1 if yes is None else yes, no, constant)
        for at, (what, yes, no, constant) in enumerate(wanted)
    ]
    return [*made, (_RETURN, 0, 0, 0), (_RETURN, 0, 0, _WHOLE)]


def attach(to: socket.socket, instructions: list[Instruction]) -> None:
    """Let the socket receive only what the program accepts. OSError where the kernel refuses it."""
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(packed)
    to.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(instructions), ctypes.addressof(buffer)))


__all__ = ["CARRIERS", "ICMPV6_TYPES", "Instruction", "attach", "program"]
