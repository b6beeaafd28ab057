"""Mobility options as tshark reads them: some at a wrong place, and none behind one that is too short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from dissectors.profile import Profile
from dissectors.spec.families import declarations
from dissectors.walk import Dissector
from mhatool.capture import linktype
from mhatool.display.frame import Frame
from mhatool.wireshark.columns import column

if TYPE_CHECKING:
    from dissectors.view import View
    from mhatool.wireshark.fault_conditions import Case

#: How long the data of an option of that type must be at least; of a shorter one Wireshark 4.0 shows what is there,
#: calls the message malformed and reads no further. Of types that aren't here any length will do.
LEAST: Mapping[int, int] = MappingProxyType(
    {2: 2, 3: 16, 4: 4, 6: 18, 7: 1, 8: 1, 9: 6, 10: 8, 12: 1, 13: 1, 14: 1, 16: 1, 17: 3, 18: 1, 19: 5, 21: 5, 22: 18}
    | {23: 2, 24: 2, 25: 2, 26: 16, 27: 8, 28: 4, 29: 6, 30: 6, 31: 6, 32: 6, 33: 2, 34: 18, 35: 4, 36: 6, 37: 6}
    | {38: 6, 39: 2, 40: 2, 41: 2, 46: 2, 47: 2, 48: 18, 49: 4, 50: 6, 51: 18, 55: 3}
)
#: Types of which it depends on what is in them (sub-options, addresses that a flag or code announces).
DEPENDS = frozenset((40, 41, 47, 52))
_TYPES, _LENGTHS = "mip6.mobility_opt", "mip6.mobility_opt.len"


def is_misplaced(case: Case) -> bool:
    """Options of Home Agent Switch, six octets before their place: Wireshark counts fields and addresses alone."""
    switches = [layer for layer in case.frame.packet.layers if layer.type == "ha_switch"]
    if len(switches) != 1:
        return False
    message = bytes(switches[0].octets[switches[0].start : switches[0].end])
    options = message[2 + 16 * message[6] :]
    return any(_is_read(case, options[:end], message[1]) for end in _ends(options))


def is_behind_malformed(case: Case) -> bool:
    """Options behind one that Wireshark calls malformed: it shows those before."""
    messages = case.messages
    if len(messages) != 1 or not messages[0].options:
        return False
    options = bytes(messages[0].octets[messages[0].options[0].start : messages[0].end])
    ends = [end for end in _ends(options) if end < len(options)]
    return any(_explains(case, _with_options(case.frame, options[:end], case.profile), case.profile) for end in ends)


def _ends(octets: bytes) -> Iterator[int]:
    """Where Wireshark may stop reading options."""
    at = 0
    while at + 2 <= len(octets):
        kind, length = octets[at], octets[at + 1]
        end = at + 2 + length if kind else at + 1
        if end > len(octets):
            break
        is_short = length < LEAST.get(kind, 0)
        if is_short or kind in DEPENDS:
            yield end
        if is_short:
            return
        at = end
    yield len(octets)


def _with_options(frame: Frame, options: bytes, profile: Profile) -> Frame:
    """A Binding Refresh Request with these options, in the place of a frame.

    Pad1 goes before them, not behind, so that they end with the message.
    """
    options = bytes(-len(options) % 8) + options
    request = bytes((59, len(options) // 8, 0, 0, 0, 0, 0, 0)) + options
    header = bytes((0x60, 0, 0, 0)) + len(request).to_bytes(2) + bytes((profile.protocol("mobility"), 64)) + bytes(32)
    return Frame(frame.file, frame.record, Dissector(profile).dissect(header + request, linktype.RAW))


def _explains(case: Case, frame: Frame, profile: Profile) -> bool:
    """What tshark shows is what is in that frame, other known faults included."""
    from mhatool.wireshark.faults import fault_of

    ours = column(profile, case.name).shown(frame)
    return ours == case.theirs or fault_of(case.version, profile, frame, case.name, ours, case.theirs) is not None


# --- options that the script leaves to Wireshark ---


@cache
def _wiresharks() -> Profile:
    """Today's numbers, and 18 is RFC 5096's alone."""
    numbers = {each.symbol: each.numbers[0] for each in declarations("mobility_option") if each.numbers}
    del numbers["multiple_home_agents"]
    return Profile("today", numbers={"mobility_option": numbers}, closed=frozenset({"mobility_option"}))


def _is_read(case: Case, options: bytes, header_length: int) -> bool:
    frame = _with_options(case.frame, options, _wiresharks())
    read = [option for layer in frame.packet.layers for option in layer.options]
    if case.name == _TYPES:  # of those that it doesn't know
        return case.theirs == tuple(sorted(str(each.octets[each.start]) for each in read if _is_unknown(each)))
    if case.name == _LENGTHS:
        return case.theirs == tuple(sorted(_lengths(read, header_length)))
    return _explains(case, frame, _wiresharks())


def _lengths(options: list[View], header_length: int) -> list[str]:
    """An unknown option's is shown from octet 1 of the message, where the header's stands."""
    with_length = [option for option in options if option.type != "pad1"]
    return [str(header_length if _is_unknown(each) else each.octets[each.start + 1]) for each in with_length]


def _is_unknown(option: View) -> bool:
    from mhatool.wireshark.generate import UNKNOWN_TO_WIRESHARK

    return option.octets[option.start] in UNKNOWN_TO_WIRESHARK
