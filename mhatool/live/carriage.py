"""A node's data plane as it is made: in the kernel or not, which decides what its sockets hear and its table admits."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from socket import if_nametoindex

from mhatool.live.configuration import LiveNode, NodeFile
from mhatool.live.data_plane import cutting
from mhatool.live.data_plane.admission import Admission
from mhatool.live.data_plane.base import DataPlane
from mhatool.live.data_plane.choice import kernel_tunnels
from mhatool.live.data_plane.flows import Flows
from mhatool.live.data_plane.kernel import KernelDataPlane
from mhatool.live.data_plane.path_errors import PathErrors
from mhatool.live.data_plane.paths import NarrowPaths
from mhatool.live.data_plane.routes import Routes
from mhatool.live.data_plane.tun import TunDataPlane
from mhatool.live.data_plane.tunnels import KernelTunnels
from mhatool.live.driver import Driver
from mhatool.live.errors import LiveError
from mhatool.live.kernel import Kernel
from mhatool.live.ledger import Ledger
from mhatool.live.netlink import Netlink
from mhatool.live.removals import RemovalWatch
from mhatool.live.ruleset import RulesetWatch
from mhatool.live.silence import Silence
from mhatool.network import datagram as ipv6
from mhatool.network.detours import Detours

LOG = logging.getLogger("mhatool.live")


class Carriage:
    """What a node's data plane will be, before there is a node that hears of its packets."""

    def __init__(self, live: LiveNode, kernel: Kernel, ledger: Ledger) -> None:
        self._file = live.file
        self._kernel = kernel
        self._netlink = Netlink()
        self._routes = Routes(self._netlink)
        self._led = Routes(self._netlink)
        """Those of user space, which take turns with the kernel's."""
        self._detours = Detours()
        self._tunnels = _tunnels(live.file, self._netlink, self._routes, ledger)
        self._flows: Flows | None = None
        if self._tunnels is not None and live.file.role == "mobile_node":
            self._hear_flows()

    def _hear_flows(self) -> None:
        try:
            self._flows = Flows(self._detours)
        except LiveError as error:
            self.close()
            if self._file.data_plane != "auto":
                raise
            LOG.info("%s", error)
            self._tunnels = None

    @property
    def is_in_the_kernel(self) -> bool:
        """Whether the kernel unpacks tunnels."""
        return self._tunnels is not None

    @property
    def _cuts(self) -> bool:
        """Whether packets that are too big for their tunnels must not get into the kernel's."""
        return self._flows is not None and self._tunnels is not None and not self._tunnels.fragments

    @contextmanager
    def carries(self, driver: Driver, device: str, mobility: int) -> Iterator[None]:
        """The node's data plane is there, and the kernel keeps silent about what it doesn't understand."""
        name = self._file.name
        admits_at = self._tunnels.admits_at if self._tunnels is not None else None
        silence = Silence(name, device, (mobility, ipv6.IPV6), admits_at, self._file.mtu if self._cuts else 0)
        silence.begin()
        try:
            plane = driver.machine.data_plane = self._made(driver, device, silence.table)
            driver.machine.tell_addresses = plane.look
            driver.tables.about = {"name": plane.name, "device": plane.device}
            LOG.info("data plane: %s, device %s", plane.name, plane.device)
            with (
                closing(RulesetWatch(silence, lambda: _put_back(silence.table, plane))) as tables,
                closing(self._removals()) as removals,
            ):
                driver.watches += [tables, removals]
                yield
        finally:
            silence.end()

    def _removals(self) -> RemovalWatch:
        return RemovalWatch((self._routes, self._led, self._kernel), LOG.warning)

    def _made(self, driver: Driver, device: str, table: str) -> DataPlane:
        machine, tunnels, paths = driver.machine, self._tunnels, NarrowPaths(driver.clock)
        driver.each_second.append(paths.forget)
        user_space = TunDataPlane(
            device, self._kernel, self._led, self._file.mtu, machine.send_data, driver.command, self._detours, paths
        )
        user_space.path_errors = PathErrors(
            self._detours,
            driver.clock,
            user_space.answer,
            paths,
            of_tunnels=tunnels is None or not tunnels.tells_too_big,
        )
        if tunnels is None:
            paths.changed = user_space.lead_anew
            return user_space
        plane = KernelDataPlane(user_space, tunnels, self._routes, self._kernel, Admission(table))
        paths.changed = plane.lead_anew
        if self._flows is not None:
            self._flows.tell = driver.command
            plane.flows = self._flows
        if self._cuts:
            cutting.lead(self._routes, if_nametoindex(plane.outlet))
        return plane

    def close(self) -> None:
        """Leave nothing behind in the kernel."""
        self._led.close()
        self._routes.close()
        if self._tunnels is not None:
            self._tunnels.close()
        if self._flows is not None:
            self._flows.close()
        self._netlink.close()


def _put_back(table: str, plane: DataPlane) -> None:
    plane.admit_again()
    LOG.warning("somebody has removed the table %s of nf_tables: put back, the node needs it", table)


def _tunnels(file: NodeFile, netlink: Netlink, routes: Routes, ledger: Ledger) -> KernelTunnels | None:
    """A correspondent has no tunnels: its optimised routes are user space's."""
    wanted = "tun" if file.role == "correspondent" else file.data_plane
    return kernel_tunnels(
        wanted, file.name, netlink, routes, ledger, lambda why: LOG.info("not in the kernel: %s", why)
    )


__all__ = ["Carriage"]
