"""The rule for how many messages a mobile node may send within a second (RFC 6275, 11.8 and 12)."""

from __future__ import annotations

from collections.abc import Iterable

from mhatool.exchange import Frame
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.asking import Askings
from mhatool.validate.held import may_be_held
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.situation import QUICK

MAX_UPDATE_RATE = 3
"""Messages of one type a second (RFC 6275, 12)."""
SURELY_WITHIN_A_SECOND_NS = nanoseconds(0.9)
"""What looks this long may have been a second: each time stamp may be off by 50 ms."""


@rule(
    "MIP6-RTX-003",
    "No more than three messages of a type in a second to one node",
    reference="RFC 6275, 11.8 and 12",
    role="MN",
    scope="timeline",
    needs="Four messages of one type from one mobile node to one peer",
    on=("binding_update", "home_test_init", "care_of_test_init"),
    profiles=("rfc6275",),
    only=QUICK,
)
def within_rate(case: Case) -> Iterable[Breach]:
    """A mobile node sends a node at most MAX_UPDATE_RATE (3) Mobility Header messages of one type within a second.

    Updates for new movements count as much as retransmissions. The limit protects correspondents and home agents,
    each of which has to check an authenticator or run duplicate address detection for an update. Counted for each
    home address; copies of one packet on several links count once. Four messages in 0.9 s are taken as four in a
    second, since time stamps are never quite right; inconclusive where the mobile node looked for a neighbour's
    link-layer address up to 3 s before one of them, which may have waited for that. Proxies (RFC 5213) speak for many
    nodes and aren't counted.
    """
    before = _updates_before(case) if case.seen.message.type == "binding_update" else _tests_asked_before(case)
    if len(before) < MAX_UPDATE_RATE or case.seen.message.checksum_status == "bad":
        return ()
    sent = [(frame.time_ns, frame) for frame in (*before, case.seen.frame)]
    seen, unsure = f"{MAX_UPDATE_RATE + 1} within 0.9 s", may_be_held(case, sent)
    return (Breach(f"{MAX_UPDATE_RATE} a second at most", seen, before=before, inconclusive=unsure),)


def _updates_before(case: Case) -> tuple[Frame, ...]:
    """The frames of the last three updates of this home address to the peer, where these and this one were too fast."""
    conversation, now_ns = case.conversation, case.seen.time_ns
    if conversation is None or len(conversation.recent) <= MAX_UPDATE_RATE:
        return ()
    if not _is_within(conversation.recent[-1 - MAX_UPDATE_RATE].update.time_ns, now_ns):
        return ()
    trusted = [exchange.update for exchange in conversation.recent if exchange.update.trusted]
    before = trusted[-1 - MAX_UPDATE_RATE : -1]
    if not before or not _is_within(before[0].time_ns, now_ns):
        return ()
    return tuple(update.frame for update in before)


def _tests_asked_before(case: Case) -> tuple[Frame, ...]:
    """The frames of the last three messages that asked for such a test, where these and this one were too fast."""
    series = case.surroundings.known(Askings).asked(case.seen).series
    if series is None or len(series.sent) < MAX_UPDATE_RATE:
        return ()
    if not _is_within(series.sent[-MAX_UPDATE_RATE][0], case.seen.time_ns):
        return ()
    return tuple(frame for _, frame in list(series.sent)[-MAX_UPDATE_RATE:])


def _is_within(earlier_ns: int, now_ns: int) -> bool:
    return 0 <= now_ns - earlier_ns < SURELY_WITHIN_A_SECOND_NS
