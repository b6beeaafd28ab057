"""Finds the gaps: when every binding of a home address had ended, or its home agents were silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from mhatool.observe import Agency, Binding, EndReason, Kind, Registration
from mhatool.timeline.events import is_unanswered
from mhatool.timeline.gap import DENIED, LOST, Gap, GapKind, GapReason, Silence, Step

_ENDS: Final = {EndReason.EXPIRED: "binding_expired", EndReason.BINDING_ERROR: DENIED, EndReason.LOST: LOST}


class _Interval(Struct, frozen=True):
    """A time in which a binding held. `silence` is what ended it, if nothing else did."""

    start_ns: int
    end_ns: int
    binding: Binding
    silence: Silence | None = None


def silences_of(agency: Agency, last_ns: int) -> Iterator[Silence]:
    """When this home agent left updates unanswered that it would have answered while it lived.

    One lost packet is no silence: at least two updates in a row, or no answer any more. Deregistrations don't count
    (nobody is away then), nor does anything that another sign of life contradicts: then packets were lost.
    """
    run: list[Registration] = []
    for registration in agency.registrations:
        if is_unanswered(registration, last_ns) and registration.kind is not Kind.DEREGISTRATION:
            if run and registration.sign_before != run[0].sign_before:
                run = []
            run.append(registration)
            continue
        if registration.acknowledgement is not None:
            if len(run) > 1 and registration.sign_before == run[0].sign_before:
                yield from _silence(agency, run, registration.acknowledgement.time_ns)
            run = []
    if run and agency.last_sign == run[0].sign_before:
        yield from _silence(agency, run, None)


def _silence(agency: Agency, run: list[Registration], until_ns: int | None) -> Iterator[Silence]:
    if run[0].sign_before is not None:
        yield Silence(agency, run[0].sign_before, tuple(run), until_ns)


def gaps_of(agencies: Sequence[Agency], first_ns: int, last_ns: int) -> Iterator[Gap]:
    """The gaps of one home address, with all of its home agents."""
    valid = [
        _Interval(b.start_ns if b.start_ns is not None else first_ns, b.end_ns or last_ns, b)
        for agency in agencies
        for b in agency.bindings
    ]
    silences = [silence for agency in agencies for silence in silences_of(agency, last_ns)]
    usable = [part for interval in valid for part in _without(interval, silences)]
    for kind, intervals in ((GapKind.NO_USABLE_BINDING, usable), (GapKind.NO_VALID_BINDING, valid)):
        for last, following in _holes(intervals, last_ns):
            wanted = last.silence is not None if kind is GapKind.NO_USABLE_BINDING else last.end_ns < last_ns
            if wanted and not _is_at_home(agencies, following.start_ns if following is not None else last_ns):
                yield from _gap(kind, agencies, last, following)


def _without(interval: _Interval, silences: list[Silence]) -> Iterator[_Interval]:
    """What is left of a binding's time without the silences of its home agent."""
    start = interval.start_ns
    for silence in silences:
        if silence.agency.home_agent != interval.binding.home_agent:
            continue
        if start <= silence.last_sign.time_ns < interval.end_ns:
            yield _Interval(start, silence.last_sign.time_ns, interval.binding, silence)
            start = silence.until_ns if silence.until_ns is not None else interval.end_ns
    if start < interval.end_ns:
        yield _Interval(start, interval.end_ns, interval.binding)


def _holes(intervals: list[_Interval], last_ns: int) -> Iterator[tuple[_Interval, _Interval | None]]:
    """Where one interval has ended before the next begins; the one that ended last, and the next if there is one."""
    last: _Interval | None = None
    for interval in sorted(intervals, key=lambda i: i.start_ns):
        if last is not None and last.end_ns < interval.start_ns:
            yield last, interval
        if last is None or interval.end_ns >= last.end_ns:
            last = interval
    if last is not None and last.end_ns < last_ns:
        yield last, None


