"""Rules for sequence numbers (RFC 6275, 6.1.7, 6.1.8, 9.5.1, 11.5.5, 11.7.1, 11.7.3 and 11.8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, auto

from msgspec import Struct

from mhatool.exchange import Acknowledgement, Conversation, Exchange, Frame, Latest, Update
from mhatool.exchange.conversation import Previous
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import expiry, nanoseconds
from mhatool.validate.answers_seen import shows_answers
from mhatool.validate.correspondent_answers import Proofs
from mhatool.validate.overtaken import DISORDER_NS, UNSEEN_RETRANSMISSIONS, may_have_changed_places, was_overtaken
from mhatool.validate.refused_number import baseline, got_the_refusal, is_after_135
from mhatool.validate.restart import Searches, has_searched, has_solicited
from mhatool.validate.retransmission import repeats
from mhatool.validate.rule import Breach, Case, Finish, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.several_bindings import has_several_bindings
from mhatool.validate.situation import DELETES, IN_VAIN, STEP
from mhatool.validate.surroundings import Surroundings

AWAY_AND_BACK_NS = nanoseconds(2)
"""A mobile node can't go home, deregister and leave again within this: each move alone takes a second of DAD."""
MOST = 10_000
BEGUN_ANEW = 32
"""Who has lost its list begins with any number, or a small one: rarely so shortly behind the one before."""


class Why(Enum):
    """What an update is whose number is behind; the most special one counts."""

    AFTER_135 = auto()
    RETRANSMISSION = auto()
    DEREGISTRATION = auto()
    OTHER = auto()


def _behind(case: Case, why: Why) -> None:
    """Keep a number that is behind until the end, for the rule that it is the business of."""
    exchange, conversation = case.exchange, case.conversation
    if exchange is None or exchange.previous is None or conversation is None:
        return
    update, previous = exchange.update, exchange.previous
    is_ahead = 0 < update.sequence_number - previous.update.sequence_number < sequence.HALF
    if (is_ahead and not is_after_135(previous)) or not _is_behind(update, previous):
        return
    if _why(update, previous) is not why or has_several_bindings(case):
        return
    solicited = has_solicited(case.surroundings, update, previous)
    proofs = case.surroundings.known(Proofs)
    anybodys = proofs.lacks(update) or proofs.lacks(previous.update)
    suspect = _Suspect(why, conversation, exchange, previous, solicited, was_overtaken(conversation, update), anybodys)
    case.surroundings.known(Suspects).found.note(update.frame, suspect)


class _Suspect(Struct, frozen=True):
    """An update whose number is behind; whether that is certain shows by what follows.

    `solicited`: the mobile node may have looked for routers since the update before. `was_overtaken`: it may have
    been sent before that one. `is_anybodys`: one of the two proves nothing to a correspondent; anybody may have
    sent it.
    """

    why: Why
    conversation: Conversation
    exchange: Exchange
    previous: Previous
    solicited: bool
    was_overtaken: bool
    is_anybodys: bool

    def is_certain(self, surroundings: Surroundings) -> bool:
        """Whether nothing explains the number: no answer out of sight, no new start of the mobile node."""
        update, previous = self.exchange.update, self.previous
        if update.truncated or has_searched(previous) or not shows_answers(surroundings, self.conversation):
            return False
        if self.was_overtaken or self.is_anybodys or surroundings.known(Searches).is_one_beside(update):
            return False
        if self.why is Why.AFTER_135 and _may_be_the_refused(update, previous):
            return False
        if self.why is Why.AFTER_135:
            return got_the_refusal(self.conversation, update, previous) and not self._obeys_later()
        return not may_have_changed_places(previous.update, update) and self._kept_its_numbers()

    def _kept_its_numbers(self) -> bool:
        """Whether the mobile node surely had no reason to begin anew."""
        update, previous = self.exchange.update, self.previous
        if update.time_ns - previous.update.time_ns < AWAY_AND_BACK_NS:
            return True
        if not (_is_accepted(previous.answer) and _is_accepted(self.exchange.acknowledgement)):
            return False
        if not update.is_home_registration:
            return False  # the correspondent may have lost its binding and said so out of sight: a Binding Error
        if _was_just_away(update, previous):
            return True
        return kept_its_entry(update, previous) and not self.solicited and not self._may_begin_anew()

    def _may_begin_anew(self) -> bool:
        """Whether both may have lost their state: then the mobile node begins anew, and the peer accepts it."""
        steps = sequence.ahead(baseline(self.previous), self.exchange.update.sequence_number)
        return self.why is Why.OTHER and steps > BEGUN_ANEW

    def _obeys_later(self) -> bool:
        """Whether the mobile node went on from another 135: then this one was lost behind the place of capture."""
        later = [each for each in self.conversation.recent if each.update.time_ns > self.exchange.update.time_ns]
        told = [each for each in later if each.previous is not None and is_after_135(each.previous)]
        return any(
            each.previous is not None and sequence.ahead(each.update.sequence_number, baseline(each.previous)) == 1
            for each in told
        )

    def is_worth_a_note(self) -> bool:
        """Whether something speaks for it: an answer, or that there was no deregistration out of sight."""
        return self.exchange.acknowledgement is not None or kept_its_entry(self.exchange.update, self.previous)


