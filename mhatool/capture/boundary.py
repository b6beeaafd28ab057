"""Guess where in a pcap file a record begins, near an octet of it; whoever uses a guess has to prove it."""

from __future__ import annotations

import os
import struct
from typing import Final

from mhatool.capture.pcap import HEADER_LENGTH, RECORD_HEADER_LENGTH, PcapHeader

_CHAIN: Final = 16
"""Plausible record headers, one behind the other."""
_SEARCHED: Final = 64 * 1024
"""Octets at which a record may begin."""
_SEEN: Final = 1024 * 1024
"""Octets read, for the chain behind it."""
_LONGEST: Final = 256 * 1024
"""Octets of one packet: where capture tools stop."""
_SPAN_S: Final = 400 * 24 * 3600
"""How far from the first packet's time one may be, in seconds."""


def guess(descriptor: int, header: PcapHeader, near: int) -> int | None:
    """The first octet from `near` on at which a chain of plausible record headers begins; None if none is seen.

    Raises OSError.
    """
    first = os.pread(descriptor, RECORD_HEADER_LENGTH, HEADER_LENGTH)
    octets = os.pread(descriptor, _SEEN, near)
    if len(first) < RECORD_HEADER_LENGTH:
        return None
    layout = struct.Struct(header.byte_order + "3I")
    seconds, _, _ = layout.unpack_from(first)
    for start in range(min(_SEARCHED, len(octets))):
        if _is_chain(octets, start, layout, seconds, header.interface.ts_resolution):
            return near + start
    return None


def _is_chain(octets: bytes, start: int, layout: struct.Struct, around: int, resolution: int) -> bool:
    """Whether enough plausible record headers follow one another from there."""
    for _ in range(_CHAIN):
        if start + RECORD_HEADER_LENGTH > len(octets):
            return False
        seconds, fraction, captured = layout.unpack_from(octets, start)
        if not 0 < captured <= _LONGEST or fraction >= resolution or abs(seconds - around) > _SPAN_S:
            return False
        start += RECORD_HEADER_LENGTH + captured
    return True
