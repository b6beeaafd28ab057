"""The proof between mobile node and home agent without IPsec: RFC 4285, section 5, with HMAC-SHA-1 cut to 96 bits."""

from __future__ import annotations

import hmac

AUTHENTICATOR_SIZE = 12
"""Octets: the first 96 bits of the HMAC."""
MN_HA = 1
"""The option's subtype where mobile node and home agent share the key."""
LEAST_SPI = 256
"""Indices below are reserved (RFC 4285, 5)."""
_CHECKSUM = 4


def authenticator(key: bytes, care_of_address: bytes, home_address: bytes, mobility_header: bytes) -> bytes:
    """The 12 octets that end a Mobility Header whose last option is the authentication option.

    `mobility_header` is whole, those 12 octets included; it is hashed up to and including the SPI, its checksum as
    zero. `care_of_address` is the one that is registered: the Alternate Care-of Address option's where there is one.
    """
    covered = mobility_header[:_CHECKSUM] + bytes(2) + mobility_header[_CHECKSUM + 2 : -AUTHENTICATOR_SIZE]
    return hmac.digest(key, care_of_address + home_address + covered, "sha1")[:AUTHENTICATOR_SIZE]


__all__ = ["AUTHENTICATOR_SIZE", "LEAST_SPI", "MN_HA", "authenticator"]
