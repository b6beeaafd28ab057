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
_WHOLE = 0x40000
"""So much of a packet is copied: all of it."""

CARRIERS: Final = tuple(PROTOCOLS[name] for name in ("destination_options", "routing", "fragment", "ipv6"))
"""Next headers behind which signalling may stand, or a packet of a home address."""
ICMPV6_TYPES: Final = (1, 2, 3, 4, *range(133, 138), *range(144, 148), 154)
"""Errors, neighbour discovery, home agent discovery, prefix discovery, Home Agent Unreachable; no echo."""

#: An instruction: what, how far to jump if so, how far if not, and a constant.
Instruction = tuple[int, int, int, int]


def program(next_headers: Iterable[int], icmpv6_types: Iterable[int] = ICMPV6_TYPES) -> list[Instruction]:
    """Accept datagrams with these next headers right behind the IPv6 header, and ICMPv6 of these types."""
    headers, types = list(next_headers), list(icmpv6_types)
    last = 1 + len(headers) + 2 + len(types)  # the refusal; the acceptance follows it
    accept = last + 1
    made: list[Instruction] = [(_LOAD_OCTET, 0, 0, _NEXT_HEADER_AT)]
    for header in headers:
        made.append((_JUMP_IF_EQUAL, accept - len(made) - 1, 0, header))
    made.append((_JUMP_IF_EQUAL, 0, last - len(made) - 1, PROTOCOLS["icmpv6"]))
    made.append((_LOAD_OCTET, 0, 0, _TYPE_AT))
    for kind in types:
        made.append((_JUMP_IF_EQUAL, accept - len(made) - 1, 0, kind))
    return [*made, (_RETURN, 0, 0, 0), (_RETURN, 0, 0, _WHOLE)]


def attach(to: socket.socket, instructions: list[Instruction]) -> None:
    """Let the socket receive only what the program accepts. OSError where the kernel refuses it."""
    packed = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(packed)
    to.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(instructions), ctypes.addressof(buffer)))


__all__ = ["CARRIERS", "ICMPV6_TYPES", "Instruction", "attach", "program"]
