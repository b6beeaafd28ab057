"""Tokens, RFC 4285's authenticator, timestamps and addresses: against their definitions, spelled out."""

import hashlib
import hmac

import pytest

from dissectors.ipv6.address import parse
from mhatool.protocol import mobility_authentication, ntp
from mhatool.protocol.neighbourhood import (
    home_agents_anycast,
    in_prefix,
    interface_identifier,
    link_local,
    solicited_node,
)
from mhatool.protocol.return_routability import care_of_keygen_token, home_keygen_token

HOME, CARE_OF = parse("2001:db8:1::9"), parse("2001:db8:2::9")
S = 1_000_000_000


def test_keygen_tokens_are_the_first_64_bits_over_address_nonce_and_a_last_octet() -> None:
    key, nonce = bytes(range(20)), b"nonce---"
    home = hmac.new(key, HOME + nonce + b"\x00", hashlib.sha1).digest()
    care_of = hmac.new(key, HOME + nonce + b"\x01", hashlib.sha1).digest()
    assert home_keygen_token(key, HOME, nonce) == home[:8]
    assert care_of_keygen_token(key, HOME, nonce) == care_of[:8]
    assert home[:8] != care_of[:8]


def test_the_authentication_option_covers_addresses_and_header_up_to_the_spi() -> None:
    header = bytes(range(28)) + bytes(12)
    covered = header[:4] + b"\x00\x00" + header[6:28]  # the checksum as zero, the last 12 octets left out
    expected = hmac.new(b"secret", CARE_OF + HOME + covered, hashlib.sha1).digest()[:12]
    assert mobility_authentication.authenticator(b"secret", CARE_OF, HOME, header) == expected
    proven = header[:28] + expected
    assert mobility_authentication.authenticator(b"secret", CARE_OF, HOME, proven) == expected


def test_ntp_counts_from_1900() -> None:
    # RFC 5905, figure 4: 1 January 1970 is second 2,208,988,800 of era 0; half a second is the top bit of the fraction.
    assert ntp.timestamp(0) == 2_208_988_800 << 32
    assert ntp.timestamp(S // 2) == 2_208_988_800 << 32 | 1 << 31
    # 7 February 2036, 06:28:16 UTC begins era 1: 2^32 - 2,208,988,800 = 2,085,978,496 s after 1970.
    assert ntp.timestamp(2_085_978_496 * S) == 0


@pytest.mark.parametrize("seconds", [-8, -1, 0, 1, 7])
def test_differences_wrap_around_eras(seconds: int) -> None:
    for at in (0, 2_085_978_496 * S, 1_700_000_000 * S):
        one, other = ntp.timestamp(at + seconds * S), ntp.timestamp(at)
        assert ntp.difference_ns(one, other) == seconds * S


def test_an_agent_tells_its_seconds_above_the_fraction_that_came() -> None:
    assert ntp.with_seconds_of(0x11111111_22222222, 0x33333333_44444444) == 0x33333333_22222222


def test_addresses_of_a_link() -> None:
    link = bytes.fromhex("004026 4c51fd")  # the vendor's three octets, the station's three
    assert interface_identifier(link) == bytes.fromhex("024026fffe4c51fd")  # RFC 4291, appendix A: u bit inverted
    assert link_local(interface_identifier(link)) == parse("fe80::240:26ff:fe4c:51fd")
    assert solicited_node(parse("2001:db8::12:3456")) == parse("ff02::1:ff12:3456")
    assert home_agents_anycast(parse("2001:db8:1::9")) == parse("2001:db8:1:0:fdff:ffff:ffff:fffe")


@pytest.mark.parametrize(
    ("length", "inside"), [(0, True), (32, True), (46, True), (47, False), (64, False), (128, False)]
)
def test_the_bits_of_a_prefix(length: int, inside: bool) -> None:
    # 2001:db8:1:: and 2001:db8:2:: have 46 bits in common: 0x0001 is ...01, 0x0002 is ...10, in bits 33 to 48.
    assert in_prefix(HOME, CARE_OF, length) is inside
    assert in_prefix(HOME, HOME, length)
