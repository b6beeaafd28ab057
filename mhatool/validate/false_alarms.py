"""Rules for what has to be known before a home agent is called unreachable (the paper, III-D)."""

from __future__ import annotations

from collections.abc import Iterator

from dissectors.ipv6 import address
from mhatool.observe.failure import Accusation, LifeSign, Probed
from mhatool.observe.failure.probing import CROSSING_NS, FAILURES
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.validate.failure_watch import failures_of
from mhatool.validate.once import Said
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.surroundings import Surroundings

SOON_NS = 3 * NS_PER_S
"""Who answers within this wasn't dead."""


def _late(accusation: Accusation, breach: Breach) -> Late:
    return Late(breach, accusation.first.time_ns, accusation.first.frame, accusation.sender, accusation.home_address)


def _once(surroundings: Surroundings, rule_id: str) -> Iterator[Accusation]:
    """The accusations; once a rule has said something of two home agents, no more of them."""
    said = surroundings.known(Said)
    for accusation in failures_of(surroundings).accusations:
        if not said.has(rule_id, (accusation.sender, accusation.accused)):
            yield accusation


def _without_probes(surroundings: Surroundings) -> Iterator[Late]:
    said = surroundings.known(Said)
    for accusation in _once(surroundings, "MHA-020"):
        probed = accusation.probed
        if probed is None or probed.excused:
            continue
        failed = probed.failed.count if probed.failed is not None else 0
        if failed >= FAILURES:
            continue
        said.note("MHA-020", (accusation.sender, accusation.accused))
        was_reached = failed == 0 and _answered_soon(accusation, probed)
        before = (probed.answered.frame,) if probed.answered is not None else ()
        expected = f"{FAILURES} probes of {address.text(accusation.accused)} without an answer"
        yield _late(accusation, Breach(expected, f"{failed}", None, before, inconclusive=not was_reached))


def _answered_soon(accusation: Accusation, probed: Probed) -> bool:
    """Whether the last probe before the alarm was answered, and one soon after it too: no route was lost.

    Not just before it: who gets no answers, because they are lost behind the place of capture, asks again in the
    instant in which it gives up.
    """
    after = probed.answered_after
    if probed.answered is None or after is None or _is_open(probed):
        return False
    if accusation.first.time_ns - probed.answered.time_ns <= CROSSING_NS:
        return False
    return after.time_ns - accusation.first.time_ns <= SOON_NS


@rule(
    "MHA-020",
    "A home agent is probed in vain before it is called unreachable",
    reference="paper, III-D",
    role="HA",
    scope="timeline",
    needs="The link that the probes cross: Heartbeats, Neighbor Solicitations or echo requests between the two",
    on=(),
    finish=_without_probes,
)
def is_probed_in_vain(case: Case) -> Iterator[Breach]:
    """Home Agent Unreachable is sent when three probes in a row stayed unanswered, or the route to the other is lost.

    Any one packet may be lost; an alarm for each would wear out mobile nodes. An agent that takes leave or has a new
    Restart Counter needn't be probed. Judged where probes of the sender's were seen. Routes are lost without a packet
    that shows it, and the number may be set otherwise: it is a breach if no probe failed within a minute, none was
    due, and the next one was answered too, else inconclusive. Said once for two agents.
    """
    return iter(())


def _though_alive(surroundings: Surroundings) -> Iterator[Late]:
    said = surroundings.known(Said)
    for accusation in _once(surroundings, "MHA-021"):
        before, after, probed = accusation.life_before, accusation.life_after, accusation.probed
        if before is None or after is None or (probed is not None and probed.excused):
            continue
        detection_ns = probed.detection_ns if probed is not None else FAILURES * NS_PER_S
        if not _is_alive(accusation, before, after, detection_ns):
            continue
        said.note("MHA-021", (accusation.sender, accusation.accused))
        frames = (before.moment.frame, after.moment.frame)
        seen = f"{_word(before)} before and {_word(after)} after it"
        heard = probed is not None and _is_heard(accusation, probed)
        expected = f"no sign of life of {address.text(accusation.accused)}"
        yield _late(accusation, Breach(expected, seen, None, frames, inconclusive=not heard))


def _is_alive(accusation: Accusation, before: LifeSign, after: LifeSign, detection_ns: int) -> bool:
    """Whether it gave signs of life within the detection interval, before the alarm and after it."""
    silent_ns = accusation.first.time_ns - before.moment.time_ns
    return silent_ns < detection_ns and after.moment.time_ns - accusation.first.time_ns < detection_ns


def _is_heard(accusation: Accusation, probed: Probed) -> bool:
    """Whether the sender itself had answers since the last probe in vain, and not just now.

    One may be lost behind the place of capture; that as many are as make an agent unreachable is no chance.
    """
    if probed.answered is None or probed.answers < FAILURES or probed.current is not None or _is_open(probed):
        return False
    silent_ns = accusation.first.time_ns - probed.answered.time_ns
    return CROSSING_NS < silent_ns < probed.detection_ns


def _is_open(probed: Probed) -> bool:
    """Whether the sender may have asked in vain, or said so earlier, where no link shows it.

    One whose interface is down sends nothing that anybody could capture, and one that looks for a neighbour's
    link-layer address holds its probes, or the alarm itself, until it is found. Who gets no answers, because they are
    lost behind the place of capture, gives up as its next probe is due, and the capture may lack that one.
    """
    return probed.has_gaps or probed.is_due or probed.may_be_late


def _word(sign: LifeSign) -> str:
    return str(sign.kind).replace("_", " ")


@rule(
    "MHA-021",
    "Who is alive isn't called unreachable",
    reference="paper, III-D",
    level="MUST NOT",
    role="HA",
    scope="timeline",
    needs="The alarm, signs of life of the home agent that it names, and the probes between the two",
    on=(),
    finish=_though_alive,
)
def is_not_alive(case: Case) -> Iterator[Breach]:
    """Home Agent Unreachable doesn't name an agent that is alive within the detection interval, three probes' time.

    Signs of life are acknowledgements, tunnelled packets, Heartbeats and advertisements, before the alarm and after it.
    Alive elsewhere is not alive for the sender: while its probes stay unanswered the two are cut off from each other,
    and the alarm is honest though wrong. So it is a breach where the sender's last three probes were answered and no
    other one is due, else inconclusive: after probes in vain the first answers may be lost too, and an alarm waits
    for the sender's turn. Who has lost its bindings or takes leave may be named. Said once for two agents.
    """
    return iter(())
