"""Rules that compare bindings with the lifetimes of prefixes (RFC 6275, 10.3.1 and 11.7.1; RFC 4862, 5.5.3)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from dissectors.ipv6 import address
from dissectors.view import View
from mhatool.exchange import Exchange, Frame, Latest
from mhatool.protocol.lifetime import expiry, nanoseconds
from mhatool.validate.finding import Severity
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import HOME
from mhatool.validate.surroundings import knowledge

MOST_PREFIXES = 10_000
MOST_SOURCES = 8
TWO_HOURS_S = 7200
"""An advertisement can't bring a remaining lifetime under this (RFC 4862, 5.5.3)."""
UNIT_S = 4
PREFIX_OCTETS = 8
INFINITE_S = 0xFFFF_FFFF
"""A lifetime that doesn't end (RFC 4861, 4.6.2)."""


class Advertised(Struct, frozen=True):
    """What one router said of a prefix last; `ends_ns` follows the two-hour rule of hosts."""

    valid_s: int
    preferred_s: int
    ends_ns: int
    frame: Frame
    time_ns: int

    def valid_at(self, now_ns: int) -> int:
        """Seconds that are left at most: routers may repeat a fixed lifetime, or count it down."""
        return max(self.valid_s, (self.ends_ns - now_ns) // nanoseconds(1))

    def preferred_at(self, now_ns: int) -> int:
        """Seconds that are left at least: where the lifetime is counted down (RFC 4861, 6.2.1)."""
        if self.preferred_s == INFINITE_S:
            return INFINITE_S
        return max(0, self.preferred_s - (now_ns - self.time_ns) // nanoseconds(1))


class Prefix(Struct):
    """What each router said of a prefix, and the longest valid lifetime in seconds that any said last."""

    by_router: Latest[bytes, Advertised] = field(default_factory=lambda: Latest(MOST_SOURCES))
    valid_s: int = 0

    def note(self, router: bytes, advertised: Advertised) -> None:
        """Take in what a router says."""
        self.by_router.note(router, advertised)
        self.valid_s = max(each.valid_s for each in self.by_router.values())

    def known_to(self, router: bytes) -> list[Advertised]:
        """What a router goes by: what it said last itself, and what others have said since; without that, all."""
        own = self.by_router.get(router)
        return [each for each in self.by_router.values() if own is None or each.time_ns >= own.time_ns]


@knowledge("router_advertisement", "mobile_prefix_advertisement")
class AdvertisedPrefixes:
    """The lifetimes of prefixes of 64 bits, by who advertised them."""

    def __init__(self) -> None:
        self._by_prefix: Latest[bytes, Prefix] = Latest(MOST_PREFIXES)

    def see(self, seen: Seen) -> None:
        """Take in an advertisement."""
        message = seen.message
        if message.checksum_status == "bad" or message.truncated:
            return
        for option in message.options:
            if option.type == "prefix_information" and option.get("prefix_length") == PREFIX_OCTETS * 8:
                self._note(seen, option)

    def _note(self, seen: Seen, option: View) -> None:
        key = option.get("prefix", b"")[:PREFIX_OCTETS]
        valid_s, preferred_s = option.get("valid_lifetime_s", 0), option.get("preferred_lifetime_s", 0)
        prefix = self._by_prefix.get(key)
        if prefix is None:
            prefix = self._by_prefix.note(key, Prefix())
        router = _router(seen, option)
        before = prefix.by_router.get(router)
        ends_ns = expiry(seen.time_ns, valid_s)
        if before is not None and valid_s < TWO_HOURS_S:
            ends_ns = max(ends_ns, min(before.ends_ns, expiry(seen.time_ns, TWO_HOURS_S)))
        prefix.note(router, Advertised(valid_s, preferred_s, ends_ns, seen.frame, seen.time_ns))

    def of(self, address_: bytes) -> Prefix | None:
        """What was said of an address's prefix; None for nothing."""
        return self._by_prefix.get(address_[:PREFIX_OCTETS])


def _router(seen: Seen, option: View) -> bytes:
    """Who advertises a prefix: by its global address where a Router Advertisement tells that (R flag, RFC 6275, 7.2).

    So a home agent's Router Advertisements and its Mobile Prefix Advertisements are one router's.
    """
    if seen.message.type == "router_advertisement" and "R" in option.get("flags", ()):
        address_: bytes = option.get("prefix", b"")
        return address_
    return seen.datagram.source


def _too_short(prefix: Prefix | None, lifetime_s: int, now_ns: int) -> Advertised | None:
    """The advertisement that lets a prefix live longest, where even that is less than a lifetime."""
    if prefix is None or lifetime_s <= prefix.valid_s + UNIT_S:
        return None
    longest = max(prefix.by_router.values(), key=lambda advertised: advertised.valid_at(now_ns))
    return longest if lifetime_s > longest.valid_at(now_ns) + UNIT_S else None


@rule(
    "MIP6-BU-009",
    "No longer lifetime than the prefixes have",
    reference="RFC 6275, 11.7.1",
    level="SHOULD",
    severity=Severity.WARNING,
    role="MN",
    scope="timeline",
    needs="A Binding Update, and Router or Mobile Prefix Advertisements of the home or the foreign link before it",
    on=("binding_update",),
)
def asks_within_the_prefixes(case: Case) -> Iterable[Breach]:
    """A Binding Update asks for no longer than home address and care-of address will be valid.

    Past that the address may be somebody else's, and the binding with it. The valid lifetime is the longest that any
    router advertised for the prefix, since routers may repeat a fixed one or count it down. Nothing is said of
    prefixes that no advertisement in the capture has.
    """
    update = case.update
    if update is None or update.deletes or not update.trusted:
        return ()
    known, now_ns = case.surroundings.known(AdvertisedPrefixes), case.seen.time_ns
    name, address_ = "home", update.home_address
    advertised = _too_short(known.of(address_), update.lifetime_s, now_ns)
    if advertised is None:
        name, address_ = "care-of", update.care_of_address
        advertised = _too_short(known.of(address_), update.lifetime_s, now_ns)
    if advertised is None:
        return ()
    left = advertised.valid_at(case.seen.time_ns)
    expected = f"at most the {left} s for which the {name} address {address.text(address_)} is valid"
    at = case.seen.message.start + 10
    return (Breach(expected, f"{update.lifetime_s} s", at, before=(advertised.frame,)),)


def _home_registration(case: Case) -> Exchange | None:
    """The home registration that an acknowledgement accepts."""
    answer, exchange = case.acknowledgement, case.exchange
    if answer is None or exchange is None or not answer.accepts or exchange.acknowledgement is not answer:
        return None
    update = exchange.update
    return exchange if update.is_home_registration and update.trusted and not update.deletes else None


@rule(
    "MIP6-BA-005",
    "No longer binding than the home prefix",
    reference="RFC 6275, 10.3.1",
    role="HA",
    scope="timeline",
    needs="A Binding Update, its acknowledgement, and an advertisement of the home prefix before them",
    on=("binding_acknowledgement",),
    only=HOME,
)
def grants_within_the_prefix(case: Case) -> Iterable[Breach]:
    """A home agent grants no longer lifetime than the remaining valid lifetime of the home address's prefix.

    With the prefix the home address ends; the home agent would defend and tunnel for an address of nobody. Lifetimes
    are compared in units of four seconds. The valid lifetime is the longest that any router has advertised for the
    prefix.
    """
    exchange = _home_registration(case)
    if exchange is None or exchange.acknowledgement is None:
        return ()
    granted = exchange.acknowledgement.lifetime_s
    prefix = case.surroundings.known(AdvertisedPrefixes).of(exchange.update.home_address)
    advertised = _too_short(prefix, granted, case.seen.time_ns)
    if advertised is None:
        return ()
    expected = f"at most the {advertised.valid_at(case.seen.time_ns)} s for which the home prefix is valid"
    at = case.seen.message.start + 10
    return (Breach(expected, f"{granted} s", at, before=(advertised.frame, exchange.update.frame)),)


@rule(
    "MIP6-BA-006",
    "Status 1 where the home prefix is about to change",
    reference="RFC 6275, 10.3.1",
    severity=Severity.WARNING,
    role="HA",
    scope="timeline",
    needs="A Binding Update, its acknowledgement, and an advertisement of the home prefix before them",
    on=("binding_acknowledgement",),
    only=HOME,
)
def tells_of_the_prefix(case: Case) -> Iterable[Breach]:
    """Status 1 (prefix discovery necessary) where the home prefix is deprecated before the binding ends, else 0.

    The mobile node then asks for prefixes with a Mobile Prefix Solicitation, and forms a new home address in time.
    The home agent goes by what it advertised last itself, and by what other routers have said since. Routers may
    repeat a fixed lifetime or count it down, and differ from each other: where one of that leads to 1 and another to
    0, nothing is said, nor about a difference of one unit, 4 s.
    """
    exchange = _home_registration(case)
    answer = exchange.acknowledgement if exchange is not None else None
    if exchange is None or answer is None or answer.status not in (0, 1):
        return ()
    prefix = case.surroundings.known(AdvertisedPrefixes).of(exchange.update.home_address)
    known = prefix.known_to(answer.peer) if prefix is not None else []
    if not known:
        return ()
    now_ns = case.seen.time_ns
    longest = max(known, key=lambda advertised: advertised.preferred_s)
    shortest = min(known, key=lambda advertised: advertised.preferred_at(now_ns))
    if answer.status == 0 and longest.preferred_s + UNIT_S < answer.lifetime_s:
        right, advertised, left_s = 1, longest, longest.preferred_s
    elif answer.status == 1 and shortest.preferred_at(now_ns) > answer.lifetime_s + UNIT_S:
        right, advertised, left_s = 0, shortest, shortest.preferred_at(now_ns)
    else:
        return ()
    expected = f"status {right} for {answer.lifetime_s} s with a home prefix preferred for {left_s} s"
    at = case.seen.message.start + 6
    return (Breach(expected, f"status {answer.status}", at, before=(advertised.frame, exchange.update.frame)),)
