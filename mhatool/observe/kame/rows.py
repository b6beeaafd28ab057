"""The rows of KAME's two tables, as `mip6control` shows them. Times in nanoseconds, lifetimes in seconds."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Primary(StrEnum):
    """The states of an entry's primary machine (`pfsm`)."""

    IDLE = "IDLE"
    RRINIT = "RRINIT"
    RRREDO = "RRREDO"
    RRDEL = "RRDEL"
    WAITA = "WAITA"
    WAITAR = "WAITAR"
    WAITD = "WAITD"
    BOUND = "BOUND"


class Secondary(StrEnum):
    """The states of its return routability (`sfsm`)."""

    START = "START"
    WAITHC = "WAITHC"
    WAITH = "WAITH"
    WAITC = "WAITC"


class UpdateRow(Struct, frozen=True):
    """An entry of a mobile node's Binding Update List.

    `next_send_ns` is when the next retransmission or refresh is due, one timer for both. Before a Binding Update was
    sent, as where its peer didn't answer a test, lifetimes and times are 0. `no_mobility` and
    `no_updates`: the peer has shown that it understands no Mobility Header, or no Binding Update.
    """

    peer: bytes
    home_address: bytes
    care_of_address: bytes
    lifetime_s: int
    expires_ns: int
    refresh_s: int
    next_send_ns: int
    sequence_number: int
    flags: frozenset[str]
    primary: str
    secondary: str
    no_mobility: bool = False
    no_updates: bool = False


class CacheRow(Struct, frozen=True):
    """An entry of a binding cache; `address` is the one that the Binding Update was sent to.

    `cloned`: made for the link-local address, beside the other. `waits_for_detection`: duplicate address detection
    isn't done.
    """

    home_address: bytes
    care_of_address: bytes
    address: bytes
    flags: frozenset[str]
    sequence_number: int
    lifetime_s: int
    expires_ns: int
    cloned: bool = False
    waits_for_detection: bool = False
