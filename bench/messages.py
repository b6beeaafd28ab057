"""One message of each kind of mobility signalling, between nodes drawn by lot; each with its name and way to travel."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from bench import octets as wire

HOME_LINKS, AGENTS_A_LINK, MOBILE_NODES, VISITED_LINKS, CORRESPONDENTS = 4, 3, 100, 4, 10
HOME_REGISTRATION = 0xC000
"""The flags A and H."""
ANYCAST = bytes.fromhex("fdfffffffffffffe")
"""The interface identifier of all home agents of a link (RFC 2526)."""

#: Names as in `mhatool info --json`, with the type on the wire: a Mobility Header's or ICMPv6's.
MOBILITY_TYPES = {
    "binding_refresh_request": 0,
    "home_test_init": 1,
    "care_of_test_init": 2,
    "home_test": 3,
    "care_of_test": 4,
    "binding_update": 5,
    "binding_acknowledgement": 6,
    "binding_error": 7,
    "ha_switch": 12,
    "heartbeat": 13,
}
ICMPV6_TYPES = {
    "dhaad_request": 144,
    "dhaad_reply": 145,
    "mobile_prefix_solicitation": 146,
    "mobile_prefix_advertisement": 147,
    "home_agent_unreachable": 154,
    "fmipv6": 154,
}


class Packet(NamedTuple):
    """A message before it is packed: `home` goes into a Home Address option or a type 2 routing header."""

    name: str
    source: bytes
    destination: bytes
    body: bytes
    option: bytes | None = None
    routed: bytes | None = None
    tunnel: tuple[bytes, bytes] | None = None

    def headers(self) -> tuple[int, bytes]:
        """The first next header value, and all from there on."""
        if self.name in MOBILITY_TYPES:
            protocol = wire.MOBILITY
            ends = (self.option or self.source, self.routed or self.destination)
            octets = wire.mobility(MOBILITY_TYPES[self.name], self.body, *ends)
        else:
            protocol = wire.ICMPV6
            ends = (self.option or self.source, self.routed or self.destination)
            octets = wire.icmpv6(ICMPV6_TYPES[self.name], self.body, *ends)
        if self.option is not None:
            return wire.DESTINATION_OPTIONS, wire.home_address_option(self.option, protocol) + octets
        if self.routed is not None:
            return wire.ROUTING, wire.routing_header(self.routed, protocol) + octets
        return protocol, octets


class Nodes:
    """A mobile node, its home agent and a correspondent, drawn by lot."""

    def __init__(self, random: Random) -> None:
        number = random.randrange(MOBILE_NODES)
        home_link, visited = number % HOME_LINKS, random.randrange(VISITED_LINKS)
        self.prefix = bytes.fromhex("20010db8aaaa") + home_link.to_bytes(2, "big")
        self.agents = [self.prefix + bytes(7) + bytes((1 + agent,)) for agent in range(AGENTS_A_LINK)]
        self.agent = self.agents[number % AGENTS_A_LINK]
        self.home = self.prefix + b"\x01" + number.to_bytes(7, "big")
        self.care_of = bytes.fromhex("20010db8cccc") + visited.to_bytes(2, "big") + b"\x01" + number.to_bytes(7, "big")
        self.correspondent = bytes.fromhex("20010db8dddd0000") + random.randrange(CORRESPONDENTS).to_bytes(8, "big")


def draw(random: Random, kind: str) -> Packet:
    """One message of this kind, as RFC 6275 has it travel."""
    return _KINDS[kind](random, Nodes(random))


def _number(random: Random) -> bytes:
    return random.randbytes(2)


def _refresh_request(random: Random, nodes: Nodes) -> Packet:
    return Packet("binding_refresh_request", nodes.correspondent, nodes.care_of, bytes(2), routed=nodes.home)


def _home_test_init(random: Random, nodes: Nodes) -> Packet:
    body, tunnel = bytes(2) + random.randbytes(8), (nodes.care_of, nodes.agent)
    return Packet("home_test_init", nodes.home, nodes.correspondent, body, tunnel=tunnel)


def _care_of_test_init(random: Random, nodes: Nodes) -> Packet:
    return Packet("care_of_test_init", nodes.care_of, nodes.correspondent, bytes(2) + random.randbytes(8))


def _home_test(random: Random, nodes: Nodes) -> Packet:
    body, tunnel = _number(random) + random.randbytes(16), (nodes.agent, nodes.care_of)
    return Packet("home_test", nodes.correspondent, nodes.home, body, tunnel=tunnel)


def _care_of_test(random: Random, nodes: Nodes) -> Packet:
    return Packet("care_of_test", nodes.correspondent, nodes.care_of, _number(random) + random.randbytes(16))


def _update(random: Random, nodes: Nodes) -> Packet:
    body = _number(random) + HOME_REGISTRATION.to_bytes(2, "big") + b"\0\x69" + b"\x01\0\x03\x10" + nodes.care_of
    return Packet("binding_update", nodes.care_of, nodes.agent, body, option=nodes.home)


def _acknowledgement(random: Random, nodes: Nodes) -> Packet:
    body = b"\0\0" + _number(random) + b"\0\x69" + b"\x02\x02\0\x50"
    return Packet("binding_acknowledgement", nodes.agent, nodes.care_of, body, routed=nodes.home)


def _error(random: Random, nodes: Nodes) -> Packet:
    return Packet("binding_error", nodes.correspondent, nodes.care_of, b"\x01\0" + nodes.home)


def _switch(random: Random, nodes: Nodes) -> Packet:
    others = [agent for agent in nodes.agents if agent != nodes.agent]
    body = bytes((len(others), 0)) + b"".join(others)
    return Packet("ha_switch", nodes.agent, nodes.care_of, body, routed=nodes.home)


def _heartbeat(random: Random, nodes: Nodes) -> Packet:
    body = bytes((0, random.randrange(2))) + random.randbytes(4)
    return Packet("heartbeat", nodes.agents[0], nodes.agents[1], body)


def _dhaad_request(random: Random, nodes: Nodes) -> Packet:
    return Packet("dhaad_request", nodes.care_of, nodes.prefix + ANYCAST, _number(random) + bytes(2))


def _dhaad_reply(random: Random, nodes: Nodes) -> Packet:
    return Packet("dhaad_reply", nodes.agent, nodes.care_of, _number(random) + bytes(2) + b"".join(nodes.agents))


def _prefix_solicitation(random: Random, nodes: Nodes) -> Packet:
    body = _number(random) + bytes(2)
    return Packet("mobile_prefix_solicitation", nodes.care_of, nodes.agent, body, option=nodes.home)


def _prefix_advertisement(random: Random, nodes: Nodes) -> Packet:
    prefix = bytes.fromhex("030440c000278d0000093a8000000000") + nodes.prefix + bytes(8)
    body = _number(random) + bytes(2) + prefix
    return Packet("mobile_prefix_advertisement", nodes.agent, nodes.care_of, body, routed=nodes.home)


def _agent_unreachable(random: Random, nodes: Nodes) -> Packet:
    body = bytes(2) + _number(random) + nodes.agents[1]
    return Packet("home_agent_unreachable", nodes.agents[0], nodes.care_of, body, routed=nodes.home)


def _proxy_solicitation(random: Random, nodes: Nodes) -> Packet:
    """FMIPv6's Router Solicitation for Proxy Advertisement: subtype 2, one source link-layer address option."""
    body = b"\x02\0" + _number(random) + b"\x01\x01" + random.randbytes(6)
    return Packet("fmipv6", nodes.care_of, nodes.correspondent, body)


_KINDS: dict[str, Callable[[Random, Nodes], Packet]] = {
    "binding_refresh_request": _refresh_request,
    "home_test_init": _home_test_init,
    "care_of_test_init": _care_of_test_init,
    "home_test": _home_test,
    "care_of_test": _care_of_test,
    "binding_update": _update,
    "binding_acknowledgement": _acknowledgement,
    "binding_error": _error,
    "ha_switch": _switch,
    "heartbeat": _heartbeat,
    "dhaad_request": _dhaad_request,
    "dhaad_reply": _dhaad_reply,
    "mobile_prefix_solicitation": _prefix_solicitation,
    "mobile_prefix_advertisement": _prefix_advertisement,
    "home_agent_unreachable": _agent_unreachable,
    "fmipv6": _proxy_solicitation,
}

#: How often a kind is seen, beside the others.
FREQUENCIES = dict.fromkeys(_KINDS, 10) | {
    "binding_update": 40,
    "binding_acknowledgement": 40,
    "home_test_init": 25,
    "care_of_test_init": 25,
    "home_test": 25,
    "care_of_test": 25,
    "ha_switch": 3,
    "home_agent_unreachable": 3,
    "fmipv6": 3,
}
