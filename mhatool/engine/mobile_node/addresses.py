"""Addresses on trial: duplicate address detection of the node's own (RFC 4862, 5.4)."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation
from dissectors.ipv6.address import UNSPECIFIED, is_link_local
from mhatool.engine.actions import AddAddress, JoinGroup, LeaveGroup, RemoveAddress
from mhatool.engine.arrival import Arrival
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.nd_events import (
    AddressAssigned,
    AddressDuplicate,
    AddressGivenUp,
    AddressRemoved,
    AddressTentative,
)
from mhatool.protocol.neighbourhood import solicited_node

MOST_TRIALS = 3
"""After so many duplicates under one prefix the node gives it up (as RFC 7217's IDGEN_RETRIES)."""
Verdict = Callable[[bytes, bool], None]
"""Called with the address and whether it is the node's now."""


class Trial(Struct):
    """An address on trial; `left` solicitations are still to be sent."""

    address: bytes
    verdict: Verdict
    left: int


class Addresses:
    """The interface's addresses: on trial, then the node's.

    A machine counts who listens to a group: its own addresses do, and each trial once.

    A random delay before the first solicitation, as RFC 4862 advises, is for links on which many nodes come up at once;
    a node that moves alone goes without.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._trials: dict[bytes, Trial] = {}
        self._assigned: dict[bytes, int] = {}
        context.ring_for(Alarm.ADDRESS_CHECKED, self._interval_over)

    def is_assigned(self, address: bytes) -> bool:
        """Whether the interface has the address, past its trial."""
        return address in self._assigned

    def is_on_trial(self, address: bytes) -> bool:
        """Whether its trial goes on."""
        return address in self._trials

    @property
    def has_source(self) -> bool:
        """Whether there is an address from which the machine may ask for its neighbours, back home."""
        home = self._context.home_address
        return home in self._assigned or any(is_link_local(address) for address in self._assigned)

    def assign(self, address: bytes, prefix_length: int = 64) -> None:
        """The interface has the address from now on, without a trial."""
        if address not in self._assigned:
            self._assigned[address] = prefix_length
            self._context.output.act(AddAddress(self._context.interface, address, prefix_length))
            self._context.tell(AddressAssigned, interface=self._context.interface, address=address)

    def remove(self, address: bytes) -> None:
        """The interface doesn't have the address any more; its trial is over too. Nothing where it hasn't."""
        self._end_trial(address)
        if self._assigned.pop(address, None) is not None:
            self._context.output.act(RemoveAddress(self._context.interface, address))
            self._context.tell(AddressRemoved, interface=self._context.interface, address=address)

    def try_out(self, address: bytes, verdict: Verdict) -> None:
        """Ask whether somebody has the address, and say so to `verdict`: at once where it needn't be asked."""
        context = self._context
        transmits = context.constants.duplicate_address_detection_transmits
        if address in self._assigned or transmits == 0:
            self.assign(address)
            verdict(address, True)
            return
        self._end_trial(address)
        self._trials[address] = Trial(address, verdict, transmits)
        context.tell(AddressTentative, interface=context.interface, address=address)
        context.output.act(JoinGroup(context.interface, solicited_node(address)))
        self._ask(address)

    def give_up(self, address: bytes, trials: int) -> None:
        """Say that no other address will be tried in the place of this last one."""
        self._context.tell(AddressGivenUp, interface=self._context.interface, address=address, trials=trials)

    def hears_solicitation(self, arrival: Arrival) -> None:
        """A solicitation: from nobody for an address on trial, it is somebody else's trial of it (5.4.3)."""
        if arrival.source == UNSPECIFIED and arrival.link_source != self._context.link_address:
            self._collide(arrival.message.target)

    def hears_advertisement(self, arrival: Arrival) -> None:
        """An advertisement for an address on trial: somebody has it (5.4.4)."""
        self._collide(arrival.message.target)

    def _ask(self, address: bytes) -> None:
        self._trials[address].left -= 1
        solicitation = NeighborSolicitation(target=address, options=())
        self._context.send_on_link(solicitation, UNSPECIFIED, solicited_node(address))
        self._context.set_alarm(Alarm.ADDRESS_CHECKED, self._context.constants.retransmission_timer_s, address)

    def _interval_over(self, address: bytes) -> None:
        trial = self._trials[address]
        if trial.left:
            self._ask(address)
            return
        self.assign(address)
        self._end_trial(address)
        trial.verdict(address, True)

    def _collide(self, address: bytes) -> None:
        trial = self._trials.get(address)
        if trial is not None:
            self._end_trial(address)
            self._context.tell(AddressDuplicate, interface=self._context.interface, address=address)
            trial.verdict(address, False)

    def _end_trial(self, address: bytes) -> None:
        if self._trials.pop(address, None) is not None:
            self._context.cancel(Alarm.ADDRESS_CHECKED, address)
            self._context.output.act(LeaveGroup(self._context.interface, solicited_node(address)))


__all__ = ["MOST_TRIALS", "Addresses", "Verdict"]
