"""The numbers by which the kernel's rules and tables are known as a node's; nobody else shall use them."""

from __future__ import annotations

from typing import Final

RULE_PRIORITY: Final = 1350
"""Of rules that send a home address's packets into its tunnel."""
TABLE: Final = 1350
"""The routing table of those rules."""
UNPACKING, UNPACKING_OWN = 1351, 1352
"""Routing tables of tunnelled packets that are unpacked, and of those for this machine itself."""
MARK: Final = 135
"""Who made a route or rule, as the kernel keeps it: the protocol number of the Mobility Header."""
FORWARDED_MARK, OWN_MARK = 0x6274, 0x6275
"""What packets bear that may be unpacked: those whose inner destination is this machine's have one of their own.

Nothing is unpacked without, so nothing is where somebody has removed the rules.
"""

__all__ = ["FORWARDED_MARK", "MARK", "OWN_MARK", "RULE_PRIORITY", "TABLE", "UNPACKING", "UNPACKING_OWN"]
