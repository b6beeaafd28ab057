"""The schema of what a timeline says of failing home agents."""

from __future__ import annotations

from mhatool.observe.failure import PHASES, LifeKind, OutageCause
from mhatool.timeline.schema_values import (
    ADDRESS,
    HERE,
    LATENCY,
    NUMBER,
    PERHAPS,
    TIME,
    YES_OR_NO,
    Schema,
    list_of,
    maybe,
    record,
)

_SIGN: Schema = record(
    shown_by={"enum": [*map(str, LifeKind), None], "description": "What it sent; null: nothing was seen"},
    **PERHAPS["properties"],
)
_NOTICE = record(
    home_agent=ADDRESS,
    probes={**NUMBER, "description": "In vain, one after another, until then"},
    first=record(**HERE),
    last=record(**HERE),
)
_FLOW = record(
    correspondent=ADDRESS,
    from_home_agent=ADDRESS,
    last={**record(**HERE), "description": "The last packet that the failed agent tunnelled"},
    to_home_agent=ADDRESS,
    first={**record(**HERE), "description": "The first packet that another one tunnelled"},
    gap_s=LATENCY,
)
_PHASE = record(
    name={"enum": list(PHASES)},
    **{"from": record(**HERE)},
    to=PERHAPS,
    duration_s=maybe(LATENCY),
)
_RECOVERY = record(
    home_address=ADDRESS,
    alarms={
        **list_of(record(sender=ADDRESS, identifier=NUMBER, **HERE)),
        "description": "Home Agent Unreachable, the latest of many",
    },
    false_alarm={**YES_OR_NO, "description": "The accused one answered the mobile node"},
    checks={**list_of(record(**HERE)), "description": "Binding Updates to the accused one"},
    check_answer=PERHAPS,
    discovery_request=PERHAPS,
    discovery_reply=PERHAPS,
    offered=list_of(ADDRESS),
    offer_truncated={**YES_OR_NO, "description": "Whether the capture cut the reply: there may be more"},
    update={**PERHAPS, "description": "The first Binding Update whose list goes without the failed agent"},
    home_agents={**list_of(ADDRESS), "description": "Its list"},
    added={**list_of(ADDRESS), "description": "Those in it that were told nothing before the alarm"},
    accepted=PERHAPS,
    accepted_by=maybe(ADDRESS),
    take_over={**PERHAPS, "description": "When another one began to answer on the home link"},
    take_over_by=maybe(ADDRESS),
    flows=list_of(_FLOW),
    phases={**list_of(_PHASE), "description": "Those whose beginning was seen; they overlap"},
    messages={**NUMBER, "description": "Alarms, checks, discovery, and registrations with the new list"},
    octets={**NUMBER, "description": "Of these, from the IPv6 header on"},
)

FAILURES: dict[str, Schema] = {
    "failures": list_of(
        record(
            home_agent=ADDRESS,
            cause={"enum": [str(cause) for cause in OutageCause]},
            noticed=TIME,
            last_seen=_SIGN,
            seen_again=_SIGN,
            noticed_by=list_of(_NOTICE),
            recoveries=list_of(_RECOVERY),
        )
    )
}
"""The key of the document."""
