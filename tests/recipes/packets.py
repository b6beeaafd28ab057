"""Mobile IPv6 packets made octet by octet with struct; nothing of the code under test makes them.

What a function leaves open is as the standards want it: checksums are right, options aligned, lengths fit.
"""

import struct
from collections.abc import Iterable

from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    HOME,
    PEER,
    home_address_option,
    internet_checksum,
    ip,
    ipv6,
    mobility,
    routing_header,
)

ANYCAST = ip("2001:db8:1::")[:8] + bytes.fromhex("fdfffffffffffffe")
"""The home agents' anycast address of the home prefix (RFC 2526, RFC 6275, 2)."""
ALL_NODES = ip("ff02::1")
LINK_LOCAL = ip("fe80::1")
COOKIE, COOKIE2 = bytes.fromhex("0102030405060708"), bytes.fromhex("1112131415161718")
TOKEN, TOKEN2 = bytes.fromhex("a1a2a3a4a5a6a7a8"), bytes.fromhex("b1b2b3b4b5b6b7b8")
FLAG = {"A": 0x8000, "H": 0x4000, "L": 0x2000, "K": 0x1000, "M": 0x0800, "R": 0x0400, "P": 0x0200}
"""Of a Binding Update."""

#: A mobility option: type, data, and alignment as (multiple, remainder).
Option = tuple[int, bytes, tuple[int, int]]


def alternate(care_of_address: bytes) -> Option:
    return 3, care_of_address, (8, 6)


