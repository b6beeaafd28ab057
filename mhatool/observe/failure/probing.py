"""Home agents ask each other whether they live: Heartbeats (RFC 5847), Neighbor Solicitations, echo requests."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

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
CROSSING_NS: Final = nanoseconds(0.2)
"""An answer may be on its way while an alarm leaves."""
HELD_NS: Final = nanoseconds(3)
"""What waits for a neighbour leaves by then or never: MAX_MULTICAST_SOLICIT x RETRANS_TIMER (RFC 4861, 10)."""
MOST_PAIRS: Final = 20_000
MOST_IN_VAIN: Final = 64
MOST_PAUSES: Final = 9
OVERDUE: Final = 1.5
"""Of the usual pause after an answer: a probe that isn't seen by then was sent where nobody saw it, or not at all."""
RECENT_NS: Final = nanoseconds(60)
"""A run of probes in vain explains alarms for so long: they take turns, and are repeated."""

HEARTBEAT: Final = "heartbeat"
REFUSED: Final = "refused"
"""The kind of probes of who was told that the other one knows no Heartbeats: whatever may be one is."""

#: What a probe and its answer both carry: the kind, and a number or an address.
Carried = tuple[str, object]


class Run(Struct, frozen=True):
    """Probes in a row that nothing answered: how many, the first and the last one."""

    count: int
    first: Moment
    last: Moment


