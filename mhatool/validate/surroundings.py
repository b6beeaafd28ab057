"""What is known around the message at hand: conversations, requests, and what rules remember for themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

from mhatool.exchange import Conversations, Requests
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
    """Knowledge that is also told of copies with other octets: damaged ones, or the sound one of a damaged message."""

    def see_copy(self, seen: Seen) -> None:
        """Take in such a copy."""
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


@dataclass(slots=True)
class Surroundings:
    """The state of one run over captures."""

    conversations: Conversations = field(default_factory=Conversations)
    requests: Requests = field(default_factory=Requests)
    first_ns: int = 0
    """When the first packet was seen, nanoseconds since 1970."""
    last_ns: int = 0
    """The latest time of a packet so far."""
    _known: dict[type[Knowledge], Knowledge] = field(default_factory=dict)
    _alarmed: list[Alarmed] = field(default_factory=list)

    def known(self, kind: type[K]) -> K:
        """This run's knowledge of a kind: `surroundings.known(HomeLinks)`."""
        found = self._known.get(kind)
        if found is None:
            found = self._known[kind] = kind()
            if isinstance(found, Alarmed):
                self._alarmed.append(found)
        return found  # type: ignore[return-value]  # stored under its own class

    def alarmed(self) -> Iterable[Alarmed]:
        """The kinds that may raise alarms."""
        return self._alarmed
