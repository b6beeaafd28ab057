"""Drives a node with the packets of a capture, by the capture's clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable

from msgspec import Struct

from mhatool.engine.actions import Send
from mhatool.engine.commands import Command
from mhatool.engine.events import Event
from mhatool.engine.node import Node


class Reception(Struct, frozen=True):
    """A datagram that reaches the node by an interface, from a link-layer address; `frame` is its number there."""

    time_ns: int
    octets: bytes
    interface: str
    link_source: bytes
    frame: int


class Told(Struct, frozen=True):
    """What the node's machine tells it."""

    time_ns: int
    command: Command


class Reply(Struct, frozen=True):
    """A datagram that the node sends, from its IPv6 header on."""

    time_ns: int
    octets: bytes


Input = Reception | Told
#: What comes back for something that the node sends.
Responder = Callable[[Reply], Iterable[Reception]]
#: What an input is by the time that it is fed; None: it isn't fed at all.
Translator = Callable[[Input], Input | None]


class Driver:
    """Feeds a node and keeps what it sends and tells; its machine does nothing else that a node asks for.

    Addresses, routes and tunnels that it asks for have no effect here: what came of them is in the capture already.
    `responder` is asked about all that the node sends, `translator` about each input right before it is fed.
    """

    def __init__(self, node: Node, responder: Responder, translator: Translator) -> None:
        self._node = node
        self._responder = responder
        self._translator = translator
        self._inputs: list[tuple[int, int, Input]] = []
        self._count = 0
        self.receptions: list[Reception] = []
        """What reached it, in order."""
        self.replies: list[Reply] = []
        """What it sent, in order."""
        self.events: list[Event] = []
        """What it told."""

    def run(self, inputs: Iterable[Input], until_ns: int) -> None:
        """Feed all of these by their times, its timers between them (first, where they are due then), up to an instant.

        Inputs of one time keep their order; those that the responder gives come after them.
        """
        for given in inputs:
            self._put(given)
        while (now := self._next()) is not None and now <= until_ns:
            due = self._node.next_timer()
            if due is not None and due <= now:
                self._node.handle_timer(due)
            else:
                translated = self._translator(heapq.heappop(self._inputs)[2])
                if translated is not None:
                    self._feed(translated)
            self._take(now)

    def _put(self, given: Input) -> None:
        self._count += 1
        heapq.heappush(self._inputs, (given.time_ns, self._count, given))

    def _next(self) -> int | None:
        """When something happens next."""
        due = self._node.next_timer()
        times = ([due] if due is not None else []) + [each[0] for each in self._inputs[:1]]
        return min(times, default=None)

    def _feed(self, given: Input) -> None:
        if isinstance(given, Reception):
            self.receptions.append(given)
            self._node.receive(given.octets, given.interface, given.link_source, given.time_ns)
        else:
            self._node.command(given.command, given.time_ns)

    def _take(self, now: int) -> None:
        sends = [action for action in self._node.poll_actions() if isinstance(action, Send)]
        for send in sends:
            reply = Reply(now, send.datagram)
            self.replies.append(reply)
            for given in self._responder(reply):
                self._put(given)
        self.events += self._node.poll_events()


__all__ = ["Driver", "Input", "Reception", "Reply", "Responder", "Told", "Translator"]
