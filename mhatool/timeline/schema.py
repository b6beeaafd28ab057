"""The JSON Schema of timelines (`mhatool schema timeline`)."""

from __future__ import annotations

from typing import Any

from mhatool.observe import EndReason, Kind
from mhatool.timeline.document import SCHEMA
from mhatool.timeline.gap import GapKind, GapReason
from mhatool.validate import FINDING

Schema = dict[str, Any]

_ADDRESS: Schema = {"type": "string", "description": "An IPv6 address"}
_TIME: Schema = {"type": "string", "description": "RFC 3339 with nine digits, UTC"}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_DURATION: Schema = {"type": "number", "minimum": 0, "description": "Seconds"}
_LIFETIME: Schema = {"type": "integer", "minimum": 0, "description": "Seconds"}


def _maybe(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _record(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_FRAMES = {
    "frames": _list({"type": "integer", "minimum": 1}),
    "files": {**_list({"type": "string"}), "description": "The file of each entry of frames"},
}
_BINDING = _record(
    home_address=_ADDRESS,
    home_agent=_ADDRESS,
    care_of_address={**_maybe(_ADDRESS), "description": "The latest one"},
    start={**_maybe(_TIME), "description": "The first accepting acknowledgement"},
    started_before_capture={"type": "boolean"},
    end=_maybe(_TIME),
    end_reason={"enum": [str(reason) for reason in EndReason]},
    expires={**_maybe(_TIME), "description": "The last acknowledgement and its lifetime"},
    duration_s=_maybe(_DURATION),
    lifetime_s={**_LIFETIME, "description": "The last one granted, seconds"},
    status=_maybe(_NUMBER),
    sequence_numbers=_list(_NUMBER),
    refreshes=_NUMBER,
    unanswered=_NUMBER,
    care_of_addresses=_list(_record(care_of_address=_ADDRESS, start=_maybe(_TIME), end=_maybe(_TIME))),
    last_tunnelled=_maybe(_TIME),
    **_FRAMES,
)
_REGISTRATION = _record(
    home_address=_ADDRESS,
    home_agent=_ADDRESS,
    kind={"enum": [str(kind) for kind in Kind]},
    result={"enum": ["accepted", "refused", "unanswered", "pending"]},
    care_of_address=_maybe(_ADDRESS),
    sequence_number=_NUMBER,
    update_time=_maybe(_TIME),
    requested_lifetime_s=_maybe(_LIFETIME),
    acknowledgement_time=_maybe(_TIME),
    status=_maybe(_NUMBER),
    granted_lifetime_s=_maybe(_LIFETIME),
    **_FRAMES,
)
_MOVE = _record(
    home_address=_ADDRESS,
    home_agent=_ADDRESS,
    kind={"enum": ["registered", "moved", "deregistered"]},
    **{"from": _maybe(_ADDRESS)},
    to=_maybe(_ADDRESS),
    update_time=_maybe(_TIME),
    time=_TIME,
    latency_s=_maybe(_DURATION),
    **_FRAMES,
)
_GAP = _record(
    kind={"enum": [str(kind) for kind in GapKind]},
    reason={"enum": [str(reason) for reason in GapReason]},
    home_address=_ADDRESS,
    home_agent={**_ADDRESS, "description": "Which had the last binding"},
    **{"from": _TIME},
    to={**_maybe(_TIME), "description": "null: it lasted to the end of the capture"},
    duration_s=_maybe(_DURATION),
    next_home_agent=_maybe(_ADDRESS),
    steps=_list(
        _record(
            name={
                "enum": [
                    "last_tunnelled_packet",
                    "last_acknowledgement",
                    "first_update_in_vain",
                    "last_update_in_vain",
                    "binding_expired",
                    "binding_accepted",
                ]
            },
            time=_TIME,
            home_agent=_ADDRESS,
            frame={"type": ["integer", "null"], "description": "null: no packet shows it, the lifetimes do"},
            file={"type": ["string", "null"]},
        )
    ),
)

TIMELINE: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA,
    "title": "The bindings of home addresses at home agents, and the times without one",
    **_record(
        schema={"const": SCHEMA},
        start=_maybe(_TIME),
        end=_maybe(_TIME),
        packets=_NUMBER,
        bindings=_list(_BINDING),
        registrations=_list(_REGISTRATION),
        moves=_list(_MOVE),
        gaps=_list(_GAP),
        findings=_list({key: value for key, value in FINDING.items() if not key.startswith("$")}),
    ),
}
