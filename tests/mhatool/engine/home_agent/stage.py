"""One home agent, its neighbours and a mobile node, as the tests of this folder know them."""

from __future__ import annotations

from random import Random
from typing import Any

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement
from dissectors.icmpv6.options import HomeAgentInformation, PrefixInformation
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.profile import RFC6275, Profile
from dissectors.spec import Flags, Option
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.constants import Constants
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration
from tests.mhatool.engine.playbook import Playbook, Sent

PREFIX = parse("2001:db8:1::")
AGENT, SECOND, THIRD = (parse(f"2001:db8:1::{number}") for number in (1, 2, 3))
HOME = parse("2001:db8:1::200:ff:fe00:aa")
OTHER_HOME = parse("2001:db8:1::200:ff:fe00:bb")
HOME_LINK_LOCAL = parse("fe80::200:ff:fe00:aa")
CARE_OF, ELSEWHERE = parse("2001:db8:2::9"), parse("2001:db8:3::9")
LINK, SECOND_LINK, THIRD_LINK, MOBILE_LINK, STRANGER_LINK = (
    bytes.fromhex(f"0200000000{last}") for last in ("01", "02", "03", "aa", "ee")
)
LINK_LOCAL, SECOND_LINK_LOCAL, STRANGER = (parse(f"fe80::ff:fe00:{last}") for last in ("1", "2", "ee"))
ALL_NODES = parse("ff02::1")
SOLICITED = parse("ff02::1:ff00:aa")
ORDINARY = AdvertisedHomeAgent()
SILENT = Constants(probe_failures=0)
"""Nobody is asked for signs of life, where a test is about something else."""


def configuration(
    prefix: AdvertisedPrefix | None = None,
    home_agent: AdvertisedHomeAgent | None = ORDINARY,
    **changes: Any,
) -> HomeAgentConfiguration:
    advertised = prefix or AdvertisedPrefix(prefix=PREFIX, router_address=AGENT)
    advertising = AdvertisingConfiguration(interface="home", prefixes=(advertised,), home_agent=home_agent)
    values: dict[str, Any] = {"name": "ha1", "advertising": advertising, "advertises": False, **changes}
    return HomeAgentConfiguration(**values)


def agent(seed: int = 1, **changes: Any) -> Playbook:
    """A home agent that has come up."""
    given = configuration(**changes)
    play = Playbook(HomeAgent(given, Random(seed)), given.profile)
    play.starts(home=LINK)
    play.forgets()
    return play


def update(
    number: int,
    lifetime_s: int = 420,
    flags: str = "AH",
    agents: tuple[bytes, ...] = (),
    options: tuple[Option, ...] = (),
) -> BindingUpdate:
    listed: tuple[Option, ...] = (MultipleHomeAgents(home_agents=agents),) if agents else ()
    return BindingUpdate(sequence_number=number, flags=Flags(flags), lifetime_s=lifetime_s, options=(*options, *listed))


def registers(play: Playbook, number: int = 1, care_of: bytes = CARE_OF, **facts: Any) -> Sent:
    """The mobile node registers, and nobody objects; the answer."""
    play.hears(update(number, **facts), care_of, AGENT, home_address=HOME)
    play.waits(1)
    return play.finds(BindingAcknowledgement)


def bound(profile: Profile = RFC6275, facts: dict[str, Any] | None = None, **changes: Any) -> Playbook:
    """A home agent at which the mobile node is registered already."""
    play = agent(profile=profile, **changes)
    registers(play, **(facts or {}))
    play.forgets()
    return play


def advertisement_of(
    address: bytes = SECOND,
    preference: int = 0,
    lifetime_s: int = 1800,
    flags: str = "H",
    router_lifetime_s: int = 1800,
) -> RouterAdvertisement:
    """What another home agent of the link says of itself."""
    prefix = PrefixInformation(
        prefix_length=64,
        flags=Flags("LAR"),
        valid_lifetime_s=7200,
        preferred_lifetime_s=3600,
        prefix=address,
    )
    information = HomeAgentInformation(
        flags=Flags(), home_agent_preference=preference, home_agent_lifetime_s=lifetime_s
    )
    options = (prefix, information) if "H" in flags else (prefix,)
    return RouterAdvertisement(flags=Flags(flags), router_lifetime_s=router_lifetime_s, options=options)


def knows_second(play: Playbook, **facts: Any) -> None:
    """The agent hears of the second one."""
    play.hears(advertisement_of(**facts), SECOND_LINK_LOCAL, ALL_NODES, link_source=SECOND_LINK, hop_limit=255)


def announces(play: Playbook, link_source: bytes, target: bytes = HOME) -> None:
    """Somebody says to all that it has an address."""
    message = NeighborAdvertisement(flags=Flags("O"), target=target, options=())
    play.hears(message, STRANGER, ALL_NODES, link_source=link_source, hop_limit=255)


def asks(play: Playbook, target: bytes = HOME, source: bytes = STRANGER, link_source: bytes = STRANGER_LINK) -> None:
    """Somebody asks who has an address."""
    message = NeighborSolicitation(target=target, options=())
    play.hears(message, source, SOLICITED, link_source=link_source, hop_limit=255)


def checks(play: Playbook, link_source: bytes, target: bytes = HOME) -> None:
    """Somebody looks whether an address is free."""
    asks(play, target, UNSPECIFIED, link_source)
