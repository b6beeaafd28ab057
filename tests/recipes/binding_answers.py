"""Examples for the rules of Binding Acknowledgements and Binding Errors."""

from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, tunnel
from tests.recipes.binding_updates import REGISTRATION, RETURN
from tests.recipes.correspondent import TESTED, peer_ba, peer_bu
from tests.recipes.example import Example, Packet, with_frame, without_frame
from tests.recipes.home_address import from_care_of_address
from tests.recipes.packets import (
    alternate,
    ba,
    binding_error,
    bu,
    echo_request,
    home_bu,
    router_advertisement,
)
from tests.recipes.packets import prefix_information as prefix

FLOW: tuple[Packet, ...] = tuple((30.4 + i, tunnel(AGENT, CARE1, echo_request(PEER, HOME, i))) for i in range(13))
"""From the correspondent, forwarded by the home agent once a second, from 30.4 s to 42.4 s."""

LOST: tuple[Packet, ...] = tuple(
    sorted(
        (
            *REGISTRATION,
            (29.0, router_advertisement(prefix())),
            (30.0, home_bu(seq=2)),
            (31.0, home_bu(seq=3)),
            (33.0, home_bu(seq=4)),
            (33.1, ba(seq=4)),
            (37.0, home_bu(seq=5)),
            (37.1, ba(seq=5)),
            (39.0, router_advertisement(prefix())),
            *FLOW,
        )
    )
)
CORRESPONDENT: tuple[Packet, ...] = (*TESTED, (1.5, peer_bu()), (1.6, peer_ba()))
GREEDY: tuple[Packet, ...] = (*TESTED, (1.5, peer_bu(life=600)), (1.6, peer_ba(life=420)))
EXPIRED: tuple[Packet, ...] = (
    *TESTED,
    (1.5, peer_bu()),
    (1.6, ba(source=PEER, status=136, life=0)),
)
REFUSED: tuple[Packet, ...] = (
    (0.0, router_advertisement(prefix())),
    (2.0, home_bu()),
    (2.1, ba(status=130, life=0)),
)
TWICE: tuple[Packet, ...] = (
    *RETURN,
    (50.0, bu(alternate(HOME), source=HOME, home=None, seq=3, life=0)),
    (50.1, ba(to=HOME, home=None, seq=3, life=0, status=133)),
)
BEHIND: tuple[Packet, ...] = (
    (0.0, home_bu(seq=10)),
    (1.1, ba(seq=10)),
    (20.0, home_bu(seq=5)),
    (20.1, ba(seq=10, status=135, life=0)),
)
AT_HOME: tuple[Packet, ...] = (
    *REGISTRATION,
    (30.0, bu(alternate(HOME), seq=2, life=60)),
    (30.1, ba(seq=2, life=0)),
)
AT_HOME_WHY = {"MIP6-BU-008": "The lifetime over 0 is the mobile node's mistake; here it is about the answer."}
ERROR: tuple[Packet, ...] = ((0.0, binding_error()),)
ASKED_AND_DENIED: tuple[Packet, ...] = ((0.0, from_care_of_address(HOME)), (0.1, binding_error()))

