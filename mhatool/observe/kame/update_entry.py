"""An entry of KAME's Binding Update List, deduced from what was sent to its peer and what came back."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from mhatool.exchange import Update
from mhatool.observe.kame.arithmetic import next_count, refresh_interval, retransmission
from mhatool.observe.kame.hearing import Answered, RefusalKind
from mhatool.observe.kame.rows import Primary, Secondary, UpdateRow
from mhatool.protocol.lifetime import expiry

_SENT_AGAIN: Final = {
    Primary.BOUND: Primary.WAITAR,
    Primary.RRREDO: Primary.WAITAR,
    Primary.WAITAR: Primary.WAITAR,
}
"""Where an update with the same care-of address leads; from every other state to WAITA."""
_TESTING: Final = {
    (True, True): Secondary.WAITHC,
    (True, False): Secondary.WAITH,
    (False, True): Secondary.WAITC,
    (False, False): Secondary.START,
}
"""By whether a Home Test and a Care-of Test are waited for."""
_HOME_TESTS: Final = frozenset({"home_test_init", "home_test"})
_INITS: Final = frozenset({"home_test_init", "care_of_test_init"})


class UpdateEntry(Struct):
    """What a mobile node keeps of one home address and one peer; `count`: how often its update was sent in a row."""

    peer: bytes
    home_address: bytes
    care_of_address: bytes
    is_home_registration: bool
    primary: Primary
    sequence_number: int = 0
    flags: frozenset[str] = frozenset()
    lifetime_s: int = 0
    refresh_s: int = 0
    expires_ns: int = 0
    next_send_ns: int = 0
    count: int = 0
    doubted: bool = False
    """Its peer said that it has no binding: the next update begins anew."""
    refusals: set[RefusalKind] = field(default_factory=set)
    _waits_for_home_test: bool = False
    _waits_for_care_of_test: bool = False

    def send(self, update: Update) -> None:
        """A Binding Update leaves: it sets expiry and timer anew, and takes the next number."""
        again = update.care_of_address == self.care_of_address and not self.doubted
        going = update.deletes == (self.primary is Primary.WAITD)
        if not (again and going):
            self.count = 0
        self.primary = self._after(update, again)
        self.doubted = False
        self.count = next_count(self.count)
        self.care_of_address = update.care_of_address
        self.sequence_number = update.sequence_number
        self.flags = update.flags
        self.lifetime_s = self.refresh_s = update.lifetime_s
        self.expires_ns = expiry(update.time_ns, update.lifetime_s)
        if self.primary is Primary.BOUND:  # a correspondent that isn't asked to answer
            self.next_send_ns = expiry(update.time_ns, self.refresh_s)
        else:
            self.next_send_ns = retransmission(update.time_ns, self.count)

    def _after(self, update: Update, again: bool) -> Primary:
        if update.deletes:
            return Primary.WAITD
        if not self.is_home_registration and "A" not in update.flags:
            return Primary.BOUND
        return _SENT_AGAIN.get(self.primary, Primary.WAITA) if again else Primary.WAITA

    def accept(self, answered: Answered) -> None:
        """The peer has accepted. Less than was asked for shortens what is left (RFC 6275, 11.7.3)."""
        acknowledgement = answered.acknowledgement
        now, granted = acknowledgement.time_ns, acknowledgement.lifetime_s
        if granted < self.lifetime_s:
            self.expires_ns = max(expiry(self.expires_ns, granted - self.lifetime_s), now)
        self.lifetime_s = granted
        self.refresh_s = refresh_interval(granted, acknowledgement.refresh_interval_s)
        self.next_send_ns = expiry(now, self.refresh_s)
        self.primary, self.count = Primary.BOUND, 0

    def test(self, kind: str, address: bytes) -> None:
        """A message of return routability with this correspondent; a new run leads the primary machine on."""
        waits = kind in _INITS
        if kind in _HOME_TESTS:
            self._waits_for_home_test = waits
        else:
            self._waits_for_care_of_test = waits
        if waits and self.primary in (Primary.BOUND, Primary.RRREDO):
            moved = kind not in _HOME_TESTS and address != self.care_of_address
            self.primary = Primary.RRINIT if moved else Primary.RRREDO

    def refuse(self, kind: RefusalKind) -> None:
        """The peer can't take what was sent."""
        if kind is RefusalKind.UNKNOWN_BINDING:
            self.doubted = True
            return
        self.refusals.add(kind)
        if not self.is_home_registration:
            self.primary = Primary.IDLE
            self._waits_for_home_test = self._waits_for_care_of_test = False

    def row(self) -> UpdateRow:
        """As it stands in the table."""
        return UpdateRow(
            peer=self.peer,
            home_address=self.home_address,
            care_of_address=self.care_of_address,
            lifetime_s=self.lifetime_s,
            expires_ns=self.expires_ns,
            refresh_s=self.refresh_s,
            next_send_ns=self.next_send_ns,
            sequence_number=self.sequence_number,
            flags=self.flags,
            primary=self.primary,
            secondary=_TESTING[self._waits_for_home_test, self._waits_for_care_of_test],
            no_mobility=bool(self.refusals),
            no_updates=bool(self.refusals),
        )


__all__ = ["UpdateEntry"]
