"""Options of RFC 6275 itself, and KAME's Unique Identifier."""

from __future__ import annotations

from dissectors.options.header import MobilityOption
from dissectors.spec import fields as wire
from dissectors.spec import option


@option("mobility_option", 2, title="Binding Refresh Advice", rfc="RFC 6275, 6.2.4", align=(2, 0))
class BindingRefreshAdvice(MobilityOption):
    """In a Binding Acknowledgement: how soon the home agent wants to be asked again."""

    refresh_interval_s: int = wire.uint(16, "Seconds", unit=4)


@option("mobility_option", 3, title="Alternate Care-of Address", rfc="RFC 6275, 6.2.5", align=(8, 6))
class AlternateCareOfAddress(MobilityOption):
    """In a Binding Update: the care-of address, where it isn't the packet's source."""

    care_of_address: bytes = wire.address()


@option("mobility_option", 4, title="Nonce Indices", rfc="RFC 6275, 6.2.6", align=(2, 0))
class NonceIndices(MobilityOption):
    """In a Binding Update to a correspondent: which nonces made the keygen tokens."""

    home_nonce_index: int = wire.uint(16)
    care_of_nonce_index: int = wire.uint(16)


@option("mobility_option", 5, title="Authorization Data", rfc="RFC 6275, 6.2.7", align=(8, 2), last=True)
class BindingAuthorizationData(MobilityOption):
    """The proof that the return routability procedure was run; the last option."""

    authenticator: bytes = wire.octets_tail("96 bits")


@option("mobility_option", None, title="Unique Identifier", rfc="draft-ietf-mobileip-ipv6-19", align=(2, 0))
class UniqueIdentifier(MobilityOption):
    """Draft 19's option to match requests with answers; only in the profile `kame2003`."""

    unique_identifier: int = wire.uint(16)
