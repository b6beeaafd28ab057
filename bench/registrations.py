"""Nothing but signalling, as a home link of many mobile nodes sees it: every rule kept, every checksum right."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from random import Random

from bench import octets as wire
from bench.files import Timed
from bench.messages import ANYCAST, HOME_REGISTRATION, MOBILITY_TYPES, Packet

START_US = 1_700_000_000_000_000
ROUND_US = 300_000_000
"""Every mobile node refreshes its bindings so often; they live for 420 s."""
ROUNDS_A_LINK = 3
"""Then it moves on."""
MESSAGES_AT_FIRST, MESSAGES_A_ROUND = 4, 8
"""Of each mobile node."""
HOME_AGENTS_M = 0x0800
"""The M bit."""
_LIFETIME = (420 // 4).to_bytes(2, "big")
_REFRESH_ADVICE = b"\x02\x02" + (320 // 4).to_bytes(2, "big")
_HOME_LINK = bytes.fromhex("20010db8aaaa0000")
_AGENT, _SECOND_AGENT = _HOME_LINK + bytes(7) + b"\x01", _HOME_LINK + bytes(7) + b"\x02"
_CORRESPONDENT = bytes.fromhex("20010db8dddd0000") + bytes(7) + b"\x01"
_LINK = wire.link_header(wire.ETHERTYPE_IPV6)
_ROUND_TRIP_US = 20_000
_AUTHENTICATOR_OCTETS = 12


@dataclass
class Registered:
    """What the capture holds."""

    messages: Counter[str] = field(default_factory=Counter)
    """By the names of `mhatool info --json`."""
    bindings: int = 0
    """At the home agent: one for each mobile node, which never lets it expire."""
    care_of_addresses: int = 0
    """In those bindings, one after another."""


class _MobileNode:
    """One of them: its addresses, and the number of its latest Binding Update."""

    def __init__(self, number: int, random: Random) -> None:
        self._number = number.to_bytes(7, "big")
        self._sequence = random.randrange(1 << 16)
        self.home = _HOME_LINK + b"\x01" + self._number
        self.care_of = b""
        self.has_two_agents = number % 10 == 0

    def move(self, link: int) -> None:
        """To another link, with a new care-of address there."""
        self.care_of = bytes.fromhex("20010db8cccc") + link.to_bytes(2, "big") + b"\x01" + self._number

    def next_number(self) -> bytes:
        """One more (RFC 6275, 6.1.7)."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        return self._sequence.to_bytes(2, "big")


