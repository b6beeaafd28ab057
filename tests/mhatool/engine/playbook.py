"""A small language for tests of nodes: what it hears, how time goes on, what it sends, does and tells.

    play = Playbook(HomeAgent(configuration, Random(1)))
    play.starts(eth0=LINK)
    play.hears(update, CARE_OF, AGENT, home_address=HOME)
    play.sends_nothing()
    play.waits(1)
    answer = play.sends(BindingAcknowledgement)

Everything that a node sends has to be asked for, or it shows in the next `sends_nothing`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from dissectors.options.header import Pad1, PadN
from dissectors.profile import RFC6275, Profile
from mhatool.engine.actions import Action, Send
from mhatool.engine.arrival import Arrival, Reader
from mhatool.engine.commands import Command, Start
from mhatool.engine.departure import Writer
from mhatool.engine.drops import DropReason
from mhatool.engine.events import Event, MessageDropped
from mhatool.engine.node import Node

S = 1_000_000_000
BEGIN = 1_700_000_000 * S
"""When plays begin, in nanoseconds since 1970: 14 November 2023."""
PEER_LINK = bytes.fromhex("0200000000ff")
"""The link-layer address of whoever speaks, unless a test says otherwise."""

E = TypeVar("E", bound=Event)
A = TypeVar("A")


class Sent:
    """What a node sent: when, where to on the link, and what it is."""

    def __init__(self, at: int, action: Send, arrival: Arrival) -> None:
        self.at = at
        self.action = action
        self.arrival = arrival
        self.message: Any = arrival.message

    @property
    def options(self) -> list[Any]:
        """The message's options without padding."""
        return [option for option in self.message.options if not isinstance(option, Pad1 | PadN)]

    def __repr__(self) -> str:
        return f"{type(self.message).__name__} at {(self.at - BEGIN) / S:g} s"


class Playbook:
    """Drives one node."""

    def __init__(self, node: Node, profile: Profile = RFC6275, interface: str = "home") -> None:
        self.node = node
        self.interface = interface
        self.now = BEGIN
        self.actions: list[Action] = []
        self.events: list[Event] = []
        self._sent: list[Sent] = []
        self._writer = Writer(profile)
        self._reader = Reader(profile)

    # --- inputs ---

    def starts(self, **link_addresses: bytes) -> None:
        """The node comes up with these interfaces."""
        self.is_told(Start(tuple(link_addresses.items())))

    def is_told(self, command: Command) -> None:
        """A command."""
        self.node.command(command, self.now)
        self._collect()

    def hears(
        self,
        message: Any,
        source: bytes,
        destination: bytes,
        *,
        link_source: bytes = PEER_LINK,
        interface: str | None = None,
        **way: Any,
    ) -> bytes:
        """A message comes; `way` is as in `Writer.write`."""
        datagram = self._writer.write(message, source, destination, **way)
        self.hears_octets(datagram, link_source=link_source, interface=interface)
        return datagram

    def hears_octets(self, datagram: bytes, *, link_source: bytes = PEER_LINK, interface: str | None = None) -> None:
        """Any datagram comes."""
        self.node.receive(datagram, interface or self.interface, link_source, self.now)
        self._collect()

    def waits(self, seconds: float) -> None:
        """Time goes on; the node is called whenever it wants to be."""
        until = self.now + round(seconds * S)
        while (at := self.node.next_timer()) is not None and at <= until:
            self.now = max(self.now, at)
            self.node.handle_timer(self.now)
            self._collect()
        self.now = until

    def hangs(self, seconds: float) -> None:
        """Time goes on, and the node isn't called before it is over."""
        self.now += round(seconds * S)
        self.waits(0)

    def _collect(self) -> None:
        self.events += self.node.poll_events()
        for action in self.node.poll_actions():
            if not isinstance(action, Send):
                self.actions.append(action)
                continue
            arrival = self._reader.read(action.datagram, action.interface or "", b"", self.now)
            assert arrival is not None, "a datagram without a message left"
            assert arrival.checksum_good
            self._sent.append(Sent(self.now, action, arrival))

    # --- what is expected ---

    def sends(self, cls: type, **fields: Any) -> Sent:
        """The earliest message that was not asked for yet is of this class, and has these values."""
        assert self._sent, f"no {cls.__name__}: nothing was sent"
        sent = self._sent.pop(0)
        assert isinstance(sent.message, cls), f"{sent}, no {cls.__name__}"
        found = {name: getattr(sent.message, name) for name in fields}
        assert found == fields
        return sent

    def finds(self, cls: type, **fields: Any) -> Sent:
        """The earliest message of this class; those of other classes stay."""
        for index, sent in enumerate(self._sent):
            if isinstance(sent.message, cls):
                self._sent.insert(0, self._sent.pop(index))
                return self.sends(cls, **fields)
        raise AssertionError(f"no {cls.__name__} among {self._sent}")

    def sends_nothing(self) -> None:
        """All that was sent was asked for."""
        assert self._sent == []

    def forgets(self) -> None:
        """What was sent, done and told until now doesn't matter."""
        self._sent.clear()
        self.actions.clear()
        self.events.clear()

    def does(self, *actions: Action) -> None:
        """These actions are among those since the last time, in this order; then all of them are done with."""
        rest = iter(self.actions)
        assert all(action in rest for action in actions), f"{actions} not among {self.actions}"
        self.actions.clear()

    def tells(self, cls: type[E], **fields: Any) -> E:
        """The earliest event of this class that was not asked for yet, with these values."""
        for index, event in enumerate(self.events):
            if isinstance(event, cls) and all(getattr(event, name) == value for name, value in fields.items()):
                self.events.pop(index)
                return event
        raise AssertionError(f"no {cls.__name__} with {fields} among {self.events}")

    def drops(self, reason: DropReason) -> MessageDropped:
        """The last thing that came was dropped, for this reason, and nothing was sent for it."""
        event = self.tells(MessageDropped)
        assert event.reason == reason, event.detail
        self.sends_nothing()
        return event


__all__ = ["BEGIN", "PEER_LINK", "Playbook", "S", "Sent"]
