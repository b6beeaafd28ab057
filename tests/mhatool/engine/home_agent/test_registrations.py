"""Binding Updates at a home agent: what is answered, kept and done (RFC 6275, 9.5 and 10.3)."""

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement, BindingError
from dissectors.options.binding import AlternateCareOfAddress, BindingRefreshAdvice
from dissectors.options.extensions import BindingIdentifier
from dissectors.profile import KAME2003
from dissectors.spec import Flags
from mhatool.engine import constants
from mhatool.engine.actions import End, ForgetNeighbour, LeaveGroup, SetTunnel
from mhatool.engine.advertising import AdvertisedPrefix
from mhatool.engine.commands import LinkChanged, UnverifiedHomeAddress
from mhatool.engine.drops import DropReason
from mhatool.engine.events import CacheEntry
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    HOME_LINK_LOCAL,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    SOLICITED,
    STRANGER_LINK,
    agent,
    announces,
    bound,
    checks,
    registers,
    update,
)
from tests.mhatool.engine.playbook import BEGIN, S


def test_more_questions_where_the_constants_say_so() -> None:
    given = constants.Constants(duplicate_address_detection_transmits=3, retransmission_timer_s=0.5)
    play = agent(constants=given)
    play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    play.waits(1.5)
    assert [play.sends(NeighborSolicitation).at - BEGIN for _ in range(3)] == [0, S // 2, S]
    play.sends(NeighborAdvertisement)
    assert play.sends(BindingAcknowledgement).at == BEGIN + 3 * S // 2


def test_a_refresh_is_answered_at_once_and_changes_no_tunnel() -> None:
    play = bound()
    play.hears(update(2), CARE_OF, AGENT, home_address=HOME)
    play.sends(BindingAcknowledgement, status=0, sequence_number=2, lifetime_s=420)
    play.sends_nothing()
    assert play.actions == []
    assert play.tells(CacheEntry).expires_ns == play.now + 420 * S


def test_a_move_changes_the_tunnel_and_nothing_else() -> None:
    play = bound()
    play.hears(update(2), ELSEWHERE, AGENT, home_address=HOME)
    assert play.sends(BindingAcknowledgement, status=0).arrival.destination == ELSEWHERE
    play.sends_nothing()
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT, (ELSEWHERE,)))


def test_the_answer_goes_where_the_update_came_from_and_the_binding_is_for_the_alternate_address() -> None:
    play = agent()
    alternate = AlternateCareOfAddress(care_of_address=ELSEWHERE)
    answer = registers(play, options=(alternate,))
    assert (answer.arrival.destination, answer.arrival.routed_home_address) == (CARE_OF, HOME)
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT, (ELSEWHERE,)))


@pytest.mark.parametrize("late_s", [0.0, 6.5])
def test_a_lifetime_counts_from_the_update_however_late_it_is_accepted(late_s: float) -> None:
    """An agent that hung takes up the end of its check 6.5 s late; the mobile node counts from the sending (11.7.3)."""
    play = agent()
    play.hears(update(7, lifetime_s=20), CARE_OF, AGENT, home_address=HOME)
    play.hangs(1 + late_s)
    play.finds(BindingAcknowledgement, status=0, sequence_number=7, lifetime_s=20)
    held = play.node.binding(HOME)  # type: ignore[attr-defined]
    assert held.expires_ns == BEGIN + 20 * S
    play.forgets()
    play.waits(20 - 1 - late_s)
    assert play.tells(CacheEntry, gone=True).cause == "expired"


@pytest.mark.parametrize("flags", ["AH", "AHL"])
def test_what_is_over_before_its_check_is_isn_t_accepted(flags: str) -> None:
    play = agent()
    play.hears(update(7, lifetime_s=20, flags=flags), CARE_OF, AGENT, home_address=HOME)
    play.hangs(20)
    assert play.tells(CacheEntry, home_address=HOME, gone=True).cause == "unchecked"
    for _ in flags[1:]:
        play.sends(NeighborSolicitation)
    play.sends_nothing()
    assert play.node.next_timer() is None


