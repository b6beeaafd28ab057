"""Signs of life of home agents, and by which addresses their neighbours know them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.observe.discovery import AdvertisedAgents
from mhatool.observe.moment import Moment

MOST: Final = 20_000


class LifeKind(StrEnum):
    """What a home agent was seen to send."""

    ACKNOWLEDGEMENT = "binding_acknowledgement"
    TUNNELLED_PACKET = "tunnelled_packet"
    HEARTBEAT = "heartbeat"
    NEIGHBOR_ADVERTISEMENT = "neighbor_advertisement"
    ROUTER_ADVERTISEMENT = "router_advertisement"
    DISCOVERY_REPLY = "dhaad_reply"
    ALARM = "home_agent_unreachable"
    ECHO = "echo"


class LifeSign(Struct, frozen=True):
    """A packet of a home agent's own."""

    moment: Moment
    kind: LifeKind


class Life:
    """The last sign of life of each home agent."""

    def __init__(self) -> None:
        self._last: Latest[bytes, LifeSign] = Latest(MOST)

    def last(self, home_agent: bytes) -> LifeSign | None:
        """When it was last seen; None for never."""
        return self._last.get(home_agent)

    def note(self, home_agent: bytes, sign: LifeSign) -> None:
        """It was seen now."""
        self._last.note(home_agent, sign)


class Neighbours:
    """Home agents by the link-local addresses with which they speak on the home link, as their advertisements tell."""

    def __init__(self) -> None:
        self._advertised = AdvertisedAgents(MOST)
        self._agent_of: Latest[bytes, bytes] = Latest(MOST)

    def advertisement(self, moment: Moment, datagram: Datagram, message: View) -> tuple[bytes, bool]:
        """A Router Advertisement: whose it is, and whether its sender takes leave (a lifetime of 0)."""
        said = self._advertised.see(moment, datagram, message)
        if said.address != datagram.source:
            self._agent_of.note(datagram.source, said.address)
        return said.address, said.is_home_agent is True and said.lifetime_s == 0

    def agent(self, source: bytes) -> bytes:
        """The home agent that speaks with this address; the address itself where nobody knows."""
        return self._agent_of.get(source, source)
