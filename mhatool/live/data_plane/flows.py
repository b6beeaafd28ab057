"""Which flows the kernel carries through a mobile node's tunnel, as nfnetlink_log tells: a packet of each.

Routes are optimised because of them, and the kernel would carry them for ever without a word to us.
"""

from __future__ import annotations

import struct

from mhatool.engine.commands import PacketTunnelled, TrafficFromHomeAddress
from mhatool.live.data_plane.admission import FLOW_GROUP, IN, SNAPSHOT
from mhatool.live.data_plane.base import Tell
from mhatool.live.errors import LiveError
from mhatool.live.netlink import NETFILTER, Netlink, RefusedError, attribute, attributes
from mhatool.network import datagram as ipv6
from mhatool.network.detours import Detours

_SUBSYSTEM, _PACKET, _CONFIG = 4, 0, 1
_COMMAND, _MODE, _ATTRIBUTE_ENOUGH = 1, 2, 5
_BIND, _COPY_PACKET = 1, 2
_PAYLOAD, _PREFIX = 9, 10


class Flows:
    """Hears of flows, and tells the node."""

    tell: Tell
    """Set before anything is read."""

    def __init__(self, detours: Detours) -> None:
        self._detours = detours
        self._netlink = Netlink(NETFILTER)
        head = struct.pack(">BBH", 0, 0, FLOW_GROUP)
        mode = attribute(_MODE, struct.pack(">IBx", SNAPSHOT, _COPY_PACKET))
        at_once = attribute(_ATTRIBUTE_ENOUGH, struct.pack(">I", 1))
        try:
            for wanted in (attribute(_COMMAND, bytes([_BIND])), mode, at_once):
                self._netlink.do(_SUBSYSTEM << 8 | _CONFIG, head + wanted)
        except RefusedError as error:
            self._netlink.close()
            raise LiveError(
                f"the kernel can't tell of a mobile node's flows (nfnetlink_log): {error.strerror}"
            ) from error

    def fileno(self) -> int:
        """For whoever waits for them."""
        return self._netlink.fileno()

    def read(self) -> None:
        """Tell the node of flows that have been seen."""
        for kind, body in self._netlink.read():
            if kind == _SUBSYSTEM << 8 | _PACKET:
                found = attributes(body[4:])
                self._take(found.get(_PAYLOAD, b""), found.get(_PREFIX, b"").rstrip(b"\0") == IN.encode())

    def _take(self, datagram: bytes, is_tunnelled: bool) -> None:
        if is_tunnelled and len(datagram) >= 2 * ipv6.HEADER:
            inner = datagram[ipv6.HEADER :]
            self.tell(PacketTunnelled(ipv6.destination(inner), ipv6.said_by(inner)))
        elif not is_tunnelled and len(datagram) >= ipv6.HEADER:
            source, destination = ipv6.source(datagram), ipv6.destination(datagram)
            if self._detours.is_away(source) and not self._detours.is_optimised(source, destination):
                self.tell(TrafficFromHomeAddress(source, destination))

    def close(self) -> None:
        """Hear no more."""
        self._netlink.close()


__all__ = ["Flows"]
