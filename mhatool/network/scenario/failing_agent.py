"""A home agent that is going to fail: whether it is up, and whose bindings it holds."""

from __future__ import annotations

from mhatool.engine.events import UpdateListEntry

_COMES_BACK = ("restart", "resume")
_KEEPS_BINDINGS = ("hang", "resume")


class FailingAgent:
    """The machine `node`, a home agent with this address, as it stands.

    `interface` is that to its home link: without it the agent is none, and fails as one that hangs.
    """

    def __init__(self, node: str, interface: str, address: bytes) -> None:
        self.node, self.interface, self.address = node, interface, address
        self.registered: set[str] = set()
        """The mobile nodes that hold themselves to be registered with it: it may have forgotten them meanwhile."""
        self._runs = self._is_attached = True
        self._accepted: dict[str, bytes] = {}
        """The care-of address of the binding that it holds of each mobile node, up or not."""

    @property
    def is_up(self) -> bool:
        """Whether it does anything for anybody."""
        return self._runs and self._is_attached

    @property
    def holds(self) -> tuple[str, ...]:
        """The mobile nodes whose bindings it holds, up or not."""
        return tuple(self._accepted)

    def serves(self, name: str) -> bool:
        """Whether it is up, and has this mobile node's binding."""
        return self.is_up and name in self._accepted

    def fails(self, how: str) -> None:
        """Its machine does this; one that only hangs keeps its bindings."""
        if how not in _KEEPS_BINDINGS:
            self._accepted.clear()
        self._runs = how in _COMES_BACK

    def attached(self, link: str) -> None:
        """Its interface to the home link is on this link from now on, on none where it is empty."""
        self._is_attached = bool(link)

    def entry(self, event: UpdateListEntry, *, is_registered: bool) -> None:
        """A mobile node's entry about it: what this agent has accepted it holds, wherever the mobile node is by now."""
        name = event.node
        if is_registered:
            self.registered.add(name)
        else:
            self.registered.discard(name)
        if is_registered and event.state == "BOUND":
            self._accepted[name] = event.care_of_address
        elif not is_registered or (not self.is_up and self._accepted.get(name) != event.care_of_address):
            self._accepted.pop(name, None)  # one that doesn't hear of a move has a binding that leads nowhere


__all__ = ["FailingAgent"]
