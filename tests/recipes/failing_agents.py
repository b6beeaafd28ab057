"""Examples for home agents that fail: who says so, about whom, what the mobile node does, who carries on."""

import struct

from tests.mhatool.scenes import AGENT, AGENT2, CARE1, HOME, PEER, ip, tunnel
from tests.recipes.example import Example, Packet, with_frame, without_frame
from tests.recipes.home_agent_lists import AGENT3, round_of
from tests.recipes.packets import (
    ALL_NODES,
    Option,
    alternate,
    ba,
    bu,
    carried,
    dhaad_reply,
    dhaad_request,
    echo_request,
    home_agent_information,
    icmp_packet,
    multiple_home_agents,
    prefix_information,
    router_advertisement,
    with_options,
)

SPARE = AGENT3
BOTH = (AGENT, AGENT2)
LINK_LOCAL, LINK_LOCAL2, ASKER = ip("fe80::1"), ip("fe80::2"), ip("fe80::99")
ROUTED = 62
"""The hop limit of what came over two routers: seen on the mobile node's own link."""


def restart_counter(number: int) -> Option:
    """RFC 5847's mobility option 28."""
    return 28, number.to_bytes(4), (4, 2)


def heartbeat(source: bytes, destination: bytes, number: int, *, flags: int = 0, counter: int | None = None) -> bytes:
    """A Heartbeat (RFC 5847, 3.2): a request unless R (1) or U (2) is set."""
    options = [restart_counter(counter)] if counter is not None else []
    return carried(13, with_options(struct.pack(">HI", flags, number), options), source, destination)


def asked(at: float, number: int, prober: bytes = AGENT2, probed: bytes = AGENT) -> Packet:
    return at, heartbeat(prober, probed, number)


def answered(at: float, number: int, counter: int = 4, prober: bytes = AGENT2, probed: bytes = AGENT) -> Packet:
    return at, heartbeat(probed, prober, number, flags=1, counter=counter)


def probe(at: float, number: int, counter: int = 4) -> tuple[Packet, Packet]:
    """A probe of the second agent's and its answer after 10 ms."""
    return asked(at, number), answered(at + 0.01, number, counter)


def alarm(
    *named: bytes, source: bytes = AGENT2, to: bytes = CARE1, home: bytes = HOME, identifier: int = 5, hops: int = 64
) -> bytes:
    """Home Agent Unreachable about the first agent unless others are named."""
    body = struct.pack(">HH", 0, identifier) + b"".join(named or (AGENT,))
    return icmp_packet(154, body, source, to, routed=home, hop_limit=hops)


def update(*agents: bytes, to: bytes, seq: int, life: int = 60) -> bytes:
    return bu(alternate(CARE1), multiple_home_agents(*agents), to=to, seq=seq, flags="AHM", life=life)


def inner(number: int) -> bytes:
    """A correspondent's echo request, each with its own number."""
    return echo_request(PEER, HOME, number)


def by(agent: bytes, number: int) -> bytes:
    """The same out of a home agent's tunnel."""
    return tunnel(agent, CARE1, inner(number))


def advertisement(source: bytes, *, solicited: bool, target: bytes = HOME, to: bytes = ASKER) -> bytes:
    """A Neighbor Advertisement with Override and a target link-layer address; an unsolicited one goes to all nodes."""
    flags = 0x40000000 * solicited + 0x20000000
    option = bytes((2, 1, 2, 0, 0, 0, 0, source[15]))
    destination = to if solicited else ALL_NODES
    return icmp_packet(136, struct.pack(">I", flags) + target + option, source, destination, hop_limit=255)


def router(agent: bytes, source: bytes) -> bytes:
    """A home agent's Router Advertisement with its global address."""
    return router_advertisement(home_agent_information(), prefix_information(agent), source=source)


ROUND = round_of(*BOTH)
ALARMED: tuple[Packet, ...] = (*ROUND, (10.0, alarm()))
STRANGER = ip("2001:db8:9::9")
#: The first agent is asked again, in vain; the second one as ever.
GOES_ON: tuple[Packet, ...] = (
    *ALARMED,
    (10.1, update(*BOTH, to=AGENT, seq=2)),
    (40.0, update(*BOTH, to=AGENT2, seq=2)),
    (40.1, ba(source=AGENT2, seq=2)),
)

