"""How a rule is declared: what it says, where that stands, and the function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from msgspec import Struct

from mhatool.exchange import Acknowledgement, Conversation, Conversations, Exchange, Frame, Request, Update
from mhatool.validate.finding import Severity
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings

Level = Literal["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "-"]
Role = Literal["MN", "HA", "CN", "CN/HA", "MN/CN", "MN/HA", "router", "sender", "receiver", "any"]
Scope = Literal["packet", "exchange", "timeline"]
Era = Literal["rfc6275", "kame2003"]

BOTH_PROFILES: tuple[Era, ...] = ("rfc6275", "kame2003")


class Case:
    """What a check looks at: one message and what is known around it.

    For a Binding Update `exchange` is its own, without answer but one stamped too early; for an acknowledgement it is
    the one that it answers (perhaps again), None where that isn't known. `request` is what a reply of home agent or
    prefix discovery, a Home Test, a Care-of Test or a Heartbeat response answers, None where that wasn't seen.
    """

    __slots__ = ("acknowledgement", "conversation", "exchange", "request", "seen", "surroundings", "update")

    def __init__(
        self,
        seen: Seen,
        surroundings: Surroundings,
        conversation: Conversation | None = None,
        exchange: Exchange | None = None,
        update: Update | None = None,
        acknowledgement: Acknowledgement | None = None,
        request: Request | None = None,
    ) -> None:
        self.seen = seen
        self.surroundings = surroundings
        self.conversation = conversation
        self.exchange = exchange
        self.update = update
        self.acknowledgement = acknowledgement
        self.request = request

    @property
    def conversations(self) -> Conversations:
        """Who registered what with whom, so far."""
        return self.surroundings.conversations


class WatchedCase(Case):
    """A case that remembers in `looked_around` whether anything but the message was asked for.

    A verdict that rests on the message alone is the same for every message that is like it (`likeness.py`).
    """

    __slots__ = ("_case", "looked_around")

    def __init__(self, case: Case) -> None:
        self.seen = case.seen
        self.looked_around = False
        self._case = case

    def __getattribute__(self, name: str) -> Any:
        if name in ("seen", "looked_around", "_case"):
            return object.__getattribute__(self, name)
        case: Case = object.__getattribute__(self, "_case")
        found = getattr(case, name)
        if not _is_of_the_message(name, found):
            self.looked_around = True
        return found


def _is_of_the_message(name: str, found: Any) -> bool:
    """Whether an update's or acknowledgement's fields are all its own: its home address may be known from others."""
    if name == "update":
        return found is None or found.has_home_address_option
    if name == "acknowledgement":
        return found is None or found.routing_header == found.home_address
    return False


class Breach(Struct, frozen=True):
    """What a check saw instead of what its rule asks for. `offset`: in the frame; `before`: frames that it rests on."""

    expected: str
    seen: str
    offset: int | None = None
    before: tuple[Frame, ...] = ()
    inconclusive: bool = False


class Late(Struct, frozen=True):
    """A breach that shows only when nothing more comes: by which message of `node`, and when that was seen."""

    breach: Breach
    time_ns: int
    frame: Frame
    node: bytes
    home_address: bytes | None = None


Check = Callable[[Case], Iterable[Breach]]
Finish = Callable[[Surroundings], Iterable[Late]]


def nothing_left(surroundings: Surroundings) -> Iterable[Late]:
    """The `finish` of rules that need no end."""
    return ()


class Rule(Struct, frozen=True, kw_only=True):
    """One rule.

    `level` is the standard's word (MUST ...), `role` who has to keep it, `scope` how much has to be seen at once
    (packet, exchange, timeline), `needs` what a capture must hold for it in words, `on` the occasions (`occasion.py`)
    on which it is checked; `finish` runs once, at the end of the capture. `only`: bits (`situation.py`) without which
    the check surely finds nothing and remembers nothing.
    """

    id: str
    title: str
    reference: str
    level: Level
    severity: Severity
    role: Role
    scope: Scope
    needs: str
    explanation: str
    on: tuple[str, ...]
    check: Check
    finish: Finish = nothing_left
    profiles: tuple[Era, ...] = BOTH_PROFILES
    only: int = 0


#: id -> rule, in the order of declaration.
RULES: dict[str, Rule] = {}

WITHOUT_TEXTS: Final = "What this rule says was left out by python -OO (PYTHONOPTIMIZE=2); run without it to read it."
"""A rule's explanation where its docstring isn't kept."""


def rule(  # noqa: PLR0913  (each is a fact of the rule)
    id_: str,
    title: str,
    *,
    reference: str,
    role: Role,
    scope: Scope,
    needs: str,
    on: tuple[str, ...],
    level: Level = "MUST",
    severity: Severity = Severity.ERROR,
    finish: Finish = nothing_left,
    profiles: tuple[Era, ...] = BOTH_PROFILES,
    only: int = 0,
) -> Callable[[Check], Check]:
    """Declare the decorated function as the check of a rule; its docstring is the rule's explanation."""

    def declare(check: Check) -> Check:
        if id_ in RULES:
            raise ValueError(f"two rules {id_}")
        RULES[id_] = Rule(
            id=id_,
            title=title,
            reference=reference,
            level=level,
            severity=severity,
            role=role,
            scope=scope,
            needs=needs,
            explanation=" ".join((check.__doc__ or WITHOUT_TEXTS).split()),
            on=on,
            check=check,
            finish=finish,
            profiles=profiles,
            only=only,
        )
        return check

    return declare
