"""Large captures with a little mobility signalling in them, whose counts are known because they were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from bench import octets as wire
from bench.background import LINK, Background, Shares, Template
from bench.files import Timed
from bench.messages import FREQUENCIES, Packet, draw

PACKETS_A_BLOCK = 1_000
MESSAGES_A_BLOCK = 5
"""0.5 % of the packets are signalling."""
START_US = 1_700_000_000_000_000
_MEAN_GAP_US = 20
_LATE_EVERY, _LATE_US = 1_000, 300
"""Each so many-th packet is stamped so much too early, as those of several interfaces are."""
_FIRST_IDENTIFICATION = 0x10000


@dataclass
class Expected:
    """What was put into a capture."""

    packets: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    """By the names of `mhatool info --json`."""
    in_fragments: int = 0
    """Messages behind fragment headers, atomic ones included: who reassembles nothing can't find them all."""

    @property
    def signalling(self) -> int:
        """Messages; each is in a frame of its own, or completed by one."""
        return self.messages.total()


class Traffic:
    """Frames with their times; `expected` is filled while they are taken. The same for the same seed."""

    def __init__(self, packets: int, *, seed: int = 6275, shares: Shares = LINK) -> None:
        self.expected = Expected()
        self._packets = packets
        self._random = Random(seed)
        self._background = Background(self._random, shares)
        self._packing = _Packing(self._random)
        self._kinds = list(FREQUENCIES)
        self._weights = list(accumulate(FREQUENCIES.values()))

    def __iter__(self) -> Iterator[Timed]:
        steps = [self._random.randrange(2 * _MEAN_GAP_US + 1) for _ in range(4096)]
        now, number = START_US, 0
        while self.expected.packets < self._packets:
            size = min(PACKETS_A_BLOCK, self._packets - self.expected.packets)
            for template in self._block(size):
                number += 1
                now += steps[number & 4095]
                late = _LATE_US if number % _LATE_EVERY == 0 else 0
                yield now - late, self._background.frame(template)

    def _block(self, size: int) -> list[Template]:
        """As many frames in their order; the fragments of one packet follow one another, or nearly so."""
        bursts = [self._message() for _ in range(size * MESSAGES_A_BLOCK // PACKETS_A_BLOCK)]
        bursts.append(self._background.fragmented_datagram())
        block = self._background.templates(size - sum(map(len, bursts)))
        for burst in bursts:
            at = self._random.randrange(len(block) + 1)
            block[at:at] = burst
        self.expected.packets += size
        return block

    def _message(self) -> list[Template]:
        (kind,) = self._random.choices(self._kinds, cum_weights=self._weights)
        frames = self._packing.frames(draw(self._random, kind))
        self.expected.messages[kind] += 1
        self.expected.in_fragments = self._packing.fragmented
        return list(frames)


class _Packing:
    """Packs messages in all the ways in which they travel."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.fragmented = 0
        """Packets that got fragment headers so far."""

    def frames(self, packet: Packet) -> list[bytes]:
        """One frame, or several where it is fragmented."""
        link = wire.link_header(wire.ETHERTYPE_IPV6, self._tags())
        protocol, octets = self._extended(*packet.headers())
        packets = self._packets(packet.source, packet.destination, protocol, octets)
        for source, destination in self._tunnels(packet):
            packets = [wire.ipv6(source, destination, wire.IPV6, inner) for inner in packets]
        return [link + each for each in packets]

    def _tags(self) -> tuple[int, ...]:
        """Of 20 frames 3 are in a VLAN and one in two."""
        return self._random.choices(((), (100,), (30, 100)), weights=(16, 3, 1))[0]

    def _extended(self, protocol: int, octets: bytes) -> tuple[int, bytes]:
        """Some have options that only pad before them: hop-by-hop ones, or for the destination."""
        lot = self._random.randrange(20)
        if lot == 0:
            return wire.HOP_BY_HOP, wire.padding_options(protocol) + octets
        if lot == 1 and protocol != wire.DESTINATION_OPTIONS:
            return wire.DESTINATION_OPTIONS, wire.padding_options(protocol) + octets
        return protocol, octets

    def _packets(self, source: bytes, destination: bytes, protocol: int, octets: bytes) -> list[bytes]:
        """Of 20 one comes in several fragments (if it has over 8 octets) and one in an atomic one."""
        lot = self._random.randrange(20)
        if lot > 1 or protocol == wire.HOP_BY_HOP:  # a hop-by-hop header is never in a fragment
            return [wire.ipv6(source, destination, protocol, octets)]
        self.fragmented += 1
        size = 1 << 12 if lot else 16 if len(octets) > 16 else 8
        pieces = wire.fragments(protocol, octets, _FIRST_IDENTIFICATION + self.fragmented, size)
        return [wire.ipv6(source, destination, wire.FRAGMENT, piece) for piece in pieces]

    def _tunnels(self, packet: Packet) -> Iterator[tuple[bytes, bytes]]:
        """The one that the message needs; another one around a tenth of all."""
        if packet.tunnel is not None:
            yield packet.tunnel
        if self._random.randrange(10) == 0:
            provider = bytes.fromhex("20010db8eeee0000") + bytes(7)
            yield provider + b"\x01", provider + b"\x02"
