"""Bring a live node up: what it needs of the machine is made in order, and given back in reverse order at the end."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import Any, Final

from dissectors.ipv6.address import text
from mhatool.engine.commands import RestoreBindings
from mhatool.engine.events import Event
from mhatool.engine.node import Node
from mhatool.live import settings
from mhatool.live.carriage import Carriage
from mhatool.live.clock import Clock
from mhatool.live.configuration import LiveNode
from mhatool.live.control import ControlServer, need_free
from mhatool.live.driver import Driver
from mhatool.live.errors import LiveError
from mhatool.live.interface_names import name_of, number_of
from mhatool.live.kernel import Kernel
from mhatool.live.ledger import Ledger
from mhatool.live.machine import LiveMachine
from mhatool.live.memory import Memory, lists_of
from mhatool.live.presence import Presence
from mhatool.live.readiness import notify
from mhatool.live.reload import Reload
from mhatool.live.settings_watch import SettingsWatch
from mhatool.live.trace_file import TraceFile
from mhatool.network.scenario.roles import ROLES
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.protocol.neighbourhood import LINK_LOCAL_LENGTH, interface_identifier, link_local
from mhatool.trace import Header

LOG = logging.getLogger("mhatool.live")
_LONGEST_CHECK_S: Final = 10.0
"""The kernel needs 2 s at most as it is set usually (RFC 4862, 5.1 and 5.4.2); who asks longer is looked at later."""
_LOOK_AGAIN_S: Final = 0.05
_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def run(live: LiveNode, ready: Callable[[Driver], None] = lambda driver: None) -> None:
    """Run the node until it is told to stop. LiveError where this machine can't; `ready` is called once it is up.

    It is for a process of its own: from when it gives back what it has made, SIGINT and SIGTERM are ignored.
    """
    with _signals_wait(), ExitStack() as stack:
        driver = stack.enter_context(_made(live))
        asyncio.run(_serve(driver, live, lambda: ready(driver)))


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Until the node is up: whoever ends it earlier would leave behind what has been made by then."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _serve(driver: Driver, live: LiveNode, ready: Callable[[], None]) -> None:
    """Control and reload around the driver; whoever started the node hears when it is up."""
    again = Reload(live, driver.command, driver.set_packet_rate)
    server = ControlServer(driver, live, again.reload)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, again.hang_up)
    loop.set_exception_handler(_complain)
    await server.start()

    def up() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        ready()
        notify("READY=1")

    try:
        await driver.run(up)
    finally:
        await server.stop()
        _be_left_alone(loop)


def _be_left_alone(loop: asyncio.AbstractEventLoop) -> None:
    """All is given back, however often somebody presses Ctrl-C; the programs that help with it inherit that."""
    for number in _SIGNALS:
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def _complain(_loop: asyncio.AbstractEventLoop, about: dict[str, Any]) -> None:
    """What nobody expected is one line, and the node goes on; `log_level = "debug"` shows where it happened."""
    error = about.get("exception")
    what = f"{type(error).__name__}: {error}" if error is not None else about.get("message", "")
    LOG.error("unexpected: %s", what, exc_info=error if LOG.isEnabledFor(logging.DEBUG) else None)


@contextmanager
def _made(live: LiveNode) -> Iterator[Driver]:
    """The driver of a node with all that it stands on."""
    file = live.file
    device = f"mha-{file.name}"[:15]
    mobility = file.profile.protocol("mobility")
    with ExitStack() as stack:
        presence = stack.enter_context(closing(Presence(file.role, file.name, [own for own, _ in _own(live)])))
        need_free(file.control_path)  # before anything is touched that may be another node's
        _need_interfaces(live.interfaces)
        ledger = stack.enter_context(closing(Ledger(file.ledger_path)))
        for other in ledger.elsewhere():
            what = "what an earlier run changed in another network namespace is as it left it"
            LOG.warning("%s: %s; start the node there, or remove the file if that one is gone", other, what)
        kernel = Kernel(ledger, LOG.warning)
        left = kernel.clean(alone=not presence.others)
        if left:
            LOG.warning("removed %d addresses, settings, routes and rules that an earlier run had left behind", left)
        carriage = stack.enter_context(closing(_carriage(live, kernel, ledger)))
        machine = _machine(live, kernel, mobility, stack, carries=not carriage.is_in_the_kernel)
        clock = Clock()
        memory = _memory(live, clock, stack)
        node: Node = ROLES[file.role].make(_remembering(live, memory), SystemRandom())
        driver = Driver(node, machine, clock, file.packet_rate)
        stack.enter_context(carriage.carries(driver, device, mobility))
        _settings(live, kernel, device)
        watch = stack.enter_context(closing(SettingsWatch(kernel)))
        driver.watches.append(watch)
        driver.each_second.append(watch.look)
        machine.prepare = partial(_prepare, live, kernel)
        _claim(live, kernel, machine)
        LOG.setLevel(file.log_level.upper())
        driver.listeners.append(_say)
        _trace(live, driver, stack)
        if memory is not None:
            memory.list_of = lists_of(node)
            driver.listeners.append(memory.hear)
            if file.role == "home_agent":
                driver.first.append(RestoreBindings(memory.bindings))
        yield driver


def _need_interfaces(interfaces: tuple[str, ...]) -> None:
    """With IPv6, and by the names that the kernel tells of: it finds them by others, too (ip-link(8), altname)."""
    for interface in interfaces:
        name = name_of(number_of(interface), otherwise=interface)  # who opens it says that it isn't there
        if name != interface:
            raise LiveError(f"{interface}: another name of {name}; give that one in the node's file")
        if settings.is_off(interface):
            what = f"{interface}: IPv6 is switched off there, and a node needs addresses"
            raise LiveError(f"{what}; {settings.how_to_switch_on(interface)}")


def _say(event: Event) -> None:
    """Each event, for who wants to know everything."""
    if LOG.isEnabledFor(logging.DEBUG):
        LOG.debug("%s", event)


def _memory(live: LiveNode, clock: Clock, stack: ExitStack) -> Memory | None:
    if not live.file.state:
        return None
    memory = Memory(Path(live.file.state), clock, LOG.warning, live.file.name)
    stack.callback(memory.close)
    return memory


def _remembering(live: LiveNode, memory: Memory | None) -> Any:
    """The configuration with what the node knew before it was started again."""
    configuration = live.configuration
    if live.file.role == "home_agent":
        if memory is not None:
            return replace(configuration, restart_counter=memory.restart_counter, keeps_bindings=memory.is_kept)
        return replace(configuration, restart_counter=Clock().now() // NS_PER_S % 2**32)
    if live.file.role == "mobile_node" and memory is not None:
        return replace(configuration, first_sequence_numbers=memory.next_sequence_numbers)
    return configuration


def _carriage(live: LiveNode, kernel: Kernel, ledger: Ledger) -> Carriage:
    try:
        return Carriage(live, kernel, ledger)
    except LiveError:
        kernel.close()
        raise


def _machine(live: LiveNode, kernel: Kernel, mobility: int, stack: ExitStack, *, carries: bool) -> LiveMachine:
    try:
        machine = LiveMachine(live.interfaces, kernel, mobility, LOG.warning, carries=carries)
    except OSError as error:
        kernel.close()
        what = (error.strerror or str(error)).lower()
        raise LiveError(
            f"{', '.join(live.interfaces)}: {what}; `ip link` lists interfaces, and root may use them"
        ) from error

    def close() -> None:
        for failed in machine.close():
            LOG.warning("left behind: %s", failed)

    stack.callback(close)
    return machine


def _trace(live: LiveNode, driver: Driver, stack: ExitStack) -> None:
    """Write the node's events to its file, if it has one."""
    if live.file.trace:
        header = Header(vantage_point=live.file.name, profile=live.file.profile.name, start_ns=driver.clock.now())
        file = stack.enter_context(closing(TraceFile(live.file.trace, header, LOG.warning)))
        driver.listeners.append(file.hear)


