"""The TUN devices of a node: by one the kernel's packets come to user space, by the other they come back.

What is routed into the outlet is taken from a ring in memory, as a tap on the device sees it; the device itself drops
everything, and counts it so. Reading it would cost a system call for each packet.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Iterator
from typing import Final

from mhatool.live.errors import LiveError
from mhatool.live.filter import leaving
from mhatool.live.hearing import Ring

_TUNSETIFF, _TUNSETQUEUE = 0x400454CA, 0x400454D9
_IFF_TUN, _IFF_NO_PI, _IFF_MULTI_QUEUE, _IFF_DETACH_QUEUE = 0x0001, 0x1000, 0x0100, 0x0400
_DEVICE: Final = "/dev/net/tun"
_AT_ONCE: Final = 256
_LITTLE: Final = 2048


def outlet_of(device: str) -> str:
    """The name of the outlet beside the inlet of this name."""
    return f"mho-{device.removeprefix('mha-')}"[:15]


class Inlet:
    """Packets that are written to it come to the kernel as if they arrived."""

    def __init__(self, name: str, mtu: int) -> None:
        self.name = name
        self.file = _open(name, _IFF_TUN | _IFF_NO_PI)
        _bring_up(name, mtu)

    def drain(self) -> None:
        """Forget what the kernel itself says there of its groups and neighbours. OSError where it was removed."""
        for _ in range(_AT_ONCE):
            try:
                os.read(self.file, _LITTLE)
            except BlockingIOError:
                return

    def close(self) -> None:
        """It is gone, with its routes."""
        os.close(self.file)


class Outlet:
    """Packets that are routed into it come to user space."""

    def __init__(self, name: str, mtu: int) -> None:
        self.name = name
        self._file = _open(name, _IFF_TUN | _IFF_NO_PI | _IFF_MULTI_QUEUE)
        _bring_up(name, mtu)
        fcntl.ioctl(self._file, _TUNSETQUEUE, struct.pack("16xH22x", _IFF_DETACH_QUEUE))
        self._ring = Ring(name, leaving(), outgoing=True)

    def fileno(self) -> int:
        """For whoever waits for packets."""
        return self._ring.fileno()

    def read(self) -> Iterator[bytes]:
        """What has come; not so many that nothing else gets its turn."""
        return self._ring.read(_AT_ONCE)

    def lost(self) -> int:
        """How many packets there was no room for since this was asked last."""
        return self._ring.lost()

    def close(self) -> None:
        """It is gone, with its routes."""
        self._ring.close()
        os.close(self._file)


def _open(device: str, flags: int) -> int:
    try:
        file = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        remedy = f"modprobe tun, and use root, or chmod 666 {_DEVICE} as udev does"
        raise LiveError(f"{_DEVICE}: {(error.strerror or '').lower()}; {remedy}") from error
    try:
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH22x", device.encode(), flags))
    except OSError as error:
        os.close(file)
        what = (error.strerror or "").lower()
        raise LiveError(f"no TUN device {device}: {what}; use root, or stop the node that has it") from error
    return file


def _bring_up(device: str, mtu: int) -> None:
    siocsifmtu, siocgifflags, siocsifflags, up = 0x8922, 0x8913, 0x8914, 1
    name = device.encode()
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, siocsifmtu, struct.pack("16si20x", name, mtu))
        flags = struct.unpack_from("16xH", fcntl.ioctl(control, siocgifflags, struct.pack("16s24x", name)))[0]
        fcntl.ioctl(control, siocsifflags, struct.pack("16sH22x", name, flags | up))


__all__ = ["Inlet", "Outlet", "outlet_of"]
