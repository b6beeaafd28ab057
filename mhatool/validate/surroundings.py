"""What is known around the message at hand: conversations, requests, and what rules remember for themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

from dissectors.packet import Datagram
from mhatool.exchange import Conversations, Requests, Sighting
from mhatool.validate.seen import Seen


class Knowledge(Protocol):
    """What a family of rules remembers of the packets so far, in bounded memory.

    `see` is called after the rules have judged a message, so that rules know what was true before it. Copies of one
    packet are seen once.
    """

    def see(self, seen: Seen) -> None:
        """Take in a message."""
        ...


@runtime_checkable
class CopyKnowledge(Knowledge, Protocol):
    """Knowledge that is also told of copies with other octets; a sound one after damaged ones counts as the message."""

    def see_copy(self, seen: Seen) -> None:
        """Take in such a copy."""
        ...


@runtime_checkable
class TunnelKnowledge(Knowledge, Protocol):
    """Knowledge that is also told of every packet in a tunnel, wherever that is seen: copies aren't left out.

    Not before something else that it is fed with was seen.
    """

    def tunnelled(self, sighting: Sighting, inner: Datagram, outer: Datagram) -> None:
        """Take in a packet in a tunnel."""
        ...


@runtime_checkable
class Alarmed(Knowledge, Protocol):
    """Knowledge by which messages matter that are usual otherwise."""

    @property
    def alarm(self) -> int:
        """Which of `situation.ALARMS` it raises now; it changes only by messages that it is fed with."""
        ...


K = TypeVar("K", bound=Knowledge)


class Feed(NamedTuple):
    """On which occasions knowledge is fed: `on` these, but not with what `besides` names, and `only` with these bits.

    `only` as for rules: without them (`situation.py`) a message surely changes nothing.
    """

    on: tuple[str, ...]
    besides: tuple[str, ...] = ()
    only: int = 0


#: Every kind of knowledge, and when it is fed.
KNOWLEDGE: dict[type[Knowledge], Feed] = {}


def knowledge(*on: str, besides: tuple[str, ...] = (), only: int = 0) -> Callable[[type[K]], type[K]]:
    """Declare the decorated class as knowledge that is fed on these occasions; it is made without arguments."""

    def declare(cls: type[K]) -> type[K]:
        KNOWLEDGE[cls] = Feed(on, besides, only)
        return cls

    return declare


class Known(Protocol):
    """Gives the knowledge of a kind."""

    def __call__(self, kind: type[K], /) -> K: ...


class _AllKnown(dict[type[Any], Any]):
    """Every kind of knowledge that was asked for, by its class."""

    def __init__(self) -> None:
        self.alarmed: list[Alarmed] = []
        self.of_tunnels: list[TunnelKnowledge] = []

    def __missing__(self, kind: type[Any]) -> Any:
        found = self[kind] = kind()
        if isinstance(found, Alarmed):
            self.alarmed.append(found)
        if isinstance(found, TunnelKnowledge):
            self.of_tunnels.append(found)
        return found


@dataclass(slots=True)
class Surroundings:
    """The state of one run over captures."""

    conversations: Conversations = field(default_factory=Conversations)
    requests: Requests = field(default_factory=Requests)
    first_ns: int = 0
    """When the first packet was seen, nanoseconds since 1970."""
    last_ns: int = 0
    """The latest time of a packet so far."""
    known: Known = field(init=False)
    """This run's knowledge of a kind: `surroundings.known(HomeLinks)`."""
    _all: _AllKnown = field(default_factory=_AllKnown)

    def __post_init__(self) -> None:
        self.known = self._all.__getitem__  # asked for by most rules: no function of Python's stands between

    def alarmed(self) -> list[Alarmed]:
        """The kinds that may raise alarms."""
        return self._all.alarmed

    def of_tunnels(self) -> list[TunnelKnowledge]:
        """The kinds that are told what tunnels carry, once they have been fed with anything."""
        return self._all.of_tunnels
