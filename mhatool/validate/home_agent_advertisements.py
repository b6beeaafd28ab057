"""Rules for router advertisements of home agents (RFC 6275, 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from dissectors.ipv6 import address
from dissectors.view import View
from mhatool.exchange import Frame, Latest
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds
from mhatool.validate.finding import Severity
from mhatool.validate.reserved import reserved_zero
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings, knowledge

NEMO_FLAG = 0x8000
"""R: serves mobile routers (RFC 3963); the other 15 bits are reserved."""
ALL_ROUTERS_KEPT = 1_000
WITHOUT_ADDRESS_NS = nanoseconds(10)
"""So long before and after an advertisement without the router's address, another one with it makes up for it."""
GAPS_IN_A_ROW = 5
"""A few longer gaps may be lost advertisements, or a mobile node's own absence from the link."""
GAP_TOLERANCE_NS = nanoseconds(0.1)
ADVERTISEMENT_INTERVAL, HOME_AGENT_INFORMATION = 7, 8


def _options(message: View, type_: int) -> Iterator[View]:
    """Options by the number, whatever their length."""
    return (option for option in message.options if option.octets[option.start] == type_)


def _is_readable(message: View) -> bool:
    return message.checksum_status != "bad" and message.get("flags") is not None


@rule(
    "MIP6-ND-001",
    "Home Agent Information comes with the H flag",
    reference="RFC 6275, 7.1 and 7.4",
    role="HA",
    scope="packet",
    needs="The router advertisement",
    on=("router_advertisement",),
)
def information_with_flag(case: Case) -> Iterable[Breach]:
    """A router advertisement with a Home Agent Information option has the Home Agent flag (H) set.

    The flag says that the router serves as home agent on this link, the option how much and how long. Without flag,
    mobile nodes and other home agents don't take it as one, and the option must not be there.
    """
    message = case.seen.message
    if not _is_readable(message) or "H" in message.get("flags"):
        return ()
    options = _options(message, HOME_AGENT_INFORMATION)
    return [
        Breach("the H flag, or no Home Agent Information", "the option without the flag", option.start)
        for option in options
    ]


@rule(
    "MIP6-ND-002",
    "Home Agent Information is whole, and its lifetime isn't 0",
    reference="RFC 6275, 7.4",
    role="HA",
    scope="packet",
    needs="The router advertisement as far as the option",
    on=("router_advertisement",),
)
def information_is_sound(case: Case) -> Iterator[Breach]:
    """A Home Agent Information option has 8 octets (length 1), reserved bits 0, and a lifetime from 1 to 65535 s.

    An agent that stops serving says so by leaving out H flag and option, not by a lifetime of 0. The first of the
    reserved bits, R, is in use for mobile routers (RFC 3963).
    """
    message = case.seen.message
    if not _is_readable(message):
        return
    for option in _options(message, HOME_AGENT_INFORMATION):
        if option.octets[option.start + 1] != 1:
            yield Breach("length 1 (8 octets)", str(option.octets[option.start + 1]), option.start + 1)
            continue
        yield from reserved_zero(option, 2, ~NEMO_FLAG & 0xFFFF)
        if option.get("home_agent_lifetime_s") == 0:
            yield Breach("a home agent lifetime over 0 s", "0 s", option.start + 6)


# --- the home agent's own address ---


class Lack(Struct, frozen=True):
    """An advertisement to all nodes that a home agent sent without its own address."""

    time_ns: int
    frame: Frame
    offset: int

    def is_early(self, time_ns: int) -> bool:
        """Whether another advertisement may still make up for it at that time."""
        return time_ns - self.time_ns < WITHOUT_ADDRESS_NS


@knowledge("router_advertisement")
class OwnAddresses:
    """Which home agents went on without advertising their own addresses, by their sources."""

    def __init__(self) -> None:
        self._advertised: Latest[bytes, int] = Latest(ALL_ROUTERS_KEPT)
        #: The first advertisement without address since the last one with it, or since the router was first seen.
        self.first: Latest[bytes, Lack] = Latest(ALL_ROUTERS_KEPT)
        #: The first one that none just before makes up for.
        self.lacking: Latest[bytes, Lack] = Latest(ALL_ROUTERS_KEPT)

    def see(self, seen: Seen) -> None:
        """Take in an advertisement."""
        message, router = seen.message, seen.datagram.source
        if not _is_readable(message) or "H" not in message.get("flags"):
            return
        if message.truncated or _own_addresses(message):  # what is cut may have it
            self._make_up(router, seen.time_ns)
        elif address.is_multicast(seen.datagram.destination):
            self._lack(router, Lack(seen.time_ns, seen.frame, message.start + 5))

    def _make_up(self, router: bytes, time_ns: int) -> None:
        self._advertised.note(router, time_ns)
        self.first.pop(router, None)
        lack = self.lacking.get(router)
        if lack is not None and lack.is_early(time_ns):
            del self.lacking[router]

    def _lack(self, router: bytes, lack: Lack) -> None:
        advertised_ns = self._advertised.get(router)
        if router in self.lacking or (advertised_ns is not None and lack.time_ns - advertised_ns < WITHOUT_ADDRESS_NS):
            return
        first = self.first.get(router) or self.first.note(router, lack)
        if advertised_ns is not None or not first.is_early(lack.time_ns):
            self.lacking.note(router, lack)


def _own_addresses(message: View) -> list[View]:
    """The prefixes with the R flag."""
    return [option for option in message.options if option.type == "prefix_information" and "R" in option.get("flags")]


