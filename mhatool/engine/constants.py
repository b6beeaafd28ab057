"""Timers and limits of the protocol: one frozen value, the RFC's, KAME's of 2003, or a fast lab's."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mhatool.protocol.lifetime import LIFETIME_UNIT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """RFC 6275, section 12, under its names (seconds), with RFC 4861's and RFC 4862's where a node needs them.

    Not MAX_DELETE_BCE_TIMEOUT, for which nothing here waits.
    """

    dhaad_retries: int = 4
    initial_binding_ack_timeout_s: float = 1.0
    initial_binding_ack_timeout_first_registration_s: float = 1.5
    max_binding_ack_timeout_s: float = 32.0
    initial_dhaad_timeout_s: float = 3.0
    initial_solicit_timer_s: float = 3.0
    max_nonce_lifetime_s: float = 240.0
    max_token_lifetime_s: float = 210.0
    max_route_optimisation_failures: int = 3
    max_rr_binding_lifetime_s: int = 420
    max_update_rate: int = 3
    prefix_advertisement_retries: int = 3
    prefix_advertisement_timeout_s: float = 3.0
    max_mobile_prefix_advertisement_interval_s: float = 86_400.0
    min_mobile_prefix_advertisement_interval_s: float = 600.0
    advertises_prefixes_daily: bool = True
    """Mobile nodes that haven't been told for a day are, and new ones; else only where prefixes change (10.6.2)."""
    duplicate_address_detection_transmits: int = 1
    retransmission_timer_s: float = 1.0
    max_unicast_solicit: int = 3
    """A neighbour that leaves so many solicitations unanswered, one after another, isn't reachable."""
    max_router_solicitation_delay_s: float = 1.0
    router_solicitation_interval_s: float = 4.0
    max_router_solicitations: int = 3
    max_home_binding_lifetime_s: int = 262_140
    """The longest that a home agent grants; the wire holds no more (RFC 6275, 6.1.8)."""
    refresh_advice_percent: int = 0
    """At how much of its lifetime a home agent wants to hear of a binding again; 0: it doesn't say."""
    detects_duplicates_if_asked: bool = False
    """A home agent checks a new home address only where the Binding Update has the D flag (draft 19)."""
    error_rate: float = 10.0
    error_burst: int = 10
    """Binding Errors and ICMPv6 errors a second, and how many at once (RFC 6275, 9.3.3; RFC 4443, 2.4 f)."""
    probe_failures: int = 3
    """So many Heartbeats without an answer, one after another, and a home agent is unreachable; 0: nobody probes."""
    probe_interval_s: float = 1.0
    """How long an answer to a Heartbeat is waited for; the next one leaves then."""
    probe_idle_s: float = 1.0
    """From a Heartbeat that was answered to the next one. RFC 4861's timers would be 35 s: REACHABLE_TIME and delay."""
    unreachable_transmits: int = 3
    unreachable_interval_s: float = 1.0
    """How often, and how far apart, a home agent tells a mobile node that another one is unreachable."""
    unreachable_turn_s: float = 5.0
    """An alarm that is not answered for so long is taken up by the next home agent of the list.

    The mobile node answers when its check is over, after 3 s, and one agent may find a failure a second before another.
    """
    unreachable_rate: float = 1_000.0
    """Home Agent Unreachable messages a second, to all mobile nodes of a home agent together."""
    agent_check_transmits: int = 3
    agent_check_interval_s: float = 1.0
    """How often, and how far apart, a mobile node asks a home agent that is said to be unreachable."""
    agent_check_pause_s: float = 10.0
    """Between the beginnings of two such checks of one home agent."""

    def __post_init__(self) -> None:
        """ValueError where no lifetime could be granted: on the wire 0 would say that the binding is deleted."""
        for name in ("max_home_binding_lifetime_s", "max_rr_binding_lifetime_s"):
            if getattr(self, name) < LIFETIME_UNIT_S:
                raise ValueError(f"{name}: {getattr(self, name)} s, but the least lifetime is {LIFETIME_UNIT_S} s")


RFC6275: Final = Constants()
KAME2003: Final = Constants(
    dhaad_retries=3,
    initial_dhaad_timeout_s=2.0,
    initial_binding_ack_timeout_s=2.0,
    initial_binding_ack_timeout_first_registration_s=2.0,
    max_binding_ack_timeout_s=256.0,
    max_home_binding_lifetime_s=420,
    refresh_advice_percent=50,
    detects_duplicates_if_asked=True,
    advertises_prefixes_daily=False,
    probe_failures=0,
)
"""KAME's snapshot of January 2003: its own retransmission, see docs/kame.md."""
FAST_LAB: Final = Constants(
    initial_binding_ack_timeout_s=0.2,
    initial_binding_ack_timeout_first_registration_s=0.3,
    initial_dhaad_timeout_s=0.3,
    initial_solicit_timer_s=0.3,
    retransmission_timer_s=0.1,
    max_router_solicitation_delay_s=0.05,
    router_solicitation_interval_s=0.3,
    probe_interval_s=0.05,
    probe_idle_s=0.05,
)
BUILT_IN: Final = MappingProxyType({"rfc6275": RFC6275, "kame2003": KAME2003, "fast-lab": FAST_LAB})


def constants_of(profile: str) -> Constants:
    """Those that belong to a profile's name; RFC 6275's to any that has none of its own."""
    return BUILT_IN.get(profile, RFC6275)


__all__ = ["BUILT_IN", "FAST_LAB", "KAME2003", "RFC6275", "Constants", "constants_of"]
