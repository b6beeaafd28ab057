"""Who answers for a home address, and whose word is no duplicate (RFC 6275, 10.4.1; PROTOCOL's decisions)."""

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.spec import Flags
from mhatool.engine import constants
from mhatool.engine.actions import JoinGroup, LeaveGroup
from mhatool.engine.drops import DropReason
from mhatool.engine.events import MessageDropped
from mhatool.engine.home_agent_events import (
    AddressConflict,
    DefenceEnded,
    DefenceStarted,
    HomeAddressChecked,
    UnknownAgentListed,
)
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    ALL_NODES,
    CARE_OF,
    HOME,
    HOME_LINK_LOCAL,
    LINK,
    LINK_LOCAL,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    SECOND_LINK,
    SECOND_LINK_LOCAL,
    SILENT,
    STRANGER,
    STRANGER_LINK,
    THIRD,
    agent,
    announces,
    asks,
    bound,
    checks,
    knows_second,
    registers,
    update,
)
from tests.mhatool.engine.playbook import Playbook

FIRST_OF_TWO, SECOND_OF_TWO = (AGENT, SECOND), (SECOND, AGENT)


def shared(agents: tuple[bytes, ...]) -> Playbook:
    """An agent that knows the second one, and has the binding with it."""
    play = agent(constants=SILENT)
    knows_second(play)
    registers(play, flags="AHM", agents=agents)
    return play


# --- answering ---


def test_a_solicitation_is_answered_at_once_with_override() -> None:
    play = bound()
    asks(play)
    sent = play.sends(NeighborAdvertisement, target=HOME, flags={"S", "O"})
    assert sent.at == play.now
    assert (sent.arrival.source, sent.arrival.destination, sent.arrival.hop_limit) == (LINK_LOCAL, STRANGER, 255)
    assert (sent.action.interface, sent.action.link_destination) == ("home", STRANGER_LINK)
    assert sent.message.options[0].link_layer_address == LINK


def test_who_checks_the_address_hears_it_with_all_others() -> None:
    """The source is unspecified: to all nodes, not solicited (RFC 4861, 7.2.4)."""
    play = bound()
    checks(play, STRANGER_LINK)
    sent = play.sends(NeighborAdvertisement, target=HOME, flags={"O"})
    assert sent.arrival.destination == ALL_NODES


def test_the_link_local_address_is_answered_for_where_l_is_set() -> None:
    play = bound(facts={"flags": "AHL"})
    asks(play, HOME_LINK_LOCAL)
    play.sends(NeighborAdvertisement, target=HOME_LINK_LOCAL)
    play = bound()
    asks(play, HOME_LINK_LOCAL)
    play.drops(DropReason.NOT_FOR_US)


def test_nobody_is_answered_while_the_address_is_checked_or_when_it_is_back() -> None:
    play = agent()
    play.hears(update(1), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborSolicitation)
    asks(play)
    play.sends_nothing()
    play.waits(1)
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    play.forgets()
    asks(play)
    play.drops(DropReason.NOT_FOR_US)


@pytest.mark.parametrize("speaks", [asks, announces])
def test_what_does_not_come_from_the_home_link(speaks: object) -> None:
    play = bound()
    message = NeighborSolicitation(target=HOME, options=())
    if speaks is announces:
        message = NeighborAdvertisement(flags=frozenset(), target=HOME, options=())
    play.hears(message, STRANGER, ALL_NODES, hop_limit=64)
    play.drops(DropReason.HOP_LIMIT)
    play.hears(message, STRANGER, ALL_NODES, hop_limit=255, interface="elsewhere")
    play.drops(DropReason.NOT_FOR_US)
    play.hears(message, STRANGER, ALL_NODES, hop_limit=255, link_source=LINK)
    play.drops(DropReason.NOT_FOR_US)
    play.hears(message.replace(code=1), STRANGER, ALL_NODES, hop_limit=255)
    play.drops(DropReason.CODE)


def test_two_addresses_of_one_group_need_it_once() -> None:
    """Solicited-node groups have 24 bits of the address."""
    other = PREFIX[:8] + b"\x09" + HOME[9:]
    play = bound()
    play.hears(update(1), CARE_OF, AGENT, home_address=other)
    play.waits(1)
    assert not [action for action in play.actions if isinstance(action, JoinGroup | LeaveGroup)]
    play.forgets()
    play.hears(update(2, lifetime_s=0), CARE_OF, AGENT, home_address=HOME)
    assert not [action for action in play.actions if isinstance(action, JoinGroup | LeaveGroup)]
    play.hears(update(2, lifetime_s=0), CARE_OF, AGENT, home_address=other)
    play.does(LeaveGroup("home", parse("ff02::1:ff00:aa")))


