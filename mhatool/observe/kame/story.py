"""What one mobile node did, step by step, as far as packets tell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from mhatool.exchange import Update
from mhatool.observe.kame.deduction import Deduction
from mhatool.observe.kame.hearing import Advertised, Answered, Heard
from mhatool.observe.kame.steps import Located, PrefixHeard, RouterFound, Step
from mhatool.protocol.lifetime import nanoseconds

BEFORE_NS: Final = nanoseconds(10)
"""So long before its first update from a new link a mobile node may have heard advertisements there."""


class Story:
    """The steps of the mobile node with these home addresses.

    Which link it is on isn't said by packets of several links: it hears advertisements of the prefix that it is
    addressed in, or will be within ten seconds. That it started, and when, no packet says.
    """

    def __init__(self, messages: Sequence[Heard], home_addresses: Collection[bytes]) -> None:
        self._messages = messages
        self._mine = frozenset(home_addresses)
        self._care_of_address = b""
        self._prefixes: set[tuple[bytes, int]] = set()
        self._routers: set[bytes] = set()
        self._moves = [
            (update.time_ns, update.care_of_address)
            for update in messages
            if isinstance(update, Update) and update.home_address in self._mine
        ]

    def steps(self) -> Iterator[Step]:
        """All of them, in order."""
        deduction = Deduction()
        for heard in self._messages:
            steps = deduction.take(heard)
            if isinstance(heard, Advertised):
                yield from self._advertised(heard)
            elif self._concerns(heard):
                yield from self._located(heard)
                yield from steps

    def _concerns(self, heard: Heard) -> bool:
        message = heard.acknowledgement if isinstance(heard, Answered) else heard
        return getattr(message, "home_address", None) in self._mine

    def _located(self, heard: Heard) -> Iterator[Step]:
        """The first update from another address shows that the node has it."""
        if isinstance(heard, Update) and heard.care_of_address != self._care_of_address:
            self._care_of_address = heard.care_of_address
            yield Located(heard.time_ns, heard.care_of_address, heard.care_of_address in self._mine)

    def _advertised(self, heard: Advertised) -> Iterator[Step]:
        for prefix, length in heard.prefixes:
            if not self._is_here(prefix, length, heard.time_ns):
                continue
            known = (_network(prefix, length), length)
            is_new = known not in self._prefixes and not any(_network(a, length) == known[0] for a in self._mine)
            self._prefixes.add(known)
            yield PrefixHeard(heard.time_ns, prefix, heard.router, is_new)
            if heard.router not in self._routers:
                self._routers.add(heard.router)
                yield RouterFound(heard.time_ns, prefix, heard.router)

    def _is_here(self, prefix: bytes, length: int, now_ns: int) -> bool:
        """Whether the node is on a link with this prefix at that time, or arrives there."""
        here = [self._care_of_address] if self._care_of_address else list(self._mine)
        here += [address for time_ns, address in self._moves if now_ns <= time_ns <= now_ns + BEFORE_NS]
        return _network(prefix, length) in [_network(address, length) for address in here]


def _network(address: bytes, length: int) -> bytes:
    """The prefix, its other bits zero."""
    bits = int.from_bytes(address) >> 128 - length << 128 - length
    return bits.to_bytes(16)


__all__ = ["Story"]
