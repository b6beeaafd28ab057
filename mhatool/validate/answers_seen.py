"""Whether a capture shows a peer's answers at all: where it doesn't, what wasn't answered can't be told."""

from __future__ import annotations

from mhatool.exchange import Conversation, Latest
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings, knowledge

MOST = 100_000


@knowledge("binding_error")
class BindingErrors:
    """Which peers sent Binding Errors, to which care-of addresses and for which home addresses."""

    def __init__(self) -> None:
        self._sent: Latest[tuple[bytes, bytes], None] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Binding Error."""
        peer = seen.datagram.true_source
        self._sent.note((seen.datagram.destination, peer), None)
        home_address = seen.message.get("home_address")
        if home_address is not None:
            self._sent.note((home_address, peer), None)

    def has(self, address: bytes, peer: bytes) -> bool:
        """Whether that peer sent one to that care-of address, or for that home address."""
        return (address, peer) in self._sent


def shows_answers(surroundings: Surroundings, conversation: Conversation) -> bool:
    """Whether this capture shows anything by which the peer answers this mobile node.

    Without that it may show one direction only, and a refusal, a shorter lifetime or a Binding Error may be unseen.
    """
    if conversation.unexplained or any(exchange.acknowledgement is not None for exchange in conversation.recent):
        return True
    addresses = {conversation.home_address, *(exchange.update.source for exchange in conversation.recent)}
    errors = surroundings.known(BindingErrors)
    return any(errors.has(address, conversation.peer) for address in addresses)
