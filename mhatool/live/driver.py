"""A live node: its engine, its machine, its clock, in one event loop."""

from __future__ import annotations

import asyncio
import errno
import signal
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from mhatool.engine.commands import Command, LinkChanged, Start, Stop
from mhatool.engine.drops import DropReason
from mhatool.engine.events import Event
from mhatool.engine.node import Node, TakesLeave
from mhatool.engine.pacing import TokenBuckets
from mhatool.live.carrier import Carriers
from mhatool.live.clock import Clock
from mhatool.live.data_plane.base import why_not_received
from mhatool.live.errors import LiveError
from mhatool.live.hearing import Ear
from mhatool.live.machine import LiveMachine
from mhatool.live.readiness import notify
from mhatool.live.tables import Tables
from mhatool.network import datagram as ipv6
from mhatool.network.fragments import Fragments, has_its_header
from mhatool.protocol.lifetime import NS_PER_S

_COUNT_S: Final = 1.0
_TURN_S: Final = 0.02
"""How long packets of one link are taken before timers, other links, and who asks the node something get their turn."""
GOODBYE_S: Final = 2.0
"""How long a node that stops waits for answers to what it says last."""


class Watch(Protocol):
    """Somebody else's changes to what a node has made."""

    def fileno(self) -> int:
        """For whoever waits for changes."""

    def look(self) -> None:
        """See what was changed. LiveError where the node can't go on."""


