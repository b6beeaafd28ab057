"""Return routability: home tests, care-of tests, and the Binding Updates that used them (RFC 6275, 5.2.5)."""

from __future__ import annotations

from collections import deque
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.exchange.conversation import JITTER_NS
from mhatool.observe.moment import Moment

MOST_ASKED: Final = 20_000
"""Of those that may still be answered."""
MOST_EARLY: Final = 1_000
"""Of those that were answered, and may still be asked."""


class RoutabilityKind(StrEnum):
    """Which address is tested."""

    HOME = "home_test"
    CARE_OF = "care_of_test"


class RoutabilityTest(Struct):
    """An Init message and the Test message with the same cookie.

    `address` is the mobile node's that is tested: the home address or a care-of address. `asked` or `answered` is None
    where that message wasn't seen, `nonce_index` without answer. `first_use` is the first Binding Update with its
    nonce index, `uses` counts them.
    """

    kind: RoutabilityKind
    address: bytes
    correspondent: bytes
    cookie: bytes
    asked: Moment | None
    answered: Moment | None = None
    nonce_index: int | None = None
    first_use: Moment | None = None
    uses: int = 0

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Where its messages were first seen."""
        return tuple(moment for moment in (self.asked, self.answered) if moment is not None)

    @property
    def latency_ns(self) -> int | None:
        """From Init to Test, 0 where that is stamped before it; None where one of them wasn't seen."""
        if self.asked is None or self.answered is None:
            return None
        return max(0, self.answered.time_ns - self.asked.time_ns)


class RoutabilityRun(Struct, frozen=True):
    """The tests behind a Binding Update that brought a new token into use.

    `care_of_test` is None for a deregistration, which needs none; either is None where it wasn't seen. A test that an
    earlier update had used already is reused: its token was fresh enough still.
    """

    home_address: bytes
    care_of_address: bytes
    correspondent: bytes
    home_test: RoutabilityTest | None
    care_of_test: RoutabilityTest | None
    home_test_is_reused: bool
    care_of_test_is_reused: bool
    update: Moment
    sequence_number: int

    @property
    def new_tests(self) -> tuple[RoutabilityTest, ...]:
        """Those that were made for this run."""
        pairs = ((self.home_test, self.home_test_is_reused), (self.care_of_test, self.care_of_test_is_reused))
        return tuple(test for test, is_reused in pairs if test is not None and not is_reused)

    @property
    def start_ns(self) -> int:
        """The first message of its new tests, nanoseconds since 1970."""
        return min(moment.time_ns for test in self.new_tests for moment in test.moments)


#: Kind, tested address, correspondent, cookie.
_Question = tuple[RoutabilityKind, bytes, bytes, bytes]
#: Kind, tested address, correspondent, nonce index.
_Token = tuple[RoutabilityKind, bytes, bytes, int]
#: What names kind, cookie and nonce index in each message.
_FIELDS: Final = {
    "home_test_init": (RoutabilityKind.HOME, "home_init_cookie", ""),
    "care_of_test_init": (RoutabilityKind.CARE_OF, "care_of_init_cookie", ""),
    "home_test": (RoutabilityKind.HOME, "home_init_cookie", "home_nonce_index"),
    "care_of_test": (RoutabilityKind.CARE_OF, "care_of_init_cookie", "care_of_nonce_index"),
}


class Routability:
    """The latest tests, and the runs that they made up."""

    def __init__(self, most: int) -> None:
        self._tests: deque[RoutabilityTest] = deque(maxlen=most)
        self._asked: Latest[_Question, RoutabilityTest] = Latest(min(most, MOST_ASKED))
        self._early: Latest[_Question, RoutabilityTest] = Latest(min(most, MOST_EARLY))
        self._by_token: Latest[_Token, RoutabilityTest] = Latest(most)
        self.runs: deque[RoutabilityRun] = deque(maxlen=most)
        """Every run, in order of the updates; at most the latest of many."""

    @property
    def tests(self) -> list[RoutabilityTest]:
        """Every test, in order of first appearance; at most the latest of many."""
        return list(self._tests)

    def init(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """A Home Test Init or Care-of Test Init; its answer may be stamped before it."""
        kind, cookie_field, _ = _FIELDS[message.type]
        cookie = _field(message, cookie_field)
        if cookie is None:
            return
        question = (kind, datagram.true_source, datagram.true_destination, cookie)
        test = self._early.pop(question, None)
        if test is not None and moment.time_ns - test.moments[0].time_ns <= JITTER_NS:
            test.asked = moment
        else:
            test = self._keep(RoutabilityTest(*question, moment))
        self._asked.note(question, test)

    def test(self, moment: Moment, datagram: Datagram, message: View) -> None:
        """A Home Test or Care-of Test: the answer to the Init message with its cookie, if that was seen."""
        kind, cookie_field, index_field = _FIELDS[message.type]
        index, cookie = _field(message, index_field), _field(message, cookie_field)
        if index is None or cookie is None:
            return
        address, correspondent = datagram.true_destination, datagram.true_source
        question = (kind, address, correspondent, cookie)
        test = self._asked.get(question)
        if test is None:
            test = self._early.note(question, self._keep(RoutabilityTest(*question, None)))
        if test.answered is None:
            test.answered, test.nonce_index = moment, index
            self._by_token.note((kind, address, correspondent, index), test)

    def update(
        self, moment: Moment, addresses: tuple[bytes, bytes, bytes], indices: tuple[int, int], sequence_number: int
    ) -> tuple[RoutabilityTest | None, RoutabilityTest | None]:
        """A Binding Update with nonce indices: the home test and the care-of test that it used, as far as seen.

        `addresses` are home address, care-of address and correspondent; `indices` home and care-of nonce index.
        """
        home_address, care_of_address, correspondent = addresses
        home = self._by_token.get((RoutabilityKind.HOME, home_address, correspondent, indices[0]))
        care_of = self._by_token.get((RoutabilityKind.CARE_OF, care_of_address, correspondent, indices[1]))
        reused = [test is not None and test.uses > 0 for test in (home, care_of)]
        if any(test is not None and not test.uses for test in (home, care_of)):
            self.runs.append(RoutabilityRun(*addresses, home, care_of, reused[0], reused[1], moment, sequence_number))
        for test in (home, care_of):
            if test is not None:
                test.first_use = test.first_use or moment
                test.uses += 1
        return home, care_of

    def _keep(self, test: RoutabilityTest) -> RoutabilityTest:
        self._tests.append(test)
        return test


def _field(message: View, name: str) -> Any:
    """A field, whether the message is well-formed or not; None where it isn't there."""
    value = message.value
    return getattr(value, name) if value is not None else message.get(name)
