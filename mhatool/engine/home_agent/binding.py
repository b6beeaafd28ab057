"""A binding at a home agent: what it holds, and the states through which it goes."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from dissectors.spec import Flags
from mhatool.engine.states import Row, Table


class BindingState(Enum):
    """Where a binding stands. `ABSENT` ones are in no cache."""

    ABSENT = auto()
    CHECKING = auto()
    """The home address is being looked for on the home link; nobody has been answered."""
    BOUND = auto()
    EXTENDING = auto()
    """Bound, but an update that sets L waits: the link-local address is being looked for on the home link."""


#: The states in which packets for the home address are tunnelled.
HOLDING = (BindingState.BOUND, BindingState.EXTENDING)


class BindingInput(Enum):
    """What may happen to it."""

    REGISTER = auto()
    """A valid Binding Update with a lifetime and a care-of address."""
    DEREGISTER = auto()
    """A valid one that asks to forget."""
    UNIQUE = auto()
    """Nobody else has the addresses that were looked for."""
    DUPLICATE = auto()
    """Somebody else has one of them."""
    PROHIBITED = auto()
    """Its home address may not register: another home agent of the link has it itself, or the operator says so now."""
    EXPIRE = auto()
    RESTORE = auto()
    """The agent held it before it was started again."""


_ABSENT, _CHECKING, _BOUND = BindingState.ABSENT, BindingState.CHECKING, BindingState.BOUND
_EXTENDING = BindingState.EXTENDING

BINDINGS: Table[BindingState, BindingInput] = Table(
    "binding at a home agent",
    _ABSENT,
    [
        Row(_ABSENT, BindingInput.REGISTER, "begin", (_CHECKING, _BOUND), "RFC 6275, 10.3.1"),
        Row(_ABSENT, BindingInput.DEREGISTER, "refuse_stranger", (_ABSENT,), "RFC 6275, 10.3.2"),
        Row(_ABSENT, BindingInput.RESTORE, "restore", (_BOUND,), "RFC 6275, 9.1"),
        Row(_CHECKING, BindingInput.REGISTER, "replace", (_CHECKING, _BOUND), "RFC 6275, 9.5.1"),
        Row(_CHECKING, BindingInput.DEREGISTER, "abandon", (_ABSENT,), "RFC 6275, 10.3.2"),
        Row(_CHECKING, BindingInput.UNIQUE, "admit", (_BOUND,), "RFC 6275, 10.3.1"),
        Row(_CHECKING, BindingInput.DUPLICATE, "deny", (_ABSENT,), "RFC 6275, 10.3.1"),
        Row(_CHECKING, BindingInput.PROHIBITED, "give_up", (_ABSENT,), "RFC 6275, 9.5.1 and 10.5.1"),
        Row(_CHECKING, BindingInput.EXPIRE, "forget", (_ABSENT,), "RFC 6275, 9.6"),
        Row(_BOUND, BindingInput.REGISTER, "update", (_BOUND, _EXTENDING), "RFC 6275, 10.3.1"),
        Row(_BOUND, BindingInput.DEREGISTER, "release", (_ABSENT,), "RFC 6275, 10.3.2"),
        Row(_BOUND, BindingInput.PROHIBITED, "give_up", (_ABSENT,), "RFC 6275, 9.5.1 and 10.5.1"),
        Row(_BOUND, BindingInput.EXPIRE, "expire", (_ABSENT,), "RFC 6275, 9.6 and 10.3.1"),
        Row(_EXTENDING, BindingInput.REGISTER, "revise", (_EXTENDING, _BOUND), "RFC 6275, 9.5.1"),
        Row(_EXTENDING, BindingInput.DEREGISTER, "withdraw", (_ABSENT,), "RFC 6275, 10.3.2"),
        Row(_EXTENDING, BindingInput.UNIQUE, "extend", (_BOUND,), "RFC 6275, 10.3.1"),
        Row(_EXTENDING, BindingInput.DUPLICATE, "decline", (_BOUND,), "RFC 6275, 10.3.1"),
        Row(_EXTENDING, BindingInput.PROHIBITED, "give_up", (_ABSENT,), "RFC 6275, 9.5.1 and 10.5.1"),
        Row(_EXTENDING, BindingInput.EXPIRE, "lapse", (_ABSENT,), "RFC 6275, 9.6 and 10.3.1"),
    ],
)


class Binding:
    """An entry of a home agent's Binding Cache (RFC 6275, 9.1), with what several agents of one node need besides.

    `agent` is the address it was sent to; `agents` are all of this registration in the mobile node's order, empty
    where it has one. `pending` is the request that waits for an answer. `clone` is the entry of the link-local address
    (L); that one is `cloned` itself.
    """

    __slots__ = (
        *(
            "agent",
            "agents",
            "asks_until_ns",
            "care_of_address",
            "checked",
            "clone",
            "cloned",
            "defends",
            "expires_ns",
            "flags",
        ),
        *("holder", "home_address", "lifetime_s", "pending", "rings_ns", "sequence_number", "state", "told_again_ns"),
    )

    def __init__(self, home_address: bytes, agent: bytes, cloned: bool = False) -> None:
        self.home_address = home_address
        self.agent = agent
        self.cloned = cloned
        self.state = BindingState.ABSENT
        self.care_of_address = b""
        self.flags = Flags()
        self.sequence_number = 0
        self.lifetime_s = 0
        self.expires_ns = 0
        self.rings_ns = 0
        """When the cache looks at it next: not after it expires; 0 before it is accepted."""
        self.agents: tuple[bytes, ...] = ()
        self.pending: Any = None
        self.checked: tuple[bytes, ...] = ()
        """The addresses that are being looked for on the home link, or were last."""
        self.clone: Binding | None = None
        self.defends = False
        """Whether this agent answers for the home address on the home link."""
        self.holder: bytes | None = None
        """An agent that has said that it answers, earlier in the list or asked; None: this one is to."""
        self.asks_until_ns = 0
        """Until then this agent has asked who has the address, and yields to whichever agent of the list says so."""
        self.told_again_ns: int | None = None
        """When this agent last repeated that it defends the address."""

    @property
    def holds(self) -> bool:
        """Whether packets for the home address are tunnelled."""
        return self.state in HOLDING

    @property
    def faces(self) -> tuple[Binding, ...]:
        """It, and its clone: the entries of all addresses that it covers on the home link."""
        return (self,) if self.clone is None else (self, self.clone)

    def before(self) -> tuple[bytes, ...]:
        """The agents that the mobile node prefers to this one."""
        return self.agents[: self.agents.index(self.agent)] if self.agents else ()


__all__ = ["BINDINGS", "Binding", "BindingInput", "BindingState"]
