"""Packets by a binding that seems to be over: whether the capture lost a refresh shows only later.

Until the next update nobody knows: its number may tell of one that wasn't seen, and a mobile node that goes on using
the binding itself has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from mhatool.exchange import Exchange
from mhatool.validate.occasion import OPTIMISED_DATA, TUNNELLED
from mhatool.validate.rule import Breach, Case, Late
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import knowledge

MOST = 100_000
"""So many can wait, and be told at the end; further ones are inconclusive."""
_NUMBERS = 1 << 16


class _Suspicion(Struct):
    """What a rule found, of the binding that an exchange made."""

    rule: str
    late: Late
    exchange: Exchange


@knowledge("binding_update", TUNNELLED, OPTIMISED_DATA)
class Overdue:
    """Such packets, one for each end of a binding, with what came after them."""

    def __init__(self) -> None:
        self._open: dict[bytes, list[_Suspicion]] = {}
        """By home address: what the mobile node says next decides."""
        self._settled: list[_Suspicion] = []
        self._noted = 0

    @property
    def is_full(self) -> bool:
        """Whether no more can wait."""
        return self._noted >= MOST

    def note(self, rule: str, case: Case, exchange: Exchange, breach: Breach) -> None:
        """A packet that looks as if it came too late; `exchange` is the last one of that binding that was seen."""
        seen, home_address = case.seen, exchange.update.home_address
        late = Late(breach, seen.time_ns, seen.frame, seen.sender, home_address)
        self._open.setdefault(home_address, []).append(_Suspicion(rule, late, exchange))
        self._noted += 1

    def see(self, seen: Seen) -> None:
        """Take in what mobile nodes send."""
        if self._open:
            self._hear(seen)

    def _hear(self, seen: Seen) -> None:
        datagram, outer = seen.datagram, seen.datagram.outer
        if datagram.carries == "binding_update":
            number = seen.message.get("sequence_number")
            for suspicion in self._of(seen.sender, datagram.true_destination):
                after = suspicion.exchange.update.sequence_number + 1
                self._settle(seen.sender, suspicion, is_lost=number is None or (number - after) % _NUMBERS != 0)
            return
        home_address = datagram.source if outer is not None else datagram.home_address
        care_of_address = outer.source if outer is not None else datagram.source
        if home_address is not None:
            for suspicion in self._of(home_address):
                if suspicion.exchange.update.care_of_address == care_of_address:
                    self._settle(home_address, suspicion, is_lost=True)

    def _of(self, home_address: bytes, peer: bytes | None = None) -> list[_Suspicion]:
        return [each for each in self._open.get(home_address, ()) if peer is None or each.exchange.update.peer == peer]

    def _settle(self, home_address: bytes, suspicion: _Suspicion, *, is_lost: bool) -> None:
        """It is decided: a breach, or the capture may have lost a refresh."""
        self._open[home_address].remove(suspicion)
        if not self._open[home_address]:
            del self._open[home_address]
        if is_lost:
            breach = replace(suspicion.late.breach, inconclusive=True)
            suspicion.late = replace(suspicion.late, breach=breach)
        self._settled.append(suspicion)

    def found(self, rule: str) -> Iterator[Late]:
        """What became of a rule's, in the order of time."""
        left = (suspicion for each in self._open.values() for suspicion in each)
        return iter(sorted(_lates(rule, (*self._settled, *left)), key=lambda late: late.time_ns))


def _lates(rule: str, suspicions: Iterable[_Suspicion]) -> Iterator[Late]:
    return (suspicion.late for suspicion in suspicions if suspicion.rule == rule)


__all__ = ["Overdue"]
