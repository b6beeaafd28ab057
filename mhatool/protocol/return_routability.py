"""Return routability as arithmetic: keygen tokens, the binding management key and the proof that is computed with it.

Source: RFC 6275, 5.2.3 and 5.2.5 (the tokens), 5.2.5 (the key), 5.2.6 and 6.2.7 (the authenticator).
"""

from __future__ import annotations

import hashlib
import hmac

AUTHENTICATOR_SIZE = 12
"""Octets: the first 96 bits of the HMAC."""
TOKEN_SIZE = 8
"""Octets: the first 64 bits of the HMAC."""
_CHECKSUM = 4
_NO_CHECKSUM = bytes(2)
_BLOCK = 64
"""Octets of a block of SHA-1."""
_INNER_PAD, _OUTER_PAD = (bytes(octet ^ pad for octet in range(256)) for pad in (0x36, 0x5C))
_HOME, _CARE_OF = b"\0", b"\1"
"""What tells the two tokens apart where both are of one address."""


def home_keygen_token(node_key: bytes, home_address: bytes, nonce: bytes) -> bytes:
    """What a Home Test carries, 8 octets: only who has the node key and the nonce can make it again."""
    return hmac.digest(node_key, home_address + nonce + _HOME, "sha1")[:TOKEN_SIZE]


def care_of_keygen_token(node_key: bytes, care_of_address: bytes, nonce: bytes) -> bytes:
    """What a Care-of Test carries, 8 octets."""
    return hmac.digest(node_key, care_of_address + nonce + _CARE_OF, "sha1")[:TOKEN_SIZE]


def binding_key(home_keygen_token: bytes, care_of_keygen_token: bytes = b"") -> bytes:
    """Kbm, 20 octets: the hash of both tokens, or of the home keygen token alone to delete a binding."""
    return hashlib.sha1(home_keygen_token + care_of_keygen_token).digest()


def authenticator(
    key: bytes, care_of_address: bytes, correspondent: bytes, mobility_header: bytes, *, at: int
) -> bytes:
    """The 12 octets that Authorization Data carry in a Binding Update or Acknowledgement.

    `care_of_address` is the one to be registered, the home address for a deletion; `at` is where the authenticator
    stands in the Mobility Header. It is left out of what is hashed, and the checksum counts as zero (6.2.7).
    """
    header = mobility_header
    hashed = header[:_CHECKSUM] + _NO_CHECKSUM + header[_CHECKSUM + 2 : at] + header[at + AUTHENTICATOR_SIZE :]
    return _hmac_sha1(key, care_of_address + correspondent + hashed)[:AUTHENTICATOR_SIZE]


def _hmac_sha1(key: bytes, text: bytes) -> bytes:
    """RFC 2104 for a key of at most a block. For texts as short as these `hmac.digest` takes twice the time."""
    block = key.ljust(_BLOCK, b"\0")
    inner = hashlib.sha1(block.translate(_INNER_PAD) + text).digest()
    return hashlib.sha1(block.translate(_OUTER_PAD) + inner).digest()


__all__ = [
    "AUTHENTICATOR_SIZE",
    "TOKEN_SIZE",
    "authenticator",
    "binding_key",
    "care_of_keygen_token",
    "home_keygen_token",
]
