"""Rules for Binding Acknowledgements of correspondents (RFC 6275, 5.2.6, 9.5.1 and 9.5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from dissectors.options.binding import AlternateCareOfAddress, BindingAuthorizationData, NonceIndices
from dissectors.options.header import Pad1, PadN
from dissectors.profile import KAME2003
from mhatool.exchange import Acknowledgement, Exchange, Latest, Recent, Update
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol.lifetime import MAX_RR_BINDING_LIFETIME_S
from mhatool.validate.authenticators import Keys, right_authenticator
from mhatool.validate.binding_facts import (
    LIFETIME,
    PERMANENT_HOME_KEYGEN_TOKEN,
    SEQUENCE_NUMBER,
    has_other_proof,
    is_damaged,
    is_to_correspondent,
    kind,
    option,
    shows_all_options,
    uses_permanent_token,
)
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import CORRESPONDENT, LONG, NAKED, UNUSUAL
from mhatool.validate.surroundings import knowledge

NONCE_REFUSALS = (136, 137, 138)
"""Expired home nonce index, expired care-of nonce index, expired nonces."""
MOST_UPDATES = 8_000
MOST_TOKENS = 10_000
_OF_THE_BASE = frozenset({Pad1, PadN, AlternateCareOfAddress, NonceIndices, BindingAuthorizationData})
"""The options of RFC 6275 itself: none of them is another proof."""
_make = tuple.__new__
_HOME_ADDRESS_ALONE = ("destination_options",)
"""The headers of an update that only carries its home address."""


class Carried(NamedTuple):
    """What vouches for an update to a correspondent."""

    has_nonces: bool
    has_authorization: bool
    has_other: bool


class Proof(NamedTuple):
    """That of an update as it was seen."""

    seen: Seen
    carried: Carried


@knowledge("binding_update", only=CORRESPONDENT)
class Proofs:
    """What the latest updates to correspondents carried as proof."""

    def __init__(self) -> None:
        self._by_update: Recent[tuple[bytes, bytes, int], Proof] = Recent(MOST_UPDATES)

    def see(self, seen: Seen) -> None:
        """Take in a Binding Update; those to home agents, cut and damaged ones leave nothing."""
        message, datagram = seen.message, seen.datagram
        if message.checksum_status == "bad":
            return
        carried = _carried(seen)
        if carried is not None:
            at = message.start + SEQUENCE_NUMBER
            number = message.octets[at] << 8 | message.octets[at + 1]
            update = (datagram.source, datagram.true_destination, number)
            self._by_update.note(update, _make(Proof, (seen, carried)), seen.time_ns)

    def of(self, update: Update) -> Proof | None:
        """That of an update; None where it isn't known."""
        return self._by_update.get((update.source, update.peer, update.sequence_number))

    def lacks(self, update: Update) -> bool:
        """Whether an update surely carried none: its receiver discards it, and anybody may have sent it."""
        proof = self.of(update)
        return proof is not None and not proof.carried.has_authorization and not proof.carried.has_other


@knowledge("binding_acknowledgement", only=CORRESPONDENT | UNUSUAL)
class PermanentTokens:
    """Who was granted a permanent home keygen token by whom (RFC 4866): then later updates carry no other proof."""

    def __init__(self) -> None:
        self._granted: Latest[tuple[bytes, bytes], bool] = Latest(MOST_TOKENS)

    def see(self, seen: Seen) -> None:
        """Take in an acknowledgement."""
        if is_damaged(seen.message):
            return
        if any(kind(found) == PERMANENT_HOME_KEYGEN_TOKEN for found in seen.message.options):
            self._granted.note((seen.datagram.true_destination, seen.datagram.true_source), True)

    def has(self, home_address: bytes, correspondent: bytes) -> bool:
        """Whether a home address has one from that correspondent."""
        return (home_address, correspondent) in self._granted


def _carried(seen: Seen) -> Carried | None:
    """None for an update to a home agent, and one that doesn't show all. It is the same in all messages of a form."""
    form = seen.message.form
    if form is None:
        return _read(seen)
    if _read not in form.known:
        form.known[_read] = _read(seen)
    carried: Carried | None = form.known[_read]
    return carried


def _read(seen: Seen) -> Carried | None:
    message, datagram = seen.message, seen.datagram
    known = message.value
    if known is None or not is_to_correspondent(message) or not shows_all_options(seen):
        return None
    kinds = frozenset(map(type, known.options))
    has_other = not kinds <= _OF_THE_BASE or datagram.headers != _HOME_ADDRESS_ALONE
    has_other = has_other and has_other_proof(message, datagram)
    return Carried(NonceIndices in kinds, BindingAuthorizationData in kinds, has_other)


def _correspondents(case: Case) -> tuple[Acknowledgement, Exchange] | None:
    """The acknowledgement and its exchange, where both are whole and a correspondent was asked."""
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if acknowledgement is None or exchange is None or not acknowledgement.trusted:
        return None
    update = exchange.update
    if "H" in update.flags or "M" in update.flags or not update.trusted or update.truncated:
        return None
    return acknowledgement, exchange


def _proof(case: Case, exchange: Exchange) -> Proof | None:
    return case.surroundings.known(Proofs).of(exchange.update)


