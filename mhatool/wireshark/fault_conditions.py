"""What the known faults are judged by: what is in a frame, and what tshark then shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.profile import Profile
from dissectors.walk import Dissector
from mhatool.capture import linktype
from mhatool.display.frame import Frame
from mhatool.wireshark.columns import Column, column

if TYPE_CHECKING:
    from dissectors.view import View


class Case(Struct, frozen=True):
    """A difference: tshark's version, the profile, the frame, the field, our values and tshark's."""

    version: str
    profile: Profile
    frame: Frame
    name: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    @property
    def extra(self) -> tuple[str, ...]:
        """Wireshark's values without ours; where ours aren't all among them, none."""
        return _without(self.theirs, self.ours) or ()

    @property
    def options(self) -> list[View]:
        """The options of all layers, extension headers' too."""
        return [option for layer in self.frame.packet.layers for option in layer.options]

    @property
    def messages(self) -> list[View]:
        """The Mobility Headers whose options Wireshark reads in their place."""
        layers = self.frame.packet.layers
        return [each for each in layers if each.declaration.family == "mobility" and each.type != "ha_switch"]

    @property
    def mobility_options(self) -> list[View]:
        """The options of those."""
        return [option for message in self.messages for option in message.options]

    @property
    def column(self) -> Column:
        """How our values of the field are made."""
        return column(self.profile, self.name)


Applies = Callable[[Case], bool]


def _without(some: tuple[str, ...], these: tuple[str, ...]) -> tuple[str, ...] | None:
    """Those of `some` that are left without these; None where one of these isn't there."""
    left = list(some)
    for text in these:
        if text not in left:
            return None
        left.remove(text)
    return tuple(left)


def _is_part(some: tuple[str, ...], of: tuple[str, ...]) -> bool:
    return _without(of, some) is not None


def holds(*types: str) -> Applies:
    """The frame has a layer of one of these types, and tshark shows no value there that we don't."""

    def applies(case: Case) -> bool:
        return any(layer.type in types for layer in case.frame.packet.layers) and _is_part(case.theirs, case.ours)

    return applies


def options_not_read(case: Case) -> bool:
    """Of Mobile Prefix Solicitation tshark reads no options, of Home Agent Switch those of another place.

    Nor does it read those of Mobility Header types that it doesn't know, where somebody declared one.
    """
    from mhatool.wireshark.options_as_read import is_misplaced

    has_new = any(each.octets[each.start + 2] not in _TYPES for each in case.messages)
    unread = holds("mobile_prefix_solicitation")(case) or (has_new and _is_part(case.theirs, case.ours))
    return unread or is_misplaced(case)


def behind_malformed(case: Case) -> bool:
    """Wireshark reads no option behind one that is too short for its fields."""
    from mhatool.wireshark.options_as_read import is_behind_malformed

    return is_behind_malformed(case)


def options_of_the_script(case: Case) -> bool:
    """Each value that tshark lacks is one of an option that the script shows."""
    from mhatool.wireshark.generate import UNKNOWN_TO_WIRESHARK

    missing = _without(case.ours, case.theirs)
    if missing is None:
        return False
    taken = {*case.profile.code_points(MultipleHomeAgents.__declaration__), *UNKNOWN_TO_WIRESHARK}
    shown = [option for option in case.mobility_options if option.octets[option.start] in taken]
    if case.name == "mip6.mobility_opt.len":
        return _is_part(missing, tuple(str(option.end - option.start - 2) for option in shown))
    return bool(shown)


#: Option type, and where the octets begin.
_TWO_SHORT = {"mip6.auth.auth_data": (9, 7), "mip6.mocot.co_keygen_tok": (16, 2), "mip6.em.data": (18, 2)}


def two_short(case: Case) -> bool:
    """Wireshark's values are those octets without the last two; a single octet it shows."""
    kind, first = _TWO_SHORT[case.name]
    options = [bytes(option.octets[option.start : option.end]) for option in case.mobility_options]
    data = [each[first:] for each in options if each[0] == kind]
    shown = (each if len(each) == 1 else each[:-2] for each in data)
    return bool(data) and case.column.sorted(each.hex() for each in shown) == case.theirs


