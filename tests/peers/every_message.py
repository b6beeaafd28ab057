"""Packets with every message and option that is declared, drawn by lot: the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from dissectors.errors import EncodeError
from dissectors.padding import padded
from dissectors.profile import RFC6275
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.families import declarations
from mhatool.wireshark.generate import UNKNOWN_TO_WIRESHARK
from tests.mhatool.scenes import home_address_option, internet_checksum, ip, ipv6, routing_header

MOBILITY, ICMPV6 = 135, 58
CODEC = RFC6275.codec
_ICMPV6 = ("home_agent_unreachable", "fmipv6", "dhaad_request", "dhaad_reply")
_ICMPV6 += ("mobile_prefix_solicitation", "mobile_prefix_advertisement", "router_advertisement")
#: Options without fields of their own. Of others Wireshark knows the fields: drawn octets don't fit those.
_FREE = sorted(UNKNOWN_TO_WIRESHARK - set(CODEC.table("mobility_option")))
#: Well-formed ones of types that Wireshark knows and nobody declared: type and data a line.
_KNOWN = {
    int(kind): bytes.fromhex(data)
    for kind, data in (
        line.split()
        for line in """
            22 004020010db8000000000000000000000000
            23 0001
            24 0004
            25 0000010203040506
            26 0102030405060708090a0b0c0d0e0f10
            27 0102030405060708
            28 00000002
            29 6000c0000201
            30 0060c0000201
            31 0000c0000201
            32 0000c0000201
            33 000000000007
            34 014020010db8000000000000000000000001
            36 0000c0000201
            37 000000000001
            38 000000000001
            39 0001
            40 0000
            41 000020010db8000000000000000000000002
            46 0000
            47 800020010db8000000000000000000000003
            48 000100000002000000030000000400000005
            49 0000c0000201
            50 010000000003
            51 008020010db8000000000000000000000004
            52 01050001410142
            55 004020010db8000000000000000000000005
        """.splitlines()
        if line.strip()
    )
}


def packets(seed: int, count: int) -> Iterator[bytes]:
    """So many packets; messages by turns."""
    random = Random(seed)
    messages = list(declarations("mobility")) + [d for d in declarations("icmpv6") if d.symbol in _ICMPV6]
    made = 0
    while made < count:
        packet = _packet(random, messages[made % len(messages)])
        if packet is not None:
            made += 1
            yield packet


def _packet(random: Random, declaration: Declaration) -> bytes | None:
    try:
        octets = CODEC.emit(padded(_value(random, declaration)))
    except EncodeError:
        return None  # drawn with another variant's shape, or too long for its length
    is_mobility = declaration.family == "mobility"
    protocol, at = (MOBILITY, 4) if is_mobility else (ICMPV6, 2)
    source, destination, home = (ip(f"2001:db8:{random.randrange(9)}::{random.randrange(1, 99)}") for _ in range(3))
    lot = random.randrange(3)
    ends = (home if lot == 1 else source, home if lot == 2 else destination)
    right = internet_checksum(*ends, protocol, octets[:at] + bytes(2) + octets[at + 2 :])
    if random.randrange(20):  # of twenty one keeps the checksum that it was drawn with
        octets = octets[:at] + right.to_bytes(2) + octets[at + 2 :]
    if lot == 1:
        return ipv6(source, destination, 60, home_address_option(home, protocol) + octets)
    if lot == 2:
        return ipv6(source, destination, 43, routing_header(home, protocol) + octets)
    return ipv6(source, destination, protocol, octets)


def _value(random: Random, declaration: Declaration) -> Any:
    fields = {spec.name: _field(random, declaration, spec) for spec in declaration.values}
    if declaration.symbol == "mobility":
        fields["mh_type"] = random.choice([8, 9, 10, *range(14, 26), 200])
    elif declaration.symbol == "mobility_option":
        fields["type"] = random.choice(_FREE + [*_KNOWN] * 4)
        if fields["type"] in _KNOWN:
            fields["data"] = _KNOWN[fields["type"]]
    elif declaration.symbol == "nd_option":
        fields["type"] = random.choice([14, 200])  # nothing of ours is in others, which Wireshark reads
    elif declaration.symbol == "fmipv6":
        fields["subtype"] = random.randrange(2, 4)
    return declaration.cls(**fields)


def _field(random: Random, declaration: Declaration, spec: FieldSpec) -> Any:
    kind = spec.kind
    if isinstance(kind, kinds.FlagBits):
        return kind.value(random.getrandbits(kind.bits), RFC6275)
    if isinstance(kind, kinds.Reserved):
        return 0
    if isinstance(kind, kinds.AddressList):
        return tuple(random.randbytes(16) for _ in range(random.randrange(kind.at_least, 5)))
    if isinstance(kind, kinds.OptionList):
        family = kind.family
        known = [d for d in declarations(family) if d.symbol != "unique_identifier" and not d.symbol.startswith("pad")]
        return tuple(_value(random, random.choice(known)) for _ in range(random.randrange(4)))
    if isinstance(kind, kinds.OptionalAddress):
        return random.choice([b"", random.randbytes(4), random.randbytes(16)])
    if spec.is_tail:
        return random.randbytes(_tail_size(random, declaration))
    if kind.is_octets:
        return random.randbytes(kind.bits // 8)
    assert isinstance(kind, kinds.UInt)
    return random.getrandbits(kind.bits) * kind.unit


def _tail_size(random: Random, declaration: Declaration) -> int:
    """What the length field can say; a link-layer address as on Ethernet, an authenticator as in RFC 4285."""
    if declaration.symbol in ("mobility_message_authentication", "binding_authorization_data"):
        return 12
    length = declaration.first(kinds.Length)
    step = length.kind.step if length is not None and isinstance(length.kind, kinds.Length) else 1
    return -declaration.fixed_size % step + step * random.randrange(1, 1 + 24 // step)
