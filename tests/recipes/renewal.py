"""Examples for renewing bindings, for the lifetimes of prefixes, and for tokens over time."""

from tests.mhatool.scenes import AGENT, CARE1, PEER
from tests.recipes.example import Example, Packet, at_times, with_frame
from tests.recipes.packets import (
    COOKIE2,
    alternate,
    authorization,
    ba,
    bu,
    care_of_test,
    care_of_test_init,
    home_bu,
    home_test,
    home_test_init,
    nonce_indices,
    prefix_information,
    router_advertisement,
)
from tests.recipes.protected import correspondent_bu, from_agent, in_esp, registration, to_agent

COOKIE3 = bytes.fromhex("2122232425262728")
FOREIGN_PREFIX = CARE1[:8] + bytes(8)


def at_correspondent(*, home_registration: bool) -> tuple[Packet, ...]:
    """A binding at a correspondent, then an update for it; as a home registration it is refused."""
    options = nonce_indices(1, 1), authorization()
    first = bu(*options, to=PEER, flags="A", seq=1, life=40)
    second = bu(*options, to=PEER, flags="A", seq=2, life=40)
    answer = ba(authorization(), source=PEER, seq=2, life=40)
    if home_registration:
        second = bu(alternate(CARE1), to=PEER, flags="AH", seq=2, life=40)
        answer = ba(source=PEER, seq=2, life=0, status=139)
    return (0.0, first), (0.1, ba(authorization(), source=PEER, seq=1, life=40)), (20.0, second), (20.1, answer)


def abroad(asked: int) -> tuple[Packet, ...]:
    """A foreign link whose prefix is valid for 100 s, and an update from there."""
    prefix = prefix_information(FOREIGN_PREFIX, flags=0xC0, valid=100, preferred=50)
    return (0.0, router_advertisement(prefix, flags=0)), (0.5, home_bu(life=asked)), (0.6, ba(life=60))


def granted(lifetime: int, *, valid: int, preferred: int, status: int = 0) -> tuple[Packet, ...]:
    """An update for 400 s, an advertisement of the home prefix, and the answer."""
    prefix = prefix_information(AGENT, valid=valid, preferred=preferred)
    answer = ba(life=lifetime, status=status)
    return (0.0, home_bu(life=400)), (0.5, router_advertisement(prefix)), (0.6, answer)


REFRESHED: tuple[Packet, ...] = (
    (0.0, home_bu(seq=10)),
    (0.1, ba(seq=10)),
    (50.0, home_bu(seq=11)),
    (50.1, ba(seq=11)),
)


def with_tests(at: float) -> tuple[Packet, ...]:
    """A home registration, then both tests beginning at that time."""
    return (
        *registration(),
        (at, to_agent(home_test_init())),
        (at + 0.01, care_of_test_init()),
        (at + 0.1, from_agent(home_test())),
        (at + 0.11, care_of_test()),
    )


def tested_again(cookie: bytes) -> tuple[Packet, ...]:
    """Another care-of test half a minute later."""
    return (*with_tests(0.5), (30.0, care_of_test_init(cookie=cookie)), (30.1, care_of_test(cookie=cookie)))


UPDATED: tuple[Packet, ...] = (*with_tests(0.5), (0.7, correspondent_bu(life=40)))
TESTED_LATE: tuple[Packet, ...] = (
    *registration(),
    (220.0, in_esp(home_bu(seq=100))),
    (220.1, in_esp(ba(seq=100))),
    *with_tests(220.5)[2:],
)
"""Tests in a capture that has gone on for longer than tokens last."""
UPDATED_LATE: tuple[Packet, ...] = (*TESTED_LATE, (220.7, correspondent_bu(life=40)))
HASTY: tuple[Packet, ...] = (*TESTED_LATE[:7], (220.7, correspondent_bu(life=40)), (220.9, care_of_test()))

EXAMPLES = [
    Example(
        rule="MIP6-BU-011",
        clean=at_correspondent(home_registration=False),
        broken=at_correspondent(home_registration=True),
        keeps="A binding at a correspondent is renewed as what it is, without the H flag.",
        breaks="The second update for the same binding is a home registration; the correspondent refuses it with 139.",
        at=(3,),
    ),
    Example(
        rule="MIP6-BU-016",
        clean=REFRESHED,
        broken=at_times(REFRESHED, {3: 70.0, 4: 70.1}),
        keeps="The binding of 60 s is refreshed after 50 s.",
        breaks="It is refreshed after 70 s, when it has been over for 10 s.",
        at=(3,),
    ),
    Example(
        rule="MIP6-BU-009",
        clean=abroad(60),
        broken=abroad(400),
        keeps="The foreign prefix is valid for 100 s, and the mobile node registers its care-of address for 60 s.",
        breaks="The mobile node asks for 400 s.",
        at=(2,),
    ),
    Example(
        rule="MIP6-BA-005",
        clean=granted(300, valid=300, preferred=300),
        broken=granted(400, valid=300, preferred=300, status=1),
        keeps="The home prefix is valid for 300 s, and the home agent grants 300 s.",
        breaks="The home agent grants the 400 s that were asked for.",
        at=(3,),
    ),
    Example(
        rule="MIP6-BA-006",
        clean=granted(400, valid=86_400, preferred=14_400),
        broken=granted(400, valid=86_400, preferred=14_400, status=1),
        keeps="The home prefix stays preferred for hours, so the status is 0.",
        breaks="The status is 1, prefix discovery necessary, though nothing happens to the prefix.",
        at=(3,),
    ),
    Example(
        rule="MIP6-RR-005",
        clean=tested_again(COOKIE3),
        broken=tested_again(COOKIE2),
        keeps="The second care-of test has a new cookie.",
        breaks="The second Care-of Test Init has the cookie of the first one, which was answered.",
        at=(7,),
    ),
    Example(
        rule="MIP6-RR-006",
        clean=UPDATED_LATE,
        broken=with_frame(UPDATED_LATE, 9, correspondent_bu(life=40, home_index=2)),
        keeps="Both tests came with nonce index 1, and the update returns it twice.",
        breaks="The update returns 2 as home nonce index.",
        at=(9,),
    ),
    Example(
        rule="MIP6-RR-008",
        clean=UPDATED,
        broken=at_times(UPDATED, {7: 250.0}),
        keeps="The tokens are used as soon as both are there.",
        breaks="They are used 249 s after they came.",
        at=(7,),
    ),
    Example(
        rule="MIP6-BU-014",
        clean=UPDATED_LATE,
        broken=HASTY,
        keeps="The update to the correspondent follows both tests.",
        breaks="The update is sent before the Care-of Test comes; how it was authorized is its secret.",
        at=(8,),
    ),
]
