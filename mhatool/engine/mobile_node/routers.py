"""The link that the node is on: its routers, its prefixes, and the route that leads away from it (RFC 4861, 6.3)."""

from __future__ import annotations

from msgspec import Struct, field

from mhatool.engine.actions import RemoveRoute, SetRoute
from mhatool.engine.mobile_node.advertised import INFINITE_S, AdvertisedPrefix, AdvertisedRouter, Subnet
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.nd_events import NewPrefix, PrefixReceived, RouterFound, RouterLost

_ANYWHERE = bytes(16)


class KnownRouter(Struct):
    """A router of this link; `link_address` is its neighbour's, `is_default` that it forwards for others.

    `interval_s` is the longest time between two of its advertisements, where it announces that (RFC 6275, 7.3).
    `heard_ns` is when it said anything; so many `silences` it has broken, of which the longest took
    `longest_silence_ns`. `answered_ns` is when it was last known to take what it is sent.
    """

    address: bytes
    link_address: bytes
    is_default: bool
    prefixes: set[Subnet] = field(default_factory=set)
    interval_s: float | None = None
    heard_ns: int = 0
    silences: int = 0
    longest_silence_ns: int = 0
    answered_ns: int = 0

    def hears(self, now: int) -> None:
        """It says something."""
        if self.heard_ns:
            self.silences += 1
            self.longest_silence_ns = max(self.longest_silence_ns, now - self.heard_ns)
        self.heard_ns = now


