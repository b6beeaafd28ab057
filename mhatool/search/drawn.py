"""All that a seed draws: a network, and what happens to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from mhatool.network.scenario import Scenario
from mhatool.network.scenario.load import scenario_of
from mhatool.search.dice import Dice
from mhatool.search.misfortune import Misfortune, Planner
from mhatool.search.shape import Shape, correspondent_address, draw_shape, home_address
from mhatool.search.times import BINDING_S, LAST_FAULT_S, bound_s
from mhatool.search.topology import links, nodes

_START = datetime(2026, 1, 1, tzinfo=UTC)
_TALK_S = 1.0
"""Traffic begins then."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a seed draws. `numbers` are those of its misfortunes, from 0, that are kept: all of them at first."""

    seed: int
    shape: Shape
    misfortunes: tuple[Misfortune, ...]
    numbers: tuple[int, ...]

    @property
    def happening(self) -> tuple[Misfortune, ...]:
        """The misfortunes that are kept."""
        return tuple(self.misfortunes[number] for number in self.numbers)

    @property
    def forgetful(self) -> frozenset[str]:
        """The machines that are started anew, and lose their memory."""
        rows = [row for each in self.happening for table, row in each.rows if table == "failures"]
        return frozenset(row["node"] for row in rows if row["how"] in ("crash", "stop"))

    @property
    def is_spoilt(self) -> bool:
        """Whether links double packets, or hold them back."""
        troubles = [each.trouble for each in self.happening if each.trouble is not None]
        return any(trouble.duplication or trouble.reordering for trouble in troubles)

    @property
    def duration_s(self) -> float:
        """Until everything has to be well."""
        return LAST_FAULT_S + bound_s(self.shape)

    @property
    def command(self) -> str:
        """What replays it."""
        kept = "" if len(self.numbers) == len(self.misfortunes) else f" --keep {_joined(self.numbers)}"
        return f"mhatool simulate --search 1 --seed {self.seed}{kept}"

    def keeping(self, numbers: Collection[int]) -> Drawn:
        """The same with these misfortunes only. ValueError where there is none of a number."""
        unknown = [number for number in numbers if not 0 <= number < len(self.misfortunes)]
        if unknown:
            raise ValueError(f"there is no event {unknown[0]}: seed {self.seed} has {len(self.misfortunes)}, from 0")
        return replace(self, numbers=tuple(sorted(numbers)))

    def scenario(self) -> Scenario:
        """As a scenario, without what links lose: `Trouble` isn't in its tables."""
        data: dict[str, Any] = {
            "title": f"seed {self.seed}: {self.shape}",
            "start": _START,
            "duration_s": self.duration_s,
            "seed": self.seed,
            "constants": {"base": "rfc6275", "max_rr_binding_lifetime_s": BINDING_S},
            "links": links(self.shape),
            "nodes": nodes(self.shape),
            "flows": _flows(self.shape),
        }
        for misfortune in self.happening:
            for table, row in misfortune.rows:
                data.setdefault(table, []).append(dict(row))
        return scenario_of(data)


def draw(seed: int) -> Drawn:
    """What this seed draws."""
    dice = Dice(seed)
    shape = draw_shape(dice)
    misfortunes = tuple(Planner(dice, shape).draw())
    return Drawn(seed, shape, misfortunes, tuple(range(len(misfortunes))))


def _flows(shape: Shape) -> list[dict[str, Any]]:
    """Each mobile node talks with a correspondent, slowly."""
    if not shape.correspondents:
        return []
    flows = []
    for number, node in enumerate(shape.mobile_names, 1):
        index = (number - 1) % shape.correspondents
        correspondent = shape.correspondent_names[index]
        ends = home_address(number), correspondent_address(index + 1)
        common = {"rate": 1, "start": _TALK_S}
        flows += [
            {"name": f"{node}-{correspondent}", "sender": node, "receiver": correspondent, **_ends(*ends), **common},
            {
                "name": f"{correspondent}-{node}",
                "sender": correspondent,
                "receiver": node,
                **_ends(*ends[::-1]),
                **common,
            },
        ]
    return flows


def _ends(source: str, destination: str) -> dict[str, str]:
    return {"source": source, "destination": destination}


def _joined(numbers: Collection[int]) -> str:
    return ",".join(map(str, numbers)) or "none"


__all__ = ["Drawn", "draw"]
