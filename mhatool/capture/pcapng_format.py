"""Numbers of the pcapng format that reader and writer share. Source: draft-ietf-opsawg-pcapng, sections 3 and 4."""

from typing import Final

SECTION_HEADER: Final = 0x0A0D0D0A
INTERFACE_DESCRIPTION: Final = 1
OBSOLETE_PACKET: Final = 2
SIMPLE_PACKET: Final = 3
ENHANCED_PACKET: Final = 6

BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D
SECTION_LENGTH_UNKNOWN: Final = -1

OPTION_END: Final = 0
OPTION_COMMENT: Final = 1
SECTION_APPLICATION: Final = 4
INTERFACE_NAME: Final = 2
INTERFACE_TIME_RESOLUTION: Final = 9
INTERFACE_TIME_OFFSET: Final = 14

BLOCK_OVERHEAD: Final = 12
"""Octets of a block that aren't its body: type, length, and the length again at the end."""

MAXIMUM_BLOCK_LENGTH: Final = 17 * 1024 * 1024
"""Octets beyond which a block's length is taken for damage: the largest packet, and room for its options."""


def padded(length: int) -> int:
    """The length rounded up to the 4 octets to which everything in pcapng is aligned."""
    return (length + 3) & ~3