class Driver:
    """Runs a node until it is told to stop. `listeners` hear each event."""

    def __init__(self, node: Node, machine: LiveMachine, clock: Clock, packet_rate: float) -> None:
        self.node = node
        self.machine = machine
        self.clock = clock
        self.tables = Tables()
        self.listeners: list[Callable[[Event], None]] = [self.tables.hear]
        self.watches: list[Watch] = []
        """What else is looked at when it has something to tell."""
        self.each_second: list[Callable[[], None]] = []
        """What else is done whenever is counted."""
        self.first: list[Command] = []
        """What the node is told right after it has come up."""
        self._fragments = Fragments()
        self._paces: TokenBuckets[bytes]
        self.set_packet_rate(packet_rate)
        self._timer: asyncio.TimerHandle | None = None
        self._counting: asyncio.TimerHandle | None = None
        self._stop: asyncio.Event = asyncio.Event()
        self._failure: LiveError | None = None

    async def run(self, ready: Callable[[], Any] = lambda: None) -> None:
        """Come up, say so by `ready`, and go on until SIGTERM, SIGINT or `stop`. LiveError where that can't be."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        plane = self.machine.data_plane
        carriers = Carriers((*self.machine.links, plane.device, plane.outlet))
        loop.add_reader(carriers, self._look, carriers)
        for watch in self.watches:
            loop.add_reader(watch, self._watch, watch)
        for name, link in self.machine.links.items():
            for ear in link.ears:
                loop.add_reader(ear, self._hear, name, ear)
            if link.tunnelled is not None:
                loop.add_reader(link.tunnelled, plane.unpack, link.tunnelled)
        for file, read in plane.readers().items():
            loop.add_reader(file, self._read, file, read)
        try:
            self._start()
            self.count()
            ready()
            await self._stop.wait()
            await self._leave()
        finally:
            loop.remove_reader(carriers)
            carriers.close()
            for timer in (self._timer, self._counting):
                if timer is not None:
                    timer.cancel()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Leave in an orderly way."""
        self._stop.set()

    def fail(self, error: LiveError) -> None:
        """What the node stands on is gone: leave as far as that goes, and end with this."""
        self._failure = error
        self.stop()

    def set_packet_rate(self, packet_rate: float) -> None:
        """Read so many messages of one kind a second from one source, from now on; 0: all of them."""
        self._paces = TokenBuckets(packet_rate)

    def _start(self) -> None:
        self.command(Start(self.machine.link_addresses))
        self.machine.look()
        for command in self.first:
            self.command(command)
        for address in getattr(self.node, "anycast_addresses", ()):
            self.machine.share(address)

    async def _leave(self) -> None:
        """Say goodbye, and wait a little for who answers it."""
        notify("STOPPING=1")
        self.command(Stop())
        end = self.clock.now() + int(GOODBYE_S * NS_PER_S)
        while isinstance(self.node, TakesLeave) and self.node.waits_for_goodbyes and self.clock.now() < end:
            await asyncio.sleep(0.02)

    # --- inputs ---

    def command(self, command: Command) -> None:
        """Tell the node something, and do what it leads to."""
        self.node.command(command, self.clock.now())
        self._settle()

    def _hear(self, name: str, ear: Ear) -> None:
        machine = self.machine
        heard, turn_ends = machine.has_ipv6(name), time.monotonic() + _TURN_S
        for datagram, link_source in ear.read():
            if not heard or not machine.is_ours(datagram[24:40]):
                continue
            found = ipv6.carried(datagram)
            if found.fragment_at is None:
                self._take(datagram, found, name, link_source)
            elif (whole := self._put_together(datagram, found)) is not None:
                self._take(whole, ipv6.carried(whole), name, link_source, in_pieces=True)
            if time.monotonic() > turn_ends:
                break
        self.tables.count_dropped(DropReason.OVERRUN, self.clock.now(), ear.lost())

    def _take(
        self, datagram: bytes, found: ipv6.Carried, name: str, link_source: bytes, *, in_pieces: bool = False
    ) -> None:
        kind = self.machine.kind(datagram, found)
        if kind is None:
            self._hear_data(datagram, found, in_pieces=in_pieces)
        elif self._paces.take(datagram[8:24] + kind, self.clock.now()):
            self.machine.received += 1
            self.node.receive(datagram, name, link_source, self.clock.now())
            self._settle()
        else:
            self.tables.count_dropped(DropReason.RATE_LIMIT, self.clock.now())

    def _put_together(self, datagram: bytes, found: ipv6.Carried) -> bytes | None:
        """The kernel does so too, but for what its table of ours drops: signalling, and packets of home addresses."""
        if has_its_header(datagram, found):
            return self._fragments.add(datagram, found, self.clock.now())
        self.tables.count_dropped(DropReason.MALFORMED, self.clock.now())
        return None

    def _hear_data(self, datagram: bytes, found: ipv6.Carried, *, in_pieces: bool) -> None:
        if not self.machine.data_plane.receive(datagram, found, in_pieces=in_pieces):
            reason = why_not_received(found)
            if reason is not None:
                self.tables.count_dropped(reason, self.clock.now())

    def _watch(self, watch: Watch) -> None:
        try:
            watch.look()
        except LiveError as error:
            self.fail(error)

    def count(self) -> None:
        """Count what was dropped unseen, now and every second; and see then what time it is.

        The event loop's clock stands still while the machine is suspended, and the node's doesn't.
        """
        if self._counting is not None:
            self._counting.cancel()
        refused = self.machine.data_plane.refused()
        self.tables.count_dropped(DropReason.TUNNEL_SOURCE, self.clock.now(), refused)
        lost = self.machine.data_plane.lost()
        lost += sum(link.lost_of_tunnels() for link in self.machine.links.values())
        self.tables.count_dropped(DropReason.OVERRUN, self.clock.now(), lost)
        for done in self.each_second:
            done()
        self._counting = asyncio.get_running_loop().call_later(_COUNT_S, self.count)
        self._arm()

    def _read(self, file: int, read: Callable[[], None]) -> None:
        """Something is there for the data plane, or it has lost its device."""
        try:
            read()
        except OSError as error:
            if error.errno not in {errno.EBADFD, errno.ENODEV}:
                raise
            asyncio.get_running_loop().remove_reader(file)
            self._lose_device(self.machine.data_plane.device)

    def _lose_device(self, name: str) -> None:
        """With its routes: the kernel forgets those of a device that goes down."""
        what = f"somebody has removed {name} or taken it down"
        self.fail(LiveError(f"{what}, the way of all home addresses' packets; start the node again"))

    def _ring(self) -> None:
        self._timer = None
        due = self.node.next_timer()
        if due is not None and due <= self.clock.now():
            self.node.handle_timer(self.clock.now())
        self._settle()

    def _look(self, carriers: Carriers) -> None:
        """Something about links or addresses changed: see what."""
        changes = list(carriers.changes())
        switched = self.machine.look_for_ipv6()
        try:
            self.machine.look()
        except LiveError as error:
            self.fail(error)
            return
        for name, up in changes:
            if self.machine.has_ipv6(name):
                self.command(LinkChanged(name, up))
            elif not up and name not in self.machine.links:
                self._lose_device(name)
        for name, on in switched:  # as if its link had gone, and with it all routes
            if carriers.is_up(name):
                self.command(LinkChanged(name, on))

    # --- outputs ---

    def _settle(self) -> None:
        for event in self.node.poll_events():
            for listener in self.listeners:
                listener(event)
        self.machine.carry_out(self.node.poll_actions())
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.node.next_timer()
        if due is not None:
            wait = max(due - self.clock.now(), 0) / NS_PER_S
            self._timer = asyncio.get_running_loop().call_later(wait, self._ring)


__all__ = ["GOODBYE_S", "Driver"]
