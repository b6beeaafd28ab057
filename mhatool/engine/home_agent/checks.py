"""What a Binding Update is checked for, in the order in which it counts; the first that fails gives the status.

Before these come format, checksum and addresses (`request.py`), then authenticator and timestamp
(`authentication.py`); after them whether there is a binding to delete (133), and whether somebody else on the home link
has the home address (134): `registrations.py`. Source: RFC 6275, 9.5.1, 10.3.1 and 10.3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dissectors.ipv6.address import is_routable_unicast
from mhatool.engine.advertising import LONGEST_OF_SUBNETS, AdvertisedPrefix
from mhatool.engine.home_agent.agents_list import HomeAgentsList
from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.home_agent.cache import BindingCache
from mhatool.engine.home_agent.configuration import HomeAgentConfiguration
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent.prefixes import HomePrefixes
from mhatool.engine.home_agent.request import Request
from mhatool.engine.home_agent.statuses import Status
from mhatool.protocol.neighbourhood import link_local, subnet_routers_anycast
from mhatool.protocol.sequence import is_fresh

#: Whether a request fails a check, given the binding that it is about, if there is one.
Check = Callable[["Checks", Request, Binding | None], bool]


class Checks:
    """Checks requests against what the agent is told and knows."""

    def __init__(
        self,
        configuration: HomeAgentConfiguration,
        prefixes: HomePrefixes,
        cache: BindingCache,
        agents: HomeAgentsList,
        link: HomeLink,
    ) -> None:
        self.prefixes = prefixes
        self.cache = cache
        self.agents = agents
        self.link = link
        self.configure(configuration)
        self.routers = frozenset(_routers_addresses(configuration.advertising.prefixes))

    def configure(self, configuration: HomeAgentConfiguration) -> None:
        """Other limits from now on."""
        self.configuration = configuration
        self.prohibited = frozenset(configuration.prohibited)
        self.permitted = frozenset(configuration.permitted)

    def prohibits(self, home_address: bytes) -> bool:
        """Whether the operator doesn't want it to register."""
        return home_address in self.prohibited or (bool(self.permitted) and home_address not in self.permitted)

    def refusal(self, request: Request, binding: Binding | None) -> Status | None:
        """The status of the first check that fails; None: accepted so far."""
        for status, fails in DELETION if request.deletes else ORDER:
            if fails(self, request, binding):
                return status
        return None

    def refusal_of_kept(self, request: Request) -> Status | None:
        """The same for one that was kept: under another configuration perhaps, or written by anybody."""
        if not is_routable_unicast(request.care_of_address):
            return Status.INVALID_CARE_OF_ADDRESS
        return self.refusal(request, None)


def _routers_addresses(prefixes: Iterable[AdvertisedPrefix]) -> Iterator[bytes]:
    """The anycast address that the routers of each prefix have, this one among them (RFC 4291, 2.6.1)."""
    for each in prefixes:
        if each.prefix_length <= LONGEST_OF_SUBNETS:
            yield subnet_routers_anycast(each.prefix, each.prefix_length)


def _is_an_agent_s(checks: Checks, address: bytes) -> bool:
    return checks.agents.knows(address) or address in checks.routers


def _is_old(_: Checks, request: Request, binding: Binding | None) -> bool:
    return binding is not None and not is_fresh(request.sequence_number, binding.sequence_number)


def _changes_type(_: Checks, request: Request, binding: Binding | None) -> bool:
    return binding is not None and "H" not in request.flags


def _asks_a_router(checks: Checks, _request: Request, _binding: Binding | None) -> bool:
    return not checks.configuration.serves


def _is_of_another_link(checks: Checks, request: Request, _: Binding | None) -> bool:
    prefix = checks.prefixes.of(request.home_address)
    return prefix is None or prefix.valid_lifetime_s < 4  # no binding is shorter


def _is_prohibited(checks: Checks, request: Request, _: Binding | None) -> bool:
    """Among those that may not register are all addresses that agents have themselves."""
    return checks.prohibits(request.home_address) or _is_an_agent_s(checks, request.home_address)


def _is_one_too_many(checks: Checks, request: Request, binding: Binding | None) -> bool:
    """In all, or with this care-of address; who has a binding there already may keep it."""
    if binding is None and checks.cache.registered >= checks.configuration.most_bindings:
        return True
    is_there = binding is not None and binding.care_of_address == request.care_of_address
    return not is_there and checks.cache.count_at(request.care_of_address) >= checks.configuration.most_bindings_of_one


def _goes_in_circles(checks: Checks, request: Request, _: Binding | None) -> bool:
    """The care-of address is a home address here, or a home agent's: packets would go round (RFC 6275, 9.5.1)."""
    care_of_address = request.care_of_address
    return checks.cache.is_home_address(care_of_address) or _is_an_agent_s(checks, care_of_address)


def _has_an_agent_s_link_local(checks: Checks, request: Request, _: Binding | None) -> bool:
    """L for the link-local address of this agent or another one: no question is needed to know that it isn't free."""
    if "L" not in request.flags:
        return False
    namesake = link_local(request.home_address[8:])
    return namesake == checks.link.link_local_address or checks.agents.is_link_local_address(namesake)


def _lists_wrongly(_: Checks, request: Request, __: Binding | None) -> bool:
    """M and list belong together, and the list names each agent once, the receiver among them, and no mobile node."""
    agents = request.agents
    if not agents:
        return "M" in request.flags
    if "M" not in request.flags or request.agent not in agents or len(set(agents)) < len(agents):
        return True
    own = (request.home_address, request.care_of_address)
    return any(address in own or not is_routable_unicast(address) for address in agents)


DELETION: Final[tuple[tuple[Status, Check], ...]] = (
    (Status.SEQUENCE_NUMBER_OUT_OF_WINDOW, _is_old),
    (Status.REGISTRATION_TYPE_CHANGE_DISALLOWED, _changes_type),
    (Status.HOME_REGISTRATION_NOT_SUPPORTED, _asks_a_router),
)
"""What a deregistration is checked for: a binding that there is goes, whatever wouldn't be accepted any more (10.3.2).

Else the agent would go on to answer for an address that the mobile node, which doesn't ask again, has itself.
"""
ORDER: Final[tuple[tuple[Status, Check], ...]] = (
    *DELETION,
    (Status.NOT_HOME_SUBNET, _is_of_another_link),
    (Status.PROHIBITED, _is_prohibited),
    (Status.INSUFFICIENT_RESOURCES, _is_one_too_many),
    (Status.INVALID_CARE_OF_ADDRESS, _goes_in_circles),
    (Status.UNSPECIFIED, _lists_wrongly),
    (Status.DUPLICATE_ADDRESS_DETECTION_FAILED, _has_an_agent_s_link_local),
)

__all__ = ["Checks"]
