"""Each status that a mobile node can receive, from whom, and what follows: IANA's table, so that one that lacks shows.

IANA: Mobile IPv6 parameters, "Status Codes"; those of RFC 6275, 4285 and 5648 one by one, with the clause that says
what they mean. Statuses of other extensions, which the node never asked for, count by their class: below 128 they
accept (RFC 6275, 6.1.8).
"""

from __future__ import annotations

from typing import Any

import pytest

from dissectors import registry
from dissectors.icmpv6.home_agents import MobilePrefixSolicitation
from dissectors.mobility.binding import BindingError
from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from mhatool.engine.drops import DropReason
from mhatool.engine.events import UpdateListEntry
from mhatool.engine.mobile_node_events import RegistrationRefused
from tests.mhatool.engine.mobile_node.journey import AGENT1, AGENT2, CARE_OF, HOME, PEER, Journey
from tests.mhatool.engine.playbook import Sent

BINDS, ASKS_PREFIXES, GIVES_UP, GOES_ON, TESTS = "binds", "asks for prefixes", "gives up", "goes on", "tests again"

AT_AGENTS: dict[int, str] = {
    # RFC 6275, 6.1.8 and 11.7.3.
    0: BINDS,
    1: ASKS_PREFIXES,
    128: GIVES_UP,
    129: GIVES_UP,
    130: GIVES_UP,
    131: GIVES_UP,
    132: GIVES_UP,
    133: GIVES_UP,
    134: GIVES_UP,
    135: GOES_ON,
    136: GIVES_UP,  # nonces are correspondents'
    137: GIVES_UP,
    138: GIVES_UP,
    139: GIVES_UP,
    174: GIVES_UP,
    # RFC 4285, 5 to 7.
    144: GOES_ON,
    145: GOES_ON,
    146: GIVES_UP,
    # RFC 5648, 4.
    4: BINDS,
    5: BINDS,
    164: GIVES_UP,
    165: GIVES_UP,
    166: GIVES_UP,
    167: GIVES_UP,
    168: GIVES_UP,
    169: GIVES_UP,
}
AT_CORRESPONDENTS: dict[int, str] = {
    # RFC 6275, 11.7.3: no prefix discovery with them; the rest is of no meaning there and ends route optimisation.
    **{status: BINDS if status < 128 else GIVES_UP for status in AT_AGENTS},
    135: GOES_ON,
    136: TESTS,
    137: TESTS,
    138: TESTS,
}
OTHERS = {  # of RFC 3963, 4866, 5149, 5213, 5844, 5845, 6058, 6602, 6618, 7148, 7222 and 8278
    *(2, 3, 6),
    *range(140, 144),
    *range(147, 164),
    *range(170, 174),
    *range(175, 181),
}
EVERY = {**AT_AGENTS, **{status: BINDS if status < 128 else GIVES_UP for status in OTHERS}}


def state(play: Journey, peer: bytes) -> UpdateListEntry:
    return [event for event in play.events if isinstance(event, UpdateListEntry) and event.peer == peer][-1]


def test_every_status_of_ianas_table_is_here() -> None:
    assert set(EVERY) == set(registry.BINDING_ACKNOWLEDGEMENT_STATUS)
    assert not OTHERS & set(AT_AGENTS)
    assert set(AT_CORRESPONDENTS) == set(AT_AGENTS)


def binds(play: Journey, update: Sent) -> None:
    assert state(play, AGENT1).state == "BOUND"
    play.sends_nothing()


def asks_for_prefixes(play: Journey, update: Sent) -> None:
    assert state(play, AGENT1).state == "BOUND"
    assert play.sends(MobilePrefixSolicitation).arrival.destination == AGENT1


def gives_up(play: Journey, update: Sent) -> None:
    """The entry goes, and the other agent that discovery offered is taken."""
    assert state(play, AGENT1).gone
    (other,) = play.updates()
    assert other.arrival.destination == AGENT2
    play.waits(600)
    assert AGENT1 not in {each.arrival.destination for each in play.updates()}


def goes_on(play: Journey, update: Sent) -> None:
    (again,) = play.updates()
    assert (again.arrival.destination, again.at) == (AGENT1, update.at)
    assert again.message.sequence_number != update.message.sequence_number
    play.is_answered(again)
    assert state(play, AGENT1).state == "BOUND"


