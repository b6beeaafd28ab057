"""The Home Agents List, and what mobile nodes are told of it and of prefixes (RFC 6275, 10.5 and 10.6)."""

from itertools import pairwise
from typing import Any

import pytest

from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest, MobilePrefixAdvertisement, MobilePrefixSolicitation
from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement, RouterSolicitation
from dissectors.icmpv6.options import PrefixInformation, SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.binding import BindingAcknowledgement, BindingError
from dissectors.spec import Flags
from mhatool.engine.actions import AddAddress
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.commands import ChangePrefix, LinkChanged, Stop
from mhatool.engine.constants import KAME2003
from mhatool.engine.drops import DropReason
from mhatool.engine.events import AgentListEntry
from mhatool.engine.home_agent import ConfigurationError
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    ALL_NODES,
    CARE_OF,
    ELSEWHERE,
    HOME,
    LINK,
    LINK_LOCAL,
    PREFIX,
    SECOND,
    SECOND_LINK,
    SECOND_LINK_LOCAL,
    STRANGER,
    THIRD,
    advertisement_of,
    agent,
    bound,
    configuration,
    knows_second,
    registers,
    update,
)
from tests.mhatool.engine.playbook import BEGIN, Playbook, S

OTHER_PREFIX = parse("2001:db8:11::")
ANYCAST = parse("2001:db8:1:0:fdff:ffff:ffff:fffe")  # RFC 2526: the last 7 bits are 0x7e, the others ones, u clear


def asked(play: Playbook, identifier: int = 7) -> Any:
    """The reply to a discovery request."""
    play.hears(DhaadRequest(identifier=identifier, flags=Flags()), CARE_OF, ANYCAST)
    return play.finds(DhaadReply)


# --- the list ---


def test_an_agent_that_is_no_default_router_is_listed() -> None:
    """By its own lifetime (RFC 6275, 7.4); without one, the router's of 0 s is its own (10.5.1)."""
    play = agent()
    knows_second(play, router_lifetime_s=0, lifetime_s=900)
    found = play.node.agents.find(SECOND)
    assert found is not None
    assert (found.lifetime_s, found.expires_ns) == (900, play.now + 900 * S)
    message = advertisement_of(SECOND, router_lifetime_s=0)
    message = message.replace(options=message.options[:1])
    play.hears(message, SECOND_LINK_LOCAL, ALL_NODES, link_source=SECOND_LINK, hop_limit=255)
    assert play.node.agents.find(SECOND) is None


def test_what_an_agent_advertises_is_listed() -> None:
    play = agent()
    knows_second(play, preference=5, lifetime_s=900)
    entry = play.tells(AgentListEntry)
    assert (entry.address, entry.link_local_address, entry.preference) == (SECOND, SECOND_LINK_LOCAL, 5)
    assert (entry.lifetime_s, entry.expires_ns, entry.gone) == (900, play.now + 900 * S, False)


def test_without_its_option_preference_is_0_and_lifetime_the_router_s() -> None:
    play = agent()
    message = advertisement_of(router_lifetime_s=600)
    play.hears(message.replace(options=message.options[:1]), SECOND_LINK_LOCAL, ALL_NODES, hop_limit=255)
    entry = play.tells(AgentListEntry)
    assert (entry.preference, entry.lifetime_s) == (0, 600)


def test_an_agent_that_is_silent_for_its_lifetime_is_forgotten() -> None:
    play = agent()
    knows_second(play, lifetime_s=10)
    play.waits(5)
    knows_second(play, lifetime_s=10)
    play.forgets()
    play.waits(9.999)
    assert SECOND in asked(play).message.home_agents
    play.waits(0.001)
    assert play.tells(AgentListEntry).gone
    assert asked(play).message.home_agents == (AGENT,)


