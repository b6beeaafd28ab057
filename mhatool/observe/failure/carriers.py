"""Which home agent tunnels a correspondent's packets to a mobile node, and when another one went on with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, field

from dissectors.packet import Datagram
from mhatool.exchange import Latest
from mhatool.exchange.history import History
from mhatool.exchange.recent import Recent
from mhatool.observe.failure.probing import HELD_NS
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

MOST: Final = 100_000
MOST_SWITCHES: Final = 64
DOUBLE_NS: Final = nanoseconds(0.5)
"""The same packet doesn't reach two home agents further apart."""
SENT_AGAIN_NS: Final = nanoseconds(0.1)
"""Who has no answer may send the same octets again after this (TCP of most systems after 0.2 s)."""
CAPTURED_TWICE_NS: Final = nanoseconds(0.005)
"""The same octets at one place within this are one packet."""
REPEATED_NS: Final = 10 * NS_PER_S
"""Who sends the same octets again within this sends packets that can't be told apart."""
HOP_LIMIT: Final = 7
"""Its octet in the IPv6 header; addresses and payload come behind it."""

#: File, interface and hop limit: where a packet was seen.
Place = tuple[str, int, int]


class Switch(Struct, frozen=True):
    """From one home agent to another: its last packet, and the other's first one; of one correspondent."""

    correspondent: bytes
    home_address: bytes
    from_agent: bytes
    last: Moment
    to_agent: bytes
    first: Moment


class Double(Struct, frozen=True):
    """The same inner packet in tunnels of two home agents.

    `may_be_two`: the second one may be the same sent again, since it came so much later, or since somebody looked for
    the home address's link-layer address just before, for which the first one may have waited.
    """

    home_address: bytes
    agent: bytes
    moment: Moment
    other: bytes
    other_moment: Moment
    may_be_two: bool


class Flow(Struct):
    """A correspondent's packets to a home address: who carries them, and since when the last one did."""

    carrier: bytes
    last: Moment
    places: dict[bytes, Place] = field(default_factory=dict)
    """Where each home agent's packets were first seen: elsewhere they are the same ones."""
    switches: History[Switch] = field(default_factory=lambda: History(MOST_SWITCHES))


class Carriers:
    """The flows to mobile nodes with several home agents; at most the latest of many."""

    def __init__(self) -> None:
        self._flows: Latest[tuple[bytes, bytes], Flow] = Latest(MOST)
        self._contents: Recent[bytes, tuple[bytes, Moment, bool]] = Recent(MOST, REPEATED_NS)
        """By octets: who tunnelled them, when last, and whether that was the second time."""
        self._sought: Latest[bytes, Moment] = Latest(MOST)
        self._doubles: Latest[tuple[bytes, frozenset[bytes]], Double] = Latest(MOST)

    def seek(self, home_address: bytes, moment: Moment) -> None:
        """Somebody on the home link looks for a home address's link-layer address: what is for it waits there."""
        self._sought.note(home_address, moment)

    def see(self, moment: Moment, place: Place, inner: Datagram, agent: bytes) -> bool:
        """A packet in a home agent's tunnel; False where it is one that was seen elsewhere before."""
        key = (inner.source, inner.destination)
        flow = self._flows.get(key)
        if flow is None:
            flow = Flow(agent, moment)
        if flow.places.setdefault(agent, place) != place:
            return False
        self._compare(moment, inner, agent)
        if flow.carrier != agent:
            flow.switches.add(Switch(*key, flow.carrier, flow.last, agent, moment))
        flow.carrier, flow.last = agent, moment
        self._flows.note(key, flow)
        return True

    def _compare(self, moment: Moment, inner: Datagram, agent: bytes) -> None:
        octets = inner.octets_from(HOP_LIMIT + 1)
        known = self._contents.get(octets)
        if known is not None and known[0] == agent and moment.time_ns - known[1].time_ns <= CAPTURED_TWICE_NS:
            return
        self._contents.note(octets, (agent, moment, known is not None), moment.time_ns)
        if known is None:
            return
        other, before, is_repeated = known
        if other == agent or is_repeated or moment.time_ns - before.time_ns > DOUBLE_NS:
            return
        pair = (inner.destination, frozenset((agent, other)))
        may_be_two = moment.time_ns - before.time_ns > SENT_AGAIN_NS or self._may_wait(inner.destination, before)
        found = Double(inner.destination, agent, moment, other, before, may_be_two)
        told = self._doubles.get(pair)
        if told is None or (told.may_be_two and not found.may_be_two):
            self._doubles.note(pair, found)

    def _may_wait(self, home_address: bytes, moment: Moment) -> bool:
        sought = self._sought.get(home_address)
        return sought is not None and moment.time_ns - sought.time_ns <= HELD_NS

    def switches(self, from_agent: bytes, since_ns: int, until_ns: int | None) -> Iterator[Switch]:
        """Where another one took up what this agent had carried, in this time; None: to the end."""
        for flow in self._flows.values():
            for switch in flow.switches:
                at_ns = switch.first.time_ns
                if switch.from_agent == from_agent and at_ns >= since_ns and (until_ns is None or at_ns <= until_ns):
                    yield switch

    @property
    def doubles(self) -> list[Double]:
        """The first one of each mobile node and two home agents, rather one that is certain."""
        return list(self._doubles.values())
