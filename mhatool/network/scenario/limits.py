"""What numbers and addresses may be, by the class and field that take them: what the wire holds, what makes sense."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dissectors.ipv6.address import is_routable_unicast
from mhatool.protocol.lifetime import LIFETIME_UNIT_S

#: The least and the most of a number.
Range = tuple[float, float]

ANY: Final = "*"
"""Any class."""
LONGEST_S: Final = 1e9
SHORTEST_S: Final = 1e-3
U16: Final = (1 << 16) - 1
U32: Final = (1 << 32) - 1
MOST_COPIES: Final = 100_000
"""Mobile nodes in one process: each takes some 12 KB before it has said anything."""
NODE_KEY_SIZE: Final = 20
LAST_METRIC: Final = 15
"""RIPng's 16 is infinity (RFC 2080, 2.1)."""

RANGES: Final[Mapping[tuple[str, str], Range]] = {
    (ANY, "prefix_length"): (0, 128),
    ("AdvertisingConfiguration", "router_lifetime_s"): (0, U16),
    ("AdvertisingConfiguration", "min_interval_s"): (SHORTEST_S, LONGEST_S),
    ("AdvertisingConfiguration", "max_interval_s"): (SHORTEST_S, LONGEST_S),
    ("AdvertisedHomeAgent", "preference"): (0, U16),
    ("AdvertisedHomeAgent", "lifetime_s"): (1, U16),
    ("AdvertisedPrefix", "valid_lifetime_s"): (0, U32),
    ("AdvertisedPrefix", "preferred_lifetime_s"): (0, U32),
    ("ConnectedNetwork", "metric"): (1, LAST_METRIC),
    ("RipngConfiguration", "cost"): (1, LAST_METRIC),
    ("RipngConfiguration", "update_s"): (SHORTEST_S, LONGEST_S),
    ("RipngConfiguration", "timeout_s"): (SHORTEST_S, LONGEST_S),
    ("RipngConfiguration", "garbage_s"): (SHORTEST_S, LONGEST_S),
    ("LabRouting", "metric"): (1, LAST_METRIC),
    ("LabRouting", "update_s"): (1, LONGEST_S),
    ("LabRouting", "timeout_s"): (1, LONGEST_S),
    ("LabRouting", "garbage_s"): (1, LONGEST_S),
    ("NodePlan", "clock_offset_s"): (-LONGEST_S, LONGEST_S),
    ("NodePlan", "copies"): (1, MOST_COPIES),
    ("HomeAgentConfiguration", "most_bindings"): (0, LONGEST_S),
    ("HomeAgentConfiguration", "most_bindings_of_one"): (1, LONGEST_S),
    ("HomeAgentConfiguration", "update_rate"): (0, LONGEST_S),
    ("HomeAgentConfiguration", "discovery_rate"): (0, LONGEST_S),
    ("HomeAgentConfiguration", "restart_counter"): (0, U32),
    ("CorrespondentConfiguration", "most_bindings"): (0, LONGEST_S),
    ("MobileNodeConfiguration", "most_correspondents"): (1, LONGEST_S),
    ("NodeFile", "packet_rate"): (0, LONGEST_S),
    ("LossPlan", "first"): (1, LONGEST_S),
    ("MovePlan", "every_s"): (SHORTEST_S, LONGEST_S),
    ("Constants", "dhaad_retries"): (0, 100),
    ("Constants", "prefix_advertisement_retries"): (0, 100),
    ("Constants", "duplicate_address_detection_transmits"): (0, 100),
    ("Constants", "max_unicast_solicit"): (1, 100),
    ("Constants", "max_router_solicitations"): (0, 100),
    ("Constants", "max_router_solicitation_delay_s"): (0, LONGEST_S),
    ("Constants", "refresh_advice_percent"): (0, 100),
    ("Constants", "probe_failures"): (0, 100),
    ("Constants", "max_home_binding_lifetime_s"): (LIFETIME_UNIT_S, LONGEST_S),
    ("Constants", "max_rr_binding_lifetime_s"): (LIFETIME_UNIT_S, LONGEST_S),
}
SECONDS: Final[Range] = (0, LONGEST_S)
"""Of all other fields whose name ends with `_s`."""
CONSTANT: Final[Range] = (SHORTEST_S, LONGEST_S)
"""Of all other protocol constants."""


def out_of_range(owner: str, field: str, value: Any) -> str:
    """What is wrong with a number for a field of a class; nothing where it may be so."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    found = RANGES.get((owner, field)) or RANGES.get((ANY, field)) or _by_convention(owner, field)
    if found is None or found[0] <= value <= found[1]:
        return ""
    return f"{value:g}: {found[0]:g} to {found[1]:g} is possible"


def _by_convention(owner: str, field: str) -> Range | None:
    if owner == "Constants":
        return CONSTANT
    return SECONDS if field.endswith("_s") else None


def _home_address(octets: bytes) -> str:
    is_one = len(octets) == 16 and is_routable_unicast(octets)
    return "" if is_one else "a home address is a unicast address that routers know the way to"


def _home_addresses(addresses: tuple[bytes, ...]) -> str:
    return next((wrong for wrong in map(_home_address, addresses) if wrong), "")


def _link_address(octets: bytes) -> str:
    if len(octets) != 6:
        return "six octets are needed, as 02:00:00:00:00:01"
    return "this is no address of one interface" if octets[0] & 1 or not any(octets) else ""


def _sequence_numbers(pairs: tuple[tuple[bytes, int], ...]) -> str:
    wrong = [number for _, number in pairs if not 0 <= number <= U16]
    return f"{wrong[0]}: a sequence number is 0 to {U16}" if wrong else ""


def _unicast(octets: bytes) -> str:
    is_one = len(octets) == 16 and is_routable_unicast(octets)
    return "" if is_one else "a unicast address is needed that routers know the way to"


def _unicasts(addresses: tuple[bytes, ...]) -> str:
    if not addresses:
        return "one address at least is needed"
    return next((wrong for wrong in map(_unicast, addresses) if wrong), "")


def _node_key(octets: bytes | None) -> str:
    """RFC 6275, 5.2.1: whoever guesses it makes keygen tokens."""
    return (
        "" if octets is None or len(octets) == NODE_KEY_SIZE else f"{NODE_KEY_SIZE} octets are needed, in hexadecimal"
    )


def _prefix(octets: bytes) -> str:
    is_one = len(octets) == 16 and is_routable_unicast(octets)
    return "" if is_one else "a prefix of unicast addresses is needed that routers know the way to"


SHAPES: Final[Mapping[str, Callable[[Any], str]]] = {
    "home_address": _home_address,
    "permitted": _home_addresses,
    "prohibited": _home_addresses,
    "link_address": _link_address,
    "first_sequence_numbers": _sequence_numbers,
}
"""By the name of the field."""
OWN_SHAPES: Final[Mapping[tuple[str, str], Callable[[Any], str]]] = {
    ("AdvertisedPrefix", "prefix"): _prefix,
    ("AdvertisedPrefix", "router_address"): _unicast,
    ("CorrespondentConfiguration", "addresses"): _unicasts,
    ("CorrespondentConfiguration", "node_key"): _node_key,
}
"""Of fields that are so in one class alone."""


def misfit(owner: str, field: str, value: Any) -> str:
    """What is wrong with a field's value, in words that say what to give; nothing where it is fine."""
    shape = OWN_SHAPES.get((owner, field)) or SHAPES.get(field)
    return shape(value) if shape is not None else out_of_range(owner, field, value)


__all__ = ["misfit", "out_of_range"]
