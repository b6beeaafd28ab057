"""Addresses under the prefixes of a foreign link, with their lifetimes (RFC 4862, 5.5; RFC 6275, 11.5.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from msgspec import Struct

from mhatool.engine.mobile_node.addresses import MOST_TRIALS, Addresses
from mhatool.engine.mobile_node.advertised import INFINITE_S, AdvertisedPrefix
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.protocol.lifetime import NS_PER_S, believed_s, expiry
from mhatool.protocol.neighbourhood import interface_identifier

MOST_ADDRESSES = 16
"""No more than these are formed, whatever is advertised: as many as Linux has (`max_addresses`)."""


class FormedAddress(Struct):
    """An address of ours under a prefix. `trials` counts the addresses tried.

    Valid, and preferred to deprecated ones, until these instants; None: for ever.
    """

    prefix: bytes
    address: bytes
    valid_until_ns: int | None = None
    preferred_until_ns: int | None = None
    trials: int = 1


class CareOfAddresses:
    """One address a prefix; `ready` is called with the one to be reached under, which has passed its trial.

    That is the first of this link's prefixes that gives a good one, and another one only where it goes or is deprecated
    (RFC 6275, 11.5.3; RFC 4862, 5.5.4). `lost` gets an address whose lifetime is over, `renewed` one whose lifetime was
    told anew.
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
        self._link: set[bytes] = set()
        """This link's prefixes; none at home, and where nobody knows which link this is."""
        self._chosen: FormedAddress | None = None
        context.ring_for(Alarm.ADDRESS_EXPIRES, self._expire)
        context.ring_for(Alarm.ADDRESS_DEPRECATED, lambda _: self._choose())

    def hear(self, prefix: AdvertisedPrefix) -> None:
        """A prefix to form an address with: a new one is tried out, a known one lives longer."""
        formed = self._formed.get(prefix.prefix)
        if formed is not None:
            self._prefer(formed, prefix.preferred_s)
            self._renew(formed, prefix.valid_s)
            self._choose()
        elif prefix.valid_s > 0 and len(self._formed) < MOST_ADDRESSES:
            address = prefix.prefix[:8] + interface_identifier(self._context.link_address)
            formed = FormedAddress(prefix.prefix, address)
            self._formed[prefix.prefix] = formed
            self._live(formed, prefix.valid_s)
            self._prefer(formed, prefix.preferred_s)
            self._addresses.try_out(address, self._tried)

    def admit(self, prefixes: Iterable[bytes]) -> None:
        """These are prefixes of this link: the node may be reached under an address of theirs."""
        self._link.update(prefixes)
        self._choose()

    def rest(self) -> None:
        """At home, or on a link that nobody knows yet: the node is to be reached under none of them."""
        self._link.clear()
        self._chosen = None

    def forget(self, address: bytes) -> None:
        """The node is reached under another one: where that was of another link, it goes."""
        formed = self._under(address)
        if formed is not None and formed.prefix not in self._link:
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
        self._choose()

    def _choose(self) -> None:
        """Keep the address that is preferred; else take one that is, else a deprecated one rather than none."""
        here = [formed for formed in self._formed.values() if formed.prefix in self._link]
        preferred = [formed for formed in here if self._is_preferred(formed)]
        if any(formed is self._chosen for formed in preferred):
            return
        found = self._first_assigned(preferred)
        if found is None and self._chosen is None and not self._is_any_on_trial(preferred):
            found = self._first_assigned(here)
        if found is not None:
            self._chosen = found
            self._ready(found.address)

    def _is_preferred(self, formed: FormedAddress) -> bool:
        return formed.preferred_until_ns is None or self._context.now < formed.preferred_until_ns

    def _first_assigned(self, among: Iterable[FormedAddress]) -> FormedAddress | None:
        return next((formed for formed in among if self._addresses.is_assigned(formed.address)), None)

    def _is_any_on_trial(self, among: Iterable[FormedAddress]) -> bool:
        return any(self._addresses.is_on_trial(formed.address) for formed in among)

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
        formed.valid_until_ns = self._until(Alarm.ADDRESS_EXPIRES, formed.prefix, valid_s)

    def _prefer(self, formed: FormedAddress, preferred_s: int) -> None:
        """Unlike a valid lifetime, this one is believed whatever it is (RFC 4862, 5.5.3 e)."""
        formed.preferred_until_ns = self._until(Alarm.ADDRESS_DEPRECATED, formed.prefix, preferred_s)

    def _until(self, alarm: Alarm, prefix: bytes, lifetime_s: int) -> int | None:
        """When a lifetime is over, with the alarm set for then; None: never."""
        if lifetime_s == INFINITE_S:
            self._context.cancel(alarm, prefix)
            return None
        self._context.set_alarm(alarm, lifetime_s, prefix)
        return expiry(self._context.now, lifetime_s)

    def _expire(self, prefix: bytes) -> None:
        formed = self._formed.get(prefix)
        if formed is not None:
            self._drop(formed)
            self._choose()
            self._lost(formed.address)

    def _drop(self, formed: FormedAddress) -> None:
        self._context.cancel(Alarm.ADDRESS_EXPIRES, formed.prefix)
        self._context.cancel(Alarm.ADDRESS_DEPRECATED, formed.prefix)
        if formed is self._chosen:
            self._chosen = None
        self._formed.pop(formed.prefix, None)
        self._addresses.remove(formed.address)


__all__ = ["MOST_ADDRESSES", "CareOfAddresses", "FormedAddress"]
