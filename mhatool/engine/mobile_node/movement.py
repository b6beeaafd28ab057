"""Movement: on which link the node is, and under which address it is reached there (RFC 6275, 11.5)."""

from __future__ import annotations

from typing import Protocol

from dissectors.icmpv6.neighbour_discovery import RouterSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED
from mhatool.engine.actions import AddAddress, RemoveAddress
from mhatool.engine.mobile_node.addresses import Addresses
from mhatool.engine.mobile_node.advertised import AdvertisedRouter, Subnet
from mhatool.engine.mobile_node.care_of import CareOfAddresses
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.link_check import LinkCheck
from mhatool.engine.mobile_node.link_local import LinkLocalAddress
from mhatool.engine.mobile_node.location import LOCATION, Location, Move
from mhatool.engine.mobile_node.router_check import RouterCheck
from mhatool.engine.mobile_node.routers import Routers
from mhatool.engine.nd_events import CareOfAddressChanged, LocationChanged
from mhatool.protocol.neighbourhood import ALL_ROUTERS

NO_LINK = "lo"
"""The interface of the home address while another node defends it: the machine has it, and answers for it nowhere."""


class Traveller(Protocol):
    """Who wants to know where the node is."""

    def moved_to(self, care_of_address: bytes) -> None:
        """Away from home, reached under this address."""

    def moved_home(self) -> None:
        """On the home link."""

    def is_back(self, since_ns: int) -> None:
        """The link had gone, and here it is again: nothing has left the node since then."""

    def may_stay_longer(self) -> None:
        """The care-of address's lifetime was told anew."""

    def stranded(self) -> None:
        """Its lifetime is over: until there is another one, nothing may leave from it (RFC 4862, 5.5.4)."""

    def is_defended(self, address: bytes) -> bool:
        """Whether a home agent may be answering for an address of the node's on the home link."""


