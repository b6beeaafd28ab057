"""The same tables as JSON, and their schema."""

from __future__ import annotations

from typing import Any, Final

from mhatool.observe.kame import CacheRow, UpdateRow
from mhatool.timeline import values
from mhatool.timeline.kame.tables import NodeTables
from mhatool.timeline.schema_values import (
    ADDRESS,
    FLAGS,
    LIFETIME,
    NUMBER,
    TIME,
    YES_OR_NO,
    Schema,
    list_of,
    maybe,
    record,
)

SCHEMA_ID: Final = "mhatool.tables/1"


def as_document(nodes: dict[str, NodeTables], now_ns: int) -> dict[str, Any]:
    """The tables of these nodes at an instant. In a trace, times of entries are by the node's own clock."""
    return {
        "schema": SCHEMA_ID,
        "time": values.time(now_ns),
        "nodes": [
            {
                "name": name,
                "updates": [_update(row) for row in tables.updates],
                "cache": [_cached(row) for row in tables.cache],
            }
            for name, tables in nodes.items()
        ],
    }


def _update(row: UpdateRow) -> dict[str, Any]:
    return {
        "peer": values.text(row.peer),
        "home_address": values.text(row.home_address),
        "care_of_address": values.text(row.care_of_address),
        "lifetime_s": row.lifetime_s,
        "expires": values.time(row.expires_ns or None),
        "refresh_s": row.refresh_s,
        "next_send": values.time(row.next_send_ns or None),
        "sequence_number": row.sequence_number,
        "flags": sorted(row.flags),
        "state": str(row.primary),
        "test_state": str(row.secondary),
        "no_mobility": row.no_mobility,
        "no_updates": row.no_updates,
    }


def _cached(row: CacheRow) -> dict[str, Any]:
    return {
        "home_address": values.text(row.home_address),
        "care_of_address": values.text(row.care_of_address),
        "address": values.text(row.address),
        "flags": sorted(row.flags),
        "sequence_number": row.sequence_number,
        "lifetime_s": row.lifetime_s,
        "expires": values.time(row.expires_ns),
        "cloned": row.cloned,
        "waits_for_detection": row.waits_for_detection,
    }


_WORD: Schema = {"type": "string"}
_UPDATE = record(
    peer=ADDRESS,
    home_address=ADDRESS,
    care_of_address=ADDRESS,
    lifetime_s=LIFETIME,
    expires={**maybe(TIME), "description": "null: no Binding Update was sent"},
    refresh_s=LIFETIME,
    next_send={**maybe(TIME), "description": "When the next retransmission or refresh is due; null: nothing is"},
    sequence_number=NUMBER,
    flags=FLAGS,
    state={**_WORD, "description": "Of the entry's machine, as KAME names it"},
    test_state={**_WORD, "description": "Of its return routability"},
    no_mobility=YES_OR_NO,
    no_updates=YES_OR_NO,
)
_CACHED = record(
    home_address=ADDRESS,
    care_of_address=ADDRESS,
    address={**ADDRESS, "description": "The one that the Binding Update was sent to"},
    flags=FLAGS,
    sequence_number=NUMBER,
    lifetime_s=LIFETIME,
    expires=TIME,
    cloned={**YES_OR_NO, "description": "Made for the link-local address beside another entry"},
    waits_for_detection=YES_OR_NO,
)
TABLES: Final[Schema] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_ID,
    "title": "Binding tables of nodes at an instant",
    **record(
        schema={"const": SCHEMA_ID},
        time=TIME,
        nodes=list_of(record(name=_WORD, updates=list_of(_UPDATE), cache=list_of(_CACHED))),
    ),
}

__all__ = ["SCHEMA_ID", "TABLES", "as_document"]
