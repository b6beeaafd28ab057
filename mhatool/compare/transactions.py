"""From messages to exchanges: requests with their answers, retransmissions counted, the rest each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dissectors.packet import Datagram
from dissectors.profile import RFC6275, Profile
from dissectors.view import View
from mhatool.compare.facts import Facts, facts_of
from mhatool.compare.hearing import Heard, hear
from mhatool.compare.nodes import Nodes
from mhatool.compare.registrations import Registrations
from mhatool.compare.renaming import Renaming
from mhatool.compare.transaction import Pair, Transaction
from mhatool.exchange import Frame, Requests, Source

KINDS: Final = {
    "dhaad_request": "home agent discovery",
    "mobile_prefix_solicitation": "prefix solicitation",
    "home_test_init": "home test",
    "care_of_test_init": "care-of test",
    "heartbeat": "heartbeat",
}
"""Requests, and what they begin."""
_ASKED: Final = {
    "dhaad_reply": "dhaad_request",
    "mobile_prefix_advertisement": "mobile_prefix_solicitation",
    "home_test": "home_test_init",
    "care_of_test": "care_of_test_init",
    "heartbeat": "heartbeat",
}


def transactions_of(source: Source, profile: Profile = RFC6275, rename: Renaming | None = None) -> list[Transaction]:
    """Every exchange of a capture, by the time of its first message; addresses by their new names."""
    heard = list(hear(source, profile))
    collector = _Collector(Nodes(heard), rename or Renaming())
    for one in heard:
        collector.take(one)
    return list(_without_repetition(sorted(collector.found, key=lambda transaction: transaction.time_ns)))


class _Collector:
    def __init__(self, nodes: Nodes, rename: Renaming) -> None:
        self.found: list[Transaction] = []
        self._nodes = nodes
        self._rename = rename
        self._requests = Requests()
        self._registrations = Registrations(self.found, rename)
        self._by_frame: dict[tuple[Frame, str], Transaction] = {}
        self._last: dict[tuple[Pair, str], Transaction] = {}
        self._identifiers: dict[tuple[Pair, str], object] = {}

    def take(self, heard: Heard) -> None:
        """One more message."""
        if self._registrations.take(heard):
            return
        message = heard.message
        asked = _ASKED.get(message.type)
        if message.type in KINDS and not _is_response(message):
            self._requests.see(heard.sighting.time_ns, heard.sighting.frame, heard.datagram)
            self._request(heard)
        elif asked is not None:
            self._answer(heard, asked)
        else:
            self._alone(heard)

    def _pair(self, heard: Heard) -> Pair:
        mobile, peer = self._nodes.pair(heard.datagram, heard.message)
        return self._rename.text(mobile), self._rename.text(peer) if peer is not None else ""

    def _facts(self, heard: Heard) -> Facts:
        type_ = heard.message.type
        found = facts_of(heard.message, heard.datagram, self._rename)
        found.pop("home_address", None)  # the pair has it
        found.update((name, self._rename.text(end)) for name, end in _ends(heard.datagram, type_))
        return {f"{type_}.{name}": value for name, value in found.items()}

    def _request(self, heard: Heard) -> None:
        pair, facts, type_ = self._pair(heard), self._facts(heard), heard.message.type
        last = self._last.get((pair, type_))
        if last is None or last.answers or not last.repeats(facts, heard.sighting.time_ns):
            last = self._begin(KINDS[type_], type_, pair, heard)
            last.request = facts
        last.attempt(heard)
        self._last[pair, type_] = last
        self._by_frame[heard.sighting.frame, type_] = last

    def _answer(self, heard: Heard, asked: str) -> None:
        request = self._requests.see(heard.sighting.time_ns, heard.sighting.frame, heard.datagram)
        facts = self._facts(heard)
        known = self._by_frame.get((request.frame, asked)) if request is not None else None
        if known is None or not known.answered(heard, facts):
            self._begin(KINDS[asked], asked, self._pair(heard), heard).answered(heard, facts)

    def _alone(self, heard: Heard) -> None:
        """A message that nothing answers; the same identifier again is the same one sent again."""
        pair, facts, type_ = self._pair(heard), self._facts(heard), heard.message.type
        identifier = heard.message.get("identifier")
        last = self._last.get((pair, type_))
        again = last is not None and identifier is not None and self._identifiers.get((pair, type_)) == identifier
        if last is None or not (again and last.repeats(facts, heard.sighting.time_ns)):
            last = self._begin(type_.replace("_", " "), type_, pair, heard)
            last.request, last.answerable = facts, False
        last.attempt(heard)
        self._last[pair, type_] = last
        self._identifiers[pair, type_] = identifier

    def _begin(self, kind: str, subject: str, pair: Pair, heard: Heard) -> Transaction:
        time_ns = heard.sighting.time_ns
        self.found.append(transaction := Transaction(kind, subject, pair, time_ns, time_ns))
        return transaction


def _ends(datagram: Datagram, type_: str) -> Iterator[tuple[str, bytes]]:
    """The addresses of a message that its pair doesn't hold."""
    if type_ in ("care_of_test_init", "dhaad_request") or datagram.home_address is not None:
        yield "care_of_address", datagram.source
    if type_ in ("care_of_test", "dhaad_reply") or datagram.routed_home_address is not None:
        yield "care_of_address", datagram.destination
    if type_ == "dhaad_request":
        yield "destination", datagram.destination
    if type_ == "dhaad_reply":
        yield "source", datagram.source


def _is_response(message: View) -> bool:
    """Of the two kinds of Heartbeat (RFC 5847, 3.2)."""
    return message.type == "heartbeat" and "R" in (message.get("flags") or ())


def _without_repetition(transactions: Iterable[Transaction]) -> Iterator[Transaction]:
    """Heartbeats go on as long as a capture: of a row of equal ones the first stands for all."""
    last: dict[Pair, tuple[object, ...]] = {}
    for transaction in transactions:
        if transaction.subject == "heartbeat":
            transaction.attempts, transaction.answers = min(transaction.attempts, 1), min(transaction.answers, 1)
            if last.get(transaction.pair) == transaction.key:
                continue
            last[transaction.pair] = transaction.key
        yield transaction