def test_a_request_for_l_that_is_over_begins_no_new_binding() -> None:
    """Both the binding and the request that waited for the check of the link-local address ended in the meantime."""
    play = bound(facts={"lifetime_s": 20})
    play.hears(update(2, lifetime_s=20, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    play.hangs(20)
    assert play.tells(CacheEntry, home_address=HOME, gone=True).cause == "expired"
    play.sends(NeighborSolicitation)
    play.sends_nothing()
    assert (play.node.binding(HOME), play.node.next_timer()) == (None, None)  # type: ignore[attr-defined]


def test_a_binding_that_nobody_refreshes_is_over() -> None:
    """Asked for a second ago, for 60 s."""
    play = bound(facts={"lifetime_s": 60})
    play.waits(58.999)
    assert not play.actions
    play.waits(0.001)
    play.does(LeaveGroup("home", SOLICITED), SetTunnel(End.HOME_AGENT, HOME, AGENT), ForgetNeighbour("home", HOME))
    entry = play.tells(CacheEntry)
    assert (entry.gone, entry.cause) == (True, "expired")
    play.sends_nothing()
    assert play.node.next_timer() is None


def test_back_home_the_answer_goes_to_the_link_layer_source_and_nobody_is_asked() -> None:
    play = bound()
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    answer = play.sends(BindingAcknowledgement, status=0, sequence_number=2, lifetime_s=0)
    assert answer.options == []
    assert (answer.arrival.destination, answer.arrival.routed_home_address) == (HOME, None)
    assert (answer.action.interface, answer.action.link_destination) == ("home", MOBILE_LINK)
    play.sends_nothing()
    play.does(LeaveGroup("home", SOLICITED), SetTunnel(End.HOME_AGENT, HOME, AGENT), ForgetNeighbour("home", HOME))
    assert play.tells(CacheEntry).cause == "released"
    play.waits(1000)
    play.sends_nothing()


def test_a_deletion_from_abroad_is_answered_there() -> None:
    """Lifetime 0 with the care-of address still in use: an agent is dropped, the mobile node stays away."""
    play = bound()
    play.hears(update(2, lifetime_s=0), CARE_OF, AGENT, home_address=HOME)
    answer = play.sends(BindingAcknowledgement, status=0, lifetime_s=0)
    assert (answer.arrival.destination, answer.arrival.routed_home_address) == (CARE_OF, HOME)
    assert answer.action.link_destination is None


def test_a_care_of_address_that_is_the_home_address_deletes() -> None:
    play = bound()
    play.hears(update(2, lifetime_s=60), HOME, AGENT, home_address=HOME, link_source=MOBILE_LINK)
    play.sends(BindingAcknowledgement, status=0, lifetime_s=0)
    assert play.tells(CacheEntry).gone


def test_the_lifetime_is_what_is_asked_what_is_allowed_and_what_the_prefix_has() -> None:
    limit = constants.Constants(max_home_binding_lifetime_s=302)
    assert registers(agent(constants=limit), lifetime_s=420).message.lifetime_s == 300  # 302 in whole units of 4 s
    assert registers(agent(constants=limit), lifetime_s=100).message.lifetime_s == 100
    short = AdvertisedPrefix(prefix=PREFIX, router_address=AGENT, valid_lifetime_s=63, preferred_lifetime_s=63)
    assert registers(agent(prefix=short)).message.lifetime_s == 60


@pytest.mark.parametrize(("preferred", "status"), [(0, 1), (416, 1), (420, 0), (1000, 0)])
def test_a_prefix_that_is_deprecated_before_the_binding_ends_shows_in_the_status(preferred: int, status: int) -> None:
    prefix = AdvertisedPrefix(prefix=PREFIX, router_address=AGENT, preferred_lifetime_s=preferred)
    play = agent(prefix=prefix)
    assert registers(play).message.status == status
    assert play.tells(CacheEntry, pending=False).lifetime_s == 420  # accepted all the same


def test_an_update_without_the_a_flag_is_answered_too() -> None:
    """Regardless of A, a home agent answers (RFC 6275, 10.3.1)."""
    assert registers(agent(), flags="H").message.status == 0


def test_a_retransmission_while_the_address_is_checked_gets_the_answer() -> None:
    play = agent()
    play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    play.waits(0.5)
    play.hears(update(8), ELSEWHERE, AGENT, home_address=HOME)
    play.waits(0.5)
    play.sends(NeighborSolicitation)
    play.sends(NeighborAdvertisement)
    answer = play.sends(BindingAcknowledgement, sequence_number=8)
    assert answer.arrival.destination == ELSEWHERE
    play.sends_nothing()
    play.waits(10)
    play.sends_nothing()


def test_what_the_network_delivers_twice_is_answered_once() -> None:
    play = agent()
    octets = play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation)
    play.hears_octets(octets)
    play.drops(DropReason.REPEATED)


def test_who_is_back_before_it_was_registered_is_told_that_there_is_nothing() -> None:
    play = agent()
    play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation)
    play.hears(update(8, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    play.sends(BindingAcknowledgement, status=133, sequence_number=8)
    play.does(LeaveGroup("home", SOLICITED))
    play.waits(10)
    play.sends_nothing()


def test_the_link_local_address_has_an_entry_of_its_own() -> None:
    """L: the interface identifier of the home address, in fe80::/64 (RFC 6275, 10.3.1)."""
    play = agent()
    play.hears(update(7, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    targets = [play.sends(NeighborSolicitation).message.target for _ in range(2)]
    assert targets == [HOME, HOME_LINK_LOCAL]
    play.waits(1)
    announced = [play.sends(NeighborAdvertisement).message.target for _ in range(2)]
    assert announced == [HOME, HOME_LINK_LOCAL]
    play.sends(BindingAcknowledgement, status=0)
    clone, entry = (play.tells(CacheEntry, pending=False) for _ in range(2))
    assert (clone.home_address, clone.cloned, entry.home_address, entry.cloned) == (HOME_LINK_LOCAL, True, HOME, False)
    assert (clone.flags, clone.expires_ns, clone.lifetime_s) == (entry.flags, entry.expires_ns, entry.lifetime_s)
    assert not [action for action in play.actions if getattr(action, "home_address", HOME) != HOME]  # no tunnel for it
    play.forgets()
    play.hears(update(8, lifetime_s=0, flags="AHL"), HOME, AGENT, link_source=MOBILE_LINK)
    assert {play.tells(CacheEntry, gone=True).home_address for _ in range(2)} == {HOME, HOME_LINK_LOCAL}
    assert len(play.node.cache) == 0


def test_a_duplicate_of_the_link_local_address_refuses_all() -> None:
    play = agent()
    play.hears(update(7, flags="AHL"), CARE_OF, AGENT, home_address=HOME)
    announces(play, STRANGER_LINK, HOME_LINK_LOCAL)
    assert play.finds(BindingAcknowledgement).message.status == 134
    assert len(play.node.cache) == 0


def test_kame_checks_only_where_d_asks_and_advises_half_the_lifetime() -> None:
    play = agent(profile=KAME2003, constants=constants.KAME2003)
    play.hears(update(7, lifetime_s=1000, flags="AHSL"), CARE_OF, AGENT, home_address=HOME)
    play.finds(BindingAcknowledgement, status=0, lifetime_s=420)
    assert play.tells(CacheEntry, cloned=True).flags == "AHSL"
    play.hears(update(8, lifetime_s=0, flags="AHSL"), CARE_OF, AGENT, home_address=HOME)
    play.forgets()
    play.hears(update(9, flags="AHSD"), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation)
    play.sends_nothing()
    play.waits(1)
    answer = play.finds(BindingAcknowledgement, status=0)
    assert answer.options == [BindingRefreshAdvice(refresh_interval_s=208)]  # 52 units: half of 420 is 210
    assert answer.action.datagram[40] == 62  # behind the routing header: the Mobility Header of draft 19


def test_several_care_of_addresses_are_one() -> None:
    """No RFC 5648 here: the option is skipped, and its absence from the answer tells the mobile node."""
    identifier = BindingIdentifier(binding_id=1, status=0, flags=Flags(), care_of_address=b"")
    answer = registers(agent(), options=(identifier,))
    assert (answer.message.status, answer.options) == (0, [])


def test_a_home_address_that_no_binding_covers_gets_a_binding_error() -> None:
    play = agent()
    play.is_told(UnverifiedHomeAddress(CARE_OF, AGENT, HOME))
    sent = play.sends(BindingError, status=1, home_address=HOME)
    assert (sent.arrival.source, sent.arrival.destination) == (AGENT, CARE_OF)
    assert (sent.arrival.home_address, sent.arrival.routed_home_address) == (None, None)


def test_binding_errors_are_paced() -> None:
    play = agent()
    for _ in range(25):
        play.is_told(UnverifiedHomeAddress(CARE_OF, AGENT, HOME))
    for _ in range(10):  # error_burst
        play.sends(BindingError)
    play.sends_nothing()
    play.waits(0.1)  # error_rate 10 a second: one more
    play.is_told(UnverifiedHomeAddress(CARE_OF, AGENT, HOME))
    play.is_told(UnverifiedHomeAddress(CARE_OF, AGENT, HOME))
    play.sends(BindingError)
    play.sends_nothing()


@pytest.mark.parametrize(
    ("source", "destination", "home", "reason"),
    [
        ("ff02::1", "2001:db8:1::1", "2001:db8:1::9", DropReason.MULTICAST),
        ("2001:db8:2::9", "ff02::1", "2001:db8:1::9", DropReason.MULTICAST),
        ("2001:db8:2::9", "2001:db8:1::1", "ff02::1", DropReason.HOME_ADDRESS),
        ("2001:db8:2::9", "2001:db8:1::1", "fe80::9", DropReason.HOME_ADDRESS),
        ("2001:db8:2::9", "2001:db8:1::2", "2001:db8:1::9", DropReason.NOT_FOR_US),
    ],
)
def test_addresses_that_may_not_be_there(source: str, destination: str, home: str, reason: DropReason) -> None:
    play = agent()
    play.hears(update(1), parse(source), parse(destination), home_address=parse(home))
    play.drops(reason)


@pytest.mark.parametrize("care_of", ["ff02::1", "fe80::1", "::1", "::"])
def test_care_of_addresses_that_nobody_can_have(care_of: str) -> None:
    play = agent()
    alternate = AlternateCareOfAddress(care_of_address=parse(care_of))
    play.hears(update(1, options=(alternate,)), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.CARE_OF_ADDRESS)


def test_a_registration_without_a_home_address_option_is_discarded() -> None:
    """From the home address itself, with another care-of address in the option (RFC 6275, 10.3.1)."""
    play = agent()
    alternate = AlternateCareOfAddress(care_of_address=CARE_OF)
    play.hears(update(1, options=(alternate,)), HOME, AGENT)
    play.drops(DropReason.HOME_ADDRESS)


def test_a_correspondent_registration_is_not_for_a_home_agent() -> None:
    play = agent()
    play.hears(update(1, flags="A"), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.NOT_OUR_ROLE)


def test_the_second_address_of_an_agent_has_bindings_of_its_own() -> None:
    """Found by home address and home agent."""
    play = bound()
    assert play.node.cache.get(HOME, AGENT) is not None
    assert play.node.cache.get(HOME, SECOND) is None
    checks(play, STRANGER_LINK)
    play.sends(NeighborAdvertisement)


def test_no_check_ends_while_the_home_link_is_down() -> None:
    """Who hears nobody finds no duplicate (RFC 4862, 5.4): the check begins anew with the link, and nobody is answered
    before. A host there has the address: 134."""
    play = agent()
    play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    play.waits(0.5)
    play.is_told(LinkChanged("home", False))
    play.forgets()
    play.waits(10)
    play.hears(update(8), CARE_OF, AGENT, home_address=HOME)
    play.waits(10)
    play.sends_nothing()
    play.is_told(LinkChanged("home", True))
    assert play.finds(NeighborSolicitation, target=HOME).at == play.now
    announces(play, STRANGER_LINK)
    play.finds(BindingAcknowledgement, status=134, sequence_number=8)


def test_a_check_ends_a_second_after_the_home_link_is_up() -> None:
    play = agent()
    play.is_told(LinkChanged("home", False))
    play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    play.waits(5)
    play.sends_nothing()
    play.is_told(LinkChanged("home", True))
    play.is_told(LinkChanged("home", True))
    back = play.now
    play.waits(1)
    assert play.finds(BindingAcknowledgement, status=0).at == back + S


def test_a_check_that_the_link_is_down_for_ends_with_the_lifetime_that_was_asked_for() -> None:
    play = agent()
    play.is_told(LinkChanged("home", False))
    play.hears(update(7, 40), CARE_OF, AGENT, home_address=HOME)
    play.waits(39.9)
    assert len(play.node.cache) == 1
    play.waits(0.2)
    assert len(play.node.cache) == 0
    play.sends_nothing()