# --- the exemption ---


def joins(agents: tuple[bytes, ...] = FIRST_OF_TWO, known: bool = True) -> Playbook:
    """An agent that checks the home address of a node with these agents."""
    play = agent(constants=SILENT)
    if known:
        knows_second(play)
    flags = "AHM" if agents else "AH"
    play.hears(update(1, flags=flags, agents=agents), CARE_OF, AGENT, home_address=HOME)
    play.waits(0.5)
    return play


@pytest.mark.parametrize("speaks", [announces, checks])
def test_another_agent_of_the_list_is_no_duplicate(speaks: object) -> None:
    play = joins()
    speaks(play, SECOND_LINK)  # type: ignore[operator]
    play.waits(0.5)
    assert play.finds(BindingAcknowledgement).message.status == 0
    assert not play.tells(HomeAddressChecked).duplicate


@pytest.mark.parametrize("speaks", [announces, checks])
@pytest.mark.parametrize(
    ("agents", "known", "link"),
    [
        (FIRST_OF_TWO, True, STRANGER_LINK),  # some other node
        ((AGENT, THIRD), True, SECOND_LINK),  # known, but not listed
        ((), True, SECOND_LINK),  # no list at all
    ],
)
def test_anybody_else_is_one(speaks: object, agents: tuple[bytes, ...], known: bool, link: bytes) -> None:
    play = joins(agents, known)
    speaks(play, link)  # type: ignore[operator]
    assert play.finds(BindingAcknowledgement).message.status == 134
    event = play.tells(HomeAddressChecked)
    assert (event.duplicate, event.address, event.link_source) == (True, HOME, link)


@pytest.mark.parametrize("speaks", [announces, checks])
@pytest.mark.parametrize("is_late", [False, True])
def test_an_agent_that_is_not_known_yet_has_the_time_of_the_check_to_become_it(speaks: object, is_late: bool) -> None:
    """Listed alone it isn't exempt, since lists would name victims; but an agent that has just started knows nobody."""
    play = joins(FIRST_OF_TWO, known=False)
    speaks(play, SECOND_LINK)  # type: ignore[operator]
    play.waits(0.499)
    play.sends(NeighborSolicitation)
    play.sends_nothing()
    if not is_late:
        knows_second(play)
    play.waits(0.001)
    assert play.finds(BindingAcknowledgement).message.status == (134 if is_late else 0)
    event = play.tells(HomeAddressChecked)
    assert (event.duplicate, event.link_source) == ((True, SECOND_LINK) if is_late else (False, None))


def test_who_defends_the_address_has_checked_it() -> None:
    """Its advertisement ends the check at once; that it checks too does not."""
    play = joins(SECOND_OF_TWO)
    checks(play, SECOND_LINK)
    play.sends(NeighborSolicitation)
    play.sends_nothing()
    announces(play, SECOND_LINK)
    assert play.sends(BindingAcknowledgement, status=0).at == play.now
    play.waits(2)
    play.sends_nothing()


