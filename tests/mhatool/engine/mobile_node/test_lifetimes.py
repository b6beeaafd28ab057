"""What bounds a registration: the lifetimes of home address and care-of address (RFC 6275, 11.7.1; RFC 4862, 5.5.3)."""

from __future__ import annotations

from dissectors.icmpv6.home_agents import DhaadRequest, MobilePrefixAdvertisement, MobilePrefixSolicitation
from dissectors.icmpv6.neighbour_discovery import RouterSolicitation
from dissectors.icmpv6.options import PrefixInformation
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from dissectors.spec import Flags
from mhatool.engine.commands import LinkChanged, Stop
from mhatool.engine.events import UpdateListEntry
from mhatool.engine.nd_events import AddressRemoved, AddressTentative
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    LINK_LOCAL,
    PEER,
    Journey,
)
from tests.mhatool.engine.playbook import S, Sent

INFINITE_S = 0xFFFFFFFF


def starts_at_home(valid_s: int) -> Journey:
    """It hears on the home link for how long the home prefix is valid."""
    play = Journey(attached_at_home=True)
    play.comes_up()
    play.hears_router(HOME_PREFIX, valid_s=valid_s)
    return play


def goes_on(play: Journey, *, valid_s: int = 86_400) -> Sent:
    """From home to a foreign link, where an agent is found: the first Binding Update."""
    play.is_carried_to(ABROAD, valid_s=valid_s)
    play.is_offered(AGENT1)
    (update,) = play.updates()
    return update


def hears_prefix(play: Journey, asked: Sent, valid_s: int) -> None:
    """The agent answers a solicitation."""
    prefix = PrefixInformation(
        prefix_length=64, flags=Flags("LA"), valid_lifetime_s=valid_s, preferred_lifetime_s=valid_s, prefix=HOME_PREFIX
    )
    message = MobilePrefixAdvertisement(identifier=asked.message.identifier, flags=Flags(), options=(prefix,))
    play.hears(message, AGENT1, CARE_OF, routed_to=HOME)


def asked_until(play: Journey, seconds: float) -> list[tuple[float, int]]:
    """Seconds from now and lifetimes of the Binding Updates that leave while nobody answers any."""
    begin = play.now
    play.waits(seconds)
    return [((update.at - begin) / S, update.message.lifetime_s) for update in play.updates()]


# --- the home prefix ---


def test_a_home_prefix_without_end_is_cut_to_two_hours_at_most() -> None:
    """RFC 4862, 5.5.3 e 3): nobody vouches for 60 s, so two hours are left; 7000 s later 200 s."""
    play = starts_at_home(INFINITE_S)
    play.hears_router(HOME_PREFIX, valid_s=60)
    play.waits(7200 - 200 - 1)
    assert goes_on(play).message.lifetime_s == 200


def test_a_home_prefix_with_less_than_two_hours_is_not_cut_at_all() -> None:
    """RFC 4862, 5.5.3 e 2)."""
    play = starts_at_home(400)
    play.hears_router(HOME_PREFIX, valid_s=60)
    play.waits(99)
    assert goes_on(play).message.lifetime_s == 300


def test_a_home_prefix_that_is_told_to_last_longer_does() -> None:
    """RFC 4862, 5.5.3 e 1)."""
    play = starts_at_home(60)
    play.hears_router(HOME_PREFIX, valid_s=100)
    play.waits(1)
    assert goes_on(play).message.lifetime_s == 96  # 100 - 1 - 1, in units of 4 s


def test_nothing_is_asked_for_beyond_the_end_of_the_home_prefix() -> None:
    """11.7.1: the lifetime must not exceed the home address's. 300 s, and 1 s of duplicate address detection."""
    play = starts_at_home(300)
    update = goes_on(play)
    assert update.message.lifetime_s == 296
    play.is_answered(update)
    assert asked_until(play, 10_000) == []
    assert [event.state for event in play.events if isinstance(event, UpdateListEntry)][-1] == "WAITA"


def test_retransmissions_end_with_the_home_prefix_too() -> None:
    """No agent answers: 1.5 s, doubled up to 32 s, each with what is left at that instant; the last before 99 s."""
    play = starts_at_home(100)
    goes_on(play)
    asked = asked_until(play, 10_000)
    assert [at for at, _ in asked] == [1.5, 4.5, 10.5, 22.5, 46.5, 78.5]
    assert [lifetime_s for _, lifetime_s in asked] == [96, 92, 88, 76, 52, 20]


