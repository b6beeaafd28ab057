"""Which acknowledgement answers which Binding Update: one conversation for each home address and peer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from mhatool.exchange.history import History
from mhatool.exchange.presence import Presence
from mhatool.exchange.recent import Recent
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW, Acknowledgement, Update
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

MOST_CONVERSATIONS = 100_000
RECENT = 32
"""Binding Updates of one conversation that can still be answered."""
FEW = 5
"""So many are kept whatever their age."""
MOST_EARLY = 4
"""So many answers of one conversation wait for updates that are stamped after them."""
OVER_NS = nanoseconds(60)
"""So long after its end a binding is of interest to nobody."""
JITTER_NS = nanoseconds(1)
"""How much later than its answer an update may be stamped, by interfaces whose clocks differ."""
AGAIN_NS = nanoseconds(10)
"""An acknowledgement that comes so long after the one before it isn't that one again."""
PROMPT_NS = nanoseconds(10)
"""An answer later than this may be that to another update, out of sight, with the same number."""

T = TypeVar("T")
#: A mobile node's address (home or care-of) and its peer.
Pair = tuple[bytes, bytes]


class Previous(Struct, frozen=True):
    """What came before a Binding Update: the one before it to the same peer, and its answer if there was one by then.

    `last_away_ns`: when packets last showed the mobile node at that one's care-of address; `last_search_ns`: when the
    new one's source last asked for home agents. Nanoseconds since 1970; None: not seen.
    """

    update: Update
    answer: Acknowledgement | None
    last_away_ns: int | None
    last_search_ns: int | None


class Exchange(Struct):
    """A Binding Update and its first answer. `previous` is None for the first one seen, or once it was forgotten."""

    update: Update
    previous: Previous | None
    acknowledgement: Acknowledgement | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it surely has its answer: one whose routing header names another home address may be another's."""
        answer = self.acknowledgement
        return answer is not None and answer.routing_header in (None, self.update.home_address)


class Unexplained(Struct, frozen=True):
    """An acknowledgement whose number no update had, and the exchange that was waiting for one then."""

    acknowledgement: Acknowledgement
    waiting: Exchange


class Conversation(Struct):
    """All that a mobile node and one peer said lately about their binding.

    `forgotten`: the peer said that it has no binding (Binding Error) or ended it (Binding Revocation), so a new list
    entry may begin anywhere.
    """

    home_address: bytes
    peer: bytes
    first_sequence_number: int
    recent: History[Exchange] = field(default_factory=lambda: History(RECENT))
    unexplained: History[Unexplained] = field(default_factory=lambda: History(RECENT))
    forgotten: bool = False

    @property
    def pending(self) -> Exchange | None:
        """The newest Binding Update, where nothing has answered it yet."""
        newest = self.recent[-1] if self.recent else None
        return newest if newest is not None and newest.acknowledgement is None else None

    def answered_by(self, acknowledgement: Acknowledgement) -> Exchange | None:
        """The exchange that an acknowledgement belongs to: by its number; with status 135 the newest unanswered one.

        Of several with that number, as from several care-of addresses (RFC 5648), it is the one from where it goes.
        """
        newest, destination = self.recent[-1] if self.recent else None, acknowledgement.destination
        if newest is not None and (newest.acknowledgement is None or not newest.is_settled):
            if acknowledgement.status == SEQUENCE_NUMBER_OUT_OF_WINDOW:
                return newest
            update = newest.update
            if update.sequence_number == acknowledgement.sequence_number and update.source == destination:
                return newest
        same = self._asked_with(acknowledgement.sequence_number)
        unanswered = [exchange for exchange in same if exchange.acknowledgement is None]
        if unanswered or not same:
            return next(
                (each for each in unanswered if each.update.source == destination), next(iter(unanswered), None)
            )
        return same[0] if self._may_be_again(acknowledgement, same[0]) else None

    def _may_be_again(self, acknowledgement: Acknowledgement, exchange: Exchange) -> bool:
        """Whether an acknowledgement may be a repetition of an exchange's own. After a deletion numbers begin anew."""
        first = exchange.acknowledgement
        if first is None or acknowledgement.time_ns - first.time_ns > AGAIN_NS:
            return False
        later = (each.update for each in reversed(self.recent) if each.update.time_ns > exchange.update.time_ns)
        return not any(update.deletes for update in later)

    def leaves_waiting(self, acknowledgement: Acknowledgement) -> Exchange | None:
        """The exchange that waits for an answer where an acknowledgement came with a number that no update had."""
        waiting = self.pending
        if waiting is None or not (acknowledgement.trusted and waiting.update.trusted):
            return None
        return None if self._asked_with(acknowledgement.sequence_number) else waiting

    def explain(self, update: Update) -> None:
        """An update may be the one that an unexplained acknowledgement answers, stamped a little later than that."""
        kept = [each for each in self.unexplained if not _came_with(each.acknowledgement, update)]
        self.unexplained[:] = kept

    def _asked_with(self, sequence_number: int) -> list[Exchange]:
        """The exchanges with a number, the newest first."""
        return [exchange for exchange in reversed(self.recent) if exchange.update.sequence_number == sequence_number]


