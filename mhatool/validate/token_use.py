"""Rules for how a mobile node uses cookies, keygen tokens and nonce indices over time (RFC 6275, 5.2 and 11.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from mhatool.exchange import Frame, Latest, Recent, Update
from mhatool.protocol.lifetime import MAX_TOKEN_LIFETIME_S, nanoseconds
from mhatool.protocol.lifetime import seconds as in_seconds
from mhatool.validate.asking import Askings
from mhatool.validate.binding_facts import option
from mhatool.validate.finding import Severity
from mhatool.validate.keygen_tests import Tests, Use
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import CORRESPONDENT
from mhatool.validate.surroundings import Surroundings

OLD_NS = nanoseconds(MAX_TOKEN_LIFETIME_S + 3)
"""So old a token surely is too old: clocks may differ, and messages are on their way."""
NO_TIME_TO_MOVE_NS = nanoseconds(2)
"""A mobile node can't fetch another home token on another link and come back within this."""
JITTER_NS = nanoseconds(0.1)
"""How much later than an update a test may be stamped that came before it."""
ASKED_LATELY_NS = nanoseconds(10)
MOST = 50_000
MOST_COOKIES = 16_000
KEPT_NS = nanoseconds(24 * 3600)
"""How long a cookie is remembered at least, as long as they aren't too many."""
_make = tuple.__new__  # a third of the time of Sent(...)

_COOKIE = 8
"""Where the cookie stands, counted from the start of the Mobility Header."""
_INDEX = {"home_test": 2, "care_of_test": 4}
"""Where the nonce index of a test stands, counted from the start of the Nonce Indices option."""


# --- cookies ---


class Sent(NamedTuple):
    """A cookie, by which message, from which mobile node's address."""

    frame: Frame
    kind: str
    mobile: bytes


class Cookies:
    """Which message first had a cookie, by correspondent and cookie; the rule itself keeps it."""

    def __init__(self) -> None:
        self.first: Recent[bytes, Sent] = Recent(MOST_COOKIES, KEPT_NS)

    def see(self, seen: Seen) -> None:
        """Nothing: the rule looks at every cookie."""


@rule(
    "MIP6-RR-005",
    "Each test is asked for with a cookie of its own",
    reference="RFC 6275, 5.2.5 and 11.6.1",
    role="MN",
    scope="timeline",
    needs="Two Home Test Inits or Care-of Test Inits of one mobile node to one correspondent",
    on=("home_test_init", "care_of_test_init"),
)
def fresh_cookies(case: Case) -> Iterable[Breach]:
    """Every Home Test Init and Care-of Test Init has a new random cookie.

    The cookie in the answer shows that it comes from a node on the path of the request, now. Whoever saw an earlier
    cookie could answer a later request with it, from anywhere. Found are a cookie of an earlier test that was
    answered, and one that serves both kinds of test (where packets have shown home address and care-of address to be
    one node's). The same cookie in a retransmission is MIP6-RTX-005's.
    """
    seen, known = case.seen, case.surroundings.known
    message = seen.message
    nodes, series, cookie = known(Askings).asked(seen)
    if not isinstance(cookie, bytes) or message.checksum_status == "bad":
        return ()
    mobile, used = nodes[:16], nodes[16:] + cookie
    cookies = known(Cookies).first
    first = cookies.get(used)
    if first is None:
        cookies.note(used, _make(Sent, (seen.frame, message.type, mobile)), seen.time_ns)
        return ()
    if first.kind == message.type:
        if first.mobile != mobile or series is None or series.goes_on(seen.time_ns):
            return ()
    elif not _one_node(case, first.mobile, mobile):
        return ()
    return (Breach("a new cookie", f"{cookie.hex()} again", message.start + _COOKIE, before=(first.frame,)),)


def _one_node(case: Case, one: bytes, other: bytes) -> bool:
    presence = case.conversations.presence
    return presence.away(one, other) is not None or presence.away(other, one) is not None


# --- tokens ---


