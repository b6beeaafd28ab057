"""What a timeline says of failing home agents, as JSON."""

from __future__ import annotations

from typing import Any

from mhatool.observe.failure import AlarmSeen, LifeSign, Notice, Outage, Phase, Recovery, Switch, phases_of
from mhatool.timeline import values
from mhatool.timeline.model import Timeline


def failures(timeline: Timeline) -> list[dict[str, Any]]:
    """Every failure, with what came of it at each mobile node."""
    return [_outage(outage, timeline.recoveries_of(outage)) for outage in timeline.outages]


def _outage(outage: Outage, recoveries: list[Recovery]) -> dict[str, Any]:
    return {
        "home_agent": values.text(outage.home_agent),
        "cause": str(outage.cause),
        "noticed": values.time(outage.noticed_ns),
        "last_seen": _sign(outage.last_sign),
        "seen_again": _sign(outage.back),
        "noticed_by": [_notice(notice) for notice in outage.notices.values()],
        "recoveries": [_recovery(recovery) for recovery in recoveries],
    }


def _sign(sign: LifeSign | None) -> dict[str, Any]:
    shown_by = str(sign.kind) if sign is not None else None
    return {"shown_by": shown_by, **values.moment(sign.moment if sign is not None else None)}


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "home_agent": values.text(notice.home_agent),
        "probes": notice.run.count,
        "first": values.moment(notice.run.first),
        "last": values.moment(notice.run.last),
    }


def _recovery(recovery: Recovery) -> dict[str, Any]:
    update, take_over = recovery.round, recovery.take_over
    return {
        "home_address": values.text(recovery.home_address),
        "alarms": [_alarm(alarm) for alarm in recovery.alarms],
        "false_alarm": recovery.is_false_alarm,
        "checks": [values.moment(check) for check in recovery.checks],
        "check_answer": values.moment(recovery.check_answer),
        "discovery_request": values.moment(recovery.request),
        "discovery_reply": values.moment(recovery.reply),
        "offered": [values.text(agent) for agent in recovery.offered],
        "offer_truncated": recovery.offer_truncated,
        "update": values.moment(update.moment if update is not None else None),
        "home_agents": [values.text(agent) for agent in update.home_agents] if update is not None else [],
        "added": [values.text(agent) for agent in recovery.added],
        "accepted": values.moment(recovery.accepted),
        "accepted_by": values.text(recovery.accepted_by),
        "take_over": values.moment(take_over.first if take_over is not None else None),
        "take_over_by": values.text(take_over.defender if take_over is not None else None),
        "flows": [_flow(switch) for switch in recovery.switches],
        "phases": [_phase(phase) for phase in phases_of(recovery)],
        "messages": recovery.messages,
        "octets": recovery.octets,
    }


def _alarm(alarm: AlarmSeen) -> dict[str, Any]:
    return {"sender": values.text(alarm.sender), "identifier": alarm.identifier, **values.moment(alarm.moment)}


def _flow(switch: Switch) -> dict[str, Any]:
    return {
        "correspondent": values.text(switch.correspondent),
        "from_home_agent": values.text(switch.from_agent),
        "last": values.moment(switch.last),
        "to_home_agent": values.text(switch.to_agent),
        "first": values.moment(switch.first),
        "gap_s": values.seconds(switch.first.time_ns - switch.last.time_ns),
    }


def _phase(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "from": values.moment(phase.began),
        "to": values.moment(phase.ended),
        "duration_s": values.seconds(phase.duration_ns),
    }
