"""A binding at a correspondent: what it holds, and the states through which it goes."""

from __future__ import annotations

from enum import Enum, auto

from dissectors.spec import Flags
from mhatool.engine.states import Row, Table


class BindingState(Enum):
    """Where a binding stands."""

    ABSENT = auto()
    BOUND = auto()
    KEPT = auto()
    """Deleted, but its sequence number counts as long as nonces are good: else an old update could be replayed."""


class BindingInput(Enum):
    """What may happen to it."""

    REGISTER = auto()
    """A proven Binding Update with a lifetime and a care-of address."""
    DEREGISTER = auto()
    """A proven one that asks to forget."""
    AGE = auto()
    """Most of its lifetime is over."""
    EXPIRE = auto()
    UNREACHABLE = auto()
    """Routers say, and have said before, that nobody is at the care-of address."""
    FORGET = auto()
    """No nonce of its time is good any more."""


_ABSENT, _BOUND, _KEPT = BindingState.ABSENT, BindingState.BOUND, BindingState.KEPT

BINDINGS: Table[BindingState, BindingInput] = Table(
    "binding at a correspondent",
    _ABSENT,
    [
        Row(_ABSENT, BindingInput.REGISTER, "bind", (_BOUND,), "RFC 6275, 9.5.2"),
        Row(_ABSENT, BindingInput.DEREGISTER, "forgive", (_KEPT,), "RFC 6275, 9.5.3"),
        Row(_BOUND, BindingInput.REGISTER, "bind", (_BOUND,), "RFC 6275, 9.5.2"),
        Row(_BOUND, BindingInput.DEREGISTER, "release", (_KEPT,), "RFC 6275, 9.5.3"),
        Row(_BOUND, BindingInput.AGE, "ask", (_BOUND,), "RFC 6275, 9.5.5"),
        Row(_BOUND, BindingInput.EXPIRE, "expire", (_KEPT,), "RFC 6275, 9.6"),
        Row(_BOUND, BindingInput.UNREACHABLE, "give_up", (_KEPT,), "RFC 6275, 9.3.4"),
        Row(_KEPT, BindingInput.REGISTER, "bind", (_BOUND,), "RFC 6275, 5.2.8"),
        Row(_KEPT, BindingInput.DEREGISTER, "forgive", (_KEPT,), "RFC 6275, 5.2.8"),
        Row(_KEPT, BindingInput.FORGET, "forget", (_ABSENT,), "RFC 6275, 5.2.8"),
    ],
)


class Binding:
    """An entry of a correspondent's Binding Cache (RFC 6275, 9.1). `address` is the correspondent's own in it."""

    __slots__ = (
        *("address", "care_of_address", "errors", "expires_ns", "flags", "home_address", "is_used", "lifetime_s"),
        *("sequence_number", "state"),
    )

    def __init__(self, home_address: bytes, address: bytes) -> None:
        self.home_address = home_address
        self.address = address
        self.state = BindingState.ABSENT
        self.care_of_address = home_address
        self.flags = Flags()
        self.sequence_number = 0
        self.lifetime_s = 0
        self.expires_ns = 0
        self.is_used = False
        """Whether packets have gone its way since the last update."""
        self.errors = 0
        """How often its care-of address was reported unreachable since then."""


__all__ = ["BINDINGS", "Binding", "BindingInput", "BindingState"]
