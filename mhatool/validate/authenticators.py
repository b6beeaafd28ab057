"""The rule for authenticators in Binding Updates to correspondents, recomputed from captured keygen tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.options.binding import BindingAuthorizationData
from dissectors.view import View
from mhatool.exchange import Frame, Recent, Update
from mhatool.exchange.registration import SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.protocol.lifetime import MAX_TOKEN_LIFETIME_S, nanoseconds
from mhatool.protocol.return_routability import AUTHENTICATOR_SIZE, authenticator, binding_key
from mhatool.validate.keygen_tests import Test, Tests, Use
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import CORRESPONDENT

MOST_KEYS = 8_000
MAX_TOKEN_LIFETIME_NS = nanoseconds(MAX_TOKEN_LIFETIME_S)
KEPT = 4
"""Tokens of one nonce index that are tried: a correspondent that restarts begins its indices again."""


class Keys:
    """The keys that Binding Updates were made with, as far as they were found; the rule itself keeps them."""

    def __init__(self) -> None:
        self._keys: Recent[Frame, bytes] = Recent(MOST_KEYS)

    def see(self, seen: Seen) -> None:
        """Nothing: only the rule finds keys."""

    def remember(self, update: Update, key: bytes) -> None:
        """A Binding Update was made with this key."""
        self._keys.note(update.frame, key, update.time_ns)

    def of(self, update: Update) -> bytes | None:
        """The key that a Binding Update was made with, where it was found."""
        return self._keys.get(update.frame)


@rule(
    "MIP6-RR-007",
    "The authenticator is the one that the keygen tokens give",
    reference="RFC 6275, 5.2.6 and 6.2.7",
    role="MN/CN",
    scope="exchange",
    needs="A Binding Update with Nonce Indices and Authorization Data, and the Home Test and Care-of Test before it",
    on=("binding_update", "binding_acknowledgement"),
    profiles=("rfc6275",),
    only=CORRESPONDENT,
)
def right_authenticator(case: Case) -> Iterable[Breach]:
    """The authenticator is the first 96 bits of HMAC-SHA1 over care-of address, correspondent and Mobility Header.

    The key (Kbm) is the SHA-1 hash of home and care-of keygen token, for a deletion of the home keygen token alone;
    the Mobility Header counts without the authenticator itself, its checksum as zero; a deletion has the home address
    as care-of address. A correspondent drops an update that doesn't fit: only who received both tests can make one.
    It is checked where the capture shows the tokens of the update's nonce indices, not older than 210 s. The one in an
    acknowledgement is made with the key of the update, so it is checked where that one's was right; with status 135
    (Sequence number out of window), which doesn't repeat the number, by the keys of all updates lately.
    """
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if exchange is None or (acknowledgement is not None and not acknowledgement.is_authorized):
        return ()
    update = exchange.update
    if "H" in update.flags or not update.trusted:
        return ()
    if case.update is not None:
        return _in_update(case, update)
    if acknowledgement is None or not acknowledgement.trusted:
        return ()
    return _in_acknowledgement(case, update)


def _in_update(case: Case, update: Update) -> Iterable[Breach]:
    message = case.seen.message
    uses = case.surroundings.known(Tests).uses(case)
    at = _place(message) if uses else None
    if at is None:
        return ()
    header = message.bytes
    found: tuple[Breach, ...] = ()
    for tests in _usable_tests(uses, update.time_ns):
        key = binding_key(*[test.token for test in tests])
        expected = _authenticator(update, key, header, at)
        if header.startswith(expected, at):
            case.surroundings.known(Keys).remember(update, key)
            return ()
        if not found:  # by the newest tests
            found = (_wrong(expected, message, at, tuple(test.frame for test in tests)),)
    return found


def _in_acknowledgement(case: Case, update: Update) -> Iterable[Breach]:
    key = case.surroundings.known(Keys).of(update)
    if key is None:
        return ()
    message = case.seen.message
    at = _place(message)
    if at is None:
        return ()
    header = message.bytes
    expected = _authenticator(update, key, header, at)
    if header.startswith(expected, at) or _is_made_for_another(case, header, at):
        return ()
    return (_wrong(expected, message, at, (update.frame,)),)


def _is_made_for_another(case: Case, header: bytes, at: int) -> bool:
    """Whether an answer with status 135 is one to another update, as to a copy that came late, by that one's key."""
    acknowledgement, conversation = case.acknowledgement, case.conversation
    if acknowledgement is None or conversation is None or acknowledgement.status != SEQUENCE_NUMBER_OUT_OF_WINDOW:
        return False
    keys = case.surroundings.known(Keys)
    known = ((each.update, keys.of(each.update)) for each in conversation.recent)
    return any(key and header.startswith(_authenticator(update, key, header, at), at) for update, key in known)


def _place(message: View) -> int | None:
    """Where in the Mobility Header the authenticator stands, in Authorization Data that are there as a whole.

    None too for an update whose Nonce Indices don't stand as they should. It is the same in all messages of a form.
    """
    form = message.form
    at: int | None = form.known.get(_place) if form is not None else None
    if at is None:
        at = _found_place(message)
        if form is not None and at is not None:
            form.known[_place] = at
    return at


def _found_place(message: View) -> int | None:
    known = message.value
    if message.truncated or (known is None and message.type == "binding_update" and _is_misshapen(message)):
        return None
    if known is not None and known.options and known.options[-1].__class__ is BindingAuthorizationData:
        size = len(known.options[-1].authenticator)  # right at the end, as it should be
        at = message.end - size
    else:
        found = message.option("binding_authorization_data")
        if found is None:
            return None
        size, at = len(found.get("authenticator", b"")), found.start + 2
    return at - message.start if size == AUTHENTICATOR_SIZE else None


def _is_misshapen(message: View) -> bool:
    indices = message.option("nonce_indices")
    return indices is None or bool(indices.problems)


def _usable_tests(uses: tuple[Use, ...], now_ns: int) -> Iterator[tuple[Test, ...]]:
    """Home Test and Care-of Test whose tokens may be used now, the newest first; for a deletion the Home Test alone.

    Several where a correspondent gave one index anew. The first ones nearly always are right.
    """
    for home_test in _usable(uses[-1], now_ns):
        if len(uses) == 1:
            yield (home_test,)
            continue
        for care_of_test in _usable(uses[0], now_ns):
            yield home_test, care_of_test


def _usable(use: Use, now_ns: int) -> Iterator[Test]:
    left = KEPT
    for test in reversed(use.tests):
        if test.nonce_index == use.nonce_index:
            if test.token and now_ns - test.time_ns <= MAX_TOKEN_LIFETIME_NS:
                yield test
            left -= 1
            if not left:
                return


def _authenticator(update: Update, key: bytes, header: bytes, at: int) -> bytes:
    care_of_address = update.home_address if update.deletes else update.care_of_address
    return authenticator(key, care_of_address, update.peer, header, at=at)


def _wrong(expected: bytes, message: View, at: int, before: tuple[Frame, ...]) -> Breach:
    at += message.start
    carried = message.octets[at : at + AUTHENTICATOR_SIZE]
    return Breach(f"authenticator {expected.hex()}", carried.hex(), at, before=before)
