"""Links, routers and addresses: where the node finds itself (RFC 4861, RFC 4862, RFC 6275, 11.5)."""

from __future__ import annotations

import itertools

import pytest

from dissectors.icmpv6.home_agents import DhaadRequest
from dissectors.icmpv6.neighbour_discovery import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from dissectors.icmpv6.options import PrefixInformation, SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from dissectors.spec import Flags
from mhatool.engine.actions import AddAddress, JoinGroup, LeaveGroup, RemoveAddress, RemoveRoute, SetRoute
from mhatool.engine.commands import LinkChanged
from mhatool.engine.departure import ON_LINK
from mhatool.engine.drops import DropReason
from mhatool.engine.mobile_node.advertised import INFINITE_S
from mhatool.engine.nd_events import (
    AddressDuplicate,
    AddressRemoved,
    CareOfAddressChanged,
    LocationChanged,
    NewPrefix,
    PrefixReceived,
    RouterFound,
    RouterLost,
)
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    ALL_NODES,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    IDENTIFIER,
    LINK,
    LINK_LOCAL,
    ROUTER_LINKS,
    ROUTERS,
    Journey,
    advertisement,
)
from tests.mhatool.engine.playbook import BEGIN, PEER_LINK, S

SOLICITED_NODE = parse("ff02::1:ff4c:51fd")
ANYWHERE = bytes(16)


def test_it_tries_out_its_link_local_address_and_asks_for_routers_at_most_three_times() -> None:
    play = Journey()
    play.starts(eth0=LINK)
    first = play.sends(NeighborSolicitation, target=LINK_LOCAL)
    assert (first.arrival.source, first.arrival.destination) == (UNSPECIFIED, SOLICITED_NODE)
    assert first.arrival.hop_limit == ON_LINK
    play.waits(60)
    asked = [play.sends(RouterSolicitation) for _ in range(3)]
    play.sends_nothing()
    assert asked[0].at <= BEGIN + S  # MAX_RTR_SOLICITATION_DELAY
    assert [round((b.at - a.at) / S, 6) for a, b in itertools.pairwise(asked)] == [4, 4]
    assert asked[1].arrival.source == LINK_LOCAL


def _hears_of_home(play: Journey, *, flags: str = "LA", length: int = 64, valid_s: int = 86_400) -> None:
    """A router of another link names the home prefix in one way or other, and one of its own."""
    own = advertisement(ABROAD)
    home = own.options[0].replace(
        prefix=HOME_PREFIX,
        prefix_length=length,
        flags=Flags(flags),
        valid_lifetime_s=valid_s,
        preferred_lifetime_s=valid_s // 2,
    )
    play.hears(own.replace(options=(home, *own.options)), ROUTERS[ABROAD], ALL_NODES, hop_limit=ON_LINK)


@pytest.mark.parametrize("how", [{"valid_s": 0}, {"flags": "A"}, {"length": 48}, {"length": 80}])
def test_only_the_home_prefix_itself_on_the_link_makes_a_home_link(how: dict[str, int]) -> None:
    """RFC 6275, 11.5.5: it is on-link again. Withdrawn, or without L, it isn't; a /48 is another prefix."""
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    _hears_of_home(play, **how)
    play.waits(1)
    assert play.tells(LocationChanged).location == "foreign"
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF


def test_a_router_that_names_the_home_prefix_later_leads_home() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    _hears_of_home(play)
    assert play.tells(LocationChanged).location == "home"
    (update,) = play.updates()
    assert (update.arrival.source, update.message.lifetime_s) == (HOME, 0)


def test_a_prefix_that_is_withdrawn_is_no_route_and_no_sign_of_another_link() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(ELSEWHERE, valid_s=0)
    play.waits(10)
    assert SetRoute(ELSEWHERE, 64, "eth0") not in play.actions
    assert play.solicitations() == []


def test_routes_have_the_prefix_as_long_as_it_is() -> None:
    """2001:db8:5:6:7::9/80 begins with 80 bits; what comes after them doesn't count (RFC 4861, 4.6.2)."""
    play = Journey()
    play.comes_up()
    message = advertisement(ABROAD)
    longer = message.options[0].replace(prefix=parse("2001:db8:5:6:7::9"), prefix_length=80)
    play.hears(message.replace(options=(longer,)), ROUTERS[ABROAD], ALL_NODES, hop_limit=ON_LINK)
    play.does(SetRoute(parse("2001:db8:5:6:7::"), 80, "eth0"))


