"""Proofs made with a captured correspondent's tokens, made again with those of ours.

Tokens come from a secret that no packet tells, so ours hands out others. A captured mobile node proved its Binding
Updates with the ones that it got; where its proof holds, ours gets the same update, proven with what it gave itself.
One that doesn't hold stays as it is.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any, Final

from msgspec.structs import replace

from dissectors.ipv6.link import IPV6_ONLY
from dissectors.options.binding import BindingAuthorizationData, NonceIndices
from dissectors.packet import Datagram
from dissectors.profile import Profile
from dissectors.view import View
from dissectors.walk import Dissector
from mhatool.engine.departure import Writer
from mhatool.exchange import Frame, Update, update_of
from mhatool.protocol.return_routability import AUTHENTICATOR_SIZE, authenticator, binding_key
from mhatool.replay.driver import Reception, Reply
from mhatool.replay.traffic import Carried

_FIELDS: Final = {
    "home_test": ("home_nonce_index", "home_keygen_token"),
    "care_of_test": ("care_of_nonce_index", "care_of_keygen_token"),
}
_PADDING: Final = frozenset({"pad1", "pad_n"})
#: Which test, and the address that it tested.
_Tested = tuple[str, bytes]


class Tokens:
    """What the captured correspondent handed out, and what ours has so far."""

    def __init__(self, sent: Iterable[Carried], profile: Profile) -> None:
        self._dissector = Dissector(profile)
        self._writer = Writer(profile)
        self._captured: dict[tuple[_Tested, int], bytes] = {}
        self._ours: dict[_Tested, tuple[int, bytes]] = {}
        for seen in sent:
            if seen.message is not None and seen.inner.carries in _FIELDS:
                index, token = _token(seen.message)
                self._captured[(seen.inner.carries, seen.inner.destination), index] = token

    def note(self, reply: Reply) -> None:
        """Ours hands out a token; anything else is passed over."""
        datagram = self._innermost(reply.octets)
        if datagram.upper is not None and datagram.carries in _FIELDS:
            self._ours[datagram.carries, datagram.destination] = _token(datagram.upper)

    def proven_again(self, given: Reception) -> Reception:
        """The Binding Update with a proof that ours can check; everything else as it is."""
        datagram = self._innermost(given.octets)
        update = update_of(given.time_ns, Frame("", given.frame), datagram)
        if update is None or update.is_home_registration or datagram.upper is None:
            return given
        message = datagram.upper.message()
        ours = self._ours_for(update)
        if ours is None or not self._holds(update, message, datagram.upper):
            return given
        return replace(given, octets=self._written(update, message, ours))

    def _innermost(self, octets: bytes) -> Datagram:
        packet = self._dissector.look(octets, IPV6_ONLY, len(octets), 0)
        return [datagram for datagram in packet.datagrams if not datagram.quoted][-1]

    def _ours_for(self, update: Update) -> tuple[tuple[int, bytes], tuple[int, bytes]] | None:
        """Index and token of the home and of the care-of test; a deletion needs none of the latter."""
        home = self._ours.get(("home_test", update.home_address))
        care_of = (0, b"") if update.deletes else self._ours.get(("care_of_test", update.care_of_address))
        return (home, care_of) if home is not None and care_of is not None else None

    def _holds(self, update: Update, message: Any, view: View) -> bool:
        """Whether the captured correspondent's tokens make the authenticator that it has."""
        options = {option.__class__: option for option in message.options}
        indices, proof = options.get(NonceIndices), options.get(BindingAuthorizationData)
        if indices is None or proof is None:
            return False
        home = self._captured.get((("home_test", update.home_address), indices.home_nonce_index))
        care_of_test = "care_of_test", update.care_of_address
        care_of = b"" if update.deletes else self._captured.get((care_of_test, indices.care_of_nonce_index))
        if home is None or care_of is None:
            return False
        expected = _proof(update, binding_key(home, care_of), bytes(view.bytes))
        return hmac.compare_digest(expected, proof.authenticator)

    def _written(self, update: Update, message: Any, ours: tuple[tuple[int, bytes], tuple[int, bytes]]) -> bytes:
        (home_index, home), (care_of_index, care_of) = ours
        key = binding_key(home, care_of)
        changed = {
            NonceIndices: NonceIndices(home_nonce_index=home_index, care_of_nonce_index=care_of_index),
            BindingAuthorizationData: BindingAuthorizationData(authenticator=bytes(AUTHENTICATOR_SIZE)),
        }
        kept = (option for option in message.options if option.__declaration__.symbol not in _PADDING)
        options = tuple(changed.get(option.__class__, option) for option in kept)
        return self._writer.write(
            message.replace(options=options),
            update.source,
            update.peer,
            home_address=update.home_address if update.has_home_address_option else None,
            seal=lambda header: _proof(update, key, header),
        )


def _proof(update: Update, key: bytes, header: bytes) -> bytes:
    address = update.home_address if update.deletes else update.care_of_address
    return authenticator(key, address, update.peer, header, at=len(header) - AUTHENTICATOR_SIZE)


def _token(message: View) -> tuple[int, bytes]:
    index, token = _FIELDS[message.type]
    return message.get(index), message.get(token)


__all__ = ["Tokens"]
