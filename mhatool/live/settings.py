"""Settings of the kernel that several nodes of one network namespace want: the last one to leave gives them back.

A node claims what it has set by a socket (unix(7): the abstract namespace, which belongs to the network namespace, as
settings do) whose name says what was there before the first of them. It goes with the node, however that ends.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mhatool.live.learned import have_learned
from mhatool.live.presence import SOCKETS

SYSCTLS: Final = Path("/proc/sys/net/ipv6/conf")
ACCEPT_RA: Final = "accept_ra"
LEAST_MTU: Final = 1280
"""RFC 8200, 5: with less the kernel has no IPv6 on an interface."""
_SIOCGIFMTU: Final = 0x8921
ALL: Final = "all"
"""Whoever writes this one writes those of all interfaces."""


class Claim:
    """That this node wants a setting of an interface, which was `before` without any node."""

    def __init__(self, interface: str, name: str, before: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.bind(f"\0mhatool-setting/{interface}/{name}/{before}/{os.urandom(4).hex()}")

    def close(self) -> None:
        """It doesn't any more."""
        self._socket.close()


def claimed(interface: str, name: str) -> str | None:
    """What a setting that a node claims was before; None: no node does."""
    pattern = rf"@mhatool-setting/{re.escape(interface)}/{name}/([^/\s]+)/[0-9a-f]+$"
    found = re.search(pattern, SOCKETS.read_text("utf-8", errors="replace"), re.MULTILINE)
    return found[1] if found is not None else None


def read(interface: str, name: str) -> str:
    """What it is now."""
    return (SYSCTLS / interface / name).read_text("ascii").strip()


def is_off(interface: str) -> bool:
    """Whether IPv6 is switched off there, also by an MTU of less than 1280; not where there is no such interface."""
    try:
        return _mtu(interface) < LEAST_MTU or read(interface, "disable_ipv6") != "0"
    except FileNotFoundError:  # it has none yet: its MTU is large enough since a moment ago
        return True
    except OSError:
        return False


def how_to_switch_on(interface: str) -> str:
    """What to do where IPv6 is off."""
    try:
        is_narrow = _mtu(interface) < LEAST_MTU
    except OSError:  # it has gone meanwhile
        is_narrow = False
    if is_narrow:
        return f"its MTU is less than {LEAST_MTU}: ip link set {interface} mtu 1500"
    return how_to_set(interface, "disable_ipv6", "0")


def how_to_set(interface: str, name: str, value: str) -> str:
    """The command that sets it; a dot in an interface's name is a slash there (sysctl(8)), as in VLANs' eth0.5."""
    return f"sysctl -w net.ipv6.conf.{interface.replace('.', '/')}.{name}={value}"


def _mtu(interface: str) -> int:
    """How long a packet it takes. OSError where there is no such interface."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asked:
        mtu: int = struct.unpack_from(
            "16xi", fcntl.ioctl(asked, _SIOCGIFMTU, struct.pack("16s24x", interface.encode()))
        )[0]
    return mtu


def write(interface: str, name: str, value: str) -> None:
    """Set it; OSError where that may not be."""
    (SYSCTLS / interface / name).write_text(f"{value}\n", "ascii")


def give_back(interface: str, name: str, before: str) -> None:
    """Set it as it was, unless another node wants it still."""
    if claimed(interface, name) is None:
        write(interface, name, before)
        if name == ACCEPT_RA and before != "0":
            have_learned(interface)


def alike(name: str, value: str) -> Iterator[str]:
    """The interfaces, and the default of new ones, that have this value already."""
    for path in sorted(SYSCTLS.glob(f"*/{name}")):
        interface = path.parent.name
        if interface != ALL and read(interface, name) == value:
            yield interface


__all__ = [
    "ACCEPT_RA",
    "ALL",
    "Claim",
    "alike",
    "claimed",
    "give_back",
    "how_to_set",
    "how_to_switch_on",
    "is_off",
    "read",
    "write",
]
