"""How a rule is declared: what it says, where that stands, and the function that checks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mhatool.exchange import Acknowledgement, Conversation, Conversations, Exchange, Frame, Update
from mhatool.validate.finding import Severity
from mhatool.validate.seen import Seen

BOTH_PROFILES = ("rfc6275", "kame2003")

EVERY_MOBILITY_MESSAGE = "every mobility message"
"""For `on`: all messages of the Mobility Header, whatever their type."""


@dataclass(frozen=True, slots=True)
class Case:
    """What a check looks at: one message and what is known around it.

    For a Binding Update `exchange` is its own, without answer yet; for an acknowledgement it is the one that it answers
    (perhaps again), None where that isn't known.
    """

    seen: Seen
    conversations: Conversations
    conversation: Conversation | None = None
    exchange: Exchange | None = None
    update: Update | None = None
    acknowledgement: Acknowledgement | None = None


@dataclass(frozen=True, slots=True)
class Breach:
    """What a check saw instead of what its rule asks for. `offset`: in the frame; `before`: frames that it rests on."""

    expected: str
    seen: str
    offset: int | None = None
    before: tuple[Frame, ...] = ()
    inconclusive: bool = False


Check = Callable[[Case], Iterator[Breach]]
#: What can only be told when nothing more comes: the acknowledgement at fault, and why.
Finish = Callable[[Conversation], Iterator[tuple[Acknowledgement, Breach]]]


def nothing_left(conversation: Conversation) -> Iterator[tuple[Acknowledgement, Breach]]:
    """The `finish` of rules that need no end."""
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    `level` is the standard's word (MUST ...), `role` who has to keep it, `scope` how much has to be seen at once
    (packet, exchange, timeline), `needs` what a capture must hold for it in words, `on` the types of messages that it
    is run on; `finish` runs once for each conversation at the end.
    """

    id: str
    title: str
    reference: str
    level: str
    severity: Severity
    role: str
    scope: str
    needs: str
    explanation: str
    on: tuple[str, ...]
    check: Check
    finish: Finish = nothing_left
    profiles: tuple[str, ...] = BOTH_PROFILES


#: id -> rule, in the order of declaration.
RULES: dict[str, Rule] = {}


def rule(  # noqa: PLR0913  (each is a fact of the rule)
    id_: str,
    title: str,
    *,
    reference: str,
    role: str,
    scope: str,
    needs: str,
    on: tuple[str, ...],
    level: str = "MUST",
    severity: Severity = Severity.ERROR,
    finish: Finish = nothing_left,
    profiles: tuple[str, ...] = BOTH_PROFILES,
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
            explanation=" ".join((check.__doc__ or "").split()),
            on=on,
            check=check,
            finish=finish,
            profiles=profiles,
        )
        return check

    return declare
