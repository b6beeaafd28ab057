"""Which of a machine's nodes takes a Mobility Header: one does, or they would answer against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dissectors.errors import DecodeError
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingRefreshRequest, BindingUpdate
from dissectors.mobility.return_routability import CareOfTest, CareOfTestInit, HomeTest, HomeTestInit
from dissectors.profile import Profile
from mhatool.engine.arrival import Reader

if TYPE_CHECKING:
    from mhatool.network.seat import Seat

MOBILE_NODE, HOME_AGENT, CORRESPONDENT, ROUTER = "mobile_node", "home_agent", "correspondent", "router"
_BY_MESSAGE: Mapping[type, tuple[str, ...]] = {
    BindingAcknowledgement: (MOBILE_NODE,),
    BindingError: (MOBILE_NODE, HOME_AGENT),
    BindingRefreshRequest: (MOBILE_NODE,),
    HomeTest: (MOBILE_NODE,),
    CareOfTest: (MOBILE_NODE,),
    HomeTestInit: (CORRESPONDENT,),
    CareOfTestInit: (CORRESPONDENT,),
    Heartbeat: (HOME_AGENT,),
}
"""In which roles a message is received; a Binding Update's H flag says it."""


class Takers:
    """Chooses among the nodes of one machine by their roles; nodes without one get all that comes."""

    def __init__(self, profile: Profile) -> None:
        self._reader = Reader(profile)

    def of(self, seats: Sequence[Seat], datagram: bytes) -> Sequence[Seat]:
        """Those that take the Mobility Header in a datagram: one of the mobile node, home agent and correspondent."""
        if len(_mobile(seats)) < 2:
            return seats
        roles = self._roles(datagram)
        by_role = {seat.role: seat for seat in seats}
        found = next((by_role[role] for role in roles if role in by_role), speaker(seats))
        return [seat for seat in seats if seat is found or not seat.role]

    def _roles(self, datagram: bytes) -> tuple[str, ...]:
        """In which roles the message is received, the first one that the machine has."""
        try:
            arrival = self._reader.read(datagram, "", b"", 0)
        except DecodeError:
            return ()
        message = arrival.message if arrival is not None else None
        if isinstance(message, BindingUpdate):
            roles = (HOME_AGENT, CORRESPONDENT)
            return roles if "H" in message.flags else roles[::-1]
        return _BY_MESSAGE.get(type(message), ())


def _mobile(seats: Sequence[Seat]) -> list[Seat]:
    return [seat for seat in seats if seat.role not in ("", ROUTER)]


def speaker(seats: Sequence[Seat]) -> Seat | None:
    """Who complains of what is for no role, in the name of all: the last one, as a mobile node may only do so from its
    own addresses."""
    return next(reversed(_mobile(seats) or list(seats)), None)


__all__ = ["Takers", "speaker"]
