"""What every node is to whoever drives it, and the two queues that all of them have."""

from __future__ import annotations

from typing import Protocol, TypeVar, runtime_checkable

from mhatool.engine.actions import Action, Send
from mhatool.engine.commands import Command
from mhatool.engine.events import Event

E = TypeVar("E", bound=Event)


class Randomness(Protocol):
    """Where a node's chance comes from: `random.Random(seed)` in simulations, the system's in live nodes."""

    def getrandbits(self, k: int, /) -> int: ...

    def randbytes(self, n: int, /) -> bytes: ...

    def uniform(self, a: float, b: float) -> float: ...


class Node(Protocol):
    """A protocol node. `now` is in nanoseconds and never goes back."""

    name: str

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        """A datagram came, from its IPv6 header on; `link_source` is the sender's on the link, six octets."""

    def command(self, command: Command, now: int) -> None:
        """Somebody wants something of the node, or tells it about its machine."""

    def handle_timer(self, now: int) -> None:
        """It is `next_timer()` now, or later."""

    def next_timer(self) -> int | None:
        """When `handle_timer` wants to be called; None: not before something else happens."""

    def poll_actions(self) -> list[Action]:
        """What has to be done since the last call, in this order."""

    def poll_events(self) -> list[Event]:
        """What has happened since the last call, in this order."""


@runtime_checkable
class TakesLeave(Protocol):
    """A node that says goodbye where somebody has to answer."""

    @property
    def waits_for_goodbyes(self) -> bool:
        """Whether it was told to stop, and hasn't been answered by everybody."""


class Output:
    """What a node has to say: actions and events until somebody polls them. The parts of a node share one of these."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._actions: list[Action] = []
        self._events: list[Event] = []

    def act(self, *actions: Action) -> None:
        """These have to be done."""
        self._actions.extend(actions)

    def send(self, datagram: bytes, interface: str | None = None, link_destination: bytes | None = None) -> None:
        """Send this."""
        self._actions.append(Send(datagram, interface, link_destination))

    def tell(self, event: Event) -> None:
        """This has happened."""
        self._events.append(event)

    def mark(self) -> int:
        """Where the next event will stand among those that nobody has taken yet."""
        return len(self._events)

    def tell_before(self, mark: int, event: Event) -> None:
        """This has happened before all that was told since `mark`: what came, before what it led to."""
        self._events.insert(mark, event)

    def poll_actions(self) -> list[Action]:
        """Those that nobody has taken yet."""
        taken, self._actions = self._actions, []
        return taken

    def poll_events(self) -> list[Event]:
        """Those that nobody has taken yet."""
        taken, self._events = self._events, []
        return taken


__all__ = ["Node", "Output", "Randomness", "TakesLeave"]
