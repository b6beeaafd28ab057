"""What a machine is like around a node, looked at without changing anything; it needs no library and little right."""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import struct
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from mhatool.live.ledger import left_in
from mhatool.live.marks import MARK
from mhatool.live.presence import others
from mhatool.live.silence import trial
from mhatool.programs import find

_CONF: Final = Path("/proc/sys/net/ipv6/conf")
_SIOCGIFFLAGS, _SIOCETHTOOL = 0x8913, 0x8946
_ETHTOOL_GDRVINFO, _ETHTOOL_GTXCSUM = 0x3, 0x16
_SETTINGS: Final = ("accept_ra", "disable_ipv6", "forwarding")
_DAEMONS: Final[Mapping[str, tuple[str, str]]] = {
    "radvd": ("-C", "/etc/radvd.conf"),
    "bird": ("-c", "/etc/bird/bird.conf"),
    "ripngd": ("-f", "/etc/frr/frr.conf"),
    "ndppd": ("-c", "/etc/ndppd.conf"),
    "mip6d": ("-c", "/usr/local/etc/mip6d.conf"),
    "NetworkManager": ("--config", "/etc/NetworkManager/NetworkManager.conf"),
    "systemd-network": ("", ""),
    "dhcpcd": ("-f", "/etc/dhcpcd.conf"),
}
"""By the name that the kernel has for a process, 15 characters of it: the option that names its file, and the usual."""
_DEVICES, _TABLE = re.compile(r'"mh(a-|\*)'), "mhatool_"


class Interface(NamedTuple):
    """A network interface, and what its settings under net.ipv6.conf are."""

    name: str
    is_up: bool = True
    has_carrier: bool = True
    driver: str = ""
    leaves_checksums: bool = False
    """To its hardware, which virtual ones haven't."""
    settings: Mapping[str, int] = {}


class Daemon(NamedTuple):
    """A program of the network that runs in this namespace, or whose file is there; `text` is what the file says."""

    name: str
    file: str = ""
    text: str = ""
    mode: int = 0
    runs: bool = True
    can_read: bool = True
    """Whether it may read its file, as the user that it runs as."""


