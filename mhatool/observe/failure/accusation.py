"""What Home Agent Unreachable messages (the paper, III-D) say of a home agent, and what else was known of that one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from msgspec import Struct

from mhatool.exchange import Latest
from mhatool.observe.failure.life import Life, LifeSign
from mhatool.observe.failure.probing import JITTER_NS, Probes, Run
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S

MOST: Final = 20_000
KNOWN_NS: Final = 10 * NS_PER_S
"""An agent whose Restart Counter was seen unchanged for so long has its bindings."""
RECENT_NS: Final = 60 * NS_PER_S
"""Who was started anew or took leave within this may be called unreachable for that."""


class Probed(Struct):
    """What was known between accuser and accused at the first message: probes in vain, and the last answer.

    `failed`: the longest run of late, `current` the one that still went on; None for none. `answers`: how many in a row
    were answered up to the last answer. `detection_ns`: how long it takes that accuser to find out. `excused`: the
    accused was started anew or took leave, or may have been. `has_gaps`: not all of the accuser's probes were seen.
    `is_due`: its next probe is due. `may_be_late`: the message may have waited for its next hop's address.
    """

    failed: Run | None
    current: Run | None
    answered: Moment | None
    answers: int
    detection_ns: int
    excused: bool
    has_gaps: bool
    is_due: bool
    may_be_late: bool
    answered_after: Moment | None = None


class Accusation(Struct):
    """One home agent tells a mobile node, perhaps several times, that another one is unreachable.

    `first` is the first message. `probed` is None where no probe of the accuser's was seen. `life_before` and
    `life_after`: the accused one's last sign of life before the first message, and its first one after that.
    """

    sender: bytes
    home_address: bytes
    accused: bytes
    identifier: int
    first: Moment
    probed: Probed | None = None
    life_before: LifeSign | None = None
    life_after: LifeSign | None = None


K = TypeVar("K")
T = TypeVar("T")

#: Sender, home address, accused, identifier.
_Key = tuple[bytes, bytes, bytes, int]


class Accusations:
    """The latest accusations, and what comes of them."""

    def __init__(self, life: Life, probes: Probes) -> None:
        self._life = life
        self._probes = probes
        self._by_key: Latest[_Key, Accusation] = Latest(MOST)
        self._open: Latest[bytes, list[Accusation]] = Latest(MOST)
        """By accused: those after which it gave no sign of life yet."""
        self._unanswered: Latest[tuple[bytes, bytes], list[Probed]] = Latest(MOST)
        """By accuser and accused: those after which no probe was answered yet."""
        self._lately: Latest[bytes, list[Accusation]] = Latest(MOST)
        """By accused: those of the last moment."""
        self._last: Latest[tuple[bytes, bytes, bytes], Moment] = Latest(MOST)

    def __iter__(self) -> Iterator[Accusation]:
        return iter(self._by_key.values())

    def last(self, sender: bytes, home_address: bytes, accused: bytes) -> Moment | None:
        """When this was last said by this sender, with whatever identifier."""
        return self._last.get((sender, home_address, accused))

    def note(self, moment: Moment, key: _Key) -> None:
        """A message; one address that it names."""
        sender, home_address, accused, _ = key
        self._last.note((sender, home_address, accused), moment)
        if key not in self._by_key:
            self._by_key.note(key, self._new(moment, key))

    def _new(self, moment: Moment, key: _Key) -> Accusation:
        sender, _, accused, _ = key
        new = Accusation(*key, moment, life_before=self._life.last(accused))
        probing = self._probes.get(sender, accused)
        if probing is not None:
            new.probed = Probed(
                probing.failed(moment.time_ns),
                probing.current(),
                probing.answered,
                probing.answers,
                probing.detection_ns,
                self._is_excused(accused, moment.time_ns),
                probing.has_gaps(moment.time_ns),
                probing.is_due(moment.time_ns),
                self._probes.may_hold(sender, moment.time_ns),
            )
            _put(self._unanswered, (sender, accused), new.probed)
        _put(self._open, accused, new)
        lately = self._lately.get(accused)
        if lately is not None and moment.time_ns - lately[-1].first.time_ns > JITTER_NS:
            lately.clear()
        _put(self._lately, accused, new)
        return new

    def _is_excused(self, accused: bytes, now_ns: int) -> bool:
        left, restarts = self._probes.left(accused), self._probes.restarts(accused)
        if left is not None and now_ns - left.time_ns <= RECENT_NS:
            return True
        if restarts is None:
            return False
        if restarts.changed is not None:
            return now_ns - restarts.changed.time_ns <= RECENT_NS
        return now_ns - restarts.since.time_ns < KNOWN_NS

    def explain(self, accused: bytes, moment: Moment) -> None:
        """A home agent was started anew or takes leave: who accused it just before knew that, by another clock."""
        for accusation in self._lately.pop(accused, ()):
            if accusation.probed is not None and moment.time_ns - accusation.first.time_ns <= JITTER_NS:
                accusation.probed.excused = True

    def lives(self, home_agent: bytes, sign: LifeSign) -> None:
        """A home agent gave a sign of life."""
        for accusation in self._open.pop(home_agent, ()):
            accusation.life_after = sign

    def answers(self, moment: Moment, prober: bytes, probed: bytes) -> None:
        """A home agent answered another one's probe."""
        for known in self._unanswered.pop((prober, probed), ()):
            known.answered_after = moment


def _put(waiting: Latest[K, list[T]], key: K, new: T) -> None:
    """Add one to a list that the next sign of life empties; of a crowd's the first ones will do."""
    known = waiting.get(key)
    if known is None:
        known = waiting.note(key, [])
    if len(known) < MOST:
        known.append(new)
