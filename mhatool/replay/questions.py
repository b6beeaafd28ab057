"""What a mobile node asks, and what was answered in the capture: answers come when the question does.

Ours asks at other times than the captured node did. So what answered that node isn't fed by the clock: each answer
waits for ours to ask the same, and comes as long after it as it came then, with the number, identifier or cookie that
ours chose.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from dissectors.build import build, layer
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.packet import Datagram, Packet
from dissectors.profile import Profile
from dissectors.walk import Dissector
from mhatool.exchange import Frame, update_of
from mhatool.replay.driver import Reception, Reply
from mhatool.replay.traffic import Carried

#: What is asked, of whom, and for which care-of address, so far as the answer depends on it.
Question = tuple[str, bytes, bytes, bool]

ANSWERS: Final = {
    "binding_acknowledgement": ("binding_update", "sequence_number", "sequence_number"),
    "dhaad_reply": ("dhaad_request", "identifier", "identifier"),
    "mobile_prefix_advertisement": ("mobile_prefix_solicitation", "identifier", "identifier"),
    "home_test": ("home_test_init", "home_init_cookie", "home_init_cookie"),
    "care_of_test": ("care_of_test_init", "care_of_init_cookie", "care_of_init_cookie"),
}
"""By the answer: its question, and the field of each that says which one it answers."""
_ASKED_WITH: Final = {asked: field for asked, field, _ in ANSWERS.values()}


class Questions:
    """The captured answers by their questions, each to be given once."""

    def __init__(self, received: Iterable[Carried], sent: Iterable[Carried], interface: str, profile: Profile) -> None:
        self._interface = interface
        self._profile = profile
        self._dissector = Dissector(profile)
        self._waiting: dict[Question, deque[tuple[int, Carried]]] = defaultdict(deque)
        asked = [seen for seen in sent if seen.inner.carries in _ASKED_WITH]
        for seen in received:
            question = _asked_by(seen, asked)
            if question is not None:
                latency_ns = seen.time_ns - question.time_ns
                self._waiting[_question(question.inner)].append((latency_ns, seen))

    def answer(self, reply: Reply) -> Iterator[Reception]:
        """What comes back for a datagram of ours."""
        packet = self._dissector.look(reply.octets, IPV6_ONLY, len(reply.octets), 0)
        asked = [datagram for datagram in packet.datagrams if not datagram.quoted][-1]
        if asked.carries not in _ASKED_WITH:
            return
        waiting = self._waiting[_question(asked)]
        if waiting:
            latency_ns, seen = waiting.popleft()
            octets = self._with_mark(seen, asked.upper.get(_ASKED_WITH[asked.carries]) if asked.upper else None)
            yield Reception(reply.time_ns + latency_ns, octets, self._interface, seen.link_source)

    def _with_mark(self, seen: Carried, mark: Any) -> bytes:
        """The captured answer with what ours chose in the place of what the captured node did."""
        packet: Packet = self._dissector.look(seen.octets, IPV6_ONLY, len(seen.octets), 0)
        messages = [view.message() for view in packet.layers]
        _, _, field = ANSWERS[seen.inner.carries]
        messages[-1] = replace(messages[-1], **{field: mark})
        return build([layer(message) for message in messages], self._profile)


def _asked_by(seen: Carried, asked: list[Carried]) -> Carried | None:
    """The latest question before an answer that it fits."""
    kind, asked_field, answer_field = ANSWERS.get(seen.inner.carries, ("", "", ""))
    for question in reversed(asked):
        if question.inner.carries != kind or question.time_ns > seen.time_ns:
            continue
        if question.message is not None and seen.message is not None:
            if question.message.get(asked_field) == seen.message.get(answer_field):
                return question
    return None


def _question(datagram: Datagram) -> Question:
    return _QUESTIONS[datagram.carries](datagram)


def _update(datagram: Datagram) -> Question:
    update = update_of(0, Frame("", 0), datagram)
    assert update is not None  # it carries one
    return "binding_update", update.peer, update.care_of_address, update.deletes


def _plain(datagram: Datagram) -> Question:
    return datagram.carries, datagram.destination, datagram.source, False


_QUESTIONS: Final[dict[str, Callable[[Datagram], Question]]] = {
    "binding_update": _update,
    "dhaad_request": _plain,
    "mobile_prefix_solicitation": _plain,
    "home_test_init": _plain,
    "care_of_test_init": _plain,
}

__all__ = ["ANSWERS", "Questions"]
