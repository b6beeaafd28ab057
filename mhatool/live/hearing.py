"""Sockets that hear an interface (packet(7)): each packet is taken by a system call, or from a ring in memory.

The kernel puts packets into the ring, and no call is needed for each: that is for packets that are only carried.
"""

from __future__ import annotations

import errno
import mmap
import socket
import struct
from collections.abc import Iterator
from typing import Final

from mhatool.live.filter import Instruction, attach

LONGEST: Final = 65_575
"""Octets: an IPv6 header and the longest payload without a jumbo option."""
_ETH_P_ALL: Final = 0x0003
"""A socket of this protocol is served before the kernel's own IPv6. One of IPv6 alone comes after it, and each packet
that the kernel forwards is then copied first: that costs it a sixth of its rate.
"""
_ROOM: Final = 4 << 20
"""Octets that the kernel keeps for us while we are busy."""
_SO_RCVBUFFORCE: Final = 33
_SOL_PACKET, _STATISTICS, _IGNORE_OUTGOING = 263, 6, 23
_NOT_FOR_US: Final = (3, 4)
"""What the kernel calls PACKET_OTHERHOST and PACKET_OUTGOING."""
_AT_ONCE: Final = 256
"""Packets that are read before something else gets its turn."""
_RX_RING, _COPY_THRESHOLD, _VERSION, _VERSION_2 = 5, 7, 10, 1
_PLACE: Final = 2048
"""Octets of a place in the ring: a header of the kernel's, and a packet as long as an Ethernet link takes."""
_PLACES: Final = _ROOM // _PLACE
_BLOCK: Final = 1 << 16
_WORDS: Final = _PLACE // 4
_STATUS, _CAPTURED, _OFFSETS = 0, 2, 3
"""Words of a place's header (struct tpacket2_hdr); the last of them is two offsets: of link and network header."""
_KERNELS, _FILLED, _BY_THE_SOCKET = 0, 1, 2
"""Whose a place is; whether its packet was too long for it, and comes by the socket."""


def hearing(wanted: list[Instruction], *, outgoing: bool = False) -> socket.socket:
    """A socket that hears what this program accepts, once it is bound; `outgoing`: what leaves too."""
    made = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0)
    attach(made, wanted)
    made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _ROOM)  # beyond net.core.rmem_max too
    if not outgoing:
        made.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
    made.setblocking(False)
    return made


def bind(to: socket.socket, interface: str) -> None:
    """Hear this interface from now on. OSError where there is none of this name."""
    to.bind((interface, _ETH_P_ALL))


def lost(by: socket.socket) -> int:
    """How many packets the kernel had no room for since this was asked last."""
    counted: int = struct.unpack("II", by.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1]
    return counted


class Ear:
    """What is heard on an interface, by a system call for each packet."""

    def __init__(self, interface: str, wanted: list[Instruction]) -> None:
        self.socket = hearing(wanted)
        self.bind(interface)

    def bind(self, interface: str) -> None:
        """Hear this interface from now on. OSError where there is none of this name."""
        bind(self.socket, interface)

    def fileno(self) -> int:
        """For whoever waits for packets."""
        return self.socket.fileno()

    def read(self) -> Iterator[tuple[bytes, bytes]]:
        """What has come: datagrams from their IPv6 header on, each with the link-layer address that sent it."""
        for _ in range(_AT_ONCE):
            try:
                datagram, address = self.socket.recvfrom(LONGEST)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                return  # the interface went down: it will be heard again when it is up
            if address[2] not in _NOT_FOR_US and len(datagram) >= 40:
                yield datagram, address[4]

    def lost(self) -> int:
        """How many datagrams the kernel had no room for since this was asked last."""
        return lost(self.socket)

    def close(self) -> None:
        """Hear no more."""
        self.socket.close()


class Ring:
    """What is heard on an interface, in places of shared memory that are the kernel's and ours by turns."""

    def __init__(self, interface: str, wanted: list[Instruction], *, outgoing: bool = False) -> None:
        self._socket = hearing(wanted, outgoing=outgoing)
        self._socket.setsockopt(_SOL_PACKET, _VERSION, _VERSION_2)
        self._socket.setsockopt(_SOL_PACKET, _COPY_THRESHOLD, LONGEST)
        size = _PLACES * _PLACE
        self._socket.setsockopt(_SOL_PACKET, _RX_RING, struct.pack("4I", _BLOCK, size // _BLOCK, _PLACE, _PLACES))
        self._octets = mmap.mmap(self._socket.fileno(), size)
        self._words = memoryview(self._octets).cast("I")
        self._next = 0
        self.bind(interface)

    def bind(self, interface: str) -> None:
        """Hear this interface from now on. OSError where there is none of this name."""
        bind(self._socket, interface)

    def fileno(self) -> int:
        """For whoever waits for packets."""
        return self._socket.fileno()

    def read(self, most: int) -> Iterator[bytes]:
        """What has come, at most so many; nothing where the interface went down."""
        octets, words, place = self._octets, self._words, self._next
        if words[place * _WORDS] == _KERNELS:
            self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # else what waits for it is told for ever
        for _ in range(most):
            at = place * _WORDS
            status = words[at]
            if not status & _FILLED:
                return
            if status & _BY_THE_SOCKET:
                datagram = self._socket.recv(LONGEST)
            else:
                begin = place * _PLACE + (words[at + _OFFSETS] >> 16)
                datagram = octets[begin : begin + words[at + _CAPTURED]]
            words[at + _STATUS] = _KERNELS
            self._next = place = (place + 1) % _PLACES
            yield datagram

    def lost(self) -> int:
        """How many packets there was no room for since this was asked last."""
        return lost(self._socket)

    def close(self) -> None:
        """Hear no more."""
        self._words.release()
        self._octets.close()
        self._socket.close()


__all__ = ["LONGEST", "Ear", "Ring", "bind", "hearing", "lost"]
