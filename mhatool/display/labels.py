"""Words for fields, flags and values: the names that the RFCs use."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from dissectors import registry
from dissectors.ipv6 import address as addresses
from dissectors.profile import KAME2003
from dissectors.spec import kinds

if TYPE_CHECKING:
    from dissectors.spec.declaration import FieldSpec
    from dissectors.view import View

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "payload_proto": "Payload Proto",
        "header_length": "Header Len",
        "mh_type": "MH Type",
        "icmp_type": "Type",
        "spi": "SPI",
        "icv": "ICV",
        "mtu": "MTU",
        "vlan_id": "VLAN identifier",
        "binding_id": "Binding ID (BID)",
        "care_of_address": "Care-of address",
        "care_of_init_cookie": "Care-of Init Cookie",
        "care_of_keygen_token": "Care-of Keygen Token",
        "care_of_nonce_index": "Care-of Nonce Index",
        "home_init_cookie": "Home Init Cookie",
        "home_keygen_token": "Home Keygen Token",
        "home_nonce_index": "Home Nonce Index",
        "unreachable": "Unreachable home agent",
        "home_agents": "Home agent",
        "addresses": "Address",
        "reserved2": "Reserved",
    }
)
_UNITS: Mapping[str, str] = MappingProxyType({"_s": " s", "_ms": " ms"})

#: What the letters of flags mean: layer or option -> letter -> name.
FLAG_NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "binding_update": {
            "A": "Acknowledge",
            "H": "Home Registration",
            "L": "Link-Local Address Compatibility",
            "K": "Key Management Mobility Capability",
            "M": "MAP Registration",
            "R": "Mobile Router",
            "P": "Proxy Registration",
            "F": "Forcing UDP encapsulation",
            "T": "TLV-header format",
            "B": "Bulk-Binding-Update",
        },
        "binding_acknowledgement": {
            "K": "Key Management Mobility Capability",
            "R": "Mobile Router",
            "P": "Proxy Registration",
            "T": "TLV-header format",
            "B": "Bulk-Binding-Update",
        },
        "heartbeat": {"U": "Unsolicited", "R": "Response"},
        "dhaad_request": {"R": "Mobile Router Support"},
        "dhaad_reply": {"R": "Mobile Router Support"},
        "mobile_prefix_advertisement": {"M": "Managed address configuration", "O": "Other configuration"},
        "router_advertisement": {
            "M": "Managed address configuration",
            "O": "Other configuration",
            "H": "Home Agent",
            "P": "Proxy",
        },
        "neighbor_advertisement": {"R": "Router", "S": "Solicited", "O": "Override"},
        "prefix_information": {"L": "On-link", "A": "Autonomous address-configuration", "R": "Router Address"},
        "home_agent_information": {"R": "Mobile Router Support"},
        "fragment": {"M": "More fragments"},
        "binding_identifier": {"H": "Simultaneous home and foreign binding"},
    }
)


def is_multiple(view: View) -> bool:
    """Whether a Binding Update's M bit means a registration with several home agents (the paper's Fig. 7).

    Without the H bit and without our option it is HMIPv6's (RFC 5380), which kame2003 hasn't.
    """
    if view.type != "binding_update" or "M" not in view.get("flags", ()):
        return False
    if view.profile.name == KAME2003.name or "H" in view.get("flags"):
        return True
    return any(option.type == "multiple_home_agents" for option in view.options)


def label(name: str) -> str:
    """A field's name for people."""
    if name in _LABELS:
        return _LABELS[name]
    for suffix in _UNITS:
        name = name.removesuffix(suffix)
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def unit(name: str) -> str:
    """What stands after the number."""
    return next((text for suffix, text in _UNITS.items() if name.endswith(suffix)), "")


def letters(view: View, value: Any, kind: kinds.FlagBits) -> str:
    """Flags as letters in the order of their bits, `AH`; "none" without any."""
    names = kind.to_json(value, view.profile)
    together = "" if all(len(name) == 1 for name in names) else " "
    return together.join(names) or "none"


def flags_text(view: View, value: Any, kind: kinds.FlagBits) -> str:
    """Flags with what they mean: `AH (Acknowledge, Home Registration)`."""
    known = FLAG_NAMES.get(view.type, {})
    names = [known.get(letter, "") for letter in kind.to_json(value, view.profile)]
    if is_multiple(view):
        names = ["Multiple Home Agents" if name == "MAP Registration" else name for name in names]
    named = ", ".join(name for name in names if name)
    return letters(view, value, kind) + (f" ({named})" if named else "")


def value_text(view: View, spec: FieldSpec, value: Any) -> str:
    """A field's value for people; lists of addresses parted by commas."""
    kind = spec.kind
    match kind:
        case kinds.FlagBits():
            return flags_text(view, value, kind)
        case kinds.Checksum():
            return f"0x{value:04x}" + (f" ({view.checksum_status})" if view.checksum_status else "")
        case kinds.NextHeader():
            return next_header(value, kind.bits)
        case kinds.Address():
            return addresses.text(bytes(value))
        case kinds.UInt() if kind.names is not None:
            return f"{value} ({kind.names.get(value, 'unassigned')})"
        case kinds.UInt():
            return f"{value}{unit(spec.name)}"
        case kinds.OctetsTail() if spec.name == "identifier" and value.isascii() and value.decode().isprintable():
            return f'"{value.decode()}"'
    shown = kind.to_json(value, view.profile)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else "none" if shown is None else str(shown)


def next_header(number: int, bits: int = 8) -> str:
    """A protocol number or an Ethernet type with its name."""
    if bits == 16:
        name = {0x86DD: "IPv6", 0x0800: "IPv4", 0x8100: "VLAN", 0x88A8: "Service VLAN", 0x0806: "ARP"}.get(number)
        return f"0x{number:04x}" + (f" ({name})" if name else "")
    name = registry.PROTOCOL.get(number)
    return f"{number} ({name})" if name else str(number)