@pytest.mark.parametrize("facts", [{"lifetime_s": 0}, {"flags": ""}, {"flags": "", "router_lifetime_s": 0}], ids=str)
def test_an_agent_that_says_so_is_forgotten_at_once(facts: dict[str, Any]) -> None:
    play = agent()
    knows_second(play)
    play.forgets()
    knows_second(play, **facts)
    assert play.tells(AgentListEntry).gone
    assert play.node.agents.find(SECOND) is None
    play.waits(10_000)


def test_a_router_that_is_no_home_agent_is_not_listed() -> None:
    play = agent()
    knows_second(play, flags="")
    assert not [event for event in play.events if isinstance(event, AgentListEntry)]


def test_of_an_agent_with_several_addresses_one_is_offered_the_latest() -> None:
    """Two would pass for two agents."""
    play = agent()
    knows_second(play)
    knows_second(play, address=THIRD)
    assert set(asked(play).message.home_agents) == {AGENT, THIRD}


def test_each_prefix_has_agents_of_its_own() -> None:
    """Both agents have an address in each of two prefixes; who asks for those of one hears of that one's."""
    prefixes = [(PREFIX, AGENT, SECOND), (OTHER_PREFIX, OTHER_PREFIX[:15] + b"\x01", OTHER_PREFIX[:15] + b"\x02")]
    advertising = AdvertisingConfiguration(
        interface="home",
        prefixes=tuple(AdvertisedPrefix(prefix=prefix, router_address=own) for prefix, own, _ in prefixes),
        home_agent=AdvertisedHomeAgent(),
    )
    play = agent(advertising=advertising)
    names(play, SECOND_LINK_LOCAL, *(other for _, _, other in prefixes))
    for prefix, own, other in prefixes:
        request = DhaadRequest(identifier=7, flags=Flags())
        play.hears(request, CARE_OF, prefix[:8] + ANYCAST[8:])
        reply = play.finds(DhaadReply)
        assert reply.arrival.source == own
        assert set(reply.message.home_agents) == {own, other}


def names(play: Playbook, source: bytes, *addresses: bytes, lifetime_s: int = 1800) -> None:
    """A home agent advertises these addresses."""
    first = advertisement_of(router_lifetime_s=lifetime_s)
    prefix = next(option for option in first.options if isinstance(option, PrefixInformation))
    options = tuple(prefix.replace(prefix=address, flags=Flags("LAR")) for address in addresses)
    play.hears(first.replace(options=options), source, ALL_NODES, hop_limit=255)


def test_two_agents_that_name_one_address() -> None:
    """Whose it was first keeps it, until that one goes."""
    play = agent()
    names(play, SECOND_LINK_LOCAL, SECOND)
    other = parse("fe80::99")
    names(play, other, SECOND, THIRD)
    assert asked(play).message.home_agents.count(SECOND) == 1
    names(play, SECOND_LINK_LOCAL, SECOND, lifetime_s=0)
    names(play, other, SECOND, lifetime_s=1800)
    play.forgets()
    assert set(asked(play).message.home_agents) == {AGENT, SECOND}
    names(play, other, SECOND, lifetime_s=0)
    play.forgets()
    assert asked(play).message.home_agents == (AGENT,)


def test_the_address_that_it_named_last_is_offered() -> None:
    """A and B alone it never names together: A is its own again, and B isn't any more."""
    play = agent()
    a, b = SECOND, PREFIX[:15] + b"\x22"
    for named in (a, b, a):
        names(play, SECOND_LINK_LOCAL, named)
        play.forgets()
        assert set(asked(play).message.home_agents) == {AGENT, named}


def test_what_each_advertisement_names_makes_room_for_no_new_one() -> None:
    """Of nine addresses the one that was named the longest ago goes: the second, as the first one always is."""
    play = agent()
    news = [PREFIX[:14] + bytes((9, number)) for number in range(8)]
    for new in news:
        names(play, SECOND_LINK_LOCAL, SECOND, new)
    known = play.node.agents.knows
    assert known(SECOND)
    assert [known(new) for new in news] == [False] + [True] * 7


