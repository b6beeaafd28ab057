"""Let happen what a seed draws, and see what holds in the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from mhatool.capture.writer import ByteSink
from mhatool.network.link import Quality
from mhatool.network.network import Network
from mhatool.network.scenario.run import Run
from mhatool.protocol.collector import few_collections
from mhatool.protocol.lifetime import nanoseconds
from mhatool.search.drawn import Drawn
from mhatool.search.invariants import ALWAYS, broken
from mhatool.search.judged import Frames
from mhatool.search.misfortune import Trouble
from mhatool.search.sizes import overgrown
from mhatool.search.tables import Tables
from mhatool.search.times import FIRST_FAULT_S, LAST_FAULT_S, STEADY_S

CRASHED, GROWN, JUDGED = "no_exception", "bounded", "judged"
"""What has to hold beside the invariants over tables: nobody fails by an error, nothing grows, no rule is broken."""
_LOOK_EVERY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: which invariants were broken, with what was wrong; `well_after_s` is when all tables were well,
    counted from the last fault, None where they never were."""

    drawn: Drawn
    broken: tuple[tuple[str, str], ...]
    well_after_s: float | None
    frames: int

    @property
    def holds(self) -> bool:
        """Whether all of it is as it should be."""
        return not self.broken

    @property
    def names(self) -> tuple[str, ...]:
        """Of the invariants that were broken, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.broken))


def run(drawn: Drawn, capture: ByteSink | None = None, trace: ByteSink | None = None) -> Outcome:
    """Run it. It ends as soon as the tables have been well for a while, and in any case when they have to be."""
    whole = Run(drawn.scenario(), capture=capture, trace=trace)
    network = whole.build.network
    frames = Frames(network)
    for misfortune in drawn.happening:
        if misfortune.trouble is not None:
            _plan(misfortune.trouble, network, whole.build.start_ns)
    with few_collections(), whole.traced():
        try:
            wrong, well_after_s = _wait(drawn, network, whole.build.start_ns)
        except Exception as error:  # any of the engine's is what this is a search for
            wrong, well_after_s = [(CRASHED, f"{type(error).__name__}: {error}")], None
    wrong += [(GROWN, each) for each in overgrown(network, drawn.shape)]
    wrong += [(JUDGED, each) for each in frames.errors()]
    return Outcome(drawn, tuple(wrong), well_after_s, network.carried)


def _wait(drawn: Drawn, network: Network, start_ns: int) -> tuple[list[tuple[str, str]], float | None]:
    """Until the tables have been well for long enough: since when; or what was wrong at the end, or at any time."""
    well_since: float | None = None
    at_s, wrong = FIRST_FAULT_S, []
    while at_s <= drawn.duration_s:
        network.run(start_ns + nanoseconds(at_s))
        tables = Tables(network, drawn.forgetful, is_spoilt=drawn.is_spoilt)
        wrong = broken(tables, ALWAYS)
        if wrong:
            return wrong, None
        if at_s < LAST_FAULT_S:
            at_s += _LOOK_EVERY_S
            continue
        wrong = broken(tables)
        well_since = None if wrong else (at_s if well_since is None else well_since)
        if well_since is not None and at_s - well_since >= STEADY_S:
            break
        at_s += _LOOK_EVERY_S
    return wrong, well_since - LAST_FAULT_S if well_since is not None else None


def _plan(trouble: Trouble, network: Network, start_ns: int) -> None:
    link = network.links[trouble.link]
    good = link.quality

    def set_quality(quality: Quality) -> None:
        link.quality = quality

    bad = replace(good, loss=trouble.loss, duplication=trouble.duplication, reordering=trouble.reordering)
    bad = replace(bad, held_back_ns=_HELD_BACK_NS)
    network.agenda.at(start_ns + nanoseconds(trouble.since_s), set_quality, bad)
    network.agenda.at(start_ns + nanoseconds(trouble.until_s), set_quality, good)


_HELD_BACK_NS = 20_000_000

__all__ = ["CRASHED", "GROWN", "JUDGED", "Outcome", "run"]