@pytest.mark.parametrize(("status", "what"), sorted(EVERY.items()), ids=str)
def test_from_a_home_agent(status: int, what: str) -> None:
    play = Journey(home_agents=1)
    (update,) = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(update, status)
    {BINDS: binds, ASKS_PREFIXES: asks_for_prefixes, GIVES_UP: gives_up, GOES_ON: goes_on}[what](play, update)


@pytest.mark.parametrize(("status", "what"), sorted(EVERY.items()), ids=str)
def test_from_a_home_agent_about_a_refresh(status: int, what: str) -> None:
    """The same, but that a binding holds: one agent is refreshed after four fifths of 420 s."""
    play = Journey(home_agents=1)
    (update,) = play.goes_abroad(AGENT1, AGENT2)
    play.is_answered(update)
    play.waits(336)
    (refresh,) = play.updates()
    play.is_answered(refresh, status)
    {BINDS: binds, ASKS_PREFIXES: asks_for_prefixes, GIVES_UP: gives_up, GOES_ON: goes_on}[what](play, refresh)


@pytest.mark.parametrize(("status", "what"), sorted(EVERY.items()), ids=str)
def test_from_a_home_agent_about_a_deregistration(status: int, what: str) -> None:
    """Nothing is left there, whatever it says, unless it wants another number or time (RFC 6275, 11.5.5)."""
    play = Journey()
    play.is_registered_with(AGENT1)
    play.returns_home()
    (update,) = play.updates()
    play.is_answered(update, status)
    assert state(play, AGENT1).gone == (what != GOES_ON)
    again = play.updates()
    assert [each.message.lifetime_s for each in again] == ([0] if what == GOES_ON else [])


def answered(status: int) -> tuple[Journey, Sent, Any]:
    """A correspondent's answer to the first update, and the entry that it leaves."""
    play = Journey()
    update = play.is_optimising_with(AGENT1)
    play.is_answered_by_correspondent(update, status)
    return play, update, state(play, PEER)


@pytest.mark.parametrize(("status", "what"), sorted(AT_CORRESPONDENTS.items()), ids=str)
def test_from_a_correspondent(status: int, what: str) -> None:
    play, update, entry = answered(status)
    assert entry.state == {BINDS: "BOUND", GIVES_UP: "IDLE", GOES_ON: "WAITA", TESTS: "RRINIT"}[what]
    assert entry.unsupported == (what == GIVES_UP)
    refusals = [event.status for event in play.events if isinstance(event, RegistrationRefused)]
    assert refusals == ([] if what == BINDS else [status])
    sent = [type(each.message) for each in play._sent]
    wanted: list[type] = [HomeTestInit, CareOfTestInit] if what == TESTS and status != 137 else []
    wanted = [CareOfTestInit] if status == 137 else wanted  # the home keygen token serves on
    wanted = [type(update.message)] if what == GOES_ON else wanted
    assert sent == wanted


@pytest.mark.parametrize("status", sorted(registry.BINDING_ERROR_STATUS))
@pytest.mark.parametrize("peer", [AGENT1, PEER], ids=["agent", "correspondent"])
def test_each_status_of_a_binding_error_is_taken(status: int, peer: bytes) -> None:
    """RFC 6275, 11.3.6: 1 and 2 are all there are. An agent with a binding is no stranger to the Mobility Header.

    It is asked whether it has one: what nobody signs ends none, so this is a refresh.
    """
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.hears(BindingError(status=status, home_address=HOME, options=()), peer, CARE_OF)
    now = [event.state for event in play.events if isinstance(event, UpdateListEntry) and event.peer == peer]
    assert now == ([{AGENT1: "WAITAR", PEER: "RRINIT"}[peer]] if status == 1 else [])


def test_a_binding_error_with_another_status_is_dropped() -> None:
    play = Journey()
    play.is_optimised_with(AGENT1)
    play.hears(BindingError(status=3, home_address=HOME, options=()), AGENT1, CARE_OF)
    play.drops(DropReason.UNKNOWN_MESSAGE)