#: Three probes in vain, then the alarm.
UNANSWERED: tuple[Packet, ...] = (
    *ROUND,
    *probe(2.0, 70),
    *probe(12.0, 71),
    asked(13.01, 72),
    asked(14.01, 73),
    asked(15.01, 74),
    (16.01, alarm()),
)
#: Heartbeats ten seconds apart, an alarm after the last one, which was answered; so is the next one.
OUT_OF_THE_BLUE: tuple[Packet, ...] = (
    *ROUND,
    *probe(2.0, 70),
    *probe(12.0, 71),
    *probe(22.0, 72),
    (31.0, alarm()),
    *probe(32.0, 73),
)
#: Three probes in vain; then the agent answers again.
BACK: tuple[Packet, ...] = (
    *ROUND,
    *probe(2.0, 70),
    *probe(3.0, 71),
    asked(4.0, 72),
    asked(5.0, 73),
    asked(6.0, 74),
    *probe(12.0, 75),
    *probe(13.0, 76),
    *probe(14.0, 77),
    *probe(15.0, 78),
)
BACK_AND_ACCUSED = (*BACK[:-2], (14.5, alarm()), *BACK[-2:])

#: On the mobile node's own link: the alarms came over routers, its updates didn't.
TOLD = tuple((at, alarm(hops=ROUTED)) for at in (20.0, 21.0, 22.0))
REFRESH: tuple[Packet, ...] = ((40.0, update(*BOTH, to=AGENT2, seq=2)), (40.1, ba(source=AGENT2, seq=2)))
SEARCHED: tuple[Packet, ...] = (
    *ROUND,
    (10.0, alarm(hops=ROUTED)),
    (10.01, dhaad_request()),
    (10.02, update(*BOTH, to=AGENT, seq=2)),
    (10.1, dhaad_reply(AGENT2, SPARE, source=AGENT2)),
    (10.2, update(SPARE, AGENT2, to=SPARE, seq=900)),
    (11.0, alarm(hops=ROUTED)),
    (11.3, ba(source=SPARE, seq=900)),
    (13.1, update(SPARE, AGENT2, to=AGENT2, seq=2)),
    (13.2, ba(source=AGENT2, seq=2)),
)
IGNORED = (*ROUND, *TOLD, *REFRESH)

GIVEN_UP: tuple[Packet, ...] = (
    *SEARCHED,
    (50.0, update(SPARE, AGENT2, to=AGENT2, seq=3)),
    (50.1, ba(source=AGENT2, seq=3)),
)
TAKEN_AGAIN: tuple[Packet, ...] = (
    *SEARCHED,
    (50.0, update(AGENT, SPARE, AGENT2, to=AGENT2, seq=3)),
    (50.1, ba(source=AGENT2, seq=3)),
)

CARRIED_ON: tuple[Packet, ...] = (
    *ROUND,
    (2.0, by(AGENT, 1)),
    (3.0, by(AGENT, 2)),
    (4.0, by(AGENT, 3)),
    (8.0, by(AGENT, 4)),
    (9.0, by(AGENT, 5)),
)
#: The first agent's last packet at 3 s; the alarm at 7 s; the second one's first packet at 8.25 s.
TAKEN_UP: tuple[Packet, ...] = (
    *ROUND,
    (2.0, by(AGENT, 1)),
    (3.0, by(AGENT, 2)),
    (7.0, alarm()),
    (7.1, dhaad_request()),
    (7.2, dhaad_reply(AGENT2, SPARE, source=AGENT2)),
    (8.25, by(AGENT2, 3)),
    (9.0, by(AGENT2, 4)),
)
DOUBLED = (*CARRIED_ON[:-1], (8.02, by(AGENT2, 4)), CARRIED_ON[-1])

ADVERTISED: tuple[Packet, ...] = (
    *ROUND,
    (2.0, router(AGENT, LINK_LOCAL)),
    (2.1, router(AGENT2, LINK_LOCAL2)),
    (3.0, advertisement(LINK_LOCAL, solicited=False)),
    (10.0, advertisement(LINK_LOCAL, solicited=True)),
)
HANDED_OVER: tuple[Packet, ...] = (
    *ADVERTISED,
    (20.0, advertisement(LINK_LOCAL2, solicited=False)),
    (20.5, advertisement(LINK_LOCAL2, solicited=True)),
    (30.0, advertisement(LINK_LOCAL2, solicited=True)),
)
BY_TURNS: tuple[Packet, ...] = (
    *ADVERTISED,
    (20.5, advertisement(LINK_LOCAL2, solicited=True)),
    (30.0, advertisement(LINK_LOCAL, solicited=True)),
)


