"""Links: what carries frames between interfaces, with delay, loss, duplication, reordering and an MTU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from mhatool.engine.events import Event
from mhatool.engine.link_events import FrameDuplicated, FrameHeldBack, FrameLost, LinkFailed, LinkPartitioned
from mhatool.network.agenda import Agenda
from mhatool.network.ethernet import HEADER_LENGTH, group_link_address
from mhatool.protocol.neighbourhood import ALL_NODES

if TYPE_CHECKING:
    from mhatool.network.interface import Interface

#: Sees each frame that is sent on a link: the time, the frame, a comment where something became of it.
Tap = Callable[[int, bytes, str | None], None]
LOST: Final = "lost: "
"""Before the reason, in what taps are told of a frame that nobody receives."""
#: Says whether a frame is to be lost.
LossRule = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How a link treats frames: shares are from 0 to 1, and each is drawn for each frame.

    `reordering` is the share of frames that come later by up to `held_back_ns`.
    """

    delay_ns: int = 0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    held_back_ns: int = 0
    mtu: int = 1500


class Link:
    """A broadcast link. A frame reaches the interface that it names, or those that joined its group; not its sender.

    What is under way when a receiver leaves doesn't reach it any more.
    """

    def __init__(
        self, name: str, agenda: Agenda, random: Random, tell: Callable[[Event], None], quality: Quality
    ) -> None:
        self.name = name
        self.quality = quality
        self.up = True
        self.taps: list[Tap] = []
        self.loss_rules: list[LossRule] = []
        self.carried = 0
        """Frames that were sent on it."""
        self.delivered = 0
        """Frames that came to an interface: one to a group counts for each that hears it."""
        self.interfaces: dict[str, Interface] = {}
        """Those attached, by machine and name, in the order in which they came."""
        self._agenda = agenda
        self._random = random
        self._tell = tell
        self._by_link_address: dict[bytes, Interface] = {}
        self._groups: dict[bytes, dict[str, Interface]] = {}
        self._sides: dict[str, int] = {}
        """By machine, on which side of a partition it is; empty while the link is whole."""

    def attach(self, interface: Interface) -> None:
        """From now on it hears what is for it. ValueError where its link-layer address is there already."""
        if interface.link_address in self._by_link_address:
            raise ValueError(f"{self.name}: two interfaces have the link-layer address {interface.link_address.hex()}")
        self.interfaces[interface.key] = interface
        self._by_link_address[interface.link_address] = interface
        self.join(interface, ALL_NODES)
        for group in interface.groups:
            self.join(interface, group)

    def detach(self, interface: Interface) -> None:
        """It hears nothing more."""
        del self.interfaces[interface.key]
        del self._by_link_address[interface.link_address]
        for members in self._groups.values():
            members.pop(interface.key, None)

    def join(self, interface: Interface, group: bytes) -> None:
        """It hears what is sent to this multicast address."""
        self._groups.setdefault(group_link_address(group), {})[interface.key] = interface

    def leave(self, interface: Interface, group: bytes) -> None:
        """It hears it no longer; groups of other addresses may share the link-layer address."""
        shared = group_link_address(group)
        if all(group_link_address(other) != shared for other in interface.groups):
            self._groups.get(shared, {}).pop(interface.key, None)

    def fail(self, up: bool = False) -> None:
        """Carry nothing from now on, or carry again."""
        self.up = up
        self._tell(LinkFailed(time_ns=self._agenda.now, node=self.name, up=up))

    def partition(self, groups: tuple[tuple[str, ...], ...]) -> None:
        """Let machines of different groups not hear each other from now on; those in no group hear and are heard.
        Without groups the link is whole again."""
        self._sides = {machine: side for side, group in enumerate(groups) for machine in group}
        self._tell(LinkPartitioned(time_ns=self._agenda.now, node=self.name, groups=groups))

    def transmit(self, frame: bytes, sender: Interface) -> None:
        """Take a frame from an interface, whole, with its Ethernet header."""
        quality, now = self.quality, self._agenda.now
        lost = "" if self.up and not self.loss_rules and not quality.loss else self._loss(frame)
        receivers = self._receivers(frame, sender)
        if self._sides and receivers:
            receivers = self._within_reach(receivers, sender)
            lost = lost or ("" if receivers else "partition")
        self.carried += 1
        for tap in self.taps:
            tap(now, frame, LOST + lost if lost else None)
        if lost:
            self._tell(FrameLost(time_ns=now, node=self.name, reason=lost, frame=frame))
            return
        delay = quality.delay_ns
        if quality.reordering:
            delay += self._held_back(frame)
        if receivers:
            self._agenda.at(now + delay, self._deliver, frame, receivers)
            if quality.duplication and self._random.random() < quality.duplication:
                self._tell(FrameDuplicated(time_ns=now, node=self.name, frame=frame))
                self._agenda.at(now + delay, self._deliver, frame, receivers)

    def _loss(self, frame: bytes) -> str:
        """Why the frame is lost, or nothing."""
        if not self.up:
            return "down"
        verdicts = [rule(frame) for rule in self.loss_rules]  # each of them counts what it sees
        if any(verdicts):
            return "rule"
        return "chance" if self.quality.loss and self._random.random() < self.quality.loss else ""

    def _held_back(self, frame: bytes) -> int:
        if self._random.random() >= self.quality.reordering:
            return 0
        delay = round(self._random.uniform(0, self.quality.held_back_ns))
        self._tell(FrameHeldBack(time_ns=self._agenda.now, node=self.name, delay_ns=delay, frame=frame))
        return delay

    def _receivers(self, frame: bytes, sender: Interface) -> list[Interface]:
        destination = frame[:6]
        if destination[0] & 1:
            return [member for member in self._groups.get(destination, {}).values() if member is not sender]
        receiver = self._by_link_address.get(destination)
        return [receiver] if receiver is not None and receiver is not sender else []

    def _within_reach(self, receivers: list[Interface], sender: Interface) -> list[Interface]:
        side = self._sides.get(sender.machine)
        if side is None:
            return receivers
        return [interface for interface in receivers if self._sides.get(interface.machine, side) == side]

    def _deliver(self, frame: bytes, receivers: list[Interface]) -> None:
        datagram = frame[HEADER_LENGTH:]
        self.delivered += len(receivers)
        for interface in receivers:
            if interface.link is self:
                interface.hearer(interface, frame, datagram)


__all__ = ["Link", "LossRule", "Quality", "Tap"]
