"""The router's node: solicitations and RIPng in, advertisements and RIPng out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dissectors.errors import DecodeError
from dissectors.icmpv6.neighbour_discovery import RouterSolicitation
from dissectors.ipv6.link import Udp
from mhatool.engine.actions import Action
from mhatool.engine.advertising import Advertising
from mhatool.engine.arrival import Arrival, Reader
from mhatool.engine.commands import Command, LinkChanged, Start, Stop
from mhatool.engine.drops import DropReason
from mhatool.engine.events import Event
from mhatool.engine.node import Output, Randomness
from mhatool.engine.packet_events import PacketDropped
from mhatool.engine.router.configuration import RouterConfiguration
from mhatool.engine.router.ripng import RipngProcess
from mhatool.engine.sender import Sender
from mhatool.engine.validity import neighbour_drop
from mhatool.protocol.neighbourhood import interface_identifier, link_local


class Router:
    """Advertises itself and its prefixes, and learns routes from other routers."""

    def __init__(self, configuration: RouterConfiguration, randomness: Randomness) -> None:
        self.name = configuration.name
        self.configuration = configuration
        self._output = Output(configuration.name)
        self._reader = Reader(configuration.profile)
        sender = Sender(configuration.profile, self._output)
        self._advertisers = {
            advertising.interface: Advertising(advertising, sender, randomness)
            for advertising in configuration.advertising
        }
        self.ripng = (
            RipngProcess(configuration, configuration.ripng, self._output, randomness)
            if configuration.ripng is not None
            else None
        )
        self._commands: Mapping[type, Callable[[Any, int], None]] = {
            Start: self._start,
            Stop: self._stop,
            LinkChanged: self._link_changed,
        }
        self._messages: Mapping[type, Callable[[Arrival], None]] = {
            RouterSolicitation: self._solicited,
            Udp: self._routes,
        }

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        """A solicitation or RIPng; what else a machine hands over is other nodes' business."""
        try:
            arrival = self._reader.read(datagram, interface, link_source, now)
        except DecodeError as error:
            self._drop(datagram, DropReason.MALFORMED, str(error), now)
            return
        handler = self._messages.get(type(arrival.message)) if arrival is not None else None
        if arrival is not None and handler is not None:
            if arrival.checksum_good:
                handler(arrival)
            else:
                self._refuse(arrival, DropReason.BAD_CHECKSUM, "its checksum is wrong")

    def command(self, command: Command, now: int) -> None:
        """Start and stop, and what becomes of links; others are for other kinds of nodes."""
        handler = self._commands.get(type(command))
        if handler is not None:
            handler(command, now)

    def next_timer(self) -> int | None:
        """The earliest of its advertisers' and of RIPng's."""
        due = [at for advertiser in self._advertisers.values() if (at := advertiser.next_timer()) is not None]
        if self.ripng is not None and (at := self.ripng.timers.next()) is not None:
            due.append(at)
        return min(due, default=None)

    def handle_timer(self, now: int) -> None:
        """What is due is sent."""
        for advertiser in self._advertisers.values():
            advertiser.handle_timer(now)
        if self.ripng is not None:
            self.ripng.handle_timer(now)

    def poll_actions(self) -> list[Action]:
        """What has to be done."""
        return self._output.poll_actions()

    def poll_events(self) -> list[Event]:
        """What has happened."""
        return self._output.poll_events()

    def _start(self, command: Start, now: int) -> None:
        links = dict(command.link_addresses)
        addresses = {name: link_local(interface_identifier(address)) for name, address in links.items()}
        for name, advertiser in self._advertisers.items():
            advertiser.start(addresses[name], links[name], now)
        if self.ripng is not None:
            self.ripng.start(addresses, now)

    def _stop(self, command: Stop, now: int) -> None:
        for advertiser in self._advertisers.values():
            advertiser.stop(now)

    def _link_changed(self, command: LinkChanged, now: int) -> None:
        if self.ripng is not None:
            self.ripng.link_changed(command.interface, command.up, now)

    def _solicited(self, arrival: Arrival) -> None:
        advertiser = self._advertisers.get(arrival.interface)
        drop = neighbour_drop(arrival)
        if drop is not None:
            self._refuse(arrival, drop.reason, drop.detail)
        elif advertiser is not None:
            advertiser.solicit(arrival.now)

    def _routes(self, arrival: Arrival) -> None:
        if self.ripng is not None:
            self.ripng.receive(arrival, self._refuse)

    def _refuse(self, arrival: Arrival, reason: DropReason, detail: str) -> None:
        self._drop(arrival.datagram, reason, detail, arrival.now)

    def _drop(self, datagram: bytes, reason: DropReason, detail: str, now: int) -> None:
        self._output.tell(
            PacketDropped(
                time_ns=now,
                node=self.name,
                reason=reason,
                detail=detail,
                source=datagram[8:24],
                destination=datagram[24:40],
                frame=datagram,
            )
        )


__all__ = ["Router"]
