"""Binding Acknowledgements: which are believed, and what follows from each status (RFC 6275, 11.7.3; RFC 4285)."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from enum import Enum

from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.options.binding import BindingAuthorizationData
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from mhatool.engine.arrival import Arrival
from mhatool.engine.drops import DropReason
from mhatool.engine.mobile_node.binding_states import Input
from mhatool.engine.mobile_node.context import Context
from mhatool.engine.mobile_node.home_registrations import advice
from mhatool.engine.mobile_node.refusal import Refusal
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.mobile_node.updates import HomeUpdates
from mhatool.engine.mobile_node_events import AcknowledgementReceived, RegistrationRefused
from mhatool.protocol import mobility_authentication, ntp, return_routability

PREFIX_DISCOVERY_NECESSARY = 1
FIRST_REFUSAL = 128
OUT_OF_WINDOW, ID_MISMATCH, ID_REQUIRED = 135, 144, 145
EXPIRED_HOME, EXPIRED_CARE_OF, EXPIRED_NONCES = 136, 137, 138
_PADDING = frozenset({"pad1", "pad_n"})


class Consequence(Enum):
    """What a refusal means for its entry."""

    GO_ON = Input.OUT_OF_STEP
    """The peer told the number or time that it wants."""
    TEST_AGAIN = Input.NONCES_EXPIRED
    GIVE_UP = Input.REFUSED
    """Another agent, or no route optimisation."""


_WITHOUT_CLOCKS = {OUT_OF_WINDOW: Consequence.GO_ON}
_AT_AGENTS = {**_WITHOUT_CLOCKS, ID_MISMATCH: Consequence.GO_ON, ID_REQUIRED: Consequence.GO_ON}
_AT_CORRESPONDENTS = {
    OUT_OF_WINDOW: Consequence.GO_ON,
    EXPIRED_HOME: Consequence.TEST_AGAIN,
    EXPIRED_CARE_OF: Consequence.TEST_AGAIN,
    EXPIRED_NONCES: Consequence.TEST_AGAIN,
}


class Acknowledgements:
    """Takes Binding Acknowledgements for the entries of the Binding Update List."""

    def __init__(
        self, context: Context, update_list: UpdateList, updates: HomeUpdates, lost: Callable[[bytes], Entry | None]
    ) -> None:
        self._context = context
        self._list = update_list
        self._lost = lost
        self._updates = updates
        self._at_agents = _AT_AGENTS if context.configuration.can_authenticate else _WITHOUT_CLOCKS

    def judge(self, arrival: Arrival) -> Entry:
        """The entry that an acknowledgement is for; Refusal where it isn't to be believed.

        It may have gone: an agent that was given up answers after all.
        """
        message: BindingAcknowledgement = arrival.message
        entry = self._list.find(arrival.source) or self._lost(arrival.source)
        if entry is None:
            raise Refusal(DropReason.NO_ENTRY, "no matching binding update entry found")
        if arrival.true_destination != entry.home_address:
            raise Refusal(DropReason.NOT_FOR_US, "not to the home address, nor routed to it")
        if entry.home_registration:
            self._check_agent(entry, arrival)
        else:
            self._check_correspondent(entry, arrival)
        self._check_number(entry, message)
        return entry

    def _check_number(self, entry: Entry, message: BindingAcknowledgement) -> None:
        """An answer to what is out (RFC 6275, 11.7.3): a refusal counts for the last Binding Update alone.

        One that was overtaken speaks of an older one. A 135 tells the number that the peer has: where that is an older
        one of ours, the last one is new to it.
        """
        told, sent = message.sequence_number, entry.sequence_number
        if message.status == OUT_OF_WINDOW and entry.outstanding:
            is_answer = not entry.has_passed(told)
        elif message.status >= FIRST_REFUSAL:
            is_answer = told == sent and told in entry.outstanding
        else:
            is_answer = told in entry.outstanding
        if not is_answer:
            raise Refusal(DropReason.SEQUENCE_NUMBER, f"sequence number {told}, {sent} was sent last")

    def _check_agent(self, entry: Entry, arrival: Arrival) -> None:
        """The authentication option where there is a key, whatever the status.

        A refusal for lack of authentication (146) without it could be anybody's: agents that have the key sign it too.
        """
        association = self._updates.association(entry.peer)
        message = arrival.message
        if association is None:
            return
        last = message.options[-1] if message.options else None
        if not isinstance(last, MobilityMessageAuthentication):
            raise Refusal(DropReason.NOT_AUTHENTICATED, "no authentication option at its end")
        wanted = mobility_authentication.authenticator(
            association.key, entry.care_of_address, entry.home_address, arrival.upper_octets
        )
        if last.spi != association.spi or not hmac.compare_digest(last.authenticator, wanted):
            raise Refusal(DropReason.NOT_AUTHENTICATED, "a wrong authenticator, or one of another key")

    def _check_correspondent(self, entry: Entry, arrival: Arrival) -> None:
        """Authorization Data with the key of the update (RFC 6275, 9.5.4); none where the nonces have expired."""
        message = arrival.message
        if message.status in (EXPIRED_HOME, EXPIRED_CARE_OF, EXPIRED_NONCES):
            return
        last = message.options[-1] if message.options else None
        if not isinstance(last, BindingAuthorizationData):
            raise Refusal(DropReason.NOT_AUTHENTICATED, "no Authorization Data at its end")
        bound = entry.home_address if entry.is_deletion else entry.care_of_address
        octets = arrival.upper_octets
        wanted = return_routability.authenticator(
            entry.key, bound, entry.peer, octets, at=len(octets) - return_routability.AUTHENTICATOR_SIZE
        )
        if not hmac.compare_digest(last.authenticator, wanted):
            raise Refusal(DropReason.NOT_AUTHENTICATED, "a wrong authenticator")

    def take(self, entry: Entry, message: BindingAcknowledgement) -> None:
        """Let the entry's machine take a believed one."""
        self._context.tell(
            AcknowledgementReceived,
            peer=entry.peer,
            home_address=entry.home_address,
            status=message.status,
            sequence_number=message.sequence_number,
            lifetime_s=message.lifetime_s,
            options=_symbols(message),
            refresh_s=advice(message),
        )
        if message.status < FIRST_REFUSAL:
            self._accept(entry, message)
        else:
            self._refuse(entry, message)

    def _accept(self, entry: Entry, message: BindingAcknowledgement) -> None:
        """Accepted; a registration that is granted no time was none."""
        if entry.is_deletion:
            self._list.feed(entry, Input.BA)
        elif message.lifetime_s == 0:
            self._list.feed(entry, Input.REFUSED)
        else:
            self._list.feed(entry, Input.BA, message)

    def _refuse(self, entry: Entry, message: BindingAcknowledgement) -> None:
        table = self._at_agents if entry.home_registration else _AT_CORRESPONDENTS
        consequence = table.get(message.status, Consequence.GIVE_UP)
        self._context.tell(
            RegistrationRefused,
            peer=entry.peer,
            home_address=entry.home_address,
            status=message.status,
            consequence=consequence.name.lower(),
        )
        if consequence is Consequence.GO_ON:
            self._learn(entry, message)
        elif consequence is Consequence.TEST_AGAIN and entry.tests is not None:
            entry.tests.expire(home=message.status != EXPIRED_CARE_OF, care_of=message.status != EXPIRED_HOME)
        self._list.feed(entry, consequence.value)

    def _learn(self, entry: Entry, message: BindingAcknowledgement) -> None:
        """What the peer told: its number (135), its time (144), that it wants one (145)."""
        if message.status == OUT_OF_WINDOW:
            entry.sequence_number = entry.numbered_from = message.sequence_number
        elif message.status == ID_MISMATCH:
            told = next((o.timestamp for o in message.options if isinstance(o, MessageIdentification)), None)
            if told is not None and entry.last_timestamp:
                entry.clock_offset_ns += ntp.difference_ns(told, entry.last_timestamp)
                entry.last_timestamp = 0
        entry.wants_timestamp = entry.wants_timestamp or message.status == ID_REQUIRED


def _symbols(message: BindingAcknowledgement) -> tuple[str, ...]:
    symbols = (option.__declaration__.symbol for option in message.options)
    return tuple(symbol for symbol in symbols if symbol not in _PADDING)


__all__ = ["PREFIX_DISCOVERY_NECESSARY", "Acknowledgements", "Consequence"]
