"""The kernel's addresses, routes, rules and neighbours, changed as a node says and given back as they were.

All that is added is remembered and removed by `close`. Rules and tables of our own have numbers of our own, so that
what an earlier run left behind (it was killed) is found and removed by `clean`; a ledger tells of the rest.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from pyroute2 import IPRoute, NetlinkError

from dissectors.ipv6.address import is_link_local, text
from mhatool.live import settings
from mhatool.live.data_plane.routes import NEW_ROUTE, RouteKey, RuleKey, remove_left, route_key
from mhatool.live.data_plane.seg6 import TUNNEL_SOURCE, forget_tunnel_source
from mhatool.live.errors import LiveError
from mhatool.live.interface_names import name_of, number_of
from mhatool.live.learned import learned_routes
from mhatool.live.ledger import Ledger
from mhatool.live.marks import MARK, RULE_PRIORITY, TABLE
from mhatool.live.netlink import CREATE, EXCLUSIVE, RefusedError
from mhatool.live.netlink import Netlink as OwnNetlink
from mhatool.protocol.neighbourhood import interface_identifier, link_local

_IFA_F_NODAD, _IFA_F_DADFAILED, _IFA_F_TENTATIVE, _IFA_F_NOPREFIXROUTE = 0x02, 0x08, 0x40, 0x200
_IFF_RUNNING: Final = 0x40
_IFA_F_PERMANENT: Final = 0x80
_BY_LINK_ADDRESS: Final = "0"
"""The `addr_gen_mode` of interfaces whose link-local address is made of that of the link (RFC 4291, appendix A)."""
_GLOBAL: Final = 0
"""The scope of addresses that are good everywhere."""
_MAIN: Final = 254
_METRIC: Final = 128
_ON_LINK_METRIC: Final = 512
"""Behind the kernel's own, 256: with an address's last it removes the first route to the prefix, whosever that is."""
_GONE: Final = frozenset({errno.ESRCH, errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EADDRNOTAVAIL})


class Netlink:
    """pyroute2 in a thread of its own, waited for: its blocking calls run an event loop, and ours runs already."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, "netlink")
        self._route: Any = self._worker.submit(IPRoute).result()

    def __call__(self, method: str, *arguments: Any, **named: Any) -> list[Any]:
        """Whatever the method of pyroute2's IPRoute answers, as a list. NetlinkError where the kernel refuses."""

        def call() -> list[Any]:
            return list(getattr(self._route, method)(*arguments, **named))

        return self._worker.submit(call).result()

    def close(self) -> None:
        """No more of it."""
        self._worker.submit(self._route.close).result()
        self._worker.shutdown()