EXAMPLES = [
    Example(
        rule="MIP6-BA-001",
        clean=LOST,
        broken=without_frame(without_frame(LOST, 16), 10),
        keeps="Two refreshes are lost, and the answer to the third; the home agent answers the fourth, too.",
        breaks="On its own link a home agent forwards packets to a mobile node, but answers none of four refreshes.",
        at=(14,),
    ),
    Example(
        rule="MIP6-BA-002",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(to=CARE2)),
        keeps="The acknowledgement goes to the address from which the update came.",
        breaks="The acknowledgement goes to another address than the update came from.",
        at=(2,),
    ),
    Example(
        rule="MIP6-BA-003",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(status=100)),
        keeps="The status is 0: accepted.",
        breaks="The status is 100, which nobody has registered; a mobile node takes it for a success.",
        at=(2,),
    ),
    Example(
        rule="MIP6-BA-004",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(life=64)),
        keeps="The mobile node asks for 60 s and gets 60 s.",
        breaks="The mobile node asks for 60 s and gets 64 s.",
        at=(2,),
    ),
    Example(
        rule="MIP6-BA-007",
        clean=REGISTRATION,
        broken=with_frame(REGISTRATION, 2, ba(flags=0x80)),
        keeps="The update had no K flag, so the acknowledgement has none.",
        breaks="The acknowledgement has the K flag, though the mobile node can't move its keys.",
        at=(2,),
    ),
    Example(
        rule="MIP6-BA-008",
        clean=CORRESPONDENT,
        broken=with_frame(CORRESPONDENT, 8, ba(source=PEER)),
        keeps="The correspondent's acknowledgement ends with Authorization Data, made with the update's key.",
        breaks="The correspondent's acknowledgement has no Authorization Data: anybody could have sent it.",
        at=(8,),
    ),
    Example(
        rule="MIP6-BA-009",
        clean=REFUSED,
        broken=with_frame(REFUSED, 3, ba(status=132, life=0)),
        keeps="The home agent advertises the home prefix; it refuses the registration for want of resources.",
        breaks="The home agent refuses with 132, not home subnet, a home address of the prefix that it advertises.",
        at=(3,),
    ),
    Example(
        rule="MIP6-BA-010",
        clean=TWICE,
        broken=with_frame(TWICE, 6, ba(to=HOME, home=None, seq=3, life=0)),
        keeps="The binding is deleted twice; the second time the home agent has none any more and answers 133.",
        breaks="The home agent confirms with status 0 that it deleted a binding which it had deleted long before.",
        at=(6,),
    ),
    Example(
        rule="MIP6-BA-011",
        clean=RETURN,
        broken=with_frame(RETURN, 4, ba(to=HOME, home=None, seq=2, life=0, status=1)),
        keeps="The home agent confirms the deletion with status 0, lifetime 0 and no options.",
        breaks="The home agent confirms the deletion with status 1, as if there were prefixes to ask for.",
        at=(4,),
    ),
    Example(
        rule="MIP6-BA-012",
        clean=EXPIRED,
        broken=with_frame(EXPIRED, 8, peer_ba(status=136, life=0)),
        keeps="The correspondent has forgotten the home nonce: it refuses with 136, without Authorization Data.",
        breaks="The refusal with 136 carries Authorization Data, made with a key that the correspondent has no more.",
        at=(8,),
    ),
    Example(
        rule="MIP6-LIFE-002",
        clean=GREEDY,
        broken=with_frame(GREEDY, 8, peer_ba(life=600)),
        keeps="The mobile node asks a correspondent for 600 s and gets 420 s, the most that there is.",
        breaks="The correspondent grants 600 s on the strength of return routability.",
        at=(8,),
    ),
    Example(
        rule="MIP6-SEQ-003",
        clean=BEHIND,
        broken=with_frame(BEHIND, 4, ba(seq=5, status=135, life=0)),
        keeps="The home agent holds number 10 and refuses an update with 5: status 135 and the number 10.",
        breaks="The refusal has the number 5 of the update, so the mobile node doesn't learn where to go on.",
        at=(4,),
    ),
    Example(
        rule="MIP6-DEREG-006",
        clean=AT_HOME,
        broken=with_frame(AT_HOME, 4, ba(seq=2, life=60)),
        keeps="An update names the home address as care-of address; the home agent deletes the binding: lifetime 0.",
        breaks="The home agent grants 60 s for a binding of the home address to itself.",
        at=(4,),
        also=AT_HOME_WHY,
        clean_also=AT_HOME_WHY,
    ),
    Example(
        rule="MIP6-BE-001",
        clean=ERROR,
        broken=with_frame(ERROR, 1, binding_error(home=bytes(16))),
        keeps="The correspondent has no binding and says for which home address: that of the option it got.",
        breaks="The error speaks of a Home Address option without binding, but leaves the home address unspecified.",
        at=(1,),
    ),
    Example(
        rule="MIP6-BE-002",
        clean=ASKED_AND_DENIED,
        broken=with_frame(ASKED_AND_DENIED, 2, binding_error(to=HOME)),
        keeps="The error goes to the care-of address from which the packet at fault came.",
        breaks="The error goes to the home address, where the mobile node isn't.",
        at=(2,),
    ),
]
