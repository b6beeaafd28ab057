"""Known faults of tshark, by version, and where both are right: what a difference may be, each with its evidence.

Every entry has a test with the octets, and docs/differences.md says more of those that recordings show.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dissectors.profile import Profile

if TYPE_CHECKING:
    from mhatool.display.frame import Frame

#: What a difference is judged by: the profile, the frame, our values and tshark's.
Applies = Callable[[Profile, "Frame", tuple[str, ...], tuple[str, ...]], bool]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `fields` are patterns of names; `since` and `until` are versions, inclusive, those it was seen in."""

    id: str
    fields: tuple[str, ...]
    since: str
    until: str
    what: str
    evidence: str
    applies: Applies

    def covers(self, version: str, name: str) -> bool:
        """Whether it is about a field of that version."""
        within = _number(self.since) <= _number(version) <= _number(self.until)
        return within and any(fnmatch.fnmatchcase(name, pattern) for pattern in self.fields)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def fault_of(
    version: str, profile: Profile, frame: Frame, name: str, ours: tuple[str, ...], theirs: tuple[str, ...]
) -> Fault | None:
    """The fault that explains a difference; None where none does."""
    return next((f for f in FAULTS if f.covers(version, name) and f.applies(profile, frame, ours, theirs)), None)


# --- what a frame holds ---


