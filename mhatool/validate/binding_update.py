"""Rules for Binding Updates (RFC 6275, 6.1.7, 9.5.1, 11.5.5, 11.7.1 and 11.7.2)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.ipv6 import address
from dissectors.options.binding import AlternateCareOfAddress, BindingAuthorizationData, NonceIndices
from dissectors.options.identity import MobilityMessageAuthentication
from mhatool.exchange import Update
from mhatool.protocol.lifetime import MAX_RR_BINDING_LIFETIME_S
from mhatool.validate.binding_facts import (
    FLAGS,
    LIFETIME,
    care_of_address,
    flags_of,
    has_option,
    has_other_proof,
    is_at_home_too,
    is_damaged,
    is_to_correspondent,
    lifetime_of,
    names_care_of_addresses,
    option,
    raw_flags,
    shows_all_options,
    source_offset,
    uses_permanent_token,
)
from mhatool.validate.finding import Severity
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.situation import BARE

_NO_SOURCES = frozenset({address.UNSPECIFIED, address.LOOPBACK})
"""The unspecified and the loopback address (RFC 4291, 2.5.2 and 2.5.3)."""
_UPDATE = "The whole Binding Update, with the extension headers before it"
_FIXED = "The fixed fields of the Binding Update"


@rule(
    "MIP6-BU-001",
    "A home registration asks for an acknowledgement",
    reference="RFC 6275, 11.7.1",
    role="MN",
    scope="packet",
    needs=_FIXED,
    on=("binding_update",),
)
def asks_for_acknowledgement(case: Case) -> Iterable[Breach]:
    """A Binding Update with the H flag has the A flag too, also when it deletes the binding on return (11.5.5).

    Without an acknowledgement a mobile node doesn't know whether anybody defends its home address, nor for how long.
    The home agent answers in any case (10.3.1).
    """
    message = case.seen.message
    flags = flags_of(message)
    if "H" not in flags or "A" in flags:
        return ()
    return (Breach("the flags A and H", "H without A", message.start + FLAGS),)


@rule(
    "MIP6-BU-002",
    "A home registration carries the home address",
    reference="RFC 6275, 11.7.1",
    role="MN",
    scope="exchange",
    needs="The Binding Update with the extension headers before it",
    on=("binding_update",),
    only=BARE,
)
def carries_home_address(case: Case) -> Iterable[Breach]:
    """A Binding Update to a home agent (H flag) names the home address in a Home Address option.

    Except when the mobile node is back home: then it sends from the home address itself, and deletes its binding with
    lifetime 0 (11.5.5). So without the option a lifetime over 0 is always a breach; with lifetime 0 it is one where the
    source is known as this mobile node's care-of address from earlier updates to the same home agent. The home agent
    finds security association and binding by that address. Who is on the home link and a foreign one at once says so by
    the H flag of a Binding Identifier (RFC 5648), and registers from home.
    """
    update = case.update
    if update is None or update.has_home_address_option or not update.is_home_registration:
        return ()
    source = address.text(update.source)
    if update.home_address != update.source:
        home = address.text(update.home_address)
        return (Breach(f"a Home Address option with {home}", f"none, from the care-of address {source}"),)
    if update.lifetime_s == 0 or is_at_home_too(case.seen.message):
        return ()
    return (Breach("a Home Address option, or a lifetime of 0", f"none, from {source} for {update.lifetime_s} s"),)


@rule(
    "MIP6-BU-003",
    "A home registration carries an Alternate Care-of Address",
    reference="RFC 6275, 11.7.1",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
    profiles=("rfc6275",),
)
def carries_alternate(case: Case) -> Iterable[Breach]:
    """A Binding Update that registers at a home agent has the care-of address in an Alternate Care-of Address option.

    ESP doesn't protect the IPv6 header: somebody on the way could put another source address there and so divert the
    traffic. AH protects it, and so does the authentication option of RFC 4285, which covers the care-of address: with
    one of these the option may be missing. It need not equal the source. So it may where Binding Identifiers hold the
    care-of addresses (RFC 5648). Deletions from home, updates that lack their home address (MIP6-BU-002), and those of
    a mobile node that is at home as well (RFC 5648, H flag) aren't judged.
    """
    message, datagram = case.seen.message, case.seen.datagram
    if "H" not in flags_of(message) or datagram.home_address is None or not shows_all_options(case.seen):
        return ()
    if not lifetime_of(message) or has_option(message, AlternateCareOfAddress):
        return ()
    if has_option(message, MobilityMessageAuthentication) or any(e.type == "ah" for e in datagram.extensions):
        return ()
    if names_care_of_addresses(message) or is_at_home_too(message):
        return ()
    return (Breach(f"an Alternate Care-of Address, such as {address.text(datagram.source)}", "none"),)


@rule(
    "MIP6-BU-004",
    "Reserved flags of a Binding Update are zero",
    reference="RFC 6275, 6.1.7",
    role="MN",
    scope="packet",
    needs=_FIXED,
    on=("binding_update",),
    severity=Severity.WARNING,
)
def reserved_flags_are_zero(case: Case) -> Iterable[Breach]:
    """The flags that nobody has defined are sent as zero; a receiver ignores them.

    Defined are IANA's A H L K M R P F T B S D, 0x8000 to 0x0010, in draft 19 (profile kame2003) A H S D L and the
    paper's M. A node that understands a reserved bit one day would misread the message.
    """
    message = case.seen.message
    reserved = sorted(flag for flag in raw_flags(message) if flag.startswith("0x"))
    if not reserved or is_damaged(message):
        return ()
    return (Breach("reserved flags of 0", f"set: {', '.join(reserved)}", message.start + FLAGS),)


@rule(
    "MIP6-BU-005",
    "No K flag to correspondents",
    reference="RFC 6275, 6.1.7",
    role="MN",
    scope="packet",
    needs=_FIXED,
    on=("binding_update",),
    profiles=("rfc6275",),
)
def no_key_management_with_correspondents(case: Case) -> Iterable[Breach]:
    """The K flag is set in Binding Updates to home agents only; correspondents ignore it.

    It says that the key management connection between mobile node and home agent survives movements, and there is
    none with a correspondent. Whether keys were configured by hand, so that K has to be 0 to a home agent as well, no
    packet tells.
    """
    message = case.seen.message
    flags = flags_of(message)
    if "K" not in flags or not is_to_correspondent(message):
        return ()
    return (Breach("no K flag in an update to a correspondent", "K", message.start + FLAGS),)


@rule(
    "MIP6-BU-007",
    "A home registration has no Nonce Indices",
    reference="RFC 6275, 9.5.1",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
    level="MUST NOT",
)
def no_nonces_for_home_agents(case: Case) -> Iterable[Breach]:
    """With the H flag there is no Nonce Indices option: nonces come from correspondents (6.2.6).

    A home agent discards the update silently. Authorization Data in a home registration isn't forbidden in so many
    words: section 5.1 leaves room for other ways to agree on a key, and KAME of 2003 used it.
    """
    message = case.seen.message
    if "H" not in flags_of(message) or not has_option(message, NonceIndices):
        return ()
    found = option(message, "nonce_indices")
    at = found.start if found is not None else None
    return (Breach("no Nonce Indices in a home registration", "Nonce Indices", at),)


@rule(
    "MIP6-BU-008",
    "The home address as care-of address means lifetime 0",
    reference="RFC 6275, 6.1.7",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
)
def deletes_with_lifetime_0(case: Case) -> Iterable[Breach]:
    """A Binding Update whose care-of address is the home address deletes the binding, so its lifetime is 0.

    Receivers take either for a deletion (9.5.1): with another lifetime they delete what the mobile node may believe to
    have for that long. The other way round, lifetime 0 with another care-of address, is allowed where the mobile node
    deletes from abroad. With the H flag of a Binding Identifier (RFC 5648) the home address is a care-of address beside
    others. Home registrations without Home Address option are MIP6-BU-002's and MIP6-DEREG-001's.
    """
    message, datagram = case.seen.message, case.seen.datagram
    lifetime_s = lifetime_of(message)
    if not lifetime_s or message.truncated or is_damaged(message) or "P" in raw_flags(message):
        return ()
    if datagram.home_address is None and "H" in flags_of(message):
        return ()
    if care_of_address(message, datagram) != datagram.true_source or is_at_home_too(message):
        return ()
    home = address.text(datagram.true_source)
    seen = f"{lifetime_s} s for the care-of address {home}"
    return (Breach("a lifetime of 0 with the home address as care-of address", seen, message.start + LIFETIME),)


@rule(
    "MIP6-BU-012",
    "Care-of and home addresses can be routed to, and not in circles",
    reference="RFC 6275, 6.1.7 and 9.5.1",
    role="MN",
    scope="exchange",
    needs=_UPDATE,
    on=("binding_update",),
)
def can_be_routed(case: Case) -> Iterable[Breach]:
    """The source of a Binding Update, which is its care-of or home address, is a unicast routable address.

    Where an Alternate Care-of Address stands for it, the source still has to be one that a packet can come from: not a
    multicast, loopback or unspecified address, and a link-local one is inconclusive, for the peer may be on the link.
    And the care-of address isn't a home address whose own binding at that peer leads back here: packets would circle
    between the two. A receiver discards such updates silently, or answers 174. (Addresses inside options are
    MIP6-OPT-006's and MIP6-HAO-004's.)
    """
    update = case.update
    if update is None or not update.trusted:
        return ()
    if not address.is_routable_unicast(update.source) and (breach := _source_breach(case, update)) is not None:
        return (breach,)
    if update.care_of_address == update.home_address:
        return ()
    other = case.surroundings.conversations.get(update.care_of_address, update.peer)
    newest = other.recent[-1] if other is not None and other.recent else None
    if newest is None or newest.acknowledgement is None or not newest.acknowledgement.accepts:
        return ()
    back, now = newest.update, case.seen.time_ns
    lives = now - newest.acknowledgement.time_ns < newest.acknowledgement.lifetime_s * 1_000_000_000
    if back.deletes or not lives or back.care_of_address != update.home_address:
        return ()
    care_of, home = address.text(update.care_of_address), address.text(update.home_address)
    expected = f"a care-of address that isn't itself away at {home}"
    seen = f"{care_of}, whose own care-of address is {home}"
    return (Breach(expected, seen, before=(back.frame,), inconclusive=back.truncated),)


def _source_breach(case: Case, update: Update) -> Breach | None:
    """What is wrong with a source that isn't unicast and routable; None where it is no care-of or home address."""
    source = update.source
    is_meant = update.care_of_address == source or not update.has_home_address_option
    is_link_local = address.is_link_local(source)
    if not (is_meant or is_link_local or address.is_multicast(source) or source in _NO_SOURCES):
        return None
    at = source_offset(case.seen.datagram)
    unsure = is_link_local and not is_meant
    return Breach("a unicast routable source address", address.text(source), at, inconclusive=unsure)