class Probing(Struct):
    """What one home agent asked another one.

    `answered`: the last answer, `answers` how many probes in a row were answered up to it; `in_vain`: the probes since
    then, the one that may still be answered among them; `run`: the last run of probes in vain that an answer ended.
    `interval_ns`: the shortest time from a probe to the next one, `pauses` the last ones of those after an answered
    probe. `resumed`: the last probe that was overdue when it came. `kind` is that of its probes: who sends Heartbeats
    solicits to resolve an address, and a dead one's kernel answers.
    """

    prober: bytes
    probed: bytes
    asked: Moment | None = None
    answered: Moment | None = None
    answers: int = 0
    in_vain: History[tuple[Carried, Moment]] = field(default_factory=lambda: History(MOST_IN_VAIN))
    run: Run | None = None
    interval_ns: int | None = None
    pauses: History[int] = field(default_factory=lambda: History(MOST_PAUSES))
    resumed: Moment | None = None
    kind: str = ""
    _early: tuple[Carried, Moment] | None = None
    """An answer whose probe wasn't seen yet: it may be stamped a little later."""

    def takes(self, carried: Carried) -> bool:
        """Whether a message may be a probe, or the answer to one: beside Heartbeats nothing else is."""
        return self.kind != HEARTBEAT or carried[0] == HEARTBEAT

    def ask(self, moment: Moment, carried: Carried) -> None:
        """A probe left."""
        if self.asked is not None:
            gap_ns = moment.time_ns - self.asked.time_ns
            if gap_ns >= LEAST_GAP_NS:
                self.interval_ns = gap_ns if self.interval_ns is None else min(self.interval_ns, gap_ns)
                self._pause(gap_ns, moment)
        self.asked = moment
        early, self._early = self._early, None
        if early is not None and early[0] == carried and moment.time_ns - early[1].time_ns <= JITTER_NS:
            self.answers += 1
            return
        self.in_vain.add((carried, moment))

    def _pause(self, gap_ns: int, moment: Moment) -> None:
        if self.is_overdue(moment.time_ns):
            self.resumed = moment
        if not self.in_vain:
            self.pauses.add(gap_ns)

    def is_overdue(self, now_ns: int) -> bool:
        """Whether the next probe should have been seen by now, as far as the pauses before tell.

        What asks a neighbour that isn't resolved, or on an interface that is down, is on no link to be captured.
        """
        if self.asked is None or not self.pauses:
            return False
        return now_ns - self.asked.time_ns > OVERDUE * self._usual_ns()

    def is_due(self, now_ns: int) -> bool:
        """Whether the next probe should be on its way by now, seen or not: who gives up asks again in that instant."""
        if self.asked is None or not self.pauses:
            return False
        return now_ns - self.asked.time_ns >= self._usual_ns() - CROSSING_NS

    def _usual_ns(self) -> int:
        return sorted(self.pauses)[len(self.pauses) // 2]

    def has_gaps(self, now_ns: int) -> bool:
        """Whether probes may be missing of late: one is overdue, or was when it came, and nothing was answered since.

        An answer that comes just now may cross what is said meanwhile.
        """
        answered_ns = self.answered.time_ns if self.answered is not None else 0
        since_ns = self.resumed.time_ns if self.resumed is not None else 0
        was_overdue = since_ns > answered_ns or (since_ns > 0 and now_ns - answered_ns <= CROSSING_NS)
        return was_overdue or self.is_overdue(now_ns)

    def answer(self, moment: Moment, carried: Carried) -> None:
        """An answer came; also where its probe wasn't seen."""
        places = (i for i in reversed(range(len(self.in_vain))) if self.in_vain[i][0] == carried)
        place = next(places, len(self.in_vain))
        if place:
            self.run = _run(self.in_vain[:place])
            self.answers = 0
        if place == len(self.in_vain):
            self._early = (carried, moment)
        else:
            self.answers += 1
        del self.in_vain[: place + 1]
        self.answered = moment

    def refuse(self, moment: Moment) -> bool:
        """The other one knows no Heartbeats (RFC 6275, 9.2): an answer, too. Whether one was sent to it."""
        if self.kind not in {HEARTBEAT, REFUSED} or not self.in_vain:
            return False
        self.answer(moment, self.in_vain[-1][0])
        self.kind = REFUSED
        return True

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


class Restarts(Struct):
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
        self._resolving: Latest[bytes, Moment] = Latest(MOST_PAIRS)

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

    def resolve(self, home_agent: bytes, moment: Moment) -> None:
        """It looks for a neighbour's link-layer address."""
        self._resolving.note(home_agent, moment)

    def may_hold(self, home_agent: bytes, now_ns: int) -> bool:
        """Whether what leaves an agent now may have waited there for its next hop's link-layer address."""
        looked = self._resolving.get(home_agent)
        return looked is not None and now_ns - looked.time_ns <= HELD_NS

    def ask(self, moment: Moment, prober: bytes, probed: bytes, carried: Carried) -> Probing:
        """A probe."""
        probing = self._pairs.get((prober, probed))
        if probing is None or (carried[0] == HEARTBEAT and probing.kind not in {HEARTBEAT, REFUSED}):
            probing = Probing(prober, probed, kind=carried[0])
        if probing.takes(carried):
            probing.ask(moment, carried)
        return self._pairs.note((prober, probed), probing)

    def answer(self, moment: Moment, prober: bytes, probed: bytes, carried: Carried) -> bool:
        """The answer to a probe; without any probe that was seen it says nothing about probing. Whether it counts."""
        probing = self._pairs.get((prober, probed))
        if probing is None or not probing.takes(carried):
            return False
        probing.answer(moment, carried)
        return True

    def refuse(self, moment: Moment, prober: bytes, probed: bytes) -> bool:
        """Who is probed knows no Heartbeats. Whether it was asked by one."""
        probing = self._pairs.get((prober, probed))
        return probing is not None and probing.refuse(moment)

    def heartbeat(self, moment: Moment, source: bytes, destination: bytes, message: View) -> bool | None:
        """A Heartbeat: a request, a response, or an unsolicited one. Whether its sender has lost its state since.

        None where nothing was seen that its Restart Counter could be compared with, or it has none.
        """
        heartbeat = message.value
        if not isinstance(heartbeat, Heartbeat):
            return None
        changed = self._count(moment, source, heartbeat)
        carried = (HEARTBEAT, heartbeat.sequence_number)
        if "U" in heartbeat.flags:
            self.take_leave(source, moment)
        elif "R" in heartbeat.flags:
            self.answer(moment, destination, source, carried)
        else:
            self.ask(moment, source, destination, carried)
        return changed

    def _count(self, moment: Moment, source: bytes, heartbeat: Heartbeat) -> bool | None:
        counters = (o.restart_counter for o in heartbeat.options if isinstance(o, RestartCounter))
        counter = next(counters, None)
        known = self._restarts.get(source)
        if counter is None:
            return None
        if known is not None and known.counter == counter:
            return False
        self._restarts.note(source, Restarts(counter, moment, moment if known is not None else None))
        return True if known is not None else None