def _holds(*types: str) -> Applies:
    """The frame has a layer of one of these types, and tshark shows no value there that we don't."""

    def applies(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        return any(layer.type in types for layer in frame.packet.layers) and _is_part(theirs, ours)

    return applies


def _options_not_read(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    if any(layer.type == "ha_switch" for layer in frame.packet.layers):
        return True
    return _holds("mobile_prefix_solicitation")(profile, frame, ours, theirs)


def _is_part(some: tuple[str, ...], of: tuple[str, ...]) -> bool:
    """Whether all of these values are among those."""
    left = list(of)
    for text in some:
        if text not in left:
            return False
        left.remove(text)
    return True


def _options_of_the_script(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Each value that tshark lacks is one of an option that the script shows."""
    from mhatool.wireshark.generate import UNKNOWN_TO_WIRESHARK, codes

    taken = {codes(profile)["option_type"], *UNKNOWN_TO_WIRESHARK}
    options = [option for layer in frame.packet.layers for option in layer.options]
    return _is_part(theirs, ours) and any(option.octets[option.start] in taken for option in options)


def _two_short(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return len(ours) == len(theirs) and all(text[:-4] in theirs for text in ours)


def _begins(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return len(ours) == len(theirs) and all(a.startswith(b) for a, b in zip(ours, theirs, strict=True))


def _never_filled(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return not theirs


def _old_protocol(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """A next header of 62 that is nothing to us."""
    nexts = [layer.get("next_header") for layer in frame.packet.layers]
    return profile.protocol("mobility") != 62 and 62 in nexts and _is_part(ours, theirs)


def _another_era(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return profile.name == "kame2003"


def _is_quoted(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Unverified (2) to tshark, of a message inside an error."""
    return any(layer.quoted for layer in frame.packet.layers) and "2" in theirs and len(ours) == len(theirs)


def _is_cut(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return frame.record.original_length > len(frame.record.captured) and _is_part(theirs, ours)


def _is_too_short(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """A message whose Header Len has no room for its fields: tshark reads what lies behind it."""
    uppers = [datagram.upper for datagram in frame.packet.datagrams if datagram.upper is not None]
    short = any(problem.code == "too_short" for upper in uppers for problem in upper.problems)
    return short and _is_part(ours, theirs)


def _is_nobodys(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """ICMPv6 type 154 that is neither FMIPv6's nor well-formed Home Agent Unreachable."""
    uppers = [datagram.upper for datagram in frame.packet.datagrams if datagram.upper is not None]
    return any(upper.type == "icmpv6" and upper.octets[upper.start] == 154 for upper in uppers) and not ours


def _not_text(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return len(ours) == len(theirs) and any("\\" in text or not text.isprintable() for text in ours)


def _with_option(symbol: str, most: int = 1 << 16) -> Applies:
    """The frame has such an option, of so many octets at most."""

    def applies(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        options = [option for layer in frame.packet.layers for option in layer.options if option.type == symbol]
        return any(option.end - option.start <= most for option in options)

    return applies


def _is_wiresharks_message(profile: Profile, frame: Frame, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    return any(layer.type == "mobility" for layer in frame.packet.layers) and _is_part(ours, theirs)


_V4 = ("4.0", "4.0.99")
_ICMPV6_HEADER = ("icmpv6.type", "icmpv6.code", "icmpv6.checksum", "icmpv6.checksum.status")

FAULTS: tuple[Fault, ...] = (
    Fault(
        "cut-by-the-capture",
        ("*",),
        *_V4,
        "stops where the capture cut the packet; we show what is there whole",
        "RFC 6275, 6.1.1: Header Len 13 hex is 160 octets, of which the frame has 46",
        _is_cut,
    ),
    Fault(
        "option-type-not-filled",
        ("mip6.mobility_opt",),
        *_V4,
        "registers the field for option types and fills it for no option",
        "any option, as PadN 01 02 00 00: mip6.mobility_opt has no value (RFC 6275, 6.2.1)",
        _never_filled,
    ),
    Fault(
        "options-of-the-script",
        ("mip6.mobility_opt.len", "mip6.em.data"),
        *_V4,
        "has no part in it: the option is shown by the script, as mha.option.length and by its own fields",
        "option 18, and those that Wireshark doesn't know; of an unknown one it shows the Mobility Header's length",
        _options_of_the_script,
    ),
    Fault(
        "two-octets-short",
        ("mip6.auth.auth_data", "mip6.mocot.co_keygen_tok"),
        *_V4,
        "takes the option's length for the whole option's and cuts the last two octets off",
        "09 11 01 00000100 and 12 octets: 17 = 1 + 4 + 12, it shows 10 (RFC 4285, 5); 10 08 and 8 octets: it shows 6",
        _two_short,
    ),
    Fault(
        "options-not-read",
        ("mip6.[abelmnrv]*", "mip6.padn", "mip6.mobility_opt.len", "icmpv6.opt.*"),
        *_V4,
        "doesn't read the options of Mobile Prefix Solicitation, and those of Home Agent Switch at a wrong place",
        "3b 00 0c 00 .... 00 00 is whole and has no option (RFC 5142, 3), it shows one; 92 00 .... (RFC 6275, 6.7)",
        _options_not_read,
    ),
    Fault(
        "unreachable-by-the-script",
        _ICMPV6_HEADER,
        *_V4,
        "takes it for FMIPv6, unknown subtype 0, and calls it malformed, so the script shows it in its place",
        "9a 00 .... 00 00 0007 and one address: the paper's Fig. 9; RFC 5568, 6.1 reserves subtype 0",
        _holds("home_agent_unreachable"),
    ),
    Fault(
        "any-octet-a-subtype",
        ("icmpv6.fmip6.*", "icmpv6.opt.*"),
        *_V4,
        "takes any octet behind the checksum of type 154 for a subtype of FMIPv6, with options",
        "9a 00 .... 01 ...: RFC 5568, 6.1 has 2 and 3, reserves 0 and 1, retired 4 and 5",
        _is_nobodys,
    ),
    Fault(
        "next-header-62",
        ("mip6.*",),
        *_V4,
        "reads next header 62 as a Mobility Header",
        "octet 6 of the IPv6 header is 3e; IANA has 135 for the Mobility Header (RFC 6275, 6.1.1)",
        _old_protocol,
    ),
    Fault(
        "todays-numbers",
        ("mip6.*", "icmpv6.mip6.*", "icmpv6.opt.*", "icmpv6.fmip6.*"),
        *_V4,
        "knows today's flags, options and types alone; the profile kame2003 has those of draft 19",
        "flags 07 3e: M 0400 then, R P F today; ICMPv6 type 150: discovery then, RFC 4065's today",
        _another_era,
    ),
    Fault(
        "quoted-checksums",
        ("icmpv6.checksum.status",),
        *_V4,
        "leaves checksums inside ICMPv6 errors unverified, also where the whole packet is quoted",
        "RFC 4443, 2.3 and 3.1; frame 352 of failover60-mn.pcap",
        _is_quoted,
    ),
    Fault(
        "behind-the-header",
        ("mip6.*",),
        *_V4,
        "reads fixed fields that Header Len leaves no room for, from what lies behind",
        "3b 00 06 ...: a Binding Acknowledgement of 8 octets has no sequence number (RFC 6275, 6.1.1 and 9.2)",
        _is_too_short,
    ),
    Fault(
        "short-identifier",
        ("mip6.mnid.identifier",),
        *_V4,
        "doesn't show an identifier of one or two octets",
        "08 02 95 52: subtype 95 hex and the identifier 52 (RFC 4283, 3)",
        _with_option("mobile_node_identifier", 5),
    ),
    Fault(
        "options-in-other-messages",
        ("mha.*", "mip6.*"),
        *_V4,
        "reads options in messages that we show as octets, and the script shows those that it doesn't know",
        "Mobility Header types without fields of their own here, as 8 (RFC 5568, 6.2.1)",
        _is_wiresharks_message,
    ),
    Fault(
        "long-link-layer-address",
        ("icmpv6.opt.*linkaddr",),
        *_V4,
        "takes 14 octets for an EUI-64 with padding; to us the address ends with its option",
        "01 02 and 14 octets (RFC 4861, 4.6.1; an EUI-64 as in RFC 4944, 8)",
        _begins,
    ),
    Fault(
        "redirected-packet",
        ("*",),
        *_V4,
        "looks into the packet that a Redirected Header option holds; to us it is octets",
        "neighbour discovery option 4 (RFC 4861, 4.6.3)",
        _with_option("redirected_header"),
    ),
    Fault(
        "octets-as-text",
        ("mip6.mnid.identifier",),
        *_V4,
        "shows octets that aren't UTF-8 with signs in their place; ours are escaped",
        "08 0a 01 a5 fd: RFC 4282 has identifiers in UTF-8",
        _not_text,
    ),
)
