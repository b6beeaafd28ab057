"""Our correspondent in the place of a captured one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import attrgetter
from typing import Final

from dissectors.profile import Profile
from mhatool.engine.commands import RouteUsed, Start, UnverifiedHomeAddress
from mhatool.engine.correspondent import Correspondent, CorrespondentConfiguration
from mhatool.engine.node import Node
from mhatool.replay.driver import Input, Reception, Reply, Told
from mhatool.replay.tokens import Tokens
from mhatool.replay.traffic import Carried, Traffic

INTERFACE: Final = "eth0"
_LINK_ADDRESS: Final = bytes.fromhex("020000000001")
"""Of no consequence: a correspondent says nothing on its link."""


class CorrespondentPart:
    """A correspondent by its address; it doesn't optimise routes where the captured one left all tests unanswered."""

    def __init__(self, address: bytes, profile: Profile) -> None:
        self._address = address
        self._profile = profile
        self.addresses = {address}
        self._correspondent: Correspondent | None = None
        self._tokens: Tokens | None = None

    def learn(self, seen: Carried) -> None:
        """Nothing: its address is all."""

    def sent(self, seen: Carried) -> bool:
        """What comes from its address."""
        return seen.inner.source == self._address

    def received(self, seen: Carried) -> bool:
        """Messages for it, and traffic with a Home Address option."""
        return seen.inner.destination == self._address and (seen.is_told or _is_data(seen))

    # --- the node ---

    def node(self, traffic: Traffic) -> Node:
        """A correspondent with this address."""
        self._tokens = Tokens(traffic.sent, self._profile)
        asked = any(seen.inner.carries in ("home_test_init", "care_of_test_init") for seen in traffic.received)
        answered = any(seen.inner.carries in ("home_test", "care_of_test") for seen in traffic.sent)
        configuration = CorrespondentConfiguration(
            name="replayed", addresses=(self._address,), profile=self._profile, route_optimisation=answered or not asked
        )
        self._correspondent = Correspondent(configuration, random.Random(0))
        return self._correspondent

    def inputs(self, traffic: Traffic) -> Iterator[Input]:
        """Its start, then what it received, and which bindings it used: the traffic that it sent is its users'."""
        yield Told(traffic.first_ns, Start(((INTERFACE, _LINK_ADDRESS),)))
        for seen in merge(traffic.received, traffic.optimised, key=attrgetter("time_ns")):
            to = seen.inner.routed_home_address
            if seen.inner.source == self._address and to is not None:
                yield Told(seen.time_ns, RouteUsed(to, self._address))
            elif _is_data(seen) and seen.inner.home_address is not None:
                command = UnverifiedHomeAddress(seen.inner.source, self._address, seen.inner.home_address)
                yield Told(seen.time_ns, command)
            else:
                yield Reception(seen.time_ns, seen.octets, INTERFACE, seen.link_source, seen.frame.number)

    def before(self, given: Input) -> Input:
        """Proofs are made with its own tokens, and traffic is judged by the binding that it has then."""
        if isinstance(given, Reception):
            return self._tokens.proven_again(given) if self._tokens is not None else given
        command = given.command
        if self._correspondent is None or not isinstance(command, UnverifiedHomeAddress):
            return given
        binding = self._correspondent.binding(command.home_address, self._address)
        is_covered = binding is not None and binding.care_of_address == command.source
        return Told(given.time_ns, RouteUsed(command.home_address, self._address)) if is_covered else given

    def answers(self, reply: Reply) -> Iterable[Reception]:
        """Nothing: who asks is in the capture. The tokens that it hands out are kept."""
        if self._tokens is not None:
            self._tokens.note(reply)
        return ()


def _is_data(seen: Carried) -> bool:
    return seen.inner.home_address is not None and not seen.inner.is_signalling


__all__ = ["CorrespondentPart"]
