"""Whether a Binding Update was allowed by return routability: tokens, nonces, authenticators (RFC 6275, 5.2, 9.4)."""

from __future__ import annotations

import hmac

from dissectors.ipv6.address import is_multicast, is_routable_unicast
from dissectors.mobility.return_routability import CareOfTest, HomeTest
from mhatool.engine.arrival import Arrival
from mhatool.engine.constants import Constants
from mhatool.engine.correspondent.nonces import Nonces
from mhatool.engine.correspondent.request import Request
from mhatool.engine.correspondent.statuses import Status
from mhatool.engine.drops import Drop, DropReason
from mhatool.engine.node import Randomness
from mhatool.engine.sender import Sender
from mhatool.protocol.return_routability import (
    AUTHENTICATOR_SIZE,
    authenticator,
    binding_key,
    care_of_keygen_token,
    home_keygen_token,
)

KEY_SIZE = 20
"""Octets of the node key (RFC 6275, 5.2.1)."""


class Authorization:
    """Answers Home and Care-of Test Inits without keeping anything of them, and checks proofs made from the answers."""

    def __init__(self, constants: Constants, node_key: bytes | None, sender: Sender, randomness: Randomness) -> None:
        self._sender = sender
        self._node_key = node_key if node_key is not None else randomness.randbytes(KEY_SIZE)
        self._nonces = Nonces(constants, randomness)

    def test_home(self, arrival: Arrival) -> Drop | None:
        """Home Test Init: the answer goes to the home address, by the home agent (9.4.1 and 9.4.3)."""
        drop = _unusable(arrival)
        if drop is None:
            index, nonce = self._nonces.current(arrival.now)
            answer = HomeTest(
                home_nonce_index=index,
                home_init_cookie=arrival.message.home_init_cookie,
                home_keygen_token=home_keygen_token(self._node_key, arrival.source, nonce),
                options=(),
            )
            self._sender.send(answer, arrival.true_destination, arrival.source, arrival.now)
        return drop

    def test_care_of(self, arrival: Arrival) -> Drop | None:
        """Care-of Test Init: the answer goes to the care-of address (9.4.2 and 9.4.4)."""
        drop = _unusable(arrival)
        if drop is None:
            index, nonce = self._nonces.current(arrival.now)
            answer = CareOfTest(
                care_of_nonce_index=index,
                care_of_init_cookie=arrival.message.care_of_init_cookie,
                care_of_keygen_token=care_of_keygen_token(self._node_key, arrival.source, nonce),
                options=(),
            )
            self._sender.send(answer, arrival.true_destination, arrival.source, arrival.now)
        return drop

    def key(self, request: Request, now: int) -> bytes | Status:
        """The binding management key of a request, or the status that says which nonces are too old (9.5.1)."""
        assert request.nonces is not None  # the caller looked
        home = self._nonces.find(request.nonces.home_nonce_index, now)
        care_of = self._nonces.find(request.nonces.care_of_nonce_index, now)
        if request.deletes:  # the home keygen token alone (5.2.5)
            if home is None:
                return Status.EXPIRED_HOME_NONCE_INDEX
            return binding_key(home_keygen_token(self._node_key, request.home_address, home))
        if home is None or care_of is None:
            return _EXPIRED[home is None, care_of is None]
        return binding_key(
            home_keygen_token(self._node_key, request.home_address, home),
            care_of_keygen_token(self._node_key, request.care_of_address, care_of),
        )


_EXPIRED = {
    (True, False): Status.EXPIRED_HOME_NONCE_INDEX,
    (False, True): Status.EXPIRED_CARE_OF_NONCE_INDEX,
    (True, True): Status.EXPIRED_NONCES,
}


def is_proven(request: Request, key: bytes) -> bool:
    """Whether the authenticator was made with the key."""
    assert request.proof is not None  # the caller looked
    at = len(request.header) - AUTHENTICATOR_SIZE
    expected = authenticator(key, request.proven_address, request.address, request.header, at=at)
    return hmac.compare_digest(expected, request.proof)


def _unusable(arrival: Arrival) -> Drop | None:
    if arrival.home_address is not None:
        return Drop(DropReason.OPTION, "a Home Address option, which a Test Init must not have (RFC 6275, 9.4)")
    if is_multicast(arrival.destination) or not is_routable_unicast(arrival.source):
        return Drop(DropReason.MULTICAST, "a Test Init goes from a unicast routable address to a unicast address")
    return None


__all__ = ["KEY_SIZE", "Authorization", "is_proven"]
