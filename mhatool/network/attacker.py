"""What attackers do: send what they made up, and what they heard."""

from __future__ import annotations

from dataclasses import dataclass

from dissectors.ipv6.checksum import checksum
from dissectors.ipv6.link import ETHERNET
from dissectors.profile import Profile
from dissectors.walk import Dissector
from mhatool.engine.packet_events import NothingToReplay, PacketForged
from mhatool.network import datagram as ipv6
from mhatool.network.ethernet import HEADER_LENGTH
from mhatool.network.link import Link
from mhatool.network.machine import Machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Forger:
    """Sends a datagram from a machine, past its tunnels; `name` says which forgery it is."""

    machine: Machine
    name: str
    datagram: bytes
    interface: str | None = None
    link_destination: bytes | None = None

    def send(self) -> None:
        """Send it now."""
        machine = self.machine
        machine.tell(forged(machine, self.name, self.datagram))
        machine.send(self.datagram, self.interface, self.link_destination)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an eavesdropper waits for: the `number`-th datagram with a message, between these ends where given."""

    message: str
    number: int = 1
    source: bytes | None = None
    destination: bytes | None = None


class Eavesdropper:
    """Hears all that a link carries while its machine is on it, keeps one datagram, and sends that again.

    What a link loses it doesn't hear either.
    """

    def __init__(self, machine: Machine, link: Link, wanted: Wanted, profile: Profile, name: str) -> None:
        self.name = name
        self.heard: bytes | None = None
        self._machine = machine
        self._link = link
        self._wanted = wanted
        self._seen = 0
        self._dissector = Dissector(profile)

    def listen(self) -> None:
        """From now on."""
        self._link.taps.append(self._hear)

    def replay(self, source: bytes | None = None, destination: bytes | None = None) -> None:
        """Send it again, with other addresses where they are given."""
        machine = self._machine
        if self.heard is None:
            detail = f"no {self._wanted.message} number {self._wanted.number} was heard on {self._link.name}"
            machine.tell(
                NothingToReplay(time_ns=machine.agenda.now, node=machine.name, forgery=self.name, detail=detail)
            )
            return
        datagram = redirected(self.heard, source, destination, machine.profile)
        machine.tell(forged(machine, self.name, datagram))
        machine.send(datagram)

    def _hear(self, now: int, frame: bytes, comment: str | None) -> None:
        if self.heard is not None or comment is not None or not self._is_there():
            return
        datagram, wanted = frame[HEADER_LENGTH:], self._wanted
        if wanted.source not in (None, ipv6.source(datagram)):
            return
        if wanted.destination not in (None, ipv6.destination(datagram)):
            return
        packet = self._dissector.look(frame, ETHERNET, len(frame), 0)
        if any(each.carries == wanted.message and not each.quoted for each in packet.datagrams):
            self._seen += 1
            if self._seen == wanted.number:
                self.heard = datagram

    def _is_there(self) -> bool:
        machine = self._machine
        return machine.running and any(interface.link is self._link for interface in machine.interfaces.values())


def forged(machine: Machine, name: str, datagram: bytes) -> PacketForged:
    """The event that tells of it."""
    return PacketForged(time_ns=machine.agenda.now, node=machine.name, forgery=name, frame=datagram)


def redirected(datagram: bytes, source: bytes | None, destination: bytes | None, profile: Profile) -> bytes:
    """The datagram between other ends, with a checksum that fits: an attacker knows how to add."""
    if source is None and destination is None:
        return datagram
    moved = ipv6.with_addresses(datagram, source or datagram[8:24], destination or datagram[24:40])
    found = ipv6.carried(moved)
    place = {profile.protocol("mobility"): 4, ipv6.ICMPV6: 2, ipv6.UDP: 6}.get(found.protocol)
    if place is None:
        return moved
    at = found.at + place
    upper = moved[found.at : at] + b"\0\0" + moved[at + 2 :]
    ends = found.home_address or moved[8:24], found.routed_to or moved[24:40]
    summed = checksum(*ends, found.protocol, upper)
    return moved[:at] + summed.to_bytes(2) + moved[at + 2 :]


__all__ = ["Eavesdropper", "Forger", "Wanted", "redirected"]