def test_addresses_that_nobody_can_be_reached_at_are_not_listed() -> None:
    play = agent()
    names(play, SECOND_LINK_LOCAL, *map(parse, ("::", "::1", "ff02::1", "fe80::1")), AGENT)
    assert asked(play).message.home_agents == (AGENT,)


def test_the_list_is_bounded() -> None:
    """128 agents, 8 addresses of each: the latest."""
    play = agent()
    for number in range(12):
        names(play, SECOND_LINK_LOCAL, PREFIX[:14] + bytes((9, number)))
    assert [play.node.agents.knows(PREFIX[:14] + bytes((9, n))) for n in range(12)] == [False] * 4 + [True] * 8
    for number in range(127):
        names(play, parse("fe80::1:0")[:15] + bytes((number,)), PREFIX[:14] + bytes((10, number)))
    play.forgets()
    names(play, parse("fe80::2:0"), THIRD)
    play.drops(DropReason.TOO_MANY)


def test_advertisements_out_of_a_tunnel_are_not_believed() -> None:
    """RFC 4861, 6.1.2: hop limit 255 inside a tunnel proves nothing of the link."""
    play = agent()
    play.hears(advertisement_of(), SECOND_LINK_LOCAL, ALL_NODES, hop_limit=255, tunnel=(CARE_OF, AGENT))
    play.drops(DropReason.HOP_LIMIT)


def test_advertisements_that_do_not_count() -> None:
    play = agent()
    message = advertisement_of()
    play.hears(message, SECOND, ALL_NODES, hop_limit=255)
    play.drops(DropReason.MALFORMED)
    play.hears(message, SECOND_LINK_LOCAL, ALL_NODES, hop_limit=64)
    play.drops(DropReason.HOP_LIMIT)
    play.hears(message, SECOND_LINK_LOCAL, ALL_NODES, hop_limit=255, interface="elsewhere")
    play.drops(DropReason.NOT_FOR_US)


# --- discovery ---


def test_the_reply_comes_from_a_unicast_address() -> None:
    play = agent()
    reply = asked(play, 99)
    assert (reply.arrival.source, reply.arrival.destination) == (AGENT, CARE_OF)
    assert (reply.message.identifier, reply.message.home_agents, reply.message.flags) == (99, (AGENT,), set())


@pytest.mark.parametrize(
    ("own", "other", "order"),
    # The field is unsigned (RFC 6275, 7.4).
    [(5, 9, (SECOND, AGENT)), (9, 5, (AGENT, SECOND)), (32767, 32768, (SECOND, AGENT)), (0, 65535, (SECOND, AGENT))],
)
def test_higher_preference_comes_first(own: int, other: int, order: tuple[bytes, ...]) -> None:
    play = agent(home_agent=AdvertisedHomeAgent(preference=own))
    knows_second(play, preference=other)
    for _ in range(10):
        assert asked(play).message.home_agents == order


def test_equal_ones_come_by_lot() -> None:
    play = agent()
    knows_second(play)
    assert {asked(play).message.home_agents for _ in range(30)} == {(AGENT, SECOND), (SECOND, AGENT)}


def test_a_reply_needs_no_fragments() -> None:
    """(1280 - 40 - 8) / 16 = 77 addresses; the least preferred ones are left out."""
    play = agent(home_agent=AdvertisedHomeAgent(preference=1))
    for number in range(2, 102):
        knows_second_of(play, number)
    reply = asked(play)
    assert len(reply.message.home_agents) == 77
    assert len(reply.action.datagram) == 40 + 8 + 77 * 16 == 1280
    assert AGENT in reply.message.home_agents


def knows_second_of(play: Playbook, number: int) -> None:
    """Agents of preference 0, each at an address of its own."""
    address, link_local = (start + bytes(6) + number.to_bytes(2) for start in (PREFIX[:8], STRANGER[:8]))
    play.hears(advertisement_of(address), link_local, ALL_NODES, hop_limit=255)


