"""Conversations that forget by age: what is too old to be answered, and where a mobile node was before it moved."""

from mhatool.exchange import Conversations
from tests.mhatool.exchange.test_conversation import acknowledgement, update
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, S, ba, bu


def moved(answerable_s: int | None) -> Conversations:
    """A registration, and 65 s later another from a new place."""
    conversations = Conversations(answerable_s=answerable_s)
    conversations.update(update(bu(CARE1, seq=1)))
    conversations.update(update(bu(CARE2, seq=2), 65 * S))
    return conversations


def test_an_old_update_is_not_answered() -> None:
    late = acknowledgement(ba(CARE1, seq=1), 66 * S)
    assert moved(64).acknowledge(late).exchange is None
    for answerable_s in (65, None):
        exchange = moved(answerable_s).acknowledge(late).exchange
        assert exchange is not None
        assert exchange.update.sequence_number == 1


def test_the_newest_update_is_answered_however_long_it_takes() -> None:
    exchange = moved(64).acknowledge(acknowledgement(ba(CARE2, seq=2), 1000 * S)).exchange
    assert exchange is not None
    assert exchange.update.sequence_number == 2


def test_the_place_before_is_forgotten_with_it() -> None:
    assert moved(64).home_address(CARE1, AGENT) is None
    assert moved(64).home_address(CARE2, AGENT) == HOME
    assert moved(None).home_address(CARE1, AGENT) == HOME


def test_a_place_that_another_node_has_now_stays_known() -> None:
    conversations, other = Conversations(answerable_s=64), HOME[:-1] + b"\x77"
    conversations.update(update(bu(CARE1, seq=1)))
    conversations.update(update(bu(CARE1, seq=1, home=other), S))
    conversations.update(update(bu(CARE2, seq=2), 65 * S))
    assert conversations.home_address(CARE1, AGENT) == other


def test_only_without_ages_is_known_what_came_before() -> None:
    _, exchange = moved(64).update(update(bu(CARE2, seq=3), 66 * S))
    assert exchange.previous is None
    _, exchange = moved(None).update(update(bu(CARE2, seq=3), 66 * S))
    assert exchange.previous is not None
    assert exchange.previous.update.sequence_number == 2