class Kernel:
    """This network namespace's kernel, over netlink."""

    def __init__(self, ledger: Ledger, warn: Callable[[str], None] = lambda what: None) -> None:
        self._ledger = ledger
        self._warn = warn
        self._netlink = Netlink()
        self._undo: dict[tuple[str, ...], Callable[[], object]] = {}
        self._routes: dict[tuple[str, ...], dict[str, Any]] = {}
        """Each route as it was set last."""
        self._claimed: dict[bytes, str] = {}
        """Addresses that the kernel checks whenever they are given to their interfaces."""
        self._settings: dict[tuple[str, str], str] = {}
        """What each setting has to be, by interface and name."""

    # --- addresses ---

    def add_address(self, interface: str, address: bytes, prefix_length: int) -> None:
        """The address is the machine's; nothing where it is already. The kernel checks only what was claimed.

        For the others it makes no route either: that an address has a prefix doesn't say that this is on the link (RFC
        5942, 4), and with other addresses of the prefix the route would stay when this one goes.
        """
        arguments = {"index": self._index(interface), "address": text(address), "prefixlen": prefix_length}
        key = "address", interface, text(address)
        self._ledger.add(key, prefix_length)
        is_claimed = self._claimed.get(address) == interface
        flags = 0 if is_claimed else _IFA_F_NODAD | (0 if is_link_local(address) else _IFA_F_NOPREFIXROUTE)
        try:
            self._netlink("addr", "add", flags=flags, **arguments)
        except NetlinkError as error:
            if key not in self._undo:
                self._ledger.remove(key)
            if error.code != errno.EEXIST:
                raise LiveError(f"{text(address)} can't be given to {interface}: {_why(error)}") from error
            return
        if is_link_local(address) and self._makes_itself(interface, address):
            self._ledger.remove(key)
        else:
            self._undo[key] = lambda: self._netlink("addr", "del", **arguments)

    def _makes_itself(self, interface: str, address: bytes) -> bool:
        """Whether the kernel gives an interface that comes up this link-local address: it had it before, or will."""
        (link,) = self._netlink("get_links", self._index(interface))
        identifier = interface_identifier(bytes.fromhex(link.get_attr("IFLA_ADDRESS", "").replace(":", "")))
        return settings.read(interface, "addr_gen_mode") == _BY_LINK_ADDRESS and address == link_local(identifier)

    def claim_address(self, interface: str, address: bytes, prefix_length: int) -> None:
        """The same for one that nobody has checked: the kernel asks the link whether somebody has it (RFC 4862, 5.4).

        That takes a second or two, or no time where `accept_dad` is 0; `is_checking` says when it has ended.
        """
        self._claimed[address] = interface
        self.add_address(interface, address, prefix_length)

    def is_checking(self) -> bool:
        """Whether claimed addresses may be somebody else's still, and there is a link to ask. LiveError: one is."""
        links = {link["index"] for link in self._netlink("get_links") if link["flags"] & _IFF_RUNNING}
        return any(
            flags & _IFA_F_TENTATIVE and index in links and address in self._claimed
            for address, index, flags in self._look_up()
        )

    def remove_address(self, interface: str, address: bytes) -> None:
        """It isn't any more; nothing where we didn't add it."""
        self._take_back("address", interface, text(address))

    def addresses(self) -> dict[bytes, str]:
        """All addresses of the machine, with the interface of each. LiveError: one is somebody else's."""
        names = {link["index"]: link.get_attr("IFLA_IFNAME") for link in self._netlink("get_links")}
        return {address: names.get(index, "") for address, index, _ in self._look_up()}

    def _look_up(self) -> Iterator[tuple[bytes, int, int]]:
        """Each address, the number of its interface, and its flags."""
        for each in self._netlink("get_addr", family=socket.AF_INET6):
            address = socket.inet_pton(socket.AF_INET6, each.get_attr("IFA_ADDRESS"))
            flags = each.get_attr("IFA_FLAGS", each["flags"])
            if flags & _IFA_F_DADFAILED and address in self._claimed:
                what = f"{text(address)}: somebody else has it on the link of {self._claimed[address]} (RFC 4862, 5.4)"
                mine = "`router_address`" if not is_link_local(address) else "address on the link (`ip link set`)"
                raise LiveError(f"{what}; give this node another {mine}, or stop that one")
            yield address, each["index"], flags

    def learned(self, interface: str) -> list[bytes]:
        """The addresses that the kernel itself has taken there, from advertisements: they end some day."""
        found = self._netlink("get_addr", family=socket.AF_INET6, index=self._index(interface), scope=_GLOBAL)
        ending = (each for each in found if not each.get_attr("IFA_FLAGS", each["flags"]) & _IFA_F_PERMANENT)
        return [socket.inet_pton(socket.AF_INET6, each.get_attr("IFA_ADDRESS")) for each in ending]

    # --- routes ---

    def set_route(
        self,
        prefix: bytes,
        prefix_length: int,
        interface: str,
        next_hop: bytes | None = None,
        *,
        table: int = _MAIN,
    ) -> None:
        """A route by an interface, in the place of the one that we set before, without a moment between.

        In such a moment a connected socket would find another way, and keep to it.
        """
        key = "route", text(prefix), str(prefix_length), str(table)
        was_by_neighbour = "gateway" in self._routes.get(key, ())
        if was_by_neighbour != (next_hop is not None):  # the kernel puts such routes side by side
            self.remove_route(prefix, prefix_length, table=table)
        arguments: dict[str, Any] = {
            "dst": f"{text(prefix)}/{prefix_length}",
            "oif": self._index(interface),
            "table": table,
            "proto": MARK,
            "priority": _METRIC if next_hop is not None or prefix_length == 128 or table != _MAIN else _ON_LINK_METRIC,
            "family": socket.AF_INET6,
        }
        if next_hop is not None:
            arguments["gateway"] = text(next_hop)
        try:
            self._netlink("route", "replace", **arguments)
        except NetlinkError as error:
            raise LiveError(f"no route to {arguments['dst']} by {interface}: {_why(error)}") from error
        self._undo[key] = lambda: self._netlink("route", "del", **arguments)
        self._routes[key] = arguments

    def remove_route(self, prefix: bytes, prefix_length: int, *, table: int = _MAIN) -> None:
        """It is gone; nothing where we didn't set it."""
        self._take_back("route", text(prefix), str(prefix_length), str(table))

    def forget_learned(self, interface: str) -> None:
        """The kernel's own routes by an interface from advertisements go, for good: they may be another link's."""
        routes = learned_routes(interface)
        for route in routes:
            arguments: dict[str, Any] = {"dst": f"{text(route.prefix)}/{route.length}", "priority": route.metric}
            if route.next_hop is not None:
                arguments["gateway"] = text(route.next_hop)
            with suppress(NetlinkError):  # it has just ended by itself
                self._netlink("route", "del", family=socket.AF_INET6, oif=self._index(interface), **arguments)
        if routes:
            what = f"removed {len(routes)} routes that the kernel had from advertisements"
            self._warn(f"{interface}: {what}: the node sets its own")

    def set_source_rule(self, source: bytes) -> None:
        """Packets from this address take our own table."""
        arguments = {"src": text(source), "src_len": 128, "table": TABLE, "priority": RULE_PRIORITY, "protocol": MARK}
        key = "rule", text(source)
        if key not in self._undo:
            self._netlink("rule", "add", family=socket.AF_INET6, **arguments)
            self._undo[key] = lambda: self._netlink("rule", "del", family=socket.AF_INET6, **arguments)

    def remove_source_rule(self, source: bytes) -> None:
        """They take the table that all do."""
        self._take_back("rule", text(source))

    def has_set(self, key: RouteKey | RuleKey) -> bool:
        """See `Owner`."""
        if isinstance(key, RouteKey):
            return _kept_as(key) in self._undo
        return bool(key.source) and key.table == TABLE and ("rule", text(key.source)) in self._undo

    def put_back(self, kind: int, body: bytes) -> None:
        """See `Owner`. A route as it was set last: another one may have taken its place since."""
        key = route_key(body) if kind == NEW_ROUTE else None
        if key is not None:
            try:
                self._netlink("route", "add", **self._routes[_kept_as(key)])
            except NetlinkError as error:
                raise RefusedError(error.code, _why(error)) from error
            return
        netlink = OwnNetlink()
        try:
            netlink.do(kind, body, CREATE | EXCLUSIVE)
        finally:
            netlink.close()

    # --- neighbours, sysctls ---

    def forget_neighbour(self, interface: str, address: bytes) -> None:
        """What the kernel knows of a neighbour's link-layer address is out of date."""
        with suppress(NetlinkError):  # it knew nothing
            self._netlink("neigh", "del", ifindex=self._index(interface), dst=text(address), family=socket.AF_INET6)

    def set_sysctl(self, interface: str, name: str, value: int) -> None:
        """A setting of an interface under net.ipv6.conf, until no node wants it. LiveError where it may not be changed.

        Who sets that of all interfaces sets each one's: those that had the value already have it again afterwards.
        """
        try:
            now = settings.read(interface, name)
            if ("sysctl", interface, name) not in self._undo:
                self._claim(interface, name, now, str(value))
            if now != str(value):
                settings.write(interface, name, str(value))
        except OSError as error:
            what = f"net.ipv6.conf.{interface}.{name} can't be set to {value}"
            raise LiveError(f"{what}: {(error.strerror or '').lower()}; use root, or CAP_NET_ADMIN") from error
        self._settings[interface, name] = str(value)

    def keep_settings(self) -> None:
        """See `Keeper`. One of an interface that is gone is set again by who hears that it is back."""
        for (interface, name), wanted in list(self._settings.items()):
            with suppress(FileNotFoundError):
                if (now := settings.read(interface, name)) != wanted:
                    self._set_back(interface, name, wanted, now)

    def _set_back(self, interface: str, name: str, wanted: str, now: str) -> None:
        what = f"somebody has set net.ipv6.conf.{interface}.{name} to {now}"
        try:
            settings.write(interface, name, wanted)
        except FileNotFoundError:
            raise
        except OSError as error:
            del self._settings[interface, name]
            self._warn(f"{what}, and it can't be set back: {(error.strerror or '').lower()}")
        else:
            self._warn(f"{what}: back to {wanted}, the node needs it")
            if name == settings.ACCEPT_RA:
                self.forget_learned(interface)

    def _claim(self, interface: str, name: str, now: str, wanted: str) -> None:
        """Remember how it was without any node, where it wasn't as the node wants it."""
        before = settings.claimed(interface, name) or now
        if before == wanted:
            return
        if interface == settings.ALL and now != wanted:
            for other in settings.alike(name, wanted):
                self._remember(other, name, wanted)
        self._remember(interface, name, before, settings.Claim(interface, name, before))

    def _remember(self, interface: str, name: str, before: str, claim: settings.Claim | None = None) -> None:
        """How it is given back; its claim first, for that is what others ask for."""
        number = number_of(interface)

        def undo() -> None:
            if claim is not None:
                claim.close()
            was_renamed = number and not number_of(interface)
            settings.give_back(name_of(number, interface) if was_renamed else interface, name, before)

        self._ledger.add(("sysctl", interface, name), before)
        self._undo["sysctl", interface, name] = undo

    # --- the end ---

    def clean(self, *, alone: bool) -> int:
        """Remove what an earlier run has left behind; how many things that were.

        Where other nodes run in this namespace (not `alone`), routes and rules with our mark may be theirs, and stay:
        but for those of seg6, which one node alone may have, if that was this one.
        """
        had_seg6 = TUNNEL_SOURCE in self._ledger.left()
        given_back = self._give_back()
        if not alone and not had_seg6:
            return given_back
        netlink = OwnNetlink()
        try:
            return given_back + remove_left(netlink, of_seg6=not alone)
        finally:
            netlink.close()

    def _give_back(self) -> int:
        """What the ledger tells of; what is gone by itself is as good."""
        left = self._ledger.left()
        for (kind, interface, name), how in reversed(left.items()):  # whoever sets all interfaces was the last
            if kind not in _GIVEN_BACK:
                raise self._ledger.unreadable(f"{kind} is no change that is known here")
            with suppress(OSError, NetlinkError, LiveError):
                _GIVEN_BACK[kind](self, interface, name, how)
        self._ledger.clear()
        return len(left)

    def _delete_address(self, interface: str, address: str, prefix_length: int) -> None:
        self._netlink("addr", "del", index=self._index(interface), address=address, prefixlen=prefix_length)

    def _reset(self, interface: str, name: str, before: str) -> None:
        settings.give_back(interface, name, before)

    def _forget_tunnel_source(self, _interface: str, _name: str, _how: Any) -> None:
        forget_tunnel_source()

    def close(self) -> list[str]:
        """Give everything back, the latest first; what couldn't be, in words."""
        failed = []
        for key in reversed(list(self._undo)):
            try:
                self._take_back(*key)
            except (OSError, NetlinkError) as error:
                failed.append(f"{' '.join(key)}: {error}")
        self._netlink.close()
        return failed

    def _take_back(self, *key: str) -> None:
        undo = self._undo.pop(key, None)
        if undo is None:
            return
        try:
            undo()
        except NetlinkError as error:
            if error.code not in _GONE:
                raise
        except FileNotFoundError:
            pass  # the interface is gone, and its settings with it
        self._ledger.remove(key)

    def _index(self, interface: str) -> int:
        try:
            return socket.if_nametoindex(interface)
        except OSError as error:
            raise LiveError(f"there is no interface {interface!r}; `ip link` lists them") from error


def _kept_as(key: RouteKey) -> tuple[str, ...]:
    return "route", text(key.prefix), str(key.length), str(key.table)


def _why(error: NetlinkError) -> str:
    """In words; its own text is a pair of a number and some."""
    return os.strerror(error.code).lower()


_GIVEN_BACK: Final[Mapping[str, Callable[[Kernel, str, str, Any], None]]] = {
    "address": Kernel._delete_address,
    "sysctl": Kernel._reset,
    TUNNEL_SOURCE[0]: Kernel._forget_tunnel_source,
}


__all__ = ["Kernel"]
