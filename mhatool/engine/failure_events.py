"""What nodes tell when a home agent fails or comes back: category `agent`.

At home agents: a peer's state, and alarms, which are Home Agent Unreachable messages for one mobile node. At mobile
nodes: what an alarm led to.
"""

from __future__ import annotations

from mhatool.engine.events import Event


class PeerChanged(Event, frozen=True, kw_only=True, tag="agent:peer_changed"):
    """What a home agent knows of another one that shares a mobile node with it.

    `state` is `reachable`, `unreachable`, or `empty`: it lives, but has lost its bindings. `cause` is `probed`,
    `unanswered`, `restarted`, `left`, `route`, or `unshared` (nothing is shared any more, so nobody probes).
    """

    address: bytes
    state: str
    cause: str


class AlarmRaised(Event, frozen=True, kw_only=True, tag="agent:alarm_raised"):
    """A mobile node is going to be told that home agents are unreachable; `turn` is 0 at the agent that is to begin."""

    home_address: bytes
    unreachable: tuple[bytes, ...]
    identifier: int
    turn: int


class AlarmEnded(Event, frozen=True, kw_only=True, tag="agent:alarm_ended"):
    """It is told no more.

    `cause` is `answered` by a Binding Update, `told` often enough, `recovered`, `gone` with the binding, `renewed`
    where another failure of the list begins it anew, `withdrawn` where the agent's own link is down, or it leaves.
    """

    home_address: bytes
    identifier: int
    cause: str


class AgentSuspected(Event, frozen=True, kw_only=True, tag="agent:suspected"):
    """A mobile node heard from `sender` that `home_agent` is unreachable, and asks that one itself."""

    home_agent: bytes
    sender: bytes
    identifier: int


class AgentChecked(Event, frozen=True, kw_only=True, tag="agent:checked"):
    """How that ended: `alive` means a false alarm, else the entry goes and a new round begins.

    Where no other agent holds a binding it goes later, when one does.
    """

    home_agent: bytes
    alive: bool


class AgentReturned(Event, frozen=True, kw_only=True, tag="agent:returned"):
    """A home agent that a mobile node had given up lives: it `answered` after all, or another agent `listed` it.

    It is registered with again where fewer agents than wanted are there, else a deregistration goes to it.
    """

    home_agent: bytes
    cause: str


__all__ = ["AgentChecked", "AgentReturned", "AgentSuspected", "AlarmEnded", "AlarmRaised", "PeerChanged"]
