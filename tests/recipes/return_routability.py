"""Examples for return routability: who sends what through which way, and what comes back."""

from tests.recipes.example import Example, Packet, with_frame
from tests.recipes.packets import care_of_test, care_of_test_init, home_test, home_test_init
from tests.recipes.protected import correspondent_bu, destination_options_sum, from_agent, registration, to_agent


def procedure(at: float) -> tuple[Packet, ...]:
    """A home registration, then both tests beginning at that time."""
    return (
        *registration(),
        (at, to_agent(home_test_init())),
        (at + 0.01, care_of_test_init()),
        (at + 0.1, from_agent(home_test())),
        (at + 0.11, care_of_test()),
    )


SOON, LATER = procedure(0.5), procedure(5.0)
WRONG_COOKIE = bytes.fromhex("0102030405060709")
WRONG_COOKIE2 = bytes.fromhex("1112131415161719")
UPDATED = (*LATER, (5.2, correspondent_bu()))


def other_authenticator(packet: bytes) -> bytes:
    """One bit of the last octet."""
    return destination_options_sum(packet[:-1] + bytes((packet[-1] ^ 1,)))


EXAMPLES = [
    Example(
        rule="MIP6-RR-001",
        clean=SOON,
        broken=with_frame(SOON, 3, home_test_init()),
        keeps="The mobile node away from home sends the Home Test Init through the tunnel to its home agent.",
        breaks="It sends the Home Test Init plainly, right after it has registered its care-of address.",
        at=(3,),
    ),
    Example(
        rule="MIP6-RR-002",
        clean=SOON,
        broken=with_frame(SOON, 4, to_agent(care_of_test_init())),
        keeps="The Care-of Test Init goes straight from the care-of address to the correspondent.",
        breaks="It goes through the tunnel to the home agent.",
        at=(4,),
    ),
    Example(
        rule="MIP6-RR-003",
        clean=LATER,
        broken=with_frame(LATER, 5, from_agent(home_test(cookie=WRONG_COOKIE))),
        keeps="The Home Test returns the cookie of the Home Test Init.",
        breaks="The last octet of the cookie that it returns is another one, and no other answer comes.",
        at=(5,),
    ),
    Example(
        rule="MIP6-RR-004",
        clean=LATER,
        broken=with_frame(LATER, 6, care_of_test(cookie=WRONG_COOKIE2)),
        keeps="The Care-of Test returns the cookie of the Care-of Test Init.",
        breaks="The last octet of the cookie that it returns is another one, and no other answer comes.",
        at=(6,),
    ),
    Example(
        rule="MIP6-RR-007",
        clean=UPDATED,
        broken=with_frame(UPDATED, 7, other_authenticator),
        keeps="The authenticator of the Binding Update to the correspondent is what both keygen tokens give.",
        breaks="One bit of the authenticator is another one.",
        at=(7,),
    ),
]
