"""Plays a recorded peer to a live node: its packets on the wire, at their times, and what the node says meanwhile.

Run in the node's network namespace, at the far ends of its interfaces. It writes what it has put there and what it has
heard to a capture, by the recording's clock.
"""

from __future__ import annotations

import heapq
import itertools
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.icmpv6.options import TargetLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, is_multicast, parse
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.profile import RFC6275
from dissectors.spec import Flags
from dissectors.walk import Dissector
from mhatool.capture import PcapngWriter, Record, linktype, open_capture
from mhatool.engine.departure import ON_LINK, Writer
from mhatool.exchange import Source, sightings
from mhatool.live.clock import Clock
from mhatool.network.ethernet import HEADER_LENGTH, group_link_address
from mhatool.replay.driver import Reply
from mhatool.replay.mobile_node import MobileNodePart
from mhatool.replay.questions import Questions
from mhatool.replay.traffic import traffic_of

_EVERY_PROTOCOL: Final = 3
_OUTGOING: Final = 4
_LONGEST: Final = 65_536
_IPV6: Final = b"\x86\xdd"
_GROUPS: Final = b"\x33\x33"
#: Something to put on a wire: when, where, and the frame.
Put = tuple[int, str, bytes]


@dataclass
class Wires:
    """The far ends of a node's interfaces."""

    names: tuple[str, ...]
    out: PcapngWriter
    sockets: dict[str, socket.socket] = field(default_factory=dict)

    def open(self) -> None:
        """Hear and speak on all of them."""
        for name in self.names:
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_PROTOCOL))
            made.bind((name, 0))
            self.sockets[name] = made

    def put(self, now: int, name: str, frame: bytes) -> None:
        """Put a frame on one; where it is down, nobody hears it."""
        try:
            self.sockets[name].send(frame)
        except OSError:
            return
        self.out.write(now, linktype.ETHERNET, frame, interface_name=name)

    def hear(self, wait_s: float) -> Iterator[tuple[str, bytes]]:
        """What the node puts on them, for so long at most."""
        ready, _, _ = select.select(list(self.sockets.values()), [], [], max(wait_s, 0))
        for name, each in self.sockets.items():
            if each in ready:
                try:
                    frame, address = each.recvfrom(_LONGEST)
                except OSError:  # it was cut
                    continue
                if address[2] != _OUTGOING and frame[12:14] == _IPV6:
                    yield name, frame


class Player:
    """Puts frames on wires at their times; `answers` says what follows from what the node says."""

    def __init__(self, wires: Wires, answers: Callable[[int, str, bytes], Iterable[Put]]) -> None:
        self._wires = wires
        self._answers = answers
        self._waiting: list[tuple[int, int, str, bytes | bool]] = []
        self._count = itertools.count()

    def add(self, at: int, name: str, what: bytes | bool) -> None:
        """A frame; or that the wire is cut (False), or whole again."""
        heapq.heappush(self._waiting, (at, next(self._count), name, what))

    def run(self, begin: int, end: int) -> None:
        """From one instant of the recording to another one."""
        self._wires.open()
        clock = Clock()
        ahead = clock.now() - begin
        while (now := clock.now() - ahead) < end:
            while self._waiting and self._waiting[0][0] <= now:
                self._do(now, *heapq.heappop(self._waiting)[2:])
            due = self._waiting[0][0] if self._waiting else end
            for name, frame in self._wires.hear((min(due, end) - now) / 1e9):
                now = clock.now() - ahead
                self._wires.out.write(now, linktype.ETHERNET, frame, interface_name=name)
                for at, where, what in self._answers(now, name, frame):
                    self.add(at, where, what)

    def _do(self, now: int, name: str, what: bytes | bool) -> None:
        if isinstance(what, bytes):
            self._wires.put(now, name, what)
        else:
            subprocess.run(["ip", "link", "set", name, "up" if what else "down"], check=True)


# --- who is played ---


def surroundings(capture: str, wires: Mapping[int, str], links: Mapping[str, bytes]) -> Iterator[Put]:
    """All that reached a node by its interfaces in a capture of its links: octet for octet, whoever sent it.

    `wires` are the far ends by the capture's interface, `links` the node's link-layer address at each.
    """
    for record in _records(capture):
        wire = wires.get(record.interface)
        if wire is None or record.captured[12:14] != _IPV6:
            continue
        to, source = record.captured[:6], record.captured[6:12]
        if source != links[wire] and (to == links[wire] or to[:2] == _GROUPS):
            yield record.time_ns, wire, record.captured