def test_a_home_link_gives_the_home_address_back_to_the_interface() -> None:
    play = Journey()
    play.starts(eth0=LINK)
    play.does(AddAddress("lo", HOME, 128))
    play.hears_router(HOME_PREFIX)
    assert play.tells(LocationChanged).location == "home"
    assert play.tells(CareOfAddressChanged).care_of_address == HOME
    play.waits(1)
    play.does(RemoveAddress("lo", HOME), JoinGroup("eth0", SOLICITED_NODE), AddAddress("eth0", HOME, 64))


def test_a_foreign_link_gives_a_care_of_address_that_was_tried_out() -> None:
    """INET #1140: no duplicate address detection of the care-of address."""
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    assert CARE_OF in [sent.message.target for sent in play.solicitations()]
    play.waits(0.999)
    assert AddAddress("eth0", CARE_OF, 64) not in play.actions
    play.waits(0.001)
    play.does(
        SetRoute(ABROAD, 64, "eth0"),
        SetRoute(ANYWHERE, 0, "eth0", ROUTERS[ABROAD]),
        JoinGroup("eth0", SOLICITED_NODE),
        AddAddress("eth0", CARE_OF, 64),
        LeaveGroup("eth0", SOLICITED_NODE),
    )
    assert play.tells(LocationChanged).location == "foreign"
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF
    assert play.sends(DhaadRequest).arrival.source == CARE_OF


def test_the_order_in_which_an_advertisement_is_told() -> None:
    play = Journey()
    play.comes_up()
    play.hears_router(ABROAD)
    told = [type(event) for event in play.events if type(event) in (PrefixReceived, NewPrefix, RouterFound)]
    assert told == [PrefixReceived, NewPrefix, RouterFound]
    play.hears_router(ABROAD)
    play.tells(PrefixReceived)
    play.tells(PrefixReceived)


def test_a_duplicate_care_of_address_is_told_and_another_one_tried() -> None:
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    play.forgets()
    play.hears_duplicate(CARE_OF)
    assert play.tells(AddressDuplicate).address == CARE_OF
    (other,) = play.solicitations()
    assert other.message.target[:8] == CARE_OF[:8]
    assert other.message.target[8] & 2 == 0  # not a universal identifier
    play.waits(1)
    assert play.tells(CareOfAddressChanged).care_of_address == other.message.target


def test_a_trial_of_the_same_address_by_somebody_else_is_a_duplicate_and_an_echo_of_ours_is_none() -> None:
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    trial = NeighborSolicitation(target=CARE_OF, options=())
    play.hears(trial, UNSPECIFIED, SOLICITED_NODE, link_source=LINK, hop_limit=ON_LINK)
    assert not [event for event in play.events if isinstance(event, AddressDuplicate)]
    play.hears(trial, ROUTERS[ABROAD], SOLICITED_NODE, hop_limit=ON_LINK)
    assert not [event for event in play.events if isinstance(event, AddressDuplicate)]
    play.hears(trial, UNSPECIFIED, SOLICITED_NODE, hop_limit=ON_LINK)
    assert play.tells(AddressDuplicate).address == CARE_OF


_FROM_NOBODY = NeighborSolicitation(target=CARE_OF, options=())
_ITS_ADDRESS = (SourceLinkLayerAddress(link_layer_address=PEER_LINK),)
_SAYS = NeighborAdvertisement(flags=Flags("O"), target=CARE_OF, options=())


