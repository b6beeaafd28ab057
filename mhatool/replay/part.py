"""A role in a replay: what it takes from the capture, the node that it makes, and what that is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from mhatool.engine.node import Node
from mhatool.replay.driver import Input, Reception, Reply
from mhatool.replay.traffic import Side, Traffic


class ReplayError(ValueError):
    """A capture in which the node can't be replaced; the text says what is missing."""


class AbsentError(ReplayError):
    """A capture that doesn't hold the node at all."""


class Part(Side, Protocol):
    """One role, of one node of a capture."""

    def node(self, traffic: Traffic) -> Node:
        """A node of ours in its place, configured by what the capture shows. ReplayError where it shows too little."""

    def inputs(self, traffic: Traffic) -> Iterator[Input]:
        """What it is fed with by the capture's clock, whatever it does."""

    def before(self, given: Input) -> Input | None:
        """An input as it is fed: as it was captured, or changed by what the node has answered so far.

        None: by what that was, it wouldn't have come.
        """

    def answers(self, reply: Reply) -> Iterable[Reception]:
        """What comes back for something that it sends: nothing, where `inputs` has all of it."""


__all__ = ["AbsentError", "Part", "ReplayError"]