def test_with_l_both_addresses_have_to_be_defended() -> None:
    play = agent(constants=SILENT)
    knows_second(play)
    play.hears(update(1, flags="AHLM", agents=FIRST_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    play.forgets()
    announces(play, SECOND_LINK, HOME_LINK_LOCAL)
    play.sends_nothing()
    announces(play, SECOND_LINK)
    play.finds(BindingAcknowledgement, status=0)


def test_who_only_asks_for_the_address_is_no_duplicate() -> None:
    """A solicitation from an address is no check (RFC 4862, 5.4.3)."""
    play = joins(())
    asks(play)
    play.waits(0.5)
    assert play.finds(BindingAcknowledgement).message.status == 0


def test_our_own_question_that_comes_back_is_none_either() -> None:
    play = joins(())
    checks(play, LINK)
    play.waits(0.5)
    assert play.finds(BindingAcknowledgement).message.status == 0


def test_agents_that_nobody_knows_are_counted() -> None:
    play = agent()
    knows_second(play)
    registers(play, flags="AHM", agents=(AGENT, SECOND, THIRD))
    assert play.tells(UnknownAgentListed).address == THIRD
    play.forgets()
    play.hears(update(2, flags="AHM", agents=(AGENT, SECOND, THIRD)), CARE_OF, AGENT, home_address=HOME)
    assert not [event for event in play.events if isinstance(event, UnknownAgentListed)]  # once for a list


# --- who is the one ---


def test_the_first_of_the_list_announces_itself_and_stays() -> None:
    play = shared(FIRST_OF_TWO)
    assert play.finds(NeighborAdvertisement).message.target == HOME
    play.tells(DefenceStarted, address=HOME)
    play.forgets()
    announces(play, SECOND_LINK)
    play.sends(NeighborAdvertisement, target=HOME, flags={"O"})
    asks(play)
    play.sends(NeighborAdvertisement, target=HOME, flags={"S", "O"})


def test_it_repeats_that_once_a_second_at_most() -> None:
    play = shared(FIRST_OF_TWO)
    play.forgets()
    for _ in range(5):
        announces(play, SECOND_LINK)
    play.sends(NeighborAdvertisement)
    play.waits(0.999)
    announces(play, SECOND_LINK)
    play.sends_nothing()
    play.waits(0.001)
    announces(play, SECOND_LINK)
    play.sends(NeighborAdvertisement)


def test_the_second_yields_once_the_first_says_that_it_answers() -> None:
    play = shared(SECOND_OF_TWO)
    play.tells(DefenceStarted)  # nobody earlier has spoken
    play.forgets()
    announces(play, SECOND_LINK)
    assert play.tells(DefenceEnded).cause == "yielded"
    asks(play)
    play.sends_nothing()
    play.hears(update(2, flags="AHM", agents=SECOND_OF_TWO), CARE_OF, AGENT, home_address=HOME)
    play.sends(BindingAcknowledgement, status=0)
    asks(play)
    play.sends_nothing()


@pytest.mark.parametrize(("flags", "to"), [("", ALL_NODES), ("S", AGENT)])
def test_it_goes_on_where_neighbours_would_not_believe_the_first(flags: str, to: bytes) -> None:
    """Without Override a neighbour's cache keeps the second's address (RFC 4861, 7.2.5): nobody took over."""
    play = shared(SECOND_OF_TWO)
    play.forgets()
    message = NeighborAdvertisement(flags=Flags(flags), target=HOME, options=())
    play.hears(message, SECOND_LINK_LOCAL, to, link_source=SECOND_LINK, hop_limit=255)
    play.sends_nothing()
    asks(play)
    play.sends(NeighborAdvertisement, target=HOME, flags={"S", "O"})
    announces(play, SECOND_LINK)
    assert play.tells(DefenceEnded).cause == "yielded"


def test_who_hears_the_first_while_it_checks_never_begins() -> None:
    play = joins(SECOND_OF_TWO)
    announces(play, SECOND_LINK)
    play.waits(0.5)
    play.finds(BindingAcknowledgement, status=0)
    play.sends(NeighborSolicitation)
    play.sends_nothing()
    asks(play)
    play.sends_nothing()


def test_a_list_without_the_first_makes_the_second_answer() -> None:
    play = shared(SECOND_OF_TWO)
    announces(play, SECOND_LINK)
    play.forgets()
    play.hears(update(2, flags="AHM", agents=(AGENT, SECOND)), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborAdvertisement, target=HOME, flags={"O"})
    play.sends(BindingAcknowledgement, status=0)
    play.tells(DefenceStarted)


def test_a_lone_survivor_answers() -> None:
    play = shared(SECOND_OF_TWO)
    announces(play, SECOND_LINK)
    play.forgets()
    play.hears(update(2), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborAdvertisement, target=HOME, flags={"O"})


@pytest.mark.parametrize("link", [MOBILE_LINK, STRANGER_LINK])
def test_an_announcement_from_no_agent_is_a_conflict_until_the_deregistration(link: bytes) -> None:
    play = shared(FIRST_OF_TWO)
    play.forgets()
    announces(play, link)
    assert play.tells(AddressConflict).link_source == link
    play.sends_nothing()
    asks(play)
    play.sends(NeighborAdvertisement)
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    play.sends(BindingAcknowledgement, status=0)
    play.tells(DefenceEnded, cause="released")
    play.forgets()
    announces(play, link)
    assert [type(event) for event in play.events] == [MessageDropped]
    asks(play)
    play.sends_nothing()


def test_both_agents_of_a_node_end_up_with_one_that_answers() -> None:
    """Two agents, one link, both Binding Updates at one instant: each hears what the other sends to the group."""
    from tests.mhatool.engine.home_agent.test_two_agents import Link

    link = Link()
    link.registers()
    link.waits(3)
    assert [play.node.binding(HOME).defends for play in link.plays] == [True, False]
    assert link.statuses == [0, 0]


def test_the_constants_may_leave_the_check_out() -> None:
    play = agent(constants=constants.Constants(duplicate_address_detection_transmits=0))
    play.hears(update(1), CARE_OF, AGENT, home_address=HOME)
    play.sends(NeighborAdvertisement)
    play.sends(BindingAcknowledgement, status=0)
