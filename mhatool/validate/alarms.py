"""Rules for who sends Home Agent Unreachable, about whom, and how often (the paper, III-D)."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.ipv6 import address
from mhatool.observe.failure import NamedList, Roster
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds
from mhatool.validate.failure_watch import failures_of
from mhatool.validate.finding import Severity
from mhatool.validate.held import may_be_held
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen

SURELY_WITHIN_A_SECOND_NS = nanoseconds(0.85)
"""What looks this long may have been a second: each time stamp may be off by 50 ms, each timer by as much."""
SETTLED_NS = NS_PER_S
"""So long after an update was accepted nobody goes by the list before it."""
IDENTIFIER, ADDRESSES = 6, 8
"""Where fields stand, counted from the start of the message."""
_LISTS = "The mobile node's Binding Updates with their lists, and the message"


def _roster(case: Case) -> Roster | None:
    """The lists of the mobile node that is told; None where there is nothing to judge by."""
    if case.seen.message.checksum_status == "bad":
        return None
    return failures_of(case).rosters.get(case.seen.datagram.true_destination)


@rule(
    "MHA-018",
    "Only home agents of the mobile node's list tell it that others are unreachable",
    reference="paper, III-D",
    role="HA",
    scope="timeline",
    needs=_LISTS,
    on=("home_agent_unreachable",),
)
def sender_is_listed(case: Case) -> Iterator[Breach]:
    """Home Agent Unreachable comes from a home agent that the mobile node's list names, as some agent was told last.

    Anybody else knows nothing of its bindings, and a mobile node that believed strangers could be talked out of its
    home agents one by one. A former home agent may not have heard yet that it isn't one any more, so that is
    inconclusive unless it acknowledged the end of its own binding a second before or longer; and where its message may
    have waited since, as it looked for the next node's link-layer address (RFC 4861, 7.2.2).
    """
    roster, seen = _roster(case), case.seen
    if roster is None or roster.current is None:
        return
    sender = seen.datagram.source
    told = roster.told(sender)
    if any(sender in known.home_agents for known in roster.by_agent.values()):
        return
    knows = told is None or (_is_settled(told, seen) and not may_be_held(case, [(seen.time_ns, seen.frame)]))
    is_former = sender in roster.named and told is None
    before = (roster.current.moment.frame,)
    at = seen.datagram.ipv6.start + 8
    unsure = roster.is_cut or is_former or not knows or _accepted_nowhere(roster)
    yield Breach(f"one of {_texts(roster.current.home_agents)}", address.text(sender), at, before, unsure)


def _is_settled(told: NamedList, seen: Seen) -> bool:
    """Whether a home agent took this list long ago."""
    return told.accepted is not None and seen.time_ns - told.accepted.time_ns > SETTLED_NS


def _accepted_nowhere(roster: Roster) -> bool:
    """Whether no answer to any list was seen: the capture may show one direction only, and lists may be unseen."""
    return all(told.accepted is None for told in roster.by_agent.values())


@rule(
    "MHA-019",
    "Home Agent Unreachable names other home agents of the list",
    reference="paper, III-D",
    role="HA",
    scope="timeline",
    needs=_LISTS,
    on=("home_agent_unreachable",),
)
def names_listed_agents(case: Case) -> Iterator[Breach]:
    """Each address in Home Agent Unreachable is another home agent of the same list: not the sender, no stranger.

    Who can send can be reached, and about a stranger the mobile node could do nothing. The list is that of the last
    Binding Update to the sender; where that wasn't seen to be accepted a second before or longer, or names nobody, as
    a deletion, a stranger is inconclusive. That the sender names itself is sure in any case.
    """
    seen = case.seen
    if seen.message.checksum_status == "bad":
        return
    sender, roster = seen.datagram.source, _roster(case)
    for place, named in enumerate(seen.message.get("unreachable") or ()):
        at = seen.message.start + ADDRESSES + 16 * place
        if named == sender:
            yield Breach("another home agent than the sender", f"the sender {address.text(sender)}", at)
        elif roster is not None:
            yield from _stranger(roster, seen, named, at)


def _stranger(roster: Roster, seen: Seen, named: bytes, at: int) -> Iterator[Breach]:
    told = roster.told(seen.datagram.source)
    known = told if told is not None and told.home_agents else roster.current
    if known is None or named in known.home_agents:
        return
    unsure = roster.is_cut or told is None or known is not told or not _is_settled(told, seen)
    expected = f"home agents of the list {_texts(known.home_agents)}"
    yield Breach(expected, address.text(named), at, (known.moment.frame,), unsure)


def _texts(agents: tuple[bytes, ...]) -> str:
    return " ".join(map(address.text, agents))


@rule(
    "MHA-023",
    "Home Agent Unreachable comes once a second at most",
    reference="paper, III-D",
    level="SHOULD",
    severity=Severity.WARNING,
    role="HA",
    scope="timeline",
    needs="Two messages from one home agent to one mobile node about one home agent",
    on=("home_agent_unreachable",),
)
def is_paced(case: Case) -> Iterator[Breach]:
    """A home agent tells a mobile node at most once a second that a certain other one is unreachable.

    The message is repeated because it may be lost, at a second's distance: a mobile node that lost one home agent
    needs its link for finding another. Several home agents may say the same, each at its own pace, and one that finds
    out about another failure may name both at once. Two within 0.85 s are taken as too fast, since neither clocks nor
    timers are quite right.
    """
    seen = case.seen
    if seen.message.checksum_status == "bad":
        return
    said, sender, home_address = failures_of(case).accusations, seen.datagram.source, seen.datagram.true_destination
    named = dict.fromkeys(seen.message.get("unreachable") or ())
    earlier = [(agent, said.last(sender, home_address, agent)) for agent in named]
    recent = [(agent, last) for agent, last in earlier if last is not None and _is_recent(seen, last)]
    if recent and len(recent) == len(named):
        agent, last = recent[0]
        again = f"{address.text(agent)} again after {_milliseconds(seen.time_ns - last.time_ns)} ms"
        at = seen.message.start + IDENTIFIER
        yield Breach("a second between two of them", again, at, (last.frame,))


def _is_recent(seen: Seen, last: Moment) -> bool:
    return seen.time_ns - last.time_ns < SURELY_WITHIN_A_SECOND_NS


def _milliseconds(duration_ns: int) -> int:
    return duration_ns // 1_000_000
