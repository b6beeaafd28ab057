"""What a message says, in as few words as people use for it when they talk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dissectors import registry
from dissectors.packet import Datagram, Packet
from dissectors.spec import kinds
from dissectors.view import View
from mhatool.display.labels import letters
from mhatool.exchange.registration import ACCEPTED_BELOW

_SHORT: Final = {
    "binding_refresh_request": "BRR",
    "care_of_test_init": "CoTI",
    "dhaad_reply": "DHAAD reply",
    "dhaad_request": "DHAAD request",
    "ha_switch": "HA Switch",
    "home_agent_unreachable": "HA unreachable",
    "home_test_init": "HoTI",
    "mobile_prefix_advertisement": "MPA",
    "mobile_prefix_solicitation": "MPS",
}
_LISTS: Final = {
    "dhaad_reply": "home_agents",
    "ha_switch": "addresses",
    "home_agent_unreachable": "unreachable",
}
"""The field with the addresses that a message is about."""


def said_by(datagram: Datagram, message: View, packet: Packet) -> str:
    """The message in a few words; addresses aside (`listed_by`). What is wrong with it stands in a bracket."""
    if message.type == "icmpv6_error":
        text = _error(message, packet)
    else:
        text = _said(message)
    blame = ["bad checksum"] if message.checksum_status == "bad" else []
    blame += ["truncated"] if message.truncated else []
    return f"{text} [{', '.join(blame)}]" if blame else text


def listed_by(message: View) -> tuple[bytes, ...]:
    """The addresses that belong to it: home agents that were found, that are unreachable, that should be taken."""
    field = _LISTS.get(message.type)
    return tuple(message.get(field) or ()) if field is not None else ()


def _said(message: View) -> str:
    describe = _DESCRIBE.get(message.type)
    return describe(message) if describe is not None else _SHORT.get(message.type, message.declaration.title)


def _error(message: View, packet: Packet) -> str:
    number = message.get("icmp_type")
    name = registry.ICMPV6_TYPE.get(-1 if number is None else number, "error")
    about = [found.upper for found in packet.datagrams if found.quoted and found.upper is not None]
    code = _number(" code", message.get("code"))
    return f"ICMPv6 {name}{code}" + (f" about {_said(about[-1])}" if about else "")


def _binding_update(message: View) -> str:
    flags = f" {_flags(message)}" if message.get("flags") else ""
    return f"BU{_number('', message.get('sequence_number'))}{flags}{_lifetime(message)}"


def _binding_acknowledgement(message: View) -> str:
    status = message.get("status")
    begin = f"BA{_number('', message.get('sequence_number'))}"
    if status == 0:
        return f"{begin} accepted{_lifetime(message)}"
    name = registry.BINDING_ACKNOWLEDGEMENT_STATUS.get(-1 if status is None else status, "").split("/")[0]
    lifetime = _lifetime(message) if status is not None and status < ACCEPTED_BELOW else ""
    return begin + _number(" status", status) + (f" ({name})" if name else "") + lifetime


def _binding_error(message: View) -> str:
    status = message.get("status")
    name = registry.BINDING_ERROR_STATUS.get(-1 if status is None else status)
    return "BE" + _number(" status", status) + (f" ({name})" if name else "")


def _test(word: str, field: str) -> Callable[[View], str]:
    return lambda message: word + _number(" nonce", message.get(field))


def _heartbeat(message: View) -> str:
    flags = message.get("flags") or ()
    word = "Heartbeat answer" if "R" in flags else "Heartbeat"
    return f"{word}, unsolicited" if "U" in flags else word


def _unknown(message: View) -> str:
    number = message.get("mh_type")
    name = registry.MOBILITY_HEADER_TYPE.get(-1 if number is None else number)
    return name or "Mobility Header" + _number(" type", number)


def _flags(message: View) -> str:
    kind = message.declaration.by_name["flags"].kind
    return letters(message, message.get("flags"), kind) if isinstance(kind, kinds.FlagBits) else ""


def _lifetime(message: View) -> str:
    seconds = message.get("lifetime_s")
    return f" {seconds} s" if seconds is not None else ""


def _number(word: str, value: int | None) -> str:
    return f"{word} {value}" if value is not None else ""


_DESCRIBE: Final[Mapping[str, Callable[[View], str]]] = {
    "binding_acknowledgement": _binding_acknowledgement,
    "binding_error": _binding_error,
    "binding_update": _binding_update,
    "care_of_test": _test("CoT", "care_of_nonce_index"),
    "heartbeat": _heartbeat,
    "home_test": _test("HoT", "home_nonce_index"),
    "mobility": _unknown,
}

__all__ = ["listed_by", "said_by"]
