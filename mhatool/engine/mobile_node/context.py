"""What all parts of a mobile node share: the clock's hand, timers, what it says, how it sends."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from mhatool.engine.error_reports import ErrorReports
from mhatool.engine.events import Event
from mhatool.engine.mobile_node.configuration import MobileNodeConfiguration
from mhatool.engine.node import Output, Randomness
from mhatool.engine.sender import Sender
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import nanoseconds

_UNIVERSAL = 0x02


class Alarm(Enum):
    """What a timer rings for; each with the address or prefix that it concerns, or none."""

    ADDRESS_CHECKED = auto()
    ADDRESS_DEPRECATED = auto()
    ADDRESS_EXPIRES = auto()
    NO_ROUTER = auto()
    ROUTER_SOLICITATION = auto()
    ROUTER_EXPIRES = auto()
    PREFIX_EXPIRES = auto()
    ROUTER_SILENT = auto()
    ROUTER_CHECK = auto()
    LINK_CHECK = auto()
    DISCOVERY = auto()
    SEARCH_AGAIN = auto()
    AGENT_EXPIRES = auto()
    AGENT_CHECK = auto()
    HOLDER_FORGETS = auto()
    UPDATE_LIST = auto()
    KEYGEN_TEST = auto()
    PREFIX_SOLICITATION = auto()
    HOME_PREFIX_AGES = auto()


AlarmKey = tuple[Alarm, bytes]


class Context:
    """One mobile node's surroundings. `now` is set by whoever drives it before anything else happens."""

    def __init__(self, configuration: MobileNodeConfiguration, randomness: Randomness) -> None:
        self.configuration = configuration
        self.constants = configuration.constants
        self.behaviour = configuration.how
        self.interface = configuration.interface
        self.home_address = configuration.home_address
        self.randomness = randomness
        self.output = Output(configuration.name)
        self._sender = Sender(configuration.profile, self.output)
        self.errors = ErrorReports(configuration.constants, self._sender)
        self.timers: Timers[AlarmKey] = Timers()
        self.ringers: dict[Alarm, Callable[[bytes], None]] = {}
        self.link_address = b""
        self.care_of_address: bytes | None = None
        """Where the node is reached while away; None at home, and before it knows."""
        self.now = 0
        self.unanswered: Callable[[int], None] = lambda since_ns: None
        """Called where what has left for beyond the link since then wasn't answered in time."""

    def is_ours(self, address: bytes) -> bool:
        """Whether the node may speak from an address: the home address, or where it is reached."""
        return address in (self.home_address, self.care_of_address)

    # --- telling and doing ---

    def tell(self, kind: type[Event], /, **facts: Any) -> None:
        """This happened, now."""
        self.output.tell(kind(time_ns=self.now, node=self.output.node, **facts))

    def send(self, message: Any, source: bytes, destination: bytes, **way: Any) -> None:
        """Send signalling; `way` is `Sender.send`'s."""
        self._sender.send(message, source, destination, self.now, **way)

    def send_on_link(
        self, message: Any, source: bytes, destination: bytes, link_destination: bytes | None = None
    ) -> None:
        """Send neighbour discovery from the interface."""
        self._sender.on_link(message, source, destination, self.now, self.interface, link_destination)

    def random_identifier(self) -> bytes:
        """An interface identifier drawn by chance, not a universal one (RFC 4291, 2.5.1)."""
        identifier = bytearray(self.randomness.randbytes(8))
        identifier[0] &= ~_UNIVERSAL & 0xFF
        return bytes(identifier)

    # --- timers ---

    def ring_for(self, alarm: Alarm, ringer: Callable[[bytes], None]) -> None:
        """`ringer` is called with the address when this alarm is due."""
        self.ringers[alarm] = ringer

    def set_alarm(self, alarm: Alarm, after_s: float, about: bytes = b"") -> None:
        """Ring in so many seconds."""
        self.timers.set((alarm, about), self.now + nanoseconds(after_s))

    def cancel(self, alarm: Alarm, about: bytes = b"") -> None:
        """Don't ring."""
        self.timers.cancel((alarm, about))


__all__ = ["Alarm", "AlarmKey", "Context"]
