"""What passed on the links, and what the rules say of it: forged packets are told apart."""

from __future__ import annotations

from functools import partial

from dissectors.ipv6.link import ETHERNET
from dissectors.profile import RFC6275
from mhatool.capture.record import Record
from mhatool.engine.events import Event
from mhatool.engine.packet_events import PacketForged
from mhatool.exchange import Source, sightings
from mhatool.network.ethernet import HEADER_LENGTH
from mhatool.network.network import Network
from mhatool.validate import Finding, Judge, Severity

_HOP_LIMIT = 7
"""Its octet in the IPv6 header."""
_NEXT_HEADER = HEADER_LENGTH + 6
_UDP = 17


class Frames:
    """Keeps what is sent on every link but UDP, and which of it attackers made.

    What is forwarded is kept on its first link alone: a hop that looks for a neighbour holds packets for a second or
    more, and what comes so late looks like something sent again.
    """

    def __init__(self, network: Network) -> None:
        self.records: list[Record] = []
        self._forged: dict[bytes, None] = {}
        self._forged_frames: dict[int, None] = {}
        self._first_links: dict[bytes, int] = {}
        network.listeners.append(self._hear)
        for index, link in enumerate(network.links.values()):
            link.taps.append(partial(self._keep, index))

    def _hear(self, event: Event) -> None:
        if isinstance(event, PacketForged):
            self._forged[_but_for_hops(event.frame)] = None

    def _keep(self, interface: int, now: int, frame: bytes, _comment: str | None) -> None:
        sent = _but_for_hops(frame[HEADER_LENGTH:])
        if frame[_NEXT_HEADER] == _UDP or self._first_links.setdefault(sent, interface) != interface:
            return
        number = len(self.records) + 1
        self.records.append(Record(number, now, ETHERNET, frame, len(frame), interface, 0, None))
        if sent in self._forged:
            self._forged_frames[number] = None

    def errors(self) -> list[str]:
        """What honest nodes did against the rules, as errors."""
        judge = Judge(RFC6275)
        found: list[Finding] = []
        for sighting in sightings([Source("links", self.records, at_rest=True)], RFC6275):
            found += judge.see(sighting)
        found += judge.finish()
        return [
            f"{finding.rule}: expected {finding.expected}, seen {finding.seen} (frames {_numbers(finding)})"
            for finding in found
            if finding.severity is Severity.ERROR and not self._is_forged(finding)
        ]

    def _is_forged(self, finding: Finding) -> bool:
        return any(frame.number in self._forged_frames for frame in finding.frames)


def _but_for_hops(datagram: bytes) -> bytes:
    return datagram[:_HOP_LIMIT] + datagram[_HOP_LIMIT + 1 :]


def _numbers(finding: Finding) -> str:
    return ", ".join(str(frame.number) for frame in finding.frames)


__all__ = ["Frames"]