@pytest.mark.parametrize(
    ("message", "source", "destination", "reason"),
    [
        (_FROM_NOBODY, UNSPECIFIED, CARE_OF, DropReason.MULTICAST),
        (_FROM_NOBODY.replace(options=_ITS_ADDRESS), UNSPECIFIED, SOLICITED_NODE, DropReason.OPTION),
        (_FROM_NOBODY.replace(code=1), UNSPECIFIED, SOLICITED_NODE, DropReason.CODE),
        (_SAYS.replace(code=1), CARE_OF, ALL_NODES, DropReason.CODE),
        (_SAYS.replace(flags=Flags("SO")), CARE_OF, ALL_NODES, DropReason.CODE),
    ],
)
def test_invalid_neighbour_discovery_ends_no_trial(
    message: NeighborSolicitation | NeighborAdvertisement, source: bytes, destination: bytes, reason: DropReason
) -> None:
    """RFC 4861, 7.1.1 and 7.1.2: such a message MUST be silently discarded."""
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    play.forgets()
    play.hears(message, source, destination, hop_limit=ON_LINK)
    play.drops(reason)
    play.waits(1)
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF


def test_after_three_duplicates_the_prefix_is_given_up() -> None:
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    target = CARE_OF
    for _ in range(3):
        play.solicitations()
        play.hears_duplicate(target)
        target = next((sent.message.target for sent in play.solicitations()), b"")
    assert target == b""
    play.waits(10)
    assert not [event for event in play.events if isinstance(event, CareOfAddressChanged)]


def test_the_machines_word_of_another_link_is_asked_about_at_once() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(LinkChanged("eth0"))
    assert play.finds(RouterSolicitation).arrival.source == UNSPECIFIED
    play.does(RemoveRoute(ANYWHERE, 0), RemoveRoute(ABROAD, 64))
    assert play.tells(LocationChanged).location == "unknown"
    assert play.tells(RouterLost).router == ROUTERS[ABROAD]
    play.hears_router(ELSEWHERE)
    play.waits(1)
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF_ELSEWHERE
    assert play.tells(AddressRemoved, address=CARE_OF)


def test_an_address_on_trial_is_not_taken_along_to_another_link() -> None:
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    play.waits(0.5)
    play.is_carried_to(ELSEWHERE)
    play.waits(5)
    assert AddAddress("eth0", CARE_OF, 64) not in play.actions
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF_ELSEWHERE
    play.is_carried_to(ABROAD)
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF


def test_without_a_link_it_waits() -> None:
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0", up=False))
    play.waits(60)
    play.sends_nothing()


def test_back_on_the_same_link_nobody_needs_to_hear_of_it() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_carried_to(ABROAD)
    assert play.updates() == []


def _is_without_link_for(play: Journey, seconds: float, prefix: bytes = ABROAD) -> None:
    """Its link goes, and is there again after so long; what was sent meanwhile went nowhere."""
    play.is_told(LinkChanged("eth0", up=False))
    play.waits(seconds)
    play.forgets()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(prefix)


def test_back_on_the_same_link_waits_that_ran_without_it_begin_anew() -> None:
    """60 s after the first update, waits of 1.5, 3, 6, 12 and 24 s are over, and one of 32 s has just begun."""
    play = Journey()
    play.goes_abroad(AGENT1)
    _is_without_link_for(play, 60)
    (first,) = play.updates()
    assert first.at == play.now
    play.waits(4.6)
    assert [round((update.at - first.at) / S, 3) for update in play.updates()] == [1.5, 4.5]


@pytest.mark.parametrize(("seconds", "moments"), [(1, [10.5, 22.5]), (6, [15, 27])])
def test_what_left_before_the_link_went_keeps_its_waits(seconds: float, moments: list[float]) -> None:
    """Updates are due 0, 1.5, 4.5, 10.5 and 22.5 s after the first, and the link goes after 9 s.

    For 1 s nothing is due; for 6 s the fourth goes nowhere, so it leaves as the link is back: the next wait is 12 s.
    """
    play = Journey()
    (first,) = play.goes_abroad(AGENT1)
    play.waits(9)
    _is_without_link_for(play, seconds)
    play.waits(20)
    assert [(update.at - first.at) / S for update in play.updates()] == moments