def _is_accepted(answer: Acknowledgement | None) -> bool:
    return answer is not None and answer.accepts


def _may_be_the_refused(update: Update, previous: Previous) -> bool:
    """Whether the refusal before may be this one's, and the update before what obeyed it: stamps changed places."""
    answer = previous.answer
    if answer is None or update.time_ns - answer.time_ns > DISORDER_NS:
        return False
    return sequence.is_fresh(previous.update.sequence_number, answer.sequence_number)


class Suspects:
    """Updates whose numbers are behind, by frame; the rules keep it."""

    def __init__(self) -> None:
        self.found: Latest[Frame, _Suspect] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Nothing: what is needed stands in the exchange."""


def _at_the_end(why: Why) -> Finish:
    """What the rule for such updates has to say once all answers are known."""

    def finish(surroundings: Surroundings) -> Iterator[Late]:
        for suspect in surroundings.known(Suspects).found.values():
            certain = suspect.is_certain(surroundings)
            if suspect.why is why and (certain or suspect.is_worth_a_note()):
                yield _late(suspect, certain=certain)

    return finish


def _late(suspect: _Suspect, *, certain: bool) -> Late:
    update, previous = suspect.exchange.update, suspect.previous
    expected = f"a number 1 to 32767 ahead of {baseline(previous)}"
    node = update.home_address if update.has_home_address_option else update.source
    breach = _breach(update, previous, expected, inconclusive=not certain)
    return Late(breach, update.time_ns, update.frame, node, update.home_address)


def _breach(update: Update, previous: Previous, expected: str, *, inconclusive: bool = False) -> Breach:
    before: tuple[Frame, ...] = (previous.update.frame,)
    if previous.answer is not None and is_after_135(previous):
        before += (previous.answer.frame,)
    return Breach(expected, str(update.sequence_number), before=before, inconclusive=inconclusive)


def _why(update: Update, previous: Previous) -> Why:
    if is_after_135(previous):
        return Why.AFTER_135
    if repeats(update, previous):
        return Why.RETRANSMISSION
    return Why.DEREGISTRATION if update.deletes and update.is_home_registration else Why.OTHER


def _is_behind(update: Update, previous: Previous) -> bool:
    """Whether the number isn't ahead of the previous one's, and nothing seen lets it begin anew."""
    if not (update.trusted and previous.update.trusted):
        return False
    if sequence.is_fresh(update.sequence_number, baseline(previous)):
        return False
    answer = previous.answer
    lifetime_s = previous.update.lifetime_s
    if answer is not None and answer.trusted and answer.accepts:
        lifetime_s = min(lifetime_s, answer.lifetime_s)  # counted from the update on (11.7.3)
    over = update.time_ns > expiry(previous.update.time_ns, lifetime_s)
    refused = answer is not None and not answer.accepts and answer.status != SEQUENCE_NUMBER_OUT_OF_WINDOW
    again = repeats(update, previous) and update.time_ns - previous.update.time_ns < AWAY_AND_BACK_NS
    return not (refused or ((over or previous.update.deletes) and not again))


def kept_its_entry(update: Update, previous: Previous) -> bool:
    """Whether the mobile node surely has kept its list entry since the previous update."""
    if update.deletes:
        return True  # it deletes what there is: the entry goes on to its end
    if _was_just_away(update, previous):
        return True
    return update.care_of_address == previous.update.care_of_address and not has_searched(previous)


def _was_just_away(update: Update, previous: Previous) -> bool:
    """Whether packets show that the mobile node had no time to go home."""
    return update.time_ns - max(previous.update.time_ns, previous.last_away_ns or 0) < AWAY_AND_BACK_NS


@rule(
    "MIP6-SEQ-001",
    "Sequence numbers go up",
    reference="RFC 6275, 6.1.7 and 11.7.1",
    role="MN",
    scope="timeline",
    needs="Two Binding Updates in a row from one home address to one peer",
    on=("binding_update",),
    finish=_at_the_end(Why.OTHER),
    only=STEP,
)
def goes_up(case: Case) -> Iterable[Breach]:
    """Each Binding Update has a number 1 to 32767 ahead (modulo 2^16) of the one before it to the same peer.

    Retransmissions too. Each home address and peer is counted apart. Numbers may begin anywhere once the list entry is
    gone: deregistered, refused, revoked, over, or unknown to the peer; after 135 they go on from the number in it. One
    behind is a breach where the home agent accepted the update before, and this one, and packets show no time to go
    home, or the care-of address is the same and the number at most 32 behind; and from 0.1 s (stamps may change places)
    to 2 s anyhow. It is inconclusive after a search for home agents or routers (or 0.1 s before one), where the peer
    refuses it, where no answer is seen, up to 3 s where a number shortly behind is new (it may be overtaken), where a
    correspondent accepts it (its Binding Error may be unseen), and where anybody may have sent one of the two, without
    Authorization Data. Retransmissions are MIP6-SEQ-002's, what follows 135 SEQ-005's, deregistrations DEREG-002's.
    """
    _behind(case, Why.OTHER)
    return ()


@rule(
    "MIP6-SEQ-002",
    "A retransmission has a new sequence number",
    reference="RFC 6275, 11.8",
    role="MN",
    scope="timeline",
    needs="Two Binding Updates in a row from one home address to one peer, the first one unanswered",
    on=("binding_update",),
    finish=_at_the_end(Why.RETRANSMISSION),
    only=STEP | IN_VAIN,
)
def retransmission_goes_up(case: Case) -> Iterable[Breach]:
    """A Binding Update that is sent again has a greater number than the transmission before it.

    Octet for octet the same message would be refused with status 135 where only the answer was lost, and an answer to
    it wouldn't tell which of the two it answers. A retransmission isn't marked: it is an update that asks for an
    acknowledgement, for the same care-of address and lifetime as the one before it to this peer, which nothing
    has answered. Copies of one packet on several links are no retransmissions. Inconclusive after 2 s or more, when
    the mobile node may have been started anew, within 0.1 s, when stamps may have changed places, where its number was
    left out just before, so that it was overtaken, and where the capture shows no answer of this peer at all: a refusal
    may be out of sight. Elsewhere MIP6-SEQ-001 speaks.
    """
    exchange = case.exchange
    if exchange is None or exchange.previous is None or exchange.previous.answer is not None:
        return ()
    _behind(case, Why.RETRANSMISSION)
    return ()


@rule(
    "MIP6-SEQ-005",
    "After status 135 the numbers go on from the one in it",
    reference="RFC 6275, 11.7.3",
    role="MN",
    scope="timeline",
    needs="A Binding Acknowledgement with status 135 and the next Binding Update to its sender",
    on=("binding_update",),
    finish=_at_the_end(Why.AFTER_135),
    only=STEP,
)
def goes_on_after_135(case: Case) -> Iterable[Breach]:
    """Status 135 tells the last number that the peer accepted; the mobile node takes it over and goes on from there.

    Else it would be refused for as long as its own numbers are behind, which may be until the binding has run out.
    The next update has the number in the acknowledgement plus 1; more is let pass, since the capture may have missed
    updates, but a leap is noted as inconclusive. The refusal may have been lost behind the place of capture: then the
    mobile node's own next number comes as a retransmission, or it has been started anew meanwhile. So a number that is
    behind is a breach where the mobile node asks the same sooner than a retransmission can come, or goes on with its
    own numbers after three refusals in a row; else, or where it went on from a later 135, it is inconclusive.
    """
    exchange = case.exchange
    if exchange is None or exchange.previous is None or not is_after_135(exchange.previous):
        return ()
    _behind(case, Why.AFTER_135)
    update, previous = exchange.update, exchange.previous
    if not update.trusted or update.deletes or has_several_bindings(case):
        return ()
    steps = sequence.ahead(update.sequence_number, baseline(previous))
    if not UNSEEN_RETRANSMISSIONS < steps < sequence.HALF:
        return ()
    return (_breach(update, previous, f"{(baseline(previous) + 1) % sequence.MODULUS}", inconclusive=True),)


@rule(
    "MIP6-DEREG-002",
    "A deregistration has a new sequence number",
    reference="RFC 6275, 11.5.5 and 11.7.1",
    role="MN",
    scope="timeline",
    needs="The deregistration and the Binding Update before it to the same home agent",
    on=("binding_update",),
    finish=_at_the_end(Why.DEREGISTRATION),
    only=STEP | DELETES,
)
def deregistration_goes_up(case: Case) -> Iterable[Breach]:
    """The Binding Update that deletes a home registration has a greater number than the one before it to that agent.

    It is an update like others: the home agent refuses an old number with status 135, and then goes on defending the
    home address on the home link against the mobile node that has come back. Deletions go on with the numbers of the
    binding that they end, so a move out of sight is no excuse. A mobile node that was started anew at home doesn't
    know them: refused, after a search for home agents or routers, or without any answer seen, it is inconclusive.
    """
    if case.exchange is None or not case.exchange.update.deletes:
        return ()
    _behind(case, Why.DEREGISTRATION)
    return ()
