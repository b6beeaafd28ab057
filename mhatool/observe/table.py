"""Who is registered where, now: a home agent's bindings as its acknowledgements tell them, without any history.

For whoever has millions of messages and one question. `Observer` tells the story: registrations, moves, tunnels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress
from dissectors.packet import Datagram
from mhatool.exchange.latest import Latest
from mhatool.exchange.registration import ACCEPTED_BELOW
from mhatool.protocol.lifetime import NS_PER_S, expiry

UNANSWERED: Final = 8
"""Updates of one home address at one home agent that may still be answered."""
ANSWERED_WITHIN_NS: Final = 64 * NS_PER_S
"""No answer comes later."""
MOST: Final = 1_000_000
"""Home addresses at home agents; beyond, the one that came first goes."""


class Holding:
    """A home address at a home agent, and where the mobile node is: `care_of_address`, None without a binding.

    `until_ns`: when the lifetime is over, counted from the update, nanoseconds since 1970. `bindings` counts those that
    began, `care_of_addresses` the different ones in them, one after another.
    """

    __slots__ = (
        "asked_ns",
        "bindings",
        "care_of_address",
        "care_of_addresses",
        "home_address",
        "home_agent",
        "until_ns",
        "waiting",
    )

    def __init__(self, home_address: bytes, home_agent: bytes) -> None:
        self.home_address = home_address
        self.home_agent = home_agent
        self.care_of_address: bytes | None = None
        self.asked_ns = 0
        """When the latest update was sent that was accepted."""
        self.until_ns = 0
        self.bindings = 0
        self.care_of_addresses = 0
        self.waiting: dict[int, tuple[int, bytes, bool]] = {}
        """By sequence number: when an update was sent, its care-of address, whether it deletes."""

    def answered(self, now_ns: int, sequence_number: int, lifetime_s: int) -> None:
        """An update was accepted; one that wasn't seen, is seen again, or was overtaken changes nothing."""
        sent = self.waiting.pop(sequence_number, None)
        if sent is None or now_ns - sent[0] > ANSWERED_WITHIN_NS or sent[0] < self.asked_ns:
            return
        asked_ns, care_of_address, deletes = sent
        self.asked_ns = asked_ns
        if deletes or not lifetime_s:
            self.care_of_address = None
            return
        if self.care_of_address is None or self.until_ns <= asked_ns:
            self.bindings += 1
            self.care_of_addresses += 1
        elif self.care_of_address != care_of_address:
            self.care_of_addresses += 1
        self.care_of_address = care_of_address
        self.until_ns = expiry(asked_ns, lifetime_s)


class BindingTable:
    """Home registrations, from message values in the order of their times; memory grows with mobile nodes alone.

    Copies of a message change nothing; those with wrong checksums, and proxies' (P flag), are to be left out.
    """

    def __init__(self, most: int = MOST) -> None:
        self._holdings: Latest[tuple[bytes, bytes], Holding] = Latest(most)

    def __iter__(self) -> Iterator[Holding]:
        return iter(self._holdings.values())

    def see(self, time_ns: int, datagram: Datagram, message: Any) -> None:
        """Take in the message of a datagram; all but Binding Updates and Acknowledgements are passed over."""
        kind = message.__class__
        if kind is BindingUpdate:
            if "H" in message.flags:
                self._update(time_ns, datagram, message)
        elif kind is BindingAcknowledgement and message.status < ACCEPTED_BELOW:
            holding = self._holdings.get((datagram.true_destination, datagram.source))
            if holding is not None:
                holding.answered(time_ns, message.sequence_number, message.lifetime_s)

    def _update(self, time_ns: int, datagram: Datagram, update: BindingUpdate) -> None:
        home_address, care_of_address = datagram.true_source, datagram.source
        key = home_address, datagram.destination
        holding = self._holdings.get(key)
        if holding is None:
            holding = self._holdings.note(key, Holding(*key))
        for option in update.options:
            if option.__class__ is AlternateCareOfAddress:
                care_of_address = option.care_of_address
                break
        waiting = holding.waiting
        deletes = update.lifetime_s == 0 or care_of_address == home_address
        waiting[update.sequence_number] = time_ns, care_of_address, deletes
        if len(waiting) > UNANSWERED:
            del waiting[next(iter(waiting))]