def test_a_grant_that_is_shorter_than_the_home_prefix_is_refreshed_up_to_its_end() -> None:
    """The agent grants 100 s at a time: asked again after four fifths, as long as that gains anything."""
    play = starts_at_home(300)
    play.is_answered(goes_on(play), lifetime_s=100)
    asked = []
    for _ in range(20):
        play.waits(80)
        for update in play.updates():
            asked.append(update.message.lifetime_s)
            play.is_answered(update, lifetime_s=min(100, update.message.lifetime_s))
    assert asked == [216, 136, 56]  # 299 - 80, 299 - 160, 299 - 240; four fifths of 56 s later nothing would be gained


def test_a_home_prefix_that_is_prolonged_is_a_reason_to_ask_again() -> None:
    """11.4.2: four fifths of 300 s after it was heard of, the agent is asked; it says 600 s."""
    play = starts_at_home(300)
    play.is_answered(goes_on(play))
    play.forgets()
    play.waits(238)
    assert play.updates() == []
    play.waits(1)  # and the second of duplicate address detection
    asked = play.finds(MobilePrefixSolicitation)
    hears_prefix(play, asked, 600)
    play.waits(0)
    (update,) = play.updates()
    assert update.message.lifetime_s == 420


def test_lifetimes_of_a_unit_or_so_are_refreshed_for_ever() -> None:
    """What the node wants isn't bounded by an address: 4 s, refreshed after 3."""
    play = Journey(lifetime_s=4)
    (update,) = play.goes_abroad(AGENT1)
    for _ in range(5):
        play.is_answered(update)
        play.waits(3)
        (update,) = play.updates()


def test_nobody_is_deregistered_from_whom_nothing_was_asked() -> None:
    """The home prefix ended abroad before the first Binding Update: back home no agent defends anything (11.5.5)."""
    play = starts_at_home(50)
    play.waits(60)
    play.is_carried_to(ABROAD)
    play.is_offered(AGENT1)
    play.waits(60)
    assert play.updates() == []
    play.forgets()
    play.returns_home()
    assert play.tells(UpdateListEntry, gone=True).cause == "its lifetime is over"
    assert [event.address for event in play.events if isinstance(event, AddressTentative)] == [LINK_LOCAL, HOME]
    play.waits(60)
    assert play.updates() == []


def test_nobody_is_deregistered_whose_binding_is_over() -> None:
    play = starts_at_home(100)
    play.is_answered(goes_on(play))
    play.waits(200)
    play.is_told(Stop())
    play.waits(60)
    assert play.updates() == []
    assert [event.gone for event in play.events if isinstance(event, UpdateListEntry)][-1]


# --- the care-of address ---


def test_a_care_of_address_bounds_the_lifetime() -> None:
    play = starts_at_home(INFINITE_S)
    assert goes_on(play, valid_s=101).message.lifetime_s == 100  # 101 - 1 of duplicate address detection


def test_a_care_of_address_that_expired_is_registered_no_more() -> None:
    """11.7.1: nothing is left of it. Routers are asked instead (RFC 4861, 6.3.7)."""
    play = starts_at_home(INFINITE_S)
    play.is_answered(goes_on(play, valid_s=101))
    play.waits(99)
    assert [each for each in play.updates() if each.message.lifetime_s] == []
    play.waits(1)
    assert play.tells(AddressRemoved, address=CARE_OF)
    play.finds(RouterSolicitation)
    assert asked_until(play, 10_000) == []


def test_a_care_of_address_that_expired_while_unanswered_is_asked_for_no_more() -> None:
    play = starts_at_home(INFINITE_S)
    goes_on(play, valid_s=21)
    # 20 s are left after duplicate address detection; 1.5 s, doubled: 18, 15 and 9 s are left.
    assert asked_until(play, 10_000) == [(1.5, 16), (4.5, 12), (10.5, 8)]


def test_a_new_care_of_address_is_registered_after_one_expired() -> None:
    play = starts_at_home(INFINITE_S)
    play.is_answered(goes_on(play, valid_s=101))
    play.waits(500)
    play.forgets()
    play.hears_router(ELSEWHERE)
    play.waits(1)
    (update,) = play.updates()
    assert (update.arrival.source, update.message.lifetime_s) == (CARE_OF_ELSEWHERE, 420)


