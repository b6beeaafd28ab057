"""A peer that knows no Heartbeats, as any home agent of RFC 6275 alone: it says so, and is solicited from then on."""

from __future__ import annotations

import pytest

from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.mobility.binding import BindingError
from dissectors.spec import Flags
from mhatool.engine.constants import RFC6275
from mhatool.engine.drops import DropReason
from mhatool.engine.failure_events import PeerChanged
from mhatool.engine.home_agent_events import DefenceStarted
from tests.mhatool.engine.home_agent.companions import answers, knows, lives, offered, requests, says, shares
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    ALL_NODES,
    CARE_OF,
    LINK,
    SECOND,
    SECOND_LINK,
    SECOND_LINK_LOCAL,
    THIRD,
    agent,
    announces,
    registers,
)
from tests.mhatool.engine.playbook import Playbook, S, Sent

SECONDS_GROUP = parse("ff02::1:ff00:2")
ANSWERED = NeighborAdvertisement(flags=Flags("SO"), target=SECOND, options=())


def errs(play: Playbook, source: bytes = SECOND, status: int = 2) -> None:
    """What RFC 6275, 9.2, has an agent answer that doesn't know a type."""
    message = BindingError(status=status, home_address=UNSPECIFIED, options=())
    play.hears(message, source, AGENT, link_source=SECOND_LINK)


def solicitations(play: Playbook) -> list[Sent]:
    """The questions to the second agent among what was sent; they are taken out."""
    found = [s for s in play._sent if isinstance(s.message, NeighborSolicitation) and s.message.target == SECOND]
    play._sent = [sent for sent in play._sent if sent not in found]
    return found


def lives_on(play: Playbook, seconds: float) -> list[Sent]:
    """Time goes on, and the second agent's machine answers whoever solicits it; what it was asked."""
    asked: list[Sent] = []
    for _ in range(round(seconds * 10)):
        new = solicitations(play)
        for each in new:
            play.hears(ANSWERED, SECOND, each.arrival.source, link_source=SECOND_LINK, hop_limit=255)
        asked += new
        play.waits(0.1)
    return asked


def asked_first() -> Playbook:
    """The second agent was asked by a Heartbeat, and hasn't answered yet."""
    play = agent()
    knows(play, SECOND)
    registers(play, flags="AHM", agents=(SECOND, AGENT))
    assert len(requests(play)) == 1
    play.forgets()
    return play


def test_its_answer_is_a_sign_of_life_and_it_is_solicited_from_then_on() -> None:
    """As a neighbour that is probed (RFC 4861, 7.3.3): by unicast, with this agent's link-layer address (4.3)."""
    play = asked_first()
    errs(play)
    assert play.tells(PeerChanged).state == "reachable"
    at = play.now
    play.waits(RFC6275.probe_idle_s)
    (asked,) = solicitations(play)
    assert asked.at - at == RFC6275.probe_idle_s * S
    assert (asked.arrival.source, asked.arrival.destination, asked.arrival.hop_limit) == (AGENT, SECOND, 255)
    assert (asked.action.interface, asked.action.link_destination) == ("home", SECOND_LINK)
    assert asked.options == [SourceLinkLayerAddress(link_layer_address=LINK)]


def test_as_long_as_its_machine_answers_nobody_is_told_anything() -> None:
    play = asked_first()
    errs(play)
    announces(play, SECOND_LINK)
    play.forgets()
    play.events.clear()
    assert 50 <= len(lives_on(play, 60)) <= 60
    assert not any(isinstance(event, PeerChanged | DefenceStarted) for event in play.events)
    assert not any(isinstance(sent.message, HomeAgentUnreachable | Heartbeat) for sent in play._sent)
    assert offered(play) == {AGENT, SECOND}


def test_it_is_unreachable_after_three_solicitations_in_vain() -> None:
    play = asked_first()
    errs(play)
    lives_on(play, 10)
    play.events.clear()
    play.waits(RFC6275.probe_idle_s + RFC6275.probe_failures * RFC6275.probe_interval_s + 1)
    assert play.tells(PeerChanged).state == "unreachable"
    play.finds(HomeAgentUnreachable, unreachable=(SECOND,))
    lives_on(play, 1)
    assert play.tells(PeerChanged).state == "reachable"


