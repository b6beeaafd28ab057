"""Everything about one mobile node: what names its home address, and what belongs to it without naming it."""

from __future__ import annotations

from dissectors.packet import Datagram, Packet
from dissectors.profile import RFC6275, Profile
from mhatool.capture import Record
from mhatool.display.frame import Frame
from mhatool.exchange import Frame as Place
from mhatool.exchange import update_of


class HomeNode:
    """Selects the packets of the mobile node with one home address.

    Its care-of addresses are learned from what names both: Home Address options, type 2 routing headers, Alternate
    Care-of Addresses. With `learn` called for the whole capture first, each packet is decided when it is seen; without
    it (`eager`), a message at an address that isn't known yet stays undecided.
    """

    def __init__(self, home_address: bytes, *, data: bool = False, eager: bool = False) -> None:
        self._home_address = home_address
        self._data = data
        self._eager = eager
        self.care_of_addresses: set[bytes] = set()
        """Those that are known so far."""

    @property
    def learned(self) -> int:
        """How many care-of addresses are known."""
        return len(self.care_of_addresses)

    def may_teach(self, record: Record, profile: Profile = RFC6275) -> bool:
        """Whether dissecting this frame can teach anything: it holds the address, or may be a fragment that does."""
        return self._home_address in record.captured or profile.protocol("fragment") in record.captured

    def learn(self, packet: Packet) -> None:
        """Take in the care-of addresses that a packet shows."""
        for datagram in packet.datagrams:
            if datagram.quoted or (datagram.upper is not None and datagram.upper.checksum_status == "bad"):
                continue
            if datagram.home_address == self._home_address:
                self._note(datagram.source)
                update = update_of(0, Place("", 0), datagram)
                if update is not None:
                    self._note(update.care_of_address)
            if datagram.routed_home_address == self._home_address:
                self._note(datagram.destination)

    def wants(self, frame: Frame) -> bool | None:
        """Whether the packet is this node's."""
        if self._eager:
            self.learn(frame.packet)
        verdicts = [self._belongs(datagram) for datagram in frame.packet.datagrams]
        if any(verdicts):
            return True
        return None if self._eager and None in verdicts else False

    def _note(self, address: bytes) -> None:
        if address != self._home_address:
            self.care_of_addresses.add(address)

    def _belongs(self, datagram: Datagram) -> bool | None:
        named = self._named(datagram)
        if not datagram.is_signalling:
            return self._data and self._home_address in {datagram.source, datagram.destination, *named}
        if self._home_address in {datagram.source, datagram.destination, *named}:
            return True
        if named:
            return False
        return True if {datagram.source, datagram.destination} & self.care_of_addresses else None

    @staticmethod
    def _named(datagram: Datagram) -> set[bytes]:
        """The home addresses that it names itself."""
        message = datagram.upper
        said = message.get("home_address") if message is not None and message.type == "binding_error" else None
        return {home for home in (datagram.home_address, datagram.routed_home_address, said) if home is not None}
