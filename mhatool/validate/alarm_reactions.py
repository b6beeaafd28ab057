"""Rules for what a mobile node does when it hears that a home agent is unreachable (the paper, III and Fig. 5)."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.ipv6 import address
from mhatool.exchange import Update
from mhatool.exchange.first_link import on_its_first_link
from mhatool.exchange.registration import ACCEPTED_BELOW, SEQUENCE_NUMBER_OUT_OF_WINDOW
from mhatool.observe.failure import AlarmSeen, Failures, Recovery
from mhatool.observe.failure.roster import listed_in
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.validate.failure_watch import failures_of
from mhatool.validate.finding import Severity
from mhatool.validate.once import Said
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.situation import SEVERAL

REACTION_NS = 3 * NS_PER_S
"""A mobile node has done something about an alarm by then."""
REPLACED_NS = 10 * NS_PER_S
"""By then it has asked the accused one in vain and found another one."""
PAUSE_NS = 12 * NS_PER_S
"""Who was asked so recently needn't be asked again: a mobile node checks an agent once in ten seconds."""
ENOUGH = 3
"""So many alarms aren't lost by chance."""
FLAPS, FLAPPING_NS = 3, 60 * NS_PER_S
SETTLED_NS = NS_PER_S
MOMENTARY = frozenset({SEQUENCE_NUMBER_OUT_OF_WINDOW, 144})
"""Statuses that are put right by the next update: its sequence number, its time stamp (RFC 4285, 5)."""


def _others(case: Case) -> Iterator[tuple[Update, bytes]]:
    """The home agents besides the receiver that a registration with several names."""
    update = case.update
    if update is None or not update.trusted or update.truncated or update.deletes or "M" not in update.flags:
        return
    for agent in listed_in(case.seen.message):
        if agent != update.peer:
            yield update, agent


@rule(
    "MHA-024",
    "A mobile node does something about an alarm",
    reference="paper, III and Fig. 5",
    role="MN",
    scope="timeline",
    needs="The mobile node's own link, three alarms on it, and a later Binding Update",
    on=("binding_update",),
    only=SEVERAL,
)
def does_something(case: Case) -> Iterator[Breach]:
    """Told that a home agent is unreachable, a mobile node looks for another, takes a spare one, or asks that agent.

    It begins within 3 s: by home agent discovery, a list without the agent, or a Binding Update to the agent itself. If
    that one keeps silent and discovery has offered another, the list goes without it within 10 s. A mobile node that
    goes on as before loses what the dead agent should tunnel. Judged by Binding Updates to others that still list the
    agent. Alarms may be lost, so it is a breach where three were seen on the mobile node's own link, else inconclusive;
    what it does elsewhere isn't seen there.
    """
    failures, said = failures_of(case), case.surroundings.known(Said)
    for update, accused in _others(case):
        recovery = failures.recovery(update.home_address, accused)
        if recovery is None or _is_alive(failures, recovery):
            continue
        told = _heard(case, update, recovery)
        wanted = _missed(case, update, recovery, told)
        if wanted is None or said.has("MHA-024", (update.home_address, told[0].moment)):
            continue
        said.note("MHA-024", (update.home_address, told[0].moment))
        sure = on_its_first_link(case.seen.datagram) and sum(alarm.forwarded for alarm in told) >= ENOUGH
        after_s = (update.time_ns - told[0].moment.time_ns) // NS_PER_S
        seen = f"{address.text(accused)} still listed {after_s} s after the alarm"
        yield Breach(wanted, seen, None, tuple(alarm.moment.frame for alarm in told[:ENOUGH]), not sure)


def _is_alive(failures: Failures, recovery: Recovery) -> bool:
    """Whether the accused one was seen alive since the alarm."""
    sign = failures.life.last(recovery.outage.home_agent)
    return sign is not None and sign.moment.time_ns > recovery.alarms[0].moment.time_ns


def _heard(case: Case, update: Update, recovery: Recovery) -> list[AlarmSeen]:
    """The alarms that a mobile node may believe: from listed agents, to where it still is."""
    listed = listed_in(case.seen.message)
    to = (update.care_of_address, update.source)
    return [alarm for alarm in recovery.alarms if alarm.sender in listed and alarm.destination in to]


