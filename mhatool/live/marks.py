"""The numbers by which the kernel's rules and tables are known as a node's; nobody else shall use them."""

from __future__ import annotations

from typing import Final

RULE_PRIORITY: Final = 1350
"""Of rules that send a home address's packets into its tunnel."""
TABLE: Final = 1350
"""The routing table of those rules."""

__all__ = ["RULE_PRIORITY", "TABLE"]