@rule(
    "MIP6-BA-008",
    "A correspondent's acknowledgement carries Authorization Data",
    reference="RFC 6275, 9.5.4",
    role="CN",
    scope="exchange",
    needs="A Binding Update to a correspondent and its whole acknowledgement",
    on=("binding_acknowledgement",),
    only=CORRESPONDENT | NAKED,
)
def is_authorized(case: Case) -> Iterable[Breach]:
    """A correspondent's Binding Acknowledgement carries Authorization Data, made with the key of the Binding Update.

    Otherwise anybody could tell a mobile node that its correspondent has no binding; the mobile node ignores it
    (11.7.3). Only with 136, 137 and 138 it is missing: there is no key then (MIP6-BA-012). Not judged: what IPsec or
    the options of RFC 4866 and RFC 4285 protect, and answers to updates without Authorization Data: nobody can have
    made a key for those, and there shouldn't be any (MIP6-BA-012). (That the option is the last one is MIP6-OPT-008's,
    the authenticator in it MIP6-RR-007's.)
    """
    answer = case.acknowledgement
    if answer is None or answer.is_authorized or answer.status in NONCE_REFUSALS:
        return ()
    known = _correspondents(case)
    if known is None:
        return ()
    exchange, message = known[1], case.seen.message
    if not shows_all_options(case.seen) or has_other_proof(message, case.seen.datagram):
        return ()
    proof = _proof(case, exchange)
    if proof is not None and not proof.carried.has_authorization:
        return ()
    return (Breach("Authorization Data", "none", before=(exchange.update.frame,)),)


@rule(
    "MIP6-BA-012",
    "Who can't prove itself gets no acknowledgement, expired nonces no authorization",
    reference="RFC 6275, 9.5.1 and 9.5.4",
    role="CN",
    scope="exchange",
    needs="A Binding Update to a correspondent and its whole acknowledgement",
    on=("binding_acknowledgement",),
    level="MUST NOT",
    only=CORRESPONDENT,
)
def keeps_silent(case: Case) -> Iterable[Breach]:
    """A correspondent discards an update without Authorization Data, or with wrong ones, silently, whatever A says.

    An answer would tell strangers about bindings, and let them use the correspondent to flood somebody. Refusals for
    expired nonces (136 to 138) are sent, but without Authorization Data: the correspondent has no key any more that
    it could have made them with. Authenticators are computed where the tokens were captured (MIP6-RR-007). Status 135
    tells another number than that of the update which it refuses, so whose answer it is is inconclusive. Updates under
    IPsec or RFC 4866 aren't judged.
    """
    known = _correspondents(case)
    if known is None:
        return ()
    acknowledgement, exchange = known
    before = (exchange.update.frame,)
    if acknowledgement.status in NONCE_REFUSALS and acknowledgement.is_authorized:
        found = option(case.seen.message, "binding_authorization_data")
        at = found.start if found is not None else None
        return (
            Breach(f"no Authorization Data with status {acknowledgement.status}", "Authorization Data", at, before),
        )
    if case.surroundings.known(Keys).of(exchange.update) is not None:
        return ()
    proof = _proof(case, exchange)
    if proof is None or proof.carried.has_other or exchange.acknowledgement is not acknowledgement:
        return ()
    unsure = acknowledgement.status == SEQUENCE_NUMBER_OUT_OF_WINDOW
    if not proof.carried.has_authorization:
        expected = "no answer to an update without Authorization Data"
        return (Breach(expected, "an acknowledgement", before=before, inconclusive=unsure),)
    if acknowledgement.status not in NONCE_REFUSALS and _is_wrong(case, exchange, proof.seen):
        expected = "no answer to an update with a wrong authenticator"
        return (Breach(expected, "an acknowledgement", before=before, inconclusive=unsure),)
    return ()


def _is_wrong(case: Case, exchange: Exchange, seen: Seen) -> bool:
    """Whether the update's authenticator is known to be wrong."""
    if seen.message.profile is KAME2003:
        return False
    asked = Case(seen, case.surroundings, case.conversation, exchange, update=exchange.update)
    return any(True for _ in right_authenticator(asked))


@rule(
    "MIP6-LIFE-002",
    "A correspondent grants 420 s at most",
    reference="RFC 6275, 5.2.6",
    role="CN",
    scope="exchange",
    needs="A Binding Update to a correspondent and its acknowledgement",
    on=("binding_acknowledgement",),
    only=CORRESPONDENT | LONG,
)
def grants_no_more(case: Case) -> Iterable[Breach]:
    """A binding that rests on return routability lives MAX_RR_BINDING_LIFETIME, 420 s, at most.

    Who once saw both tokens could divert the traffic for as long as the binding lives, so the proof has to be repeated
    (15.4.5). Bindings by configured keys (RFC 4449) and by RFC 4866 may live longer: without Nonce Indices in the
    update nothing is judged, nor where the correspondent has granted a permanent token. A home nonce index of 0 stands
    for one: inconclusive.
    """
    answer = case.acknowledgement
    if answer is None or answer.lifetime_s <= MAX_RR_BINDING_LIFETIME_S or not answer.accepts:
        return ()
    known = _correspondents(case)
    if known is None:
        return ()
    exchange, granted = known[1], answer.lifetime_s
    proof = _proof(case, exchange)
    if proof is None or not proof.carried.has_nonces or proof.carried.has_other:
        return ()
    if case.surroundings.known(PermanentTokens).has(exchange.update.home_address, exchange.update.peer):
        return ()
    at, before = case.seen.message.start + LIFETIME, (exchange.update.frame,)
    expected, unsure = f"a lifetime of {MAX_RR_BINDING_LIFETIME_S} s or less", uses_permanent_token(proof.seen.message)
    return (Breach(expected, f"{granted} s", at, before, inconclusive=unsure),)