def refresh_advice(seconds: int) -> Option:
    return 2, (seconds // 4).to_bytes(2), (2, 0)


def nonce_indices(home: int, care_of: int) -> Option:
    return 4, struct.pack(">HH", home, care_of), (2, 0)


def authorization(authenticator: bytes = bytes(range(12))) -> Option:
    return 5, authenticator, (8, 2)


def binding_identifier(number: int, care_of_address: bytes = b"", *, at_home_too: bool = False) -> Option:
    """RFC 5648, 4.1: number, status, flags with H as the first one, and perhaps a care-of address."""
    data = struct.pack(">HBB", number, 0, 0x80 if at_home_too else 0) + care_of_address
    return 35, data, (8, 2) if care_of_address else (2, 0)


def multiple_home_agents(*agents: bytes) -> Option:
    """Without agents: both of the home link. The number is RFC 5096's (profile rfc6275)."""
    return 18, b"".join(agents or (AGENT, AGENT2)), (8, 6)


def padding(count: int) -> bytes:
    """So many octets of Pad1 or PadN."""
    return b"" if count == 0 else b"\0" if count == 1 else bytes((1, count - 2)) + bytes(count - 2)


def with_options(fixed: bytes, options: Iterable[Option]) -> bytes:
    """A message's body (all after the checksum) with aligned options, padded to a whole Mobility Header."""
    body = fixed
    for kind, data, (multiple, remainder) in options:
        body += padding((remainder - (len(body) + 6)) % multiple) + bytes((kind, len(data))) + data
    return body + padding(-(len(body) + 6) % 8)


def carried(
    kind: int,
    body: bytes,
    source: bytes,
    destination: bytes,
    *,
    home_option: bytes | None = None,
    routed: bytes | None = None,
    hop_limit: int = 64,
) -> bytes:
    """A Mobility Header in IPv6, with a Home Address option or a type 2 routing header where one is given."""
    message = mobility(kind, body, home_option or source, routed or destination)
    if home_option is not None:
        return ipv6(source, destination, 60, home_address_option(home_option, 135) + message, hop_limit)
    if routed is not None:
        return ipv6(source, destination, 43, routing_header(routed, 135) + message, hop_limit)
    return ipv6(source, destination, 135, message, hop_limit)


def bu(
    *options: Option,
    source: bytes = CARE1,
    to: bytes = AGENT,
    home: bytes | None = HOME,
    seq: int = 1,
    flags: str = "AH",
    life: int = 60,
) -> bytes:
    """A Binding Update with just these options. Without home address it has no Home Address option."""
    bits = sum(FLAG[letter] for letter in flags)
    body = with_options(struct.pack(">HHH", seq, bits, life // 4), options)
    return carried(5, body, source, to, home_option=home)


def home_bu(*more: Option, source: bytes = CARE1, seq: int = 1, life: int = 60, to: bytes = AGENT) -> bytes:
    """A home registration as the standard wants it: A, H, Home Address option, Alternate Care-of Address."""
    return bu(alternate(source), *more, source=source, to=to, seq=seq, life=life)


def ba(
    *options: Option,
    source: bytes = AGENT,
    to: bytes = CARE1,
    home: bytes | None = HOME,
    seq: int = 1,
    life: int = 60,
    status: int = 0,
    flags: int = 0,
) -> bytes:
    """A Binding Acknowledgement with just these options. Without home address it has no routing header."""
    body = with_options(struct.pack(">BBHH", status, flags, seq, life // 4), options)
    return carried(6, body, source, to, routed=home)


def refresh_request(source: bytes = PEER, to: bytes = HOME) -> bytes:
    return carried(0, bytes(2), source, to)


def home_test_init(source: bytes = HOME, to: bytes = PEER, cookie: bytes = COOKIE) -> bytes:
    return carried(1, bytes(2) + cookie, source, to)


def care_of_test_init(source: bytes = CARE1, to: bytes = PEER, cookie: bytes = COOKIE2) -> bytes:
    return carried(2, bytes(2) + cookie, source, to)


def home_test(
    source: bytes = PEER, to: bytes = HOME, cookie: bytes = COOKIE, index: int = 1, token: bytes = TOKEN
) -> bytes:
    return carried(3, index.to_bytes(2) + cookie + token, source, to)


def care_of_test(
    source: bytes = PEER, to: bytes = CARE1, cookie: bytes = COOKIE2, index: int = 1, token: bytes = TOKEN2
) -> bytes:
    return carried(4, index.to_bytes(2) + cookie + token, source, to)


def binding_error(status: int = 1, home: bytes = HOME, source: bytes = PEER, to: bytes = CARE1) -> bytes:
    return carried(7, bytes((status, 0)) + home, source, to)


def icmpv6(kind: int, code: int, body: bytes, source: bytes, destination: bytes) -> bytes:
    """An ICMPv6 message (no IPv6 header), its body from octet 4 on."""
    octets = bytes((kind, code, 0, 0)) + body
    return octets[:2] + internet_checksum(source, destination, 58, octets).to_bytes(2) + octets[4:]


def icmp_packet(
    kind: int,
    body: bytes,
    source: bytes,
    destination: bytes,
    *,
    code: int = 0,
    home_option: bytes | None = None,
    routed: bytes | None = None,
    hop_limit: int = 64,
) -> bytes:
    """An ICMPv6 message in IPv6, with a Home Address option or a type 2 routing header where one is given."""
    message = icmpv6(kind, code, body, home_option or source, routed or destination)
    if home_option is not None:
        return ipv6(source, destination, 60, home_address_option(home_option, 58) + message, hop_limit)
    if routed is not None:
        return ipv6(source, destination, 43, routing_header(routed, 58) + message, hop_limit)
    return ipv6(source, destination, 58, message, hop_limit)


def dhaad_request(source: bytes = CARE1, to: bytes = ANYCAST, identifier: int = 7) -> bytes:
    return icmp_packet(144, struct.pack(">HH", identifier, 0), source, to)


def dhaad_reply(
    *agents: bytes, source: bytes = AGENT, to: bytes = CARE1, identifier: int = 7, reserved: int = 0
) -> bytes:
    """Without agents: the sender and the second one."""
    listed = b"".join(agents or (AGENT, AGENT2))
    return icmp_packet(145, struct.pack(">HH", identifier, reserved) + listed, source, to)


def prefix_information(
    prefix: bytes = AGENT, *, flags: int = 0xE0, valid: int = 86_400, preferred: int = 14_400, length: int = 64
) -> bytes:
    """Option 3; the flags are L, A and R: with R the whole address stands in it (RFC 6275, 7.2)."""
    return struct.pack(">BBBBIII", 3, 4, length, flags, valid, preferred, 0) + prefix


def prefix_solicitation(identifier: int = 9, source: bytes = CARE1, to: bytes = AGENT) -> bytes:
    return icmp_packet(146, struct.pack(">HH", identifier, 0), source, to, home_option=HOME)


def prefix_advertisement(
    *options: bytes, identifier: int = 9, flags: int = 0, source: bytes = AGENT, to: bytes = CARE1
) -> bytes:
    """Without options: one Prefix Information of the home link."""
    body = struct.pack(">HH", identifier, flags) + b"".join(options or (prefix_information(),))
    return icmp_packet(147, body, source, to, routed=HOME)


def echo_request(source: bytes, destination: bytes, number: int = 1) -> bytes:
    return icmp_packet(128, struct.pack(">HH", 1, number), source, destination)


def echo_reply(source: bytes, destination: bytes, number: int = 1) -> bytes:
    return icmp_packet(129, struct.pack(">HH", 1, number), source, destination)


def unreachable(*agents: bytes, source: bytes = AGENT2, to: bytes = CARE1, identifier: int = 5) -> bytes:
    """Home Agent Unreachable (the paper's Fig. 9); without agents: the first one."""
    return icmp_packet(154, struct.pack(">HH", 0, identifier) + b"".join(agents or (AGENT,)), source, to, routed=HOME)


def agent_switch(*agents: bytes, source: bytes = AGENT, to: bytes = CARE1) -> bytes:
    """Home Agent Switch (RFC 5142); with no agents its list is empty."""
    body = bytes((len(agents), 0)) + b"".join(agents)
    return carried(12, body + padding(-(len(body) + 6) % 8), source, to, routed=HOME)


def router_advertisement(
    *options: bytes, source: bytes = LINK_LOCAL, to: bytes = ALL_NODES, flags: int = 0x20, lifetime: int = 1800
) -> bytes:
    """From a home agent (H flag, 0x20) unless told otherwise; the flags M, O, H are 0x80, 0x40, 0x20."""
    body = struct.pack(">BBHII", 64, flags, lifetime, 0, 0) + b"".join(options)
    return icmp_packet(134, body, source, to, hop_limit=255)


def home_agent_information(preference: int = 10, lifetime: int = 1800, reserved: int = 0) -> bytes:
    """Neighbour discovery option 8 (RFC 6275, 7.4)."""
    return struct.pack(">BBHHH", 8, 1, reserved, preference, lifetime)


def advertisement_interval(milliseconds: int = 3000) -> bytes:
    """Neighbour discovery option 7 (RFC 6275, 7.3)."""
    return struct.pack(">BBHI", 7, 1, 0, milliseconds)
