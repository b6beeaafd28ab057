"""How long misfortunes last, and by when everything is well again: arithmetic over the timers."""

from __future__ import annotations

from typing import Final

from mhatool.engine.constants import RFC6275
from mhatool.network.neighbours import REACHABLE_NS
from mhatool.protocol.lifetime import seconds
from mhatool.search.shape import ROUTERS, Shape

# --- what the drawn networks set; all in seconds ---

BINDING_S: Final = 20
"""Lifetime of a binding, at home agents and correspondents."""
SEARCH_AGAIN_S: Final = 10.0
"""After which a mobile node with too few agents looks for more."""
GIVE_UP_S: Final = 10.0
"""After which a correspondent that took no part is asked again."""
MOST_BETWEEN_ADVERTISEMENTS_S: Final = 3.0
ROUTE_S, ROUTE_TIMEOUT_S, GARBAGE_S = 2.0, 5.0, 4.0
"""RIPng's update, timeout and garbage collection."""

# --- when things happen ---

FIRST_FAULT_S: Final = 5.0
LAST_FAULT_S: Final = 25.0
"""From then on nothing fails, moves, gets lost or is forged."""
STEADY_S: Final = 5.0
"""What has to be true has to stay so for that long."""


def bound_s(shape: Shape) -> float:
    """How long after the last fault everything has to be well: the sum of what may follow one after another.

    - A mobile node finds out where it is: an advertisement, its router silent for `movement_detection_s`, its address
      tried (RFC 4862: up to a second of delay, and a second).
    - Routes are found: an update's time, and that of a route that is over.
    - What was asked in vain is asked again: waits double, so that the one that runs is no longer than all those before
      together and the first one once more. These lie within the time of faults; the longest first one is discovery's.
    - Agents notice who is gone: failures + 1 probes. Each agent before this one in a list has its turn to tell.
    - The mobile node asks the agent in question, as a check or as often, with doubled waits; so for each agent that
      is gone, after a search for each.
    - Where no routing protocol tells who is gone, the home router takes who answered for the home agents' anycast
      address just before it died for reachable, REACHABLE_TIME long; then it needs a packet to look whether it still
      is there, for 8 s (RFC 4861, 7.3.3 and 10), and one more to ask anew. Where nobody is registered both are requests
      for home agents: the wait for the one is at most the last but one of a search, that for the other the last one
      and the pause until the next search.
    - Bindings that nobody can delete end by themselves; what they kept from a home address is tried again then.
    """
    constants = RFC6275
    attached = MOST_BETWEEN_ADVERTISEMENTS_S + 3.0 + constants.max_router_solicitation_delay_s
    attached += constants.retransmission_timer_s
    routed = ROUTE_S + ROUTE_TIMEOUT_S if shape.topology == ROUTERS else 0.0
    asked_again = LAST_FAULT_S - FIRST_FAULT_S + constants.initial_dhaad_timeout_s
    noticed = (constants.probe_failures + 1) * constants.probe_interval_s
    told = (shape.agents - 1) * constants.unreachable_turn_s
    tries: float = constants.initial_binding_ack_timeout_first_registration_s * (
        (1 << constants.agent_check_transmits) - 1
    )
    unnoticed = 0.0 if shape.topology == ROUTERS else seconds(REACHABLE_NS) + _longest_waits_s()
    replaced = (shape.agents - 1) * (tries + SEARCH_AGAIN_S)
    return attached + routed + asked_again + noticed + told + replaced + unnoticed + BINDING_S + STEADY_S


def _longest_waits_s() -> float:
    """How long it takes until two more requests for home agents have left, at most: the second opens a new search."""
    last: float = RFC6275.initial_dhaad_timeout_s * (1 << RFC6275.dhaad_retries)
    return last / 2 + last + SEARCH_AGAIN_S


__all__ = [
    "BINDING_S",
    "FIRST_FAULT_S",
    "GARBAGE_S",
    "GIVE_UP_S",
    "LAST_FAULT_S",
    "MOST_BETWEEN_ADVERTISEMENTS_S",
    "ROUTE_S",
    "ROUTE_TIMEOUT_S",
    "SEARCH_AGAIN_S",
    "STEADY_S",
    "bound_s",
]