def test_back_on_the_home_link_too() -> None:
    """Deregistrations that went nowhere."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.returns_home()
    assert [update.message.lifetime_s for update in play.updates()] == [0]
    _is_without_link_for(play, 60, HOME_PREFIX)
    (again,) = play.updates()
    assert (again.at, again.message.lifetime_s) == (play.now, 0)


def test_back_on_the_same_link_who_looks_for_agents_asks_at_once() -> None:
    """DHAAD_RETRIES are sent 3, 6, 12 and 24 s apart, and search_again_s is 60 s: it may be asking, or have stopped."""
    for seconds in (20, 70):
        play = Journey()
        play.comes_up()
        play.is_carried_to(ABROAD)
        before = play.finds(DhaadRequest)
        _is_without_link_for(play, seconds)
        assert play.finds(DhaadRequest).message.identifier != before.message.identifier


def test_back_on_the_same_link_tests_with_correspondents_begin_anew() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.uses_peer()
    play.forgets()
    _is_without_link_for(play, 20)
    assert {type(play.finds(kind).message) for kind in (HomeTestInit, CareOfTestInit)} == {HomeTestInit, CareOfTestInit}


def test_without_a_word_of_the_machine_a_prefix_of_another_link_is_believed_after_the_router_was_asked() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(ELSEWHERE)
    play.waits(2.9)
    asked = [sent for sent in play.solicitations() if sent.message.target == ROUTERS[ABROAD]]
    assert [(sent.action.link_destination, sent.arrival.source) for sent in asked] == [
        (ROUTER_LINKS[ABROAD], LINK_LOCAL)
    ] * 3
    play.waits(0.1)
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF_ELSEWHERE
    (update,) = play.updates()
    assert update.arrival.source == CARE_OF_ELSEWHERE


def _asked(play: Journey, router: bytes) -> list[tuple[bytes, bytes, bytes | None, int]]:
    """The solicitations of a router: source, destination, where to on the link, and how many options."""
    return [
        (sent.arrival.source, sent.arrival.destination, sent.action.link_destination, len(sent.options))
        for sent in play.solicitations()
        if sent.message.target == router
    ]


def test_while_the_link_local_address_is_on_trial_nobody_asks_from_it() -> None:
    """RFC 4862, 5.4: it is no source yet; from the unspecified address there is no option (RFC 4861, 4.3)."""
    play = Journey()
    play.starts(eth0=LINK)
    play.hears_router(ABROAD)
    play.hears_router(ELSEWHERE)
    group = parse("ff02::1:ff00:2")  # of fe80::2
    assert _asked(play, ROUTERS[ABROAD]) == [(UNSPECIFIED, group, ROUTER_LINKS[ABROAD], 0)]
    play.waits(2.5)
    with_option = (LINK_LOCAL, ROUTERS[ABROAD], ROUTER_LINKS[ABROAD], 1)
    assert _asked(play, ROUTERS[ABROAD]) == [with_option] * 2


def test_at_home_nobody_asks_from_an_address_that_an_agent_defends() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.returns_home()
    play.forgets()
    play.hears_router(ELSEWHERE)
    group = parse("ff02::1:ff00:1")  # of fe80::1
    assert _asked(play, ROUTERS[HOME_PREFIX]) == [(UNSPECIFIED, group, ROUTER_LINKS[HOME_PREFIX], 0)]
    play.hears_neighbour(ROUTERS[HOME_PREFIX], UNSPECIFIED)
    play.waits(10)
    assert _asked(play, ROUTERS[HOME_PREFIX]) == []


def test_a_router_that_answers_is_still_there() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(ELSEWHERE)
    play.waits(1)
    play.hears_duplicate(ROUTERS[ABROAD])  # an advertisement of its own address
    play.waits(10)
    assert not [event for event in play.events if isinstance(event, CareOfAddressChanged)]


def _locations(play: Journey) -> list[str]:
    """Where it takes itself to be, one after another, for 10 s."""
    play.waits(10)
    return [event.location for event in play.events if isinstance(event, LocationChanged)]


@pytest.mark.parametrize("after_s", [0, 1.2])
@pytest.mark.parametrize("by_advertising", [True, False])
def test_an_answer_alone_says_nothing_of_the_other_routers_link(by_advertising: bool, after_s: float) -> None:
    """The node was on the home link and went back, which nobody told it: each router was heard on its own link."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(HOME_PREFIX)
    play.waits(after_s)
    if by_advertising:
        play.hears_router(ABROAD)
    else:
        play.hears_neighbour(ROUTERS[ABROAD], LINK_LOCAL)
    assert _locations(play) == []


