"""Rules for the end of a binding that was asked for (RFC 6275, 9.5.1, 9.5.3 and 10.3.2)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.ipv6 import address
from mhatool.exchange import Acknowledgement, Exchange
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.binding_facts import LIFETIME, STATUS, option
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.several_bindings import has_several_bindings
from mhatool.validate.situation import DELETES

NOT_HOME_AGENT = 133
MAX_DELETE_BCE_TIMEOUT_NS = nanoseconds(10)
"""How long a home agent may keep a deleted entry (RFC 6275, 12)."""
_MULTIPLE_CARE_OF_ADDRESSES = (4, 5)
_EXCHANGE = "A Binding Update that deletes and its acknowledgement"


def _granted_deletion(case: Case) -> tuple[Acknowledgement, Exchange] | None:
    """A deletion that was accepted; None for anything else, and for what can't be trusted."""
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if acknowledgement is None or exchange is None or not acknowledgement.accepts or not exchange.update.deletes:
        return None
    return (acknowledgement, exchange) if exchange.update.trusted else None


@rule(
    "MIP6-BA-010",
    "Who has no binding refuses to delete it",
    reference="RFC 6275, 10.3.2",
    role="HA",
    scope="exchange",
    needs="Two Binding Updates in a row that delete, with their acknowledgements",
    on=("binding_acknowledgement",),
    only=DELETES,
)
def refuses_what_isnt_there(case: Case) -> Iterable[Breach]:
    """A home agent without a binding for the home address refuses its deletion, with status 133.

    A success would tell the mobile node that this was its home agent, while another one goes on tunnelling. It can be
    seen where the same home agent deleted the binding before: more than ten seconds ago (so long it may keep the
    entry), and without another update since, which the next sequence number shows.
    """
    known = _granted_deletion(case)
    if known is None:
        return ()
    acknowledgement, exchange = known
    previous = exchange.previous
    if previous is None or previous.answer is None or "H" not in exchange.update.flags:
        return ()
    before, answer = previous.update, previous.answer
    if not (before.deletes and before.trusted and answer.trusted and answer.accepts and "H" in before.flags):
        return ()
    if sequence.ahead(exchange.update.sequence_number, before.sequence_number) != 1:
        return ()
    if exchange.update.time_ns - answer.time_ns <= MAX_DELETE_BCE_TIMEOUT_NS:
        return ()
    at = case.seen.message.start + STATUS
    frames = (before.frame, answer.frame, exchange.update.frame)
    return (Breach(f"status {NOT_HOME_AGENT}: the binding was deleted", f"{acknowledgement.status}", at, frames),)


@rule(
    "MIP6-BA-011",
    "A granted deletion has status 0 and no refresh advice",
    reference="RFC 6275, 10.3.2",
    role="HA",
    scope="exchange",
    needs=_EXCHANGE,
    on=("binding_acknowledgement",),
    only=DELETES,
)
def grants_plainly(case: Case) -> Iterable[Breach]:
    """A home agent that deletes a binding answers with status 0, lifetime 0 and no Binding Refresh Advice.

    Anything else speaks of a binding that isn't there: status 1 sends the mobile node for prefixes, an advice for a
    refresh. (The lifetime is MIP6-BA-004's, or MIP6-DEREG-006's; the sequence number MIP6-SEQ-006's. Statuses 4 and 5
    belong to several care-of addresses, RFC 5648.)
    """
    known = _granted_deletion(case)
    if known is None or "H" not in known[1].update.flags:
        return ()
    acknowledgement, exchange = known
    message, frames = case.seen.message, (exchange.update.frame,)
    if acknowledgement.status and acknowledgement.status not in _MULTIPLE_CARE_OF_ADDRESSES:
        return (Breach("status 0 for a deletion", str(acknowledgement.status), message.start + STATUS, frames),)
    if acknowledgement.refresh_interval_s is not None:
        found = option(message, "binding_refresh_advice")
        at = found.start if found is not None else None
        return (Breach("no Binding Refresh Advice for a deletion", "one", at, frames),)
    return ()


@rule(
    "MIP6-DEREG-006",
    "The home address as care-of address deletes",
    reference="RFC 6275, 9.5.1 and 9.5.3",
    role="receiver",
    scope="exchange",
    needs="A Binding Update with the home address as care-of address, and its acknowledgement",
    on=("binding_acknowledgement",),
    only=DELETES,
)
def deletes_for_home(case: Case) -> Iterable[Breach]:
    """A Binding Update that names the home address as care-of address deletes the binding, whatever its lifetime.

    So an acknowledgement that accepts it has lifetime 0. A binding from the home address to itself would make the
    receiver send packets in circles. The sender is wrong as well (MIP6-BU-008). A lifetime for an update with lifetime
    0 is MIP6-BA-004's; that nothing is sent by a deleted binding any more is MIP6-LIFE-001's. Mobile nodes with several
    bindings (RFC 5648) aren't judged: they may be at home with one of them.
    """
    known = _granted_deletion(case)
    if known is None:
        return ()
    acknowledgement, exchange = known
    update = exchange.update
    if not acknowledgement.lifetime_s or not update.lifetime_s or has_several_bindings(case):
        return ()
    home = address.text(update.home_address)
    expected = f"a lifetime of 0: the care-of address is the home address {home}"
    at = case.seen.message.start + LIFETIME
    return (Breach(expected, f"{acknowledgement.lifetime_s} s", at, (update.frame,)),)
