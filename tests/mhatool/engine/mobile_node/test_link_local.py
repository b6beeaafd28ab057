"""The link-local address: tried out, given up, and left alone where agents defend it (RFC 4862, 5.4; 6275, 11.5.5)."""

from __future__ import annotations

from typing import Any

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation, RouterSolicitation
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.spec import Flags
from mhatool.engine.actions import AddAddress, RemoveAddress
from mhatool.engine.commands import LinkChanged
from mhatool.engine.nd_events import AddressGivenUp, AddressTentative, Announced
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    AGENT2,
    AGENT_LINKS,
    ALL_NODES,
    CARE_OF,
    ELSEWHERE,
    HOME,
    HOME_PREFIX,
    LINK,
    LINK_LOCAL,
    ROUTER_LINKS,
    Journey,
)
from tests.mhatool.engine.playbook import BEGIN, S, Sent


def tried(play: Journey) -> list[bytes]:
    """Addresses whose duplicate address detection began, in order, since the last time."""
    found = [event.address for event in play.events if isinstance(event, AddressTentative)]
    play.events.clear()
    return found


def comes_back(*agents: bytes, **changes: Any) -> tuple[Journey, list[Sent]]:
    """Registered abroad and home again, where the router speaks: the deregistrations, none answered yet."""
    play = Journey(**changes)
    play.is_registered_with(*agents)
    play.returns_home()
    return play, play.updates()


# --- duplicates ---


def test_a_duplicate_link_local_address_is_replaced_by_one_drawn_by_chance() -> None:
    play = Journey()
    play.starts(eth0=LINK)
    play.solicitations()
    play.hears_duplicate(LINK_LOCAL)
    (other,) = play.solicitations()
    assert other.message.target[:8] == LINK_LOCAL[:8]
    assert other.message.target != LINK_LOCAL
    assert other.message.target[8] & 2 == 0  # no universal identifier (RFC 4291, 2.5.1)


def test_after_three_duplicates_it_is_given_up_and_that_is_told() -> None:
    """RFC 7217, 6: IDGEN_RETRIES is 3."""
    play = Journey()
    play.starts(eth0=LINK)
    targets = []
    for _ in range(3):
        (asked,) = play.solicitations()
        targets.append(asked.message.target)
        play.hears_duplicate(asked.message.target)
    assert len(set(targets)) == 3
    assert play.solicitations() == []
    told = play.tells(AddressGivenUp)
    assert (told.address, told.trials) == (targets[-1], 3)
    play.waits(60)
    assert play.finds(RouterSolicitation).arrival.source == UNSPECIFIED
    assert play.solicitations() == []


def test_a_prefix_that_is_given_up_is_told_too() -> None:
    play = Journey()
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ABROAD)
    target = CARE_OF
    for _ in range(3):
        play.solicitations()
        play.hears_duplicate(target)
        target = next((sent.message.target for sent in play.solicitations()), target)
    told = play.tells(AddressGivenUp)
    assert (told.address, told.trials) == (target, 3)


def test_on_another_link_its_own_address_is_tried_again() -> None:
    """Who has it on one link says nothing of the next."""
    play = Journey()
    play.starts(eth0=LINK)
    for _ in range(3):
        (asked,) = play.solicitations()
        play.hears_duplicate(asked.message.target)
    play.is_told(LinkChanged("eth0"))
    assert [sent.message.target for sent in play.solicitations()] == [LINK_LOCAL]
    play.waits(1)
    assert AddAddress("eth0", LINK_LOCAL, 64) in play.actions


# --- back on the home link ---


def test_back_home_no_address_is_tried_out_that_an_agent_defends() -> None:
    """RFC 6275, 11.5.5: it must not be, nor with L the link-local address."""
    play, _ = comes_back(AGENT1)
    play.waits(30)
    assert tried(play) == []


def _asks(play: Journey) -> list[tuple[float, bytes, bytes, bytes, int]]:
    """Neighbour solicitations, by the seconds since the node came home: who, where to, for whom, how many options."""
    return [
        (
            round((sent.at - BEGIN) / S, 3) - 3,
            sent.arrival.source,
            sent.arrival.destination,
            sent.message.target,
            len(sent.options),
        )
        for sent in play.solicitations()
    ]


