"""The JSON Schema of timelines (`mhatool schema timeline`)."""

from __future__ import annotations

from mhatool.observe import EndReason, Kind, SignKind
from mhatool.timeline.correspondent_schema import CORRESPONDENTS
from mhatool.timeline.document import SCHEMA
from mhatool.timeline.failure_schema import FAILURES
from mhatool.timeline.gap import DENIED, LOST, GapKind, GapReason
from mhatool.timeline.schema_values import (
    ADDRESS,
    DURATION,
    FRAMES,
    LIFETIME,
    NUMBER,
    TIME,
    Schema,
    list_of,
    maybe,
    record,
)
from mhatool.timeline.surroundings_schema import SURROUNDINGS
from mhatool.validate import FINDING

_BINDING = record(
    home_address=ADDRESS,
    home_agent=ADDRESS,
    binding_identifier={**maybe(NUMBER), "description": "Of one of several bindings at once (RFC 5648)"},
    care_of_address={**maybe(ADDRESS), "description": "The latest one"},
    start={
        **maybe(TIME),
        "description": "The first accepting acknowledgement, or a packet in the tunnel that shows one",
    },
    started_before_capture={"type": "boolean"},
    end=maybe(TIME),
    end_reason={"enum": [str(reason) for reason in EndReason]},
    expires={**maybe(TIME), "description": "The last accepted update and the lifetime that was granted for it"},
    duration_s=maybe(DURATION),
    lifetime_s={**LIFETIME, "description": "The last one granted, seconds"},
    status=maybe(NUMBER),
    sequence_numbers=list_of(NUMBER),
    refreshes=NUMBER,
    unanswered=NUMBER,
    care_of_addresses=list_of(record(care_of_address=ADDRESS, start=maybe(TIME), end=maybe(TIME))),
    last_tunnelled=maybe(TIME),
    **FRAMES,
)
_REGISTRATION = record(
    home_address=ADDRESS,
    home_agent=ADDRESS,
    kind={"enum": [str(kind) for kind in Kind]},
    result={
        "enum": ["accepted", "refused", "unanswered", "pending"],
        "description": "accepted without a status: no answer was seen, but a packet in the tunnel shows it",
    },
    care_of_address=maybe(ADDRESS),
    sequence_number=NUMBER,
    update_time=maybe(TIME),
    requested_lifetime_s=maybe(LIFETIME),
    acknowledgement_time=maybe(TIME),
    status=maybe(NUMBER),
    granted_lifetime_s=maybe(LIFETIME),
    **FRAMES,
)
_MOVE = record(
    home_address=ADDRESS,
    home_agent=ADDRESS,
    kind={"enum": ["registered", "moved", "deregistered"]},
    **{"from": maybe(ADDRESS)},
    to=maybe(ADDRESS),
    update_time=maybe(TIME),
    time=TIME,
    latency_s=maybe(DURATION),
    **FRAMES,
)
_GAP = record(
    kind={"enum": [str(kind) for kind in GapKind]},
    reason={"enum": [str(reason) for reason in GapReason]},
    home_address=ADDRESS,
    home_agent={**ADDRESS, "description": "Which had the last binding"},
    **{"from": TIME},
    to={**maybe(TIME), "description": "null: it lasted to the end of the capture"},
    duration_s=maybe(DURATION),
    next_home_agent=maybe(ADDRESS),
    steps=list_of(
        record(
            name={
                "enum": [
                    *(f"last_{kind}" for kind in SignKind),
                    "first_update_in_vain",
                    "last_update_in_vain",
                    "binding_expired",
                    DENIED,
                    LOST,
                    "binding_accepted",
                ]
            },
            time=TIME,
            home_agent=ADDRESS,
            frame={"type": ["integer", "null"], "description": "null: no packet shows it, the lifetimes do"},
            file={"type": ["string", "null"]},
        )
    ),
)

TIMELINE: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA,
    "title": "The bindings of home addresses at home agents and correspondents, and what packets tell around them",
    **record(
        schema={"const": SCHEMA},
        start=maybe(TIME),
        end=maybe(TIME),
        packets=NUMBER,
        bindings=list_of(_BINDING),
        registrations=list_of(_REGISTRATION),
        moves=list_of(_MOVE),
        gaps=list_of(_GAP),
        **CORRESPONDENTS,
        **FAILURES,
        **SURROUNDINGS,
        findings=list_of({key: value for key, value in FINDING.items() if not key.startswith("$")}),
    ),
}
