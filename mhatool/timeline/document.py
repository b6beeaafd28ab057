"""The timeline as one JSON document, `mhatool.timeline/1`."""

from __future__ import annotations

from typing import Any

from mhatool.observe import Agency, Binding, EndReason, Registration
from mhatool.timeline import values
from mhatool.timeline.correspondent_document import correspondents, return_routability
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.events import is_unanswered
from mhatool.timeline.failure_document import failures
from mhatool.timeline.gap import Gap
from mhatool.timeline.model import Timeline
from mhatool.timeline.surroundings_document import surroundings

SCHEMA = "mhatool.timeline/1"

_MOVES = (EventKind.REGISTERED, EventKind.MOVED, EventKind.DEREGISTERED)


def as_json(timeline: Timeline) -> dict[str, Any]:
    """The document. Times are RFC 3339 with nine digits, durations seconds, addresses text."""
    return {
        "schema": SCHEMA,
        "start": values.time(timeline.first_ns) if timeline.packets else None,
        "end": values.time(timeline.last_ns) if timeline.packets else None,
        "packets": timeline.packets,
        "bindings": [_binding(binding, timeline) for binding in timeline.bindings],
        "registrations": [
            _registration(agency, registration, timeline.last_ns)
            for agency in timeline.agencies
            for registration in agency.registrations
        ],
        "moves": [_move(event) for event in timeline.events if event.kind in _MOVES],
        "gaps": [_gap(gap) for gap in timeline.gaps],
        "correspondents": correspondents(timeline),
        "return_routability": return_routability(timeline),
        "failures": failures(timeline),
        **surroundings(timeline),
        "findings": [finding.json() for finding in timeline.findings],
    }


def _binding(binding: Binding, timeline: Timeline) -> dict[str, Any]:
    accepted = [r.acknowledgement for r in binding.registrations if r.acknowledgement is not None]
    return {
        "home_address": values.text(binding.home_address),
        "home_agent": values.text(binding.home_agent),
        "binding_identifier": binding.identifier,
        "care_of_address": values.text(binding.care_of_address),
        "start": values.time(binding.start_ns),
        "started_before_capture": binding.is_older,
        "end": values.time(binding.end_ns),
        "end_reason": str(binding.end_reason or EndReason.CAPTURE_END),
        "expires": values.time(binding.expires_ns),
        "duration_s": values.seconds(_duration(binding)),
        "lifetime_s": binding.lifetime_s,
        "status": accepted[0].status if accepted else None,
        "sequence_numbers": [registration.sequence_number for registration in binding.registrations],
        "refreshes": binding.refreshes,
        "unanswered": _unanswered(binding, timeline),
        "care_of_addresses": [
            {
                "care_of_address": values.text(s.care_of_address),
                "start": values.time(s.start_ns),
                "end": values.time(s.end_ns),
            }
            for s in binding.spans
        ],
        "last_tunnelled": values.time(binding.last_tunnelled.time_ns) if binding.last_tunnelled is not None else None,
        **values.frames(tuple(frame for registration in binding.registrations for frame in registration.frames)),
    }


def _duration(binding: Binding) -> int | None:
    """None where begin or end weren't seen, or times went back between them."""
    start_ns, end_ns = binding.start_ns, binding.end_ns
    return end_ns - start_ns if start_ns is not None and end_ns is not None and end_ns >= start_ns else None


def _unanswered(binding: Binding, timeline: Timeline) -> int:
    """The unanswered updates at its home agent from its start to the next binding's there."""
    agency = next(a for a in timeline.agencies if any(b is binding for b in a.bindings))
    same = [b for b in agency.bindings if b.identifier == binding.identifier]
    starts = [b.start_ns for b in same if b.start_ns is not None and b.start_ns > (binding.start_ns or 0)]
    until = min(starts, default=timeline.last_ns + 1)
    return sum(
        (binding.start_ns or 0) <= r.update.time_ns < until
        for r in agency.registrations
        if r.update is not None and r.identifier == binding.identifier and is_unanswered(r, timeline.last_ns)
    )


def _result(registration: Registration, last_ns: int) -> str:
    if registration.is_accepted:
        return "accepted"
    if registration.acknowledgement is not None:
        return "refused"
    return "unanswered" if is_unanswered(registration, last_ns) else "pending"


def _registration(agency: Agency, registration: Registration, last_ns: int) -> dict[str, Any]:
    update, acknowledgement = registration.update, registration.acknowledgement
    return {
        "home_address": values.text(agency.home_address),
        "home_agent": values.text(agency.home_agent),
        "kind": str(registration.kind),
        "result": _result(registration, last_ns),
        "care_of_address": values.text(update.care_of_address if update is not None else None),
        "sequence_number": registration.sequence_number,
        "update_time": values.time(update.time_ns if update is not None else None),
        "requested_lifetime_s": update.lifetime_s if update is not None else None,
        "acknowledgement_time": values.time(acknowledgement.time_ns if acknowledgement is not None else None),
        "status": acknowledgement.status if acknowledgement is not None else None,
        "granted_lifetime_s": acknowledgement.lifetime_s if acknowledgement is not None else None,
        **values.frames(registration.frames),
    }


def _move(event: Event) -> dict[str, Any]:
    return {
        "home_address": values.text(event.home_address),
        "home_agent": values.text(event.home_agent),
        "kind": str(event.kind),
        "from": values.text(event.previous_care_of_address),
        "to": values.text(event.care_of_address),
        "update_time": values.time(event.asked_ns),
        "time": values.time(event.time_ns),
        "latency_s": values.seconds(event.latency_ns),
        **values.frames(event.frames),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "kind": str(gap.kind),
        "reason": str(gap.reason),
        "home_address": values.text(gap.home_address),
        "home_agent": values.text(gap.home_agent),
        "from": values.time(gap.start_ns),
        "to": values.time(gap.end_ns),
        "duration_s": values.seconds(gap.duration_ns),
        "next_home_agent": values.text(gap.next_home_agent),
        "steps": [
            {
                "name": step.name,
                "time": values.time(step.time_ns),
                "home_agent": values.text(step.home_agent),
                "frame": step.frame.number if step.frame is not None else None,
                "file": step.frame.file if step.frame is not None else None,
            }
            for step in gap.steps
        ],
    }