class HomeAgents:
    """All that a captured mobile node heard: advertisements by the clock, answers as it was answered."""

    def __init__(self, capture: str, home_address: bytes, wire: str) -> None:
        part = MobileNodePart(home_address, RFC6275)
        self._traffic = traffic_of(sightings([Source(capture, _records(capture))]), part)
        self._questions = Questions(self._traffic.received, self._traffic.sent, wire, RFC6275)
        self._wire = wire
        self._link = next(seen.link_source for seen in self._traffic.sent)
        self._routers = {seen.inner.source: seen.link_source for seen in self._traffic.received if _is_router(seen)}
        self._dissector, self._writer = Dissector(RFC6275), Writer(RFC6275)

    def unasked(self) -> Iterator[Put]:
        """What answers nothing, tunnelled packets among it."""
        for seen in self._traffic.received:
            if seen.frame not in self._questions.answers and not _is_asking_for_neighbours(seen):
                yield seen.time_ns, self._wire, self._framed(seen.octets, seen.link_source)

    def answers(self, now: int, name: str, frame: bytes) -> Iterator[Put]:
        """The answer of a home agent; or of a router who is asked for its link-layer address."""
        datagram = frame[HEADER_LENGTH:]
        for reception in self._questions.answer(Reply(now, datagram)):
            yield reception.time_ns, name, self._framed(reception.octets, reception.link_source)
        packet = self._dissector.dissect(datagram, IPV6_ONLY)
        upper = packet.datagrams[-1].upper if packet.datagrams else None
        if upper is not None and upper.type == "neighbor_solicitation":
            target, source = upper.get("target"), packet.datagrams[-1].source
            if target in self._routers and source != UNSPECIFIED:
                yield now, name, self._neighbour(target, source)

    def _neighbour(self, target: bytes, asker: bytes) -> bytes:
        link = self._routers[target]
        option = TargetLinkLayerAddress(link_layer_address=link)
        message = NeighborAdvertisement(flags=Flags("RSO"), target=target, options=(option,))
        return self._framed(self._writer.write(message, target, asker, hop_limit=ON_LINK), link)

    def _framed(self, datagram: bytes, source: bytes) -> bytes:
        to = datagram[24:40]
        return (group_link_address(to) if is_multicast(to) else self._link) + source + _IPV6 + datagram


def _is_router(seen: Any) -> bool:
    return bool(seen.inner.carries == "router_advertisement")


def _is_asking_for_neighbours(seen: Any) -> bool:
    """Ours answers them, but not before it has the address; the captured one was asked when it had."""
    return bool(seen.inner.carries == "neighbor_solicitation")


def _records(capture: str) -> list[Record]:
    with open_capture(capture) as reader:
        return sorted(reader, key=lambda record: record.time_ns)


def main(role: str, capture: str, out: str, begin: str, end: str, *facts: str) -> None:
    """`ha CAPTURE OUT BEGIN END WIRE=INTERFACE=LINK...`, or `mn CAPTURE OUT BEGIN END WIRE HOME_ADDRESS MOVE_NS...`."""
    first, last = int(begin), int(end)
    with Path(out).open("wb") as stream:
        writer = PcapngWriter(stream, application="test", flush_each=True)
        if role == "ha":
            ends = [fact.split("=") for fact in facts]
            wires = Wires(tuple(wire for wire, _, _ in ends), writer)
            links = {wire: bytes.fromhex(link.replace(":", "")) for wire, _, link in ends}
            puts = surroundings(capture, {int(number): wire for wire, number, _ in ends}, links)
            player = Player(wires, lambda now, name, frame: ())
        else:
            wire, home_address, *moves = facts
            wires = Wires((wire,), writer)
            peers = HomeAgents(capture, parse(home_address), wire)
            puts, player = peers.unasked(), Player(wires, peers.answers)
            for move in moves:
                player.add(int(move), wire, False)
                player.add(int(move) + 1, wire, True)
        for at, name, frame in puts:
            if first <= at < last:
                player.add(at, name, frame)
        print("ready", flush=True)
        sys.stdin.readline()
        player.run(first, last)


if __name__ == "__main__":
    main(*sys.argv[1:])
