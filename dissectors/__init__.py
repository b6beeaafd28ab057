"""Mobile IPv6 wire formats from one declaration each; the standard library is enough.

`parse("mobility", octets)` gives a message value, `emit(message)` its octets, `dissect(frame, link_type)` everything a
frame holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dissectors.errors import DecodeError, EncodeError, WireError

if TYPE_CHECKING:
    from dissectors.octets import Octets
    from dissectors.packet import Packet
    from dissectors.profile import Profile
    from dissectors.spec import Message


def parse(family: str, octets: Octets, profile: Profile | None = None) -> Any:
    """The value of a family that the octets are, no more and no less. DecodeError says what is wrong where.

    Families are `mobility`, `icmpv6`, `routing`, and the options `mobility_option`, `nd_option` and `ipv6_option`, one
    at a time. Octets behind the end that a length states are a DecodeError too: `code` is `trailing`, `offset` the end.
    """
    from dissectors.octets import plain
    from dissectors.profile import chosen

    return chosen(profile).codec.parse_whole(family, plain(octets))


def emit(message: Message, profile: Profile | None = None) -> bytes:
    """The octets of a message or option, its checksum as it says. EncodeError names the field that can't be told."""
    from dissectors.profile import chosen

    return chosen(profile).codec.emit(message)


def dissect(frame: Octets, link_type: int | None = None, profile: Profile | None = None) -> Packet:
    """Everything in one frame; without a link type (tcpdump.org's number) it begins with the IPv6 header."""
    from dissectors import walk
    from dissectors.ipv6.link import IPV6_ONLY
    from dissectors.octets import plain
    from dissectors.profile import chosen

    return walk.dissect(plain(frame), IPV6_ONLY if link_type is None else link_type, chosen(profile))


def scapy_ext(ext: object) -> None:
    """Register our layers with Scapy: its extension loader calls this for `conf.exts.load("mhatool")`."""
    from dissectors.adapters.scapy_extension import register

    register(ext)


__all__ = ["DecodeError", "EncodeError", "WireError", "dissect", "emit", "parse", "scapy_ext"]
