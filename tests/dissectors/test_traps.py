"""Where other tools go wrong, and we must not: traps met in Wireshark, Scapy, tcpdump, INET, Zeek and KAME."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from dissectors.build import build, layer
from dissectors.ipv6.header import Ipv6
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.options.binding import BindingAuthorizationData, NonceIndices
from dissectors.options.header import UnknownMobilityOption
from dissectors.options.identity import MobilityMessageAuthentication
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.padding import padded
from dissectors.profile import RFC6275
from dissectors.spec import Flags
from dissectors.walk import dissect
from mhatool.capture import open_capture

UPDATE = BindingUpdate(sequence_number=1, flags=Flags("AHM"), lifetime_s=60)
HEADER = Ipv6(source=bytes(15) + b"\x01", destination=bytes(15) + b"\x02")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (143, "Forwarding Setup failed"),
        (144, "MIPV6-ID-MISMATCH"),
        (145, "MIPV6-MESG-ID-REQD"),
        (146, "MIPV6-AUTH-FAIL"),
        (147, "Permanent home keygen token unavailable"),
        (148, "CGA and signature verification failed"),
        (179, "CANNOT_MEET_QOS_SERVICE_REQUEST"),
        (180, "CANNOT_SUPPORT_MULTIPATH_BINDING"),
        (181, "unassigned"),
    ],
)
def test_wireshark_names_these_statuses_wrongly_or_not_at_all(status: int, name: str) -> None:
    """IANA's registry of status codes."""
    answer = padded(BindingAcknowledgement(status=status, sequence_number=1, lifetime_s=0))
    assert dissect(build([layer(HEADER), layer(answer)])).layers[-1].json()["status_name"] == name


def test_wireshark_shows_the_headers_length_as_an_unknown_options() -> None:
    message = padded(UPDATE.replace(options=(UnknownMobilityOption(type=99, data=b"\x01\x02\x03"),)))
    option = dissect(build([layer(HEADER), layer(message)])).layers[-1].json()["options"][0]
    assert (option["type"], option["length"], option["data"]) == (99, 3, "010203")


def test_wireshark_takes_our_type_154_for_a_malformed_fmipv6() -> None:
    one = bytes.fromhex("9a00000000000001" + "20010db8000000000000000000000001")
    assert type(RFC6275.codec.parse("icmpv6", one)).__name__ == "HomeAgentUnreachable"
    solicitation = bytes.fromhex("9a00000002000001")
    assert type(RFC6275.codec.parse("icmpv6", solicitation)).__name__ == "Fmipv6"
    neither = bytes.fromhex("9a00000001000001")
    assert type(RFC6275.codec.parse("icmpv6", neither)).__name__ == "UnknownIcmpv6"


def test_scapy_gives_two_options_length_16() -> None:
    """RFC 6275, 6.2.6 and 6.2.7: 4 and 12."""
    codec = RFC6275.codec
    assert codec.emit(NonceIndices(home_nonce_index=1, care_of_nonce_index=2))[1] == 4
    assert codec.emit(BindingAuthorizationData(authenticator=bytes(12)))[1] == 12


def test_scapy_pads_again() -> None:
    once = padded(UPDATE.replace(options=(NonceIndices(home_nonce_index=1, care_of_nonce_index=2),)))
    octets = RFC6275.codec.emit(once)
    assert RFC6275.codec.emit(RFC6275.codec.parse("mobility", octets)) == octets


def test_kame_lets_padding_follow_the_authentication_option() -> None:
    """RFC 4285, 5: it is the last. 19 octets at 8n+5 end at a multiple of 8; after our option too."""
    agents = MultipleHomeAgents(home_agents=(bytes(15) + b"\x01", bytes(15) + b"\x02"))
    proof = MobilityMessageAuthentication(subtype=1, spi=256, authenticator=bytes(12))
    for options in ((proof,), (agents, proof)):
        message = padded(UPDATE.replace(options=options))
        octets = RFC6275.codec.emit(message)
        assert message.options[-1] is proof
        assert (len(octets) - 19) % 8 == 5
        assert octets[-19:-16] == bytes([9, 17, 1])


def test_umip_sends_refresh_advice_in_seconds() -> None:
    """RFC 6275, 6.2.4: units of 4 s, in network order: 208 s is 52."""
    octets = bytes.fromhex("3b010600000000000001000f" + "02020034")
    assert RFC6275.codec.parse("mobility", octets).options[0].refresh_interval_s == 208


@pytest.mark.parametrize("word", [229, 0x14000000 | 1])
def test_link_type_words(word: int, tmp_path: Path) -> None:
    """229 is bare IPv6; the upper bits say how long a frame check sequence is (pcap's link-type word)."""
    octets = build([layer(HEADER), layer(padded(UPDATE))])
    if word & 0xFFFF == 1:
        octets = bytes(12) + b"\x86\xdd" + octets
    path = tmp_path / "x.pcap"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, word)
    path.write_bytes(header + struct.pack("<IIII", 1, 0, len(octets), len(octets)) + octets)
    with open_capture(str(path)) as reader:
        record = next(iter(reader))
    assert dissect(record.captured, record.link_type).layers[-1].type == "binding_update"
