"""Addresses under the prefixes of a foreign link, with their lifetimes (RFC 4862, 5.5; RFC 6275, 11.5.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from mhatool.engine.mobile_node.addresses import MOST_TRIALS, Addresses
from mhatool.engine.mobile_node.advertised import INFINITE_S, AdvertisedPrefix
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.protocol.lifetime import NS_PER_S, believed_s, expiry
from mhatool.protocol.neighbourhood import interface_identifier


@dataclass(slots=True)
class FormedAddress:
    """An address of ours under a prefix; `valid_until_ns` None: for ever. `trials` counts the addresses tried."""

    prefix: bytes
    address: bytes
    valid_until_ns: int | None
    trials: int = 1


class CareOfAddresses:
    """One address a prefix; `ready` is called with the one that is wanted once it has passed its trial.

    `lost` gets an address whose lifetime is over, `renewed` one whose lifetime was told anew.
    """

    def __init__(
        self,
        context: Context,
        addresses: Addresses,
        ready: Callable[[bytes], None],
        lost: Callable[[bytes], None],
        renewed: Callable[[bytes], None],
    ) -> None:
        self._context = context
        self._addresses = addresses
        self._ready = ready
        self._lost = lost
        self._renewed = renewed
        self._formed: dict[bytes, FormedAddress] = {}
        self._wanted: bytes | None = None
        context.ring_for(Alarm.ADDRESS_EXPIRES, self._expire)

    def hear(self, prefix: AdvertisedPrefix) -> None:
        """A prefix to form an address with: a new one is tried out, a known one lives longer."""
        formed = self._formed.get(prefix.prefix)
        if formed is not None:
            self._renew(formed, prefix.valid_s)
        elif prefix.valid_s > 0:
            address = prefix.prefix[:8] + interface_identifier(self._context.link_address)
            formed = FormedAddress(prefix.prefix, address, None)
            self._formed[prefix.prefix] = formed
            self._live(formed, prefix.valid_s)
            self._addresses.try_out(address, self._tried)

    def want(self, prefix: bytes | None) -> None:
        """The address under this prefix is the one to be reached under; it may be ready already. None: no such."""
        self._wanted = prefix
        formed = self._formed.get(prefix) if prefix is not None else None
        if formed is None:
            return
        if self._addresses.is_assigned(formed.address):
            self._ready(formed.address)
        elif not self._addresses.is_on_trial(formed.address):
            self._addresses.try_out(formed.address, self._tried)

    def forget(self, address: bytes) -> None:
        """The address is of another link."""
        formed = self._under(address)
        if formed is not None and formed.prefix != self._wanted:
            self._drop(formed)

    def leave_link(self, keep: Collection[bytes | None]) -> None:
        """Addresses of a link that the node isn't on any more go, but for these: its prefixes may be there again."""
        for formed in list(self._formed.values()):
            if formed.address not in keep and formed.prefix not in keep:
                self._drop(formed)

    def lifetime_left_s(self, address: bytes | None) -> int | None:
        """Whole seconds for which an address may be used; None: for ever. One that it doesn't have any more: none."""
        formed = self._under(address)
        if formed is None:
            return 0
        if formed.valid_until_ns is None:
            return None
        return max(formed.valid_until_ns - self._context.now, 0) // NS_PER_S

    def _under(self, address: bytes | None) -> FormedAddress | None:
        return next((formed for formed in self._formed.values() if formed.address == address), None)

    def _tried(self, address: bytes, good: bool) -> None:
        formed = self._under(address)
        if formed is None:
            return
        if not good:
            self._try_another(formed)
        elif formed.prefix == self._wanted:
            self._ready(address)

    def _try_another(self, formed: FormedAddress) -> None:
        if formed.trials >= MOST_TRIALS:
            self._drop(formed)
            self._addresses.give_up(formed.address, formed.trials)
            return
        formed.trials += 1
        formed.address = formed.prefix[:8] + self._context.random_identifier()
        self._addresses.try_out(formed.address, self._tried)

    def _renew(self, formed: FormedAddress, valid_s: int) -> None:
        believed = believed_s(valid_s, self.lifetime_left_s(formed.address))
        if believed is not None:
            self._live(formed, believed)
            self._renewed(formed.address)

    def _live(self, formed: FormedAddress, valid_s: int) -> None:
        if valid_s == INFINITE_S:
            formed.valid_until_ns = None
            self._context.cancel(Alarm.ADDRESS_EXPIRES, formed.prefix)
        else:
            formed.valid_until_ns = expiry(self._context.now, valid_s)
            self._context.set_alarm(Alarm.ADDRESS_EXPIRES, valid_s, formed.prefix)

    def _expire(self, prefix: bytes) -> None:
        formed = self._formed.get(prefix)
        if formed is not None:
            self._drop(formed)
            self._lost(formed.address)

    def _drop(self, formed: FormedAddress) -> None:
        self._context.cancel(Alarm.ADDRESS_EXPIRES, formed.prefix)
        self._formed.pop(formed.prefix, None)
        self._addresses.remove(formed.address)


__all__ = ["CareOfAddresses", "FormedAddress"]