class Registrations:
    """Frames with their times, in order; `registered` is filled while they are taken. The same for the same seed.

    Each mobile node finds its home agent and learns its prefix (4 messages); each round it registers with it and, by
    return routability, with a correspondent (8 messages).
    """

    def __init__(self, nodes: int, rounds: int, *, seed: int = 6275) -> None:
        self.registered = Registered()
        self._random = Random(seed)
        self._rounds = rounds
        self._nodes = [_MobileNode(number, self._random) for number in range(nodes)]
        self._identifier = 0

    def __iter__(self) -> Iterator[Timed]:
        for number in range(self._rounds):
            timed = [each for node in self._nodes for each in self._round(node, number)]
            timed.sort(key=lambda pair: pair[0])
            for time_us, packet in timed:
                self.registered.messages[packet.name] += 1
                yield time_us, _frame(packet)

    def _round(self, node: _MobileNode, number: int) -> Iterator[tuple[int, Packet]]:
        """All of one node in one round; what it asks first goes out first."""
        now = START_US + number * ROUND_US + self._random.randrange(ROUND_US // 10)
        if number % ROUNDS_A_LINK == 0:
            node.move(number // ROUNDS_A_LINK)
            self.registered.care_of_addresses += 1
        exchanges = [*self._home_registration(node), *self._correspondent_registration(node)]
        if number == 0:
            self.registered.bindings += 1
            exchanges = [*self._first_contact(node), *exchanges]
        for packet in exchanges:
            yield now, packet
            now += self._random.randrange(_ROUND_TRIP_US // 2, _ROUND_TRIP_US)

    def _first_contact(self, node: _MobileNode) -> Iterator[Packet]:
        self._identifier = (self._identifier + 1) & 0xFFFF
        asked = self._identifier.to_bytes(2, "big") + bytes(2)
        yield Packet("dhaad_request", node.care_of, _HOME_LINK + ANYCAST, asked)
        yield Packet("dhaad_reply", _AGENT, node.care_of, asked + _AGENT + _SECOND_AGENT)
        yield Packet("mobile_prefix_solicitation", node.care_of, _AGENT, asked, option=node.home)
        prefix = bytes.fromhex("030440c000278d0000093a8000000000") + _HOME_LINK + bytes(8)
        yield Packet("mobile_prefix_advertisement", _AGENT, node.care_of, asked + prefix, routed=node.home)

    def _home_registration(self, node: _MobileNode) -> Iterator[Packet]:
        number = node.next_number()
        flags = HOME_REGISTRATION | (HOME_AGENTS_M if node.has_two_agents else 0)
        body = number + flags.to_bytes(2, "big") + _LIFETIME + b"\x01\0\x03\x10" + node.care_of
        if node.has_two_agents:  # PadN to 8n+6, then the Multiple Home Agents option
            body += b"\x01\x04\0\0\0\0\x12\x20" + _AGENT + _SECOND_AGENT
        yield Packet("binding_update", node.care_of, _AGENT, body, option=node.home)
        body = b"\0\0" + number + _LIFETIME + _REFRESH_ADVICE
        yield Packet("binding_acknowledgement", _AGENT, node.care_of, body, routed=node.home)

    def _correspondent_registration(self, node: _MobileNode) -> Iterator[Packet]:
        home_cookie, care_of_cookie = self._random.randbytes(8), self._random.randbytes(8)
        there, back = (node.care_of, _AGENT), (_AGENT, node.care_of)
        yield Packet("home_test_init", node.home, _CORRESPONDENT, bytes(2) + home_cookie, tunnel=there)
        yield Packet("care_of_test_init", node.care_of, _CORRESPONDENT, bytes(2) + care_of_cookie)
        home_token, care_of_token = self._random.randbytes(8), self._random.randbytes(8)
        yield Packet("home_test", _CORRESPONDENT, node.home, b"\0\x07" + home_cookie + home_token, tunnel=back)
        yield Packet("care_of_test", _CORRESPONDENT, node.care_of, b"\0\x08" + care_of_cookie + care_of_token)
        number, key = node.next_number(), sha1(home_token + care_of_token).digest()
        # The flag A; Nonce Indices; Binding Authorization Data at 8n+2.
        body = number + b"\x80\0" + _LIFETIME + b"\x04\x04\0\x07\0\x08" + b"\x05\x0c"
        body += _authenticator(key, node.care_of, "binding_update", body)
        yield Packet("binding_update", node.care_of, _CORRESPONDENT, body, option=node.home)
        body = b"\0\0" + number + _LIFETIME + b"\x01\x04\0\0\0\0" + b"\x05\x0c"
        body += _authenticator(key, node.care_of, "binding_acknowledgement", body)
        yield Packet("binding_acknowledgement", _CORRESPONDENT, node.care_of, body, routed=node.home)


def _authenticator(key: bytes, care_of: bytes, name: str, body: bytes) -> bytes:
    """RFC 6275, 6.2.7: over both addresses and the message up to here, as if its checksum were zero."""
    header_length = (6 + len(body) + _AUTHENTICATOR_OCTETS) // 8 - 1
    head = bytes((wire.NO_NEXT_HEADER, header_length, MOBILITY_TYPES[name], 0, 0, 0))
    return hmac.digest(key, care_of + _CORRESPONDENT + head + body, "sha1")[:_AUTHENTICATOR_OCTETS]


def _frame(packet: Packet) -> bytes:
    protocol, octets = packet.headers()
    inside = wire.ipv6(packet.source, packet.destination, protocol, octets)
    return _LINK + (wire.ipv6(*packet.tunnel, wire.IPV6, inside) if packet.tunnel is not None else inside)
