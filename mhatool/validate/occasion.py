"""When a rule is checked and knowledge is fed: the words for `on`, and which of them fit a datagram.

Besides these words any layer's name in records is one: `binding_update`, `router_advertisement`, `tcp` for what a
datagram carries; `destination_options`, `routing`, `fragment`, `ah`, `esp` for a header in its chain.
"""

from __future__ import annotations

from typing import Final

from dissectors.packet import SIGNALLING

EVERY_MOBILITY_MESSAGE: Final = "every mobility message"
"""All messages of the Mobility Header, whatever their type."""
TUNNELLED: Final = "tunnelled"
"""Every datagram inside another one."""
PLAINLY_TUNNELLED: Final = "plainly tunnelled"
"""Those that have no extension headers."""
OPTIMISED_DATA: Final = "optimised data"
"""What has a Home Address option's or a routing header and is no mobility signalling."""
EVERY_DATAGRAM: Final = "every datagram"
"""Whatever it carries; expensive on captures of much traffic."""

_OPTIMISED: Final = frozenset({"destination_options", "routing"})

#: What a datagram carries, the headers before it, whether it is tunnelled.
Occasion = tuple[str, tuple[str, ...], bool]


def words(occasion: Occasion, *, is_mobility: bool) -> frozenset[str]:
    """Every word that fits an occasion."""
    carried, headers, tunnelled = occasion
    found = {EVERY_DATAGRAM, carried, *headers}
    if is_mobility:
        found.add(EVERY_MOBILITY_MESSAGE)
    if tunnelled:
        found.update((TUNNELLED,) if headers else (TUNNELLED, PLAINLY_TUNNELLED))
    if carried not in SIGNALLING and not _OPTIMISED.isdisjoint(headers):
        found.add(OPTIMISED_DATA)
    return frozenset(found)
