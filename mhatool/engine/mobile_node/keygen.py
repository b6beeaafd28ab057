"""Return routability with one correspondent: the secondary machine, cookies and tokens (RFC 6275, 5.2.5)."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from mhatool.engine.states import Row, Table
from mhatool.protocol.return_routability import binding_key


class TestState(Enum):
    """Which tests are out. KAME's names."""

    __test__ = False

    START = "START"
    WAITHC = "WAITHC"
    """Both."""
    WAITH = "WAITH"
    """The home test."""
    WAITC = "WAITC"
    """The care-of test."""


class TestInput(Enum):
    """What the secondary machine is fed with."""

    __test__ = False

    START_RR = "START_RR"
    START_HOME_RR = "START_HOME_RR"
    """For a deletion: the home test alone."""
    START_CARE_OF_RR = "START_CARE_OF_RR"
    """The home keygen token may still be used: the care-of test alone. KAME has no such event."""
    STOP_RR = "STOP_RR"
    HOT = "HOT"
    COT = "COT"
    RETRANS_TIMER = "RETRANS_TIMER"


_S, _I = TestState, TestInput
_BEGIN, _SENT, _CAME, _AGAIN = "RFC 6275, 11.6.1", "RFC 6275, 11.6.1", "RFC 6275, 11.6.2", "RFC 6275, 11.8"

KEYGEN_TEST: Table[TestState, TestInput] = Table(
    "keygen_test",
    TestState.START,
    [
        Row(_S.START, _I.START_RR, "ask_both", (_S.WAITHC,), _BEGIN),
        Row(_S.START, _I.START_HOME_RR, "ask_home", (_S.WAITH,), _BEGIN),
        Row(_S.START, _I.START_CARE_OF_RR, "ask_care_of", (_S.WAITC,), "RFC 6275, 5.2.7"),
        Row(_S.START, _I.STOP_RR, "", (_S.START,), _BEGIN),
        Row(_S.WAITHC, _I.HOT, "keep_home_token", (_S.WAITC,), _CAME),
        Row(_S.WAITHC, _I.COT, "keep_care_of_token", (_S.WAITH,), _CAME),
        Row(_S.WAITHC, _I.RETRANS_TIMER, "ask_both", (_S.WAITHC,), _AGAIN),
        Row(_S.WAITHC, _I.STOP_RR, "stop_asking", (_S.START,), _BEGIN),
        Row(_S.WAITH, _I.HOT, "finish_home", (_S.START,), _CAME),
        Row(_S.WAITH, _I.RETRANS_TIMER, "ask_home", (_S.WAITH,), _AGAIN),
        Row(_S.WAITH, _I.STOP_RR, "stop_asking", (_S.START,), _BEGIN),
        Row(_S.WAITC, _I.COT, "finish_care_of", (_S.START,), _CAME),
        Row(_S.WAITC, _I.RETRANS_TIMER, "ask_care_of", (_S.WAITC,), _AGAIN),
        Row(_S.WAITC, _I.STOP_RR, "stop_asking", (_S.START,), _BEGIN),
    ],
)


class Token(Struct):
    """A keygen token with the index of the nonce that made it, and when it came."""

    octets: bytes
    nonce_index: int
    came_ns: int


class KeygenTests(Struct, eq=False):
    """The tests with one correspondent. Cookies are those of the last requests; empty: none is out."""

    state: TestState = TestState.START
    home_cookie: bytes = b""
    care_of_cookie: bytes = b""
    home_token: Token | None = None
    care_of_token: Token | None = None
    retries: int = 0

    def begin(self, *, with_home_token: bool) -> None:
        """Begin anew, with the home token that is there or without any."""
        self.home_cookie = self.care_of_cookie = b""
        self.care_of_token = None
        self.retries = 0
        if not with_home_token:
            self.home_token = None

    def expire(self, *, home: bool, care_of: bool) -> None:
        """The correspondent says that the nonces of these tokens are gone."""
        self.home_token = None if home else self.home_token
        self.care_of_token = None if care_of else self.care_of_token

    def key(self) -> bytes:
        """Kbm from the tokens that are there: the home keygen token's alone where that is all."""
        home = self.home_token.octets if self.home_token is not None else b""
        care_of = self.care_of_token.octets if self.care_of_token is not None else b""
        return binding_key(home, care_of)

    @property
    def nonce_indices(self) -> tuple[int, int]:
        """Of the home and of the care-of nonce; 0 without one."""
        home = self.home_token.nonce_index if self.home_token is not None else 0
        care_of = self.care_of_token.nonce_index if self.care_of_token is not None else 0
        return home, care_of


__all__ = ["KEYGEN_TEST", "KeygenTests", "TestInput", "TestState", "Token"]
