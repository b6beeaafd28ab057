"""Our dpkt packets: reading, building, and in and out of dpkt's tables."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import dpkt
import pytest
from dpkt.icmp6 import ICMP6
from dpkt.ip6 import IP6

from dissectors.adapters.dpkt_packets import dissect_with_dpkt, install, packets, uninstall
from dissectors.ipv6.address import parse
from dissectors.options.binding import NonceIndices
from dissectors.options.header import PadN
from dissectors.options.multiple_home_agents import MultipleHomeAgents
from dissectors.profile import KAME2003, RFC6275, Profile
from tests.dissectors.adapters.hard_cases import AGENT_1, AGENT_2, CASES

P = packets()
AGENTS = (parse(AGENT_1), parse(AGENT_2))


@pytest.fixture(autouse=True)
def dpkt_as_it_was() -> Iterator[None]:
    before = tables()
    yield
    uninstall()
    assert tables() == before


def tables() -> list[Any]:
    return [list(IP6._protosw.items()), list(ICMP6._typesw.items())]


def test_without_installing() -> None:
    update = dissect_with_dpkt(CASES[0].octets).data
    assert isinstance(update, P.mobility)
    assert (update.sequence_number, update.flags, update.lifetime_s) == (258, 0xC800, 420)
    assert update.options[-1] == MultipleHomeAgents(home_agents=AGENTS)
    assert isinstance(IP6(CASES[0].octets).data, bytes)


def test_installed_and_taken_out() -> None:
    install()
    ip6 = IP6(CASES[0].octets)
    assert ip6.bindingupdate.options[-1].home_agents == AGENTS
    assert IP6(CASES[1].octets).icmp6.homeagentunreachable.unreachable == AGENTS[1:]
    assert IP6(CASES[2].octets).icmp6.data.subtype == 2
    for case in CASES:
        assert bytes(IP6(case.octets)) == case.octets
    install()
    uninstall()
    assert isinstance(IP6(CASES[0].octets).data, bytes)


def test_building() -> None:
    made = P.HaSwitch(addresses=AGENTS)
    assert bytes(made) == bytes.fromhex("3b040c000000 0200") + b"".join(AGENTS)
    assert len(made) == 40
    update = P.BindingUpdate(sequence_number=258, flags=0xC800, lifetime_s=420)
    assert bytes(update) == bytes.fromhex("3b010500 0000 0102 c800 0069 01020000")
    update.lifetime_s = 8
    assert bytes(update)[-6:] == bytes.fromhex("0002 01020000")
    with pytest.raises(ValueError, match="units of 4"):
        update.lifetime_s = 9


def test_fields_that_share_octets() -> None:
    beat = P.Heartbeat(sequence_number=5, flags=1)
    assert bytes(beat) == bytes.fromhex("3b010d000000 0001 00000005 01020000")
    beat.flags = 3
    assert bytes(beat)[6:8] == b"\0\3"
    assert "flags=3" in repr(beat)


def test_our_value() -> None:
    message = dissect_with_dpkt(CASES[0].octets).data.message()
    assert message.flags == {"A", "H", "M"}


def test_broken_messages_stay_octets() -> None:
    octets = bytearray(CASES[0].octets)
    octets[65] = 200  # the length exceeds the packet
    assert isinstance(dissect_with_dpkt(bytes(octets)).data, bytes)
    with pytest.raises(dpkt.NeedData):
        P.mobility(bytes(octets[64:]))
    with pytest.raises(dpkt.NeedData):
        P.BindingUpdate(b"\x3b\x01")


def test_options_are_padded() -> None:
    """RFC 6275, 6.2.1: our option at 8n+6, so PadN 01 00 at 12, 32 octets, Header Len 3; one that is given stands."""
    one = (MultipleHomeAgents(home_agents=AGENTS[:1]),)
    assert bytes(P.BindingUpdate(options=one)) == bytes.fromhex("3b030500" + "00" * 8 + "0100 1210") + AGENTS[0]
    assert (
        bytes(P.BindingUpdate(options=one, header_length=2))
        == bytes.fromhex("3b020500" + "00" * 8 + "1210") + AGENTS[0]
    )
    assert P.BindingUpdate().message().options == (PadN(padding=bytes(2)),)


#: A Binding Update of 12 octets, Nonce Indices (RFC 6275, 6.2.6) of 6, and PadN of 6: 24, Header Len 2.
INDICES = bytes.fromhex("3b02 0500 0000 0001 0000 000f 0404 0001 0002 0104 0000 0000")


@pytest.mark.parametrize(
    "options",
    [
        [P.NonceIndices(home_nonce_index=1, care_of_nonce_index=2)],
        (NonceIndices(home_nonce_index=1, care_of_nonce_index=2),),
        P.NonceIndices(home_nonce_index=1, care_of_nonce_index=2),
        [P.NonceIndices(INDICES[12:18]), P.PadN(INDICES[18:])],
    ],
    ids=["packets", "values", "one", "as read"],
)
def test_options_may_be_packets(options: Any) -> None:
    assert bytes(P.BindingUpdate(sequence_number=1, lifetime_s=60, options=options)) == INDICES
    later = P.BindingUpdate(bytes(P.BindingUpdate(sequence_number=1, lifetime_s=60)))
    later.options, later.header_length = options, 2
    assert bytes(later)[:18] == INDICES[:18]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ([5], "options can't be 5: give a list of dpkt packets or values"),
        ("0404", "options can't be '0404'"),
        ([P.BindingUpdate()], "is no mobility option"),
        ([P.HopByHop()], "options: no messages or options of a family 'ipv6'"),
        ([P.NonceIndices(length=9)], "options: mobility option: 11 octets stated, 6 left"),
    ],
)
def test_what_is_no_option_is_told(options: Any, what: str) -> None:
    with pytest.raises(dpkt.PackError, match=what):
        bytes(P.BindingUpdate(options=options))


@pytest.mark.parametrize(
    "make",
    [
        lambda: P.BindingUpdate(options=(MultipleHomeAgents(home_agents=AGENTS * 8),)),
        lambda: P.HaSwitch(addresses=(bytes(15),)),
        lambda: P.HaSwitch(addresses=AGENTS * 64),  # 8 octets and 128 times 16: 2056 of 2048
        lambda: P.ExperimentalMobility(data=b"1"),  # 7 octets
        lambda: P.Authentication(icv=bytes(13)),  # 25 octets, no multiple of 4
        lambda: P.HomeTestInit(home_init_cookie=b"0123456789"),  # RFC 6275, 6.1.3: 64 bits
        lambda: P.HomeTestInit(home_init_cookie=b"abc"),
        lambda: P.AlternateCareOfAddress(care_of_address=bytes(17)),
        lambda: P.BindingIdentifier(care_of_address=bytes(5)),  # RFC 5648, 4.1: none, 4 or 16
        P.MultipleHomeAgents,  # would read back as a type that nobody knows
        P.HomeAgentUnreachable,
    ],
)
def test_what_cannot_be_packed(make: Callable[[], Any]) -> None:
    with pytest.raises(dpkt.PackError):
        bytes(make())


def test_octets_may_come_later() -> None:
    message = P.ExperimentalMobility()
    message.data = b"12"
    assert bytes(message) == bytes.fromhex("3b000b00 0000 3132")
    assert message.message().data == b"12"


def test_what_is_changed_after_reading_is_padded_and_counted() -> None:
    """An address stands at 8n+6 (RFC 6275, 6.2.5): behind the 24 octets at 30, which makes 48 of them, Header Len 5."""
    update = P.mobility(INDICES)
    assert bytes(update) == INDICES
    update.options = update.options[:1]
    assert bytes(update) == INDICES
    update.options += (P.AlternateCareOfAddress(care_of_address=AGENTS[0]),)
    octets = b"\x3b\x05" + INDICES[2:] + bytes.fromhex("010400000000 0310") + AGENTS[0]
    assert (bytes(update), len(update), update.header_length) == (octets, 48, 5)
    assert update.message().options[-1].care_of_address == AGENTS[0]


def test_what_is_changed_after_making_is_padded_and_counted() -> None:
    """The address at 14 behind PadN 01 00: 32 octets, Header Len 3; two of 16 octets behind 8: 40, Header Len 4."""
    update = P.BindingUpdate(sequence_number=1)
    update.options = [P.AlternateCareOfAddress(care_of_address=bytes(16))]
    assert bytes(update) == bytes.fromhex("3b030500 0000 0001 0000 0000 0100 0310") + bytes(16)
    update.options = []
    assert bytes(update) == bytes.fromhex("3b010500 0000 0001 0000 0000 0102 0000")
    switch = P.HaSwitch()
    switch.addresses = AGENTS
    assert bytes(switch) == bytes.fromhex("3b040c00 0000 0200") + b"".join(AGENTS)
    option = P.MultipleHomeAgents(home_agents=AGENTS)
    option.home_agents = AGENTS[:1]
    assert bytes(option)[1] == 16


def test_a_length_that_is_set_afterwards_stands() -> None:
    update = P.BindingUpdate(sequence_number=1)
    update.header_length = 9
    assert bytes(update)[1] == 9
    update.options = []
    assert bytes(update) == bytes.fromhex("3b090500 0000 0001 0000 0000")
    message = P.ExperimentalMobility()
    message.data = b"1"
    with pytest.raises(dpkt.PackError, match="7 octets in all"):
        bytes(message)


@pytest.mark.parametrize("profile", [RFC6275, KAME2003])
def test_packets_can_be_pickled(profile: Profile) -> None:
    made = packets(profile)
    for packet in (made.BindingUpdate(sequence_number=1, flags=0x8000), made.PadN(padding=bytes(3))):
        again = pickle.loads(pickle.dumps(packet))
        assert type(again) is type(packet)
        assert bytes(again) == bytes(packet)
    ip6 = dissect_with_dpkt(CASES[0].octets, profile)
    assert bytes(pickle.loads(pickle.dumps(ip6))) == bytes(ip6) == CASES[0].octets


def test_a_routing_header_of_type_2_has_one_segment_left() -> None:
    """RFC 6275, 6.4.1: Hdr Ext Len 2, routing type 2, Segments Left always 1."""
    assert bytes(P.RoutingType2(home_address=AGENTS[0])) == bytes.fromhex("3b020201 00000000") + AGENTS[0]


def test_half_an_address_in_a_routing_header_comes_back() -> None:
    """Hdr Ext Len 1 has 16 octets: dpkt reads no address out of them and forgets the last 8."""
    half = bytes.fromhex("8701020100000000 20010db800000000 3b010500a1570001c000000f01020000")
    octets = bytes.fromhex("60000000 0020 2b40") + bytes(15) + b"\1" + bytes(15) + b"\2" + half
    ip6 = dissect_with_dpkt(octets)
    assert bytes(ip6) == octets
    ip6.all_extension_headers[0].segs_left = 7
    assert bytes(ip6)[43] == 7


def test_neither_of_the_two_types_154() -> None:
    octets = bytearray(CASES[2].octets)
    octets[44] = 9
    assert isinstance(dissect_with_dpkt(bytes(octets)).data.data, bytes)


def test_the_profile_of_2003() -> None:
    made = packets(KAME2003)
    update = made.BindingUpdate(sequence_number=1)
    octets = CASES[3].octets[:4] + b"\0\x10\x3e\x40" + CASES[3].octets[8:40] + bytes(update)
    assert dissect_with_dpkt(octets, KAME2003).data.sequence_number == 1
    install(KAME2003)
    assert IP6(octets).bindingupdate.sequence_number == 1


def test_importing_changes_nothing() -> None:
    code = (
        "from dpkt.ip6 import IP6; before = dict(IP6._protosw)\n"
        "from dissectors.adapters import dpkt_packets; dpkt_packets.packets()\n"
        "assert before == IP6._protosw\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
