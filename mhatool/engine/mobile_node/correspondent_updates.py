"""Binding Updates to correspondents, proved by the tokens of both tests (RFC 6275, 5.2.6, 11.7.2)."""

from __future__ import annotations

from dissectors.mobility.binding import BindingUpdate
from dissectors.options.binding import BindingAuthorizationData, NonceIndices
from dissectors.spec import Flags
from mhatool.engine.departure import Seal
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.keygen import KeygenTests
from mhatool.engine.mobile_node.pacing import too_many
from mhatool.engine.mobile_node.update_list import Entry
from mhatool.engine.mobile_node_events import UpdateSent
from mhatool.protocol import return_routability
from mhatool.protocol.lifetime import expiry


class CorrespondentUpdates:
    """Sends them and keeps the books of it in their entries."""

    def __init__(self, context: Context) -> None:
        self._context = context
        wanted = context.configuration.acknowledge_correspondents
        self.asks_for_answer = wanted and context.behaviour.acknowledges_correspondents
        """Whether the A bit is set."""

    def too_many(self, entry: Entry) -> int | None:
        """When the peer may be sent to again; None: now."""
        return too_many(self._context, entry)

    def send(self, entry: Entry, tests: KeygenTests, lifetime_s: int) -> None:
        """The next one: a registration, or a deletion (0 s)."""
        context = self._context
        entry.sequence_number = (entry.sequence_number + 1) % 0x10000
        entry.flags = "A" if self.asks_for_answer else ""
        entry.key = tests.key()
        entry.outstanding[entry.sequence_number] = context.now
        entry.expires_ns = expiry(context.behaviour.schedule.due(context.now, 0), lifetime_s)
        if lifetime_s:
            entry.may_hold_until_ns = max(entry.may_hold_until_ns, expiry(context.now, lifetime_s))
        home_index, care_of_index = tests.nonce_indices
        message = BindingUpdate(
            sequence_number=entry.sequence_number,
            flags=Flags(entry.flags),
            lifetime_s=lifetime_s,
            options=(
                NonceIndices(home_nonce_index=home_index, care_of_nonce_index=care_of_index),
                BindingAuthorizationData(authenticator=bytes(return_routability.AUTHENTICATOR_SIZE)),
            ),
        )
        context.tell(
            UpdateSent,
            peer=entry.peer,
            home_address=entry.home_address,
            care_of_address=entry.care_of_address,
            sequence_number=entry.sequence_number,
            flags=entry.flags,
            lifetime_s=lifetime_s,
        )
        at_home = entry.care_of_address == entry.home_address
        context.send(
            message,
            entry.care_of_address,
            entry.peer,
            home_address=None if at_home else entry.home_address,
            seal=self._seal(entry),
        )
        entry.sent_ns.append(context.now)

    def _seal(self, entry: Entry) -> Seal:
        """A deletion is proved with the home address in the care-of address's place."""
        bound = entry.home_address if entry.is_deletion else entry.care_of_address
        key, peer = entry.key, entry.peer

        def seal(header: bytes) -> bytes:
            at = len(header) - return_routability.AUTHENTICATOR_SIZE
            return return_routability.authenticator(key, bound, peer, header, at=at)

        return seal


__all__ = ["CorrespondentUpdates"]
