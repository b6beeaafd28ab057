"""One home address at one correspondent: updates in, bindings out.

A correspondent answers only where the A flag asks for it, and refusals. So an update without the flag counts as taken
when it was sent, until an answer says otherwise; what shows it is kept beside it.
"""

from __future__ import annotations

from itertools import islice

from msgspec import Struct, field

from mhatool.exchange import Acknowledgement, Exchange, Update
from mhatool.exchange.history import History
from mhatool.observe.agency import IN_FLIGHT_NS, MOST_OPEN, RETRANSMISSION_NS
from mhatool.observe.binding import Kind
from mhatool.observe.correspondent import (
    CorrespondentBinding,
    CorrespondentEnd,
    CorrespondentSpan,
    CorrespondentUpdate,
    Proof,
    ProofKind,
)
from mhatool.observe.moment import Moment
from mhatool.protocol import sequence
from mhatool.protocol.lifetime import expiry


class _Before(Struct, frozen=True):
    """The newest binding as it was before an update; `span` was its latest, None where it didn't hold."""

    binding: CorrespondentBinding | None
    lifetime_s: int = 0
    expires_ns: int | None = None
    span: CorrespondentSpan | None = None


class Correspondence(Struct):
    """All that a mobile node and one correspondent said about their binding, and what the data showed of it.

    `refresh_requests` and `errors` are the correspondent's Binding Refresh Requests and Binding Errors. At most the
    latest of many are kept of each; `made` counts every binding. `shown_span` is the newest one where nothing is left
    to be shown of it: of more data only the time counts.
    """

    home_address: bytes
    correspondent: bytes
    updates: History[CorrespondentUpdate]
    bindings: History[CorrespondentBinding]
    refresh_requests: History[Moment]
    errors: History[Moment]
    used_at_first: Proof | None = None
    shown_span: CorrespondentSpan | None = None
    made: int = 0
    _open: History[tuple[Exchange, CorrespondentUpdate]] = field(default_factory=lambda: History(MOST_OPEN))
    _before: _Before | None = None

    @property
    def first_ns(self) -> int:
        """The first update, refresh request or error that is kept, nanoseconds since 1970."""
        times = [seen.update.time_ns for seen in islice(self.updates, 1)]
        times += [moment.time_ns for moments in (self.refresh_requests, self.errors) for moment in islice(moments, 1)]
        return min(times, default=0)

    def holding(self, time_ns: int) -> CorrespondentBinding | None:
        """The binding that holds at this time; one that has run out by then is closed."""
        newest = self.bindings[-1] if self.bindings else None
        if newest is None or newest.end_ns is not None:
            return None
        if newest.expires_ns is not None and newest.expires_ns <= time_ns:
            newest.expire()
            return None
        return newest

    # --- what is seen ---

    def update(self, exchange: Exchange) -> CorrespondentUpdate:
        """A Binding Update was sent; its answer may be stamped before it."""
        self.shown_span = None
        binding = self.holding(exchange.update.time_ns)
        seen = CorrespondentUpdate(self._kind(exchange, binding), exchange.update)
        seen.due_ns = _due(binding, exchange.update)
        self.updates.add(seen)
        self._open.add((exchange, seen))
        self._before = None
        if not seen.wants_acknowledgement:
            self._take(seen, exchange.update.time_ns, exchange.update.lifetime_s)
        if exchange.acknowledgement is not None:
            self.acknowledge(exchange.acknowledgement, exchange)
        return seen

    def acknowledge(self, acknowledgement: Acknowledgement, exchange: Exchange | None) -> None:
        """The correspondent answered for the first time."""
        seen = self._answered(exchange)
        if seen is None:
            return
        self.shown_span = None
        seen.acknowledgement = acknowledgement
        moment = Moment(acknowledgement.time_ns, acknowledgement.frame)
        if not acknowledgement.accepts:
            self._refuse(seen)
        else:
            is_taken = seen.proof is not None or not seen.wants_acknowledgement
            seen.proof = Proof(ProofKind.ACKNOWLEDGEMENT, moment)
            if not is_taken and not self._is_overtaken(seen):
                self._take(seen, moment.time_ns, acknowledgement.lifetime_s)
            elif (binding := self.holding(moment.time_ns)) is not None and binding.updates[-1] is seen:
                self._prolong(binding, seen.update.time_ns, acknowledgement.lifetime_s)
            self._show(seen.proof, seen.update.care_of_address)

    def used(self, proof: Proof, care_of_address: bytes) -> None:
        """Data went between the correspondent and this care-of address."""
        newest = self.updates[-1] if self.updates else None
        asks = newest is not None and not newest.update.deletes and newest.update.care_of_address == care_of_address
        if newest is None or not asks or newest.is_refused:
            self._show(proof, care_of_address)
            return
        if newest.due_ns is None or proof.moment.time_ns > newest.due_ns:
            self._prove(newest, proof)
        self._show(proof, care_of_address)
        if newest.proof is not None and newest.proof.kind is not ProofKind.HOME_ADDRESS_OPTION:
            self.shown_span = self._shown(care_of_address)

    def error(self, moment: Moment, destination: bytes) -> None:
        """The correspondent said that it has no binding for the home address (Binding Error, status 1).

        It says so, too, of another care-of address than that of the binding, which stays then (RFC 6275, 9.3.1).
        """
        self.shown_span = None
        self.errors.add(moment)
        newest = self.updates[-1] if self.updates else None
        binding = self.holding(moment.time_ns)
        if newest is None or binding is None:
            return
        if _concerns(destination, newest.update.care_of_address, self.home_address) and _is_doubtful(newest):
            newest.error, newest.proof = moment, None  # what was sent with it was answered, but like this
            self._forget_option_proof(binding)
        if _concerns(destination, binding.care_of_address, self.home_address):
            binding.end(moment.time_ns, CorrespondentEnd.BINDING_ERROR)

    # --- what follows from it ---

    def _prove(self, newest: CorrespondentUpdate, proof: Proof) -> None:
        """Data that nothing but the newest update explains. One that waits for an answer isn't shown by its sender."""
        if newest.proof is not None or not newest.wants_acknowledgement:
            newest.proof = proof if proof.is_stronger(newest.proof) else newest.proof
            return
        asked_ns, lifetime_s = newest.update.time_ns, newest.update.lifetime_s
        holds = proof.moment.time_ns <= expiry(asked_ns, lifetime_s) + IN_FLIGHT_NS
        if proof.kind is ProofKind.ROUTING_HEADER and holds:
            self._take(newest, asked_ns, lifetime_s)  # its acknowledgement is out of sight
            newest.proof = proof

    def _answered(self, exchange: Exchange | None) -> CorrespondentUpdate | None:
        for place, (candidate, seen) in enumerate(self._open):
            if candidate is exchange:
                del self._open[place]
                return seen
        return None

    def _newest(self) -> CorrespondentBinding | None:
        return self.bindings[-1] if self.bindings else None

    def _kind(self, exchange: Exchange, binding: CorrespondentBinding | None) -> Kind:
        update = exchange.update
        if update.deletes:
            return Kind.DEREGISTRATION
        last = self.updates[-1] if self.updates else None
        if last is not None and last.wants_acknowledgement and last.acknowledgement is None and last.proof is None:
            same = last.update.care_of_address == update.care_of_address and last.kind is not Kind.DEREGISTRATION
            if same and update.time_ns - last.update.time_ns <= RETRANSMISSION_NS:
                return Kind.RETRANSMISSION
        if binding is None:
            return Kind.REGISTRATION
        return Kind.REFRESH if binding.care_of_address == update.care_of_address else Kind.MOVE

    def _is_overtaken(self, seen: CorrespondentUpdate) -> bool:
        """Whether a later update was taken already."""
        newest = self._newest()
        return newest is not None and newest.updates[-1].update.time_ns > seen.update.time_ns

    def _take(self, seen: CorrespondentUpdate, now_ns: int, lifetime_s: int) -> None:
        """The correspondent's binding is as this update wants it."""
        asked_ns = seen.update.time_ns
        binding = self.holding(asked_ns)
        self._remember(binding)
        if seen.update.deletes or lifetime_s == 0:
            binding = binding or self._new_binding(None)
            binding.updates.add(seen)
            binding.end(now_ns, CorrespondentEnd.DEREGISTERED)
            return
        if binding is not None and not self._follows(binding, seen):
            binding.end(now_ns, CorrespondentEnd.REPLACED)
            binding = None
        if binding is None:
            binding = self._new_binding(now_ns)
        binding.updates.add(seen)
        self._prolong(binding, asked_ns, lifetime_s)
        care_of_address = seen.update.care_of_address
        if binding.care_of_address != care_of_address:
            if binding.spans:
                binding.spans[-1].end_ns = now_ns
            binding.spans.add(CorrespondentSpan(care_of_address, now_ns))

    @staticmethod
    def _follows(binding: CorrespondentBinding, seen: CorrespondentUpdate) -> bool:
        """Whether its number is one that a correspondent with this binding takes."""
        return sequence.is_fresh(seen.update.sequence_number, binding.updates[-1].update.sequence_number)

    @staticmethod
    def _prolong(binding: CorrespondentBinding, since_ns: int, lifetime_s: int) -> None:
        """A lifetime counts from its update on (RFC 6275, 9.5.1 and 11.7.3)."""
        binding.lifetime_s, binding.expires_ns = lifetime_s, expiry(since_ns, lifetime_s)

    def _new_binding(self, start_ns: int | None) -> CorrespondentBinding:
        most = self.updates.most
        binding = CorrespondentBinding(self.home_address, self.correspondent, start_ns, History(most), History(most))
        binding.is_older = start_ns is None or (self.used_at_first is not None and not self.made)
        self.bindings.add(binding)
        self.made += 1
        return binding

    def _show(self, proof: Proof, care_of_address: bytes) -> None:
        """Data or an answer shows a care-of address of the newest binding."""
        binding = self._newest()
        for span in reversed(binding.spans if binding is not None else []):
            if span.care_of_address == care_of_address:
                if span.proof is None or proof.is_stronger(span.proof):
                    span.proof = proof
                if proof.kind is not ProofKind.ACKNOWLEDGEMENT:
                    span.last_used_ns = proof.moment.time_ns
                return

    def _shown(self, care_of_address: bytes) -> CorrespondentSpan | None:
        """The newest span, if it is of this care-of address and shown by the correspondent itself."""
        binding = self._newest()
        span = binding.spans[-1] if binding is not None and binding.spans else None
        if span is None or span.care_of_address != care_of_address or span.proof is None:
            return None
        return None if span.proof.kind is ProofKind.HOME_ADDRESS_OPTION else span

    @staticmethod
    def _forget_option_proof(binding: CorrespondentBinding | None) -> None:
        span = binding.spans[-1] if binding is not None and binding.spans else None
        if span is not None and span.proof is not None and span.proof.kind is ProofKind.HOME_ADDRESS_OPTION:
            span.proof = None

    # --- taking back what was refused ---

    def _remember(self, binding: CorrespondentBinding | None) -> None:
        if binding is None:
            self._before = _Before(self._newest())
        else:
            self._before = _Before(binding, binding.lifetime_s, binding.expires_ns, binding.spans[-1])

    def _refuse(self, seen: CorrespondentUpdate) -> None:
        """The newest update was refused after it had been counted as taken: things are as before."""
        seen.proof = None
        before = self._before
        taken = self._newest()
        if before is None or taken is None or not taken.updates or taken.updates[-1] is not seen:
            return
        self._before = None
        taken.updates.pop()
        if taken is not before.binding:
            self.bindings.pop()
            self.made -= 1
        if before.binding is not None and before.span is not None:
            self._restore(before.binding, before)

    @staticmethod
    def _restore(binding: CorrespondentBinding, before: _Before) -> None:
        binding.lifetime_s, binding.expires_ns = before.lifetime_s, before.expires_ns
        binding.end_ns = binding.end_reason = None
        while binding.spans[-1] is not before.span:
            binding.spans.pop()
        binding.spans[-1].end_ns = None


def _due(binding: CorrespondentBinding | None, update: Update) -> int | None:
    """Until when data to the care-of address shows the binding that there was, whatever became of this update."""
    if binding is None or update.deletes or binding.care_of_address != update.care_of_address:
        return None
    return binding.expires_ns


def _is_doubtful(seen: CorrespondentUpdate) -> bool:
    """Whether the correspondent itself has shown neither that it took an update nor that it refused it."""
    return not seen.is_refused and (seen.proof is None or seen.proof.kind is ProofKind.HOME_ADDRESS_OPTION)


def _concerns(destination: bytes, care_of_address: bytes | None, home_address: bytes) -> bool:
    """Whether an error is about this care-of address: it goes to the source of the packet in error."""
    return destination in (care_of_address, home_address)