def _own(live: LiveNode) -> list[tuple[bytes, int]]:
    """A home agent's own addresses on its link, and how long their prefixes are; nothing for other nodes."""
    prefixes = live.configuration.advertising.prefixes if live.file.role == "home_agent" else ()
    return [(each.router_address, each.prefix_length) for each in prefixes if each.router_address is not None]


def _claim(live: LiveNode, kernel: Kernel, machine: LiveMachine) -> None:
    """A home agent's own addresses are nobody else's, before it says that they are its. LiveError where one is."""
    if live.file.role == "home_agent":
        interface = live.configuration.interface
        link_address = dict(machine.link_addresses)[interface]
        kernel.claim_address(interface, link_local(interface_identifier(link_address)), LINK_LOCAL_LENGTH)
        for address, length in _own(live):
            kernel.claim_address(interface, address, length)
    end = time.monotonic() + _LONGEST_CHECK_S
    while kernel.is_checking() and time.monotonic() < end:
        time.sleep(_LOOK_AGAIN_S)


def _settings(live: LiveNode, kernel: Kernel, device: str) -> None:
    """What the kernel must not do itself: take addresses from advertisements at a mobile node; forward at an agent."""
    if live.file.role == "home_agent":
        for interface in ("all", device):
            kernel.set_sysctl(interface, "forwarding", 1)
    for interface in live.interfaces:
        _prepare(live, kernel, interface)
        for address in kernel.learned(interface) if live.file.role == "mobile_node" else ():
            what = "the kernel has it from an advertisement, and keeps it on links where it is nobody's"
            LOG.warning("%s: %s; ip -6 address flush dev %s to %s", text(address), what, interface, text(address))


def _prepare(live: LiveNode, kernel: Kernel, interface: str) -> None:
    """The same for an interface of the node's."""
    wanted = {"mobile_node": ((settings.ACCEPT_RA, 0), ("autoconf", 0)), "home_agent": (("forwarding", 1),)}
    for key, value in wanted.get(live.file.role, ()):
        kernel.set_sysctl(interface, key, value)
    if live.file.role == "mobile_node":
        kernel.forget_learned(interface)


__all__ = ["run"]