def _has_answer(exchange: Exchange, acknowledgement: Acknowledgement) -> bool:
    """Whether an exchange has an answer that stays its first one now that this one has come."""
    if exchange.acknowledgement is None:
        return False
    return exchange.is_settled or acknowledgement.routing_header != exchange.update.home_address


def _is_over(recent: History[Exchange], now_ns: int) -> bool:
    """Whether the oldest exchange may be forgotten: its lifetime is over, and a few after it were answered."""
    oldest = recent[0]
    answer = oldest.acknowledgement
    lifetime_s = oldest.update.lifetime_s if answer is None else max(answer.lifetime_s, oldest.update.lifetime_s)
    if now_ns - oldest.update.time_ns < lifetime_s * NS_PER_S + OVER_NS:
        return False
    return None not in [exchange.acknowledgement for exchange in recent[1:FEW]]


def _came_with(acknowledgement: Acknowledgement, update: Update) -> bool:
    """Whether the update is the one that was answered, seen a little after its answer."""
    late_ns = update.time_ns - acknowledgement.time_ns
    return update.sequence_number == acknowledgement.sequence_number and 0 <= late_ns <= JITTER_NS


class Answer(Struct, frozen=True):
    """An acknowledgement, with its home address as far as it is known, and what it answers.

    `repeats`: the exchange had an answer already. Without conversation nobody was seen asking.
    """

    acknowledgement: Acknowledgement
    conversation: Conversation | None
    exchange: Exchange | None
    repeats: bool


