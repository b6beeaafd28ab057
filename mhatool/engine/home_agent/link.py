"""What a home agent says on the home link: questions about a home address, and answers in its name."""

from __future__ import annotations

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress, TargetLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED
from dissectors.spec import Flags
from mhatool.engine.actions import JoinGroup, LeaveGroup
from mhatool.engine.node import Output
from mhatool.engine.sender import Sender
from mhatool.protocol.neighbourhood import ALL_NODES, interface_identifier, link_local, solicited_node

_OVERRIDE, _SOLICITED = Flags("O"), Flags("SO")


class HomeLink:
    """The agent's interface on the home link: its addresses there, and the groups that it listens to."""

    def __init__(self, interface: str, sender: Sender, output: Output) -> None:
        self.interface = interface
        self.link_address = b""
        self.link_local_address = UNSPECIFIED
        self._sender = sender
        self._output = output
        self._groups: dict[bytes, int] = {}

    def start(self, link_address: bytes) -> None:
        """The interface has this link-layer address."""
        self.link_address = link_address
        self.link_local_address = link_local(interface_identifier(link_address))

    def listen(self, address: bytes) -> None:
        """Hear what is asked about an address; several addresses may share a group."""
        group = solicited_node(address)
        count = self._groups.get(group, 0)
        self._groups[group] = count + 1
        if not count:
            self._output.act(JoinGroup(self.interface, group))

    def ignore(self, address: bytes) -> None:
        """Hear it no longer."""
        group = solicited_node(address)
        count = self._groups.pop(group) - 1
        if count:
            self._groups[group] = count
        else:
            self._output.act(LeaveGroup(self.interface, group))

    def ask(self, address: bytes, now: int) -> None:
        """Whether somebody has the address (RFC 4862, 5.4.2)."""
        message = NeighborSolicitation(target=address, options=())
        self._sender.on_link(message, UNSPECIFIED, solicited_node(address), now, self.interface)

    def probe(self, own: bytes, address: bytes, link_address: bytes | None, now: int) -> None:
        """Whether a neighbour still answers (RFC 4861, 7.3.3); to all who may have its address where it isn't known."""
        option = SourceLinkLayerAddress(link_layer_address=self.link_address)
        to = address if link_address is not None else solicited_node(address)
        message = NeighborSolicitation(target=address, options=(option,))
        self._sender.on_link(message, own, to, now, self.interface, link_address)

    def announce(self, address: bytes, now: int) -> None:
        """To all: packets for the address come here (RFC 6275, 10.4.1: Override, no router, not solicited)."""
        self._advertise(address, _OVERRIDE, ALL_NODES, None, now)

    def answer(self, address: bytes, asker: bytes, link_source: bytes, now: int) -> None:
        """To who asked for it; to all where that one has no address yet (RFC 4861, 7.2.4)."""
        if asker == UNSPECIFIED:
            self.announce(address, now)
        else:
            self._advertise(address, _SOLICITED, asker, link_source, now)

    def _advertise(self, address: bytes, flags: Flags, to: bytes, link_destination: bytes | None, now: int) -> None:
        option = TargetLinkLayerAddress(link_layer_address=self.link_address)
        message = NeighborAdvertisement(flags=flags, target=address, options=(option,))
        self._sender.on_link(message, self.link_local_address, to, now, self.interface, link_destination)


__all__ = ["HomeLink"]
