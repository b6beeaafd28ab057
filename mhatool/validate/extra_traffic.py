"""A note on what several home agents cost (the paper, III-A and Fig. 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

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


class Traffic(Struct):
    """What mobile nodes with so many home agents said, Binding Updates and acknowledgements, in octets.

    `asked` counts the updates but for those that were sent again, the last of which left at `asked_ns`. `first_octets`
    are those of the first update of each pair of mobile node and home agent, and of what belongs to it: a second one
    has to come before there is a time that its octets were enough for.
    """

    first_ns: int
    last_ns: int
    frame: Frame
    node: bytes
    asked: int = 0
    asked_ns: int = 0
    octets: int = 0
    first_octets: int = 0

    def add(self, seen: Seen, node: bytes, *, is_first: bool) -> None:
        """A message."""
        self.last_ns, self.frame, self.node = seen.time_ns, seen.frame, node
        self.octets += seen.datagram.length
        self.first_octets += seen.datagram.length if is_first else 0

    def asks(self, now_ns: int) -> None:
        """An update that isn't an earlier one again."""
        self.asked += 1
        self.asked_ns = now_ns

    @property
    def an_hour(self) -> int | None:
        """Octets; None where the first and the last update are less than a minute apart."""
        lasted_ns = self.asked_ns - self.first_ns
        return (self.octets - self.first_octets) * AN_HOUR_NS // lasted_ns if lasted_ns >= A_MINUTE_NS else None


class _Last(NamedTuple):
    """How many agents the last update to one listed, since when it waits for an answer (None: it has one), and whether
    it is the first one with so many, or that one again."""

    listed: int
    waits_ns: int | None = None
    is_first: bool = True

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
            is_again = before.is_again(count, seen.time_ns)
            is_first = before.is_first if is_again else before.listed != count
            self._last.note(pair, _Last(count, seen.time_ns, is_first))
            if count > 1:
                traffic = self._traffic(seen, count, update.home_address, is_first=is_first)
                if not is_again:
                    traffic.asks(seen.time_ns)
            return
        answer = acknowledgement_of(seen.time_ns, seen.frame, seen.datagram)
        if answer is not None and answer.trusted:
            pair = answer.home_address, answer.peer
            last = self._last.get(pair, _NOTHING)
            if last.listed > 1:
                self._last.note(pair, last._replace(waits_ns=None))
                self._traffic(seen, last.listed, answer.home_address, is_first=last.is_first)

    def _traffic(self, seen: Seen, count: int, node: bytes, *, is_first: bool) -> Traffic:
        traffic = self.by_count.get(count)
        if traffic is None:
            traffic = self.by_count[count] = Traffic(seen.time_ns, seen.time_ns, seen.frame, node)
        traffic.add(seen, node, is_first=is_first)
        return traffic


def _totals(surroundings: Surroundings) -> Iterator[Late]:
    for count, traffic in sorted(surroundings.known(ExtraTraffic).by_count.items()):
        if traffic.asked < count:  # no round was seen whole
            continue
        a_round = traffic.octets * count // traffic.asked
        seen = f"{a_round} octets a round of {count} home agents"
        if traffic.an_hour is not None:
            seen += f", {traffic.an_hour} octets an hour"
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
    answer to the same agent is that one again. The hour is what the time from the first to the last update, a minute or
    more, would make of one, without the first round of each mobile node: of two rounds that come 336 s apart one takes
    place each 336 s. Told once for each number of home agents, over all mobile nodes.
    """
    return iter(())
