"""Known faults of tshark by version, where both are right, and our limits: what differences may be, with evidence.

Every entry has a test with the octets, and docs/differences.md says more of those that recordings show.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from dissectors.profile import Profile
from mhatool.wireshark import fault_conditions as when
from mhatool.wireshark.fault_conditions import Applies, Case

if TYPE_CHECKING:
    from mhatool.display.frame import Frame


class Fault(Struct, frozen=True):
    """One fault. `fields` are patterns of names; `since` and `until` are versions, inclusive, those it was seen in."""

    id: str
    fields: tuple[str, ...]
    since: str
    until: str
    what: str
    evidence: str
    applies: Applies
    is_ours: bool = False
    """Whether it isn't tshark that doesn't read it, but we."""

    def covers(self, version: str, name: str) -> bool:
        """Whether it is about a field of that version."""
        within = _number(self.since) <= _number(version) <= _number(self.until)
        return within and any(fnmatch.fnmatchcase(name, pattern) for pattern in self.fields)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def knows_faults_of(version: str) -> bool:
    """Whether any was seen in that version."""
    return any(_number(fault.since) <= _number(version) <= _number(fault.until) for fault in FAULTS)


def fault_of(
    version: str, profile: Profile, frame: Frame, name: str, ours: tuple[str, ...], theirs: tuple[str, ...]
) -> Fault | None:
    """The fault that explains a difference; None where none does."""
    case = Case(version, profile, frame, name, ours, theirs)
    return next((fault for fault in FAULTS if fault.covers(version, name) and fault.applies(case)), None)


_V4 = ("4.0", "4.0.99")
#: All fields but the script's.
_WIRESHARKS_OWN = ("[!m]*", "mip6.*")
_ICMPV6_HEADER = ("icmpv6.type", "icmpv6.code", "icmpv6.checksum", "icmpv6.checksum.status")

FAULTS: tuple[Fault, ...] = (
    Fault(
        "cut-by-the-capture",
        _WIRESHARKS_OWN,
        *_V4,
        "stops where the capture cut the packet; we show what is there whole",
        "RFC 6275, 6.1.1: Header Len 13 hex is 160 octets, of which the frame has 46",
        when.is_cut,
    ),
    Fault(
        "cut-unreachable",
        ("mha.unreachable.*", "mha.checksum*", "mha.icmpv6.type", "mha.node"),
        *_V4,
        "and the script know a message's length by its headers; without its end we don't call it ours",
        "9a 00 .... 00 00 0007, of whose 40 octets the frame has 32 (the paper's Fig. 9)",
        when.is_cut_unreachable,
    ),
    Fault(
        "option-type-not-filled",
        ("mip6.mobility_opt",),
        *_V4,
        "fills the field for option types with those that it doesn't know, which the script shows in its place",
        "PadN 01 02 00 00: mip6.mobility_opt has no value (RFC 6275, 6.2.1)",
        when.never_filled,
    ),
    Fault(
        "options-of-the-script",
        ("mip6.mobility_opt.len", "mip6.em.data"),
        *_V4,
        "has no part in it: the option is shown by the script, as mha.option.length and by its own fields",
        "option 18, and those that Wireshark doesn't know; of an unknown one it shows the Mobility Header's length",
        when.options_of_the_script,
    ),
    Fault(
        "two-octets-short",
        ("mip6.auth.auth_data", "mip6.mocot.co_keygen_tok", "mip6.em.data"),
        *_V4,
        "takes the option's length for the whole option's and cuts the last two octets off",
        "09 11 01 00000100 and 12 octets: 17 = 1 + 4 + 12, it shows 10 (RFC 4285, 5); of 10 08 6, of 12 05 3",
        when.two_short,
    ),
    Fault(
        "shortest-experiment",
        ("mip6.em.data",),
        *_V4,
        "doesn't show the data of an Experimental Mobility message of 8 octets",
        "3b 00 0b 00 .... 00 00: the data is all behind the checksum (RFC 5096, 3), here two octets",
        when.shortest_experiment,
    ),
    Fault(
        "options-not-read",
        ("mip6.[abelmnrv]*", "mip6.padn", "mip6.mobility_opt.len", "icmpv6.opt.*"),
        *_V4,
        "reads no options of unknown types and Mobile Prefix Solicitation, Home Agent Switch's 6 octets too early",
        "3b 00 0c 00 .... 00 00 is whole and has no option (RFC 5142, 3), it shows one; 92 00 .... (RFC 6275, 6.7)",
        when.options_not_read,
    ),
    Fault(
        "behind-a-malformed-option",
        ("mip6.*",),
        *_V4,
        "stops at an option that is too short for its fields; we show those behind it too",
        "02 00 01 02 00 00: Binding Refresh Advice without its interval (RFC 6275, 6.2.4), then PadN",
        when.behind_malformed,
    ),
    Fault(
        "unreachable-by-the-script",
        _ICMPV6_HEADER,
        *_V4,
        "takes it for FMIPv6, unknown subtype 0, and calls it malformed, so the script shows it in its place",
        "9a 00 .... 00 00 0007 and one address: the paper's Fig. 9; RFC 5568, 6.1 reserves subtype 0",
        when.holds("home_agent_unreachable"),
    ),
    Fault(
        "any-octet-a-subtype",
        ("icmpv6.fmip6.*", "icmpv6.opt.*"),
        *_V4,
        "takes any octet behind the checksum of type 154 for a subtype of FMIPv6, with options",
        "9a 00 .... 01 ...: RFC 5568, 6.1 has 2 and 3, reserves 0 and 1, retired 4 and 5; 150: RFC 4065",
        when.is_nobodys,
    ),
    Fault(
        "next-header-62",
        ("mip6.*",),
        *_V4,
        "reads next header 62 as a Mobility Header",
        "octet 6 of the IPv6 header is 3e; IANA has 135 for the Mobility Header (RFC 6275, 6.1.1)",
        when.old_protocol,
    ),
    Fault(
        "todays-numbers",
        ("mip6.*", "icmpv6.mip6.*", "icmpv6.opt.*", "icmpv6.fmip6.*"),
        *_V4,
        "knows today's flags, options and types alone; the profile kame2003 has those of draft 19",
        "flags 07 3e: M 0400 then, R P F today; ICMPv6 type 150: discovery then, RFC 4065's today",
        when.another_era,
    ),
    Fault(
        "quoted-checksums",
        ("icmpv6.checksum.status",),
        *_V4,
        "leaves checksums inside ICMPv6 errors unverified, also where the whole packet is quoted",
        "RFC 4443, 2.3 and 3.1; frame 352 of failover60-mn.pcap",
        when.is_quoted,
    ),
    Fault(
        "behind-the-header",
        ("mip6.*",),
        *_V4,
        "reads fixed fields that Header Len leaves no room for, from what lies behind",
        "3b 00 06 ...: a Binding Acknowledgement of 8 octets has no sequence number (RFC 6275, 6.1.1 and 9.2)",
        when.is_too_short,
    ),
    Fault(
        "short-identifier",
        ("mip6.mnid.identifier",),
        *_V4,
        "doesn't show an identifier of one or two octets",
        "08 02 95 52: subtype 95 hex and the identifier 52 (RFC 4283, 3)",
        when.short_identifier,
    ),
    Fault(
        "options-in-other-messages",
        ("mha.option.*", "mip6.*"),
        *_V4,
        "reads options in messages that we show as octets, and the script shows those that it doesn't know",
        "Mobility Header types without fields of their own here, as 8 (RFC 5568, 6.2.1)",
        when.is_wiresharks_message,
    ),
    Fault(
        "home-network-prefix",
        ("mip6.nemo.mnp.pfl", "mip6.nemo.mnp.mnp"),
        *_V4,
        "shows a Home Network Prefix in the fields of a Mobile Network Prefix",
        "16 12 00 40 and 16 octets: type 22 is RFC 5213's (8.3), RFC 3963's is 6 (4.3)",
        when.home_network_prefix,
    ),
    Fault(
        "long-link-layer-address",
        ("icmpv6.opt.*linkaddr",),
        *_V4,
        "takes 14 octets for an EUI-64 with padding; to us the address ends with its option",
        "01 02 and 14 octets (RFC 4861, 4.6.1; an EUI-64 as in RFC 4944, 8)",
        when.begins,
    ),
    Fault(
        "redirected-packet",
        _WIRESHARKS_OWN,
        *_V4,
        "looks into the packet that a Redirected Header option holds; to us it is octets",
        "neighbour discovery option 4 (RFC 4861, 4.6.3)",
        when.redirected,
    ),
    Fault(
        "octets-as-text",
        ("mip6.mnid.identifier",),
        *_V4,
        "shows octets up to a NUL, with signs in the place of those that aren't UTF-8; ours are all there, escaped",
        "08 0a 01 a5 fd: RFC 4282 has identifiers in UTF-8; 08 05 01 00 61 62 63: nothing, for it begins with NUL",
        when.as_text,
    ),
    Fault(
        "not-over-ipv6",
        ("*",),
        *_V4,
        "reads link types and IPv4 packets in which we don't look for IPv6",
        "IPv4 with protocol 41 (RFC 4213); link type 9, PPP",
        when.is_not_ipv6,
        is_ours=True,
    ),
    Fault(
        "error-in-an-error",
        ("*",),
        *_V4,
        "looks into the packet of an error that an error quotes; to us it is octets",
        "an error about an error, which nobody may send (RFC 4443, 2.4 e)",
        when.is_error_in_error,
        is_ours=True,
    ),
    Fault(
        "small-jumbogram",
        ("*",),
        *_V4,
        "leaves a Jumbo Payload of 65,535 octets or less alone, as RFC 2675 (3) says; we read it",
        "option c2 04 and a length of 24",
        when.is_jumbogram,
        is_ours=True,
    ),
    Fault(
        "unread-address",
        ("*.checksum.status",),
        *_V4,
        "has a verdict where headers name addresses that can't be read, or two home addresses; we leave it unverified",
        "02 09 01: routing type 9, one segment left (RFC 8200, 8.1); c9 0f: 15 octets; c9 10 twice (RFC 6275, 6.3)",
        when.has_unread_end,
        is_ours=True,
    ),
    Fault(
        "no-room-for-a-checksum",
        ("icmpv6.checksum.status",),
        *_V4,
        "has no verdict on a checksum that isn't there; to us it is wrong",
        "ICMPv6 of 3 octets or less",
        when.has_no_checksum,
        is_ours=True,
    ),
)
