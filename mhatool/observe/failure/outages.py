"""When home agents failed and came back, as their peers' probes, their own words and their silence tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from mhatool.exchange import Latest
from mhatool.observe.failure.life import Life, LifeKind, LifeSign
from mhatool.observe.failure.probing import FAILURES, Probes, Probing
from mhatool.observe.failure.recovery import Notice, Outage, OutageCause
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S

MOST: Final = 10_000
SAME_NS: Final = 60 * NS_PER_S
"""What is said of an agent within this is about the same failure."""
LEAVING_NS: Final = NS_PER_S
"""Who takes leave may still say something for so long."""
_HOLDS: Final = frozenset({LifeKind.ACKNOWLEDGEMENT, LifeKind.TUNNELLED_PACKET, LifeKind.NEIGHBOR_ADVERTISEMENT})
"""What only a home agent does that has bindings."""


class Outages:
    """The latest failures, in order."""

    def __init__(self, life: Life, probes: Probes) -> None:
        self._life = life
        self._probes = probes
        self._latest: Latest[bytes, Outage] = Latest(MOST)
        self._all: deque[Outage] = deque(maxlen=MOST)

    def __iter__(self) -> Iterator[Outage]:
        return iter(self._all)

    def of(self, home_agent: bytes) -> Outage | None:
        """The latest failure of an agent."""
        return self._latest.get(home_agent)

    def probed(self, probing: Probing, moment: Moment) -> None:
        """A probe left: with this one there may have been enough in vain before it."""
        run, known = probing.current(), self.of(probing.probed)
        if run is None or run.count <= FAILURES:
            return
        if known is None or (known.back is not None and known.back.moment.time_ns < run.first.time_ns):
            known = self._begin(probing.probed, OutageCause.UNANSWERED, moment)
        if known.back is None:
            known.notices.setdefault(probing.prober, Notice(probing.prober, run))

    def accused(self, home_agent: bytes, sender: bytes, moment: Moment) -> Outage:
        """A home agent said that this one is unreachable."""
        known = self.of(home_agent)
        probing = self._probes.get(sender, home_agent)
        run = probing.failed(moment.time_ns) if probing is not None else None
        if known is None or (known.back is not None and moment.time_ns - known.noticed_ns > SAME_NS):
            is_shown = run is not None and run.count >= FAILURES
            cause = OutageCause.UNANSWERED if is_shown else OutageCause.ACCUSED
            known = self._begin(home_agent, cause, moment)
        if run is not None:
            known.notices.setdefault(sender, Notice(sender, run))
        return known

    def restarted(self, home_agent: bytes, moment: Moment) -> None:
        """Its Restart Counter changed, or it said so, whatever that was before; saying it twice is once."""
        if self._without_bindings(home_agent) is None:
            self._begin(home_agent, OutageCause.RESTARTED, moment)

    def left(self, home_agent: bytes, moment: Moment) -> None:
        """It took leave; that it has no bindings any more it may have said before."""
        known = self._without_bindings(home_agent)
        if known is None:
            self._begin(home_agent, OutageCause.LEFT, moment)
        else:
            known.cause = OutageCause.LEFT

    def _without_bindings(self, home_agent: bytes) -> Outage | None:
        """Its latest failure, where that goes on and it said itself that it has no bindings."""
        known = self.of(home_agent)
        is_said = known is not None and known.cause in (OutageCause.RESTARTED, OutageCause.LEFT)
        return known if known is not None and is_said and known.back is None else None

    def lives(self, home_agent: bytes, sign: LifeSign) -> None:
        """A sign of life."""
        known = self._latest.get(home_agent)
        if known is None or known.back is not None:
            return
        if known.cause is OutageCause.RESTARTED and sign.kind not in _HOLDS:
            return
        if known.cause is OutageCause.LEFT and sign.moment.time_ns - known.noticed_ns < LEAVING_NS:
            return
        known.back = sign

    def _begin(self, home_agent: bytes, cause: OutageCause, moment: Moment) -> Outage:
        new = Outage(home_agent, cause, moment.time_ns, self._life.last(home_agent))
        self._all.append(new)
        return self._latest.note(home_agent, new)
