"""What a machine has: looked at without changing anything."""

from __future__ import annotations

import gzip
import os
import platform
import re
import socket
import subprocess
from collections.abc import Callable, Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from mhatool.programs import environment, find

STATES: Final = ("ok", "missing", "trap", "unknown")
_PROTO_MOBILITY: Final = 135
_CAP_NET_ADMIN: Final = 12
_CAP_SYS_ADMIN: Final = 21


class Finding(NamedTuple):
    """One thing: there with its version or place, or missing with what to do; else how it is, or a trap.

    `otherwise` is its state where it isn't ok.
    """

    name: str
    ok: bool
    detail: str
    needed_by: str
    remedy: str
    otherwise: str = "missing"

    @property
    def state(self) -> str:
        """One of STATES."""
        return "ok" if self.ok else self.otherwise


class _Program(NamedTuple):
    """A program by any of its names, the Debian package that brings it, what needs it, and how it tells its version."""

    name: str
    commands: tuple[str, ...]
    package: str
    needed_by: str
    version: str = ""


class _Feature(NamedTuple):
    """A part of the kernel: its module, its configuration option, and a file that shows that it runs."""

    name: str
    module: str
    option: str
    file: str
    needed_by: str


_PACKAGES: Final = ("scapy", "dpkt", "pyshark", "typer", "rich", "msgspec", "zstandard", "platformdirs")
_EXTRAS: Final = (("pyroute2", "lab, node run"), ("textual", "view"))
_PROGRAMS: Final = (
    _Program("tshark", ("tshark",), "tshark", "crosscheck, export wireshark", "--version"),
    _Program("dumpcap", ("dumpcap",), "wireshark-common", "all that takes -i, lab capture, lab run", "--version"),
    _Program("luac", ("luac5.4",), "lua5.4", "checking the Wireshark plugin", "-v"),
    _Program("ip", ("ip",), "iproute2", "lab, node run", "-V"),
    _Program("nft", ("nft",), "nftables", "lab, node run", "--version"),
    _Program("RIPng daemon", ("bird",), "bird2", "lab: the routers of Fig. 10"),
    _Program("sysctl", ("sysctl",), "procps", "lab", "--version"),
    _Program("ethtool", ("ethtool",), "ethtool", "lab"),
    _Program("radvd", ("radvd",), "radvd", "home agents that don't advertise themselves"),
    _Program("chromium", ("chromium", "chromium-browser", "google-chrome"), "chromium", "testing HTML timelines"),
)
_FEATURES: Final = (
    _Feature("kernel tunnel", "ip6_tunnel", "IPV6_TUNNEL", "/proc/sys/net/ipv6/conf/ip6tnl0", "node run"),
    _Feature("seg6", "seg6", "IPV6_SEG6_LWTUNNEL", "/proc/sys/net/ipv6/conf/all/seg6_enabled", "node run"),
    _Feature("nf_tables", "nf_tables", "NF_TABLES", "/sys/module/nf_tables", "lab, node run"),
)


def examine() -> list[Finding]:
    """All of it, in the order to show."""
    features = [_feature(feature) for feature in _FEATURES]
    return [
        Finding("python", True, platform.python_version(), "everything", ""),
        *(_package(name, "everything", "pip install mhatool") for name in _PACKAGES),
        *(_package(name, needed_by, f"pip install {name}") for name, needed_by in _EXTRAS),
        *(_program(program) for program in _PROGRAMS),
        _lua(),
        *(_attempted(*attempt) for attempt in _ATTEMPTS),
        *features,
        _data_plane(features),
    ]


# --- packages and programs ---


def _package(name: str, needed_by: str, remedy: str) -> Finding:
    try:
        return Finding(name, True, metadata.version(name), needed_by, remedy)
    except metadata.PackageNotFoundError:
        return Finding(name, False, "not installed", needed_by, remedy)