def test_who_has_answered_heartbeats_knows_them() -> None:
    """So nobody hides a dead agent by saying in its name that its machine is to be asked instead."""
    play = shares()
    lives(play, 5)
    play.waits(RFC6275.probe_idle_s)
    assert len(requests(play)) == 1
    errs(play)
    play.drops(DropReason.NOT_ASKED)
    play.waits(RFC6275.probe_failures * RFC6275.probe_interval_s)
    assert play.tells(PeerChanged, state="unreachable").cause == "unanswered"
    assert solicitations(play) == []


@pytest.mark.parametrize(("source", "status"), [(THIRD, 2), (SECOND, 1)], ids=["a stranger", "no binding"])
def test_other_errors_say_nothing(source: bytes, status: int) -> None:
    play = asked_first()
    errs(play, source, status)
    play.waits(RFC6275.probe_failures * RFC6275.probe_interval_s)
    assert play.tells(PeerChanged).state == "unreachable"


def test_an_error_about_nothing_that_is_out_says_nothing() -> None:
    play = asked_first()
    errs(play)
    play.forgets()
    errs(play)  # once more
    play.drops(DropReason.NOT_ASKED)
    play.waits(RFC6275.probe_idle_s)
    assert len(solicitations(play)) == 1
    errs(play)  # no answer to a solicitation
    play.drops(DropReason.NOT_ASKED)


@pytest.mark.parametrize(
    ("flags", "to"),
    [("O", AGENT), ("O", ALL_NODES), ("SO", SECOND_LINK_LOCAL)],
    ids=["unasked", "to all", "to others"],
)
def test_only_a_solicited_advertisement_to_this_agent_is_an_answer(flags: str, to: bytes) -> None:
    play = asked_first()
    errs(play)
    play.events.clear()
    for _ in range(5):
        message = NeighborAdvertisement(flags=Flags(flags), target=SECOND, options=())
        play.hears(message, SECOND, to, link_source=SECOND_LINK, hop_limit=255)
        play.waits(1)
    assert play.tells(PeerChanged).state == "unreachable"


def test_while_its_link_layer_address_is_unknown_its_group_is_asked() -> None:
    """RFC 4861, 7.2.2."""
    play = agent(peers=(SECOND,))
    registers(play, flags="AHM", agents=(SECOND, AGENT))
    play.forgets()
    errs(play)
    play.waits(RFC6275.probe_idle_s)
    (asked,) = solicitations(play)
    assert (asked.arrival.destination, asked.action.link_destination) == (SECONDS_GROUP, None)


def test_who_sends_a_heartbeat_after_all_is_asked_by_them_again() -> None:
    play = asked_first()
    errs(play)
    says(play, SECOND, "", number=4)
    play.finds(Heartbeat, sequence_number=4)
    play.waits(RFC6275.probe_idle_s)
    (asked,) = requests(play)
    answers(play, asked)
    play.waits(RFC6275.probe_idle_s)
    assert len(requests(play)) == 1
    assert solicitations(play) == []


def test_it_leaves_when_it_advertises_itself_no_longer() -> None:
    """What its machine answers says nothing of the home agent on it, and a counter it has none."""
    play = asked_first()
    errs(play)
    play.events.clear()
    knows(play, SECOND, lifetime_s=0)
    assert (event := play.tells(PeerChanged)).state == "unreachable"
    assert event.cause == "left"
    play.waits(0)
    play.finds(HomeAgentUnreachable, unreachable=(SECOND,))
    knows(play, SECOND)
    play.waits(1)
    assert requests(play)  # it may know them by now


def test_who_leaves_says_so_to_those_alone_who_know_heartbeats() -> None:
    play = asked_first()
    errs(play)
    play.forgets()
    play.node.failover.leave(play.now)
    play._collect()
    play.sends_nothing()


def test_an_error_out_of_a_mobile_nodes_tunnel_says_nothing() -> None:
    """Whoever has a binding could write it in a peer's name."""
    play = asked_first()
    message = BindingError(status=2, home_address=UNSPECIFIED, options=())
    play.hears(message, SECOND, AGENT, tunnel=(CARE_OF, AGENT))
    play.waits(RFC6275.probe_failures * RFC6275.probe_interval_s)
    assert play.tells(PeerChanged).state == "unreachable"
