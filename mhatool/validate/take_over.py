"""Rules and notes for who carries on when a home agent fails (the paper, III and IV)."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.ipv6 import address
from mhatool.observe.failure import Failures, Recovery, Switch, phases_of
from mhatool.observe.moment import Moment
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.validate.failure_watch import failures_of
from mhatool.validate.finding import Severity
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.surroundings import Surroundings


def _recovered(surroundings: Surroundings) -> Iterator[Late]:
    for recovery in failures_of(surroundings).recoveries:
        for switch in recovery.switches:
            expected = f"packets of {address.text(switch.correspondent)} by {address.text(switch.from_agent)}"
            after_ns = switch.first.time_ns - switch.last.time_ns
            seen = f"by {address.text(switch.to_agent)} after {_seconds(after_ns)}{_phases(recovery)}"
            breach = Breach(expected, seen, None, (switch.last.frame,))
            yield _told(switch, breach)


def _told(switch: Switch, breach: Breach) -> Late:
    return Late(breach, switch.first.time_ns, switch.first.frame, switch.to_agent, switch.home_address)


def _phases(recovery: Recovery) -> str:
    known = ((phase.name, phase.duration_ns) for phase in phases_of(recovery) if phase.name != "reroute")
    told = [f"{name} {_seconds(took_ns)}" for name, took_ns in known if took_ns is not None]
    return f" ({', '.join(told)})" if told else ""


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns // NS_PER_S}.{duration_ns % NS_PER_S // 1_000_000:03d} s"


@rule(
    "MHA-026",
    "Another home agent carries on",
    reference="paper, IV",
    level="-",
    severity=Severity.NOTE,
    role="HA",
    scope="timeline",
    needs="Packets in tunnels of both home agents, and a sign of the failure: an alarm, or probes in vain",
    on=(),
    finish=_recovered,
)
def is_recovered(case: Case) -> Iterator[Breach]:
    """How long a correspondent's packets weren't tunnelled: from the failed home agent's last one to another's first.

    No fault: this is what several home agents are for. Told for each correspondent, with what was seen of the phases:
    detect (last sign of life to alarm or take-over), notify (to the mobile node's reaction), discover (request to
    reply), register (the list without the agent to its acceptance).
    """
    return iter(())


def _doubled(surroundings: Surroundings) -> Iterator[Late]:
    for double in failures_of(surroundings).carriers.doubles:
        expected = f"one home agent to tunnel a packet, as {address.text(double.other)} did"
        seen, before = f"{address.text(double.agent)} tunnels it too", (double.other_moment.frame,)
        breach = Breach(expected, seen, None, before, inconclusive=double.may_be_two)
        yield Late(breach, double.moment.time_ns, double.moment.frame, double.agent, double.home_address)


@rule(
    "MHA-028",
    "One home agent tunnels a packet",
    reference="paper, III",
    level="MUST NOT",
    role="HA",
    scope="timeline",
    needs="The tunnels of both home agents, and the Binding Update that lists them",
    on=(),
    finish=_doubled,
)
def tunnels_once(case: Case) -> Iterator[Breach]:
    """Two home agents don't tunnel the same packet: the mobile node would get it twice.

    It means that both got the packet on the home link, so that two of them defend the home address, or that routers
    copy packets. The same are packets of equal addresses and payload within half a second; senders that repeat
    themselves octet by octet aren't judged. It is inconclusive where the same packet may be another one, sent again:
    more than 0.1 s after the first, or while somebody on the home link looks for the home address, since packets wait
    there then (RFC 4861, 7.2.2). Told once for a mobile node and two home agents.
    """
    return iter(())


@rule(
    "MHA-029",
    "One home agent at a time answers for a home address",
    reference="paper, III",
    level="SHOULD",
    severity=Severity.WARNING,
    role="HA",
    scope="timeline",
    needs="The home link: Neighbor Advertisements, and the Router Advertisements by which their senders are known",
    on=("neighbor_advertisement",),
)
def defends_alone(case: Case) -> Iterator[Breach]:
    """While a mobile node is away, one of its home agents answers solicitations for its home address.

    Who takes over says so, by an unsolicited Neighbor Advertisement with Override. Two that answer by turns without
    it, over more than a second, or the same question, send packets now here and now there. While their probes of each
    other go unanswered the home link is divided, and neither can know: then it is inconclusive.
    """
    message = case.seen.message
    target, failures = message.get("target"), failures_of(case)
    if target is None or message.checksum_status == "bad" or failures.rosters.get(target) is None:
        return
    sender = failures.neighbours.agent(case.seen.datagram.source)
    moment = Moment(case.seen.time_ns, case.seen.frame)
    flags, asker = message.get("flags") or frozenset(), case.seen.datagram.destination
    contest = failures.defences.contest(moment, target, sender, flags, asker)
    if contest is None or not (failures.rosters.is_agent(sender) and failures.rosters.is_agent(contest.other)):
        return
    before = (contest.before.frame, contest.between.frame)
    unsure = _are_cut_off(failures, sender, contest.other)
    expected = f"{address.text(contest.other)} alone, or an announcement"
    yield Breach(expected, f"{address.text(sender)} answers as well", message.start, before, unsure)


def _are_cut_off(failures: Failures, one: bytes, other: bytes) -> bool:
    """Whether a probe between two home agents waits for its answer."""
    probings = (failures.probes.get(one, other), failures.probes.get(other, one))
    return any(probing is not None and probing.current() is not None for probing in probings)
