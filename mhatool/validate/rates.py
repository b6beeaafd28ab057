"""The rule for how many messages a mobile node may send within a second (RFC 6275, 11.8 and 12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dissectors.options.binding import AlternateCareOfAddress
from mhatool.exchange import Frame, Recent, Update
from mhatool.exchange.history import History
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.asking import Askings
from mhatool.validate.binding_facts import has_option
from mhatool.validate.held import may_be_held
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import QUICK
from mhatool.validate.surroundings import Surroundings, knowledge

MAX_UPDATE_RATE = 3
"""Messages of one type a second (RFC 6275, 12)."""
SURELY_WITHIN_A_SECOND_NS = nanoseconds(0.9)
"""What looks this long may have been a second: each time stamp may be off by 50 ms."""

MOST = 25_000
"""Pairs of care-of address and peer."""


@knowledge("binding_update", only=QUICK)
class Senders:
    """The latest Binding Updates from each care-of address to each peer, for whatever home address."""

    def __init__(self) -> None:
        self._sent: Recent[bytes, History[tuple[int, Frame, bytes]]] = Recent(MOST, SURELY_WITHIN_A_SECOND_NS)

    def see(self, seen: Seen) -> None:
        """Take in a Binding Update of a node that is away."""
        datagram = seen.datagram
        if datagram.home_address is None or seen.message.checksum_status == "bad":
            return
        ends = datagram.source + datagram.true_destination
        found = self._sent.renew(ends, seen.time_ns)
        if found is None:
            found = self._sent.note(ends, History(MAX_UPDATE_RATE), seen.time_ns)
        found.add((seen.time_ns, seen.frame, datagram.home_address))

    def latest(self, source: bytes, peer: bytes) -> Sequence[tuple[int, Frame, bytes]]:
        """When they were sent, in which frame, and for which home address; the newest last."""
        return self._sent.get(source + peer) or ()


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
    home address, and updates for each care-of address too where none comes a second or more after the one before of its
    home address, as first ones; that is certain where each but for a mobile router's names the care-of address in an
    option as well, so that no translator can be between. Copies of one packet count once. Four messages in 0.9 s are
    taken as four in a second, since time stamps are never quite right; inconclusive where the mobile node looked for a
    neighbour's link-layer address, or somebody for the peer's, up to 3 s before one of them, which may have waited for
    that. Proxies (RFC 5213) speak for many nodes and aren't counted, nor packets of captures without times.
    """
    before, is_one_node = _before(case), True
    if len(before) < MAX_UPDATE_RATE and case.update is not None:
        before, is_one_node = _from_one_address(case.update, case.surroundings), _is_untranslated(case)
    if len(before) < MAX_UPDATE_RATE or case.seen.message.checksum_status == "bad":
        return ()
    sent = [(frame.time_ns, frame) for frame in (*before, case.seen.frame)]
    seen, unsure = f"{MAX_UPDATE_RATE + 1} within 0.9 s", not is_one_node or may_be_held(case, sent)
    return (Breach(f"{MAX_UPDATE_RATE} a second at most", seen, before=before, inconclusive=unsure),)


def _before(case: Case) -> tuple[Frame, ...]:
    return _updates_before(case) if case.seen.message.type == "binding_update" else _tests_asked_before(case)


def _from_one_address(update: Update, surroundings: Surroundings) -> tuple[Frame, ...]:
    """The frames of the last three updates from this care-of address to the peer, for several home addresses."""
    if not update.has_home_address_option or update.source == update.home_address:
        return ()
    sent = surroundings.known(Senders).latest(update.source, update.peer)
    if len(sent) < MAX_UPDATE_RATE or not _is_within(sent[0][0], update.time_ns):
        return ()
    return tuple(frame for _, frame, _ in sent)


def _is_untranslated(case: Case) -> bool:
    """Whether the source is surely one mobile node's own: the message itself names it, and is no mobile router's."""
    update = case.update
    if update is None or "R" in update.flags:
        return False
    return has_option(case.seen.message, AlternateCareOfAddress) and update.care_of_address == update.source


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
    """Whether it was so soon; where no time has passed since 1970 the capture has no times."""
    return now_ns > 0 and 0 <= now_ns - earlier_ns < SURELY_WITHIN_A_SECOND_NS
