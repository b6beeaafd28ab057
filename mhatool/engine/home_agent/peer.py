"""A home agent that shares mobile nodes with this one, and the states in which this one holds it.

Agents that are in one mobile node's list ask each other for signs of life by Heartbeats (RFC 5847), whose answers carry
a restart counter: who counts on has lost its bindings. The paper (III-D) wants unreachable agents found and told.
"""

from __future__ import annotations

from enum import Enum, auto

from mhatool.engine.home_agent.binding import Binding
from mhatool.engine.states import Row, Table


class PeerState(Enum):
    """What is known of a peer."""

    UNKNOWN = auto()
    """A mobile node lists it, but nothing here says that it is a home agent: it is left alone."""
    ASKED = auto()
    """It is asked, and hasn't answered yet; it counts as alive."""
    REACHABLE = auto()
    EMPTY = auto()
    """It answers, but has restarted: some of the bindings that it shares are lost there."""
    UNREACHABLE = auto()


class PeerInput(Enum):
    """What may happen to it."""

    KNOWN = auto()
    """It advertises itself, or sends a Heartbeat after all."""
    ANSWERED = auto()
    """With the restart counter that it had."""
    RESTARTED = auto()
    """It answered with another one."""
    RELEARNED = auto()
    """It holds all bindings again that it shares."""
    UNANSWERED = auto()
    """As many Heartbeats as the constants say, one after another."""
    LEFT = auto()
    """It said that it leaves, and its answer confirms that."""
    LINK_BACK = auto()
    """This agent's own interface was down: what it knew is old."""
    UNSHARED = auto()
    """No binding lists it any more."""


_UNKNOWN, _ASKED, _REACHABLE = PeerState.UNKNOWN, PeerState.ASKED, PeerState.REACHABLE
_EMPTY, _UNREACHABLE = PeerState.EMPTY, PeerState.UNREACHABLE
_FAILURES, _RESTARTS, _PAPER = "RFC 5847, 3.1", "RFC 5847, 3.2", "the paper, III-D"

PEERS: Table[PeerState, PeerInput] = Table(
    "peer of a home agent",
    _UNKNOWN,
    [
        Row(_UNKNOWN, PeerInput.KNOWN, "begin", (_ASKED,), _PAPER),
        Row(_UNKNOWN, PeerInput.UNSHARED, "forget", (_UNKNOWN,), _PAPER),
        Row(_ASKED, PeerInput.KNOWN, "", (_ASKED,), _PAPER),
        Row(_ASKED, PeerInput.ANSWERED, "greet", (_REACHABLE, _EMPTY), _FAILURES),
        Row(_ASKED, PeerInput.RESTARTED, "restart", (_EMPTY,), _RESTARTS),
        Row(_ASKED, PeerInput.UNANSWERED, "time_out", (_UNREACHABLE,), _FAILURES),
        Row(_ASKED, PeerInput.LEFT, "leave", (_UNREACHABLE,), _RESTARTS),
        Row(_ASKED, PeerInput.LINK_BACK, "begin", (_ASKED,), _PAPER),
        Row(_ASKED, PeerInput.UNSHARED, "forget", (_UNKNOWN,), _PAPER),
        Row(_REACHABLE, PeerInput.KNOWN, "", (_REACHABLE,), _PAPER),
        Row(_REACHABLE, PeerInput.ANSWERED, "", (_REACHABLE,), _FAILURES),
        Row(_REACHABLE, PeerInput.RESTARTED, "restart", (_EMPTY,), _RESTARTS),
        Row(_REACHABLE, PeerInput.UNANSWERED, "time_out", (_UNREACHABLE,), _FAILURES),
        Row(_REACHABLE, PeerInput.LEFT, "leave", (_UNREACHABLE,), _RESTARTS),
        Row(_REACHABLE, PeerInput.LINK_BACK, "begin", (_ASKED,), _PAPER),
        Row(_REACHABLE, PeerInput.UNSHARED, "forget", (_UNKNOWN,), _PAPER),
        Row(_EMPTY, PeerInput.KNOWN, "", (_EMPTY,), _PAPER),
        Row(_EMPTY, PeerInput.ANSWERED, "", (_EMPTY,), _RESTARTS),
        Row(_EMPTY, PeerInput.RESTARTED, "restart", (_EMPTY,), _RESTARTS),
        Row(_EMPTY, PeerInput.RELEARNED, "relearn", (_REACHABLE,), _PAPER),
        Row(_EMPTY, PeerInput.UNANSWERED, "time_out", (_UNREACHABLE,), _FAILURES),
        Row(_EMPTY, PeerInput.LEFT, "leave", (_UNREACHABLE,), _RESTARTS),
        Row(_EMPTY, PeerInput.LINK_BACK, "begin", (_ASKED,), _PAPER),
        Row(_EMPTY, PeerInput.UNSHARED, "forget", (_UNKNOWN,), _PAPER),
        Row(_UNREACHABLE, PeerInput.KNOWN, "resume", (_UNREACHABLE,), _PAPER),
        Row(_UNREACHABLE, PeerInput.ANSWERED, "recover", (_REACHABLE, _EMPTY, _UNKNOWN), _FAILURES),
        Row(_UNREACHABLE, PeerInput.RESTARTED, "restart", (_EMPTY, _UNKNOWN), _RESTARTS),
        Row(_UNREACHABLE, PeerInput.UNANSWERED, "", (_UNREACHABLE,), _FAILURES),
        Row(_UNREACHABLE, PeerInput.LEFT, "retire", (_UNREACHABLE,), _RESTARTS),
        Row(_UNREACHABLE, PeerInput.LINK_BACK, "begin", (_ASKED, _UNKNOWN), _PAPER),
        Row(_UNREACHABLE, PeerInput.UNSHARED, "watch", (_UNREACHABLE, _UNKNOWN), _PAPER),
    ],
)


