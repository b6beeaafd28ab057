"""ESP with NULL encryption (RFC 2410) around packets, and keygen tokens put to use; made with struct and hashlib."""

import hashlib
import hmac
import struct

from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, home_address_option, internet_checksum, ipv6, tunnel
from tests.recipes.packets import (
    TOKEN,
    TOKEN2,
    Option,
    authorization,
    ba,
    bu,
    home_bu,
    nonce_indices,
)

ESP = 50
MOBILITY, ICMPV6, IPV6, DESTINATION_OPTIONS = 135, 58, 41, 60


def esp(payload: bytes, following: int, *, authenticated: bool = True) -> bytes:
    """The payload in clear, padded to four octets, with 12 octets of integrity check value or none."""
    count = -(len(payload) + 2) % 4
    trailer = bytes(range(1, count + 1)) + bytes((count, following))
    return struct.pack(">II", 0x100, 1) + payload + trailer + (bytes(range(0xA0, 0xAC)) if authenticated else b"")


def in_esp(packet: bytes, *, authenticated: bool = True) -> bytes:
    """A packet with one extension header of 24 octets (Home Address option or routing header) and ESP behind it."""
    extension, payload = packet[40:64], packet[64:]
    protected = bytes((ESP,)) + extension[1:] + esp(payload, extension[0], authenticated=authenticated)
    return packet[:4] + len(protected).to_bytes(2) + packet[6:40] + protected


def esp_tunnel(source: bytes, destination: bytes, inner: bytes) -> bytes:
    """Tunnel mode."""
    return ipv6(source, destination, ESP, esp(inner, IPV6))


def to_agent(inner: bytes, *, protected: bool = True) -> bytes:
    """From the care-of address to the home agent."""
    return (esp_tunnel if protected else tunnel)(CARE1, AGENT, inner)


def from_agent(inner: bytes) -> bytes:
    return esp_tunnel(AGENT, CARE1, inner)


def home_address_inside_esp(packet: bytes) -> bytes:
    """The same packet with ESP before the extension header."""
    protected = esp(packet[40:], packet[6])
    return packet[:4] + len(protected).to_bytes(2) + bytes((ESP,)) + packet[7:40] + protected


def registration(at: float = 0.0, agent: bytes = AGENT) -> tuple[tuple[float, bytes], ...]:
    """A home registration and its answer, a tenth of a second later, both in ESP."""
    return (at, in_esp(home_bu(to=agent))), (at + 0.1, in_esp(ba(source=agent)))


def authenticator(packet: bytes, key: bytes, care_of_address: bytes, correspondent: bytes) -> bytes:
    """RFC 6275, 6.2.7: of a packet that ends with its authenticator, behind one extension header of 24 octets."""
    message = packet[64:-12]
    hashed = care_of_address + correspondent + message[:4] + bytes(2) + message[6:]
    return hmac.new(key, hashed, "sha1").digest()[:12]


def key_of(*tokens: bytes) -> bytes:
    return hashlib.sha1(b"".join(tokens)).digest()


def correspondent_bu(
    *,
    home_index: int = 1,
    care_of_index: int = 1,
    tokens: tuple[bytes, ...] = (TOKEN, TOKEN2),
    life: int = 60,
    seq: int = 1,
) -> bytes:
    """A Binding Update to the correspondent with the right authenticator for these tokens."""

    def made(proof: bytes) -> bytes:
        options: tuple[Option, ...] = (nonce_indices(home_index, care_of_index), authorization(proof))
        return bu(*options, to=PEER, flags="", life=life, seq=seq)

    key = key_of(*tokens)
    return made(authenticator(made(bytes(12)), key, CARE1 if life else HOME, PEER))


def destination_options_sum(packet: bytes) -> bytes:
    """The checksum of the Mobility Header behind a Home Address option made right again."""
    source, destination = packet[48:64], packet[24:40]
    message = packet[64:68] + bytes(2) + packet[70:]
    assert packet[40:48] == home_address_option(HOME, MOBILITY)[:8]
    return packet[:68] + internet_checksum(source, destination, MOBILITY, message).to_bytes(2) + packet[70:]
