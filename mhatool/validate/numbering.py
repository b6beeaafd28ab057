"""Rules for whose sequence numbers are whose, and for refusing them (RFC 6275, 9.5.1 and 11.7.1; the paper, V)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from mhatool.exchange import Acknowledgement, Conversation, Exchange, Frame, Latest, Update
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.observe.failure.probing import HELD_NS
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import expiry
from mhatool.validate.finding import Severity
from mhatool.validate.overtaken import DISORDER_NS
from mhatool.validate.refused_number import is_after_135
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.sequence import kept_its_entry
from mhatool.validate.several_bindings import has_several_bindings
from mhatool.validate.situation import HOME, STEP
from mhatool.validate.surroundings import Surroundings

LEAP = 1024
"""Nobody sends that many updates to one peer within a lifetime."""
MOST_NODES = 100_000
MOST_REFUSALS = 10_000


# --- refusals ---


class Refusals:
    """Refusals of numbers within the window, by frame, as far as nothing explains them; the rule itself keeps it."""

    def __init__(self) -> None:
        self.found: Latest[Frame, Late] = Latest(MOST_REFUSALS)
        self._newest: Latest[tuple[bytes, bytes], Acknowledgement] = Latest(MOST_REFUSALS)

    def see(self, seen: Seen) -> None:
        """Nothing: the rule looks at every refusal, and at the updates after it."""

    def note(self, conversation: Conversation, refusal: Acknowledgement, late: Late) -> None:
        """One more."""
        self.found.note(refusal.frame, late)
        self._newest.note((conversation.home_address, conversation.peer), refusal)

    def explain(self, conversation: Conversation, update: Update) -> None:
        """An update may be the refused one, stamped a little later than the refusal: then that is taken back."""
        refusal = self._newest.get((conversation.home_address, conversation.peer))
        if refusal is None or update.time_ns - refusal.time_ns > DISORDER_NS:
            return
        if not sequence.is_fresh(update.sequence_number, refusal.sequence_number):
            self.found.pop(refusal.frame, None)


def _never_taken_back(surroundings: Surroundings) -> Iterable[Late]:
    return surroundings.known(Refusals).found.values()


@rule(
    "MIP6-SEQ-004",
    "A number within the window isn't refused for it",
    reference="RFC 6275, 9.5.1",
    level="MUST NOT",
    role="receiver",
    scope="timeline",
    needs="A Binding Update and its acknowledgement with status 135",
    on=("binding_acknowledgement", "binding_update"),
    finish=_never_taken_back,
    only=STEP,
)
def accepts_what_is_within_the_window(case: Case) -> Iterable[Breach]:
    """Status 135 is for numbers that aren't 1 to 32767 ahead (modulo 2^16) of the last one that was accepted.

    Comparing without the modulus refuses everything after the wrap from 65535 to 0; comparing with a window of
    another size refuses nodes that were silent for a while. The acknowledgement names the number that the peer holds,
    so it contradicts itself where the update is ahead of that. Not judged: where an update seen earlier was behind and
    may be the one that was refused, as may the second copy of one up to 3 s before that has the number which is held,
    where an update with an old number follows within 0.1 s, whose stamp may have changed places with the refusal's, or
    where the named number isn't the last one that was accepted (then it's that number that is wrong). Inconclusive
    where no accepted update was seen yet. It is told at the end.
    """
    answer, exchange, conversation = case.acknowledgement, case.exchange, case.conversation
    if exchange is None or conversation is None:
        return ()
    if answer is None:
        case.surroundings.known(Refusals).explain(conversation, exchange.update)
        return ()
    if answer.status != SEQUENCE_NUMBER_OUT_OF_WINDOW:
        return ()
    update, held = exchange.update, answer.sequence_number
    if not update.trusted or not sequence.is_fresh(update.sequence_number, held):
        return ()
    if exchange.acknowledgement is not answer or _refused_another(conversation, exchange, answer):
        return ()
    if has_several_bindings(case):
        return ()
    accepted = _last_accepted(conversation, exchange)
    if accepted is not None and not sequence.is_fresh(update.sequence_number, accepted.update.sequence_number):
        return ()
    before = (update.frame,) if accepted is None else (accepted.update.frame, update.frame)
    steps = sequence.ahead(update.sequence_number, held)
    seen = f"status 135 for {update.sequence_number}, {steps} ahead of {held}"
    at = case.seen.message.start + 6
    breach = Breach("no status 135 for a number 1 to 32767 ahead", seen, at, before, inconclusive=accepted is None)
    late = Late(breach, answer.time_ns, answer.frame, answer.peer, conversation.home_address)
    case.surroundings.known(Refusals).note(conversation, answer, late)
    return ()


def _refused_another(conversation: Conversation, exchange: Exchange, refusal: Acknowledgement) -> bool:
    """Whether an earlier update was behind, so that this may be its refusal, sent twice or late."""
    others = (other for other in conversation.recent if other is not exchange)
    return any(_may_be_refused(other, refusal) for other in others)


def _may_be_refused(exchange: Exchange, refusal: Acknowledgement) -> bool:
    """One that was accepted may be refused too, where the network doubled it: its second copy has an old number."""
    answer, held = exchange.acknowledgement, refusal.sequence_number
    if exchange.update.sequence_number == held and refusal.time_ns - exchange.update.time_ns <= HELD_NS:
        return True
    if answer is not None and answer.status != SEQUENCE_NUMBER_OUT_OF_WINDOW:
        return False
    return not sequence.is_fresh(exchange.update.sequence_number, held)


def _last_accepted(conversation: Conversation, until: Exchange) -> Exchange | None:
    for exchange in reversed(conversation.recent):
        answer = exchange.acknowledgement
        if exchange is not until and answer is not None and answer.accepts and answer.trusted:
            return exchange
    return None


# --- leaps ---


@rule(
    "MIP6-SEQ-007",
    "Sequence numbers of a peer don't leap",
    reference="RFC 6275, 6.1.7",
    level="MAY",
    severity=Severity.NOTE,
    role="MN",
    scope="timeline",
    needs="Two Binding Updates in a row from one home address to one peer",
    on=("binding_update",),
    only=STEP,
)
def no_leap(case: Case) -> Iterable[Breach]:
    """A mobile node counts its updates to each peer apart; within one binding's life they are a few steps apart.

    The standard doesn't ask for steps of 1: any number within the window will do, so a leap is no breach but a hint.
    A mobile node that leaps over a thousand numbers within a lifetime has lost its Binding Update List (it was
    started anew without deleting its binding) or counts for others too. Half of all such restarts end up behind
    instead: then the peer refuses the update, and MIP6-SEQ-001 speaks. Not judged after a move or a search for home
    agents, where a deregistration may have been out of sight.
    """
    exchange = case.exchange
    if exchange is None or exchange.previous is None:
        return ()
    update, previous = exchange.update, exchange.previous
    steps = sequence.ahead(update.sequence_number, previous.update.sequence_number)
    if not LEAP <= steps < sequence.HALF or not update.trusted or is_after_135(previous):
        return ()
    if not _lives(previous.update.time_ns, previous.update.lifetime_s, update.time_ns) or update.deletes:
        return ()
    refused = previous.answer is not None and not previous.answer.accepts
    if refused or not kept_its_entry(update, previous) or has_several_bindings(case):
        return ()
    expected = f"a number shortly after {previous.update.sequence_number}"
    seen = f"{update.sequence_number}, {steps} ahead"
    return (Breach(expected, seen, case.seen.message.start + 6, before=(previous.update.frame,)),)


def _lives(since_ns: int, lifetime_s: int, now_ns: int) -> bool:
    return lifetime_s > 0 and now_ns <= expiry(since_ns, lifetime_s)


# --- several home agents ---


class _Counting(Struct):
    """The latest home registration of a mobile node, and how often its numbers went on across agents."""

    peer: bytes
    sequence_number: int
    frame: Frame
    shared: int = 0
    told: bool = False


class Countings(Struct):
    """How mobile nodes with several home agents count; the rule itself keeps it."""

    by_home_address: Latest[bytes, _Counting] = field(default_factory=lambda: Latest(MOST_NODES))

    def see(self, seen: Seen) -> None:
        """Nothing: what is needed stands in the exchange."""


@rule(
    "MHA-010",
    "Each home agent has sequence numbers of its own",
    reference="the paper, V, and RFC 6275, 11.1",
    role="MN",
    scope="timeline",
    needs="The Binding Updates of one mobile node to two home agents or more, two to each",
    on=("binding_update",),
    only=HOME,
)
def counts_for_each_agent(case: Case) -> Iterable[Breach]:
    """A mobile node with several home agents counts its updates to each of them apart: plus 1 for each transmission.

    The numbers belong to the entries of the Binding Update List, and each agent has its own (34285 and 34286 at one,
    10803 and 10804 at the other, in the paper). Where one counter serves all, a number tells an agent how many others
    there are, a refusal with status 135 by one agent sets the numbers for all back, and lost updates can't be told
    from those to others. It shows where twice in a row a number goes on from the one just sent to another agent, and
    leaves one out at its own. RFC 6275 alone, with one home agent at a time, allows that: without the option for
    multiple home agents it is inconclusive. Said once for a mobile node.
    """
    exchange = case.exchange
    if exchange is None or "H" not in exchange.update.flags or not exchange.update.trusted:
        return ()
    update = exchange.update
    table = case.surroundings.known(Countings).by_home_address
    last = table.get(update.home_address)
    if last is not None and last.peer == update.peer:
        last.sequence_number, last.frame = update.sequence_number, update.frame
        return ()
    now = _Counting(update.peer, update.sequence_number, update.frame)
    table.note(update.home_address, now)
    if last is None:
        return ()
    now.told = last.told
    now.shared = _shared_so_far(exchange, last)
    if now.shared < 2 or now.told or exchange.previous is None:
        return ()
    now.told = True
    own = exchange.previous.update
    expected = f"{sequence_after(own.sequence_number)}, the next at this home agent"
    seen = f"{update.sequence_number}, the next after {last.sequence_number} at another one"
    several = case.seen.message.option("multiple_home_agents") is not None
    at = case.seen.message.start + 6
    return (Breach(expected, seen, at, before=(own.frame, last.frame), inconclusive=not several),)


def _shared_so_far(exchange: Exchange, last: _Counting) -> int:
    """How many numbers in a row went on from another agent's; the first number at an agent doesn't count."""
    update, previous = exchange.update, exchange.previous
    goes_on = sequence_after(last.sequence_number) == update.sequence_number
    if previous is None:
        return last.shared
    own = previous.update
    if not goes_on or not _lives(own.time_ns, own.lifetime_s, update.time_ns):
        return 0
    return last.shared + 1 if sequence_after(own.sequence_number) != update.sequence_number else 0


def sequence_after(number: int) -> int:
    """The next number."""
    return (number + 1) % sequence.MODULUS