class Peer:
    """Another home agent's address, as seen from one of this agent's own: what is asked between these two.

    `shared` are the bindings at `own` that list it, `lacking` those of them which it lost when it restarted. `number`
    is that of the last Heartbeat, first sent at `asked_ns`, last at `sent_ns`, which is `out` until it is answered, or
    its time is over at `deadline_ns`. `counter` is its restart counter, None before an answer told one. `doubted_ns` is
    since when something says that it leaves, `resigned` that it advertises itself no longer. `knows_heartbeats` is None
    before it has answered one, or said that it knows none: that one is `solicited`, as the question that is out was.
    """

    __slots__ = (
        *("address", "asked_ns", "counter", "deadline_ns", "doubted_ns", "failures", "lacking", "number", "out"),
        *("knows_heartbeats", "own", "resigned", "sent_ns", "shared", "solicited", "state", "told"),
    )

    def __init__(self, own: bytes, address: bytes) -> None:
        self.own = own
        self.address = address
        self.state = PeerState.UNKNOWN
        self.shared: dict[Binding, None] = {}
        self.lacking: dict[Binding, None] = {}
        self.number: int | None = None
        self.asked_ns = 0
        self.sent_ns = 0
        self.deadline_ns = 0
        self.out = False
        self.failures = 0
        self.counter: int | None = None
        self.doubted_ns: int | None = None
        self.resigned = False
        self.knows_heartbeats: bool | None = None
        self.solicited = False
        self.told = False
        """Whether anything was told about it."""

    def fails(self, binding: Binding) -> bool:
        """Whether it can't be relied on for a binding that it shares."""
        return self.state is _UNREACHABLE or (self.state is _EMPTY and binding in self.lacking)

    @property
    def is_offered(self) -> bool:
        """Whether mobile nodes that look for home agents hear of it; one that restarted has to hold a binding again."""
        if self.state is _EMPTY:
            return len(self.lacking) < len(self.shared)
        return self.state is not _UNREACHABLE


__all__ = ["PEERS", "Peer", "PeerInput", "PeerState"]
