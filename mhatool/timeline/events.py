"""From an agency's registrations and bindings to events."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.observe import Agency, Binding, EndReason, Kind, Registration
from mhatool.protocol.lifetime import nanoseconds
from mhatool.timeline.event import Event, EventKind

PENDING_NS = nanoseconds(2)
"""An update this near the end of a capture may still be answered: a home agent's DAD alone takes a second."""


def is_unanswered(registration: Registration, last_ns: int) -> bool:
    """Whether an update got no answer though there was time for one, and nothing else shows that it was accepted."""
    update = registration.update
    if update is None or registration.acknowledgement is not None or registration.is_accepted:
        return False
    return update.time_ns <= last_ns - PENDING_NS


def events_of(agency: Agency, last_ns: int) -> Iterator[Event]:
    """What happened to one home address at one home agent, registrations first, then other ends."""
    accepted = {id(r): (binding, r) for binding in agency.bindings for r in binding.registrations}
    run: list[Registration] = []
    for registration in agency.registrations:
        if run and not _goes_on(run[-1], registration):
            yield _unanswered(agency, run)
            run = []
        if is_unanswered(registration, last_ns):
            run.append(registration)
            continue
        asked = _first_asked(run, registration)
        if run:
            yield _unanswered(agency, run)
            run = []
        binding = accepted[id(registration)][0] if id(registration) in accepted else None
        yield _answered(agency, registration, binding, asked)
    if run:
        yield _unanswered(agency, run)
    yield from _other_ends(agency)


def _goes_on(last: Registration, registration: Registration) -> bool:
    """Whether a registration tries again what the last one tried."""
    return registration.kind is Kind.RETRANSMISSION or (
        registration.kind is Kind.DEREGISTRATION and last.kind is Kind.DEREGISTRATION
    )


def _first_asked(run: list[Registration], registration: Registration) -> int | None:
    first = run[0] if run else registration
    return first.update.time_ns if first.update is not None else None


def _answered(agency: Agency, registration: Registration, binding: Binding | None, asked: int | None) -> Event:
    update, acknowledgement = registration.update, registration.acknowledgement
    message = acknowledgement or update
    shown = registration.shown_by if acknowledgement is None else None
    seen = shown or message
    return Event(
        time_ns=seen.time_ns if seen is not None else 0,
        kind=_kind(registration, binding),
        home_address=agency.home_address,
        home_agent=agency.home_agent,
        care_of_address=registration.care_of_address,
        previous_care_of_address=_previous_address(registration, binding),
        sequence_numbers=(registration.sequence_number,),
        lifetime_s=message.lifetime_s if message is not None else None,
        status=acknowledgement.status if acknowledgement is not None else None,
        frames=registration.frames,
        asked_ns=asked if acknowledgement is not None else None,
        shown_by=shown.frame if shown is not None else None,
    )


def _kind(registration: Registration, binding: Binding | None) -> EventKind:
    acknowledgement = registration.acknowledgement
    if not registration.is_accepted:
        return EventKind.PENDING if acknowledgement is None else EventKind.REFUSED
    if registration.kind is Kind.DEREGISTRATION or (acknowledgement is not None and acknowledgement.lifetime_s == 0):
        return EventKind.DEREGISTERED
    if binding is None or not binding.registrations or binding.registrations[0] is registration:
        return EventKind.REGISTERED if binding is not None else EventKind.REFRESHED
    moved = _previous_address(registration, binding) != registration.care_of_address
    return EventKind.MOVED if moved else EventKind.REFRESHED


def _previous_address(registration: Registration, binding: Binding | None) -> bytes | None:
    """The care-of address of the accepted registration before this one, in the same binding."""
    before = None
    for accepted in binding.registrations if binding is not None else ():
        if accepted is registration:
            return before
        before = accepted.care_of_address
    return None


def _unanswered(agency: Agency, run: list[Registration]) -> Event:
    updates = [registration.update for registration in run if registration.update is not None]
    return Event(
        time_ns=updates[0].time_ns,
        kind=EventKind.UNANSWERED,
        home_address=agency.home_address,
        home_agent=agency.home_agent,
        care_of_address=updates[0].care_of_address,
        sequence_numbers=tuple(update.sequence_number for update in updates),
        lifetime_s=updates[0].lifetime_s,
        frames=tuple(update.frame for update in updates),
        until_ns=updates[-1].time_ns,
    )


def _other_ends(agency: Agency) -> Iterator[Event]:
    kinds = {
        EndReason.EXPIRED: EventKind.EXPIRED,
        EndReason.REPLACED: EventKind.REPLACED,
        EndReason.BINDING_ERROR: EventKind.BINDING_ERROR,
        EndReason.LOST: EventKind.LOST,
    }
    for binding in agency.bindings:
        if binding.end_ns is not None and binding.end_reason in kinds:
            yield Event(
                time_ns=binding.end_ns,
                kind=kinds[binding.end_reason],
                home_address=agency.home_address,
                home_agent=agency.home_agent,
                care_of_address=binding.care_of_address,
                frames=(binding.ended_by,) if binding.ended_by is not None else (),
            )
