"""A datagram made from a template is the one that is built layer by layer."""

import hashlib
import hmac
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from dissectors.build import build, layer
from dissectors.icmpv6.header import Icmpv6Error
from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.icmpv6.home_agents import DhaadReply, MobilePrefixAdvertisement
from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, RouterAdvertisement
from dissectors.icmpv6.options import PrefixInformation, TargetLinkLayerAddress
from dissectors.ipv6.header import DestinationOptions, HomeAddress, Ipv6, RoutingType2
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingUpdate
from dissectors.mobility.return_routability import HomeTest
from dissectors.options.binding import (
    AlternateCareOfAddress,
    BindingAuthorizationData,
    BindingRefreshAdvice,
    NonceIndices,
)
from dissectors.options.extensions import BindingIdentifier
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.padding import padded
from dissectors.profile import KAME2003, RFC6275, Profile
from dissectors.spec import Flags
from mhatool.engine.departure import MOST_TEMPLATES, Writer


def updates(random: Random) -> Iterator[Any]:
    number = random.getrandbits(16)
    for count in (2, 3, 15):
        listed = MultipleHomeAgents(home_agents=tuple(random.randbytes(16) for _ in range(count)))
        yield BindingUpdate(sequence_number=number, flags=Flags("AHM"), lifetime_s=60, options=(listed,))
    alternate = AlternateCareOfAddress(care_of_address=random.randbytes(16))
    proof = MobilityMessageAuthentication(subtype=1, spi=256, authenticator=random.randbytes(12))
    stamp = MessageIdentification(timestamp=random.getrandbits(64))
    yield BindingUpdate(sequence_number=number, flags=Flags("AH"), lifetime_s=60, options=(alternate, stamp, proof))
    identifier = BindingIdentifier(binding_id=7, status=0, flags=Flags(), care_of_address=random.randbytes(16))
    yield BindingUpdate(sequence_number=number, flags=Flags("A"), lifetime_s=60, options=(identifier,))
    nonces = NonceIndices(home_nonce_index=number, care_of_nonce_index=number ^ 1)
    yield BindingUpdate(
        sequence_number=number,
        flags=Flags("A"),
        lifetime_s=4 * random.getrandbits(4),
        options=(nonces, BindingAuthorizationData(authenticator=random.randbytes(12))),
    )


def others(random: Random) -> Iterator[Any]:
    number = random.getrandbits(16)
    yield BindingAcknowledgement(status=0, flags=Flags(), sequence_number=number, lifetime_s=60, options=())
    advice = BindingRefreshAdvice(refresh_interval_s=4 * random.getrandbits(2))
    yield BindingAcknowledgement(status=0, flags=Flags("K"), sequence_number=number, lifetime_s=60, options=(advice,))
    yield BindingError(status=1, home_address=random.randbytes(16), options=())
    yield HomeTest(
        home_nonce_index=number,
        home_init_cookie=random.randbytes(8),
        home_keygen_token=random.randbytes(8),
        options=(),
    )
    target = TargetLinkLayerAddress(link_layer_address=random.randbytes(6))
    yield NeighborAdvertisement(flags=Flags("O"), target=random.randbytes(16), options=(target,))
    prefix = PrefixInformation(
        prefix_length=64,
        flags=Flags("LAR"),
        valid_lifetime_s=number,
        preferred_lifetime_s=number,
        prefix=random.randbytes(16),
    )
    yield RouterAdvertisement(flags=Flags("H"), router_lifetime_s=1800, options=(prefix,))
    yield MobilePrefixAdvertisement(identifier=number, flags=Flags(), options=(prefix, prefix))
    for count in (0, 1, 5):
        agents = tuple(random.randbytes(16) for _ in range(count))
        yield DhaadReply(identifier=number, flags=Flags(), home_agents=agents)
    yield HomeAgentUnreachable(identifier=number, unreachable=(random.randbytes(16),))
    yield Icmpv6Error(icmp_type=4, code=0, parameter=41, quoted=random.randbytes(51 + random.getrandbits(1)))