def _program(program: _Program) -> Finding:
    remedy = f"apt-get install {program.package}"
    place = find(*program.commands)
    if place is None:
        return Finding(program.name, False, "not installed", program.needed_by, remedy)
    detail = place
    if program.version and (found := re.search(r"\d+(\.\d+)+", _output(place, program.version))):
        detail = f"{found[0]}, {place}"
    return Finding(program.name, True, detail, program.needed_by, remedy)


@cache
def _output(*command: str) -> str:
    """What a program prints, or nothing where it doesn't run."""
    try:
        run = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=10,
            check=False,
            env=environment(LC_ALL="C"),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.decode(errors="replace")


def _lua() -> Finding:
    place = find("tshark")
    found = re.search(r"with\s+Lua\s+([\d.]*\d)", _output(place, "--version")) if place else None
    detail = found[1] if found else "no tshark with Lua"
    return Finding("tshark's Lua", found is not None, detail, "crosscheck, export wireshark", "apt-get install tshark")


# --- rights ---


def _raw_sockets() -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    socket.socket(socket.AF_INET6, socket.SOCK_RAW, _PROTO_MOBILITY).close()


def _tun() -> None:
    os.close(os.open("/dev/net/tun", os.O_RDWR))


def _administration() -> None:
    _need(_CAP_NET_ADMIN)


def _namespaces() -> None:
    os.stat("/proc/self/ns/net")
    _need(_CAP_SYS_ADMIN)


def _need(capability: int) -> None:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"CapEff:\s*([0-9a-f]+)", status)
    if not (found and int(found[1], 16) >> capability & 1):
        raise PermissionError(1, "Operation not permitted")


_ATTEMPTS: Final[tuple[tuple[str, Callable[[], None], str, str], ...]] = (
    ("raw sockets", _raw_sockets, "send, node run", "use root, or setcap cap_net_raw+ep on the Python that runs it"),
    ("TUN", _tun, "node run", "modprobe tun, and use root, or chmod 666 /dev/net/tun as udev does"),
    ("network administration", _administration, "lab, node run", "use root, or CAP_NET_ADMIN"),
    ("network namespaces", _namespaces, "lab", "use root"),
)


def _attempted(name: str, attempt: Callable[[], None], needed_by: str, remedy: str) -> Finding:
    try:
        attempt()
    except OSError as error:
        return Finding(name, False, (error.strerror or str(error)).lower(), needed_by, remedy)
    return Finding(name, True, "usable", needed_by, remedy)


# --- kernel ---


def _feature(feature: _Feature) -> Finding:
    release = platform.release()
    detail = ""
    if Path(feature.file).exists() or Path("/sys/module", feature.module).exists():
        detail = "loaded"
    elif _module_listed(feature.module, release):
        detail = "a module that can be loaded"
    elif f"CONFIG_{feature.option}=y" in _configuration(release):
        detail = "built in"
    remedy = f"modprobe {feature.module}, or a kernel with CONFIG_{feature.option}"
    return Finding(feature.name, bool(detail), detail or f"not in kernel {release}", feature.needed_by, remedy)


def _module_listed(module: str, release: str) -> bool:
    wanted = re.compile(rf"/{re.escape(module)}\.ko\b")
    return any(wanted.search(_text(Path("/lib/modules", release, name))) for name in ("modules.dep", "modules.builtin"))


def _data_plane(features: Iterable[Finding]) -> Finding:
    """Which data plane a node takes that isn't told: the first that is there; user space's always is."""
    there = {finding.name for finding in features if finding.ok}
    found = [plane for name, plane in (("kernel tunnel", "ip6tnl"), ("seg6", "seg6")) if name in there]
    detail = f"{found[0]} (also {', '.join([*found[1:], 'tun'])})" if found else "tun, in user space"
    return Finding("data plane", True, detail, "node run", "")


@cache
def _configuration(release: str) -> str:
    try:
        return gzip.decompress(Path("/proc/config.gz").read_bytes()).decode("ascii", "replace")
    except (OSError, EOFError):
        return _text(Path(f"/boot/config-{release}"))


@cache
def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
