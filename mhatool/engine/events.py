"""What a node tells about itself: strict values that the trace writes as they are.

Each category has a file that adds its own: `mh` messages, `binding` entries of update lists and caches, `agent` home
agents, `rr` return routability, `tunnel`, `nd` neighbours, addresses and prefixes, `timer`. An event's name is
"category:event", and is the tag under which it is read back.
"""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="name", forbid_unknown_fields=True):
    """Something that happened at a node, at an instant in nanoseconds. Addresses are 16 octets."""

    time_ns: int
    node: str


class MessageSent(Event, frozen=True, kw_only=True, tag="mh:sent"):
    """A message of the protocol left. `message` is its type as records name it, `frame` the datagram."""

    message: str
    source: bytes
    destination: bytes
    frame: bytes


class MessageReceived(Event, frozen=True, kw_only=True, tag="mh:received"):
    """A message of the protocol came, and was taken."""

    message: str
    source: bytes
    destination: bytes
    frame: bytes


class MessageDropped(Event, frozen=True, kw_only=True, tag="mh:dropped"):
    """A packet came and was not taken: `reason` is one of `DropReason`, `detail` says it in words."""

    reason: str
    detail: str
    source: bytes
    destination: bytes
    frame: bytes


class UpdateListEntry(Event, frozen=True, kw_only=True, tag="binding:update_list_entry"):
    """An entry of a mobile node's Binding Update List, whole, each time that anything in it changes.

    `expires_ns` is when its lifetime is over, `next_send_ns` when the next retransmission or refresh is due (0: none).
    `flags` are the letters of the last Binding Update; `state` is that of the profile's machine, `test_state` that of
    its return routability ("START" and so on in kame2003). `refresh_s` is what the answer advised, the lifetime before
    one came. `gone` is the last that is told of an entry.
    """

    peer: bytes
    home_address: bytes
    care_of_address: bytes
    lifetime_s: int
    expires_ns: int
    refresh_s: int
    next_send_ns: int
    sequence_number: int
    flags: str
    state: str
    test_state: str
    home_registration: bool
    unsupported: bool = False
    gone: bool = False
    cause: str = ""


class CacheEntry(Event, frozen=True, kw_only=True, tag="binding:cache_entry"):
    """An entry of a binding cache, whole, each time that anything in it changes; `address` is the one it was sent to.

    `cloned` marks the entry for the link-local address, made beside the other for the L bit. `gone` is the last.
    """

    home_address: bytes
    care_of_address: bytes
    address: bytes
    flags: str
    sequence_number: int
    lifetime_s: int
    expires_ns: int
    cloned: bool = False
    home_registration: bool = True
    pending: bool = False
    gone: bool = False
    cause: str = ""


class AgentListEntry(Event, frozen=True, kw_only=True, tag="agent:list_entry"):
    """A home agent that a node knows, whole, each time that anything about it changes."""

    address: bytes
    link_local_address: bytes | None
    preference: int
    lifetime_s: int
    expires_ns: int
    gone: bool = False


class TimerStarted(Event, frozen=True, kw_only=True, tag="timer:started"):
    """The first entry of a list set its timer going: KAME's `BU timer started.`, `BC timer started.` and so on.

    `list` is `binding_update`, `binding_cache` or, as a mobile node comes up, `subnet`: `subnet timer started.`
    """

    list: str


class UpdateRefused(Event, frozen=True, kw_only=True, tag="binding:update_refused"):
    """A Binding Update to `address` is refused: `status` is what its sender is told, `reason` the same in words."""

    home_address: bytes
    care_of_address: bytes
    address: bytes
    status: int
    reason: str


__all__ = [
    "AgentListEntry",
    "CacheEntry",
    "Event",
    "MessageDropped",
    "MessageReceived",
    "MessageSent",
    "TimerStarted",
    "UpdateListEntry",
    "UpdateRefused",
]
