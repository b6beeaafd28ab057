"""What a home agent takes at most: of whom, how often, how many; and who can't use up another's share."""

from typing import Any

import pytest

from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.spec import Flags
from mhatool.engine.commands import KeptBinding, RestoreBindings
from mhatool.engine.drops import DropReason
from mhatool.engine.events import UpdateRefused
from mhatool.engine.home_agent.statuses import Status
from mhatool.protocol import ntp
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    MOBILE_LINK,
    PREFIX,
    STRANGER_LINK,
    agent,
    announces,
    registers,
    update,
)
from tests.mhatool.engine.home_agent.test_statuses import OTHER_HOME, Proven, asked, protected
from tests.mhatool.engine.playbook import BEGIN, Playbook, S

THIRD_HOME = PREFIX[:8] + bytes.fromhex("00000000000000cc")


def binds(play: Playbook, home: bytes, care_of: bytes = CARE_OF, number: int = 1) -> int:
    """The status for a home address, once its address has been looked for."""
    play.forgets()
    play.hears(update(number), care_of, AGENT, home_address=home)
    play.waits(1)
    status: int = play.finds(BindingAcknowledgement).message.status
    return status


# --- how many ---


def test_one_mobile_node_has_so_many_bindings_and_no_more() -> None:
    play = agent(most_bindings_of_one=2)
    assert [binds(play, home) for home in (HOME, OTHER_HOME, THIRD_HOME)] == [0, 0, 130]
    assert binds(play, HOME, number=2) == 0  # who is there may stay
    assert binds(play, THIRD_HOME, ELSEWHERE) == 0  # another one
    assert binds(play, THIRD_HOME, CARE_OF, number=2) == 130  # nor by moving there
    assert binds(play, HOME, ELSEWHERE, number=3) == 0
    assert binds(play, THIRD_HOME, CARE_OF, number=3) == 0


def test_what_is_over_leaves_room() -> None:
    play = agent(most_bindings_of_one=1)
    registers(play, lifetime_s=8)
    assert binds(play, OTHER_HOME) == 130
    play.waits(8)
    assert binds(play, OTHER_HOME) == 0
    assert binds(play, HOME) == 130


@pytest.mark.parametrize("limit", ["most_bindings", "most_bindings_of_one"])
def test_the_entry_of_the_link_local_address_is_none_of_its_own(limit: str) -> None:
    """Two may register, each with L: the third one is one too many, until one of them has left."""
    play = agent(**{limit: 2})
    registers(play, flags="AHL")
    play.forgets()
    play.hears(update(1, flags="AHL"), CARE_OF, AGENT, home_address=OTHER_HOME)
    play.waits(1)
    assert play.finds(BindingAcknowledgement).message.status == 0
    assert binds(play, THIRD_HOME) == 130
    assert asked(play, update(2, lifetime_s=0, flags="AHL")).message.status == 0
    assert binds(play, THIRD_HOME, number=2) == 0


# --- who ---


def test_where_some_are_permitted_no_others_are() -> None:
    play = agent(permitted=(OTHER_HOME,))
    answer = asked(play, update(1))
    told = play.tells(UpdateRefused)
    assert answer.message.status == told.status == Status.PROHIBITED
    assert (told.home_address, told.care_of_address, told.address, told.reason) == (HOME, CARE_OF, AGENT, "prohibited")
    assert binds(play, OTHER_HOME) == 0


def test_who_is_prohibited_is_so_even_if_permitted() -> None:
    play = agent(permitted=(HOME,), prohibited=(HOME,))
    assert asked(play, update(1)).message.status == Status.PROHIBITED


def test_every_refusal_is_told() -> None:
    """Nothing to delete (133), and somebody has the address (134): what follows the checks too."""
    play = agent()
    play.hears(update(1, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    assert play.tells(UpdateRefused).status == 133
    play.hears(update(2), CARE_OF, AGENT, home_address=HOME)
    announces(play, STRANGER_LINK)
    told = play.tells(UpdateRefused)
    assert (told.status, told.reason) == (134, "duplicate_address_detection_failed")
    play.hears(update(3), CARE_OF, AGENT, home_address=HOME)
    play.waits(1)
    assert not [event for event in play.events if isinstance(event, UpdateRefused)]


# --- how often ---


def test_of_one_source_it_takes_so_many_updates_a_second() -> None:
    play = agent(update_rate=2.0)
    registers(play)  # takes one second, in which nothing else comes
    assert [asked(play, update(number)).message.status for number in (2, 3)] == [0, 0]
    play.forgets()
    play.hears(update(4), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.RATE_LIMIT)
    assert asked(play, update(5), ELSEWHERE).message.status == 0  # another source
    play.waits(0.5)
    assert asked(play, update(6)).message.status == 0


def test_zero_is_no_limit() -> None:
    play = agent(update_rate=0.0)
    registers(play)
    assert all(asked(play, update(number)).message.status == 0 for number in range(2, 500))


def test_forgeries_do_not_use_up_what_a_mobile_node_may_send() -> None:
    """Anybody can write its care-of address into a packet; only the mobile node can prove that it is there."""
    play, node = protected(update_rate=2.0), Proven()
    stamp = ntp.timestamp(play.now)
    node.says(play, 1, stamp)
    play.waits(1)
    for number in range(2, 4):
        assert asked(play, update(number)).message.status == Status.AUTH_FAIL
    play.forgets()
    play.hears(update(4), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.RATE_LIMIT)
    node.says(play, 5, stamp + 1)
    assert node.hears(play).message.status == 0
    node.says(play, 6, stamp + 2)
    assert node.hears(play).message.status == 0
    node.says(play, 7, stamp + 3)
    play.drops(DropReason.RATE_LIMIT)


def test_it_answers_so_many_discovery_requests_a_second() -> None:
    play = agent(discovery_rate=2.0)
    (anycast,) = play.node.anycast_addresses  # type: ignore[attr-defined]

    def asks(source: bytes) -> None:
        play.forgets()
        play.hears(DhaadRequest(identifier=7, flags=Flags()), source, anycast)

    for source in (CARE_OF, ELSEWHERE):
        asks(source)
        play.sends(DhaadReply)
    asks(CARE_OF)
    play.drops(DropReason.RATE_LIMIT)
    play.waits(0.5)
    asks(CARE_OF)
    play.sends(DhaadReply)


# --- after a restart ---


def restarted(**changes: Any) -> Playbook:
    return protected(restart_counter=2, **changes)


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_said_before_a_restart_is_old(kept: bool) -> None:
    """The last timestamp is lost with it, so all from before it are refused: 144 tells the time (RFC 4285, 6)."""
    play, node = restarted(), Proven()
    if kept:
        play.is_told(RestoreBindings((KeptBinding(HOME, AGENT, CARE_OF, "AH", 10, BEGIN + 300 * S),)))
    before = play.node.binding(HOME)  # type: ignore[attr-defined]
    node.says(play, 11, ntp.timestamp(BEGIN - 1), ELSEWHERE)
    assert node.hears(play).message.status == Status.ID_MISMATCH
    assert play.node.binding(HOME) is before  # type: ignore[attr-defined]
    if before is not None:
        assert before.care_of_address == CARE_OF
    play.waits(1)
    node.says(play, 11, ntp.timestamp(play.now), ELSEWHERE)
    play.waits(1)
    assert node.hears(play).message.status == 0


def test_an_agent_that_has_never_been_there_before_has_nothing_to_forget() -> None:
    play, node = protected(), Proven()
    node.says(play, 1, ntp.timestamp(BEGIN - 5 * S))
    play.waits(1)
    assert node.hears(play).message.status == 0
