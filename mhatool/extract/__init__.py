"""The packets of a capture that matter: which they are, and what belongs to them."""

from mhatool.extract.home import HomeNode
from mhatool.extract.picker import AT_ONCE_NS, HELD_NS, MOST_OCTETS, Matching, Picked, Picker, Selection

__all__ = ["AT_ONCE_NS", "HELD_NS", "MOST_OCTETS", "HomeNode", "Matching", "Picked", "Picker", "Selection"]
