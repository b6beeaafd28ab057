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
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, ba, bu, record


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


def test_an_acknowledgement_is_matched_by_its_number() -> None:
    conversations = Conversations()
    _, first = conversations.update(update(bu(seq=1)))
    _, second = conversations.update(update(bu(seq=2)))
    answer = conversations.acknowledge(acknowledgement(ba(seq=1)))
    assert answer.exchange is first
    assert conversations.acknowledge(acknowledgement(ba(seq=2))).exchange is second
    assert conversations.acknowledge(acknowledgement(ba(seq=2))).repeats
    assert conversations.acknowledge(acknowledgement(ba(seq=3))).exchange is None


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


def test_a_damaged_update_tells_no_home_address() -> None:
    conversations = Conversations()
    conversations.update(update(bu(seq=1)[:-1] + b"\x09"))
    assert conversations.home_address(CARE1, AGENT) is None


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
