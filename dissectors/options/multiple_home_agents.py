"""The Multiple Home Agents option (the paper's Fig. 8) and the experimental option whose number it uses (RFC 5096)."""

from __future__ import annotations

from dissectors.options.header import MobilityOption
from dissectors.spec import fields as wire
from dissectors.spec import option


def _is_list_of_home_agents(octets: bytes, start: int, end: int) -> bool:
    size = end - start - 2
    return 16 <= size <= 240 and size % 16 == 0


@option(
    "mobility_option", 18, title="Multiple Home Agents", rfc="paper, Fig. 8", align=(8, 6), when=_is_list_of_home_agents
)
class MultipleHomeAgents(MobilityOption):
    """In a Binding Update with the M bit: all home agents of this registration, the receiver included."""

    home_agents: tuple[bytes, ...] = wire.address_list("1 to 15 on the wire; senders list 2 or more", at_least=1)


@option("mobility_option", 18, title="Experimental Mobility Option", rfc="RFC 5096, 4")
class ExperimentalMobilityOption(MobilityOption):
    """An experiment's option; its data are its own."""

    data: bytes = wire.octets_tail()
