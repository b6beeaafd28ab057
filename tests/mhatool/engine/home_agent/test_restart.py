"""A home agent that is started again with what it held: only its end or a deletion ends a binding (RFC 6275, 9.1)."""

from typing import Any

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.actions import End, SetTunnel
from mhatool.engine.advertising import AdvertisedPrefix
from mhatool.engine.commands import KeptBinding, RestoreBindings
from mhatool.engine.events import CacheEntry
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    HOME_LINK_LOCAL,
    OTHER_HOME,
    PREFIX,
    SECOND,
    agent,
    update,
)
from tests.mhatool.engine.playbook import BEGIN, Playbook, S


def restored(left_s: int = 300, flags: str = "AH", number: int = 10, held_at: bytes = AGENT) -> Playbook:
    play = agent()
    kept = KeptBinding(HOME, held_at, CARE_OF, flags, number, BEGIN + left_s * S)
    play.is_told(RestoreBindings((kept,)))
    return play


def test_it_tunnels_and_defends_at_once_and_asks_and_answers_nobody() -> None:
    play = restored()
    assert [each for each in play.actions if isinstance(each, SetTunnel)] == [
        SetTunnel(End.HOME_AGENT, HOME, AGENT, (CARE_OF,))
    ]
    assert play.sends(NeighborAdvertisement).message.target == HOME
    play.sends_nothing()


def test_it_ends_when_it_would_have_ended() -> None:
    play = restored(left_s=300)
    play.waits(299)
    assert play.node.binding(HOME) is not None  # type: ignore[attr-defined]
    play.waits(1)
    assert play.node.binding(HOME) is None  # type: ignore[attr-defined]


def test_an_update_from_before_the_restart_is_still_old() -> None:
    """Status 135 with the number that was kept: a replayed update gets nowhere (RFC 6275, 9.5.1)."""
    play = restored(number=10)
    play.finds(NeighborAdvertisement)
    play.hears(update(10), ELSEWHERE, AGENT, home_address=HOME)
    assert play.sends(BindingAcknowledgement, status=135, sequence_number=10)
    play.hears(update(11), ELSEWHERE, AGENT, home_address=HOME)
    assert play.sends(BindingAcknowledgement, status=0, sequence_number=11)


def test_the_link_local_address_is_defended_again_too() -> None:
    play = restored(flags="AHL")
    told = {play.sends(NeighborAdvertisement).message.target for _ in range(2)}
    assert told == {HOME, HOME_LINK_LOCAL}


def test_what_is_over_or_was_held_at_another_address_is_not_taken() -> None:
    """A lifetime is counted in units of four seconds: what has less left is over (RFC 6275, 6.1.7)."""
    for play in (restored(left_s=3), restored(left_s=-60), restored(held_at=SECOND)):
        assert play.node.binding(HOME) is None  # type: ignore[attr-defined]
        assert not any(isinstance(event, CacheEntry) for event in play.events)


@pytest.mark.parametrize(
    ("changes", "care_of_address", "cause"),
    [
        ({"permitted": (OTHER_HOME,)}, CARE_OF, "prohibited"),
        ({"prohibited": (HOME,)}, CARE_OF, "prohibited"),
        ({"most_bindings": 0}, CARE_OF, "insufficient_resources"),
        ({"requires_authentication": True}, CARE_OF, "auth_fail"),
        ({}, parse("ff02::1"), "invalid_care_of_address"),
        ({}, AGENT, "invalid_care_of_address"),
    ],
)
def test_what_would_be_refused_now_is_over(changes: dict[str, Any], care_of_address: bytes, cause: str) -> None:
    """As a Binding Update is judged (RFC 6275, 9.5.1 and 10.3.1); who keeps the bindings hears that it is gone."""
    play = agent(**changes)
    play.is_told(RestoreBindings((KeptBinding(HOME, AGENT, care_of_address, "AH", 10, BEGIN + 300 * S),)))
    assert play.node.binding(HOME) is None  # type: ignore[attr-defined]
    assert play.tells(CacheEntry, home_address=HOME, gone=True).cause == cause
    assert not any(isinstance(each, SetTunnel) for each in play.actions)


def test_a_binding_that_came_meanwhile_stands() -> None:
    play = restored(number=10)
    later = KeptBinding(HOME, AGENT, ELSEWHERE, "AH", 5, BEGIN + 300 * S)
    play.is_told(RestoreBindings((later,)))
    assert play.node.binding(HOME).care_of_address == CARE_OF  # type: ignore[attr-defined]


def test_its_prefix_bounds_it_as_ever() -> None:
    """Granted again within the home prefix's lifetime (RFC 6275, 10.3.1): here it has 100 s."""
    short = AdvertisedPrefix(prefix=PREFIX, router_address=AGENT, valid_lifetime_s=100, preferred_lifetime_s=100)
    play = agent(prefix=short)
    play.is_told(RestoreBindings((KeptBinding(HOME, AGENT, CARE_OF, "AH", 10, BEGIN + 300 * S),)))
    assert play.node.binding(HOME).expires_ns == BEGIN + 100 * S  # type: ignore[attr-defined]
