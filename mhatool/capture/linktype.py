"""Link-layer header types (LINKTYPE_*) that this package names; the numbers are those that files hold.

Source: https://www.tcpdump.org/linktypes.html. Readers keep numbers that aren't listed here; what to do with them is
for dissection to say.
"""

from typing import Final

NULL: Final = 0
ETHERNET: Final = 1
RAW_BSD: Final = 12
"""RAW as most systems number it in memory (DLT_RAW); found in files of careless writers."""
RAW_OPENBSD: Final = 14
"""RAW as OpenBSD numbers it in memory."""
RAW: Final = 101
LOOP: Final = 108
LINUX_SLL: Final = 113
IPV4: Final = 228
IPV6: Final = 229
LINUX_SLL2: Final = 276

NAMES: Final[dict[int, str]] = {
    NULL: "NULL",
    ETHERNET: "ETHERNET",
    RAW_BSD: "RAW",
    RAW_OPENBSD: "RAW",
    RAW: "RAW",
    LOOP: "LOOP",
    LINUX_SLL: "LINUX_SLL",
    IPV4: "IPV4",
    IPV6: "IPV6",
    LINUX_SLL2: "LINUX_SLL2",
}


def name(link_type: int) -> str:
    """The registry's name of a link type without its prefix, such as `ETHERNET`; `LINKTYPE 147` for one not listed."""
    return NAMES.get(link_type) or f"LINKTYPE {link_type}"
