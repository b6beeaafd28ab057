"""What happens to a drawn network: moves, failures, losses, forgeries. Each one can be left out by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mhatool.search.dice import Dice
from mhatool.search.forgeries import draw_forgery, draw_impossible_update
from mhatool.search.shape import CORE, HOME, ROUTERS, Shape
from mhatool.search.times import FIRST_FAULT_S, LAST_FAULT_S

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A link loses, doubles and holds back frames from one instant to another; shares are from 0 to 1."""

    link: str
    since_s: float
    until_s: float
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfortune:
    """Something that happens, its end included: `what` says it in words, `rows` are those of a scenario's tables."""

    at_s: float
    what: str
    rows: tuple[tuple[str, Row], ...] = ()
    trouble: Trouble | None = field(default=None)

    def __str__(self) -> str:
        return f"{self.at_s:6.3f} s  {self.what}"


class Planner:
    """Draws misfortunes; none of them begins at a machine or a link before the last one there is over."""

    def __init__(self, dice: Dice, shape: Shape) -> None:
        self._dice = dice
        self._shape = shape
        self._busy: dict[str, float] = {}

    def draw(self) -> Iterator[Misfortune]:
        """One after another, by the instants at which they begin."""
        dice = self._dice
        yield from self._departures()
        instants = sorted(dice.between(FIRST_FAULT_S, LAST_FAULT_S - 1) for _ in range(dice.count(2, 10)))
        for at_s in instants:
            drawn = dice.one_of(_KINDS)(self, at_s)
            if drawn is not None:
                yield drawn
        if dice.happens(0.3):
            at_s = dice.between(FIRST_FAULT_S, LAST_FAULT_S - 1)
            table, row, what = draw_impossible_update(dice, self._shape, at_s)
            yield Misfortune(at_s=at_s, what=what, rows=((table, row),))

    def _departures(self) -> Iterator[Misfortune]:
        """Most mobile nodes leave home before anything fails."""
        for name in self._shape.mobile_names:
            if self._dice.happens(0.8) or self._shape.squats:
                yield self._moves(
                    name, self._dice.between(1, FIRST_FAULT_S), self._dice.one_of(self._shape.foreign_links)
                )

    def _until(self, at_s: float) -> float:
        """When it is over: short ones are likelier."""
        dice = self._dice
        longest = LAST_FAULT_S - at_s
        return round(min(at_s + dice.one_of((0.3, 1, 3, 6, 12)) * dice.between(0.5, 1.5), at_s + longest), 3)

    def _hides_duplicates(self, name: str) -> bool:
        """Whether an agent may miss by it, without noticing, that somebody has an address which it checks.

        Nobody could know then: detection isn't completely reliable (RFC 4862, 5.4). An agent that notices waits.
        """
        return self._shape.squats and name == HOME

    def _takes(self, name: str, at_s: float, until_s: float) -> bool:
        """Whether a machine or link is free; it isn't until then."""
        if self._busy.get(name, 0.0) > at_s:
            return False
        self._busy[name] = until_s
        return True

    # --- moves ---

    def _moves(self, name: str, at_s: float, link: str, silent: bool = False) -> Misfortune:
        row = {"node": name, "at": at_s, "link": link, "silent": silent}
        how = ", which it isn't told" if silent else ""
        return Misfortune(at_s=at_s, what=f"{name} goes to {link}{how}", rows=(("moves", row),))

    def move(self, at_s: float) -> Misfortune:
        """A mobile node goes somewhere."""
        dice = self._dice
        links = (HOME, *self._shape.foreign_links, *self._shape.foreign_links)
        return self._moves(dice.one_of(self._shape.mobile_names), at_s, dice.one_of(links), dice.happens(0.2))

    # --- machines ---

    def fall(self, at_s: float) -> Misfortune | None:
        """A machine fails, and may come back."""
        dice = self._dice
        name = dice.one_of((*self._shape.agent_names, *self._shape.agent_names, *self._shape.mobile_names))
        how, back = dice.one_of((("crash", "restart"), ("crash", "restart"), ("hang", "resume"), ("stop", "restart")))
        returns = how == "hang" or dice.happens(0.7)
        until_s = self._until(at_s) if returns else LAST_FAULT_S + 1
        if not self._takes(name, at_s, until_s):
            return None
        rows = [("failures", {"at": at_s, "node": name, "how": how})]
        if returns:
            rows.append(("failures", {"at": until_s, "node": name, "how": back}))
        end = f", {back} at {until_s:g} s" if returns else " for good"
        return Misfortune(at_s=at_s, what=f"{name}: {how}{end}", rows=tuple(rows))

    def cut(self, at_s: float) -> Misfortune | None:
        """An interface of a home agent is down for a while."""
        dice = self._dice
        name = dice.one_of(self._shape.agent_names)
        interface = dice.one_of((HOME, CORE)) if self._shape.topology == ROUTERS else HOME
        until_s, silent = self._until(at_s), dice.happens(0.3)
        if not self._takes(name, at_s, until_s) or (silent and self._hides_duplicates(interface)):
            return None
        common = {"node": name, "interface": interface, "silent": silent}
        rows = ({"at": at_s, "how": "down", **common}, {"at": until_s, "how": "up", **common})
        how = ", which it isn't told" if silent else ""
        what = f"{name}: {interface} down until {until_s:g} s{how}"
        return Misfortune(at_s=at_s, what=what, rows=tuple(("failures", row) for row in rows))

    # --- links ---

    def break_link(self, at_s: float) -> Misfortune | None:
        """A link carries nothing for a while."""
        name, until_s = self._dice.one_of(self._shape.links), self._until(at_s)
        if not self._takes(name, at_s, until_s) or self._hides_duplicates(name):
            return None
        rows = ({"at": at_s, "link": name, "how": "down"}, {"at": until_s, "link": name, "how": "up"})
        what = f"{name} down until {until_s:g} s"
        return Misfortune(at_s=at_s, what=what, rows=tuple(("failures", row) for row in rows))

    def partition(self, at_s: float) -> Misfortune | None:
        """The home link falls into two parts for a while; who is in none hears both."""
        dice = self._dice
        until_s = self._until(at_s)
        others = () if self._shape.topology == ROUTERS else ("hr",)
        members = dice.some_of((*self._shape.agent_names, *others), len(self._shape.agent_names) + len(others))
        side = dice.count(1, max(1, len(members) - 1))
        groups = [list(members[:side]), list(members[side:])]
        if not groups[1] or not self._takes(HOME, at_s, until_s):
            return None
        rows = (
            {"at": at_s, "link": HOME, "how": "partition", "groups": groups},
            {"at": until_s, "link": HOME, "how": "heal"},
        )
        what = f"{HOME} falls into {' and '.join('+'.join(group) for group in groups)} until {until_s:g} s"
        return Misfortune(at_s=at_s, what=what, rows=tuple(("failures", row) for row in rows))

    def spoil(self, at_s: float) -> Misfortune | None:
        """A link loses, doubles and holds back frames for a while."""
        dice = self._dice
        name, until_s = dice.one_of(self._shape.links), self._until(at_s)
        if not self._takes(f"quality of {name}", at_s, until_s):
            return None
        shares = {kind: dice.one_of((0.0, 0.1, 0.3)) for kind in ("duplication", "reordering")}
        trouble = Trouble(link=name, since_s=at_s, until_s=until_s, loss=dice.one_of((0.05, 0.2, 0.5)), **shares)
        if self._hides_duplicates(name):
            return None
        what = (
            f"{name} loses {trouble.loss:.0%}, doubles {trouble.duplication:.0%}, holds back "
            f"{trouble.reordering:.0%} until {until_s:g} s"
        )
        return Misfortune(at_s=at_s, what=what, trouble=trouble)

    # --- attackers ---

    def forge(self, at_s: float) -> Misfortune:
        """Somebody makes up a message, or says again what he heard."""
        table, row, what = draw_forgery(self._dice, self._shape, at_s)
        return Misfortune(at_s=at_s, what=what, rows=((table, row),))


_KINDS = (
    *(Planner.move, Planner.move, Planner.move, Planner.fall, Planner.fall, Planner.fall, Planner.cut),
    *(Planner.break_link, Planner.partition, Planner.spoil, Planner.spoil, Planner.forge, Planner.forge),
)

__all__ = ["Misfortune", "Planner", "Trouble"]