@pytest.mark.parametrize("after_s", [0, 1.2])
@pytest.mark.parametrize("by_advertising", [True, False])
def test_two_routers_that_answer_one_after_the_other_are_on_one_link(by_advertising: bool, after_s: float) -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(HOME_PREFIX)
    play.sends(NeighborSolicitation, target=ROUTERS[ABROAD])
    play.hears_neighbour(ROUTERS[ABROAD], LINK_LOCAL)
    play.sends(NeighborSolicitation, target=ROUTERS[HOME_PREFIX])
    play.waits(after_s)
    if by_advertising:
        play.hears_router(HOME_PREFIX)
    else:
        play.hears_neighbour(ROUTERS[HOME_PREFIX], LINK_LOCAL)
    assert _locations(play) == ["home"]


def test_the_other_routers_further_words_are_no_answer_of_the_first() -> None:
    """It was heard twice while the node was on its link; then the first one answers, and the other keeps silent."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(HOME_PREFIX)
    play.waits(0.5)
    play.hears_router(HOME_PREFIX)
    play.hears_neighbour(ROUTERS[ABROAD], LINK_LOCAL)
    assert _locations(play) == []


def test_who_stayed_once_still_believes_in_the_next_move() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(HOME_PREFIX)
    play.hears_neighbour(ROUTERS[ABROAD], LINK_LOCAL)
    assert _locations(play) == []
    play.hears_router(HOME_PREFIX)
    assert _locations(play) == ["home"]


def test_eager_detection_believes_at_once() -> None:
    play = Journey(movement_detection_s=0.0)
    play.is_registered_with(AGENT1)
    play.hears_router(ELSEWHERE)
    play.waits(1)
    assert play.tells(CareOfAddressChanged).care_of_address == CARE_OF_ELSEWHERE


def test_advertisements_from_beyond_the_link_are_dropped() -> None:
    play = Journey()
    play.comes_up()
    play.hears(advertisement(ABROAD), ROUTERS[ABROAD], ALL_NODES, hop_limit=254)
    play.drops(DropReason.HOP_LIMIT)
    play.hears(advertisement(ABROAD), parse("2001:db8:2::1"), ALL_NODES, hop_limit=ON_LINK)
    play.drops(DropReason.MALFORMED)


def test_advertisements_out_of_a_tunnel_are_dropped() -> None:
    """RFC 4861, 6.1.2: hop limit 255 inside a tunnel proves nothing of the link."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears(advertisement(ELSEWHERE), ROUTERS[ELSEWHERE], HOME, hop_limit=ON_LINK, tunnel=(AGENT1, CARE_OF))
    play.drops(DropReason.HOP_LIMIT)


def test_at_home_a_router_without_addresses_to_offer_changes_nothing() -> None:
    """Its prefix isn't for addresses (no A flag): the home link is heard again, and the node is still at home."""
    play = Journey(attached_at_home=True)
    play.comes_up()
    play.hears_router(HOME_PREFIX)
    option = PrefixInformation(
        prefix_length=64, flags=Flags("L"), valid_lifetime_s=1000, preferred_lifetime_s=500, prefix=ABROAD
    )
    only_on_link = RouterAdvertisement(flags=Flags(), router_lifetime_s=1800, options=(option,))
    play.hears(only_on_link, ROUTERS[ABROAD], ALL_NODES, link_source=ROUTER_LINKS[ABROAD], hop_limit=ON_LINK)
    play.waits(5)
    play.forgets()
    play.hears_router(HOME_PREFIX)
    play.waits(5)
    assert not [event for event in play.events if isinstance(event, LocationChanged)]


def test_a_router_whose_lifetime_is_over_is_left_for_another() -> None:
    play = Journey()
    play.comes_up()
    play.hears_router(ABROAD, lifetime_s=10)
    other = parse("fe80::22")
    play.hears_router(ABROAD, source=other)
    play.forgets()
    play.waits(10)
    assert play.tells(RouterLost).router == ROUTERS[ABROAD]
    play.does(SetRoute(ANYWHERE, 0, "eth0", other))
    play.hears_router(ABROAD, source=other, lifetime_s=0)
    assert play.tells(RouterLost).router == other
    play.does(RemoveRoute(ANYWHERE, 0))


