"""Rules for the back-off timers of Binding Updates (RFC 6275, 11.8 and 12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from dissectors.view import View
from mhatool.exchange import Conversation, Exchange, Frame, Latest, Recent, Update
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.answers_seen import shows_answers
from mhatool.validate.doubling import (
    TOLERANCE,
    TRANSMISSIONS,
    Transmission,
    is_steady,
    not_doubled,
    stays_the_same,
    waits_between,
)
from mhatool.validate.finding import Severity
from mhatool.validate.held import may_be_held, may_be_hurried
from mhatool.validate.home_agent_list import home_agents
from mhatool.validate.keygen_tests import nonce_indices
from mhatool.validate.retransmission import LATELY_NS, repeats
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.several_bindings import has_several_bindings
from mhatool.validate.situation import CORRESPONDENT, IN_VAIN, SAME, SEVERAL
from mhatool.validate.surroundings import knowledge
from mhatool.validate.until_answered import at_the_end, once_answered

INITIAL_BINDACK_TIMEOUT_S = 1.0
FIRST_REGISTRATION_TIMEOUT_S = 1.5

LATE_ENOUGH_NS = nanoseconds(FIRST_REGISTRATION_TIMEOUT_S * TOLERANCE)
"""A retransmission after that comes too early in no case."""
MOST = 10_000
PART_OF_LIFETIME = 0.4
"""Updates further apart than this part of their lifetime may be refreshes."""
CHECK_INTERVAL_NS, CHECK_JITTER_NS = nanoseconds(1), nanoseconds(0.15)
"""Between Binding Updates that ask a home agent whether it lives; both ends of a wait may be stamped 50 ms off."""
SAME_WAITS = 4
"""So many transmissions show two waits in a row that aren't doubled, with the one before."""


# --- Binding Updates ---


def _series(conversation: Conversation) -> list[Exchange]:
    """The newest update with those before it that it repeats, the oldest first; a handful at most."""
    found: list[Exchange] = []
    for exchange in reversed(conversation.recent):
        found.append(exchange)
        if len(found) == TRANSMISSIONS or exchange.previous is None or not repeats(exchange.update, exchange.previous):
            break
    return found[::-1]


@rule(
    "MIP6-RTX-001",
    "A Binding Update isn't sent again before its time",
    reference="RFC 6275, 11.8",
    level="SHOULD",
    severity=Severity.WARNING,
    role="MN",
    scope="timeline",
    needs="A Binding Update and its first retransmission, and that the capture shows answers to this mobile node",
    on=("binding_update",),
    finish=at_the_end("MIP6-RTX-001"),
    profiles=("rfc6275",),
    only=SAME | IN_VAIN,
)
def waits_before_the_first(case: Case) -> Iterable[Breach]:
    """The first retransmission comes after 1 s, at a first registration after 1.5 s.

    INITIAL_BINDACK_TIMEOUT is 1 s. Without a binding at the home agent that agent first runs duplicate address
    detection for the home address, which takes 1 s, so the mobile node should wait for
    InitialBindackTimeoutFirstReg, 1.5 s; else each first registration costs a needless update. Less than 0.8 of the
    wait counts as too early. A registration may be the first where the mobile node looked for home agents from that
    care-of address within the 5 s before; whether the home agent still had a binding isn't seen, so that 1 s was too
    short is inconclusive. So is all where the capture shows no answer of this peer, and where the first update may have
    waited on its way, since its sender or the last router looked for the next node's link-layer address (RFC 4861,
    7.2.2). An update with other nonce indices is another update: new tokens came after a refusal out of sight (11.7.3).
    """
    exchange, conversation = case.exchange, case.conversation
    if exchange is None or conversation is None or exchange.previous is None:
        return ()
    update, before = exchange.update, exchange.previous.update
    waited = update.time_ns - before.time_ns
    if waited >= LATE_ENOUGH_NS or not repeats(update, exchange.previous):
        return ()
    series = _series(conversation)
    if len(series) != 2 or sequence.ahead(update.sequence_number, before.sequence_number) > 1:
        return ()
    if has_several_bindings(case) or _has_other_tokens(case, update, before.time_ns):
        return ()
    first = _is_first_registration(case, series[0])
    due = FIRST_REGISTRATION_TIMEOUT_S if first else INITIAL_BINDACK_TIMEOUT_S
    if waited >= nanoseconds(due * TOLERANCE):
        return ()
    has_waited = waited >= nanoseconds(INITIAL_BINDACK_TIMEOUT_S * TOLERANCE)  # the agent may have an older binding
    unsure = has_waited or may_be_held(case, [(before.time_ns, before.frame)])
    breach = Breach(f"a wait of {due:g} s", f"{in_seconds(waited):.3f} s", before=(before.frame,), inconclusive=unsure)
    return once_answered(case, "MIP6-RTX-001", breach, partial(shows_answers, conversation=conversation))


def _has_other_tokens(case: Case, update: Update, since_ns: int) -> bool:
    return case.surroundings.known(Tokens).have_changed(update, case.seen.message, since_ns)


