"""A registration at a correspondent, octet by octet: the tests of return routability, updates and answers with proofs.

The key and the authenticators are computed as RFC 6275, 5.2.5 and 6.2.7, says: Kbm = SHA1(home keygen token | care-of
keygen token); the first 12 octets of HMAC_SHA1(Kbm, care-of address | correspondent | Mobility Header without
authenticator, its checksum zero).
"""

import hashlib
import hmac
import struct

from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, tunnel
from tests.recipes.example import Packet
from tests.recipes.packets import (
    FLAG,
    TOKEN,
    TOKEN2,
    Option,
    authorization,
    ba,
    care_of_test,
    care_of_test_init,
    carried,
    home_bu,
    home_test,
    home_test_init,
    nonce_indices,
    with_options,
)

KEY = hashlib.sha1(TOKEN + TOKEN2).digest()
AUTHENTICATOR = 12


def proven(kind: int, fixed: bytes, *options: Option, key: bytes = KEY) -> bytes:
    """A message's body (all after the checksum) that ends with the right Authorization Data."""
    body = with_options(fixed, (*options, authorization(bytes(AUTHENTICATOR))))
    covered = bytes((59, (len(body) + 6) // 8 - 1, kind, 0, 0, 0)) + body[:-AUTHENTICATOR]
    return body[:-AUTHENTICATOR] + hmac.new(key, CARE1 + PEER + covered, hashlib.sha1).digest()[:AUTHENTICATOR]


def peer_bu(*, flags: str = "A", life: int = 60, seq: int = 1, key: bytes = KEY) -> bytes:
    """From the care-of address to the correspondent."""
    fixed = struct.pack(">HHH", seq, sum(FLAG[letter] for letter in flags), life // 4)
    body = proven(5, fixed, nonce_indices(1, 1), key=key)
    return carried(5, body, CARE1, PEER, home_option=HOME)


def peer_ba(*, life: int = 60, seq: int = 1, status: int = 0) -> bytes:
    """Its answer."""
    body = proven(6, struct.pack(">BBHH", status, 0, seq, life // 4))
    return carried(6, body, PEER, CARE1, routed=HOME)


#: A home registration, then both tests of return routability, as the foreign link shows them: 1.5 s, six packets.
TESTED: tuple[Packet, ...] = (
    (0.0, home_bu()),
    (1.1, ba()),
    (1.2, tunnel(CARE1, AGENT, home_test_init())),
    (1.2, care_of_test_init()),
    (1.4, tunnel(AGENT, CARE1, home_test())),
    (1.4, care_of_test()),
)