class EarlyUpdates:
    """Updates that were sent while their Care-of Test was still asked for; the rule itself keeps them."""

    def __init__(self) -> None:
        self.found: Latest[Frame, EarlyUpdate] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Nothing: only the rule finds them."""


def _uses(case: Case) -> tuple[Use, ...]:
    """The nonce indices of an update to a correspondent, the care-of one first; a deletion uses only the home one."""
    update = case.update
    if update is None or "H" in update.flags or "M" in update.flags:
        return ()
    return case.surroundings.known(Tests).uses(case)


def _offset(case: Case, use: Use) -> int | None:
    """Where in the frame a nonce index stands."""
    indices = option(case.seen.message, "nonce_indices")
    return indices.start + _INDEX[use.kind] if indices is not None else None


def _is_early(surroundings: Surroundings, now_ns: int) -> bool:
    """Whether a token from before the capture may still be good."""
    return now_ns - surroundings.first_ns <= OLD_NS


@rule(
    "MIP6-RR-006",
    "The nonce indices are those of the tests",
    reference="RFC 6275, 5.2.5 and 11.7.2",
    role="MN",
    scope="timeline",
    needs="Home Test and Care-of Test, and the Binding Update to the same correspondent",
    on=("binding_update",),
    only=CORRESPONDENT,
)
def indices_of_the_tests(case: Case) -> Iterable[Breach]:
    """The Nonce Indices option returns the indices from the Home Test and the Care-of Test that the tokens came with.

    The correspondent keeps no state for a test: it makes the tokens anew from the nonces that these indices name, so
    with another index the authenticator can't fit and the update is dropped. A test that the capture doesn't show (on
    another link, before it began) may have had that index; so it is a breach where the newest test to that address is
    less than 2 s old and the capture has gone on for longer than tokens last, 213 s, else inconclusive. Where the
    capture cut one of the tests, nothing is said, nor of a home nonce index of 0: that may stand for a permanent token
    (RFC 4866).
    """
    for use in _uses(case):
        if use.kind == "home_test" and use.nonce_index == 0:
            continue
        if use.newest is not None or not use.tests or any(test.nonce_index is None for test in use.tests):
            continue
        newest = use.tests[-1]
        now_ns = case.seen.time_ns
        unsure = now_ns - newest.time_ns >= NO_TIME_TO_MOVE_NS or _is_early(case.surroundings, now_ns)
        name = "home" if use.kind == "home_test" else "care-of"
        expected = f"{name} nonce index {newest.nonce_index}"
        at = _offset(case, use)
        return (Breach(expected, str(use.nonce_index), at, before=(newest.frame,), inconclusive=unsure),)
    return ()


@rule(
    "MIP6-RR-008",
    "Keygen tokens aren't used when they are old",
    reference="RFC 6275, 5.2.7",
    severity=Severity.WARNING,
    role="MN",
    scope="timeline",
    needs="The tests whose nonce indices a Binding Update names",
    on=("binding_update",),
    only=CORRESPONDENT,
)
def young_tokens(case: Case) -> Iterable[Breach]:
    """A mobile node uses a keygen token for at most MAX_TOKEN_LIFETIME, 210 s, after it got it.

    The correspondent forgets its nonces after 240 s at the latest; an older token makes an update that is refused
    with status 136, 137 or 138, after which the whole procedure runs once more. The age is that of the newest test
    with that index; 3 s are let pass. A home token may have been fetched again on a link that the capture doesn't
    show: inconclusive.
    """
    for use in _uses(case):
        newest = use.newest
        if newest is None:
            continue
        age_ns = case.seen.time_ns - newest.time_ns
        if age_ns > OLD_NS:
            unsure = use.kind == "home_test"
            name = "home" if unsure else "care-of"
            expected = f"a {name} keygen token of at most {MAX_TOKEN_LIFETIME_S} s"
            at = _offset(case, use)
            return (Breach(expected, f"{in_seconds(age_ns):.3f} s", at, before=(newest.frame,), inconclusive=unsure),)
    return ()


# --- updates before their test ---


class EarlyUpdate(Struct, frozen=True):
    """An update to a correspondent that was sent while its Care-of Test was still asked for."""

    update: Update
    nonce_index: int
    offset: int | None


def _too_early(surroundings: Surroundings) -> Iterator[Late]:
    """Those whose test came only after them."""
    tests = surroundings.known(Tests)
    for early in surroundings.known(EarlyUpdates).found.values():
        update = early.update
        received = tests.received("care_of_test", update.care_of_address, update.peer)
        if not received or received[0].time_ns <= update.time_ns + JITTER_NS:
            continue
        if received[0].nonce_index not in (None, early.nonce_index):
            continue  # it rests on another test, which the capture doesn't show
        late, unsure = in_seconds(received[0].time_ns - update.time_ns), _is_early(surroundings, update.time_ns)
        breach = Breach("a Care-of Test before it", f"one {late:.3f} s after it", early.offset, inconclusive=unsure)
        yield Late(breach, update.time_ns, update.frame, update.home_address, update.home_address)


@rule(
    "MIP6-BU-014",
    "An update to a correspondent waits for its tests",
    reference="RFC 6275, 11.7.2",
    role="MN",
    scope="timeline",
    needs="The Care-of Test Init before the update, and the Care-of Test after it",
    on=("binding_update",),
    finish=_too_early,
    only=CORRESPONDENT,
)
def waits_for_its_tests(case: Case) -> Iterable[Breach]:
    """A Binding Update to a correspondent is sent only once both keygen tokens, home and care-of, have come.

    Without the tokens there is no key to authorize it with, so the correspondent drops it. Found where the Care-of
    Test that was asked for within the last 10 s comes only after the update, and no other came to this care-of
    address before. Inconclusive in a capture's first 213 s, where a token from before it may still be good. Where the
    update names another nonce index than that test, it rests on one out of sight. An earlier home token may still be
    good, and a deletion needs that one alone. Where a test isn't in the capture at all, nothing is said.
    """
    uses, update = _uses(case), case.update
    if not uses or uses[0].tests or update is None or uses[0].kind != "care_of_test":
        return ()
    asked_ns = case.surroundings.known(Askings).last_ns("care_of_test_init", update.care_of_address, update.peer)
    if case.seen.time_ns - asked_ns <= ASKED_LATELY_NS:
        early = EarlyUpdate(update, uses[0].nonce_index, _offset(case, uses[0]))
        case.surroundings.known(EarlyUpdates).found.note(case.seen.frame, early)
    return ()