class Conversations:
    """Every conversation of a capture; the least recently used is forgotten beyond `most`.

    `presence` is only as good as what it was fed with. `answerable_s`: a Binding Update that is so many seconds older
    than the newest one is forgotten, and exchanges have no `previous`; None: not for its age.
    """

    def __init__(self, most: int = MOST_CONVERSATIONS, *, answerable_s: int | None = None) -> None:
        self.presence = Presence(most)
        self._most = most
        self._answerable_ns = nanoseconds(answerable_s) if answerable_s is not None else None
        self._by_pair: OrderedDict[Pair, Conversation] = OrderedDict()
        self._home_of: Recent[bytes, bytes] = Recent(most)
        """By care-of address and peer, one behind the other; as long as a binding lives, of those that were seen."""
        self._early: OrderedDict[Pair, tuple[Acknowledgement, ...]] = OrderedDict()
        """Answers to no update so far, the latest few."""

    def __iter__(self) -> Iterator[Conversation]:
        return iter(self._by_pair.values())

    def get(self, home_address: bytes, peer: bytes) -> Conversation | None:
        """The conversation of a home address with a peer."""
        return self._by_pair.get((home_address, peer))

    def home_address(self, care_of_address: bytes, peer: bytes) -> bytes | None:
        """Which home address last used this care-of address in an update to that peer."""
        return self._home_of.get(care_of_address + peer)

    def update(self, update: Update) -> tuple[Conversation, Exchange]:
        """Take in a Binding Update. Where it names no home address, its source is one or, as care-of address, tells it.

        Its answer may have come before it, by interfaces whose clocks differ; then the exchange has it already.
        """
        if not update.has_home_address_option:
            is_home = (update.source, update.peer) in self._by_pair
            known = None if is_home else self.home_address(update.source, update.peer)
            update = replace(update, home_address=known) if known is not None else update
        pair = (update.home_address, update.peer)
        conversation = self._by_pair.get(pair)
        if conversation is None:
            conversation = Conversation(*pair, first_sequence_number=update.sequence_number)
        self._remember(self._by_pair, pair, conversation)
        if update.has_home_address_option and update.trusted and update.source != update.home_address:
            seen_at = update.source + update.peer
            self._home_of.keep(update.lifetime_s * NS_PER_S)
            if self._home_of.renew(seen_at, update.time_ns) != update.home_address:
                self._home_of.note(seen_at, conversation.home_address, update.time_ns)
        exchange = Exchange(update, self._previous(conversation, update))
        conversation.forgotten = False
        if conversation.unexplained:
            conversation.explain(update)
        if self._early and update.trusted:
            exchange.acknowledgement = self._came_early(pair, update)
        recent = conversation.recent
        recent.add(exchange)
        if len(recent) > FEW and self._answerable_ns is None and _is_over(recent, update.time_ns):
            del recent[0]
        if self._answerable_ns is not None:
            while conversation.recent[0].update.time_ns < update.time_ns - self._answerable_ns:
                self._forget_source(conversation.recent.pop(0).update, update)
        return conversation, exchange

    def _forget_source(self, old: Update, new: Update) -> None:
        """A mobile node that has moved is elsewhere now."""
        seen_at = old.source + old.peer
        if old.source != new.source and self._home_of.get(seen_at) == old.home_address:
            self._home_of.forget(seen_at)

    def _previous(self, conversation: Conversation, update: Update) -> Previous | None:
        if conversation.forgotten or not conversation.recent or self._answerable_ns is not None:
            return None
        last = conversation.recent[-1]
        if not last.update.trusted:
            found = next((exchange for exchange in reversed(conversation.recent) if exchange.update.trusted), None)
            if found is None:
                return None
            last = found
        away = self.presence.away(update.home_address, last.update.care_of_address)
        return Previous(last.update, last.acknowledgement, away, self.presence.search(update.source))

    def acknowledge(self, acknowledgement: Acknowledgement) -> Answer:
        """Take in a Binding Acknowledgement."""
        conversation = self._conversation_of(acknowledgement)
        if conversation is None:
            self._expect(acknowledgement)
            return Answer(acknowledgement, None, None, repeats=False)
        if acknowledgement.home_address != conversation.home_address:
            acknowledgement = replace(acknowledgement, home_address=conversation.home_address)
        self._home_of.keep(acknowledgement.lifetime_s * NS_PER_S)
        exchange = conversation.answered_by(acknowledgement)
        repeats = exchange is not None and _has_answer(exchange, acknowledgement)
        if exchange is None:
            self._expect(acknowledgement)
            waiting = conversation.leaves_waiting(acknowledgement)
            if waiting is not None:
                conversation.unexplained.add(Unexplained(acknowledgement, waiting))
        elif not repeats:
            exchange.acknowledgement = acknowledgement
        return Answer(acknowledgement, conversation, exchange, repeats)

    def _expect(self, acknowledgement: Acknowledgement) -> None:
        """Keep what answers no update so far: that may be stamped a little later."""
        if self._answerable_ns is None and acknowledgement.trusted:
            pair = (acknowledgement.home_address, acknowledgement.peer)
            self._remember(self._early, pair, (*self._early.get(pair, ()), acknowledgement)[-MOST_EARLY:])

    def _came_early(self, pair: Pair, update: Update) -> Acknowledgement | None:
        """The answer to an update that was seen before it; the others wait for theirs."""
        early = self._early.pop(pair, ())
        found = next((answer for answer in early if _came_with(answer, update)), None)
        left = tuple(each for each in early if each is not found and update.time_ns - each.time_ns <= JITTER_NS)
        if left:
            self._remember(self._early, pair, left)
        return found

    def forget(self, home_address: bytes, peer: bytes) -> None:
        """The peer has no such binding (Binding Error, status 1; Binding Revocation): the next update begins anew."""
        conversation = self.get(home_address, peer)
        if conversation is not None:
            conversation.forgotten = True

    def _conversation_of(self, acknowledgement: Acknowledgement) -> Conversation | None:
        """That of the home address in the routing header.

        Without one, the conversation that it answers, or else the nearest: of its destination as home address, and as
        care-of address. Where nobody was seen at the address in the routing header, that may be wrong.
        """
        peer, destination = acknowledgement.peer, acknowledgement.destination
        likely = self._by_pair.get((acknowledgement.home_address, peer))
        if acknowledgement.routing_header is not None:
            return likely or self._meant(acknowledgement)
        if likely is not None and likely.answered_by(acknowledgement) is not None:
            return likely
        home_address = self.home_address(destination, peer)
        other = self._by_pair.get((home_address, peer)) if home_address is not None else None
        if other is not None and (likely is None or other.answered_by(acknowledgement) is not None):
            return other
        return likely

    def _meant(self, acknowledgement: Acknowledgement) -> Conversation | None:
        """The conversation that waits at the destination for just this answer, under another home address."""
        peer, destination = acknowledgement.peer, acknowledgement.destination
        for home_address in (destination, self.home_address(destination, peer)):
            conversation = self._by_pair.get((home_address, peer)) if home_address is not None else None
            exchange = conversation.answered_by(acknowledgement) if conversation is not None else None
            if exchange is None or exchange.acknowledgement is not None or exchange.update.source != destination:
                continue
            if acknowledgement.time_ns - exchange.update.time_ns <= PROMPT_NS:
                return conversation
        return None

    def _remember(self, table: OrderedDict[Pair, T], pair: Pair, value: T) -> None:
        table[pair] = value
        table.move_to_end(pair)
        while len(table) > self._most:
            table.popitem(last=False)
