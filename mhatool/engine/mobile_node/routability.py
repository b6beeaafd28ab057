"""Return routability: Home Test and Care-of Test with correspondents (RFC 6275, 5.2.5, 11.6)."""

from __future__ import annotations

from collections.abc import Callable

from dissectors.mobility.return_routability import CareOfTestInit, HomeTestInit
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.keygen import KEYGEN_TEST, KeygenTests, TestInput, TestState, Token
from mhatool.engine.mobile_node.tunnel import ReverseTunnel
from mhatool.engine.mobile_node.update_list import Entry, UpdateList
from mhatool.engine.mobile_node_events import MachineFed, TestAnswered, TestDone, TestStarted
from mhatool.protocol.lifetime import nanoseconds

COOKIE_SIZE = 8


class Routability:
    """The secondary machines of all correspondents' entries.

    `done` is called with the entry whose tokens are there, `failed` with one whose tests nobody answers.
    """

    def __init__(
        self,
        context: Context,
        update_list: UpdateList,
        tunnel: ReverseTunnel,
        done: Callable[[Entry], None],
        failed: Callable[[Entry], None],
    ) -> None:
        self._context = context
        self._list = update_list
        self._tunnel = tunnel
        self._done = done
        self._failed = failed
        context.ring_for(Alarm.KEYGEN_TEST, self._interval_over)

    def tests_of(self, entry: Entry) -> KeygenTests:
        """The tests that belong to an entry."""
        if entry.tests is None:
            entry.tests = KeygenTests()
        return entry.tests

    def start(self, entry: Entry, *, home_only: bool = False) -> None:
        """Run the tests anew, with new cookies; for a deletion the home test alone.

        A home keygen token that is fresh serves on: after a move the care-of test alone is run (RFC 6275, 5.2.7).
        """
        self.stop(entry)
        keeps = self._context.behaviour.reuses_tokens and not home_only and self.home_token_is_fresh(entry)
        self.tests_of(entry).begin(with_home_token=keeps)
        self._context.tell(
            TestStarted,
            correspondent=entry.peer,
            home_address=entry.home_address,
            care_of_address=entry.care_of_address,
        )
        all_of_them = TestInput.START_CARE_OF_RR if keeps else TestInput.START_RR
        self._feed(entry, TestInput.START_HOME_RR if home_only else all_of_them)

    def asked_ns(self, entry: Entry) -> int:
        """When tests that are out were asked for last; 0 where none is."""
        due_ns = self._context.timers.deadline((Alarm.KEYGEN_TEST, entry.peer))
        return due_ns - nanoseconds(self._wait_s(self.tests_of(entry))) if due_ns is not None else 0

    def stop(self, entry: Entry) -> None:
        """No test is of interest any more."""
        self._feed(entry, TestInput.STOP_RR)

    def home_token_is_fresh(self, entry: Entry) -> bool:
        """Whether the home keygen token may still be used (RFC 6275, 5.2.7)."""
        return self._is_fresh(self.tests_of(entry).home_token)

    def tokens_are_fresh(self, entry: Entry) -> bool:
        """Whether both may."""
        return self.home_token_is_fresh(entry) and self._is_fresh(self.tests_of(entry).care_of_token)

    def _is_fresh(self, token: Token | None) -> bool:
        most = nanoseconds(self._context.constants.max_token_lifetime_s)
        return token is not None and self._context.now - token.came_ns < most

    # --- what comes ---

    def take_home_test(self, entry: Entry, token: Token) -> None:
        """A Home Test with the cookie that is out."""
        self._take(entry, TestInput.HOT, "home", token)

    def take_care_of_test(self, entry: Entry, token: Token) -> None:
        """A Care-of Test with the cookie that is out."""
        self._take(entry, TestInput.COT, "care_of", token)

    def _take(self, entry: Entry, given: TestInput, test: str, token: Token) -> None:
        context = self._context
        context.tell(
            TestAnswered,
            correspondent=entry.peer,
            home_address=entry.home_address,
            test=test,
            nonce_index=token.nonce_index,
        )
        self._feed(entry, given, token)
        if self.tests_of(entry).state is TestState.START:
            context.tell(TestDone, correspondent=entry.peer, home_address=entry.home_address)
            self._done(entry)

    def _interval_over(self, peer: bytes) -> None:
        entry = self._list.find(peer)
        if entry is None:
            return
        tests = self.tests_of(entry)
        if self._wait_s(tests) >= self._context.constants.max_binding_ack_timeout_s:
            self.stop(entry)
            self._failed(entry)
            return
        tests.retries += 1
        self._feed(entry, TestInput.RETRANS_TIMER)

    def _feed(self, entry: Entry, given: TestInput, *arguments: Token) -> None:
        tests = self.tests_of(entry)
        self._context.tell(
            MachineFed,
            peer=entry.peer,
            home_address=entry.home_address,
            machine="secondary",
            state=tests.state.value,
            input=given.value,
        )
        tests.state = KEYGEN_TEST.feed(tests.state, given, self, entry, *arguments)

    # --- handlers ---

    def ask_both(self, entry: Entry) -> None:
        """Home Test Init through the tunnel, Care-of Test Init directly."""
        self._ask_home(entry)
        self._ask_care_of(entry)
        self._wait(entry)

    def ask_home(self, entry: Entry) -> None:
        """Home Test Init alone."""
        self._ask_home(entry)
        self._wait(entry)

    def ask_care_of(self, entry: Entry) -> None:
        """Care-of Test Init alone."""
        self._ask_care_of(entry)
        self._wait(entry)

    def keep_home_token(self, entry: Entry, token: Token) -> None:
        """The home keygen token."""
        tests = self.tests_of(entry)
        tests.home_token, tests.home_cookie = token, b""

    def keep_care_of_token(self, entry: Entry, token: Token) -> None:
        """The care-of keygen token."""
        tests = self.tests_of(entry)
        tests.care_of_token, tests.care_of_cookie = token, b""

    def finish_home(self, entry: Entry, token: Token) -> None:
        """The home keygen token, and nothing else is out."""
        self.keep_home_token(entry, token)
        self._rest(entry)

    def finish_care_of(self, entry: Entry, token: Token) -> None:
        """The care-of keygen token, and nothing else is out."""
        self.keep_care_of_token(entry, token)
        self._rest(entry)

    def stop_asking(self, entry: Entry) -> None:
        """Nothing is out any more."""
        tests = self.tests_of(entry)
        tests.home_cookie = tests.care_of_cookie = b""
        self._rest(entry)

    def _rest(self, entry: Entry) -> None:
        self.tests_of(entry).retries = 0
        self._context.cancel(Alarm.KEYGEN_TEST, entry.peer)

    def _wait(self, entry: Entry) -> None:
        self._context.set_alarm(Alarm.KEYGEN_TEST, self._wait_s(self.tests_of(entry)), entry.peer)

    def _wait_s(self, tests: KeygenTests) -> float:
        """Doubled each time; MAX_BINDACK_TIMEOUT is the last one (RFC 6275, 11.8)."""
        constants = self._context.constants
        wait: float = constants.initial_binding_ack_timeout_s * 2**tests.retries
        return min(wait, constants.max_binding_ack_timeout_s)

    def _ask_home(self, entry: Entry) -> None:
        """From the home address: by the reverse tunnel, or from home (RFC 6275, 11.6.1); abroad never without it."""
        cookie = self.tests_of(entry).home_cookie = self._context.randomness.randbytes(COOKIE_SIZE)
        first = self._tunnel.first
        if first is None and self._context.care_of_address is not None:
            return
        self._context.send(
            HomeTestInit(home_init_cookie=cookie, options=()),
            entry.home_address,
            entry.peer,
            tunnel=(entry.care_of_address, first) if first is not None else None,
        )

    def _ask_care_of(self, entry: Entry) -> None:
        cookie = self.tests_of(entry).care_of_cookie = self._context.randomness.randbytes(COOKIE_SIZE)
        self._context.send(CareOfTestInit(care_of_init_cookie=cookie, options=()), entry.care_of_address, entry.peer)


__all__ = ["COOKIE_SIZE", "Routability"]