def test_requests_that_nobody_answers() -> None:
    play = agent()
    request = DhaadRequest(identifier=1, flags=Flags())
    play.hears(request, CARE_OF, AGENT)
    play.drops(DropReason.NOT_FOR_US)
    play.hears(request.replace(code=1), CARE_OF, ANYCAST)
    play.drops(DropReason.CODE)
    play.hears(request, UNSPECIFIED, ANYCAST)
    play.drops(DropReason.MULTICAST)
    play = agent(home_agent=None)
    play.hears(request, CARE_OF, ANYCAST)
    play.drops(DropReason.NOT_FOR_US)
    assert play.node.anycast_addresses == ()


def test_the_machine_hears_of_the_anycast_address() -> None:
    assert agent().node.anycast_addresses == (ANYCAST,)


# --- prefixes ---

SOLICITATION = MobilePrefixSolicitation(identifier=55, options=())


def test_who_is_registered_is_told_the_prefixes() -> None:
    prefix = AdvertisedPrefix(prefix=PREFIX, router_address=AGENT, valid_lifetime_s=9000, preferred_lifetime_s=8000)
    play = bound(prefix=prefix)
    play.hears(SOLICITATION, CARE_OF, AGENT, home_address=HOME)
    sent = play.sends(MobilePrefixAdvertisement, identifier=55)
    assert (sent.arrival.source, sent.arrival.destination) == (AGENT, CARE_OF)
    assert sent.arrival.routed_home_address == HOME
    (option,) = sent.message.options
    assert (option.prefix, option.valid_lifetime_s, option.preferred_lifetime_s) == (AGENT, 9000, 8000)
    assert option.flags == {"L", "A", "R"}


@pytest.mark.parametrize(("source", "home"), [(ELSEWHERE, HOME), (CARE_OF, SECOND)])
def test_a_stranger_gets_a_binding_error(source: bytes, home: bytes) -> None:
    play = bound()
    play.hears(SOLICITATION, source, AGENT, home_address=home)
    play.sends(BindingError, status=1, home_address=home)
    play.drops(DropReason.UNBOUND)


def test_solicitations_that_say_nobody_s_home() -> None:
    play = bound()
    play.hears(SOLICITATION, CARE_OF, AGENT)
    play.drops(DropReason.HOME_ADDRESS)
    play.hears(SOLICITATION.replace(code=1), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.CODE)


def test_an_entry_of_a_link_local_address_is_told_nothing_of_its_own() -> None:
    """Changed prefixes are told to mobile nodes, each once: the clone is no other one."""
    play = bound(facts={"flags": "AHL", "lifetime_s": 2000})
    play.is_told(ChangePrefix(PREFIX, valid_lifetime_s=9000, preferred_lifetime_s=700))
    play.waits(722)  # between 600 s and the preferred lifetime, and again after 3, 6 and 12 s
    told = [play.finds(MobilePrefixAdvertisement, identifier=0).arrival.routed_home_address for _ in range(4)]
    assert told == [HOME] * 4
    with pytest.raises(AssertionError, match="no MobilePrefixAdvertisement"):
        play.finds(MobilePrefixAdvertisement)


# --- coming up and leaving ---


def test_it_takes_its_addresses_and_advertises_itself() -> None:
    """RFC 4861, 4.2: from the link-local address that is assigned to the interface."""
    play = agent(advertises=True)
    play.starts(home=LINK)
    play.does(AddAddress("home", LINK_LOCAL, 64), AddAddress("home", AGENT, 64))
    play.waits(0)
    sent = play.sends(RouterAdvertisement, flags={"H"})
    assert sent.arrival.source == LINK_LOCAL


def test_a_solicitation_is_answered() -> None:
    play = agent(advertises=True)
    play.starts(home=LINK)
    play.waits(10)
    play.forgets()
    play.hears(RouterSolicitation(options=()), STRANGER, parse("ff02::2"), hop_limit=255)
    play.waits(0.5)
    play.sends(RouterAdvertisement)


