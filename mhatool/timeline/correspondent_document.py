"""What a timeline says of correspondents, as JSON: their bindings, and the return routability behind them."""

from __future__ import annotations

from typing import Any

from mhatool.observe import (
    Correspondence,
    CorrespondentBinding,
    CorrespondentEnd,
    CorrespondentSpan,
    CorrespondentUpdate,
    Proof,
    RoutabilityRun,
    RoutabilityTest,
)
from mhatool.timeline import values
from mhatool.timeline.model import Timeline


def correspondents(timeline: Timeline) -> list[dict[str, Any]]:
    """Every home address at every correspondent."""
    return [_correspondence(found) for found in timeline.correspondences]


def return_routability(timeline: Timeline) -> dict[str, Any]:
    """Every test, and the runs that they make up."""
    return {
        "tests": [_test(test) for test in timeline.routability_tests],
        "runs": [_run(run) for run in timeline.routability_runs],
    }


def _correspondence(found: Correspondence) -> dict[str, Any]:
    return {
        "home_address": values.text(found.home_address),
        "correspondent": values.text(found.correspondent),
        "bindings": [_binding(binding) for binding in found.bindings],
        "updates": [_update(update) for update in found.updates],
        "refresh_requests": [values.moment(moment) for moment in found.refresh_requests],
        "binding_errors": [values.moment(moment) for moment in found.errors],
    }


def _binding(binding: CorrespondentBinding) -> dict[str, Any]:
    return {
        "care_of_address": values.text(binding.care_of_address),
        "start": values.time(binding.start_ns),
        "started_before_capture": binding.is_older,
        "end": values.time(binding.end_ns),
        "end_reason": str(binding.end_reason or CorrespondentEnd.CAPTURE_END),
        "expires": values.time(binding.expires_ns),
        "lifetime_s": binding.lifetime_s,
        "shown_by": _kind(binding.proof),
        "sequence_numbers": [seen.update.sequence_number for seen in binding.updates],
        "care_of_addresses": [_span(span) for span in binding.spans],
        **values.frames(frame for seen in binding.updates for frame in seen.frames),
    }


def _span(span: CorrespondentSpan) -> dict[str, Any]:
    return {
        "care_of_address": values.text(span.care_of_address),
        "start": values.time(span.start_ns),
        "end": values.time(span.end_ns),
        "shown_by": _kind(span.proof),
        "shown": values.moment(span.proof.moment if span.proof is not None else None),
        "last_used": values.time(span.last_used_ns),
    }


def _update(seen: CorrespondentUpdate) -> dict[str, Any]:
    update, acknowledgement = seen.update, seen.acknowledgement
    return {
        "kind": str(seen.kind),
        "result": seen.result,
        "shown_by": _kind(seen.proof),
        "shown": values.moment(seen.proof.moment if seen.proof is not None else None),
        "care_of_address": values.text(update.care_of_address),
        "sequence_number": update.sequence_number,
        "time": values.time(update.time_ns),
        "lifetime_s": update.lifetime_s,
        "flags": sorted(update.flags),
        "home_nonce_index": seen.home_nonce_index,
        "care_of_nonce_index": seen.care_of_nonce_index,
        "authenticator": seen.authenticator.hex() if seen.authenticator is not None else None,
        "home_test": _answered(seen.home_test),
        "care_of_test": _answered(seen.care_of_test),
        "acknowledgement_time": values.time(acknowledgement.time_ns if acknowledgement is not None else None),
        "status": acknowledgement.status if acknowledgement is not None else None,
        "binding_error_time": values.time(seen.error.time_ns if seen.error is not None else None),
        **values.frames(seen.frames),
    }


def _answered(test: RoutabilityTest | None) -> dict[str, Any]:
    return values.moment(test.answered if test is not None else None)


def _test(test: RoutabilityTest) -> dict[str, Any]:
    return {
        "kind": str(test.kind),
        "address": values.text(test.address),
        "correspondent": values.text(test.correspondent),
        "cookie": test.cookie.hex(),
        "init_time": values.time(test.asked.time_ns if test.asked is not None else None),
        "test_time": values.time(test.answered.time_ns if test.answered is not None else None),
        "latency_s": values.seconds(test.latency_ns),
        "nonce_index": test.nonce_index,
        "uses": test.uses,
        "first_use": values.moment(test.first_use),
        **values.frames(moment.frame for moment in test.moments),
    }


def _run(run: RoutabilityRun) -> dict[str, Any]:
    return {
        "home_address": values.text(run.home_address),
        "care_of_address": values.text(run.care_of_address),
        "correspondent": values.text(run.correspondent),
        "start": values.time(run.start_ns),
        "home_test": _part(run.home_test, is_reused=run.home_test_is_reused),
        "care_of_test": _part(run.care_of_test, is_reused=run.care_of_test_is_reused),
        "update": values.moment(run.update),
        "sequence_number": run.sequence_number,
    }


def _part(test: RoutabilityTest | None, *, is_reused: bool) -> dict[str, Any] | None:
    if test is None:
        return None
    return {
        "nonce_index": test.nonce_index,
        "reused": is_reused,
        **values.frames(moment.frame for moment in test.moments),
    }


def _kind(proof: Proof | None) -> str | None:
    return str(proof.kind) if proof is not None else None
