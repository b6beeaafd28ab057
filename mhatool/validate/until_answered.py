"""Breaches that are certain only where a capture shows its peer's answers: until it does, they wait for its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from mhatool.exchange import Frame, Latest
from mhatool.validate.found import home_address_of, is_unsure
from mhatool.validate.rule import Breach, Case, Finish, Late
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings

MOST = 10_000
"""Of one rule's."""

#: Whether the capture shows answers so far.
Shows = Callable[[Surroundings], bool]


class Unheard:
    """Breaches by those whose peers were not heard yet, by rule and frame; the rules keep it."""

    def __init__(self) -> None:
        self.by_rule: defaultdict[str, Latest[Frame, tuple[Shows, Late]]] = defaultdict(lambda: Latest(MOST))

    def see(self, seen: Seen) -> None:
        """Nothing: what is needed stands in conversations and series."""


def once_answered(case: Case, rule_id: str, breach: Breach, shows: Shows) -> Iterable[Breach]:
    """The breach where answers were seen already, or where it isn't certain anyway; else none, until the end."""
    if breach.inconclusive or is_unsure(case) or shows(case.surroundings):
        return (breach,)
    seen = case.seen
    late = Late(breach, seen.time_ns, seen.frame, seen.sender, home_address_of(case))
    case.surroundings.known(Unheard).by_rule[rule_id].note(seen.frame, (shows, late))
    return ()


def at_the_end(rule_id: str) -> Finish:
    """The `finish` of a rule that has breaches wait; those whose peer was never heard are inconclusive."""

    def finish(surroundings: Surroundings) -> Iterator[Late]:
        for shows, late in surroundings.known(Unheard).by_rule[rule_id].values():
            unsure = not shows(surroundings)
            yield replace(late, breach=replace(late.breach, inconclusive=True)) if unsure else late

    return finish