class Movement:
    """The one interface: its link, its addresses and where that is."""

    def __init__(self, context: Context, addresses: Addresses, routers: Routers, traveller: Traveller) -> None:
        self._context = context
        self._addresses = addresses
        self._routers = routers
        self._traveller = traveller
        self._care_of = CareOfAddresses(
            context, addresses, self._address_ready, self._address_lost, self._address_renewed
        )
        self._link_local = LinkLocalAddress(context, addresses, traveller.is_defended)
        self._check = LinkCheck(context, self._believe, self._share, lambda: self.link_local_address)
        self._router_check = RouterCheck(
            context, routers, self._check.ask, lambda: self._is_home_link, self._look_around
        )
        self._prefixes: set[Subnet] = set()
        self._solicitations = 0
        self._link_is_new = True
        self._is_home_link = False
        self._lost_ns = 0
        """When the link went that the node is back on."""
        self.location = LOCATION.start
        self.care_of_address: bytes | None = None
        context.ring_for(Alarm.ROUTER_SOLICITATION, lambda _: self._solicit())

    # --- commands ---

    def start(self) -> None:
        """The interface has its link-layer address: it gets a link-local one, and asks for routers."""
        context = self._context
        self._routers.know(context.configuration.home_subnet)
        if context.configuration.attached_at_home:
            self._start_at_home()
            return
        context.output.act(AddAddress(NO_LINK, context.home_address, 128))
        self._link_local.change_link()
        self._ask_for_routers(context.randomness.uniform(0.0, context.constants.max_router_solicitation_delay_s))

    def _start_at_home(self) -> None:
        """The machine was there before: its addresses need no trial."""
        self._link_local.assign()
        self._addresses.assign(self._context.home_address)
        self._prefixes = {self._context.configuration.home_subnet}
        self._link_is_new = False
        self._is_home_link = True
        self._feed(Move.HOME_LINK)

    def link_changed(self, up: bool) -> None:
        """The machine says that the interface is elsewhere: nothing that was known of its link holds there."""
        if not self._context.behaviour.hears_of_links:
            return
        if self.location is not Location.UNKNOWN:
            self._lost_ns = self._context.now
        self._check.end()
        self._router_check.end()
        self._context.cancel(Alarm.ROUTER_SOLICITATION)
        self._context.cancel(Alarm.NO_ROUTER)
        self._routers.leave("the link changed")
        self._prefixes.clear()
        self._care_of.rest()
        self._care_of.leave_link({self.care_of_address})
        self._link_is_new = True
        self._feed(Move.LINK_CHANGED)
        if up:
            self._link_local.change_link()
            self._ask_for_routers(0.0)

    # --- what is heard ---

    def hear_router(self, router: AdvertisedRouter) -> None:
        """A router advertisement: of this link, or the sign that it is another one."""
        self._context.cancel(Alarm.ROUTER_SOLICITATION)
        self._routers.hear(router)
        prefixes = router.subnets
        if self._link_is_new:
            if prefixes:
                self._attach(router)
        elif not prefixes or prefixes & self._prefixes:
            self._stay(router)
        else:
            self._suspect(router)
        self._router_check.watch()

    def hear_neighbour(self, target: bytes) -> None:
        """A neighbour answers: the router so far is still there, so the other prefix is another one of its link."""
        self._check.answered(target)
        self._routers.hear_answer(target)
        self._router_check.answered(target)

    def gets_through(self) -> None:
        """Somebody beyond the link answers: the default router took what it was sent (RFC 4861, 7.3.1)."""
        router = self._routers.default
        if router is not None and self.location is Location.FOREIGN:
            router.answered_ns = self._context.now
            self._router_check.end()

    def ask_router(self) -> None:
        """Ask the default router whether it is there: what is unreachable may be the node."""
        router = self._routers.default
        if router is not None:
            self._check.ask(router)

    def has_heard_router(self, since_ns: int) -> bool:
        """Whether it has said anything since; also where there is none to ask."""
        router = self._routers.default
        return router is None or router.heard_ns >= since_ns

    def _stay(self, router: AdvertisedRouter) -> None:
        self._check.is_there(router.address)
        self._prefixes |= router.subnets
        self._routers.use(router)
        self._settle(router)

    def _suspect(self, router: AdvertisedRouter) -> None:
        """Another prefix, and nobody said that the link changed: the router so far is asked first."""
        self._form_addresses(router)
        if self._context.configuration.movement_detection_s == 0:
            self._believe(router)
        else:
            self._check.begin(router, self._routers.default)

    def _share(self, router: AdvertisedRouter) -> None:
        """Both routers are there: one link. The other's next word asks for the first one again, should that go."""
        self._routers.use(router)
        self._settle(router)

    def _believe(self, router: AdvertisedRouter) -> None:
        """The router so far is gone: this one's link is ours."""
        self._routers.leave("another router's link", keep=router.address)
        self._care_of.leave_link({self.care_of_address, *[prefix.prefix for prefix in router.prefixes]})
        self._attach(router)

    def _attach(self, router: AdvertisedRouter) -> None:
        self._link_is_new = False
        self._prefixes = router.subnets
        self._routers.use(router)
        self._care_of.rest()
        self._is_home_link = False
        self._settle(router)

    def _look_around(self) -> None:
        """This isn't the home link: nobody of it answers. Who advertises next tells which one it is."""
        self._routers.leave("nobody of the home link answers")
        self._link_is_new = True
        self._ask_for_routers(0.0)

    def _settle(self, router: AdvertisedRouter) -> None:
        """At home where the home prefix is on-link (11.5.5); elsewhere one of the addresses is chosen (11.5.3)."""
        if router.has_on_link(self._context.configuration.home_subnet) and not self._is_home_link:
            self._is_home_link = True
            self._care_of.rest()
            self._link_local.come_home()
            self._feed(Move.HOME_LINK)
        elif self._is_home_link:
            self._form_addresses(router)
        else:
            self._link_local.try_out()
            self._form_addresses(router)
            self._care_of.admit(prefix.prefix for prefix in router.prefixes if prefix.autonomous)

    def _form_addresses(self, router: AdvertisedRouter) -> None:
        home = self._context.configuration.home_prefix
        for prefix in router.prefixes:
            if prefix.autonomous and prefix.prefix != home:
                self._care_of.hear(prefix)

    # --- addresses ---

    @property
    def link_local_address(self) -> bytes | None:
        """The interface's, past its trial."""
        return self._link_local.address if self._link_local.is_assigned else None

    def _home_address_tried(self, address: bytes, good: bool) -> None:
        """Nobody else has it: it is on the interface now, and nowhere else."""
        if not good:
            self._context.output.act(AddAddress(NO_LINK, address, 128))

    def take_home_addresses(self) -> None:
        """Back on the home link, an agent let go of the home address and its namesake: the interface has them again."""
        home = self._context.home_address
        if self.location is Location.HOME and not self._addresses.is_assigned(home):
            self._context.output.act(RemoveAddress(NO_LINK, home))
            self._addresses.assign(home)
        if self.location is Location.HOME:
            self._link_local.take()

    def _address_ready(self, address: bytes) -> None:
        if address != self.care_of_address or self.location is not Location.FOREIGN:
            self._feed(Move.FOREIGN_LINK, address)

    def _address_lost(self, address: bytes) -> None:
        """The address that the node is reached under has no lifetime left: whoever is there may offer another."""
        if address == self.care_of_address:
            self.care_of_address = None
            self._link_is_new = True
            self._traveller.stranded()
            self._ask_for_routers(0.0)

    def _address_renewed(self, address: bytes) -> None:
        if address == self.care_of_address:
            self._traveller.may_stay_longer()

    def lifetime_left_s(self) -> int | None:
        """How long the node may be reached where it is; None: for ever, or at home. 0: nowhere."""
        if self.care_of_address == self._context.home_address:
            return None
        return self._care_of.lifetime_left_s(self.care_of_address)

    # --- where that is ---

    def _feed(self, move: Move, *arguments: bytes) -> None:
        before, care_of_before = self.location, self.care_of_address
        self.location = LOCATION.feed(before, move, self, *arguments)
        context = self._context
        if self.care_of_address != care_of_before and self.care_of_address is not None:
            context.tell(CareOfAddressChanged, care_of_address=self.care_of_address)
        if self.location is not before:
            context.tell(LocationChanged, location=self.location.value)
        self._report(before, care_of_before)

    def _report(self, before: Location, care_of_before: bytes | None) -> None:
        care_of_address = self.care_of_address
        if care_of_address is None:
            return
        if care_of_address == care_of_before:
            if self.location is not before is Location.UNKNOWN:
                self._traveller.is_back(self._lost_ns)
        elif self.location is Location.HOME:
            self._traveller.moved_home()
        elif self.location is Location.FOREIGN:
            self._traveller.moved_to(care_of_address)

    def arrive_home(self) -> None:
        """Reached under the home address itself. Where agents may defend it, it isn't tried (11.5.5)."""
        self._leave_care_of_address()
        self.care_of_address = self._context.home_address
        if not self._traveller.is_defended(self._context.home_address):
            self._context.output.act(RemoveAddress(NO_LINK, self._context.home_address))
            self._addresses.try_out(self._context.home_address, self._home_address_tried)

    def arrive_abroad(self, address: bytes) -> None:
        """Reached under this address; the home address is defended by others."""
        self._leave_care_of_address()
        home = self._context.home_address
        if self._addresses.is_assigned(home) or self._addresses.is_on_trial(home):
            self._addresses.remove(home)
            self._context.output.act(AddAddress(NO_LINK, home, 128))
        self.care_of_address = address

    def _leave_care_of_address(self) -> None:
        if self.care_of_address is not None and self.care_of_address != self._context.home_address:
            self._care_of.forget(self.care_of_address)

    # --- soliciting ---

    def _ask_for_routers(self, after_s: float) -> None:
        self._solicitations = 0
        if after_s == 0:
            self._solicit()
        else:
            self._context.set_alarm(Alarm.ROUTER_SOLICITATION, after_s)

    def _solicit(self) -> None:
        """RFC 4861, 6.3.7: at most so many, from the unspecified address while the interface has no other."""
        context = self._context
        self._solicitations += 1
        source = self.link_local_address or UNSPECIFIED
        options = (SourceLinkLayerAddress(link_layer_address=context.link_address),) if source != UNSPECIFIED else ()
        context.send_on_link(RouterSolicitation(options=options), source, ALL_ROUTERS)
        if self._solicitations < context.constants.max_router_solicitations:
            context.set_alarm(Alarm.ROUTER_SOLICITATION, context.constants.router_solicitation_interval_s)


__all__ = ["NO_LINK", "Movement", "Traveller"]
