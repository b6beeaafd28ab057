"""The schema of what a timeline says of all that is around bindings."""

from __future__ import annotations

from mhatool.observe import Direction, Role
from mhatool.timeline.schema_values import (
    ADDRESS,
    FLAGS,
    HERE,
    LATENCY,
    LIFETIME,
    NUMBER,
    TIME,
    YES_OR_NO,
    Schema,
    list_of,
    maybe,
    record,
)

_CUT = {**YES_OR_NO, "description": "Whether the capture cut the message: there may be more"}
_ASKED = record(identifier=NUMBER, **HERE)
_DISCOVERY = record(
    care_of_address=ADDRESS,
    asked_address={**maybe(ADDRESS), "description": "The anycast address; null: no request was seen"},
    answered=YES_OR_NO,
    latency_s=maybe(LATENCY),
    requests=list_of(_ASKED),
    replies=list_of(record(identifier=NUMBER, source=ADDRESS, home_agents=list_of(ADDRESS), truncated=_CUT, **HERE)),
)
_AGENT = record(
    address=ADDRESS,
    link_local_address=ADDRESS,
    preference={**maybe(NUMBER), "description": "null: the capture cut what would tell"},
    lifetime_s=maybe(LIFETIME),
    truncated={**YES_OR_NO, "description": "Whether the capture cut the latest advertisement"},
    first=record(**HERE),
    last=TIME,
    ceased={**maybe(TIME), "description": "When it said that it is no home agent any more"},
)
_PREFIX = record(
    prefix=ADDRESS,
    prefix_length=NUMBER,
    flags=FLAGS,
    valid_lifetime_s=LIFETIME,
    preferred_lifetime_s=LIFETIME,
)
_EXCHANGE = record(
    home_address=ADDRESS,
    home_agent=ADDRESS,
    solicited=YES_OR_NO,
    answered=YES_OR_NO,
    solicitations=list_of(_ASKED),
    advertisements=list_of(record(identifier=NUMBER, flags=FLAGS, prefixes=list_of(_PREFIX), truncated=_CUT, **HERE)),
)
_TUNNEL = record(
    entry=ADDRESS,
    exit=ADDRESS,
    direction={"enum": [str(direction) for direction in Direction]},
    home_address=maybe(ADDRESS),
    home_agent=maybe(ADDRESS),
    care_of_address=maybe(ADDRESS),
    first=record(**HERE),
    last=TIME,
    packets={**NUMBER, "description": "At the vantage point that saw most"},
    octets={**NUMBER, "description": "Of the outer packets, from the IPv6 header on"},
)
_ERROR = record(
    reporter=ADDRESS,
    sender=ADDRESS,
    destination={**ADDRESS, "description": "Who couldn't be reached"},
    icmp_type=NUMBER,
    code=NUMBER,
    quoted={"type": "string", "description": "The message that couldn't be delivered"},
    first=record(**HERE),
    last=TIME,
    count=NUMBER,
)
_NODE = record(
    address=ADDRESS,
    roles=list_of(
        record(
            role={"enum": [str(role) for role in Role]},
            message={"type": "string", "description": "What showed it first"},
            **HERE,
        )
    ),
)

SURROUNDINGS: dict[str, Schema] = {
    "discoveries": list_of(_DISCOVERY),
    "advertised_home_agents": list_of(_AGENT),
    "prefix_exchanges": list_of(_EXCHANGE),
    "tunnels": list_of(_TUNNEL),
    "delivery_errors": list_of(_ERROR),
    "nodes": list_of(_NODE),
}
"""The keys of the document."""
