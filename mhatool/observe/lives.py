"""What home agents say besides acknowledgements: that too shows that they live, and keep their bindings."""

from __future__ import annotations

from typing import Final

from dissectors.mobility.agent_switch import Heartbeat
from dissectors.options.extensions import RestartCounter
from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.observe.binding import Sign, SignKind
from mhatool.observe.moment import Seen

OWN_MESSAGES: Final = frozenset(
    {
        "binding_refresh_request",
        "ha_switch",
        "heartbeat",
        "home_agent_unreachable",
        "mobile_prefix_advertisement",
    }
)
"""Of a home agent that knows its mobile nodes. Another program, or one without bindings, may send the rest of them:
Router and Neighbor Advertisements, discovery replies, Binding Errors."""


class Life:
    """A home agent from one start to the next: its latest message, and the life after it, None while it goes on.

    `end` is the Heartbeat that showed that it was over; None while it goes on.
    """

    __slots__ = ("counter", "end", "last", "successor")

    def __init__(self, counter: int | None = None) -> None:
        self.counter = counter
        self.last: Sign | None = None
        self.end: Sign | None = None
        self.successor: Life | None = None

    @property
    def current(self) -> Life:
        """The one that goes on."""
        life = self
        while life.successor is not None:
            life = life.successor
        return life


class Lives:
    """The current lives of the latest home agents."""

    def __init__(self, most: int) -> None:
        self._of: Latest[bytes, Life] = Latest(most)

    def of(self, home_agent: bytes) -> Life:
        """An agent's current life."""
        return self._of.get(home_agent) or self._of.note(home_agent, Life())

    def hear(self, seen: Seen, datagram: Datagram, message: View) -> None:
        """One of its own messages. A changed Restart Counter, or a farewell, ends a life (RFC 5847, 3.2 and 4.1)."""
        if message.checksum_status == "bad":
            return
        agent = datagram.source
        life = self.of(agent)
        heartbeat = message.value
        if isinstance(heartbeat, Heartbeat):
            counter = next((o.restart_counter for o in heartbeat.options if isinstance(o, RestartCounter)), None)
            leaves = "U" in heartbeat.flags
            if leaves or (None not in (counter, life.counter) and counter != life.counter):
                life.end = Sign(seen.time_ns, seen.frame, SignKind.MESSAGE)
                life.successor = life = self._of.note(agent, Life(counter))
            if leaves:
                return
            life.counter = counter if counter is not None else life.counter
        life.last = Sign(seen.time_ns, seen.frame, SignKind.MESSAGE)