def test_an_address_ends_with_its_prefix_and_renewals_count_only_as_far_as_they_can_be_trusted() -> None:
    """RFC 4862, 5.5.3 e: less than two hours doesn't shorten what is longer to less than two hours."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(ABROAD, valid_s=60)
    play.waits(7199)
    assert not [event for event in play.events if isinstance(event, AddressRemoved)]
    play.waits(1)
    assert play.tells(AddressRemoved).address == CARE_OF


def test_an_address_for_ever_is_cut_to_two_hours_at_most() -> None:
    play = Journey()
    play.comes_up()
    play.is_carried_to(ABROAD, valid_s=0xFFFFFFFF)
    play.is_offered(AGENT1)
    assert play.updates()[0].message.lifetime_s == 420
    play.forgets()
    play.hears_router(ABROAD, valid_s=10)
    play.waits(7199)
    assert not [event for event in play.events if isinstance(event, AddressRemoved)]
    play.waits(1)
    assert play.tells(AddressRemoved).address == CARE_OF


def test_a_link_with_two_prefixes_is_one_link() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    both = advertisement(ABROAD)
    both = both.replace(options=(*both.options, *advertisement(ELSEWHERE).options))
    play.hears(both, ROUTERS[ABROAD], ALL_NODES, link_source=ROUTER_LINKS[ABROAD], hop_limit=ON_LINK)
    play.does(SetRoute(ELSEWHERE, 64, "eth0"))
    play.waits(5)
    play.hears_router(ELSEWHERE)
    play.waits(5)
    assert not [event for event in play.events if isinstance(event, CareOfAddressChanged)]


@pytest.mark.parametrize(("valid_s", "after_s"), [(0, 0), (100, 100)])
def test_a_prefix_is_on_the_link_for_as_long_as_was_said_last(valid_s: int, after_s: int) -> None:
    """RFC 4861, 6.3.4 and 6.3.5: without the two hours that an address has at least (RFC 4862, 5.5.3 e)."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(ABROAD, valid_s=valid_s)
    if after_s:
        play.waits(after_s - 1)
        assert RemoveRoute(ABROAD, 64) not in play.actions
        play.waits(1)
    play.does(RemoveRoute(ABROAD, 64))
    assert not [event for event in play.events if isinstance(event, AddressRemoved)]
    play.hears_router(ABROAD, valid_s=INFINITE_S)
    play.does(SetRoute(ABROAD, 64, "eth0"))
    play.actions.clear()
    play.waits(1000)
    assert RemoveRoute(ABROAD, 64) not in play.actions


def test_a_link_s_prefixes_expire_nowhere_else() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(ABROAD, valid_s=100)
    play.is_carried_to(ELSEWHERE)
    play.actions.clear()
    play.waits(100)
    assert not [action for action in play.actions if isinstance(action, RemoveRoute)]


def test_a_router_without_prefixes_leads_away_too() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    bare = advertisement(ABROAD).replace(options=())
    other = parse("fe80::33")
    play.hears(bare, other, ALL_NODES, hop_limit=ON_LINK)
    assert play.tells(RouterFound).router == other
    play.hears_router(ABROAD, lifetime_s=0)
    play.does(SetRoute(ANYWHERE, 0, "eth0", other))


def test_prefixes_without_the_autonomous_flag_and_senseless_ones_make_no_address() -> None:
    play = Journey()
    play.comes_up()
    message = advertisement(ABROAD)
    option = message.options[0]
    for odd in (
        option.replace(flags=Flags("L")),
        option.replace(prefix_length=65),
        option.replace(preferred_lifetime_s=option.valid_lifetime_s + 1),
        option.replace(prefix=parse("fe80::")),
        option.replace(valid_lifetime_s=0, preferred_lifetime_s=0),
    ):
        play.hears(message.replace(options=(odd,)), ROUTERS[ABROAD], ALL_NODES, hop_limit=ON_LINK)
    play.waits(5)
    assert [sent for sent in play.solicitations() if sent.message.target[8:] == IDENTIFIER] == []
