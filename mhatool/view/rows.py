"""Everything that a timeline tells, as rows in order of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mhatool.observe import Correspondence, CorrespondentUpdate
from mhatool.timeline import failure_story
from mhatool.timeline.bars import Holder, letters_of
from mhatool.timeline.correspondent_text import ENDS, CorrespondentText
from mhatool.timeline.event import Event, EventKind
from mhatool.timeline.event_text import EventText
from mhatool.timeline.gap import Gap
from mhatool.timeline.model import Timeline
from mhatool.timeline.text import GAP_REASONS, GAP_TITLES, meaning_of
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words
from mhatool.validate import Finding
from mhatool.view.row import Row
from mhatool.view.surroundings import surroundings

_FAILED = frozenset({EventKind.REFUSED, EventKind.UNANSWERED, EventKind.BINDING_ERROR, EventKind.LOST})
_BAD_RESULTS = frozenset({"refused", "unanswered"})


def holders_of(timeline: Timeline) -> dict[bytes, list[Holder]]:
    """The home agents and correspondents of each mobile node, each in order of first use."""
    return {
        home_address: [*timeline.agencies_of(home_address), *timeline.correspondences_of(home_address)]
        for home_address in timeline.mobile_nodes
    }


def rows_of(timeline: Timeline, words: Words) -> list[Row]:
    """All of it. Of equal times, what happened comes before what is found about it."""
    letters = {home: letters_of(holders) for home, holders in holders_of(timeline).items()}
    rows = [
        *(_event(event, words, letters.get(event.home_address, {})) for event in timeline.events),
        *(row for c in timeline.correspondences for row in _correspondent(c, words, letters[c.home_address])),
        *(_gap(gap, words) for gap in timeline.gaps),
        *_failures(timeline, words),
        *surroundings(timeline, words),
        *(_finding(finding, words) for finding in timeline.findings),
    ]
    return sorted(rows, key=lambda row: row.time_ns)


def joined(*parts: str) -> str:
    """Those that aren't empty, apart by two blanks."""
    return "  ".join(part for part in parts if part)


def _event(event: Event, words: Words, letters: Mapping[bytes, str]) -> Row:
    count, told = len(event.sequence_numbers), EventText(words)
    lifetime = f"{event.lifetime_s} s" if event.lifetime_s is not None else ""
    letter = letters.get(event.care_of_address or b"", "")
    addresses = [f"care-of address    {words.name(event.care_of_address)}" + (f" ({letter})" if letter else "")]
    if event.previous_care_of_address not in (None, event.care_of_address):
        addresses.append(f"before             {words.name(event.previous_care_of_address)}")
    return Row(
        time_ns=event.time_ns,
        what=str(event.kind) + (f" ×{count}" if count > 1 else ""),
        detail=joined(letter, told.sequence(event), lifetime, *told.remarks(event)),
        node=event.home_agent,
        home_address=event.home_address,
        frames=event.frames + ((event.shown_by,) if event.shown_by is not None else ()),
        is_trouble=event.kind in _FAILED,
        story=tuple(addresses if event.care_of_address is not None else ()),
    )


def _correspondent(found: Correspondence, words: Words, letters: Mapping[bytes, str]) -> Iterator[Row]:
    """What passed between a mobile node and a correspondent, and the ends that no packet shows."""
    told = CorrespondentText(words, letters)
    for seen in found.updates:
        yield _update(found, seen, words, told, letters)
    for what, moments in (("refresh request", found.refresh_requests), ("binding error", found.errors)):
        for moment in moments:
            yield Row(
                time_ns=moment.time_ns,
                what=what,
                detail=words.frames((moment.frame,)),
                frames=(moment.frame,),
                is_trouble=what == "binding error",
                node=found.correspondent,
                home_address=found.home_address,
            )
    for binding in found.bindings:
        if binding.end_ns is not None and binding.end_reason in ENDS:
            letter = letters.get(binding.care_of_address or b"", "")
            detail = joined(letter, ENDS[binding.end_reason])
            yield Row(
                time_ns=binding.end_ns,
                what=str(binding.end_reason),
                detail=detail,
                node=found.correspondent,
                home_address=found.home_address,
            )


def _update(
    found: Correspondence,
    seen: CorrespondentUpdate,
    words: Words,
    told: CorrespondentText,
    letters: Mapping[bytes, str],
) -> Row:
    update = seen.update
    letter, number = letters.get(update.care_of_address, ""), f"seq {update.sequence_number}"
    return Row(
        time_ns=update.time_ns,
        what=str(seen.kind),
        detail=joined(letter, number, f"{update.lifetime_s} s", words.frames(seen.frames), *told.remarks(seen)),
        node=found.correspondent,
        home_address=found.home_address,
        frames=seen.frames,
        is_trouble=seen.result in _BAD_RESULTS,
        story=(f"care-of address    {words.name(update.care_of_address)}",),
    )


def _gap(gap: Gap, words: Words) -> Row:
    lasts = f"for {spent(gap.duration_ns)}" if gap.duration_ns is not None else "to the end of the capture"
    until = f"until {words.clock(gap.end_ns)}" if gap.end_ns is not None else ""
    steps = [
        joined(
            words.clock(step.time_ns),
            f"{step.name.replace('_', ' '):<22}",
            words.name(step.home_agent),
            f"frame {words.frame(step.frame)}" if step.frame is not None else "",
        )
        for step in gap.steps
    ]
    return Row(
        time_ns=gap.start_ns,
        what=GAP_TITLES[gap.kind].lower(),
        detail=joined(lasts, until, GAP_REASONS[gap.reason]),
        node=gap.home_agent,
        home_address=gap.home_address,
        frames=tuple(dict.fromkeys(step.frame for step in gap.steps if step.frame is not None)),
        is_trouble=True,
        story=(f"counted            {meaning_of(gap)}", "", *steps),
    )


def _failures(timeline: Timeline, words: Words) -> Iterator[Row]:
    """Failing home agents: that one fails, who noticed, and how each mobile node got over it."""
    for outage in timeline.outages:
        recoveries = timeline.recoveries_of(outage)
        yield Row(
            time_ns=outage.noticed_ns,
            what="agent fails",
            detail=failure_story.title(outage, words),
            node=outage.home_agent,
            is_trouble=True,
        )
        for line in failure_story.of_outage(outage, words.name):
            yield _failure(line, words, outage.home_agent, None, ())
        for recovery in recoveries:
            facts: tuple[str, ...] = (f"took               {failure_story.phases(recovery)}",)
            if recovery.messages:
                facts += (f"cost               {failure_story.cost(recovery)}",)
            for line in failure_story.of_recovery(recovery, words.name):
                yield _failure(line, words, outage.home_agent, recovery.home_address, facts)


def _failure(
    line: failure_story.Line, words: Words, home_agent: bytes, home_address: bytes | None, facts: tuple[str, ...]
) -> Row:
    return Row(
        time_ns=line.time_ns,
        what=line.what,
        detail=joined(line.detail, words.frames(line.frames)),
        node=home_agent,
        home_address=home_address,
        frames=line.frames,
        is_trouble=line.what in ("told", "unanswered"),
        story=facts,
    )


def _finding(finding: Finding, words: Words) -> Row:
    what = f"expected {finding.expected}, seen {finding.seen}"
    return Row(
        time_ns=finding.time_ns,
        what=str(finding.severity),
        detail=joined(finding.rule, words.frames(finding.frames[-1:]), what),
        node=finding.node,
        home_address=finding.home_address,
        frames=finding.frames,
        is_trouble=True,
        finding=finding,
    )