@rule(
    "MIP6-BU-013",
    "An update to a correspondent proves that return routability was run",
    reference="RFC 6275, 9.5.1",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
)
def proves_return_routability(case: Case) -> Iterable[Breach]:
    """Without the H flag a Binding Update has Nonce Indices and Authorization Data, deletions too.

    They show that the sender can be reached at both addresses; a correspondent discards an update without them
    silently, or anybody could divert anybody's traffic. Not judged: updates under IPsec, and those with options of
    RFC 4866 or RFC 4285. With Authorization Data alone the key may have been configured (RFC 4449), so that is only
    inconclusive.
    """
    message = case.seen.message
    if not is_to_correspondent(message) or not shows_all_options(case.seen):
        return ()
    if has_other_proof(message, case.seen.datagram):
        return ()
    has_nonces = has_option(message, NonceIndices)
    has_data = has_option(message, BindingAuthorizationData)
    if has_nonces and has_data:
        return ()
    missing = [title for title, there in (("Nonce Indices", has_nonces), ("Authorization Data", has_data)) if not there]
    seen = f"no {' and no '.join(missing)}"
    return (Breach("Nonce Indices and Authorization Data", seen, inconclusive=has_data),)


@rule(
    "MIP6-LIFE-003",
    "No correspondent is asked for more than 420 s",
    reference="RFC 6275, 5.2.6",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
    level="-",
    severity=Severity.NOTE,
)
def asks_for_no_more_than_granted(case: Case) -> Iterable[Breach]:
    """Bindings that rest on return routability live MAX_RR_BINDING_LIFETIME, 420 s, at most.

    The limit is the correspondent's to keep (MIP6-LIFE-002). A mobile node that asks for more may, without an
    acknowledgement, believe in a binding that is gone, and lose its packets until a Binding Error tells it. A home
    nonce index of 0 stands for a permanent token (RFC 4866): such bindings may live longer.
    """
    message = case.seen.message
    lifetime_s = lifetime_of(message)
    if lifetime_s is None or lifetime_s <= MAX_RR_BINDING_LIFETIME_S or not is_to_correspondent(message):
        return ()
    if message.truncated or not has_option(message, NonceIndices) or has_other_proof(message, case.seen.datagram):
        return ()
    if uses_permanent_token(message):
        return ()
    expected = f"a lifetime of {MAX_RR_BINDING_LIFETIME_S} s or less"
    return (Breach(expected, f"{lifetime_s} s", message.start + LIFETIME),)


@rule(
    "MIP6-DEREG-001",
    "Back home the care-of address is the home address",
    reference="RFC 6275, 11.5.5",
    role="MN",
    scope="packet",
    needs=_UPDATE,
    on=("binding_update",),
)
def names_home_on_return(case: Case) -> Iterable[Breach]:
    """A mobile node that is back deletes its binding from its home address, which is the care-of address as well.

    So a Binding Update with H, lifetime 0 and no Home Address option has no Alternate Care-of Address, or the source
    in it. A home agent deletes the binding anyway, but moves keys to a place where nobody is (10.3.2). The A flag is
    MIP6-BU-001's.
    """
    message, datagram = case.seen.message, case.seen.datagram
    if datagram.home_address is not None or lifetime_of(message) != 0 or "H" not in flags_of(message):
        return ()
    alternate = option(message, "alternate_care_of_address")
    named = alternate.get("care_of_address") if alternate is not None else None
    if alternate is None or named is None or named == datagram.source:
        return ()
    expected = f"an Alternate Care-of Address of {address.text(datagram.source)}, or none"
    return (Breach(expected, address.text(named), alternate.start + 2),)
