"""Who answers whom."""

from mhatool.exchange import (
    Acknowledgement,
    Conversations,
    Frame,
    Source,
    Update,
    acknowledgement_of,
    sightings,
    update_of,
)
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, S, ba, bu, ip, record

OTHER_HOME = ip("2001:db8:1::200")


def update(octets: bytes, time_ns: int = 0) -> Update:
    (sighting,) = sightings([Source("x", [record(1, time_ns, octets)])])
    found = update_of(time_ns, Frame("x", 1), sighting.packet.datagrams[0])
    assert found is not None
    return found


def acknowledgement(octets: bytes, time_ns: int = 0) -> Acknowledgement:
    (sighting,) = sightings([Source("x", [record(2, time_ns, octets)])])
    found = acknowledgement_of(time_ns, Frame("x", 2), sighting.packet.datagrams[0])
    assert found is not None
    return found


def test_what_an_update_says() -> None:
    found = update(bu(CARE1, seq=7, life=60, alternate=CARE2))
    assert (found.home_address, found.care_of_address, found.peer) == (HOME, CARE2, AGENT)
    assert (found.sequence_number, found.lifetime_s, found.is_home_registration) == (7, 60, True)
    assert (found.has_home_address_option, found.deletes, found.trusted) == (True, False, True)
    assert not update(bu(flags=0x8000)).is_home_registration


def test_what_deletes() -> None:
    assert update(bu(life=0)).deletes
    assert update(bu(alternate=HOME)).deletes
    assert update(bu(HOME, life=0, home=None, alternate=HOME)).deletes
    assert not update(bu(CARE1, home=None, alternate=CARE1)).deletes  # the source may be a care-of address


def test_what_an_acknowledgement_says() -> None:
    found = acknowledgement(ba(seq=7, life=56, status=1, advice=40))
    assert (found.home_address, found.routing_header, found.destination, found.peer) == (HOME, HOME, CARE1, AGENT)
    assert (found.status, found.accepts, found.lifetime_s, found.refresh_interval_s) == (1, True, 56, 40)
    assert not acknowledgement(ba(status=128)).accepts
    assert acknowledgement(ba(home=None)).routing_header is None


def test_too_little_of_a_message_is_none() -> None:
    (sighting,) = sightings([Source("x", [record(1, 0, bu(), snap=40 + 24 + 8)])])
    assert update_of(0, Frame("x", 1), sighting.packet.datagrams[0]) is None
    assert acknowledgement_of(0, Frame("x", 1), sighting.packet.datagrams[0]) is None


def test_an_answer_to_another_home_address_gives_way_to_the_own_one() -> None:
    """Two home addresses at one care-of address, both updates with number 7, one of them unseen."""
    conversations = Conversations()
    _, exchange = conversations.update(update(bu(CARE1, seq=7)))
    others = conversations.acknowledge(acknowledgement(ba(CARE1, seq=7, life=60, home=OTHER_HOME), S))
    assert (others.exchange, exchange.is_settled) == (exchange, False)
    own = conversations.acknowledge(acknowledgement(ba(CARE1, seq=7, life=20), 2 * S))
    assert (own.exchange, own.repeats, exchange.is_settled) == (exchange, False, True)
    assert exchange.acknowledgement is own.acknowledgement


def test_an_acknowledgement_is_matched_by_its_number() -> None:
    conversations = Conversations()
    _, first = conversations.update(update(bu(seq=1)))
    _, second = conversations.update(update(bu(seq=2)))
    answer = conversations.acknowledge(acknowledgement(ba(seq=1)))
    assert answer.exchange is first
    assert conversations.acknowledge(acknowledgement(ba(seq=2))).exchange is second
    assert conversations.acknowledge(acknowledgement(ba(seq=2))).repeats
    assert conversations.acknowledge(acknowledgement(ba(seq=3))).exchange is None


def test_of_two_updates_with_one_number_the_acknowledgement_goes_to_the_source_of_its_own() -> None:
    """A mobile node with two care-of addresses (RFC 5648)."""
    conversations = Conversations()
    _, first = conversations.update(update(bu(CARE1, seq=1)))
    _, second = conversations.update(update(bu(CARE2, seq=1)))
    assert conversations.acknowledge(acknowledgement(ba(CARE1, seq=1))).exchange is first
    assert conversations.acknowledge(acknowledgement(ba(CARE2, seq=1))).exchange is second
    _, third = conversations.update(update(bu(CARE1, seq=2)))
    assert conversations.acknowledge(acknowledgement(ba(CARE2, seq=2))).exchange is third, "astray"


def test_status_135_answers_the_newest_update() -> None:
    conversations = Conversations()
    conversations.update(update(bu(seq=1)))
    _, second = conversations.update(update(bu(seq=2)))
    assert conversations.acknowledge(acknowledgement(ba(seq=900, status=135))).exchange is second


