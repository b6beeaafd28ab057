"""Facts of binding messages that several rules need, read from the octets as they stand, broken ones included."""

from __future__ import annotations

from dissectors.options.binding import AlternateCareOfAddress
from dissectors.options.extensions import BindingIdentifier
from dissectors.options.identity import MobilityMessageAuthentication
from dissectors.packet import Datagram
from dissectors.spec import Option
from dissectors.view import View
from mhatool.validate.seen import Seen

STATUS, ACKNOWLEDGEMENT_FLAGS, FLAGS, LIFETIME, OPTIONS = 6, 7, 8, 10, 12
"""Where fields of Binding Updates and Acknowledgements stand, counted from the start of the Mobility Header."""
SEQUENCE_NUMBER = 6
"""That of a Binding Update."""
_SOURCE = 8
_NO_FLAGS: frozenset[str] = frozenset()
_NOT_TO_CORRESPONDENTS = frozenset("HMP")
_AUTHENTICATION = MobilityMessageAuthentication.__declaration__.symbol
PERMANENT_HOME_KEYGEN_TOKEN = 14
"""The option by which a correspondent grants one (RFC 4866)."""
_CGA_OPTIONS = frozenset(range(11, 17))
"""Options of RFC 4866, by which correspondents trust updates without a whole return routability procedure."""


def is_damaged(message: View) -> bool:
    """Whether its checksum is wrong: then no field says anything for certain."""
    return message.checksum_status == "bad"


def raw_flags(message: View) -> frozenset[str]:
    """A Binding Update's or Acknowledgement's flags as they stand; none where it is too short."""
    form = message.form
    flags: frozenset[str] | None = form.known.get(raw_flags) if form is not None else None
    if flags is None:
        known = message.value
        flags = known.flags if known is not None else message.get("flags", _NO_FLAGS)
        if form is not None:
            form.known[raw_flags] = flags  # they are the same in all messages of a form
    return flags


def flags_of(message: View) -> frozenset[str]:
    """The flags, none where nothing can be said by them.

    That is: a proxy's (P flag, RFC 5213), one that is too short, one whose checksum is wrong.
    """
    flags = raw_flags(message)
    return _NO_FLAGS if "P" in flags or message.checksum_status == "bad" else flags


def lifetime_of(message: View) -> int | None:
    """Its lifetime in seconds; None where it is too short."""
    known = message.value
    lifetime_s: int | None = known.lifetime_s if known is not None else message.get("lifetime_s")
    return lifetime_s


def is_to_correspondent(message: View) -> bool:
    """Whether a Binding Update is for a correspondent: no home registration, none at a MAP (RFC 5380), no proxy's."""
    if message.checksum_status == "bad" or not raw_flags(message).isdisjoint(_NOT_TO_CORRESPONDENTS):
        return False
    return lifetime_of(message) is not None


def shows_all_options(seen: Seen) -> bool:
    """Whether what isn't there was never sent: a whole, well-formed message, with nothing left over behind it."""
    return not seen.left_over and seen.message.value is not None


def has_option(message: View, wanted: type[Option]) -> bool:
    """Whether an option of a kind is there."""
    known = message.value
    if known is None:
        return option(message, wanted.__declaration__.symbol) is not None
    return wanted in map(type, known.options)


def option(message: View, symbol: str) -> View | None:
    """The first option of a kind, as it stands in the frame."""
    return message.option(symbol)


def kind(found: View) -> int:
    """An option's type as it stands on the wire."""
    return found.octets[found.start]


def has_other_proof(message: View, datagram: Datagram) -> bool:
    """Whether something else than return routability may vouch for a message: IPsec, RFC 4866 or RFC 4285."""
    if "esp" in datagram.headers or "ah" in datagram.headers:
        return True
    return any(kind(found) in _CGA_OPTIONS or found.type == _AUTHENTICATION for found in message.options)


def names_care_of_addresses(message: View) -> bool:
    """Whether Binding Identifiers hold care-of addresses: several bindings in one update (RFC 5648)."""
    return any(found.get("care_of_address") for found in _binding_identifiers(message))


def is_at_home_too(message: View) -> bool:
    """Whether a Binding Identifier has the H flag: the home address is a care-of address beside others (RFC 5648)."""
    return any("H" in found.get("flags", _NO_FLAGS) for found in _binding_identifiers(message))


def _binding_identifiers(message: View) -> list[View]:
    if not has_option(message, BindingIdentifier):
        return []
    return [found for found in message.options if found.type == BindingIdentifier.__declaration__.symbol]


def uses_permanent_token(message: View) -> bool:
    """Whether a Binding Update's home nonce index is 0: it uses a permanent home keygen token (RFC 4866)."""
    indices = option(message, "nonce_indices")
    return indices is not None and indices.get("home_nonce_index") == 0


def care_of_address(message: View, datagram: Datagram) -> bytes:
    """The Alternate Care-of Address, or the source."""
    known = message.value
    if known is not None:
        for found in known.options:
            if found.__class__ is AlternateCareOfAddress:
                address: bytes = found.care_of_address
                return address
        return datagram.source
    alternate = option(message, "alternate_care_of_address")
    shown: bytes | None = alternate.get("care_of_address") if alternate is not None else None
    return shown if shown is not None else datagram.source


def source_offset(datagram: Datagram) -> int:
    """Where the IPv6 source address stands in the frame."""
    return datagram.ipv6.start + _SOURCE