def shortest_experiment(case: Case) -> bool:
    """The values that tshark lacks are the data of Experimental Mobility messages of 8 octets."""
    shortest = [each for each in case.messages if each.type == "experimental_mobility" and each.end - each.start == 8]
    missing = _without(case.ours, case.theirs) or ()
    return bool(missing) and _is_part(missing, tuple(each.get("data").hex() for each in shortest))


def begins(case: Case) -> bool:
    """Each value of tshark's is the beginning of ours."""
    same = len(case.ours) == len(case.theirs)
    return same and all(a.startswith(b) for a, b in zip(case.ours, case.theirs, strict=True))


def never_filled(case: Case) -> bool:
    """Wireshark has no value, and we have those of options."""
    return not case.theirs and bool(case.options)


def old_protocol(case: Case) -> bool:
    """A next header of 62 that is nothing to us."""
    nexts = [layer.get("next_header") for layer in case.frame.packet.layers]
    return case.profile.protocol("mobility") != 62 and 62 in nexts and _is_part(case.ours, case.theirs)


def is_quoted(case: Case) -> bool:
    """Unverified (2) to tshark, of a message inside an error."""
    quoted = any(layer.quoted for layer in case.frame.packet.layers)
    return quoted and "2" in case.theirs and len(case.ours) == len(case.theirs)


def is_cut(case: Case) -> bool:
    """The capture has only a part of the packet."""
    record = case.frame.record
    return record.original_length > len(record.captured) and _is_part(case.theirs, case.ours)


def is_cut_unreachable(case: Case) -> bool:
    """Type 154 of which the capture has a part: without its end we can't say what it is."""
    record = case.frame.record
    if record.original_length <= len(record.captured) or not _is_part(case.ours, case.theirs):
        return False
    return any(o[u.start] == 154 and u.end - u.start >= 8 and o[u.start + 4] == 0 for u, o in _icmpv6(case))


def _uppers(case: Case) -> list[View]:
    return [datagram.upper for datagram in case.frame.packet.datagrams if datagram.upper is not None]


def _icmpv6(case: Case) -> Iterator[tuple[View, bytes]]:
    return ((upper, upper.octets) for upper in _uppers(case) if upper.declaration.family == "icmpv6")


def is_too_short(case: Case) -> bool:
    """A message whose Header Len has no room for its fields: tshark reads what lies behind it."""
    short = any(problem.code == "too_short" for upper in _uppers(case) for problem in upper.problems)
    return short and _is_part(case.ours, case.theirs)


def is_nobodys(case: Case) -> bool:
    """ICMPv6 type 154 that is neither FMIPv6's nor well-formed Home Agent Unreachable; 150, which nobody declared."""
    return not case.ours and any(u.type == "icmpv6" and u.octets[u.start] in (150, 154) for u in _uppers(case))


def with_option(symbol: str) -> Applies:
    """The frame has such an option."""
    return lambda case: any(option.type == symbol for option in case.options)


# --- Mobile Node Identifier ---


def _identifiers(case: Case) -> list[bytes]:
    found = [option for option in case.mobility_options if option.type == "mobile_node_identifier"]
    return [bytes(option.octets[option.start + 3 : option.end]) for option in found]


def _as_text(identifier: bytes) -> str:
    """As tshark shows it: up to a NUL, with other signs for what isn't UTF-8, isn't printable, or is a blank."""
    text = identifier.partition(b"\0")[0].decode("utf-8", "replace").replace("\r\n", "\n")
    return "".join(" " if c in "\t\n\r" else f"\\x{ord(c):x}" if ord(c) < 32 or c == "\x7f" else c for c in text)


def short_identifier(case: Case) -> bool:
    """All but those of two octets or less are as tshark shows them."""
    identifiers = _identifiers(case)
    longer = [_as_text(each) for each in identifiers if len(each) > 2]
    return len(longer) < len(identifiers) and sorted(filter(None, longer)) == list(case.theirs)


def as_text(case: Case) -> bool:
    """Wireshark shows each identifier as a text."""
    return sorted(filter(None, map(_as_text, _identifiers(case)))) == list(case.theirs)