def test_solicitations_that_are_none() -> None:
    play = agent(advertises=True)
    message = RouterSolicitation(options=())
    play.hears(message, STRANGER, parse("ff02::2"), hop_limit=64)
    play.drops(DropReason.HOP_LIMIT)
    play.hears(message, STRANGER, parse("ff02::2"), hop_limit=255, interface="elsewhere")
    play.drops(DropReason.NOT_FOR_US)
    options = (SourceLinkLayerAddress(link_layer_address=LINK),)
    play.hears(message.replace(options=options), UNSPECIFIED, parse("ff02::2"), hop_limit=255)
    play.drops(DropReason.OPTION)


def test_it_leaves_with_a_last_advertisement() -> None:
    play = agent(advertises=True)
    play.starts(home=LINK)
    play.waits(0)
    play.forgets()
    play.is_told(Stop())
    play.sends(RouterAdvertisement, router_lifetime_s=0)
    play.is_told(LinkChanged("home"))
    play.sends_nothing()
    quiet = agent()
    quiet.is_told(Stop())
    quiet.sends_nothing()


def test_what_an_agent_cannot_start_with() -> None:
    with pytest.raises(ConfigurationError, match="has an address"):
        configuration(prefix=AdvertisedPrefix(prefix=PREFIX))
    play = agent()
    with pytest.raises(ConfigurationError, match="no interface home"):
        play.starts(eth0=LINK)


def test_the_same_seed_says_the_same() -> None:
    def said(seed: int) -> list[bytes]:
        play = agent(seed=seed, advertises=True)
        play.starts(home=LINK)
        knows_second(play)
        registers(play)
        play.waits(5000)
        asked(play)
        return [sent.action.datagram for sent in play._sent]

    assert said(3) == said(3)
    assert said(3) != said(4)


# --- prefixes that change (10.6.2, 10.6.3) ---

CHANGED = ChangePrefix(PREFIX, 9000, 3000)


def told_within(play: Playbook, seconds: float) -> list[Any]:
    """The advertisements that nobody asked for."""
    play.waits(seconds)
    found = []
    while play._sent:
        found.append(play.sends(MobilePrefixAdvertisement, identifier=0))
    return found


def test_who_is_away_hears_of_other_lifetimes_and_again_until_it_answers() -> None:
    """Between MinMobPfxAdvInterval, 600 s, and the preferred lifetime; then after 3, 6 and 12 s."""
    play = bound(facts={"lifetime_s": 40_000})
    begin = play.now
    play.is_told(CHANGED)
    sent = told_within(play, 3600)
    first = sent[0]
    assert 600 * S <= first.at - begin <= 3000 * S
    assert [each.at - first.at for each in sent] == [0, 3 * S, 9 * S, 21 * S]
    assert (first.arrival.destination, first.arrival.routed_home_address) == (CARE_OF, HOME)
    (option,) = first.message.options
    assert (option.valid_lifetime_s, option.preferred_lifetime_s) == (9000, 3000)


def test_a_solicitation_ends_that() -> None:
    play = bound(facts={"lifetime_s": 40_000})
    play.is_told(CHANGED)
    while not (told := told_within(play, 1)):
        assert play.now < BEGIN + 3001 * S
    assert len(told) == 1
    play.hears(SOLICITATION, CARE_OF, AGENT, home_address=HOME)
    play.sends(MobilePrefixAdvertisement, identifier=55)
    assert told_within(play, 3600) == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_changes_postpone_nothing(seed: int) -> None:
    """What is scheduled is replaced, and sent at the scheduled time (10.6.2): once, with the latest of it."""
    once = bound(seed=seed, facts={"lifetime_s": 40_000})
    once.is_told(CHANGED)
    at = told_within(once, 4000)[0].at
    often = bound(seed=seed, facts={"lifetime_s": 40_000})
    often.is_told(CHANGED)
    assert told_within(often, 605) == []
    often.is_told(ChangePrefix(PREFIX, 9000, 86_400))
    assert told_within(often, 20) == []
    often.is_told(ChangePrefix(PREFIX, 8000, 7000))
    first = told_within(often, 4000)[0]
    assert first.at == at
    assert first.message.options[0].valid_lifetime_s == 8000


