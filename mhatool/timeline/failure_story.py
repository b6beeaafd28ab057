"""What happened around a failing home agent, line by line, for text and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from mhatool.exchange import Frame
from mhatool.observe.failure import AlarmSeen, LifeSign, Outage, OutageCause, Phase, Recovery, phases_of
from mhatool.observe.moment import Moment
from mhatool.timeline.values import listed, spent
from mhatool.timeline.words import Words

Name = Callable[[bytes | None], str]
"""How a node is called."""

_CAUSES: Final = {
    OutageCause.UNANSWERED: "doesn't answer",
    OutageCause.RESTARTED: "has lost its bindings",
    OutageCause.LEFT: "takes leave",
    OutageCause.ACCUSED: "is said to be unreachable",
}


class Line(Struct, frozen=True):
    """Something that happened: when, what in a word or two, who or whom, and the frames that show it."""

    time_ns: int
    what: str
    detail: str
    frames: tuple[Frame, ...]


def title(outage: Outage, words: Words) -> str:
    """What is the matter with a home agent, and since when."""
    sign = outage.last_sign
    seen = f"last seen {words.clock(sign.moment.time_ns)}, {_word(sign)}" if sign is not None else "not seen before"
    return f"{words.name(outage.home_agent)} {_CAUSES[outage.cause]}: {seen}"


def of_outage(outage: Outage, name: Name) -> list[Line]:
    """Who noticed, and the first sign of life after it."""
    lines = []
    for notice in outage.notices.values():
        probes = _times(f"probes by {name(notice.home_agent)} in vain", notice.run.count)
        lines.append(Line(notice.run.first.time_ns, "unanswered", probes, _frames(notice.run.first, notice.run.last)))
    if outage.back is not None:
        lines.append(_line(outage.back.moment, "seen again", _word(outage.back)))
    return _sorted(lines)


def of_recovery(recovery: Recovery, name: Name) -> list[Line]:
    """Who told the mobile node, what it did, and who carries on."""
    lines = [*_alarms(recovery, name), *_reaction(recovery, name), *_carried_on(recovery, name)]
    return _sorted(lines)


def _alarms(recovery: Recovery, name: Name) -> Iterator[Line]:
    by_sender: dict[bytes, list[AlarmSeen]] = {}
    for alarm in recovery.alarms:
        by_sender.setdefault(alarm.sender, []).append(alarm)
    for sender, alarms in by_sender.items():
        moments = [alarm.moment for alarm in alarms]
        who = _times(f"by {name(sender)}, {_ids(alarms)}", len(alarms))
        yield Line(moments[0].time_ns, "told", who, _frames(*moments))


def _ids(alarms: Iterable[AlarmSeen]) -> str:
    """Their identifiers, those that follow each other as a range: an agent counts its alarms."""
    ranges: list[list[int]] = []
    for identifier in dict.fromkeys(alarm.identifier for alarm in alarms):
        if ranges and identifier == ranges[-1][-1] + 1:
            ranges[-1][1:] = [identifier]
        else:
            ranges.append([identifier])
    told = " ".join("-".join(map(str, each)) for each in ranges)
    return f"ids {told}" if len(ranges) > 1 or len(ranges[0]) > 1 else f"id {told}"


def _reaction(recovery: Recovery, name: Name) -> Iterator[Line]:
    if recovery.checks:
        asked = _times(f"{name(recovery.outage.home_agent)} itself", len(recovery.checks))
        yield Line(recovery.checks[0].time_ns, "asks", asked, _frames(*recovery.checks))
    if recovery.check_answer is not None:
        lives = "lives: a false alarm" if recovery.is_false_alarm else "holds the binding again"
        yield _line(recovery.check_answer, "answer", f"{name(recovery.outage.home_agent)} {lives}")
    if recovery.request is not None:
        yield _line(recovery.request, "searches", "for home agents")
    if recovery.reply is not None:
        yield _line(
            recovery.reply,
            "finds",
            listed(map(name, recovery.offered), recovery.offer_truncated, "no home agents", " "),
        )
    if recovery.round is not None:
        yield _line(recovery.round.moment, "registers", f"with {' '.join(map(name, recovery.round.home_agents))}")
    if recovery.accepted is not None:
        yield _line(recovery.accepted, "accepted", f"by {name(recovery.accepted_by)}")


def _carried_on(recovery: Recovery, name: Name) -> Iterator[Line]:
    if recovery.take_over is not None:
        who = f"{name(recovery.take_over.defender)} answers on the home link"
        yield _line(recovery.take_over.first, "take-over", who)
    for switch in recovery.switches:
        after = spent(switch.first.time_ns - switch.last.time_ns)
        what = f"packets of {name(switch.correspondent)} by {name(switch.to_agent)}, after {after}"
        yield Line(switch.first.time_ns, "tunnelled", what, _frames(switch.last, switch.first))


def phases(recovery: Recovery) -> str:
    """The phases in a line; an unseen end is told as such."""
    return ", ".join(f"{phase.name} {took(phase)}" for phase in phases_of(recovery))


def took(phase: Phase) -> str:
    """How long a phase took."""
    return spent(phase.duration_ns) if phase.duration_ns is not None else "without end"


def cost(recovery: Recovery) -> str:
    """What was said for it, and the longest time for which a correspondent's packets weren't tunnelled."""
    said = f"{recovery.messages} messages, {recovery.octets} octets"
    gaps = [switch.first.time_ns - switch.last.time_ns for switch in recovery.switches]
    return f"{said}; no packets for {spent(max(gaps))}" if gaps else said


def _line(moment: Moment, what: str, detail: str) -> Line:
    return Line(moment.time_ns, what, detail, (moment.frame,))


def _sorted(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.time_ns)


def _frames(*moments: Moment) -> tuple[Frame, ...]:
    return tuple(dict.fromkeys(moment.frame for moment in moments))


def _times(what: str, count: int) -> str:
    return f"{what} ×{count}" if count > 1 else what


def _word(sign: LifeSign) -> str:
    return str(sign.kind).replace("_", " ")