def _missed(case: Case, update: Update, recovery: Recovery, told: list[AlarmSeen]) -> str | None:
    """What should have been done by now; None for nothing."""
    if not told:
        return None
    failures, now_ns = failures_of(case), update.time_ns
    roster, accused = failures.rosters.get(update.home_address), recovery.outage.home_agent
    asked = roster.told(accused) if roster is not None else None
    since_ns = told[0].moment.time_ns - PAUSE_NS
    searched_ns = case.conversations.presence.search(update.source) or 0
    if recovery.reaction is None:
        was_asked = asked is not None and asked.moment.time_ns >= since_ns
        is_due = now_ns - told[-1].moment.time_ns > REACTION_NS and not was_asked and searched_ns < since_ns
        return "home agent discovery, another list, or a Binding Update to the agent, within 3 s" if is_due else None
    listed = listed_in(case.seen.message)
    spares = [agent for agent in recovery.offered if agent not in listed]
    others = [agent for agent in listed if failures.recovery(update.home_address, agent) is None]
    is_due = now_ns - told[0].moment.time_ns > REPLACED_NS and recovery.round is None
    return "a list with another home agent in its place, within 10 s" if is_due and spares and others else None


@rule(
    "MHA-025",
    "A home agent that was given up isn't taken again before it is seen alive",
    reference="paper, III",
    level="MUST NOT",
    severity=Severity.WARNING,
    role="MN",
    scope="timeline",
    needs="The alarm, the mobile node's Binding Updates on its own link, and the named agent's signs of life",
    on=("binding_update",),
    only=SEVERAL,
)
def stays_given_up(case: Case) -> Iterator[Breach]:
    """A mobile node that gave up a home agent lists it again only when that one answers or is offered again.

    Signs of life are its own packets, its Router Advertisements, and a home agent discovery reply that names it, later
    than the alarm. On another link than the mobile node's these may be unseen: then it is inconclusive. An agent that
    is given up for the third time within a minute and taken again is told as well, inconclusive: it flaps.
    """
    failures = failures_of(case)
    for update, agent in _others(case):
        recovery = failures.recovery(update.home_address, agent)
        if recovery is None or recovery.round is None:
            continue
        roster = failures.rosters.get(update.home_address)
        if roster is None or roster.current is None or agent in roster.current.home_agents:
            continue
        told = roster.told(update.peer)
        if told is not None and told.home_agents == listed_in(case.seen.message):
            continue  # that one is asked whether it lives, with the list that it knows
        before = (recovery.alarms[0].moment.frame, recovery.round.moment.frame)
        name, drops = address.text(agent), failures.drops(update.home_address, agent)
        if not _is_seen_again(failures, recovery):
            unsure = roster.is_cut or not on_its_first_link(case.seen.datagram)
            yield Breach(f"a sign of life of {name} first", "it is listed again without one", None, before, unsure)
        elif sum(update.time_ns - drop.time_ns <= FLAPPING_NS for drop in drops) >= FLAPS:
            yield Breach("a steady list", f"{name} given up {FLAPS} times within a minute", None, before, True)


def _is_seen_again(failures: Failures, recovery: Recovery) -> bool:
    """Whether the agent was seen alive, or offered, since the alarm."""
    offered = failures.offered(recovery.outage.home_agent)
    since_ns = recovery.alarms[0].moment.time_ns
    return _is_alive(failures, recovery) or (offered is not None and offered.time_ns > since_ns)


@rule(
    "MHA-030",
    "A home agent that refused isn't listed any more",
    reference="paper, III-B",
    level="SHOULD",
    severity=Severity.NOTE,
    role="MN",
    scope="timeline",
    needs="The refusal, and a later Binding Update to another home agent",
    on=("binding_update",),
    only=SEVERAL,
)
def lists_who_accepted(case: Case) -> Iterator[Breach]:
    """Later lists leave out a home agent that refused the registration.

    The others watch whom the list names and tell the mobile node when it can't be reached, and its order decides who
    defends the home address: an agent without binding does no good there. Refusals that the next update puts right
    (sequence number, time stamp) don't count, nor does what is sent within a second. Said once for a mobile node and
    an agent.
    """
    said = case.surroundings.known(Said)
    for update, agent in _others(case):
        roster = failures_of(case).rosters.get(update.home_address)
        told = roster.told(agent) if roster is not None else None
        if (
            told is None
            or told.status is None
            or told.answered is None
            or said.has("MHA-030", (update.home_address, agent))
        ):
            continue
        is_refusal = told.status >= ACCEPTED_BELOW and told.status not in MOMENTARY
        if is_refusal and update.time_ns - told.answered.time_ns > SETTLED_NS:
            said.note("MHA-030", (update.home_address, agent))
            expected = f"a list without {address.text(agent)}, which refused with status {told.status}"
            yield Breach(expected, "one with it", None, (told.answered.frame,))