def refused(*later: bytes) -> tuple[Packet, ...]:
    """The first agent refuses (130: insufficient resources), then a refresh at the second one with this list."""
    first = without_frame(ROUND, 3)
    return (
        *first[:2],
        (0.1, ba(seq=1, status=130, life=0)),
        *first[2:],
        (30.0, update(*later, to=AGENT2, seq=2)),
        (30.1, ba(source=AGENT2, seq=2)),
    )


EXAMPLES = [
    Example(
        rule="MHA-018",
        clean=GOES_ON,
        broken=with_frame(GOES_ON, 5, alarm(source=STRANGER)),
        keeps="The second home agent of the list says that the first one is unreachable.",
        breaks="Somebody says so whom the mobile node never named; its next updates have the next numbers.",
        at=(5,),
    ),
    Example(
        rule="MHA-019",
        clean=GOES_ON,
        broken=with_frame(GOES_ON, 5, alarm(STRANGER)),
        keeps="The message names the first home agent, which is in the list that its sender accepted.",
        breaks="It names somebody who isn't in the list; the next update to its sender has the next number.",
        at=(5,),
    ),
    Example(
        rule="MHA-020",
        clean=UNANSWERED,
        broken=OUT_OF_THE_BLUE,
        keeps="Three Heartbeats a second apart stay unanswered, and a second later the mobile node is told.",
        breaks="It is told though every Heartbeat was answered, the last one 9 s before and the next one too.",
        at=(11,),
        also={"MHA-021": "Who answers the last Heartbeat and the next one is alive: probes 10 s apart tell in 40 s."},
    ),
    Example(
        rule="MHA-021",
        clean=BACK,
        broken=BACK_AND_ACCUSED,
        keeps="Three Heartbeats stay unanswered, then the agent is back: nobody is told anything.",
        breaks="It has answered three times since then as the mobile node is told that it is unreachable.",
        at=(18,),
    ),
    Example(
        rule="MHA-023",
        clean=(*ALARMED, (11.0, alarm()), (12.0, alarm())),
        broken=(*ALARMED, (10.5, alarm()), (12.0, alarm())),
        keeps="The message is repeated twice, a second apart.",
        breaks="It is repeated after half a second.",
        at=(6,),
    ),
    Example(
        rule="MHA-024",
        clean=SEARCHED,
        broken=IGNORED,
        keeps="Told that an agent is unreachable, the mobile node asks that one and searches; it takes a spare one.",
        breaks="Told three times, it does nothing, and refreshes the same list 30 s later.",
        at=(8,),
    ),
    Example(
        rule="MHA-025",
        clean=GIVEN_UP,
        broken=TAKEN_AGAIN,
        keeps="The agent that was given up stays out of the list.",
        breaks="It is listed again 40 s later, though nothing was seen of it.",
        at=(14,),
    ),
    Example(
        rule="MHA-026",
        clean=CARRIED_ON,
        broken=TAKEN_UP,
        keeps="One home agent tunnels all of a correspondent's packets.",
        breaks="It falls silent; the mobile node is told 4 s later, and 1.25 s after that another one tunnels.",
        at=(10,),
    ),
    Example(
        rule="MHA-027",
        clean=((0.0, bu(alternate(CARE1))), (1.1, ba())),
        broken=ROUND,
        keeps="The mobile node registers with one home agent.",
        breaks="It registers with two.",
        at=(4,),
    ),
    Example(
        rule="MHA-028",
        clean=CARRIED_ON,
        broken=DOUBLED,
        keeps="Each packet comes out of one home agent's tunnel.",
        breaks="The second home agent tunnels a packet that the first one tunnelled 20 ms before.",
        at=(9,),
    ),
    Example(
        rule="MHA-029",
        clean=HANDED_OVER,
        broken=BY_TURNS,
        keeps="The second home agent takes over with an unsolicited Override advertisement, then answers.",
        breaks="The second one answers without it, and then the first one again.",
        at=(10,),
    ),
    Example(
        rule="MHA-030",
        clean=refused(AGENT2, SPARE),
        broken=refused(AGENT, AGENT2),
        keeps="The first home agent refuses with status 130; the next list has another one in its place.",
        breaks="The next list still names it.",
        at=(5,),
    ),
]
