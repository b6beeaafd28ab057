"""The lines that KAME's kernel of January 2003 logs at a mobile node, and those that the paper's patch adds.

Each function gives the texts of one occasion, in order; numbers are lines of source files, as the paper's logs show
them (docs/kame.md). Lines without one have none there; a text that the paper doesn't show stands behind its file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

SOURCES: Final = "../netinet6/"
"""Where the kernel's sources are, as it was built."""

Lines = list[str]
#: An address as the kernel prints it.
Text = Callable[[bytes], str]

_STATE_LINES: Final = {
    "IDLE": 129, "RRINIT": 217, "RRREDO": 383, "WAITA": 552, "WAITAR": 756, "WAITD": 962, "RRDEL": 1091, "BOUND": 1217,
}  # fmt: skip
_OPTION_BITS: Final = {
    "binding_refresh_advice": (0x10, "REFRESH"),
    "binding_authorization_data": (0x08, "AUTH"),
    "nonce_indices": (0x04, "NONCE"),
    "alternate_care_of_address": (0x02, "ALTCOA"),
    "unique_identifier": (0x01, "UID"),
}
"""In the order in which `%b` names them."""
LOCATIONS: Final = {"unknown": 0, "home": 1, "foreign": 2}
_TIMERS: Final = {
    "subnet": "mip6_subnet.c:200: subnet timer started.",
    "binding_update": "mip6_binding.c:953: BU timer started.",
    "binding_cache": "mip6_binding.c: BC timer started.",
}
_FUNCTIONS: Final = {"mobile_node": "mip6.c:1389: MN function enabled", "home_agent": "mip6.c: HA function enabled"}


def timer_started(name: str) -> Lines:
    """A list has its first entry; one that KAME has no timer for logs nothing."""
    return [SOURCES + _TIMERS[name]] if name in _TIMERS else []


def function_enabled(function: str) -> Lines:
    """The node came up as mobile node or home agent."""
    return [SOURCES + _FUNCTIONS[function]] if function in _FUNCTIONS else []


def authentication_set(enabled: bool) -> Lines:
    """Whether updates carry authentication data."""
    return [
        SOURCES + ("mip6.c: Authdata protection enabled" if enabled else "mip6.c:1459: Authdata protection disabled")
    ]


def located(care_of_address: bytes, text: Text) -> Lines:
    """The node has another care-of address."""
    return [f"{SOURCES}mip6.c:1003: CoA has changed to {text(care_of_address)}"]


def location(name: str) -> Lines:
    """Where it finds itself."""
    return [f"location = {LOCATIONS[name]}"]


def prefix_received(prefix: bytes, router: bytes, text: Text) -> Lines:
    """A prefix in an advertisement."""
    return [f"{SOURCES}mip6.c:373: prefix {text(prefix)} from {text(router)}"]


def new_prefix(prefix: bytes, text: Text) -> Lines:
    """One that wasn't known."""
    return [f"{SOURCES}mip6.c:427: receive a new prefix {text(prefix)}"]


def router_found(router: bytes, prefix: bytes, text: Text) -> Lines:
    """A router that wasn't known."""
    return [f"{SOURCES}mip6.c:461: found a new router {text(router)}({text(prefix)})"]


def entry_created(index: int) -> Lines:
    """An entry of the Binding Update List is made (the paper's patch)."""
    return [f"{SOURCES}mip6_binding.c:444: mip6_bu_create for ({index})th."]


def entry_inserted(index: int, peer: bytes, home_address: bytes, text: Text) -> Lines:
    """It is in the list (the paper's patch)."""
    return [
        f"{SOURCES}mip6_binding.c:468: bu_list_insert for ({index})th.",
        f"{SOURCES}mip6_binding.c:472: haddr: {text(home_address)}, paddr: {text(peer)}",
    ]


def entered(state: str) -> Lines:
    """The primary machine takes an input in this state (the paper's patch)."""
    return [f"{SOURCES}mip6_fsm.c:{_STATE_LINES[state]}: MIP6_BU_PRI_FSM_STATE_{state}"]


def update_sent(peer: bytes, home_address: bytes, text: Text) -> Lines:
    """A Binding Update leaves (the paper's patch)."""
    who = f"paddr: {text(peer)}, haddr: {text(home_address)}"
    return [
        f"{SOURCES}mip6_binding.c:870: create an ipv6 header to send a binding update",
        who,
        f"{SOURCES}mip6_binding.c:904: send a binding update.",
        who,
    ]


def acknowledged(options: Collection[str], sequence_number: int, peer: bytes, text: Text) -> Lines:
    """A Binding Acknowledgement for an entry (the last two by the paper's patch)."""
    return [
        f"{SOURCES}mip6_pktproc.c:895: Mobility options: {option_bits(options)}",
        f"{SOURCES}mip6_pktproc.c:1005: IN CHECK MOBILITY OPTIONS",
        f"{SOURCES}mip6_pktproc.c:1015: ip6m_binding_ack: ip6ma_seqno: {sequence_number} of peer {text(peer)}",
    ]


def option_bits(options: Collection[str]) -> str:
    """The kernel's `%b`: the number in hexadecimal, then the names of its bits where there are any."""
    found = [bit for symbol, bit in _OPTION_BITS.items() if symbol in options]
    number = sum(bit for bit, _ in found)
    return f"{number:x}<{','.join(name for _, name in found)}>" if found else "0"


def unmatched(received: int, sent: int, peer: bytes, text: Text) -> Lines:
    """An acknowledgement with another number than the last update's; the spelling is KAME's."""
    return [f"{SOURCES}mip6_pktproc.c: unmached sequence no ({received} recv, {sent} sent) from host {text(peer)}."]


def rejected(status: int) -> Lines:
    """An acknowledgement with an error status."""
    return [f"{SOURCES}mip6_pktproc.c: a binding update was rejected (error code {status})."]


def returned(interface: str) -> Lines:
    """The node announces itself at home."""
    return [f"{SOURCES}mip6_pktproc.c: send a unsolicited na to {interface}"]


def discovery_started() -> Lines:
    """It knows no home agent."""
    return [f"{SOURCES}mip6_binding.c: no home agent.  start DHAAD."]
