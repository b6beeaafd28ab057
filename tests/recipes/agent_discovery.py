"""Examples for home agent discovery and mobile prefix discovery."""

from tests.mhatool.scenes import AGENT, AGENT2, CARE1, HOME, PEER
from tests.recipes.example import Example, Packet, with_frame, without_frame
from tests.recipes.packets import (
    ANYCAST,
    dhaad_reply,
    dhaad_request,
    echo_request,
    icmp_packet,
    prefix_advertisement,
    prefix_information,
    prefix_solicitation,
    router_advertisement,
)
from tests.recipes.protected import registration

DISCOVERY: tuple[Packet, ...] = ((0.0, dhaad_request()), (0.1, dhaad_reply()))
#: After a registration, which shows that the home link reaches the mobile node; seen there. Something else ends it.
REGISTERED: tuple[Packet, ...] = (
    *registration(),
    (4.0, router_advertisement(prefix_information())),
    (5.0, dhaad_request()),
    (5.1, dhaad_reply()),
    (6.0, router_advertisement(prefix_information())),
    (9.0, echo_request(CARE1, PEER)),
)
PREFIXES: tuple[Packet, ...] = (*registration(), (5.0, prefix_solicitation()), (5.1, prefix_advertisement()))


def agents(count: int) -> list[bytes]:
    """So many addresses of the home link, from ::1 on."""
    return [AGENT[:8] + number.to_bytes(8) for number in range(1, count + 1)]


MANY: tuple[Packet, ...] = ((0.0, dhaad_request()), (0.1, dhaad_reply(*agents(77))))

EXAMPLES = [
    Example(
        rule="MIP6-DHAAD-001",
        clean=DISCOVERY,
        broken=with_frame(DISCOVERY, 1, dhaad_request(to=AGENT)),
        keeps="The request goes to the home agents' anycast address of the home prefix.",
        breaks="The request goes to one home agent's own address.",
        at=(1,),
    ),
    Example(
        rule="MIP6-DHAAD-002",
        clean=DISCOVERY,
        broken=with_frame(DISCOVERY, 2, dhaad_reply(source=ANYCAST)),
        keeps="The reply comes from the home agent's own address.",
        breaks="The reply comes from the anycast address that the request went to.",
        at=(2,),
    ),
    Example(
        rule="MIP6-DHAAD-003",
        clean=DISCOVERY,
        broken=with_frame(DISCOVERY, 2, dhaad_reply(AGENT, AGENT)),
        keeps="The reply lists both home agents.",
        breaks="The reply lists the first home agent twice.",
        at=(2,),
    ),
    Example(
        rule="MIP6-DHAAD-005",
        clean=MANY,
        broken=with_frame(MANY, 2, dhaad_reply(*agents(78))),
        keeps="The reply lists 77 home agents, so its packet has 1280 octets.",
        breaks="The reply lists 78 home agents, so its packet has 1296 octets.",
        at=(2,),
    ),
    Example(
        rule="MIP6-DHAAD-008",
        clean=REGISTERED,
        broken=without_frame(REGISTERED, 5),
        keeps="The request is replied to.",
        breaks="The request came to the home link, where an agent answered an update before, and the reply is missing.",
        at=(4,),
    ),
    Example(
        rule="MIP6-MPD-001",
        clean=PREFIXES,
        broken=with_frame(PREFIXES, 3, icmp_packet(146, prefix_solicitation()[68:], CARE1, AGENT)),
        keeps="The solicitation carries the home address in a Home Address option.",
        breaks="The solicitation has no Home Address option.",
        at=(3,),
    ),
    Example(
        rule="MIP6-MPD-002",
        clean=PREFIXES,
        broken=with_frame(PREFIXES, 4, prefix_advertisement(source=AGENT2)),
        keeps="The advertisement comes from the home agent that was solicited.",
        breaks="The advertisement comes from another home agent.",
        at=(4,),
    ),
    Example(
        rule="MIP6-MPD-003",
        clean=PREFIXES,
        broken=with_frame(PREFIXES, 4, icmp_packet(147, b"\x00\x09\x00\x00", AGENT, CARE1, routed=HOME)),
        keeps="The advertisement has a Prefix Information option.",
        breaks="The advertisement has no option at all.",
        at=(4,),
    ),
]
