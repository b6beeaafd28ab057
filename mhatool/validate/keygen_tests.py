"""Home Tests and Care-of Tests as they were seen, and which of them a Binding Update rests on (RFC 6275, 5.2.5)."""

from __future__ import annotations

from collections.abc import Sequence

from dissectors.options.binding import NonceIndices
from dissectors.view import View
from mhatool.exchange import Frame, Recent, Update
from mhatool.exchange.history import History
from mhatool.protocol.value import value
from mhatool.validate.binding_facts import option
from mhatool.validate.rule import Case
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import knowledge

MOST = 50_000
KEPT = 8
_INDEX, _TOKEN, _END = 6, 16, 24
"""Where index and token stand, and where the fixed fields end, counted from the start of the Mobility Header."""
_INDICES = {"home_test": "home_nonce_index", "care_of_test": "care_of_nonce_index"}


@value
class Test:
    """A test as it was sent: its nonce index and keygen token, None and empty where they are cut."""

    time_ns: int
    frame: Frame
    index: int | None
    token: bytes


@value
class Use:
    """One of the nonce indices of a Binding Update, with the latest tests to that address.

    `tests`: all of them, the newest last; `fitting`: those that had this index, the newest first.
    """

    kind: str
    index: int
    tests: Sequence[Test]
    fitting: list[Test]


@knowledge(*_INDICES)
class Tests:
    """The latest tests that each correspondent sent to each address."""

    def __init__(self) -> None:
        self._tests: Recent[tuple[str, bytes, bytes], History[Test]] = Recent(MOST)
        self._seen: Seen | None = None
        self._uses: tuple[Use, ...] = ()

    def see(self, seen: Seen) -> None:
        """Take in a Home Test or a Care-of Test."""
        message, datagram = seen.message, seen.datagram
        if message.checksum_status == "bad":
            return
        self._seen = None
        key = (message.type, datagram.true_destination, datagram.true_source)
        found = self._tests.renew(key, seen.time_ns)
        if found is None:
            found = self._tests.note(key, History(KEPT), seen.time_ns)
        found.add(_test(seen))

    def received(self, kind: str, mobile: bytes, correspondent: bytes) -> Sequence[Test]:
        """The latest ones, newest last."""
        return self._tests.get((kind, mobile, correspondent)) or ()

    def uses(self, case: Case) -> tuple[Use, ...]:
        """What an update to a correspondent rests on, the Care-of Test first; a deletion needs the Home Test alone.

        Looked up once, though several rules want to know. Nothing for home registrations, damaged updates, and those
        without Nonce Indices.
        """
        update = case.update
        if update is None or "H" in update.flags or not update.trusted:
            return ()
        if self._seen is not case.seen:
            self._seen, self._uses = case.seen, self._look_up(update, case.seen.message)
        return self._uses

    def _look_up(self, update: Update, message: View) -> tuple[Use, ...]:
        indices = _indices(message)
        if indices is None:
            return ()
        home_index, care_of_index = indices
        home, peer, care_of = update.home_address, update.peer, update.care_of_address
        home_use = self._use("home_test", home, peer, home_index)
        if update.deletes:
            return (home_use,)
        return self._use("care_of_test", care_of, peer, care_of_index), home_use

    def _use(self, kind: str, mobile: bytes, correspondent: bytes, index: int) -> Use:
        tests = self.received(kind, mobile, correspondent)
        return Use(kind, index, tests, [test for test in reversed(tests) if test.index == index])


def _test(seen: Seen) -> Test:
    message = seen.message
    octets, start = message.octets, message.start
    if message.end - start >= _END:
        index = int.from_bytes(octets[start + _INDEX : start + _INDEX + 2])
        return Test(seen.time_ns, seen.frame, index, octets[start + _TOKEN : start + _END])
    return Test(seen.time_ns, seen.frame, message.get(_INDICES[message.type]), b"")


def _indices(message: View) -> tuple[int, int] | None:
    """The home and the care-of nonce index of an update; None without both."""
    form = message.form
    if form is not None:
        at = form.known.get(NonceIndices)
        if at is None:
            place = option(message, "nonce_indices") if message.value is not None else None
            at = form.known[NonceIndices] = place.start + 2 if place is not None else 0
        if at:
            octets = message.octets
            return int.from_bytes(octets[at : at + 2]), int.from_bytes(octets[at + 2 : at + 4])
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