def built(message: Any, source: bytes, destination: bytes, profile: Profile, **way: Any) -> bytes:
    layers = []
    if "tunnel" in way:
        layers.append(layer(Ipv6(source=way["tunnel"][0], destination=way["tunnel"][1], hop_limit=64)))
    layers.append(layer(Ipv6(source=source, destination=destination, hop_limit=way.get("hop_limit", 64))))
    if "routed_to" in way:
        layers.append(layer(RoutingType2(segments_left=1, home_address=way["routed_to"])))
    if "home_address" in way:
        options = DestinationOptions(options=(HomeAddress(home_address=way["home_address"]),))
        layers.append(layer(padded(options, profile)))
    return build([*layers, layer(padded(message, profile))], profile)


def ways(random: Random) -> Iterator[dict[str, Any]]:
    yield {}
    yield {"hop_limit": 255}
    yield {"routed_to": random.randbytes(16)}
    yield {"home_address": random.randbytes(16)}
    yield {"tunnel": (random.randbytes(16), random.randbytes(16)), "home_address": random.randbytes(16)}
    yield {"routed_to": random.randbytes(16), "home_address": random.randbytes(16)}


def test_every_shape_again_with_other_values() -> None:
    random, writer = Random(6275), Writer(RFC6275)
    for _ in range(3):
        for way in ways(random):
            for message in (*updates(random), *others(random)):
                source, destination = random.randbytes(16), random.randbytes(16)
                expected = built(message, source, destination, RFC6275, **way)
                assert writer.write(message, source, destination, **way) == expected


def test_another_profile_has_its_own_numbers() -> None:
    random, writer = Random(2003), Writer(KAME2003)
    message = BindingUpdate(sequence_number=1, flags=Flags("AHSL"), lifetime_s=420, options=())
    source, destination, home = (random.randbytes(16) for _ in range(3))
    octets = writer.write(message, source, destination, home_address=home)
    assert octets == built(message, source, destination, KAME2003, home_address=home)
    assert octets[40] == 62  # the Mobility Header's number of draft 19


def test_a_seal_covers_the_header_without_checksum_and_takes_the_last_octets() -> None:
    random, writer, key = Random(1), Writer(RFC6275), b"key"
    for _ in range(2):
        home, care_of, agent = (random.randbytes(16) for _ in range(3))
        option = MobilityMessageAuthentication(subtype=1, spi=256, authenticator=bytes(12))
        message = BindingUpdate(
            sequence_number=random.getrandbits(16), flags=Flags("AH"), lifetime_s=60, options=(option,)
        )
        octets = writer.write(
            message, care_of, agent, home_address=home, seal=lambda header: hmac.digest(key, header, "sha1")[:12]
        )
        header = octets[64:68] + bytes(2) + octets[70:-12]
        proof = hmac.new(key, header + bytes(12), hashlib.sha1).digest()[:12]
        proven = message.replace(options=(option.replace(authenticator=proof),))
        assert octets == built(proven, care_of, agent, RFC6275, home_address=home)


@pytest.mark.parametrize("size", [0, 1, 40])
def test_what_is_all_its_own_is_not_kept(size: int) -> None:
    writer = Writer(RFC6275)
    for number in range(3):
        message = Icmpv6Error(icmp_type=4, code=0, parameter=0, quoted=bytes([number]) * size)
        assert writer.write(message, bytes(16), bytes(16)) == built(message, bytes(16), bytes(16), RFC6275)
    assert not writer._templates


def test_the_shapes_that_are_kept_have_an_end() -> None:
    writer = Writer(RFC6275)
    for lifetime in range(MOST_TEMPLATES + 5):
        message = BindingAcknowledgement(
            status=0, flags=Flags(), sequence_number=0, lifetime_s=4 * lifetime, options=()
        )
        writer.write(message, bytes(16), bytes(16))
    assert len(writer._templates) == MOST_TEMPLATES
