"""Rules for who sends Home Agent Unreachable, about whom, and how often (the paper, III-D)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from dissectors.ipv6 import address
from mhatool.exchange import Frame, Latest, Update
from mhatool.observe.failure import NamedList, Roster
from mhatool.observe.failure.roster import listed_in
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds
from mhatool.validate.failure_watch import failures_of
from mhatool.validate.finding import Severity
from mhatool.validate.held import may_be_held
from mhatool.validate.overtaken import DISORDER_NS
from mhatool.validate.rule import Breach, Case, Finish, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import SEVERAL
from mhatool.validate.surroundings import Surroundings
from mhatool.validate.unbroken import Unbroken

SURELY_WITHIN_A_SECOND_NS = nanoseconds(0.85)
"""What looks this long may have been a second: each time stamp may be off by 50 ms, each timer by as much."""
SETTLED_NS = NS_PER_S
"""So long after an update was accepted nobody goes by the list before it."""
IDENTIFIER, ADDRESSES = 6, 8
"""Where fields stand, counted from the start of the message."""
MOST_NODES, MOST_DOUBTS = 10_000, 10_000
_LISTS = "The mobile node's Binding Updates with their lists, and the message"


# --- strangers ---


class _Doubt(Struct, frozen=True):
    """What a rule says of an address that no list names, in a message to a mobile node."""

    rule: str
    stranger: bytes
    late: Late


class Doubts:
    """Strangers, as senders of alarms and in them, as far as no list explains them; the rules themselves keep it."""

    def __init__(self) -> None:
        self.found: Latest[tuple[str, Frame, bytes], _Doubt] = Latest(MOST_DOUBTS)
        self._lately: Latest[bytes, list[_Doubt]] = Latest(MOST_NODES)
        """By home address: those of the last moment."""

    def see(self, seen: Seen) -> None:
        """Nothing: the rules look at every alarm, and at the lists after it."""

    def note(self, rule_id: str, seen: Seen, stranger: bytes, breach: Breach) -> None:
        """One more."""
        home_address = seen.datagram.true_destination
        late = Late(breach, seen.time_ns, seen.frame, seen.datagram.source, home_address)
        doubt = _Doubt(rule_id, stranger, late)
        self.found.note((rule_id, seen.frame, stranger), doubt)
        lately = [other for other in self._lately.get(home_address, ()) if _is_lately(other, seen.time_ns)]
        self._lately.note(home_address, [*lately, doubt])

    def explain(self, update: Update, named: tuple[bytes, ...]) -> None:
        """A list may have come before alarms that are stamped a little earlier: whom it names is no stranger."""
        for doubt in self._lately.get(update.home_address, ()):
            if doubt.stranger in named and _is_lately(doubt, update.time_ns):
                self.found.pop((doubt.rule, doubt.late.frame, doubt.stranger), None)


def _is_lately(doubt: _Doubt, now_ns: int) -> bool:
    return now_ns - doubt.late.time_ns <= DISORDER_NS


def _never_explained(rule_id: str) -> Finish:
    """What a rule has to say of strangers at the end."""

    def finish(surroundings: Surroundings) -> Iterator[Late]:
        shown = surroundings.known(Unbroken).shown
        for key, doubt in surroundings.known(Doubts).found.items():
            if doubt.rule == rule_id:
                unsure = doubt.late.breach.inconclusive or not shown(key)
                yield replace(doubt.late, breach=replace(doubt.late.breach, inconclusive=unsure))

    return finish


def _explain(case: Case) -> bool:
    """Whether it is a Binding Update; then its list clears those that it names, and its number may show that all is."""
    update = case.update
    if update is not None and update.trusted:
        named = (update.peer, *listed_in(case.seen.message))
        case.surroundings.known(Unbroken).update(update, named)
        if not update.deletes:
            case.surroundings.known(Doubts).explain(update, named)
    return case.seen.message.type == "binding_update"


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
    on=("home_agent_unreachable", "binding_update"),
    finish=_never_explained("MHA-018"),
    only=SEVERAL,
)
def sender_is_listed(case: Case) -> Iterable[Breach]:
    """Home Agent Unreachable comes from a home agent that the mobile node's list names, as some agent was told last.

    Anybody else knows nothing of its bindings, and a mobile node that believed strangers could be talked out of its
    home agents one by one. A list that is stamped up to 0.1 s after the message may have come before it, so strangers
    are told at the end. It is inconclusive unless the next update to each home agent of the list has the next number
    and doesn't name the sender: the capture may have lost a list that does. A former home agent may not have heard yet
    that it isn't one any more, so that is inconclusive unless it acknowledged the end of its own binding a second
    before or longer; and where its message may have waited since, as it looked for the next node's link-layer address
    (RFC 4861, 7.2.2).
    """
    if _explain(case):
        return ()
    roster, seen = _roster(case), case.seen
    if roster is None or roster.current is None:
        return ()
    sender = seen.datagram.source
    told = roster.told(sender)
    if any(sender in known.home_agents for known in roster.by_agent.values()):
        return ()
    knows = told is None or (_is_settled(told, seen) and not may_be_held(case, [(seen.time_ns, seen.frame)]))
    is_former = sender in roster.named and told is None
    before = (roster.current.moment.frame,)
    at = seen.datagram.ipv6.start + 8
    unsure = roster.is_cut or is_former or not knows or _accepted_nowhere(roster)
    breach = Breach(f"one of {_texts(roster.current.home_agents)}", address.text(sender), at, before, unsure)
    _doubt(case, "MHA-018", sender, breach, [roster.told(agent) for agent in roster.current.home_agents])
    return ()


def _doubt(case: Case, rule_id: str, stranger: bytes, breach: Breach, lists: list[NamedList | None]) -> None:
    """Keep until the end what a rule says of a stranger; it rests on these lists, where they were the last ones."""
    seen, known = case.seen, case.surroundings.known
    known(Doubts).note(rule_id, seen, stranger, breach)
    if not breach.inconclusive:
        known(Unbroken).watch(seen.datagram.true_destination, (rule_id, seen.frame, stranger), stranger, lists)


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
    on=("home_agent_unreachable", "binding_update"),
    finish=_never_explained("MHA-019"),
    only=SEVERAL,
)
def names_listed_agents(case: Case) -> Iterator[Breach]:
    """Each address in Home Agent Unreachable is another home agent of the same list: not the sender, no stranger.

    Who can send can be reached, and about a stranger the mobile node could do nothing. The list is that of the last
    Binding Update to the sender; where that wasn't seen to be accepted a second before or longer, or names nobody, as
    a deletion, a stranger is inconclusive, and so it is unless the next update to the sender has the next number and
    doesn't name it either: the capture may have lost another list. Strangers are told at the end: a list that is
    stamped up to 0.1 s after the message may have come before it. That the sender names itself is sure in any case.
    """
    seen = case.seen
    if _explain(case) or seen.message.checksum_status == "bad":
        return
    sender, roster = seen.datagram.source, _roster(case)
    for place, named in enumerate(seen.message.get("unreachable") or ()):
        at = seen.message.start + ADDRESSES + 16 * place
        if named == sender:
            yield Breach("another home agent than the sender", f"the sender {address.text(sender)}", at)
        elif roster is not None:
            breach = _stranger(roster, seen, named, at)
            if breach is not None:
                _doubt(case, "MHA-019", named, breach, [roster.told(sender)])


def _stranger(roster: Roster, seen: Seen, named: bytes, at: int) -> Breach | None:
    """What an address that isn't in the sender's list is; None for one that is."""
    told = roster.told(seen.datagram.source)
    known = told if told is not None and told.home_agents else roster.current
    if known is None or named in known.home_agents:
        return None
    unsure = roster.is_cut or told is None or known is not told or not _is_settled(told, seen)
    expected = f"home agents of the list {_texts(known.home_agents)}"
    return Breach(expected, address.text(named), at, (known.moment.frame,), unsure)


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