class Routers:
    """Routers and prefixes of one link, and the routes that follow from them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._routers: dict[bytes, KnownRouter] = {}
        self._known_prefixes: set[Subnet] = set()
        self._routes: set[Subnet] = set()
        self._default: bytes | None = None
        context.ring_for(Alarm.ROUTER_EXPIRES, self._expire)
        context.ring_for(Alarm.PREFIX_EXPIRES, lambda key: self._unroute((key[:-1], key[-1])))

    # --- what is heard ---

    def hear(self, router: AdvertisedRouter) -> None:
        """Tell what is new in an advertisement, prefix by prefix; it doesn't yet count as this link's."""
        for prefix in router.prefixes:
            self._hear_prefix(router, prefix)
        known = self._find(router, _ANYWHERE)
        known.interval_s = router.interval_s
        known.hears(self._context.now)

    def hear_answer(self, address: bytes) -> None:
        """A neighbour says that it is there: it may be one of the routers."""
        known = self._routers.get(address)
        if known is not None:
            known.hears(self._context.now)
            known.answered_ns = self._context.now

    def _hear_prefix(self, router: AdvertisedRouter, prefix: AdvertisedPrefix) -> None:
        context = self._context
        where = {"interface": context.interface, "prefix": prefix.address}
        context.tell(PrefixReceived, prefix_length=prefix.length, router=router.address, **where)
        if prefix.subnet not in self._known_prefixes:
            self.know(prefix.subnet)
            context.tell(NewPrefix, prefix_length=prefix.length, **where)
        self._find(router, prefix.address).prefixes.add(prefix.subnet)

    def _find(self, router: AdvertisedRouter, prefix: bytes) -> KnownRouter:
        known = self._routers.get(router.address)
        if known is None:
            known = self._routers[router.address] = KnownRouter(router.address, router.link_source, False)
            self._context.tell(
                RouterFound,
                interface=self._context.interface,
                router=router.address,
                prefix=prefix,
                home_agent=router.is_home_agent,
            )
        return known

    def know(self, prefix: Subnet) -> None:
        """The prefix isn't new."""
        self._known_prefixes.add(prefix)

    # --- what is used ---

    @property
    def default(self) -> KnownRouter | None:
        """The router that packets for elsewhere go to."""
        return self._routers.get(self._default) if self._default is not None else None

    @property
    def has_choice(self) -> bool:
        """Whether others could take the default router's place."""
        return any(router.is_default and router.address != self._default for router in self._routers.values())

    def advertising(self, subnet: Subnet) -> list[KnownRouter]:
        """Who has said that this prefix is here, whose last answer is the oldest first."""
        found = [router for router in self._routers.values() if subnet in router.prefixes]
        return sorted(found, key=lambda router: router.answered_ns)

    def has_stranger_to(self, subnet: Subnet) -> bool:
        """Whether a router of the link says nothing of this prefix: it may be the link of that one alone."""
        return any(router.is_default and subnet not in router.prefixes for router in self._routers.values())

    def use(self, router: AdvertisedRouter) -> None:
        """An advertisement of this link: its prefixes are on the link, and it may be the way out."""
        for prefix in router.prefixes:
            if prefix.on_link:
                self._hold(prefix)
        known = self._routers.get(router.address)
        if known is None:
            return
        known.link_address = router.link_source
        known.is_default = router.router_lifetime_s > 0
        if known.is_default:
            self._context.set_alarm(Alarm.ROUTER_EXPIRES, router.router_lifetime_s, router.address)
            if self.default is None:
                self._set_default(known)
        elif self._default == router.address:
            self._lose(router.address, "it advertised a lifetime of 0")

    def leave(self, cause: str, keep: bytes | None = None) -> None:
        """Another link: its routers and routes are of no use there; `keep` is the first that was heard there."""
        for address in [address for address in self._routers if address != keep]:
            self._context.cancel(Alarm.ROUTER_EXPIRES, address)
            del self._routers[address]
            self._context.tell(RouterLost, interface=self._context.interface, router=address, cause=cause)
        for subnet in sorted(self._routes):
            self._unroute(subnet)
        kept = self._routers[keep].prefixes if keep in self._routers else set()
        self._known_prefixes = {self._context.configuration.home_subnet, *kept}
        self._default = None

    def _hold(self, prefix: AdvertisedPrefix) -> None:
        """It is on the link for as long as was said last, were it for no time at all (RFC 4861, 6.3.4)."""
        if prefix.valid_s == 0:
            self._unroute(prefix.subnet)
            return
        self._route(prefix.prefix, prefix.length)
        if prefix.valid_s == INFINITE_S:
            self._context.cancel(Alarm.PREFIX_EXPIRES, _key(prefix.subnet))
        else:
            self._context.set_alarm(Alarm.PREFIX_EXPIRES, prefix.valid_s, _key(prefix.subnet))

    def _unroute(self, subnet: Subnet) -> None:
        """Nothing leads there any more, but for the default router; nothing where it was so."""
        self._context.cancel(Alarm.PREFIX_EXPIRES, _key(subnet))
        if subnet in self._routes:
            self._routes.remove(subnet)
            self._context.output.act(RemoveRoute(*subnet))

    def _route(self, prefix: bytes, length: int, next_hop: bytes | None = None) -> None:
        if next_hop is not None or (prefix, length) not in self._routes:
            self._routes.add((prefix, length))
            self._context.output.act(SetRoute(prefix, length, self._context.interface, next_hop))

    def _set_default(self, router: KnownRouter) -> None:
        self._default = router.address
        router.answered_ns = self._context.now
        self._route(_ANYWHERE, 0, router.address)

    def give_up(self, address: bytes) -> None:
        """It doesn't answer: another one takes its place, until it advertises itself again (RFC 4861, 6.3.6)."""
        self._lose(address, "it doesn't answer")

    def _expire(self, address: bytes) -> None:
        self._lose(address, "its lifetime is over")

    def _lose(self, address: bytes, cause: str) -> None:
        self._context.cancel(Alarm.ROUTER_EXPIRES, address)
        router = self._routers.pop(address, None)
        if router is None:
            return
        self._context.tell(RouterLost, interface=self._context.interface, router=address, cause=cause)
        if self._default != address:
            return
        self._default = None
        following = next((other for other in self._routers.values() if other.is_default), None)
        if following is not None:
            self._set_default(following)
        else:
            self._unroute((_ANYWHERE, 0))


def _key(subnet: Subnet) -> bytes:
    prefix, length = subnet
    return prefix + bytes([length])


__all__ = ["KnownRouter", "Routers"]
