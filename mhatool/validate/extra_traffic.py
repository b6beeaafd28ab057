"""A note on what several home agents cost (the paper, III-A and Fig. 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from mhatool.exchange import Frame, Latest, acknowledgement_of, update_of
from mhatool.observe.failure.roster import listed_in
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.validate.finding import Severity
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import LONGEST_WAIT_NS, SEVERAL
from mhatool.validate.surroundings import Surroundings, knowledge

MOST: Final = 100_000
A_MINUTE_NS: Final = 60 * NS_PER_S
AN_HOUR_NS: Final = 60 * A_MINUTE_NS


@dataclass(slots=True)
class Traffic:
    """What mobile nodes with so many home agents said, Binding Updates and acknowledgements, in octets.

    `asked` counts the updates but for those that were sent again.
    """

    first_ns: int
    last_ns: int
    frame: Frame
    node: bytes
    asked: int = 0
    octets: int = 0

    def add(self, seen: Seen, node: bytes) -> None:
        """A message."""
        self.last_ns, self.frame, self.node = seen.time_ns, seen.frame, node
        self.octets += seen.datagram.length


class _Last(NamedTuple):
    """How many agents the last update to one listed, and since when it waits for an answer; None: it has one."""

    listed: int
    waits_ns: int | None = None

    def is_again(self, listed: int, now_ns: int) -> bool:
        """Whether another one now is this one again."""
        return listed == self.listed and self.waits_ns is not None and now_ns - self.waits_ns <= LONGEST_WAIT_NS


_NOTHING: Final = _Last(0)


@knowledge("binding_update", "binding_acknowledgement", only=SEVERAL)
class ExtraTraffic:
    """The traffic by number of home agents.

    Sums over all mobile nodes: who divides a capture by mobile nodes has to add up what each part gives.
    """

    def __init__(self) -> None:
        self.by_count: dict[int, Traffic] = {}
        self._last: Latest[tuple[bytes, bytes], _Last] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a Binding Update with a list, or the answer to one."""
        update = update_of(seen.time_ns, seen.frame, seen.datagram)
        if update is not None:
            count = len(listed_in(seen.message)) if update.trusted and "M" in update.flags else 0
            pair = update.home_address, update.peer
            before = self._last.get(pair, _NOTHING)
            self._last.note(pair, _Last(count, seen.time_ns))
            if count > 1:
                traffic = self._traffic(seen, count, update.home_address)
                traffic.asked += not before.is_again(count, seen.time_ns)
            return
        answer = acknowledgement_of(seen.time_ns, seen.frame, seen.datagram)
        if answer is not None and answer.trusted:
            pair = answer.home_address, answer.peer
            count = self._last.get(pair, _NOTHING).listed
            if count > 1:
                self._last.note(pair, _Last(count))
                self._traffic(seen, count, answer.home_address)

    def _traffic(self, seen: Seen, count: int, node: bytes) -> Traffic:
        traffic = self.by_count.get(count)
        if traffic is None:
            traffic = self.by_count[count] = Traffic(seen.time_ns, seen.time_ns, seen.frame, node)
        traffic.add(seen, node)
        return traffic


def _totals(surroundings: Surroundings) -> Iterator[Late]:
    for count, traffic in sorted(surroundings.known(ExtraTraffic).by_count.items()):
        if traffic.asked < count:  # no round was seen whole
            continue
        a_round = traffic.octets * count // traffic.asked
        seen = f"{a_round} octets a round of {count} home agents"
        lasted_ns = traffic.last_ns - traffic.first_ns
        if lasted_ns >= A_MINUTE_NS:
            seen += f", {traffic.octets * AN_HOUR_NS // lasted_ns} octets an hour"
        yield Late(
            Breach("updates to one home agent, and their answers", seen), traffic.last_ns, traffic.frame, traffic.node
        )


@rule(
    "MHA-027",
    "What several home agents cost",
    reference="paper, III-A",
    level="-",
    severity=Severity.NOTE,
    role="MN",
    scope="timeline",
    needs="Binding Updates with lists; for the whole cost their acknowledgements too",
    on=(),
    finish=_totals,
)
def costs_more(case: Case) -> Iterator[Breach]:
    """How many octets the registrations with several home agents take, in a round to all of them and in an hour.

    No fault: the paper's Fig. 6 asks for the extra traffic. Binding Updates and acknowledgements count from the IPv6
    header on, those sent again too, which make a round dearer: an update that comes up to 40 s after one without an
    answer to the same agent is that one again. The hour is what the time between the first and the last, a minute or
    more, would make of one. Told once for each number of home agents, over all mobile nodes.
    """
    return iter(())