def _is_at_home(agencies: Sequence[Agency], time_ns: int) -> bool:
    """Whether a deregistration, answered or not, came after the last accepted registration before this time."""
    last = max(
        (
            (message.time_ns, registration.kind is Kind.DEREGISTRATION)
            for agency in agencies
            for registration in agency.registrations
            if registration.is_accepted or registration.kind is Kind.DEREGISTRATION
            for message in (registration.acknowledgement or registration.update,)
            if message is not None and message.time_ns < time_ns
        ),
        default=None,
    )
    return last is not None and last[1]


def _gap(kind: GapKind, agencies: Sequence[Agency], last: _Interval, following: _Interval | None) -> Iterator[Gap]:
    binding = last.binding
    reason = _reason(agencies, binding, following)
    if following is None and reason is GapReason.NONE_SEEN:
        return  # nobody was seen to miss it
    end_ns = following.start_ns if following is not None else None
    steps = [*_last_sign(last), *_attempts(agencies, binding, last, following), *_end(binding, end_ns)]
    if following is not None:
        steps.append(_recovery(following))
    yield Gap(
        kind=kind,
        reason=reason,
        home_address=binding.home_address,
        home_agent=binding.home_agent,
        start_ns=last.end_ns,
        end_ns=end_ns,
        next_home_agent=following.binding.home_agent if following is not None else None,
        steps=tuple(sorted(steps, key=lambda step: step.time_ns)),
    )


def _tries(agencies: Sequence[Agency], binding: Binding, until_ns: int | None) -> list[Registration]:
    """The updates after the binding's last one that led to nothing, in order."""
    newest = binding.registrations[-1] if binding.registrations else None
    message = (newest.acknowledgement or newest.update) if newest is not None else None
    since = message.time_ns if message is not None else binding.start_ns or 0
    tries = [
        (registration.update.time_ns, registration)
        for agency in agencies
        for registration in agency.registrations
        if registration.update is not None and registration.update.time_ns > since
        if not registration.is_accepted and registration.kind is not Kind.DEREGISTRATION
    ]
    return [r for time_ns, r in sorted(tries, key=lambda pair: pair[0]) if until_ns is None or time_ns < until_ns]


def _reason(agencies: Sequence[Agency], binding: Binding, following: _Interval | None) -> GapReason:
    tries = _tries(agencies, binding, following.start_ns if following is not None else None)
    if any(registration.acknowledgement is None for registration in tries):
        return GapReason.UNANSWERED
    return GapReason.REFUSED if tries else GapReason.NONE_SEEN


def _last_sign(last: _Interval) -> Iterator[Step]:
    if last.silence is not None:
        sign = last.silence.last_sign
        yield Step(f"last_{sign.kind}", sign.time_ns, sign.frame, last.binding.home_agent)


def _attempts(
    agencies: Sequence[Agency], binding: Binding, last: _Interval, following: _Interval | None
) -> Iterator[Step]:
    tries = _tries(agencies, binding, following.start_ns if following is not None else None)
    updates = [registration.update for registration in tries if registration.update is not None]
    if updates:
        yield Step("first_update_in_vain", updates[0].time_ns, updates[0].frame, updates[0].peer)
    if len(updates) > 1:
        yield Step("last_update_in_vain", updates[-1].time_ns, updates[-1].frame, updates[-1].peer)


def _end(binding: Binding, end_ns: int | None) -> Iterator[Step]:
    ended_ns = binding.end_ns
    name = _ENDS.get(binding.end_reason) if binding.end_reason is not None else None
    if name is not None and ended_ns is not None and (end_ns is None or ended_ns <= end_ns):
        yield Step(name, ended_ns, binding.ended_by, binding.home_agent)


def _recovery(following: _Interval) -> Step:
    binding = following.binding
    at = [r.acknowledgement for r in binding.registrations if r.acknowledgement is not None]
    frame = next((a.frame for a in at if a.time_ns == following.start_ns), None)
    return Step("binding_accepted", following.start_ns, frame, binding.home_agent)