def _without_own_address(surroundings: Surroundings) -> Iterator[Late]:
    known = surroundings.known(OwnAddresses)
    for router, lack in {**known.first, **known.lacking}.items():
        doubtful = router not in known.lacking or lack.is_early(surroundings.last_ns)
        breach = Breach("a prefix with the R flag", "none", lack.offset, inconclusive=doubtful)
        yield Late(breach, lack.time_ns, lack.frame, router)


@rule(
    "MIP6-ND-003",
    "A home agent advertises its own global address",
    reference="RFC 6275, 7.2",
    role="HA",
    scope="timeline",
    needs="The whole router advertisement, and those of the same router 10 s before and after",
    on=("router_advertisement",),
    finish=_without_own_address,
)
def advertises_own_address(case: Case) -> Iterator[Breach]:
    """Router advertisements with the H flag have a prefix with the R flag, and there the router's global address.

    Router advertisements come from link-local addresses. Only so do mobile nodes at home and the other home agents of
    the link learn the address that goes into discovery replies, and to which registrations go. All of the address
    stands in the prefix field, not only the prefix.

    A router may spread its options over several advertisements, or leave some out of extra ones. So an advertisement
    to all nodes is a breach only where the same router sent none with the R flag in the 10 s before and after; the
    first such one is reported. Where the capture shows less than that, it is inconclusive.
    """
    message = case.seen.message
    if not _is_readable(message) or message.truncated or "H" not in message.get("flags"):
        return
    for option in _own_addresses(message):
        prefix = option.get("prefix")
        if not address.is_routable_unicast(prefix) or _is_bare_prefix(prefix, option.get("prefix_length")):
            yield Breach("the whole global address of the router", address.text(prefix), option.start + 16)


def _is_bare_prefix(prefix: bytes, length: int) -> bool:
    """Whether nothing follows the prefix in an address."""
    return length < 128 and int.from_bytes(prefix, "big") & ((1 << (128 - length)) - 1) == 0


# --- how often ---


class Rhythm(Struct, frozen=True):
    """When a router last advertised to all nodes, what interval it stated, and which advertisements came too late."""

    time_ns: int
    interval_ms: int
    late: tuple[Frame, ...]


@knowledge("router_advertisement")
class Rhythms:
    """How often each router advertises, by its source. Two of the same on different links look busier than they are."""

    def __init__(self) -> None:
        self._routers: Latest[bytes, Rhythm] = Latest(ALL_ROUTERS_KEPT)

    def see(self, seen: Seen) -> None:
        """Take in an advertisement."""
        interval_ms = stated_interval_ms(seen)
        if interval_ms is not None:
            late = (*self.late_before(seen, interval_ms), seen.frame) if self.is_late(seen, interval_ms) else ()
            self._routers.note(seen.datagram.source, Rhythm(seen.time_ns, interval_ms, late))

    def is_late(self, seen: Seen, interval_ms: int) -> bool:
        """Whether an advertisement comes longer after the one before than both of them say."""
        last = self._routers.get(seen.datagram.source)
        if last is None or last.interval_ms != interval_ms:
            return False
        return seen.time_ns - last.time_ns > interval_ms * NS_PER_S // 1000 * 11 // 10 + GAP_TOLERANCE_NS

    def late_before(self, seen: Seen, interval_ms: int) -> tuple[Frame, ...]:
        """The advertisements just before that were late as well, without one in time between them."""
        last = self._routers.get(seen.datagram.source)
        return last.late if last is not None and last.interval_ms == interval_ms else ()

    def gap_ns(self, seen: Seen) -> int:
        """The time since the advertisement before."""
        last = self._routers.get(seen.datagram.source)
        return seen.time_ns - last.time_ns if last is not None else 0


def stated_interval_ms(seen: Seen) -> int | None:
    """The interval that an advertisement to all nodes states; None where it states none, or can't be read."""
    message = seen.message
    if not _is_readable(message) or not address.is_multicast(seen.datagram.destination):
        return None
    option = next(_options(message, ADVERTISEMENT_INTERVAL), None)
    interval: int | None = option.get("advertisement_interval_ms") if option is not None else None
    return interval


@rule(
    "MIP6-ND-004",
    "A router advertises as often as it says",
    reference="RFC 6275, 7.3",
    severity=Severity.WARNING,
    role="router",
    scope="timeline",
    needs="Six router advertisements in a row to all nodes of a link",
    on=("router_advertisement",),
)
def as_often_as_stated(case: Case) -> Iterator[Breach]:
    """An Advertisement Interval option has 8 octets, and its value is the longest time between two advertisements.

    It equals the router's MaxRtrAdvInterval, in milliseconds. A mobile node takes it to tell from silence that it has
    left the link, so where a router keeps it waiting longer it looks for another one in vain. A long gap may be a
    lost packet, or the mobile node's own absence; five in a row, each over the stated interval by more than a tenth
    and 0.1 s, are the router's. Reported when they become five.
    """
    seen = case.seen
    if not _is_readable(seen.message):
        return
    for option in _options(seen.message, ADVERTISEMENT_INTERVAL):
        length = option.octets[option.start + 1]
        if length != 1:
            yield Breach("length 1 (8 octets)", str(length), option.start + 1)
    interval_ms = stated_interval_ms(seen)
    rhythms = case.surroundings.known(Rhythms)
    if interval_ms is None or not rhythms.is_late(seen, interval_ms):
        return
    before = rhythms.late_before(seen, interval_ms)
    if len(before) == GAPS_IN_A_ROW - 1:
        gap_ms = rhythms.gap_ns(seen) // (NS_PER_S // 1000)
        at = next(_options(seen.message, ADVERTISEMENT_INTERVAL)).start + 4
        expected = f"an advertisement every {interval_ms} ms at least"
        yield Breach(expected, f"{gap_ms} ms without, the fifth such gap in a row", at, before)
