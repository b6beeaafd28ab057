"""A small internet for tests: hosts on two links, a router between them, no protocol nodes."""

from __future__ import annotations

from typing import TypeVar

from dissectors.ipv6.address import parse
from mhatool.engine.events import Event
from mhatool.network.link import Quality
from mhatool.network.machine import Machine
from mhatool.network.network import Network
from mhatool.network.routes import Route
from mhatool.protocol.neighbourhood import interface_identifier, link_local

E = TypeVar("E", bound=Event)
MS = 1_000_000
S = 1_000_000_000


def mac(number: int) -> bytes:
    return bytes((2, 0, 0, 0, 0, number))


class Internet:
    """alice on `left` (2001:db8:1::/64), bob on `right` (2001:db8:2::/64), `router` between: 1 ms a link."""

    def __init__(self, left: Quality | None = None, right: Quality | None = None, *, seed: int = 1) -> None:
        self.network = Network(seed=seed, start_ns=10 * S)
        self.events: list[Event] = []
        self.network.listeners.append(self.events.append)
        self.left = self.network.add_link("left", left or Quality(delay_ns=MS))
        self.right = self.network.add_link("right", right or Quality(delay_ns=MS))
        self.router = self.network.add_machine("router", forwards=True)
        self.router.add_interface("l", mac(1), self.left)
        self.router.add_interface("r", mac(2), self.right)
        self.router.boot = self._boot_router
        self.alice = self.host("alice", mac(3), "left", "2001:db8:1::a", "2001:db8:1::1")
        self.bob = self.host("bob", mac(4), "right", "2001:db8:2::b", "2001:db8:2::1")
        for machine in (self.router, self.alice, self.bob):
            machine.start()

    def _boot_router(self, machine: Machine) -> None:
        for name, address in (("l", "2001:db8:1::1"), ("r", "2001:db8:2::1")):
            machine.add_address(name, link_local(interface_identifier(machine.interfaces[name].link_address)), 64)
            machine.add_address(name, parse(address), 64)

    def host(self, name: str, link_address: bytes, link: str, address: str, router: str) -> Machine:
        machine = self.network.add_machine(name)
        machine.add_interface("e", link_address, self.network.links[link])

        def boot(machine: Machine) -> None:
            machine.add_address("e", link_local(interface_identifier(link_address)), 64)
            machine.add_address("e", parse(address), 64)
            machine.routes.add(Route(bytes(16), 0, "e", parse(router)))

        machine.boot = boot
        return machine

    def run(self, seconds: float) -> None:
        self.network.run(self.network.agenda.now + round(seconds * S))

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]
