"""Test traffic: UDP datagrams at a rate, each with its number and time, so that each that is lost or late is known."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from dissectors.ipv6.checksum import checksum
from mhatool.engine.traffic_events import TrafficInterval
from mhatool.network import datagram as ipv6
from mhatool.protocol.lifetime import NS_PER_S

if TYPE_CHECKING:
    from mhatool.network.machine import Machine

FIRST_PORT = 40_000
UDP_HEADER = 8
_PAYLOAD = Struct(">QQ")
"""Number and sending time, in nanoseconds since 1970."""
SMALLEST = _PAYLOAD.size


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPlan:
    """What is to be sent: `rate` times a second `size` octets of UDP payload, from `start_ns` on, before `stop_ns`."""

    name: str
    source: bytes
    destination: bytes
    rate: float
    start_ns: int
    stop_ns: int
    size: int = 64

    def sent_at(self, number: int) -> int:
        """When the datagram of this number is sent, from 0: to the nearest nanosecond, so that none adds up."""
        times, seconds = self.rate.as_integer_ratio()
        return self.start_ns + (2 * number * NS_PER_S * seconds + times) // (2 * times)


@dataclass(slots=True)
class Sent:
    """A datagram of a flow, and when it came: None where it never did."""

    sent_at: int
    received_at: int | None = None
    copies: int = 0


class Flow:
    """A flow between two machines. `port` is its own, at both ends."""

    def __init__(self, plan: FlowPlan, sender: Machine, receiver: Machine, port: int) -> None:
        self.plan = plan
        self.sender = sender
        self.receiver = receiver
        self.port = port
        self.datagrams: list[Sent] = []
        receiver.sockets[port] = self._take
        sender.agenda.at(plan.start_ns, self._send)

    def _send(self) -> None:
        now = self.sender.agenda.now
        if now >= self.plan.stop_ns:
            return
        payload = _PAYLOAD.pack(len(self.datagrams), now).ljust(self.plan.size, b"\0")
        self.datagrams.append(Sent(now))
        self.sender.originate(udp(self.plan.source, self.plan.destination, self.port, payload))
        self.sender.agenda.at(self.plan.sent_at(len(self.datagrams)), self._send)

    def _take(self, source: bytes, destination: bytes, payload: bytes) -> None:
        number, _ = _PAYLOAD.unpack_from(payload)
        sent = self.datagrams[number]
        sent.copies += 1
        if sent.received_at is None:
            sent.received_at = self.receiver.agenda.now

    @property
    def lost(self) -> list[int]:
        """When those were sent that never came."""
        return [sent.sent_at for sent in self.datagrams if sent.received_at is None]

    def intervals(self, length_ns: int = NS_PER_S) -> list[TrafficInterval]:
        """What became of the datagrams, by intervals of their sending time."""
        groups: dict[int, list[Sent]] = {}
        for sent in self.datagrams:
            groups.setdefault((sent.sent_at - self.plan.start_ns) // length_ns, []).append(sent)
        return [self._interval(index * length_ns, length_ns, group) for index, group in groups.items()]

    def _interval(self, since_ns: int, length_ns: int, group: list[Sent]) -> TrafficInterval:
        delays = [sent.received_at - sent.sent_at for sent in group if sent.received_at is not None]
        return TrafficInterval(
            time_ns=self.plan.start_ns + since_ns,
            node=self.sender.name,
            flow=self.plan.name,
            length_ns=length_ns,
            sent=len(group),
            received=len(delays),
            duplicated=sum(sent.copies - 1 for sent in group if sent.copies > 1),
            longest_delay_ns=max(delays, default=0),
        )


def udp(source: bytes, destination: bytes, port: int, payload: bytes) -> bytes:
    """A UDP datagram from a port to the same port (RFC 768), with its IPv6 header."""
    ports = port.to_bytes(2)
    length = (UDP_HEADER + len(payload)).to_bytes(2)
    summed = checksum(source, destination, ipv6.UDP, ports + ports + length + b"\0\0" + payload) or 0xFFFF
    whole = ports + ports + length + summed.to_bytes(2) + payload
    return ipv6.compose(source, destination, ipv6.UDP, whole, ipv6.TUNNEL_HOP_LIMIT)


__all__ = ["FIRST_PORT", "SMALLEST", "Flow", "FlowPlan", "Sent", "udp"]
