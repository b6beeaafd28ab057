"""Every home address at every correspondent: which answer, error or data belongs to which."""

from __future__ import annotations

from dissectors.options.binding import BindingAuthorizationData, NonceIndices
from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Acknowledgement, Conversations, Sighting, Update
from mhatool.exchange.history import History
from mhatool.observe.correspondence import Correspondence
from mhatool.observe.correspondent import CorrespondentBinding, CorrespondentUpdate, Proof, ProofKind
from mhatool.observe.limits import Limits
from mhatool.observe.moment import Moment
from mhatool.observe.pairs import Pair, Pairs

NO_BINDING = 1
"""The Binding Error's status that says so (RFC 6275, 6.1.9)."""
MOST_EARLY = 10_000


class Correspondents:
    """The latest home addresses at correspondents."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._conversations = Conversations(limits.agencies, answerable_s=limits.answerable_s)
        self._pairs: Pairs[Correspondence] = Pairs(limits.agencies)
        self._early: dict[Pair, Proof] = {}  # data of whom no update was seen

    @property
    def made(self) -> int:
        """How many bindings there were, those that aren't kept any more too."""
        return self._pairs.made

    def all(self, now_ns: int) -> list[Correspondence]:
        """Every one, the least recently active first; what has run out by now is closed."""
        for correspondence in self._pairs:
            correspondence.holding(now_ns)
        return list(self._pairs)

    def update(self, update: Update) -> CorrespondentUpdate:
        """A Binding Update without the H flag."""
        conversation, exchange = self._conversations.update(update)
        return self._correspondence((conversation.home_address, conversation.peer)).update(exchange)

    def acknowledge(self, acknowledgement: Acknowledgement) -> bool:
        """A Binding Acknowledgement that answers no home registration; whether it is a correspondent's."""
        answer = self._conversations.acknowledge(acknowledgement)
        if answer.conversation is None:
            return acknowledgement.is_authorized
        correspondence = self._pairs.get((answer.conversation.home_address, answer.conversation.peer))
        if correspondence is not None and not answer.repeats:
            correspondence.acknowledge(answer.acknowledgement, answer.exchange)
        return True

    def refresh_request(self, moment: Moment, datagram: Datagram) -> None:
        """A Binding Refresh Request, sent to the home address."""
        self._correspondence((datagram.true_destination, datagram.true_source)).refresh_requests.add(moment)

    def error(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """A Binding Error."""
        home_address, peer = message.get("home_address"), datagram.true_source
        if message.get("status") == NO_BINDING and home_address is not None:
            self._early.pop((home_address, peer), None)
            correspondence = self._pairs.get((home_address, peer))
            if correspondence is not None:
                correspondence.error(moment, datagram.destination)

    def data(self, sighting: Sighting, datagram: Datagram) -> None:
        """A packet that is no signalling, with a type 2 routing header or a Home Address option."""
        if datagram.final_destination is not None:
            pair = (datagram.final_destination, datagram.true_source)
            self._used(pair, ProofKind.ROUTING_HEADER, sighting, datagram.destination)
        if datagram.home_address is not None:
            pair = (datagram.home_address, datagram.true_destination)
            self._used(pair, ProofKind.HOME_ADDRESS_OPTION, sighting, datagram.source)

    def _used(self, pair: Pair, kind: ProofKind, sighting: Sighting, care_of_address: bytes) -> None:
        correspondence = self._pairs.get(pair)
        span = correspondence.shown_span if correspondence is not None else None
        if span is not None and span.care_of_address == care_of_address:
            span.last_used_ns = sighting.time_ns
            return
        if correspondence is not None:
            correspondence.used(Proof(kind, Moment(sighting.time_ns, sighting.frame)), care_of_address)
        elif pair not in self._early and len(self._early) < MOST_EARLY:
            self._early[pair] = Proof(kind, Moment(sighting.time_ns, sighting.frame))

    def _correspondence(self, pair: Pair) -> Correspondence:
        return self._pairs.touched(pair) or self._pairs.add(pair, self._new(pair))

    def _new(self, pair: Pair) -> Correspondence:
        most, early = self._limits.registrations, self._early.pop(pair, None)
        bindings: History[CorrespondentBinding] = History(self._limits.bindings)
        return Correspondence(*pair, History(most), bindings, History(most), History(most), used_at_first=early)


def note_proof(seen: CorrespondentUpdate, message: View) -> None:
    """Keep what an update's options say of its tests: nonce indices and authenticator."""
    value = message.value
    if value is None:
        _note_shown_proof(seen, message)
        return
    for option in value.options:
        if option.__class__ is NonceIndices:
            seen.home_nonce_index, seen.care_of_nonce_index = option.home_nonce_index, option.care_of_nonce_index
        elif option.__class__ is BindingAuthorizationData:
            seen.authenticator = option.authenticator


def _note_shown_proof(seen: CorrespondentUpdate, message: View) -> None:
    """The same where the message as a whole isn't well-formed."""
    for option in message.options:
        if option.type == "nonce_indices":
            seen.home_nonce_index = option.get("home_nonce_index")
            seen.care_of_nonce_index = option.get("care_of_nonce_index")
        elif option.type == "binding_authorization_data":
            seen.authenticator = option.get("authenticator")
