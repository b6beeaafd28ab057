"""What a node asks, and what was answered in the capture: answers come when the question does.

Ours asks at other times than the captured node did, perhaps more often. So what answered that node isn't fed by the
clock. When ours asks, it gets what the captured node got for the same question at the nearest time, or nothing where
that stayed unanswered: as long after it as it came then, with the number, identifier or cookie that ours chose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from dissectors.build import build, layer
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.packet import Datagram, Packet
from dissectors.profile import Profile
from dissectors.view import View
from dissectors.walk import Dissector
from mhatool.exchange import Frame, update_of
from mhatool.replay.driver import Reception, Reply
from mhatool.replay.traffic import ERROR, Carried

#: What is asked, of whom, and for which care-of address, so far as the answer depends on it.
Question = tuple[str, bytes, bytes, bool]

ANSWERS: Final = {
    "binding_acknowledgement": ("binding_update", "sequence_number", "sequence_number"),
    "dhaad_reply": ("dhaad_request", "identifier", "identifier"),
    "mobile_prefix_advertisement": ("mobile_prefix_solicitation", "identifier", "identifier"),
    "home_test": ("home_test_init", "home_init_cookie", "home_init_cookie"),
    "care_of_test": ("care_of_test_init", "care_of_init_cookie", "care_of_init_cookie"),
    "heartbeat": ("heartbeat", "sequence_number", "sequence_number"),
}
"""By the answer: its question, and the field of each that says which one it answers."""
_ASKED_WITH: Final = {asked: field for asked, field, _ in ANSWERS.values()}


class Questions:
    """The captured questions, each with its answer if it got one."""

    def __init__(self, received: Iterable[Carried], sent: Iterable[Carried], interface: str, profile: Profile) -> None:
        self._interface = interface
        self._profile = profile
        self._dissector = Dissector(profile)
        asked = [seen for seen in sent if _asks(seen.inner)]
        answered: dict[Frame, Carried] = {}
        self.answers: set[Frame] = set()
        """The captured messages that answer something: an ICMPv6 error about a question is an answer too."""
        for seen in received:
            question = _asked_by(seen, asked)
            if question is not None and not _asks(seen.inner):
                answered.setdefault(question.frame, seen)
                self.answers.add(seen.frame)
        self._asked: dict[Question, list[tuple[int, Carried | None]]] = {}
        for seen in asked:
            known = self._asked.setdefault(_question(seen.inner), [])
            known.append((seen.time_ns, answered.get(seen.frame)))

    def answer(self, reply: Reply) -> Iterator[Reception]:
        """What comes back for a datagram of ours."""
        packet = self._dissector.look(reply.octets, IPV6_ONLY, len(reply.octets), 0)
        asked = [datagram for datagram in packet.datagrams if not datagram.quoted][-1]
        known = self._asked.get(_question(asked)) if _asks(asked) else None
        if known is None or asked.upper is None:
            return
        asked_ns, seen = min(known, key=lambda each: abs(each[0] - reply.time_ns))
        if seen is not None:
            octets = self._written(seen, asked, asked.upper)
            at = reply.time_ns + seen.time_ns - asked_ns
            yield Reception(at, octets, self._interface, seen.link_source, seen.frame.number)

    def _written(self, seen: Carried, asked: Datagram, question: View) -> bytes:
        """The captured answer with what ours chose in the place of what the captured node did.

        An error quotes what ours sent. What was in a tunnel comes to where ours is.
        """
        packet: Packet = self._dissector.look(seen.octets, IPV6_ONLY, len(seen.octets), 0)
        messages = [view.message() for view in packet.layers if not view.quoted]
        if seen.inner.carries == ERROR:
            whole = asked.ipv6
            quoted = bytes(whole.octets[whole.start : whole.start + asked.length])
            messages[-1] = messages[-1].replace(quoted=quoted[: len(messages[-1].quoted)])
        else:
            _, asked_field, field = ANSWERS[seen.inner.carries]
            messages[-1] = messages[-1].replace(**{field: question.get(asked_field)})
        if seen.outer is not seen.inner and asked.outer is not None:
            messages[0] = messages[0].replace(destination=asked.outer.source)
        return build([layer(message) for message in messages], self._profile)


def _asks(datagram: Datagram) -> bool:
    """Whether it is a question; a Heartbeat is one without the flag R (RFC 5847, 3.3)."""
    if datagram.carries != "heartbeat":
        return datagram.carries in _ASKED_WITH
    return datagram.upper is not None and "R" not in datagram.upper.get("flags", ())


def _asked_by(seen: Carried, asked: list[Carried]) -> Carried | None:
    """The latest question before an answer that it fits, or that an error quotes."""
    if seen.inner.carries == ERROR:
        return _quoted_by(seen, asked)
    kind, asked_field, answer_field = ANSWERS.get(seen.inner.carries, ("", "", ""))
    mark = _get(seen, answer_field)
    before = (each for each in reversed(asked) if each.inner.carries == kind and each.time_ns <= seen.time_ns)
    return next((each for each in before if _get(each, asked_field) == mark), None)


def _quoted_by(seen: Carried, asked: list[Carried]) -> Carried | None:
    quoted = next((each for each in reversed(seen.packet.datagrams) if each.quoted), None)
    if quoted is None or quoted.upper is None or quoted.carries not in _ASKED_WITH:
        return None
    field = _ASKED_WITH[quoted.carries]
    mark = quoted.upper.get(field)
    before = (each for each in reversed(asked) if each.inner.carries == quoted.carries and each.time_ns <= seen.time_ns)
    return next((each for each in before if _get(each, field) == mark), None)


def _get(seen: Carried, field: str) -> Any:
    return seen.message.get(field) if seen.message is not None else None


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
    "heartbeat": _plain,
}

__all__ = ["ANSWERS", "Questions"]
