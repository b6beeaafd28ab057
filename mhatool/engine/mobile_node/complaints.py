"""What others complain of: Binding Errors, ICMPv6 errors, requests to refresh (RFC 6275, 11.3.5, 11.3.6, 11.7.4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.ipv6.true_ends import home_address_options
from dissectors.packet import Datagram
from dissectors.walk import Dissector
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.mobile_node.binding_states import Input
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.refusal import Refusal
from mhatool.engine.mobile_node.update_list import WAITING, Entry, UpdateList
from mhatool.engine.mobile_node.updates import HomeUpdates

UNKNOWN_BINDING, UNKNOWN_TYPE = 1, 2
"""Statuses of a Binding Error (RFC 6275, 6.1.9)."""
_GIVEN = {UNKNOWN_BINDING: Input.UNVERIFIED_HAO, UNKNOWN_TYPE: Input.UNKNOWN_MH_TYPE}
_ENDING = frozenset({Input.UNKNOWN_MH_TYPE, Input.ICMP_PARAMPROB})
PARAMETER_PROBLEM = 4
_UNKNOWN_HEADER, _UNKNOWN_OPTION = 1, 2
"""Codes of a Parameter Problem that say: I don't know Mobility Headers, or Home Address options (RFC 4443, 3.4)."""

_NEXT_HEADER = 6
"""Where an IPv6 header tells what follows; an extension header does in its first octet (RFC 8200, 3 and 4)."""

Sequel = Callable[[], None]
"""What a complaint that is believed leads to."""


class Complaints:
    """Finds the entry that a complaint is about, and lets its machine take it."""

    def __init__(self, context: Context, update_list: UpdateList, updates: HomeUpdates) -> None:
        self._context = context
        self._list = update_list
        self._updates = updates
        profile = context.configuration.profile
        self._dissector = Dissector(profile)
        self._mobility = profile.protocol("mobility")

    def take_binding_error(self, arrival: Arrival) -> Sequel:
        """A peer has no binding, or doesn't know a message type (11.3.6)."""
        message = arrival.message
        entry = self._list.find(arrival.source)
        if entry is None:
            raise Refusal(DropReason.NO_ENTRY, "a Binding Error from a node that isn't in the Binding Update List")
        if message.status not in _GIVEN:
            raise Refusal(DropReason.UNKNOWN_MESSAGE, f"a Binding Error with status {message.status}")
        if message.status == UNKNOWN_BINDING and message.home_address != entry.home_address:
            raise Refusal(DropReason.NOT_FOR_US, "a Binding Error about another home address")
        given = _GIVEN[message.status]
        self._refuse_to_end(entry, given)
        return partial(self._list.feed, entry, given)

    def take_refresh_request(self, arrival: Arrival) -> Sequel:
        """A peer of the list asks for a Binding Update (11.7.4)."""
        entry = self._list.find(arrival.source)
        if entry is None:
            raise Refusal(DropReason.NO_ENTRY, "a Binding Refresh Request from a node without a binding of ours")
        return partial(self._list.feed, entry, Input.BRR)

    def take_icmp_error(self, arrival: Arrival) -> None:
        """An ICMPv6 error that quotes a packet of ours: a Parameter Problem about our headers ends the attempt.

        Who sends it must be the peer itself: routers don't look at Mobility Headers.
        """
        message = arrival.message
        quoted = self._quoted(arrival)
        if quoted is None or not self._is_ours(quoted):
            raise Refusal(DropReason.NOT_ASKED, "an ICMPv6 error about no packet of ours")
        entry = self._list.find(quoted.destination)
        is_about_mobility = message.icmp_type == PARAMETER_PROBLEM and self._is_unknown(message, quoted)
        if entry is not None and is_about_mobility and arrival.source == entry.peer:
            self._refuse_to_end(entry, Input.ICMP_PARAMPROB)
            self._list.feed(entry, Input.ICMP_PARAMPROB)

    def _is_unknown(self, message: Icmpv6Error, quoted: Datagram) -> bool:
        """Whether what the pointer shows is Mobility Header or Home Address option: all else means nothing (11.3.5)."""
        if message.code == _UNKNOWN_OPTION:
            options = (option for header in quoted.extensions for option in home_address_options(header))
            return any(option.start == message.parameter for option in options)
        last = quoted.extensions[-1].start if quoted.extensions else quoted.ipv6.start + _NEXT_HEADER
        is_mobility = message.quoted[last : last + 1] == bytes([self._mobility])
        return message.code == _UNKNOWN_HEADER and is_mobility and message.parameter == last

    def _refuse_to_end(self, entry: Entry, given: Input) -> None:
        """Nobody signs complaints: where answers are signed, none of them ends the wait for one."""
        is_signed = entry.home_registration and self._updates.association(entry.peer) is not None
        if is_signed and given in _ENDING and entry.state in WAITING:
            raise Refusal(DropReason.NOT_AUTHENTICATED, "an unsigned complaint, where answers are signed")

    def _quoted(self, arrival: Arrival) -> Datagram | None:
        octets = arrival.message.quoted
        packet = self._dissector.dissect(octets, IPV6_ONLY)
        return packet.datagrams[-1] if packet.datagrams else None

    def _is_ours(self, quoted: Datagram) -> bool:
        ours = {self._context.home_address, *(entry.care_of_address for entry in self._list)}
        return quoted.source in ours or quoted.true_source in ours


__all__ = ["Complaints"]
