"""Where the node finds itself, as a table of states."""

from __future__ import annotations

from enum import Enum

from mhatool.engine.states import Row, Table


class Location(Enum):
    """Unknown until an advertisement tells; KAME logs 0, 1 and 2."""

    UNKNOWN = "unknown"
    HOME = "home"
    FOREIGN = "foreign"


class Move(Enum):
    """What changes it."""

    LINK_CHANGED = "link_changed"
    """The machine says that the interface is attached elsewhere, or nowhere."""
    HOME_LINK = "home_link"
    """An advertisement with the home prefix: the node may use its home address here."""
    FOREIGN_LINK = "foreign_link"
    """Another prefix, under which the node has an address that passed its trial."""


_WHERE, _BACK = "RFC 6275, 11.5.1", "RFC 6275, 11.5.5"

LOCATION: Table[Location, Move] = Table(
    "location",
    Location.UNKNOWN,
    [
        Row(Location.UNKNOWN, Move.LINK_CHANGED, "", (Location.UNKNOWN,), _WHERE),
        Row(Location.UNKNOWN, Move.HOME_LINK, "arrive_home", (Location.HOME,), _BACK),
        Row(Location.UNKNOWN, Move.FOREIGN_LINK, "arrive_abroad", (Location.FOREIGN,), _WHERE),
        Row(Location.HOME, Move.LINK_CHANGED, "", (Location.UNKNOWN,), _WHERE),
        Row(Location.HOME, Move.HOME_LINK, "", (Location.HOME,), _WHERE),
        Row(Location.HOME, Move.FOREIGN_LINK, "arrive_abroad", (Location.FOREIGN,), _WHERE),
        Row(Location.FOREIGN, Move.LINK_CHANGED, "", (Location.UNKNOWN,), _WHERE),
        Row(Location.FOREIGN, Move.HOME_LINK, "arrive_home", (Location.HOME,), _BACK),
        Row(Location.FOREIGN, Move.FOREIGN_LINK, "arrive_abroad", (Location.FOREIGN,), _WHERE),
    ],
)

__all__ = ["LOCATION", "Location", "Move"]
