"""An interface that frames are put on: what the link layer of a capture becomes there."""

from __future__ import annotations

import errno
import select
import socket
from types import TracebackType
from typing import Final, Self

from mhatool.capture import Record, linktype
from mhatool.cli.common import fail

ETHERTYPE_IPV6: Final = 0x86DD
_ARPHRD_ETHER: Final = 1
_ARPHRD_LOOPBACK: Final = 772
_WITH_ETHERNET: Final = frozenset({_ARPHRD_ETHER, _ARPHRD_LOOPBACK})
_PATIENCE_MS: Final = 2000

#: link type -> octets before the packet, and where in them the ethertype stands (None: the packet is IPv6)
_HEADERS: Final[dict[int, tuple[int, int | None]]] = {
    linktype.RAW: (0, None),
    linktype.RAW_BSD: (0, None),
    linktype.RAW_OPENBSD: (0, None),
    linktype.IPV6: (0, None),
    linktype.NULL: (4, None),
    linktype.LOOP: (4, None),
    linktype.LINUX_SLL: (16, 14),
    linktype.LINUX_SLL2: (20, 0),
}
SENDABLE: Final = frozenset({linktype.ETHERNET, *_HEADERS})


class UnsendableError(Exception):
    """A frame that this interface can't carry: what is wrong, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy


def mac_address(text: str) -> bytes:
    """Six octets from `00:11:22:33:44:55`. Ends the command where it is no such address."""
    try:
        octets = bytes.fromhex(text.replace(":", "").replace("-", ""))
    except ValueError:
        octets = b""
    if len(octets) != 6:
        fail(f"--to {text}: this is no link-layer address", "give six octets as 02:00:00:00:00:01")
    return octets


class Wire:
    """A packet socket on one interface; a context manager."""

    def __init__(self, interface: str, to: bytes | None = None) -> None:
        """Open it, or end the command: no such interface, no permission. `to` is where bare IPv6 packets go."""
        self.interface = interface
        self._to = to
        try:
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            fail("sending needs root or CAP_NET_RAW", "use sudo", interface)
        try:
            self._socket.bind((interface, 0))
        except OSError as error:
            self._socket.close()
            _explain_bind(interface, error)
        name = self._socket.getsockname()
        self._hardware: int = name[3]
        self._own: bytes = name[4]

    def send(self, record: Record) -> int:
        """Send one frame; the octets that went out. Raises UnsendableError."""
        frame = self.frame(record)
        while True:
            try:
                return self._socket.sendto(frame, (self.interface, ETHERTYPE_IPV6))
            except OSError as error:
                if error.errno != errno.ENOBUFS or not self._wait():
                    raise self._why(error, len(frame)) from error

    def frame(self, record: Record) -> bytes:
        """The octets of a captured frame as this interface wants them. Raises UnsendableError."""
        if record.link_type == linktype.ETHERNET:
            if self._hardware not in _WITH_ETHERNET:
                remedy = "send on an Ethernet interface, or convert the capture to RAW"
                raise UnsendableError(
                    f"an Ethernet frame can't go out on {self.interface}, which has no link layer", remedy
                )
            return record.captured
        size, place = _HEADERS[record.link_type]
        packet = record.captured[size:]
        ethertype = ETHERTYPE_IPV6 if place is None else int.from_bytes(record.captured[place : place + 2], "big")
        if place is None and (not packet or packet[0] >> 4 != 6):
            raise UnsendableError("this isn't an IPv6 packet", "leave it out: mhatool extract")
        return self._link_header(packet, ethertype) + packet

    def _link_header(self, packet: bytes, ethertype: int) -> bytes:
        if self._hardware == _ARPHRD_LOOPBACK:
            return bytes(12) + ethertype.to_bytes(2, "big")
        if self._hardware != _ARPHRD_ETHER:
            return b""
        to = self._to
        if ethertype == ETHERTYPE_IPV6 and packet[24:25] == b"\xff":
            to = b"\x33\x33" + packet[36:40]  # RFC 2464, 7
        if to is None:
            what = f"this packet has no link-layer header, and {self.interface} is Ethernet"
            raise UnsendableError(what, "say who gets it with --to ADDRESS, as 02:00:00:00:00:01")
        return to + self._own + ethertype.to_bytes(2, "big")

    def _wait(self) -> bool:
        """Wait until the interface takes more; False where it doesn't for long."""
        watch = select.poll()
        watch.register(self._socket, select.POLLOUT)
        return bool(watch.poll(_PATIENCE_MS))

    def _why(self, error: OSError, size: int) -> UnsendableError:
        match error.errno:
            case errno.EMSGSIZE:
                what = f"a frame of {size} octets is too long for {self.interface}"
                return UnsendableError(what, f"raise its MTU: ip link set {self.interface} mtu N")
            case errno.ENETDOWN:
                return UnsendableError(f"{self.interface} is down", f"set it up: ip link set {self.interface} up")
            case _:
                reason = (error.strerror or "unknown reason").lower()
                return UnsendableError(f"{self.interface} didn't take it: {reason}", "check the interface")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()


def _explain_bind(interface: str, error: OSError) -> None:
    if error.errno == errno.ENODEV:
        names = ", ".join(name for _, name in socket.if_nameindex())
        fail("there is no such interface", f"here are {names}", interface)
    fail(f"it can't be used: {(error.strerror or '').lower()}", "`ip link` lists the interfaces", interface)
