"""The Binding Update Lists of KAME's mobile nodes, deduced from packets, with the steps that their kernels log."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.exchange import Update
from mhatool.observe.kame.hearing import Answered, Refusal, Tested
from mhatool.observe.kame.rows import Primary
from mhatool.observe.kame.steps import Acknowledged, Created, Entered, Rejected, Returned, Sent, Step, Unmatched
from mhatool.observe.kame.update_entry import UpdateEntry


class UpdateLists:
    """Every mobile node's entries, in the order in which they were made."""

    def __init__(self) -> None:
        self._entries: dict[tuple[bytes, bytes], UpdateEntry] = {}
        self._rounds: dict[bytes, tuple[bytes, int]] = {}
        """By home address: the care-of address of the newest entries, and how many were made for it."""

    def entries(self) -> list[UpdateEntry]:
        """All of them, the last made first, as KAME lists them."""
        return list(reversed(self._entries.values()))

    def update(self, update: Update) -> Iterator[Step]:
        """A Binding Update was sent; the state is logged before anything is done."""
        key = update.home_address, update.peer
        entry = self._entries.get(key)
        now = update.time_ns
        if entry is None:
            yield self._created(update)
            entry = self._entries[key] = self._new(update)
        yield Entered(now, entry.primary)
        entry.send(update)
        yield Sent(now, entry.peer, entry.home_address)
        if entry.primary is Primary.WAITD and "A" not in update.flags:
            del self._entries[key]

    def acknowledge(self, answered: Answered) -> Iterator[Step]:
        """A Binding Acknowledgement came; one for no entry changes nothing."""
        message = answered.acknowledgement
        key = message.home_address, message.peer
        entry = self._entries.get(key)
        now = message.time_ns
        if entry is None:
            return
        yield Acknowledged(now, message.peer, message.sequence_number, answered.options)
        if not message.accepts:
            yield Rejected(now, message.status)
        elif message.sequence_number != entry.sequence_number:
            yield Unmatched(now, message.peer, message.sequence_number, entry.sequence_number)
        elif entry.primary is Primary.WAITD:
            del self._entries[key]
            yield Returned(now)
        else:
            yield Entered(now, entry.primary)
            if entry.primary in (Primary.WAITA, Primary.WAITAR):
                entry.accept(answered)

    def test(self, tested: Tested) -> None:
        """A message of return routability, from or to any address of a mobile node."""
        for entry in self._at(tested.correspondent, tested.address):
            entry.test(tested.kind, tested.address)

    def refuse(self, refusal: Refusal) -> None:
        """A peer refuses what a mobile node sends."""
        for entry in self._at(refusal.peer, refusal.address):
            entry.refuse(refusal.kind)

    def _at(self, peer: bytes, address: bytes) -> list[UpdateEntry]:
        """The entries of whoever is at an address, for this peer."""
        mine = (entry for entry in self._entries.values() if entry.peer == peer)
        return [entry for entry in mine if address in (entry.home_address, entry.care_of_address)]

    def _created(self, update: Update) -> Created:
        home_address = update.home_address
        care_of_address, count = self._rounds.get(home_address, (b"", 0))
        index = count if care_of_address == update.care_of_address else 0
        self._rounds[home_address] = update.care_of_address, index + 1
        is_first = not any(entry.home_address == home_address for entry in self._entries.values())
        return Created(update.time_ns, update.peer, home_address, index, is_first)

    @staticmethod
    def _new(update: Update) -> UpdateEntry:
        """As KAME makes it: a home registration waits from the beginning, a correspondent's begins with tests."""
        initial = Primary.WAITD if update.deletes else Primary.WAITA
        if not update.is_home_registration:
            initial = Primary.RRDEL if update.deletes else Primary.RRINIT
        return UpdateEntry(
            update.peer, update.home_address, update.care_of_address, update.is_home_registration, initial
        )


__all__ = ["UpdateLists"]
