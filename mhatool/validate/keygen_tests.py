"""Home Tests and Care-of Tests as they were seen, and which of them a Binding Update rests on (RFC 6275, 5.2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dissectors.options.binding import NonceIndices
from dissectors.view import View
from mhatool.exchange import Frame, Recent, Update
from mhatool.exchange.history import History
from mhatool.protocol.return_routability import TOKEN_SIZE
from mhatool.validate.binding_facts import option
from mhatool.validate.rule import Case
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import knowledge

MOST = 25_000
"""Pairs of nodes, of each kind of test."""
KEPT = 8
_INDEX, _TOKEN, _END = 6, 16, 24
"""Where index and token stand, and where the fixed fields end, counted from the start of the Mobility Header."""
_INDICES = {"home_test": "home_nonce_index", "care_of_test": "care_of_nonce_index"}
_make = tuple.__new__  # a third of the time of Test(...)


class Test(NamedTuple):
    """A test as it was sent: its nonce index and keygen token, None and empty where they are cut."""

    time_ns: int
    frame: Frame
    nonce_index: int | None
    token: bytes


class Use(NamedTuple):
    """One of the nonce indices of a Binding Update, with the latest tests to that address.

    `tests`: all of them, the newest last; `newest`: the newest that had this nonce index.
    """

    kind: str
    nonce_index: int
    tests: Sequence[Test]
    newest: Test | None


@knowledge(*_INDICES)
class Tests:
    """The latest tests that each correspondent sent to each address."""

    def __init__(self) -> None:
        self._tests: dict[str, Recent[tuple[bytes, bytes], History[Test]]] = {kind: Recent(MOST) for kind in _INDICES}
        self._seen: Seen | None = None
        self._uses: tuple[Use, ...] = ()

    def see(self, seen: Seen) -> None:
        """Take in a Home Test or a Care-of Test."""
        message, datagram = seen.message, seen.datagram
        if message.checksum_status == "bad":
            return
        self._seen = None
        tests, ends = self._tests[message.type], (datagram.true_destination, datagram.true_source)
        found = tests.renew(ends, seen.time_ns)
        if found is None:
            found = tests.note(ends, History(KEPT), seen.time_ns)
        found.add(_test(seen, message))

    def received(self, kind: str, mobile: bytes, correspondent: bytes) -> Sequence[Test]:
        """The latest ones, newest last."""
        return self._tests[kind].get((mobile, correspondent)) or ()

    def uses(self, case: Case) -> tuple[Use, ...]:
        """What an update to a correspondent rests on, the Care-of Test first; a deletion needs the Home Test alone.

        Looked up once, though several rules want to know. Nothing for home registrations, damaged updates, and those
        without Nonce Indices.
        """
        seen = case.seen
        if self._seen is not seen:
            self._seen, self._uses = seen, self._look_up(case.update, seen.message)
        return self._uses

    def _look_up(self, update: Update | None, message: View) -> tuple[Use, ...]:
        if update is None or "H" in update.flags or not update.trusted:
            return ()
        indices = nonce_indices(message)
        if indices is None:
            return ()
        home_index, care_of_index = indices
        peer = update.peer
        home_use = self._use("home_test", update.home_address, peer, home_index)
        if update.deletes:
            return (home_use,)
        return self._use("care_of_test", update.care_of_address, peer, care_of_index), home_use

    def _use(self, kind: str, mobile: bytes, correspondent: bytes, index: int) -> Use:
        tests = self.received(kind, mobile, correspondent)
        return _make(Use, (kind, index, tests, _newest(tests, index)))


def _newest(tests: Sequence[Test], nonce_index: int) -> Test | None:
    """Nearly always the last one: the others needn't be looked at."""
    for test in reversed(tests):
        if test.nonce_index == nonce_index:
            return test
    return None


def _test(seen: Seen, message: View) -> Test:
    octets, start = message.octets, message.start
    if message.end - start < _END:
        return Test(seen.time_ns, seen.frame, message.get(_INDICES[message.type]), b"")
    at, token = start + _INDEX, start + _TOKEN
    index = octets[at] << 8 | octets[at + 1]
    return _make(Test, (seen.time_ns, seen.frame, index, octets[token : token + TOKEN_SIZE]))


def nonce_indices(message: View) -> tuple[int, int] | None:
    """The home and the care-of nonce index of an update; None without both."""
    form = message.form
    if form is not None:
        at = form.known.get(NonceIndices)
        if at is None:
            place = option(message, "nonce_indices") if message.value is not None else None
            at = form.known[NonceIndices] = place.start + 2 if place is not None else 0
        if at:
            octets = message.octets
            return octets[at] << 8 | octets[at + 1], octets[at + 2] << 8 | octets[at + 3]
    known = message.value
    if known is not None:
        for found in known.options:
            if found.__class__ is NonceIndices:
                return found.home_nonce_index, found.care_of_nonce_index
        return None
    shown = option(message, "nonce_indices")
    if shown is None or shown.get("care_of_nonce_index") is None:
        return None
    return shown.get("home_nonce_index"), shown.get("care_of_nonce_index")