class Chain(NamedTuple):
    """A chain of nf_tables that isn't a node's; `knows_nodes`: a rule of it names their devices."""

    family: str
    table: str
    name: str
    hook: str
    policy: str = "accept"
    knows_nodes: bool = False

    def __str__(self) -> str:
        return f"{self.family} {self.table} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of it. What couldn't be looked at is None. `role` and `uses` are those of the node that is asked about."""

    role: str = ""
    uses: tuple[str, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    are_settings_writable: bool = True
    daemons: tuple[Daemon, ...] = ()
    default_routes: tuple[tuple[str, str], ...] | None = ()
    """The protocol and the interface of each."""
    proxies: tuple[str, ...] | None = ()
    learned: tuple[tuple[str, str], ...] | None = ()
    """The addresses that the kernel has taken from advertisements, and the interface of each."""
    rules: tuple[tuple[int, str], ...] | None = ()
    """The priority and the table of each."""
    chains: tuple[Chain, ...] | None = ()
    tables: tuple[str, ...] = ()
    """Of nf_tables, those that silence the kernel for a node."""
    ledgers: tuple[str, ...] = ()
    """Where nodes that were killed have written what they hadn't given back yet."""
    marked: int | None = 0
    """How many rules and routes have the mark of nodes."""
    silence_refused: str | None = ""
    nodes: tuple[str, ...] = ()

    @property
    def concerned(self) -> tuple[Interface, ...]:
        """The interfaces that the node uses; where none is asked about, all."""
        return tuple(each for each in self.interfaces if each.name in self.uses or not self.uses)


def look(role: str = "", uses: tuple[str, ...] = (), controls: tuple[Path, ...] = ()) -> Facts:
    """How it is now in this network namespace; `controls` are folders of control sockets."""
    ruleset = _listed("nft", "-j", "list", "ruleset")
    objects = ruleset["nftables"] if ruleset is not None else None
    listed_rules = _listed("ip", "-6", "-j", "rule", "show")
    rules = _rows(listed_rules, "priority", "table")
    proxies = _rows(_listed("ip", "-6", "-j", "neigh", "show", "proxy"), "dst", "dev")
    return Facts(
        role=role,
        uses=uses,
        interfaces=tuple(_interface(name) for _, name in socket.if_nameindex() if name != "lo"),
        are_settings_writable=os.access(_CONF / "all" / "forwarding", os.W_OK, effective_ids=True),
        daemons=(*_running(), *_resting()),
        default_routes=_rows(_listed("ip", "-6", "-j", "route", "show", "default"), "protocol", "dev"),
        proxies=None if proxies is None else tuple(f"{address} on {device}" for address, device in proxies),
        learned=_learned(_listed("ip", "-6", "-j", "address", "show", "dynamic", "scope", "global")),
        rules=None if rules is None else tuple((int(priority), table) for priority, table in rules),
        chains=None if objects is None else tuple(_chains(objects)),
        tables=tuple(_tables(objects or ())),
        ledgers=tuple(str(path) for folder in sorted(set(controls)) for path in left_in(folder)),
        marked=_marked(listed_rules, _listed("ip", "-6", "-j", "route", "show", "table", "all", "proto", str(MARK))),
        silence_refused=trial(),
        nodes=tuple(other.name for other in others()),
    )


def _rows(listed: Any, first: str, second: str) -> tuple[tuple[str, str], ...] | None:
    """Two values of each entry, "" where it hasn't one."""
    if listed is None:
        return None
    return tuple((str(each.get(first, "")), str(each.get(second, ""))) for each in listed)


def _marked(rules: Any, routes: Any) -> int | None:
    if rules is None or routes is None:
        return None
    return sum(str(rule.get("protocol")) == str(MARK) for rule in rules) + len(routes)


def _learned(listed: Any) -> tuple[tuple[str, str], ...] | None:
    """What ends some day is from an advertisement; entries of others are empty."""
    if listed is None:
        return None
    links = [link for link in listed if link]
    return tuple((each["local"], link["ifname"]) for link in links for each in link.get("addr_info", ()) if each)


# --- interfaces ---


def _interface(name: str) -> Interface:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        flags = _asked(control, _SIOCGIFFLAGS, struct.pack("16s24x", name.encode()))
        up, running = (bool(flags is not None and struct.unpack_from("16xH", flags)[0] & bit) for bit in (0x1, 0x40))
        driver = _ethtool(control, name, _ETHTOOL_GDRVINFO, 196)[4:36].split(b"\0")[0].decode("ascii", "replace")
        leaves = any(_ethtool(control, name, _ETHTOOL_GTXCSUM, 8)[4:])
    return Interface(name, up, running, driver, leaves, {key: _setting(name, key) for key in _SETTINGS})


def _asked(control: socket.socket, request: int, argument: Any) -> Any:
    try:
        return fcntl.ioctl(control, request, argument)
    except OSError:
        return None  # it has just gone, or isn't asked such things


def _ethtool(control: socket.socket, name: str, command: int, size: int) -> bytes:
    """The answer of `size` octets; all 0 where there is none."""
    import ctypes

    answer = ctypes.create_string_buffer(struct.pack("I", command), size)
    asked = _asked(control, _SIOCETHTOOL, struct.pack("16sP16x", name.encode(), ctypes.addressof(answer)))
    return answer.raw if asked is not None else bytes(size)


def _setting(interface: str, key: str) -> int:
    try:
        return int((_CONF / interface / key).read_text("ascii"))
    except (OSError, ValueError):
        return 0  # an interface without IPv6 has none


# --- programs ---


def _listed(*command: str) -> Any:
    """What `ip` or `nft` lists as JSON; None where it isn't there or may not."""
    program = find(command[0])
    if program is None:
        return None
    try:
        done = subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=10, check=False)
        return json.loads(done.stdout or "[]") if not done.returncode else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _running() -> Iterator[Daemon]:
    """Those of this network namespace; other users' are seen by root alone."""
    own = os.stat("/proc/self/ns/net").st_ino
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name = (process / "comm").read_text("utf-8", "replace").strip()
            if name in _DAEMONS and os.stat(process / "ns" / "net").st_ino == own:
                arguments = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                yield _daemon(name, _file_of(name, arguments), _user_of(process))
        except OSError:
            continue  # it has just ended, or is somebody else's


def _resting() -> Iterator[Daemon]:
    """A file of radvd, which runs only where it likes that."""
    file = _DAEMONS["radvd"][1]
    if Path(file).exists():
        yield _daemon("radvd", file, 0)._replace(runs=False)


def _file_of(name: str, arguments: list[str]) -> str:
    option, usual = _DAEMONS[name]
    after = [value for argument, value in pairwise(arguments) if argument == option and option]
    return after[-1] if after else usual


def _user_of(process: Path) -> int:
    found = re.search(r"^Uid:\s+\d+\s+(\d+)", (process / "status").read_text("utf-8", "replace"), re.MULTILINE)
    return int(found[1]) if found else 0


def _daemon(name: str, file: str, user: int) -> Daemon:
    path = Path(file)
    try:
        found = path.stat()
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
    except OSError:
        return Daemon(name, file)
    can_read = not user or found.st_uid == user or bool(found.st_mode & 0o044)
    return Daemon(name, file, text, found.st_mode & 0o777, can_read=can_read)


# --- nf_tables ---


def _chains(objects: list[Mapping[str, Any]]) -> Iterator[Chain]:
    """Those that packets pass."""
    for found in (each["chain"] for each in objects if "chain" in each):
        if "hook" in found and not found["table"].startswith(_TABLE):
            place = found["family"], found["table"], found["name"]
            rules = [each["rule"] for each in objects if "rule" in each]
            own = [rule for rule in rules if (rule["family"], rule["table"], rule["chain"]) == place]
            yield Chain(*place, found["hook"], found.get("policy", "accept"), bool(_DEVICES.search(json.dumps(own))))


def _tables(objects: Any) -> Iterator[str]:
    for found in (each["table"] for each in objects if "table" in each):
        if found["name"].startswith(_TABLE):
            yield found["name"].removeprefix(_TABLE)


__all__ = ["Chain", "Daemon", "Facts", "Interface", "look"]