def test_back_home_an_agent_that_no_advertisement_told_of_is_asked_for_by_nobody() -> None:
    """RFC 6275, 11.5.5: multicast, from the unspecified address; without the option then (RFC 4861, 4.3).

    As often as the Binding Update would be sent: after 0, 1 and 3 s.
    """
    play = Journey()
    play.is_registered_with(AGENT1)
    play.agents_answer = False
    play.returns_home()
    assert play.takes_updates() == []
    play.waits(3.5)
    group = parse("ff02::1:ff00:1")  # of 2001:db8:1::1
    assert _asks(play) == [(after, UNSPECIFIED, group, AGENT1, 0) for after in (0, 1, 3)]
    play.hears_agent(AGENT1)
    (update,) = play.updates()
    assert (update.arrival.source, update.message.lifetime_s) == (HOME, 0)
    assert update.action.link_destination == AGENT_LINKS[AGENT1]
    play.hears_agent(AGENT1)  # said again, it changes nothing
    assert play.updates() == []
    play.is_answered(update)
    play.does(AddAddress("eth0", HOME, 64))


def test_back_home_an_agent_whose_advertisement_was_heard_is_asked_for_by_nobody_at_all() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.agents_answer = False
    play.returns_home(agent=AGENT1)
    (update,) = play.takes_updates()
    assert update.action.link_destination == ROUTER_LINKS[HOME_PREFIX]
    assert play.solicitations() == []


def test_with_an_address_to_ask_from_the_machine_asks_as_ever() -> None:
    """It never left by its own account: the link-local address was assigned before, and stays so."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.agents_answer = False
    play.hears_router(HOME_PREFIX)
    play.waits(3)  # movement detection
    (update,) = play.takes_updates()
    assert update.action.link_destination is None
    assert [sent for sent in play.solicitations() if sent.message.target == AGENT1] == []


def test_the_link_local_address_comes_back_when_an_agent_lets_go_of_it() -> None:
    play, (update,) = comes_back(AGENT1)
    play.does(RemoveAddress("eth0", LINK_LOCAL))
    play.is_answered(update)
    play.does(RemoveAddress("lo", HOME), AddAddress("eth0", HOME, 64), AddAddress("eth0", LINK_LOCAL, 64))
    told = [play.sends(NeighborAdvertisement) for _ in range(2)]
    assert [(t.message.target, t.arrival.source, t.arrival.destination) for t in told] == [
        (HOME, HOME, ALL_NODES),
        (LINK_LOCAL, LINK_LOCAL, ALL_NODES),
    ]
    assert tried(play) == []


def test_each_agent_that_lets_go_is_a_reason_to_announce_it() -> None:
    play, updates = comes_back(AGENT1, AGENT2)
    for update in updates:
        play.is_answered(update)
    assert [e.address for e in play.events if isinstance(e, Announced)] == [HOME, LINK_LOCAL] * 2
    assert play.actions.count(AddAddress("eth0", LINK_LOCAL, 64)) == 1


def test_nothing_is_announced_that_is_still_on_trial() -> None:
    """Without L no agent defends the link-local address: it is tried out as on any link, and said to nobody."""
    play, (update,) = comes_back(AGENT1, link_local=False)
    assert tried(play) == [LINK_LOCAL]
    play.is_answered(update)
    assert [e.address for e in play.events if isinstance(e, Announced)] == [HOME]
    play.waits(1)
    assert AddAddress("eth0", LINK_LOCAL, 64) in play.actions


def test_after_the_bindings_have_ended_it_is_tried_out() -> None:
    """RFC 6275, 11.5.5: whoever returns after that should do so. Here the node had never been away."""
    play = Journey(attached_at_home=True)
    play.comes_up()
    play.returns_home()
    assert tried(play) == [LINK_LOCAL]


def test_an_agent_that_never_answers_keeps_it_no_longer_than_its_binding() -> None:
    play, _ = comes_back(AGENT1)
    play.waits(418)
    assert AddAddress("eth0", LINK_LOCAL, 64) not in play.actions
    play.waits(2)
    play.does(AddAddress("eth0", HOME, 64), AddAddress("eth0", LINK_LOCAL, 64))


def test_an_address_by_chance_is_given_back_for_its_own_at_home() -> None:
    """Abroad somebody has the same identifier."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(LinkChanged("eth0"))
    play.hears_router(ELSEWHERE)
    play.hears_duplicate(LINK_LOCAL)
    play.waits(1)
    chance = [a.address for a in play.actions if isinstance(a, AddAddress) and a.address[:2] == LINK_LOCAL[:2]][-1]
    assert chance != LINK_LOCAL
    play.returns_home()
    play.is_answered(play.updates()[-1])
    play.does(RemoveAddress("eth0", chance), AddAddress("eth0", LINK_LOCAL, 64))