def test_a_change_after_it_was_told_is_told_anew() -> None:
    """Not before the least delay is over, though the first one was not answered."""
    play = bound(facts={"lifetime_s": 40_000})
    play.is_told(CHANGED)
    while not told_within(play, 1):
        pass
    begin = play.now
    play.is_told(ChangePrefix(PREFIX, 8000, 2000))
    sent = told_within(play, 2100)
    assert 600 * S <= sent[0].at - begin <= 2000 * S
    assert len(sent) == 4


@pytest.mark.parametrize("seed", range(5))
def test_the_least_delay_is_kept_where_the_preferred_lifetime_is_shorter(seed: int) -> None:
    """RAND_ADV_DELAY = 600 + rand % |min(86,400, 100) - 600|: from 600 to 1,100 s (10.6.2)."""
    play = bound(seed=seed, facts={"lifetime_s": 7200})
    begin = play.now
    play.is_told(ChangePrefix(PREFIX, 7200, 100))
    assert 599 * S <= told_within(play, 1200)[0].at - begin <= 1100 * S


def test_who_has_not_been_told_for_a_day_is_told() -> None:
    """The first time within a day of registering, then within a second day after the last time (10.6.2)."""
    play = bound(facts={"lifetime_s": 262_140})
    times, number = [BEGIN], 1
    for _ in range(20):
        told = [sent.at for sent in told_within(play, 43_200)]
        times += told[:1] if told and told[0] - times[-1] > 21 * S else []
        number += 1
        registers(play, number=number, lifetime_s=262_140)
    day = 86_400 * S
    assert 600 * S <= times[1] - times[0] <= day
    gaps = [after - before for before, after in pairwise(times[1:])]
    assert len(gaps) >= 4
    assert all(day + 600 * S <= gap <= 2 * day + 21 * S for gap in gaps)


def test_who_asks_has_been_told() -> None:
    play = bound(facts={"lifetime_s": 262_140})
    play.waits(500)
    play.hears(SOLICITATION, CARE_OF, AGENT, home_address=HOME)
    play.sends(MobilePrefixAdvertisement, identifier=55)
    assert told_within(play, 86_400 + 599) == []


def test_kame_s_agents_tell_of_changes_alone() -> None:
    play = bound(constants=KAME2003, facts={"lifetime_s": 420})
    for number in range(2, 500):
        play.waits(400)
        play.hears(update(number), CARE_OF, AGENT, home_address=HOME)
        play.finds(BindingAcknowledgement)
        play.sends_nothing()


def test_who_is_gone_meanwhile_is_not_told() -> None:
    play = bound(facts={"lifetime_s": 400})
    play.is_told(CHANGED)
    assert told_within(play, 90_000) == []
    assert play.node.next_timer() is None


def test_the_link_hears_of_it_and_new_bindings_keep_to_it() -> None:
    play = agent(advertises=True)
    play.starts(home=LINK)
    play.is_told(ChangePrefix(PREFIX, 100, 50))
    play.waits(0)
    assert play.finds(RouterAdvertisement).message.options[1].valid_lifetime_s == 100
    answer = registers(play, lifetime_s=420)
    assert (answer.message.status, answer.message.lifetime_s) == (1, 100)


def test_prefixes_of_other_links_do_not_matter() -> None:
    play = bound(facts={"lifetime_s": 40_000})
    play.is_told(ChangePrefix(CARE_OF, 100, 50))
    play.hears(SOLICITATION, CARE_OF, AGENT, home_address=HOME)
    sent = play.sends(MobilePrefixAdvertisement)
    assert sent.message.options[0].valid_lifetime_s == 2_592_000  # as configured
