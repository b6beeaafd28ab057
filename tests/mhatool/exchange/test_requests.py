"""Requests matched with what answers them, by what both carry."""

from dissectors.packet import Datagram
from dissectors.walk import dissect
from mhatool.exchange import Frame, Request, Requests
from mhatool.exchange.requests import JITTER_NS, MOST_ANSWERS, WAITING_NS
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, PEER, S, ipv6, mobility
from tests.recipes.packets import (
    COOKIE,
    COOKIE2,
    care_of_test,
    care_of_test_init,
    dhaad_reply,
    dhaad_request,
    echo_request,
    home_test,
    home_test_init,
    prefix_advertisement,
    prefix_solicitation,
)


def datagram(octets: bytes) -> Datagram:
    return dissect(octets).datagrams[-1]


class Seeing:
    """Gives packets to `Requests`, one a second, numbered from 1."""

    def __init__(self, most: int = 100) -> None:
        self.requests = Requests(most)
        self.number = 0

    def __call__(self, octets: bytes, at_ns: int | None = None) -> Request | None:
        self.number += 1
        time_ns = self.number * S if at_ns is None else at_ns
        return self.requests.see(time_ns, Frame("scene", self.number), datagram(octets))

    @property
    def unanswered(self) -> list[int]:
        return [request.frame.number for request in self.requests.unanswered()]

    def strays(self, answer: str) -> list[int]:
        return [stray.frame.number for stray in self.requests.strays(answer)]


def asked(request: Request | None) -> int:
    assert request is not None
    return request.frame.number


def test_each_answer_finds_its_request() -> None:
    see = Seeing()
    requests = [dhaad_request(), prefix_solicitation(), home_test_init(), care_of_test_init(), heartbeat(7)]
    answers = [dhaad_reply(), prefix_advertisement(), home_test(), care_of_test(), heartbeat(7, response=True)]
    assert [see(octets) for octets in requests] == [None] * 5
    assert see.unanswered == [1, 2, 3, 4, 5]
    assert [asked(see(octets)) for octets in answers] == [1, 2, 3, 4, 5]
    assert see.unanswered == []


def heartbeat(number: int, *, response: bool = False) -> bytes:
    """RFC 5847, 3.3: 14 reserved bits, U, R, then the sequence number."""
    source, destination = (AGENT2, AGENT) if response else (AGENT, AGENT2)
    body = (b"\0\1" if response else b"\0\0") + number.to_bytes(4) + b"\1\2\0\0"
    return ipv6(source, destination, 135, mobility(13, body, source, destination))


def test_what_was_not_asked_is_answered_by_nothing() -> None:
    see = Seeing()
    see(dhaad_request(identifier=7))
    see(home_test_init(cookie=COOKIE))
    assert see(dhaad_reply(identifier=8)) is None
    assert see(dhaad_reply(to=CARE2, identifier=7)) is None
    assert see(home_test(cookie=COOKIE2)) is None
    assert see(home_test(source=AGENT)) is None
    assert see(care_of_test(to=HOME, cookie=COOKIE)) is None
    assert see.unanswered == [1, 2]


def test_any_home_agent_may_reply_to_a_discovery_request_but_only_the_asked_one_to_others() -> None:
    see = Seeing()
    see(dhaad_request())
    see(prefix_solicitation(to=AGENT))
    assert asked(see(dhaad_reply(source=AGENT2))) == 1
    assert see(prefix_advertisement(source=AGENT2)) is None
    assert asked(see(prefix_advertisement(source=AGENT))) == 2


def test_a_repeated_request_waits_anew() -> None:
    see = Seeing()
    see(dhaad_request())
    assert asked(see(dhaad_reply())) == 1
    see(dhaad_request())
    assert see.unanswered == [3]


def test_every_answer_counts_but_few_frames_are_kept() -> None:
    see = Seeing()
    see(dhaad_request())
    for _ in range(MOST_ANSWERS + 3):
        found = see(dhaad_reply())
    assert found is not None
    assert [frame.number for frame in found.answers] == list(range(2, 2 + MOST_ANSWERS))
    assert found.answered_ns == 2 * S


def test_an_answer_stamped_before_its_request_answers_it() -> None:
    see = Seeing()
    see(dhaad_reply(), at_ns=10 * S)
    see(dhaad_request(), at_ns=10 * S + 50_000_000)
    assert see.unanswered == []


def test_an_answer_long_before_answers_nothing() -> None:
    see = Seeing()
    see(dhaad_reply(), at_ns=10 * S)
    see(dhaad_request(), at_ns=10 * S + JITTER_NS + 1)
    assert see.unanswered == [2]


def test_a_stray_is_one_where_its_receiver_waits_in_vain() -> None:
    see = Seeing()
    see(home_test_init(cookie=COOKIE))
    see(home_test(cookie=COOKIE2))
    assert see.strays("home_test") == [2]
    assert see.strays("care_of_test") == []
    see(home_test(cookie=COOKIE))
    assert see.strays("home_test") == []


def test_nobody_waits_who_asked_long_ago_or_was_answered_or_never_asked() -> None:
    see = Seeing()
    see(home_test_init(), at_ns=0)
    see(home_test(cookie=COOKIE2), at_ns=WAITING_NS + 1)
    assert see.strays("home_test") == []
    see(care_of_test_init())
    see(care_of_test())
    see(care_of_test(cookie=COOKIE))
    assert see.strays("care_of_test") == []
    see(dhaad_reply())
    assert see.strays("dhaad_reply") == []


def test_who_else_asked_with_the_same_content() -> None:
    see = Seeing()
    see(home_test_init(source=HOME))
    stray = datagram(home_test(to=CARE1))
    assert stray.upper is not None
    assert asked(see.requests.asked_by_another(stray, stray.upper)) == 1
    other = datagram(home_test(to=CARE1, source=AGENT))
    assert other.upper is not None
    assert see.requests.asked_by_another(other, other.upper) is None


def test_what_a_node_asked_last_whomever() -> None:
    see = Seeing()
    see(prefix_solicitation(identifier=1, to=AGENT))
    see(prefix_solicitation(identifier=2, to=AGENT2))
    answer = datagram(prefix_advertisement(source=PEER))
    assert answer.upper is not None
    assert asked(see.requests.newest(answer, answer.upper)) == 2


def test_damaged_messages_ask_and_answer_nothing() -> None:
    see = Seeing()
    damaged = bytearray(home_test_init())
    damaged[-1] ^= 1
    see(bytes(damaged))
    see(home_test_init())
    answer = bytearray(home_test())
    answer[-1] ^= 1
    assert see(bytes(answer)) is None
    assert see.unanswered == [2]
    assert see.strays("home_test") == []


def test_other_messages_are_none() -> None:
    see = Seeing()
    assert see(echo_request(CARE1, AGENT)) is None
    assert list(see.requests) == []


def test_only_so_many_are_remembered() -> None:
    see = Seeing(most=3)
    for number in range(5):
        see(dhaad_request(identifier=number))
    assert see.unanswered == [3, 4, 5]


def test_what_is_cut_before_its_identifier_asks_nothing() -> None:
    see = Seeing()
    packet = dissect(dhaad_request()[:43])
    assert see.requests.see(S, Frame("cut", 1), packet.datagrams[0]) is None
    assert list(see.requests) == []
