"""The timeline of one node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mhatool.timeline.model import Timeline

#: Whether an address is the node's.
IsIt = Callable[[bytes], bool]


def narrowed(timeline: Timeline, is_it: IsIt) -> Timeline:
    """What a node has to do with, as a mobile node, home agent or correspondent; the rest stays as it is."""
    outages = tuple(
        outage
        for outage in timeline.outages
        if is_it(outage.home_agent) or any(is_it(found.home_address) for found in timeline.recoveries_of(outage))
    )
    return replace(
        timeline,
        agencies=tuple(a for a in timeline.agencies if is_it(a.home_address) or is_it(a.home_agent)),
        events=tuple(e for e in timeline.events if is_it(e.home_address) or is_it(e.home_agent)),
        gaps=tuple(gap for gap in timeline.gaps if is_it(gap.home_address) or is_it(gap.home_agent)),
        correspondences=tuple(
            found for found in timeline.correspondences if is_it(found.home_address) or is_it(found.correspondent)
        ),
        findings=tuple(
            finding
            for finding in timeline.findings
            if is_it(finding.node) or (finding.home_address is not None and is_it(finding.home_address))
        ),
        outages=outages,
        recoveries=tuple(found for found in timeline.recoveries if found.outage in outages),
    )


__all__ = ["narrowed"]