def test_without_routing_header_the_care_of_address_tells_the_home_address() -> None:
    conversations = Conversations()
    _, exchange = conversations.update(update(bu(seq=1)))
    answer = conversations.acknowledge(acknowledgement(ba(seq=1, home=None)))
    assert answer.exchange is exchange
    assert answer.acknowledgement.home_address == HOME


def test_without_home_address_option_the_care_of_address_tells_it() -> None:
    conversations = Conversations()
    conversations.update(update(bu(seq=1)))
    _, exchange = conversations.update(update(bu(seq=2, home=None)))
    assert exchange.update.home_address == HOME
    assert exchange.previous is not None
    assert exchange.previous.update.sequence_number == 1


def test_a_number_used_again_after_a_deletion_is_not_answered_again() -> None:
    conversations = Conversations()
    _, first = conversations.update(update(bu(seq=1)))
    conversations.acknowledge(acknowledgement(ba(seq=1), S))
    assert conversations.acknowledge(acknowledgement(ba(seq=1), 11 * S)).repeats
    assert conversations.acknowledge(acknowledgement(ba(seq=1), 11 * S + 1)).exchange is None
    conversations.update(update(bu(HOME, seq=2, life=0, home=None), 2 * S))
    assert conversations.acknowledge(acknowledgement(ba(seq=1), 3 * S)).exchange is None
    assert first.acknowledgement is not None
    assert first.acknowledgement.time_ns == S


def test_an_answer_may_be_stamped_a_second_before_its_update() -> None:
    for number, at, is_answered in ((7, S, True), (7, S + 1, False), (8, S, False)):
        conversations = Conversations()
        conversations.acknowledge(acknowledgement(ba(seq=number)))
        _, exchange = conversations.update(update(bu(seq=7), at))
        assert (exchange.acknowledgement is not None) is is_answered


def test_the_routing_header_says_whose_answer_it_is() -> None:
    """Two home addresses at one care-of address: the other one's update has the number as well."""
    conversations, other = Conversations(), HOME[:-1] + b"\x77"
    conversations.update(update(bu(seq=1, home=other)))
    conversations.update(update(bu(seq=2, home=HOME)))
    conversations.update(update(bu(seq=1, home=other)))
    answer = conversations.acknowledge(acknowledgement(ba(seq=1, home=HOME)))
    assert answer.conversation is conversations.get(HOME, AGENT)
    assert answer.exchange is None


def test_a_strange_address_in_the_routing_header_is_overlooked_where_just_this_answer_is_awaited() -> None:
    strange = HOME[:-1] + b"\x77"
    for number, at, is_found in ((1, 10 * S, True), (1, 10 * S + 1, False), (2, S, False)):
        conversations = Conversations()
        conversations.update(update(bu(seq=1)))
        answer = conversations.acknowledge(acknowledgement(ba(seq=number, home=strange), at))
        assert (answer.exchange is not None) is is_found


def test_a_source_that_is_a_home_address_of_its_own_is_no_care_of_address() -> None:
    conversations, other = Conversations(), HOME[:-1] + b"\x77"
    conversations.update(update(bu(CARE1, seq=1, home=other)))
    conversations.update(update(bu(other, seq=50, home=HOME)))
    _, exchange = conversations.update(update(bu(other, seq=2, life=0, home=None)))
    assert exchange.update.home_address == other
    assert exchange.previous is not None


def test_a_damaged_update_tells_no_home_address() -> None:
    conversations = Conversations()
    conversations.update(update(bu(seq=1)[:-1] + b"\x09"))
    assert conversations.home_address(CARE1, AGENT) is None


def test_a_care_of_address_is_known_as_long_as_a_binding_may_live() -> None:
    """An hour at least, twice that at most: then nobody can be registered there any more."""
    other = HOME[:-1] + b"\x77"
    for life, granted, is_known in ((60, 60, False), (7200, 7200, True), (60, 7200, True)):
        conversations = Conversations()
        conversations.update(update(bu(seq=1, life=life)))
        conversations.acknowledge(acknowledgement(ba(seq=1, life=granted), S))
        for hour in (1, 2):
            conversations.update(update(bu(CARE2[:-1] + bytes((hour,)), home=other), hour * 3601 * S))
        assert (conversations.home_address(CARE1, AGENT) == HOME) is is_known


def test_a_binding_error_ends_what_was() -> None:
    conversations = Conversations()
    conversations.update(update(bu(seq=1)))
    conversations.forget(HOME, AGENT)
    _, exchange = conversations.update(update(bu(seq=2)))
    assert exchange.previous is None


def test_the_least_recently_used_is_forgotten() -> None:
    conversations = Conversations(most=2)
    for last in (1, 2, 3):
        conversations.update(update(bu(home=HOME[:-1] + bytes((last,)))))
    assert [conversation.home_address[-1] for conversation in conversations] == [2, 3]
