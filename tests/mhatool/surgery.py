"""Changes to single frames of a recording, octet by octet.

Frames are Ethernet, IPv6, at most one extension header of 24 octets (destination options or type 2 routing), and a
Mobility Header.
"""

import struct

from tests.mhatool.scenes import internet_checksum, routing_header

IPV6 = 14
UPPER = IPV6 + 40
EXTENSION = 24
DESTINATION_OPTIONS, ROUTING, MOBILITY = 60, 43, 135


def mobility_at(frame: bytes) -> int:
    """Where the Mobility Header begins."""
    return UPPER + (0 if frame[IPV6 + 6] == MOBILITY else EXTENSION)


def put(frame: bytes, offset: int, octets: bytes) -> bytes:
    """Octets replaced, counted from the start of the Mobility Header; the checksum made right again."""
    at = mobility_at(frame) + offset
    return summed(frame[:at] + octets + frame[at + len(octets) :])


def summed(frame: bytes) -> bytes:
    """The frame with the right checksum, over what its Header Len covers (or the packet has)."""
    at = mobility_at(frame)
    end = min(at + (frame[at + 1] + 1) * 8, len(frame))
    source, destination = frame[IPV6 + 8 : IPV6 + 24], frame[IPV6 + 24 : IPV6 + 40]
    extension = frame[IPV6 + 6]
    source = frame[UPPER + 8 : UPPER + 24] if extension == DESTINATION_OPTIONS else source
    destination = frame[UPPER + 8 : UPPER + 24] if extension == ROUTING else destination
    message = frame[at : at + 4] + bytes(2) + frame[at + 6 : end]
    check = internet_checksum(source, destination, MOBILITY, message)
    return frame[: at + 4] + check.to_bytes(2) + frame[at + 6 :]


def without_extension(frame: bytes) -> bytes:
    """No destination options or routing header: its address is lost, the lengths and the checksum fit again."""
    assert frame[IPV6 + 6] != MOBILITY
    length = struct.unpack_from(">H", frame, IPV6 + 4)[0] - EXTENSION
    header = frame[: IPV6 + 4] + struct.pack(">HB", length, MOBILITY) + frame[IPV6 + 7 : UPPER]
    return summed(header + frame[UPPER + EXTENSION :])


def with_other_extension_address(frame: bytes, address: bytes) -> bytes:
    """Another address in the destination options or routing header."""
    return summed(frame[: UPPER + 8] + address + frame[UPPER + 24 :])


def with_routing_header(frame: bytes, address: bytes) -> bytes:
    """A type 2 routing header where there was no extension header."""
    assert frame[IPV6 + 6] == MOBILITY
    length = struct.unpack_from(">H", frame, IPV6 + 4)[0] + EXTENSION
    header = frame[: IPV6 + 4] + struct.pack(">HB", length, ROUTING) + frame[IPV6 + 7 : UPPER]
    return summed(header + routing_header(address, MOBILITY) + frame[UPPER:])


def with_checksum_off_by_one(frame: bytes) -> bytes:
    at = mobility_at(frame) + 4
    return frame[:at] + ((int.from_bytes(frame[at : at + 2]) + 1) & 0xFFFF).to_bytes(2) + frame[at + 2 :]
