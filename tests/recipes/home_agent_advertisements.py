"""Examples for router advertisements of home agents."""

from tests.recipes.example import Example, Packet, at_times, with_frame
from tests.recipes.packets import (
    advertisement_interval,
    home_agent_information,
    prefix_information,
    router_advertisement,
)

WHOLE = router_advertisement(prefix_information(), advertisement_interval(), home_agent_information())
ONE: tuple[Packet, ...] = ((0.0, WHOLE),)
WITHOUT_ADDRESS = 0xC0
"""The prefix flags without R."""
REGULAR: tuple[Packet, ...] = tuple((3.0 * number, WHOLE) for number in range(6))


def advertisement(*, own_address: int = 0xE0, flags: int = 0x20, agent_lifetime: int = 1800) -> bytes:
    """The same with one difference."""
    options = (
        prefix_information(flags=own_address),
        advertisement_interval(),
        home_agent_information(lifetime=agent_lifetime),
    )
    return router_advertisement(*options, flags=flags)


LONG: tuple[Packet, ...] = tuple((3.0 * number, WHOLE) for number in range(9))
LONG_WITHOUT: tuple[Packet, ...] = tuple((time, advertisement(own_address=WITHOUT_ADDRESS)) for time, _ in LONG)

EXAMPLES = [
    Example(
        rule="MIP6-ND-001",
        clean=ONE,
        broken=with_frame(ONE, 1, advertisement(flags=0)),
        keeps="The H flag is set, and Home Agent Information is there.",
        breaks="The H flag is clear, and Home Agent Information is there all the same.",
        at=(1,),
    ),
    Example(
        rule="MIP6-ND-002",
        clean=ONE,
        broken=with_frame(ONE, 1, advertisement(agent_lifetime=0)),
        keeps="The home agent serves for 1800 s more.",
        breaks="The home agent serves for 0 s more.",
        at=(1,),
    ),
    Example(
        rule="MIP6-ND-003",
        clean=LONG,
        broken=LONG_WITHOUT,
        keeps="The R flag says that the home agent's global address stands in the prefix field.",
        breaks="The R flag is clear for 24 s, so the home agent's global address is nowhere.",
        at=(5,),
    ),
    Example(
        rule="MIP6-ND-004",
        clean=REGULAR,
        broken=at_times(REGULAR, {number: 6.0 * (number - 1) for number in range(2, 7)}),
        keeps="An advertisement every 3 s, and 3000 ms as the interval.",
        breaks="An advertisement every 6 s, and 3000 ms as the interval.",
        at=(6,),
    ),
]
