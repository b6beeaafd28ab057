"""The packets of a capture that matter: which they are, and what belongs to them."""

from mhatool.extract.home import HomeNode
from mhatool.extract.picker import HELD_NS, MOST_HELD, Matching, Picked, Picker, Selection

__all__ = ["HELD_NS", "MOST_HELD", "HomeNode", "Matching", "Picked", "Picker", "Selection"]
