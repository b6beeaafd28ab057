"""The numbers by which the kernel's rules and tables are known as a node's; nobody else shall use them."""

from __future__ import annotations

from typing import Final

RULE_PRIORITY: Final = 1350
"""Of rules that send a home address's packets into its tunnel."""
TABLE: Final = 1350
"""The routing table of those rules."""
UNPACKING: Final = 1351
"""The routing table of tunnelled packets that are unpacked."""
CUTTING: Final = 1352
"""The routing table of packets from a home address that are to be fragmented before they are wrapped."""
MARK: Final = 135
"""Who made a route or rule, as the kernel keeps it: the protocol number of the Mobility Header."""
ADMITTED: Final = 0x6275
"""The mark of packets that may be unpacked: nothing is without, so nothing is where somebody has removed the rules."""

TOO_LONG: Final = 0x6276
"""The mark of packets that take `CUTTING`."""

__all__ = ["ADMITTED", "CUTTING", "MARK", "RULE_PRIORITY", "TABLE", "TOO_LONG", "UNPACKING"]
