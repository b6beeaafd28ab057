"""One home address at one home agent: every registration, and the bindings that they made."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct, field

from mhatool.exchange import Acknowledgement, Exchange, Frame, Update
from mhatool.exchange.history import History
from mhatool.observe.binding import Binding, EndReason, Kind, Registration, Sign, SignKind
from mhatool.observe.lives import Life
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import MAX_BINDACK_TIMEOUT_S, NS_PER_S, expiry, nanoseconds

RETRANSMISSION_NS = 2 * MAX_BINDACK_TIMEOUT_S * NS_PER_S
"""A Binding Update that comes later than this after an unanswered one is a new attempt."""
IN_FLIGHT_NS = nanoseconds(3)
"""What is tunnelled so long after the end of a binding may still belong to it: packets on their way, slow timers."""
MOST_OPEN = 32
"""Of one pair; a conversation gives no answer to older ones."""

_SAID = frozenset({EndReason.BINDING_ERROR, EndReason.LOST})
"""Ends that somebody told, perhaps wrongly."""

T = TypeVar("T", Binding, Registration)


class Agency(Struct):
    """What one home agent did for one home address.

    `registrations` and `bindings` are the latest of many; `made` counts every binding. `life` is the home agent's, as
    long as it holds these bindings; `used_at_first` is its first tunnelled packet where that came before any message.
    Of bindings with identifiers (RFC 5648) each has a story of its own.
    """

    home_address: bytes
    home_agent: bytes
    registrations: History[Registration]
    bindings: History[Binding]
    life: Life
    used_at_first: Sign | None = None
    made: int = 0
    _open: History[tuple[Exchange, Registration]] = field(default_factory=lambda: History(MOST_OPEN))
    _sign: Sign | None = None

    @property
    def last_sign(self) -> Sign | None:
        """The home agent's last sign of life, for this home address or in any message of its own."""
        own, other = self._sign, self.life.last
        return other if own is None or (other is not None and other.time_ns > own.time_ns) else own

    def settle(self, time_ns: int) -> None:
        """Close all bindings that have run out by this time."""
        for identifier in {binding.identifier for binding in self.bindings}:
            self.holding(time_ns, identifier)

    def holding(self, time_ns: int, identifier: int | None = None) -> Binding | None:
        """The binding that holds at this time; one that has run out by then is closed."""
        self._outlive()
        newest = _latest(self.bindings, identifier)
        if newest is None or newest.end_ns is not None:
            return None
        if newest.expires_ns is not None and newest.expires_ns <= time_ns:
            newest.expire()
            return None
        return newest

    # --- what is seen ---

    def update(self, exchange: Exchange, identifier: int | None = None) -> None:
        """A home registration was sent, of the binding with this identifier; its answer may be stamped before it."""
        answered = self._answered_before(exchange)
        if answered is not None:
            answered.update = exchange.update
            return
        kind = self._kind(exchange.update, identifier)
        registration = Registration(kind, exchange.update, sign_before=self.last_sign, identifier=identifier)
        self.registrations.add(registration)
        self._open.add((exchange, registration))

    def acknowledge(
        self,
        acknowledgement: Acknowledgement,
        exchange: Exchange | None,
        identifier: int | None = None,
        *,
        repeats: bool,
    ) -> None:
        """The home agent answered."""
        self._outlive()
        if not repeats and not self._is_stale(acknowledgement, exchange, identifier):
            registration = self._answered(acknowledgement, exchange, identifier)
            if registration.is_accepted:
                self._accept(registration, acknowledgement.time_ns, acknowledgement.lifetime_s)
        self._lives(Sign(acknowledgement.time_ns, acknowledgement.frame, SignKind.ACKNOWLEDGEMENT))

    def tunnelled(self, sign: Sign, care_of_address: bytes) -> None:
        """The home agent tunnelled a packet for the home address to this care-of address."""
        if self.life.end is not None:
            self._outlive()
        self._lives(sign)
        newest = self._used(care_of_address)
        if newest is not None and _holds_after_all(newest, sign, care_of_address):
            newest.reopen()
        if newest is not None and newest.expires_ns is not None and sign.time_ns > newest.expires_ns + IN_FLIGHT_NS:
            self._show(newest, sign, care_of_address)
            newest = self._used(care_of_address)
        if newest is not None and newest.care_of_address == care_of_address:
            newest.last_tunnelled = sign

    def error(self, time_ns: int, frame: Frame, destination: bytes) -> None:
        """The home agent said that it has no binding (Binding Error, status 1) of the care-of address there.

        It says so, too, of another one than that of the binding, which stays then (RFC 6275, 9.3.1).
        """
        self.settle(time_ns)
        for binding in self.bindings:
            if binding.end_ns is None and destination in (binding.care_of_address, self.home_address):
                binding.end(time_ns, EndReason.BINDING_ERROR)
                binding.ended_by = frame

    # --- what follows from it ---

    def _answered_before(self, exchange: Exchange) -> Registration | None:
        answer = exchange.acknowledgement
        if answer is None:
            return None
        late = (each for each in reversed(self.registrations) if each.update is None)
        return next((each for each in late if each.acknowledgement is answer), None)

    def _outlive(self) -> None:
        """A home agent that was started anew, or goes, has no binding that it had before, as far as that shows.

        It may have accepted one between its start and the Heartbeat that tells of that.
        """
        before, end = self.life.last, self.life.end
        if before is None or end is None:
            return
        for binding in self.bindings:
            confirmed_ns = binding.confirmed_ns
            if binding.end_ns is not None or confirmed_ns is None or confirmed_ns > before.time_ns:
                continue
            if binding.expires_ns is not None and binding.expires_ns > end.time_ns:
                binding.end(end.time_ns, EndReason.LOST)
                binding.ended_by = end.frame

    def _is_stale(self, acknowledgement: Acknowledgement, exchange: Exchange | None, identifier: int | None) -> bool:
        """Whether it accepts, of no update in sight, a number that is no news to a home agent with this binding.

        It was on its way for long, or somebody sent it again.
        """
        if exchange is not None or not acknowledgement.accepts:
            return False
        binding = self.holding(acknowledgement.time_ns, identifier)
        if binding is None or not binding.registrations:
            return False
        return not sequence.is_fresh(acknowledgement.sequence_number, binding.registrations[-1].sequence_number)

    def _lives(self, sign: Sign) -> None:
        """It holds a binding of this home address, perhaps again."""
        self._sign = sign
        if self.life.successor is not None:
            self.life = self.life.current

    def _used(self, care_of_address: bytes) -> Binding | None:
        """The newest binding, or of several with identifiers the one with this care-of address."""
        newest = self.bindings[-1] if self.bindings else None
        if newest is None or newest.identifier is None or newest.care_of_address == care_of_address:
            return newest
        return next((each for each in reversed(self.bindings) if each.care_of_address == care_of_address), newest)

    def _show(self, newest: Binding, sign: Sign, care_of_address: bytes) -> None:
        """A packet tunnelled after the end of the newest binding: an update whose answer wasn't seen was accepted."""
        if newest.end_reason not in (None, EndReason.EXPIRED):
            return
        for _, registration in reversed(self._open):
            update = registration.update
            if update is None or update.deletes or update.care_of_address != care_of_address:
                continue
            if expiry(update.time_ns, update.lifetime_s) + IN_FLIGHT_NS >= sign.time_ns:
                registration.shown_by = sign
                self._accept(registration, sign.time_ns, update.lifetime_s)
            return

    def _kind(self, update: Update, identifier: int | None) -> Kind:
        if update.deletes:
            return Kind.DEREGISTRATION
        last = _latest(self.registrations, identifier)
        if last is not None and last.update is not None and last.acknowledgement is None:
            same = last.update.care_of_address == update.care_of_address and last.kind is not Kind.DEREGISTRATION
            if same and update.time_ns - last.update.time_ns <= RETRANSMISSION_NS:
                return Kind.RETRANSMISSION
        binding = self.holding(update.time_ns, identifier)
        if binding is None:
            return Kind.REGISTRATION
        return Kind.REFRESH if binding.care_of_address == update.care_of_address else Kind.MOVE

    def _answered(
        self, acknowledgement: Acknowledgement, exchange: Exchange | None, identifier: int | None
    ) -> Registration:
        """The registration that this answers; a new one where its update wasn't seen."""
        for place, (candidate, registration) in enumerate(self._open):
            if candidate is exchange:
                del self._open[place]
                registration.acknowledgement = acknowledgement
                return registration
        kind = Kind.REGISTRATION if self.holding(acknowledgement.time_ns, identifier) is None else Kind.REFRESH
        if acknowledgement.lifetime_s == 0:
            kind = Kind.DEREGISTRATION
        registration = Registration(kind, None, acknowledgement, self.last_sign, identifier=identifier)
        self.registrations.add(registration)
        return registration

    def _accept(self, registration: Registration, now: int, lifetime_s: int) -> None:
        """A lifetime was granted: it counts from the update on (RFC 6275, 9.5.1, 10.3.1 and 11.7.3)."""
        update = registration.update
        asked_ns = update.time_ns if update is not None else now
        if lifetime_s == 0 or (update is not None and update.deletes):
            self._delete(registration, now)
            return
        binding = self._held(asked_ns, registration.identifier)
        if binding is not None and _is_overtaken(binding, registration):
            return  # a late answer to an older update: the newer one counts
        if binding is not None and _begins_anew(binding, registration):
            binding.end(now, EndReason.REPLACED)
            binding = None
        if binding is None:
            binding = self._new_binding(now, registration.identifier)
            binding.is_older = self.used_at_first is not None and self.made == 1
        if not binding.registrations or binding.registrations[-1] is not registration:
            binding.registrations.add(registration)
        binding.lifetime_s = lifetime_s
        binding.expires_ns = expiry(asked_ns, lifetime_s)
        care_of_address = registration.care_of_address
        if care_of_address is not None and binding.care_of_address != care_of_address:
            binding.move(care_of_address, now)

    def _held(self, asked_ns: int, identifier: int | None) -> Binding | None:
        """The binding that held when an update was sent, though it may have run out before its answer was seen."""
        newest = _latest(self.bindings, identifier)
        if newest is None or newest.expires_ns is None or newest.end_reason not in (None, EndReason.EXPIRED):
            return None
        if newest.expires_ns <= asked_ns:
            return self.holding(asked_ns, identifier)
        newest.reopen()
        return newest

    def _delete(self, registration: Registration, now: int) -> None:
        """A deletion was accepted: there was a binding, also where its beginning wasn't seen.

        Without identifier it deletes all that have one (RFC 5648, 5.4).
        """
        self.settle(now)
        wanted = registration.identifier
        ended = [each for each in self.bindings if each.end_ns is None and wanted in (None, each.identifier)]
        if not ended:
            ended = [self._new_binding(None, wanted)]
            ended[0].is_older = True
        for binding in ended:
            binding.registrations.add(registration)
            binding.end(now, EndReason.DEREGISTERED)

    def _new_binding(self, start_ns: int | None, identifier: int | None) -> Binding:
        most = self.registrations.most
        binding = Binding(self.home_address, self.home_agent, start_ns, History(most), History(most), identifier)
        self.bindings.add(binding)
        self.made += 1
        return binding


def _latest(history: History[T], identifier: int | None) -> T | None:
    """The latest one with this identifier."""
    newest = history[-1] if history else None
    if newest is None or newest.identifier == identifier:
        return newest
    return next((each for each in reversed(history) if each.identifier == identifier), None)


def _holds_after_all(binding: Binding, sign: Sign, care_of_address: bytes) -> bool:
    """Whether a home agent that is said to have no binding tunnels by it for longer than packets are on their way."""
    if binding.end_reason not in _SAID or binding.care_of_address != care_of_address:
        return False
    return binding.end_ns is not None and sign.time_ns > binding.end_ns + IN_FLIGHT_NS


def _is_overtaken(binding: Binding, registration: Registration) -> bool:
    """Whether a later update than this one was accepted already."""
    last = binding.registrations[-1].update if binding.registrations else None
    return last is not None and registration.update is not None and registration.update.time_ns < last.time_ns


def _begins_anew(binding: Binding, registration: Registration) -> bool:
    """Whether a home agent that still has the binding would have refused this number."""
    if registration.update is None or not binding.registrations or binding.registrations[-1] is registration:
        return False
    return not sequence.is_fresh(registration.sequence_number, binding.registrations[-1].sequence_number)
