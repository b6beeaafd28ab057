"""The interface's link-local address: tried out on each link, but not where a home agent may defend it."""

from __future__ import annotations

from collections.abc import Callable

from mhatool.engine.mobile_node.addresses import MOST_TRIALS, Addresses
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.protocol.neighbourhood import interface_identifier, link_local


class LinkLocalAddress:
    """One address: of the link-layer address where nobody else has it, else one drawn by chance.

    A home agent that was asked to (L) answers for it as for the home address. Back on the home link it must not be
    tried out then, since the agent would say that it is taken (RFC 6275, 11.5.5): it waits until the agent lets go.
    Right after a change nobody knows which link this is, so it waits for the first router too.
    """

    def __init__(self, context: Context, addresses: Addresses, is_defended: Callable[[bytes], bool]) -> None:
        self._context = context
        self._addresses = addresses
        self._is_defended = is_defended
        self._is_waiting = False
        self._trials = 0
        self.address = b""
        context.ring_for(Alarm.NO_ROUTER, lambda _: self.try_out())

    @property
    def is_assigned(self) -> bool:
        """Whether the interface has it."""
        return self._addresses.is_assigned(self.address)

    def assign(self) -> None:
        """The machine has it already, or an agent let go of it: no trial."""
        self._begin()
        self._addresses.assign(self.address)

    def change_link(self) -> None:
        """Another link, nobody knows which: what holds of the address there is to be found out."""
        self._begin()
        if self._is_defended(self.address):
            constants = self._context.constants
            self._is_waiting = True
            patience_s = constants.max_router_solicitations * constants.router_solicitation_interval_s
            self._context.set_alarm(Alarm.NO_ROUTER, patience_s)
        else:
            self._try(self.address)

    def try_out(self) -> None:
        """No agent of ours is on this link, or no router tells: somebody else may have the address."""
        if self._is_waiting:
            self._begin()
            self._try(self.address)

    def come_home(self) -> None:
        """The home link: where an agent may defend the address it waits, whatever it was tried out for before."""
        own = self._own()
        if not self._is_defended(own):
            self.try_out()
        elif not self._addresses.is_assigned(own):
            self._begin()
            self._is_waiting = True

    def take(self) -> None:
        """On the home link an agent let go of it."""
        if self._is_waiting:
            self.assign()

    def _own(self) -> bytes:
        return link_local(interface_identifier(self._context.link_address))

    def _begin(self) -> None:
        """Nothing is assigned, on trial or waited for, and the first address to be tried is the link-layer one's."""
        if self.address:
            self._addresses.remove(self.address)
        self._context.cancel(Alarm.NO_ROUTER)
        self._is_waiting = False
        self._trials = 0
        self.address = self._own()

    def _try(self, address: bytes) -> None:
        self.address = address
        self._trials += 1
        self._addresses.try_out(address, self._tried)

    def _tried(self, address: bytes, good: bool) -> None:
        if good:
            return
        if self._trials < MOST_TRIALS:
            self._try(link_local(self._context.random_identifier()))
        else:
            self._addresses.give_up(address, self._trials)


__all__ = ["LinkLocalAddress"]
