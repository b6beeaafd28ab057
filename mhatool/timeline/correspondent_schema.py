"""The schema of what a timeline says of correspondents."""

from __future__ import annotations

from mhatool.observe import CorrespondentEnd, Kind, ProofKind, RoutabilityKind
from mhatool.timeline.schema_values import (
    ADDRESS,
    FLAGS,
    FRAMES,
    HERE,
    LATENCY,
    LIFETIME,
    NUMBER,
    PERHAPS,
    TIME,
    YES_OR_NO,
    Schema,
    list_of,
    maybe,
    record,
)

_SHOWN_BY: Schema = {
    "enum": [*map(str, ProofKind), None],
    "description": "What shows that the correspondent took it; null: nothing does",
}
_INDEX: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": 65535}
_SPAN = record(
    care_of_address=ADDRESS,
    start=TIME,
    end=maybe(TIME),
    shown_by=_SHOWN_BY,
    shown=PERHAPS,
    last_used=maybe(TIME),
)
_BINDING = record(
    care_of_address={**maybe(ADDRESS), "description": "The latest one"},
    start={**maybe(TIME), "description": "The first update, or its acknowledgement where it asked for one"},
    started_before_capture=YES_OR_NO,
    end=maybe(TIME),
    end_reason={"enum": [str(reason) for reason in CorrespondentEnd]},
    expires=maybe(TIME),
    lifetime_s=LIFETIME,
    shown_by=_SHOWN_BY,
    sequence_numbers=list_of(NUMBER),
    care_of_addresses=list_of(_SPAN),
    **FRAMES,
)
_UPDATE = record(
    kind={"enum": [str(kind) for kind in Kind]},
    result={"enum": ["accepted", "refused", "unanswered", "unshown"]},
    shown_by=_SHOWN_BY,
    shown=PERHAPS,
    care_of_address=ADDRESS,
    sequence_number=NUMBER,
    time=TIME,
    lifetime_s=LIFETIME,
    flags=FLAGS,
    home_nonce_index=_INDEX,
    care_of_nonce_index=_INDEX,
    authenticator={"type": ["string", "null"], "description": "Of the Authorization Data, hexadecimal"},
    home_test={**PERHAPS, "description": "The Home Test whose token it used"},
    care_of_test={**PERHAPS, "description": "The Care-of Test whose token it used"},
    acknowledgement_time=maybe(TIME),
    status=maybe(NUMBER),
    binding_error_time=maybe(TIME),
    **FRAMES,
)
_TEST = record(
    kind={"enum": [str(kind) for kind in RoutabilityKind]},
    address={**ADDRESS, "description": "The mobile node's that is tested"},
    correspondent=ADDRESS,
    cookie={"type": "string", "description": "Hexadecimal"},
    init_time=maybe(TIME),
    test_time=maybe(TIME),
    latency_s=maybe(LATENCY),
    nonce_index=_INDEX,
    uses={**NUMBER, "description": "Binding Updates with this nonce index"},
    first_use=PERHAPS,
    **FRAMES,
)
_PART = maybe(record(nonce_index=_INDEX, reused=YES_OR_NO, **FRAMES))
_RUN = record(
    home_address=ADDRESS,
    care_of_address=ADDRESS,
    correspondent=ADDRESS,
    start=TIME,
    home_test=_PART,
    care_of_test=_PART,
    update=record(**HERE),
    sequence_number=NUMBER,
)

CORRESPONDENTS: dict[str, Schema] = {
    "correspondents": list_of(
        record(
            home_address=ADDRESS,
            correspondent=ADDRESS,
            bindings=list_of(_BINDING),
            updates=list_of(_UPDATE),
            refresh_requests=list_of(record(**HERE)),
            binding_errors=list_of(record(**HERE)),
        )
    ),
    "return_routability": record(tests=list_of(_TEST), runs=list_of(_RUN)),
}
"""The keys of the document."""
