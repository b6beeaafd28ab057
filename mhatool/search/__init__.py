"""Search for faults: networks and misfortunes drawn from a seed, and what has to be true once these are over."""

from mhatool.search.drawn import Drawn, draw
from mhatool.search.run import Outcome, run
from mhatool.search.shrink import shrink

__all__ = ["Drawn", "Outcome", "draw", "run", "shrink"]