def test_the_same_care_of_address_is_registered_when_its_prefix_is_there_again() -> None:
    play = starts_at_home(INFINITE_S)
    play.is_answered(goes_on(play, valid_s=101))
    play.waits(500)
    play.forgets()
    play.hears_router(ABROAD)
    play.waits(1)
    (update,) = play.updates()
    assert (update.arrival.source, update.message.lifetime_s) == (CARE_OF, 420)


def test_a_care_of_address_that_lives_longer_is_a_reason_to_ask_again() -> None:
    play = starts_at_home(INFINITE_S)
    play.is_answered(goes_on(play, valid_s=101))
    play.waits(90)  # past four fifths of 100 s, when there was nothing to gain
    play.hears_router(ABROAD)
    play.waits(0)
    (update,) = play.updates()
    assert update.message.lifetime_s == 420


def test_an_address_that_expires_on_the_way_is_not_registered_on_the_next_link() -> None:
    """The link went with 5 s left to the old address, and nobody is met for long."""
    play = starts_at_home(INFINITE_S)
    play.is_answered(goes_on(play, valid_s=101))
    play.waits(95)
    play.is_told(LinkChanged("eth0", up=False))
    play.forgets()
    assert asked_until(play, 10_000) == []
    play.is_carried_to(ELSEWHERE)
    assert [update.arrival.source for update in play.updates()] == [CARE_OF_ELSEWHERE]


def test_who_looks_for_agents_stops_with_the_care_of_address() -> None:
    """RFC 4862, 5.5.4: an invalid address is no source of anything. Discovery begins after 1 s, with 4 s left."""
    play = starts_at_home(INFINITE_S)
    play.is_carried_to(ABROAD, valid_s=5)
    play.finds(DhaadRequest)
    play.waits(3.5)  # INITIAL_DHAAD_TIMEOUT is 3 s
    play.finds(DhaadRequest)
    play.forgets()
    play.waits(600)
    assert [sent for sent in play._sent if isinstance(sent.message, DhaadRequest)] == []
    play.is_carried_to(ELSEWHERE)
    assert play.finds(DhaadRequest).arrival.source == CARE_OF_ELSEWHERE


def test_tests_with_correspondents_end_with_the_care_of_address() -> None:
    play = starts_at_home(INFINITE_S)
    play.is_answered(goes_on(play, valid_s=101))
    play.waits(95)
    play.uses_peer()
    play.waits(5)
    told = [event for event in play.events if isinstance(event, UpdateListEntry) and event.peer == PEER]
    assert [event.state for event in told] == ["RRINIT", "IDLE"]
    play.forgets()
    play.waits(600)
    assert [sent for sent in play._sent if isinstance(sent.message, HomeTestInit | CareOfTestInit)] == []


# --- correspondents ---


def to_peer(play: Journey) -> list[Sent]:
    """The Binding Updates to the correspondent."""
    return [sent for sent in play.updates() if sent.arrival.destination == PEER]


def test_updates_to_a_correspondent_end_with_the_home_registration() -> None:
    """RFC 6275, 11.7.2: no longer than the home registration. Of 20 s, 19, 17, 13 and 5 are left."""
    play = Journey(lifetime_s=20)
    update = play.is_optimising_with(AGENT1)
    assert update.message.lifetime_s == 20
    play.waits(600)
    asked = [((sent.at - update.at) / S, sent.message.lifetime_s) for sent in to_peer(play)]
    assert asked == [(1, 16), (3, 16), (7, 12), (15, 4)]


def test_a_correspondents_135_after_the_home_registration_is_no_reason_to_go_on() -> None:
    play = Journey(lifetime_s=20)
    update = play.is_optimising_with(AGENT1)
    play.waits(20)
    play.forgets()
    play.is_answered_by_correspondent(update, 135, number=5)
    assert [event.state for event in play.events if isinstance(event, UpdateListEntry)] == ["IDLE"]
    assert to_peer(play) == []


def test_a_binding_at_a_correspondent_ends_with_the_home_prefix() -> None:
    """The agent granted 420 s before it told that the home prefix has 100."""
    play = Journey()
    (update,) = play.goes_abroad(AGENT1)
    play.is_answered(update, 1)
    hears_prefix(play, play.finds(MobilePrefixSolicitation), 100)
    play.uses_peer()
    play.answers_tests()
    assert [sent.message.lifetime_s for sent in to_peer(play)] == [100]
