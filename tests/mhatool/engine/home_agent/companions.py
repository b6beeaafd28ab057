"""Other home agents of the link, as the agent under test meets them: they advertise themselves, and answer or not."""

from __future__ import annotations

from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest
from dissectors.ipv6.address import parse
from dissectors.mobility.agent_switch import Heartbeat
from dissectors.options.extensions import RestartCounter
from dissectors.options.header import Pad1, PadN
from dissectors.spec import Flags
from mhatool.engine.failure_events import PeerChanged
from mhatool.protocol.neighbourhood import home_agents_anycast
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    ALL_NODES,
    CARE_OF,
    PREFIX,
    SECOND,
    SECOND_LINK,
    THIRD,
    THIRD_LINK,
    advertisement_of,
    agent,
    registers,
)
from tests.mhatool.engine.playbook import Playbook, S, Sent

LINKS = {SECOND: SECOND_LINK, THIRD: THIRD_LINK}
LINK_LOCALS = {SECOND: parse("fe80::ff:fe00:2"), THIRD: parse("fe80::ff:fe00:3")}
Counters = dict[bytes, int]
"""The restart counters of agents that answer."""
ALIVE: Counters = {SECOND: 0, THIRD: 0}


def knows(play: Playbook, *addresses: bytes, lifetime_s: int = 1800) -> None:
    """The agent hears these advertise themselves; with lifetime 0, that they leave."""
    for address in addresses:
        message = advertisement_of(address, lifetime_s=lifetime_s)
        play.hears(message, LINK_LOCALS[address], ALL_NODES, link_source=LINKS[address], hop_limit=255)


def answers(play: Playbook, request: Sent, counter: int | None = 0) -> None:
    """The agent that was asked answers a Heartbeat, in the same instant."""
    says(play, request.arrival.destination, "R", request.message.sequence_number, counter, request.arrival.source)


def says(
    play: Playbook, source: bytes, flags: str, number: int = 7, counter: int | None = None, to: bytes = AGENT
) -> None:
    """A Heartbeat comes."""
    options = (RestartCounter(restart_counter=counter),) if counter is not None else ()
    play.hears(Heartbeat(flags=Flags(flags), sequence_number=number, options=options), source, to)


def requests(play: Playbook) -> list[Sent]:
    """The Heartbeats that ask, among what was sent and not asked for yet; they are taken out."""
    found = [sent for sent in play._sent if isinstance(sent.message, Heartbeat) and not sent.message.flags]
    play._sent = [sent for sent in play._sent if sent not in found]
    return found


def lives(play: Playbook, seconds: float, counters: Counters | None = None) -> list[Sent]:
    """Time goes on, and the agents with a counter answer at once; all Heartbeats that asked, answered or not."""
    until, counters = play.now + round(seconds * S), ALIVE if counters is None else counters
    asked: list[Sent] = []
    while True:
        new = requests(play)
        asked += new
        for request in new:
            if request.arrival.destination in counters:
                answers(play, request, counters[request.arrival.destination])
        at = play.node.next_timer()
        if at is None or at > until:
            break
        play.waits(max(at - play.now, 0) / S)
    play.waits((until - play.now) / S)
    return asked


def shares(
    agents: tuple[bytes, ...] = (AGENT, SECOND), counters: Counters | None = None, **changes: object
) -> Playbook:
    """An agent at which a mobile node of these agents is registered; the others have answered once, and nothing since.

    It is the instant of the registration's end, one second after the update.
    """
    play = agent(**changes)
    knows(play, *[address for address in agents if address != AGENT])
    registers(play, flags="AHM", agents=agents)
    lives(play, 0, counters)
    play.forgets()
    return play


def is_lost(play: Playbook, counters: Counters) -> int:
    """Time goes on until another agent is found to be unreachable, those with a counter not among them: when."""
    known = len(play.events)
    while not any(isinstance(event, PeerChanged) and event.state == "unreachable" for event in play.events[known:]):
        at = play.node.next_timer()
        assert at is not None  # who is asked has a timer
        lives(play, max(at - play.now, 0) / S, counters)
    return play.now


def offered(play: Playbook) -> set[bytes]:
    """Whom a mobile node hears of that asks for home agents."""
    request = DhaadRequest(identifier=5, flags=Flags())
    play.hears(request, CARE_OF, home_agents_anycast(PREFIX))
    return set(play.finds(DhaadReply).message.home_agents)


def restart_counter(sent: Sent) -> int | None:
    """What a Heartbeat tells."""
    found = [option for option in sent.message.options if not isinstance(option, Pad1 | PadN)]
    return found[0].restart_counter if found else None
