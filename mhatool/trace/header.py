"""A trace's first line."""

from __future__ import annotations

import msgspec

SCHEMA_NAME = "mhatool.trace/1"


class NodeNames(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a node is called, and what none of its packets says: the same keys as in a file of names (`--names`).

    `host` is its name in its log, `interface` and `interface_index` how its kernel calls the interface in question.
    """

    addresses: tuple[str, ...] = ()
    host: str = ""
    interface: str = ""
    interface_index: int = 0


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the trace is of.

    `vantage_point` is where it was written, `clock` what its times count: nanoseconds since 1970 by one clock, that of
    the vantage point. Nodes' own clocks are ahead of it by `clock_offsets_ns`. `names` are by node, `profile` the code
    points'. `start_ns` and `end_ns` bound the run.
    """

    schema: str = SCHEMA_NAME
    title: str = ""
    vantage_point: str
    clock: str = "unix_ns"
    clock_offsets_ns: dict[str, int] = {}
    profile: str
    seed: int = 0
    start_ns: int = 0
    end_ns: int = 0
    names: dict[str, NodeNames] = {}


__all__ = ["SCHEMA_NAME", "Header", "NodeNames"]
