"""What a mobile node did, as its kernel would log it: one value for each line or group of lines."""

from __future__ import annotations

from msgspec import Struct


class PrefixHeard(Struct, frozen=True):
    """A router advertisement brought a prefix, as it stands in the option; `is_new`: the node didn't know it."""

    time_ns: int
    prefix: bytes
    router: bytes
    is_new: bool


class RouterFound(Struct, frozen=True):
    """An advertisement of a router that the node didn't know."""

    time_ns: int
    prefix: bytes
    router: bytes


class Located(Struct, frozen=True):
    """The node has another care-of address, or none but its home address."""

    time_ns: int
    care_of_address: bytes
    is_home: bool


class Created(Struct, frozen=True):
    """An entry of the Binding Update List, the `index`th of its round; `is_first`: the list was empty."""

    time_ns: int
    peer: bytes
    home_address: bytes
    index: int
    is_first: bool


class Entered(Struct, frozen=True):
    """The primary machine took an input in this state."""

    time_ns: int
    state: str


class Sent(Struct, frozen=True):
    """A Binding Update left."""

    time_ns: int
    peer: bytes
    home_address: bytes


class Acknowledged(Struct, frozen=True):
    """A Binding Acknowledgement came for an entry; `options` by symbol, padding left out."""

    time_ns: int
    peer: bytes
    sequence_number: int
    options: frozenset[str]


class Unmatched(Struct, frozen=True):
    """Its number isn't the one that was sent last: it is dropped."""

    time_ns: int
    peer: bytes
    received: int
    sent: int


class Rejected(Struct, frozen=True):
    """It has an error status."""

    time_ns: int
    status: int


class Returned(Struct, frozen=True):
    """A deregistration was acknowledged: the node announces itself on its home link."""

    time_ns: int


Step = PrefixHeard | RouterFound | Located | Created | Entered | Sent | Acknowledged | Unmatched | Rejected | Returned

__all__ = [
    "Acknowledged",
    "Created",
    "Entered",
    "Located",
    "PrefixHeard",
    "Rejected",
    "Returned",
    "RouterFound",
    "Sent",
    "Step",
    "Unmatched",
]
