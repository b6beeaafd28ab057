"""The timeline as one JSON document, `mhatool.timeline/1`."""

from __future__ import annotations

from typing import Any

from dissectors.ipv6 import address
from mhatool.exchange import Frame
from mhatool.observe import Agency, Binding, EndReason, Registration
from mhatool.protocol.instant import rfc3339
from mhatool.protocol.lifetime import seconds
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.events import is_unanswered
from mhatool.timeline.gap import Gap
from mhatool.timeline.model import Timeline

SCHEMA = "mhatool.timeline/1"

_MOVES = (EventKind.REGISTERED, EventKind.MOVED, EventKind.DEREGISTERED)


def as_json(timeline: Timeline) -> dict[str, Any]:
    """The document. Times are RFC 3339 with nine digits, durations seconds, addresses text."""
    return {
        "schema": SCHEMA,
        "start": _time(timeline.first_ns) if timeline.packets else None,
        "end": _time(timeline.last_ns) if timeline.packets else None,
        "packets": timeline.packets,
        "bindings": [_binding(binding, timeline) for binding in timeline.bindings],
        "registrations": [
            _registration(agency, registration, timeline.last_ns)
            for agency in timeline.agencies
            for registration in agency.registrations
        ],
        "moves": [_move(event) for event in timeline.events if event.kind in _MOVES],
        "gaps": [_gap(gap) for gap in timeline.gaps],
        "findings": [finding.json() for finding in timeline.findings],
    }


def _time(time_ns: int | None) -> str | None:
    return rfc3339(time_ns) if time_ns is not None else None


def _address(octets: bytes | None) -> str | None:
    return address.text(octets) if octets is not None else None


def _seconds(duration_ns: int | None) -> float | None:
    return seconds(duration_ns) if duration_ns is not None else None


def _frames(frames: tuple[Frame, ...]) -> dict[str, Any]:
    return {"frames": [frame.number for frame in frames], "files": [frame.file for frame in frames]}


def _binding(binding: Binding, timeline: Timeline) -> dict[str, Any]:
    accepted = [r.acknowledgement for r in binding.registrations if r.acknowledgement is not None]
    return {
        "home_address": _address(binding.home_address),
        "home_agent": _address(binding.home_agent),
        "care_of_address": _address(binding.care_of_address),
        "start": _time(binding.start_ns),
        "started_before_capture": binding.is_older,
        "end": _time(binding.end_ns),
        "end_reason": str(binding.end_reason or EndReason.CAPTURE_END),
        "expires": _time(binding.expires_ns),
        "duration_s": _seconds(_duration(binding)),
        "lifetime_s": binding.lifetime_s,
        "status": accepted[0].status if accepted else None,
        "sequence_numbers": [registration.sequence_number for registration in binding.registrations],
        "refreshes": binding.refreshes,
        "unanswered": _unanswered(binding, timeline),
        "care_of_addresses": [
            {"care_of_address": _address(s.care_of_address), "start": _time(s.start_ns), "end": _time(s.end_ns)}
            for s in binding.spans
        ],
        "last_tunnelled": _time(binding.last_tunnelled.time_ns) if binding.last_tunnelled is not None else None,
        **_frames(tuple(frame for registration in binding.registrations for frame in registration.frames)),
    }


def _duration(binding: Binding) -> int | None:
    known = binding.start_ns is not None and binding.end_ns is not None
    return (binding.end_ns or 0) - (binding.start_ns or 0) if known else None


def _unanswered(binding: Binding, timeline: Timeline) -> int:
    """The unanswered updates at its home agent from its start to the next binding's there."""
    agency = next(a for a in timeline.agencies if any(b is binding for b in a.bindings))
    starts = [b.start_ns for b in agency.bindings if b.start_ns is not None and b.start_ns > (binding.start_ns or 0)]
    until = min(starts, default=timeline.last_ns + 1)
    return sum(
        (binding.start_ns or 0) <= r.update.time_ns < until
        for r in agency.registrations
        if r.update is not None and is_unanswered(r, timeline.last_ns)
    )


def _result(registration: Registration, last_ns: int) -> str:
    if registration.acknowledgement is not None:
        return "accepted" if registration.is_accepted else "refused"
    return "unanswered" if is_unanswered(registration, last_ns) else "pending"


def _registration(agency: Agency, registration: Registration, last_ns: int) -> dict[str, Any]:
    update, acknowledgement = registration.update, registration.acknowledgement
    return {
        "home_address": _address(agency.home_address),
        "home_agent": _address(agency.home_agent),
        "kind": str(registration.kind),
        "result": _result(registration, last_ns),
        "care_of_address": _address(update.care_of_address if update is not None else None),
        "sequence_number": registration.sequence_number,
        "update_time": _time(update.time_ns if update is not None else None),
        "requested_lifetime_s": update.lifetime_s if update is not None else None,
        "acknowledgement_time": _time(acknowledgement.time_ns if acknowledgement is not None else None),
        "status": acknowledgement.status if acknowledgement is not None else None,
        "granted_lifetime_s": acknowledgement.lifetime_s if acknowledgement is not None else None,
        **_frames(registration.frames),
    }


def _move(event: Event) -> dict[str, Any]:
    return {
        "home_address": _address(event.home_address),
        "home_agent": _address(event.home_agent),
        "kind": str(event.kind),
        "from": _address(event.previous_care_of_address),
        "to": _address(event.care_of_address),
        "update_time": _time(event.asked_ns),
        "time": _time(event.time_ns),
        "latency_s": _seconds(event.latency_ns),
        **_frames(event.frames),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "kind": str(gap.kind),
        "reason": str(gap.reason),
        "home_address": _address(gap.home_address),
        "home_agent": _address(gap.home_agent),
        "from": _time(gap.start_ns),
        "to": _time(gap.end_ns),
        "duration_s": _seconds(gap.duration_ns),
        "next_home_agent": _address(gap.next_home_agent),
        "steps": [
            {
                "name": step.name,
                "time": _time(step.time_ns),
                "home_agent": _address(step.home_agent),
                "frame": step.frame.number if step.frame is not None else None,
                "file": step.frame.file if step.frame is not None else None,
            }
            for step in gap.steps
        ],
    }
