"""Binding Updates with their acknowledgements as exchanges to compare."""

from __future__ import annotations

from msgspec.structs import replace

from dissectors.packet import Datagram
from mhatool.compare.facts import Facts, facts_of
from mhatool.compare.hearing import Heard
from mhatool.compare.renaming import Renaming
from mhatool.compare.transaction import Pair, Transaction
from mhatool.exchange import Acknowledgement, Answer, Conversations, Frame, Update, acknowledgement_of, update_of
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import expiry

DEREGISTRATION = "deregistration"
REGISTRATION = "registration"


class Registrations:
    """Adds each exchange to `found` when it begins. Proxies' messages are for others."""

    def __init__(self, found: list[Transaction], rename: Renaming) -> None:
        self._found = found
        self._rename = rename
        self._conversations = Conversations()
        self._by_frame: dict[Frame, Transaction] = {}
        self._last: dict[Pair, tuple[Update, Transaction]] = {}

    def take(self, heard: Heard) -> bool:
        """Take a message in; False where it is none of these."""
        time_ns, frame = heard.sighting.time_ns, heard.sighting.frame
        update = update_of(time_ns, frame, heard.datagram)
        if update is not None:
            self._update(heard, update)
            return True
        acknowledgement = acknowledgement_of(time_ns, frame, heard.datagram)
        if acknowledgement is not None:
            self._acknowledgement(heard, acknowledgement)
            return True
        return False

    def _update(self, heard: Heard, update: Update) -> None:
        conversation, exchange = self._conversations.update(update)
        update = exchange.update
        pair = self._pair(conversation.home_address, conversation.peer)
        facts = self._update_facts(heard.datagram, update)
        last = self._last.get(pair)
        if last is not None and _is_again(update, facts, *last):
            transaction = last[1]
        else:
            kind = _kind(update, last[0] if last is not None else None)
            transaction = self._begin(kind, pair, heard)
            transaction.request = facts
        transaction.attempt(heard, update.sequence_number)
        self._last[pair] = update, transaction
        self._by_frame[update.frame] = transaction

    def _acknowledgement(self, heard: Heard, acknowledgement: Acknowledgement) -> None:
        answer = self._conversations.acknowledge(acknowledgement)
        acknowledgement = answer.acknowledgement
        pair = self._pair(acknowledgement.home_address, acknowledgement.peer)
        update, transaction = self._asked(pair, answer)
        facts = self._acknowledgement_facts(heard.datagram, acknowledgement, update)
        if transaction is None or not transaction.answered(heard, facts):
            self._begin("acknowledgement", pair, heard).answered(heard, facts)

    def _asked(self, pair: Pair, answer: Answer) -> tuple[Update | None, Transaction | None]:
        """What an acknowledgement answers: by its number, or else the last update where nothing answered that."""
        last = self._last.get(pair)
        waiting = last is not None and not last[1].answers
        if answer.exchange is not None and not (answer.repeats and waiting):
            return answer.exchange.update, self._by_frame.get(answer.exchange.update.frame)
        return last if last is not None and waiting else (None, None)

    def _pair(self, home_address: bytes, peer: bytes) -> Pair:
        return self._rename.text(home_address), self._rename.text(peer)

    def _begin(self, kind: str, pair: Pair, heard: Heard) -> Transaction:
        time_ns = heard.sighting.time_ns
        self._found.append(transaction := Transaction(kind, "binding_update", pair, time_ns, time_ns))
        return transaction

    # --- what is compared ---

    def _update_facts(self, datagram: Datagram, update: Update) -> Facts:
        found = _message_facts(datagram, self._rename)
        found.pop("alternate_care_of_address.care_of_address", None)
        found["care_of_address"] = self._rename.text(update.care_of_address)
        if update.source not in (update.care_of_address, update.home_address):
            found["source"] = self._rename.text(update.source)
        return {f"binding_update.{name}": value for name, value in found.items()}

    def _acknowledgement_facts(
        self, datagram: Datagram, acknowledgement: Acknowledgement, update: Update | None
    ) -> Facts:
        found = _message_facts(datagram, self._rename)
        if update is None or acknowledgement.destination != update.source:
            found["destination"] = self._rename.text(acknowledgement.destination)
        if acknowledgement.routing_header not in (None, acknowledgement.home_address):
            found["routing_header"] = self._rename.text(acknowledgement.routing_header or b"")
        if update is not None:
            step = step_between(update.sequence_number, acknowledgement.sequence_number)
            if step:
                found["sequence_number_step"] = step
        return {f"binding_acknowledgement.{name}": value for name, value in found.items()}


def step_between(before: int, after: int) -> int:
    """How far a sequence number is ahead of another, negative where it is behind."""
    ahead = sequence.ahead(after, before)
    return ahead if ahead < sequence.HALF else ahead - sequence.MODULUS


def _message_facts(datagram: Datagram, rename: Renaming) -> Facts:
    return facts_of(datagram.upper, datagram, rename) if datagram.upper is not None else {}


def _is_again(update: Update, facts: Facts, last: Update, transaction: Transaction) -> bool:
    """Whether it is the last one sent again: with its number, or because an answer was asked for and none came."""
    if not transaction.repeats(facts, update.time_ns):
        return False
    same = replace(update, time_ns=last.time_ns, frame=last.frame) == last
    return same or (not transaction.answers and "A" in update.flags)


def _kind(update: Update, last: Update | None) -> str:
    """What it is for, by what the mobile node asked before, whatever was answered."""
    if update.deletes:
        return DEREGISTRATION
    if last is None or last.deletes or expiry(last.time_ns, last.lifetime_s) <= update.time_ns:
        return REGISTRATION
    return "refresh" if last.care_of_address == update.care_of_address else "move"
