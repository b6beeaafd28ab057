"""Duplicate address detection for home addresses, with its exemption for agents that share a mobile node.

Two home agents of one mobile node on one link look for the same address, and one of them may answer for it already:
that is no duplicate. An advertisement or solicitation is exempt iff its link-layer source belongs to an agent that is
in the Binding Update's list and in this agent's own Home Agents List: IP sources don't tell, since checks come from the
unspecified address, and a list alone would let a mobile node name a victim.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from mhatool.engine.constants import Constants
from mhatool.engine.home_agent.binding import Binding, BindingState
from mhatool.engine.home_agent.link import HomeLink
from mhatool.engine.home_agent_events import HomeAddressChecked
from mhatool.engine.node import Output
from mhatool.engine.timers import Timers
from mhatool.protocol.lifetime import nanoseconds

MOST_DOUBTS = 16
"""A mobile node has not more agents than fit into one list."""


class Doubt(Struct, frozen=True):
    """Somebody with this link-layer address has an address, or (`checks`) only checks it too."""

    target: bytes
    link_source: bytes
    checks: bool


class DuplicateDetection:
    """Checks the addresses of bindings that are to be accepted, and says which of them nobody has."""

    def __init__(self, constants: Constants, link: HomeLink, output: Output) -> None:
        self._constants = constants
        self._link = link
        self._output = output
        self._checked: dict[bytes, list[Binding]] = {}
        self._left: dict[Binding, int] = {}
        self._open: dict[Binding, list[bytes]] = {}
        self._doubts: dict[Binding, list[Doubt]] = {}
        self._timers: Timers[Binding] = Timers()
        self.is_held = False
        """Whether checks wait for the home link, which is down."""

    def link_changed(self, is_up: bool, now: int) -> None:
        """Who hears nobody finds no duplicate: checks wait for the link, and begin anew with it."""
        if is_up == self.is_held:
            self.is_held = not is_up
            for binding in list(self._left):
                self._start(binding, now)

    def begin(self, binding: Binding, now: int) -> None:
        """Ask for those addresses of a binding that are to be `checked`, as often as the constants say."""
        for address in binding.checked:
            self._checked.setdefault(address, []).append(binding)
        self._start(binding, now)

    def _start(self, binding: Binding, now: int) -> None:
        self._left[binding] = self._constants.duplicate_address_detection_transmits
        self._open[binding] = list(binding.checked)
        if not self.is_held:
            self._ask(binding, now)
        elif binding.state is BindingState.CHECKING:
            self._timers.set(binding, now + nanoseconds(binding.lifetime_s))
        else:
            self._timers.cancel(binding)

    def of(self, target: bytes) -> list[Binding]:
        """The bindings for which this address is being checked: one at each of the agent's addresses."""
        return list(self._checked.get(target, ()))

    def vouch(self, binding: Binding, target: bytes) -> bool:
        """An address needs no more time: another agent has checked it. True where that was the last one."""
        waiting = self._open.get(binding)
        if waiting is None or target not in waiting:
            return False
        waiting.remove(target)
        return not waiting

    def doubt(self, binding: Binding, doubt: Doubt) -> None:
        """Somebody has an address who may be another agent of the mobile node, or not."""
        doubts = self._doubts.setdefault(binding, [])
        if len(doubts) < MOST_DOUBTS and doubt not in doubts:
            doubts.append(doubt)

    def doubts(self, binding: Binding) -> list[Doubt]:
        """What `doubt` was told about a binding."""
        return list(self._doubts.get(binding, ()))

    def in_doubt(self) -> list[Binding]:
        """The bindings about which it was told anything."""
        return list(self._doubts)

    def end(self, binding: Binding) -> None:
        """However it stands, it is over; nothing where it was already."""
        if binding not in self._left:
            return
        self._timers.cancel(binding)
        del self._left[binding]
        del self._open[binding]
        self._doubts.pop(binding, None)
        for address in binding.checked:
            checked = self._checked[address]
            checked.remove(binding)
            if not checked:
                del self._checked[address]

    def tell(self, binding: Binding, now: int, *, met: tuple[bytes, bytes] | None = None) -> None:
        """How it ended: `met` is the address that somebody has, and that one's link-layer address."""
        for address in binding.checked if met is None else met[:1]:
            self._output.tell(
                HomeAddressChecked(
                    time_ns=now,
                    node=self._output.node,
                    address=address,
                    duplicate=met is not None,
                    link_source=met[1] if met is not None else None,
                )
            )

    def next_timer(self) -> int | None:
        """When the next question is due, or the time for answers over."""
        return self._timers.next()

    def finished(self, now: int) -> Iterator[Binding]:
        """Those whose time for answers is over, or, while checks wait, what was asked for; the check is to be ended."""
        for binding in self._timers.due(now):
            if self._left[binding] and not self.is_held:
                self._ask(binding, now)
            else:
                yield binding

    def _ask(self, binding: Binding, now: int) -> None:
        self._left[binding] -= 1
        for address in binding.checked:
            self._link.ask(address, now)
        self._timers.set(binding, now + nanoseconds(self._constants.retransmission_timer_s))


__all__ = ["DuplicateDetection"]