# --- options that tshark knows by another name ---


def home_network_prefix(case: Case) -> bool:
    """What tshark has beyond ours is in options of type 22: a length at 3, a prefix from 4 on, as far as they go."""
    options = [bytes(each.octets[each.start : each.end]) for each in case.mobility_options]
    options = [each for each in options if each[0] == 22]
    if case.name == "mip6.nemo.mnp.pfl":
        shown = [str(each[3]) for each in options if len(each) > 3]
    else:
        from dissectors.ipv6.address import text

        shown = [text(each[4:20]) for each in options if len(each) >= 20]
    return bool(case.extra) and sorted(case.extra) == sorted(shown)


# --- another frame in its place: what tshark shows is what we show of that ---


@cache
def _today(profile: Profile) -> Profile:
    """Today's numbers and flags behind the next headers of this profile."""
    return Profile("today", protocols=profile.protocols)


def another_era(case: Case) -> bool:
    """With today's numbers our values are tshark's, or another known fault explains them."""
    from mhatool.wireshark.faults import fault_of

    if case.profile.name in ("rfc6275", "today"):
        return False
    today = _today(case.profile)
    frame = _dissected(case.frame, today)
    ours = column(today, case.name).shown(frame)
    return ours == case.theirs or fault_of(case.version, today, frame, case.name, ours, case.theirs) is not None


def _dissected(frame: Frame, profile: Profile) -> Frame:
    record = frame.record
    packet = Dissector(profile).dissect(
        record.captured, record.link_type, original_length=record.original_length, frame=record.frame
    )
    return Frame(frame.file, record, packet)


def redirected(case: Case) -> bool:
    """What tshark has beyond ours is in the packet that a Redirected Header option holds."""
    found: list[str] = []
    for option in case.options:
        if option.type == "redirected_header":
            inner = Dissector(case.profile).dissect(bytes(option.octets[option.start + 8 : option.end]), linktype.RAW)
            found += case.column.shown(Frame(case.frame.file, case.frame.record, inner))
    if case.name.endswith(".status"):
        found.append("2")  # unverified: a quoted one
    return bool(case.extra) and _is_part(case.extra, tuple(found))


#: Mobility Header types that Wireshark 4.0 knows.
_TYPES = range(19)
#: Mobility Header types without fields of their own to us, in which Wireshark 4.0 reads some and options.
_WIRESHARKS = frozenset((8, 9, 10, 14, 15, 16, 17, 18))


def is_wiresharks_message(case: Case) -> bool:
    """Only such messages have what tshark shows beyond ours."""
    types = [layer.get("mh_type") for layer in case.frame.packet.layers if layer.type == "mobility"]
    return bool(case.extra) and not _WIRESHARKS.isdisjoint(types)


# --- our own limits ---


def is_not_ipv6(case: Case) -> bool:
    """We see no IPv6 packet in the frame, so nothing of it."""
    return not case.ours and not case.frame.packet.datagrams


def is_error_in_error(case: Case) -> bool:
    """What tshark has beyond ours comes with an error inside an error."""
    errors = [layer for layer in case.frame.packet.layers if layer.type == "icmpv6_error"]
    return bool(case.extra) and any(layer.quoted for layer in errors)


def is_jumbogram(case: Case) -> bool:
    """Tshark stops at a Jumbo Payload option (type 194)."""
    headers = [layer for layer in case.frame.packet.layers if layer.type == "hop_by_hop"]
    jumbo = any(option.octets[option.start] == 194 for header in headers for option in header.options)
    return jumbo and _is_part(case.theirs, case.ours)


def has_unread_end(case: Case) -> bool:
    """A header names a source or destination that we can't read."""
    unsure = any(datagram.is_unsure for datagram in case.frame.packet.datagrams)
    return unsure and "2" in case.ours and len(case.ours) == len(case.theirs)


def has_no_checksum(case: Case) -> bool:
    """An ICMPv6 message ends before its checksum."""
    return not case.theirs and any(upper.end - upper.start < 4 for upper, _ in _icmpv6(case))
