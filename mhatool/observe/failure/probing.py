"""Home agents ask each other whether they live: Heartbeats (RFC 5847), Neighbor Solicitations, echo requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dissectors.mobility.agent_switch import Heartbeat
from dissectors.options.extensions import RestartCounter
from dissectors.view import View
from mhatool.exchange import Latest
from mhatool.exchange.history import History
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

FAILURES: Final = 3
"""So many probes without an answer, and a home agent is unreachable; the default of PROTOCOL and of most agents."""
USUAL_INTERVAL_NS: Final = NS_PER_S
"""From a probe to the next one, where only one was seen."""
LEAST_GAP_NS: Final = nanoseconds(0.02)
"""Two probes nearer to each other are one that was captured twice, or of two kinds."""
JITTER_NS: Final = nanoseconds(0.2)
"""How much later than its answer a probe may be stamped."""
MOST_PAIRS: Final = 20_000
MOST_IN_VAIN: Final = 64
RECENT_NS: Final = nanoseconds(60)
"""A run of probes in vain explains alarms for so long: they take turns, and are repeated."""

#: What a probe and its answer both carry: the kind, and a number or an address.
Carried = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Run:
    """Probes in a row that nothing answered: how many, the first and the last one."""

    count: int
    first: Moment
    last: Moment


@dataclass(slots=True)
class Probing:
    """What one home agent asked another one.

    `answered`: the last answer; `in_vain`: the probes since then, the one that may still be answered among them; `run`:
    the last run of probes in vain that an answer ended. `interval_ns`: the shortest time from a probe to the next one.
    """

    prober: bytes
    probed: bytes
    asked: Moment | None = None
    answered: Moment | None = None
    in_vain: History[tuple[Carried, Moment]] = field(default_factory=lambda: History(MOST_IN_VAIN))
    run: Run | None = None
    interval_ns: int | None = None
    _early: tuple[Carried, Moment] | None = None
    """An answer whose probe wasn't seen yet: it may be stamped a little later."""

    def ask(self, moment: Moment, carried: Carried) -> None:
        """A probe left."""
        if self.asked is not None:
            gap_ns = moment.time_ns - self.asked.time_ns
            if gap_ns >= LEAST_GAP_NS:
                self.interval_ns = gap_ns if self.interval_ns is None else min(self.interval_ns, gap_ns)
        self.asked = moment
        early, self._early = self._early, None
        if early is not None and early[0] == carried and moment.time_ns - early[1].time_ns <= JITTER_NS:
            return
        self.in_vain.add((carried, moment))

    def answer(self, moment: Moment, carried: Carried) -> None:
        """An answer came; also where its probe wasn't seen."""
        places = (i for i in reversed(range(len(self.in_vain))) if self.in_vain[i][0] == carried)
        place = next(places, len(self.in_vain))
        if place == len(self.in_vain):
            self._early = (carried, moment)
        if place:
            self.run = _run(self.in_vain[:place])
        del self.in_vain[: place + 1]
        self.answered = moment

    def current(self) -> Run | None:
        """The probes since the last answer; None where the last one was answered."""
        return _run(self.in_vain) if self.in_vain else None

    def failed(self, now_ns: int) -> Run | None:
        """The longest run of probes in vain of late, the one that goes on or the one before."""
        runs = [run for run in (self.current(), self.run) if run is not None]
        recent = [run for run in runs if now_ns - run.last.time_ns <= RECENT_NS]
        return max(recent, key=lambda run: run.count, default=None)

    @property
    def detection_ns(self) -> int:
        """How long it takes at least to find out that the other one is dead."""
        return FAILURES * (self.interval_ns or USUAL_INTERVAL_NS)


def _run(in_vain: list[tuple[Carried, Moment]]) -> Run:
    return Run(len(in_vain), in_vain[0][1], in_vain[-1][1])


@dataclass(slots=True)
class Restarts:
    """An agent's Restart Counter: its value, since when it was seen with that, and when it was seen to change."""

    counter: int
    since: Moment
    changed: Moment | None = None


class Probes:
    """Who asks whom, and who was started anew or took leave."""

    def __init__(self) -> None:
        self._pairs: Latest[tuple[bytes, bytes], Probing] = Latest(MOST_PAIRS)
        self._restarts: Latest[bytes, Restarts] = Latest(MOST_PAIRS)
        self._left: Latest[bytes, Moment] = Latest(MOST_PAIRS)

    def get(self, prober: bytes, probed: bytes) -> Probing | None:
        """What one asked another; None where no probe of it was seen."""
        return self._pairs.get((prober, probed))

    def restarts(self, home_agent: bytes) -> Restarts | None:
        """What is known of an agent's Restart Counter."""
        return self._restarts.get(home_agent)

    def left(self, home_agent: bytes) -> Moment | None:
        """When it told its peers that it goes or has lost its bindings.

        That is an unsolicited Heartbeat (RFC 5847), or a Router Advertisement with lifetime 0.
        """
        return self._left.get(home_agent)

    def take_leave(self, home_agent: bytes, moment: Moment) -> None:
        """It says that it goes."""
        self._left.note(home_agent, moment)

    def ask(self, moment: Moment, prober: bytes, probed: bytes, carried: Carried) -> Probing:
        """A probe."""
        probing = self._pairs.get((prober, probed)) or Probing(prober, probed)
        probing.ask(moment, carried)
        return self._pairs.note((prober, probed), probing)

    def answer(self, moment: Moment, prober: bytes, probed: bytes, carried: Carried) -> None:
        """The answer to a probe; without any probe that was seen it says nothing about probing."""
        probing = self._pairs.get((prober, probed))
        if probing is not None:
            probing.answer(moment, carried)

    def heartbeat(self, moment: Moment, source: bytes, destination: bytes, message: View) -> bool:
        """A Heartbeat: a request, a response, or an unsolicited one. Whether its sender has lost its state since."""
        heartbeat = message.value
        if not isinstance(heartbeat, Heartbeat):
            return False
        changed = self._count(moment, source, heartbeat)
        carried = ("heartbeat", heartbeat.sequence_number)
        if "U" in heartbeat.flags:
            self.take_leave(source, moment)
        elif "R" in heartbeat.flags:
            self.answer(moment, destination, source, carried)
        else:
            self.ask(moment, source, destination, carried)
        return changed

    def _count(self, moment: Moment, source: bytes, heartbeat: Heartbeat) -> bool:
        counters = (o.restart_counter for o in heartbeat.options if isinstance(o, RestartCounter))
        counter = next(counters, None)
        known = self._restarts.get(source)
        if counter is None or (known is not None and known.counter == counter):
            return False
        self._restarts.note(source, Restarts(counter, moment, moment if known is not None else None))
        return known is not None