# --- where it isn't known which link this is ---


def test_on_a_foreign_link_it_is_tried_out_when_a_router_says_so() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(LinkChanged("eth0"))
    assert [sent.message.target for sent in play.solicitations()] == []
    play.hears_router(ELSEWHERE)
    assert LINK_LOCAL in [sent.message.target for sent in play.solicitations()]
    play.waits(1)
    assert AddAddress("eth0", LINK_LOCAL, 64) in play.actions


def test_where_no_router_answers_it_is_tried_out_in_the_end() -> None:
    """After MAX_RTR_SOLICITATIONS of RTR_SOLICITATION_INTERVAL each, 3 x 4 s (RFC 4861, 6.3.7)."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(LinkChanged("eth0"))
    play.waits(11)
    assert play.solicitations() == []
    play.waits(1)
    assert [sent.message.target for sent in play.solicitations()] == [LINK_LOCAL]


def test_a_home_router_that_is_late_ends_the_trial() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(LinkChanged("eth0"))
    play.waits(12.5)
    play.hears_router(HOME_PREFIX)
    play.waits(5)
    assert AddAddress("eth0", LINK_LOCAL, 64) not in play.actions
    play.is_answered(play.updates()[-1])
    play.does(AddAddress("eth0", LINK_LOCAL, 64))


def test_without_any_link_nothing_is_tried_out() -> None:
    play = Journey()
    play.is_registered_with(AGENT1)
    play.is_told(LinkChanged("eth0"))
    play.is_told(LinkChanged("eth0", up=False))
    play.forgets()
    play.waits(60)
    assert [sent for sent in play._sent if isinstance(sent.message, NeighborSolicitation)] == []


def test_a_node_that_hears_of_no_links_keeps_it_at_home() -> None:
    """It has it from before, on whatever link; the agent lets go, and nothing was tried out meanwhile."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.hears_router(HOME_PREFIX)
    play.waits(3)  # movement detection
    play.is_answered(play.updates()[-1])
    assert [event.address for event in play.events if isinstance(event, Announced)] == [HOME, LINK_LOCAL]
    assert RemoveAddress("eth0", LINK_LOCAL) not in play.actions
    assert LINK_LOCAL not in tried(play)


def test_a_binding_that_ends_before_a_home_router_is_heard_leaves_it_to_be_tried_out() -> None:
    play = Journey(lifetime_s=8)
    play.is_registered_with(AGENT1)
    # Refreshed after 6 s, then 1 and 2 s later; the binding is over, so 6, 12 and 24 s later: at 27 s and 51 s.
    play.waits(30)
    assert [round((update.at - play.now) / S) + 30 for update in play.updates()] == [6, 7, 9, 15, 27]
    play.is_told(LinkChanged("eth0"))
    assert tried(play) == []
    play.waits(8)  # what was asked for at 27 s is over at 35 s
    play.hears_router(HOME_PREFIX)
    assert tried(play) == [LINK_LOCAL, HOME]


def test_another_link_local_address_than_the_home_addresss_namesake_is_no_agents() -> None:
    """It is tried out at home too, and not announced before that is over."""
    home = HOME_PREFIX[:8] + bytes.fromhex("0123456789abcdef")
    play = Journey(home_address=home)
    (update,) = play.goes_abroad(AGENT1)
    answer = BindingAcknowledgement(
        status=0, flags=Flags(), sequence_number=update.message.sequence_number, lifetime_s=420, options=()
    )
    play.hears(answer, AGENT1, update.arrival.source, routed_to=home)
    play.forgets()
    play.returns_home()
    assert tried(play) == [LINK_LOCAL]
    (update,) = play.updates()
    play.hears(answer.replace(sequence_number=update.message.sequence_number, lifetime_s=0), AGENT1, home)
    assert [event.address for event in play.events if isinstance(event, Announced)] == [home]
