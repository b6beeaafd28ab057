"""The rule for Binding Updates that nothing answers (RFC 6275, 9.5.4 and 10.3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhatool.exchange import Conversation, Exchange, Recent
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.occasion import EVERY_MOBILITY_MESSAGE, TUNNELLED
from mhatool.validate.receivers_link import ReceiversLink
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings, knowledge

ANSWER_NS = nanoseconds(5)
"""Duplicate address detection takes a home agent two seconds at most; an answer that is later doesn't come."""
MANY = 4
"""So many updates in a row aren't lost by chance on one link while their receiver's own packets come through.

Three go unanswered now and then where answers are lost; the fourth shows that the mobile node still waits.
"""
PAUSE_NS = nanoseconds(1.5)
"""Who is silent for longer may have been started anew, or cut off, meanwhile; at a second's pace two updates fit in."""
MOST_FRAMES = 8
MOST = 100_000


@knowledge(
    EVERY_MOBILITY_MESSAGE,
    TUNNELLED,
    "routing",
    "mobile_prefix_advertisement",
    "dhaad_reply",
    "icmpv6_error",
    "echo",
    besides=("binding_update",),
)
class Speech:
    """Who was last heard by whom. Tunnels count by their ends. What mobile nodes send themselves shows nothing."""

    def __init__(self) -> None:
        self._spoken: Recent[bytes, tuple[int, int]] = Recent(MOST)
        """By both addresses: since when without a pause, and last; nanoseconds since 1970."""

    def see(self, seen: Seen) -> None:
        """Take in a message."""
        datagram = seen.datagram
        ends = datagram.outer or datagram
        pair, now = ends.source + ends.destination, seen.time_ns
        since, last = self._spoken.get(pair) or (now, now)
        self._spoken.note(pair, (since if now - last <= PAUSE_NS else now, max(last, now)), now)

    def last(self, speaker: bytes, hearer: bytes) -> int:
        """When a node last spoke to another one, nanoseconds since 1970; 0: never."""
        return (self._spoken.get(speaker + hearer) or (0, 0))[1]

    def lasted(self, speaker: bytes, hearer: bytes, since_ns: int, until_ns: int) -> bool:
        """Whether it spoke all the time from then until then, nanoseconds since 1970, and later."""
        since, last = self._spoken.get(speaker + hearer) or (0, 0)
        return 0 < since <= since_ns + PAUSE_NS and last > until_ns

    def reached(self) -> dict[bytes, int]:
        """When anybody's packet to each address was last seen, nanoseconds since 1970."""
        found: dict[bytes, int] = {}
        for ends, (_, time_ns) in self._spoken.items():
            hearer = ends[16:]
            found[hearer] = max(time_ns, found.get(hearer, 0))
        return found


def _unanswered(conversation: Conversation) -> list[Exchange]:
    """The last updates of a conversation that want an answer and have none, the oldest first."""
    found: list[Exchange] = []
    for exchange in reversed(conversation.recent):
        update = exchange.update
        if exchange.acknowledgement is not None:
            break
        if update.trusted and not update.truncated and ("A" in update.flags or "H" in update.flags):
            found.append(exchange)
    return found[::-1]


def _accepted_before(conversation: Conversation) -> bool:
    """Whether the peer has accepted an update of this mobile node: they have keys, and that goes both ways."""
    answers = (exchange.acknowledgement for exchange in conversation.recent)
    return any(answer is not None and answer.trusted and answer.accepts for answer in answers)


def _left_alone(surroundings: Surroundings) -> Iterator[Late]:
    reached = surroundings.known(Speech).reached()
    for conversation in surroundings.conversations:
        if conversation.pending is None:
            continue
        series = _unanswered(conversation)
        if series and not _may_be_answered(conversation, series[0].update.time_ns):
            breach = _judged(surroundings, reached, conversation, series)
            if breach is not None:
                last = series[-1].update
                yield Late(breach, last.time_ns, last.frame, conversation.peer, conversation.home_address)


def _may_be_answered(conversation: Conversation, since_ns: int) -> bool:
    """Whether something came that may have been the answer, with a wrong number (MIP6-SEQ-006)."""
    return any(unexplained.acknowledgement.time_ns >= since_ns for unexplained in conversation.unexplained)


def _judged(
    surroundings: Surroundings, reached: dict[bytes, int], conversation: Conversation, series: list[Exchange]
) -> Breach | None:
    """None where the capture ends too early, or doesn't show what goes to the mobile node."""
    first, last, peer = series[0].update, series[-1].update, conversation.peer
    addresses = {first.source, last.source, conversation.home_address}
    if surroundings.last_ns - first.time_ns < ANSWER_NS:
        return None
    if max(reached.get(address, 0) for address in addresses) <= first.time_ns:
        return None
    count = len(series)
    what = "a Binding Acknowledgement"
    lasted = in_seconds(surroundings.last_ns - first.time_ns)
    updates = f"{count} updates" if count > 1 else "one update"
    frames = tuple(exchange.update.frame for exchange in series[:-1][:MOST_FRAMES])
    speech = surroundings.known(Speech)
    spoke_ns = max(speech.last(peer, address) for address in addresses)
    if spoke_ns <= first.time_ns:
        seen = f"none to {updates} in {lasted:.0f} s, and no other sign of life from the receiver"
        return Breach(what, seen, before=frames, inconclusive=True)
    arrived = surroundings.known(ReceiversLink).arrived_since(conversation.home_address, peer, first.time_ns)
    is_alive = count >= MANY and any(
        speech.lasted(peer, address, first.time_ns, series[MANY - 1].update.time_ns + ANSWER_NS)
        for address in addresses
    )
    is_certain = is_alive and arrived >= MANY - 1 and _accepted_before(conversation)  # the first one isn't counted
    seen = f"none to {updates} in {lasted:.0f} s, though the receiver sent other packets"
    return Breach(what, seen, before=frames, inconclusive=not is_certain)


@rule(
    "MIP6-BA-001",
    "A Binding Update that wants an answer gets one",
    reference="RFC 6275, 9.5.4 and 10.3.1",
    role="receiver",
    scope="exchange",
    needs="Binding Updates, other packets and Router Advertisements of their receiver, and some seconds after them",
    on=(),
    finish=_left_alone,
)
def gets_an_answer(case: Case) -> Iterable[Breach]:
    """A valid update with the A flag is answered, and a home agent answers whatever the flags say.

    Without an answer a mobile node sends again and again, and doesn't know whether its packets arrive. It is told at
    the end of a capture, once for a series of updates. A breach for certain are four updates or more that were seen on
    their home agent's own link (its Router Advertisements show that), from a mobile node of which it had accepted one
    before and to which it went on sending other packets, with no pause over 1.5 s, until five seconds after the fourth.
    Otherwise the updates may have been lost behind the capture, the answers before it, the receiver may have been dead
    or cut off for a while, or it may have discarded them silently for a wrong proof: that is inconclusive. Nothing is
    said where the capture ends within five seconds, or doesn't show packets to the mobile node.
    """
    return ()
