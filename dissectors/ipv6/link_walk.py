"""The way through a frame's link layers, VLAN tags among them, to what they carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from dissectors.ipv6.link import (
    ETHERNET,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPE_VLAN,
    IPV6_ONLY,
    LEAST_ETHERTYPE,
    LOOP,
    NULL,
    RAW,
    SLL,
    SLL2,
    Ethernet,
    LinuxSll,
    LinuxSll2,
    Null,
    Vlan,
)
from dissectors.ipv6.rest import Rest
from dissectors.view import View

LINK_TYPES: Final = frozenset({NULL, ETHERNET, LOOP, SLL, IPV6_ONLY, SLL2, *RAW})

#: Adds a layer of this class, which ends here at the latest, to the packet.
AddLayer = Callable[[type, Rest, int], View]


class Carried(NamedTuple):
    """What the link layers carry: IPv6, or octets of which the last of them tells these facts."""

    rest: Rest
    is_ipv6: bool
    facts: dict[str, Any]


def through_link(layer: AddLayer, link_type: int, rest: Rest) -> Carried | None:
    """Past the layers of a link type in LINK_TYPES; None where the frame ends before they say what follows."""
    if link_type == ETHERNET:
        view = layer(Ethernet, rest, rest.start + 14)
        return _by_ethertype(layer, view.get("ethertype"), rest.at(view.end), LEAST_ETHERTYPE)
    if link_type in (SLL, SLL2):
        cls, size = (LinuxSll, 16) if link_type == SLL else (LinuxSll2, 20)
        view = layer(cls, rest, rest.start + size)
        return _by_ethertype(layer, view.get("protocol"), rest.at(view.end))
    if link_type in (NULL, LOOP):
        rest = rest.at(layer(Null, rest, rest.start + 4).end)
    return Carried(rest, rest.start < rest.end and rest.octets[rest.start] >> 4 == 6, {})  # the version tells


def _by_ethertype(layer: AddLayer, ethertype: int | None, rest: Rest, least: int = 0) -> Carried | None:
    """Past VLAN tags; what is less than `least` is a length."""
    while ethertype in ETHERTYPE_VLAN:
        tag = layer(Vlan, rest, rest.start + 4)
        ethertype, rest = tag.get("ethertype"), rest.at(tag.end)
    if ethertype is None:
        return None
    name = "IPv4" if ethertype == ETHERTYPE_IPV4 else "IEEE 802.3" if ethertype < least else ""
    facts = {"ethertype": ethertype, **({"ethertype_name": name} if name else {})}
    return Carried(rest, ethertype == ETHERTYPE_IPV6, facts)


__all__ = ["LINK_TYPES", "AddLayer", "Carried", "through_link"]