def _is_first_registration(case: Case, exchange: Exchange) -> bool:
    update = exchange.update
    searched = case.conversations.presence.search(update.source)
    if exchange.previous is not None or searched is None or not update.is_home_registration:
        return False
    return 0 < update.time_ns - searched <= LATELY_NS


@knowledge("binding_update", only=CORRESPONDENT)
class Tokens:
    """The nonce indices that each home address's updates to a correspondent name, and since when."""

    def __init__(self) -> None:
        self._named: Recent[bytes, tuple[tuple[int, int] | None, int]] = Recent(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Binding Update."""
        nodes, indices = seen.datagram.true_source + seen.datagram.true_destination, nonce_indices(seen.message)
        known = self._named.renew(nodes, seen.time_ns)
        if known is None or known[0] != indices:
            self._named.note(nodes, (indices, seen.time_ns), seen.time_ns)

    def have_changed(self, update: Update, message: View, since_ns: int) -> bool:
        """Whether an update rests on other nonces than one that was sent then."""
        known, indices = self._named.get(update.home_address + update.peer), nonce_indices(message)
        if known is None or None in (known[0], indices):
            return False
        return known[0] != indices or known[1] > since_ns


@knowledge("binding_update", only=SEVERAL)
class Lists:
    """The home agents that Binding Updates list, by frame."""

    def __init__(self) -> None:
        self._by_frame: Latest[Frame, tuple[bytes, ...]] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Binding Update."""
        found = home_agents(seen.message)
        if found is not None:
            self._by_frame.note(seen.frame, found[1])

    def differ(self, latest: View, before: Sequence[Transmission]) -> bool:
        """Whether the latest one and those before don't all list the same: they register for different rounds."""
        found = home_agents(latest)
        lists = {self._by_frame.get(frame, ()) for _, frame in before}
        return lists != {found[1] if found is not None else ()}


@rule(
    "MIP6-RTX-002",
    "The wait for an acknowledgement doubles",
    reference="RFC 6275, 11.8",
    role="MN",
    scope="timeline",
    needs="A Binding Update and three retransmissions, and that the capture shows answers to this mobile node",
    on=("binding_update",),
    finish=at_the_end("MIP6-RTX-002"),
    profiles=("rfc6275",),
    only=SAME | IN_VAIN,
)
def doubles_its_wait(case: Case) -> Iterable[Breach]:
    """Without answer a Binding Update is sent again after twice the wait before, until that is 32 s.

    A peer or path that is overloaded gets relief this way: mobile nodes that all repeat every second keep a restarted
    home agent down. 1.6 times the wait before is enough, and from 31 s on it may stay. Two waits in a row that aren't
    doubled are a breach; one shorter wait may be a new beginning. Inconclusive where the capture shows no answer of
    this peer at all: these may be refreshes whose answers go another way; where it shows none so far and the waits
    differ: updates may have been lost before the place of capture; where the last updates to one of several home agents
    are a second apart: so one that is said to be unreachable is asked, three times; and where one follows an answer of
    another home agent at once: who asked in vain while there was no way may ask as soon as there is one. Updates that
    list other home agents than the one before aren't the same one again.
    """
    exchange, conversation = case.exchange, case.conversation
    if exchange is None or exchange.previous is None or exchange.previous.answer is not None:
        return ()
    if conversation is None or not repeats(exchange.update, exchange.previous):
        return ()
    waited = in_seconds(exchange.update.time_ns - exchange.previous.update.time_ns)
    if waited > exchange.update.lifetime_s * PART_OF_LIFETIME and not exchange.update.deletes:
        return ()
    sent = [(e.update.time_ns, e.update.frame) for e in _series(conversation)]
    if not stays_the_same(waits_between(sent)) or has_several_bindings(case):
        return ()
    if case.surroundings.known(Lists).differ(case.seen.message, sent[-SAME_WAITS:-1]):
        return ()
    if _has_other_tokens(case, exchange.update, sent[-SAME_WAITS][0]):
        return ()
    shows = partial(shows_answers, conversation=conversation)
    unsure = may_be_hurried(case, sent[-SAME_WAITS:]) or _may_be_checks(exchange, sent)
    unsure = unsure or may_be_held(case, sent[-SAME_WAITS:])
    unsure = unsure or not (is_steady(waits_between(sent)) or shows(case.surroundings))
    return once_answered(case, "MIP6-RTX-002", not_doubled(sent, inconclusive=unsure), shows)


def _may_be_checks(exchange: Exchange, sent: Sequence[Transmission]) -> bool:
    """Whether a mobile node with several home agents may be asking one of them whether it lives."""
    *_, before, last = waits_between(sent)
    if "M" not in exchange.update.flags or abs(last - CHECK_INTERVAL_NS) > CHECK_JITTER_NS:
        return False
    # Who was asked within the second before it was named isn't asked in that instant, but a second later.
    return -CHECK_JITTER_NS <= before - CHECK_INTERVAL_NS <= CHECK_INTERVAL_NS + CHECK_JITTER_NS
