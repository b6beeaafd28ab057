"""Our Scapy layers beside Scapy's own: checksums, answers, padding, installing and taking out again."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scapy.config import conf
from scapy.layers import inet6
from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import HAO, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting
from scapy.packet import Raw, fuzz

from dissectors.adapters import scapy_layers
from dissectors.adapters.scapy_layers import dissect_with_scapy, install, layers, uninstall
from dissectors.mobility.binding import BindingUpdate
from dissectors.profile import KAME2003, RFC6275
from dissectors.walk import dissect
from tests.dissectors.adapters.hard_cases import AGENT_1, AGENT_2, CARE_OF, CASES, HOME
from tests.dissectors.test_true_ends import CASES as ROUTED
from tests.dissectors.test_true_ends import packet as packet_behind
from tests.mhatool.scenes import ip

L = layers()
TABLES = ("moboptcls", "_mip6_mhtype2cls", "icmp6typescls", "icmp6typesminhdrlen", "ipv6nhcls", "icmp6ndoptscls")


@pytest.fixture(autouse=True)
def scapy_as_it_was() -> Iterator[None]:
    before = tables()
    yield
    uninstall()
    assert tables() == before


def tables() -> dict[str, Any]:
    found: dict[str, Any] = {name: dict(getattr(inet6, name)) for name in TABLES}
    found["in6_pseudoheader"] = inet6.in6_pseudoheader
    return found | {"udp": list(UDP.payload_guess), "order": [list(getattr(inet6, name)) for name in TABLES]}


def status(octets: bytes) -> str:
    return str(dissect(octets, 229).json()[-1]["checksum_status"])


def update(**fields: Any) -> Any:
    return L.MHABindingUpdate(**{"sequence_number": 258, "flags": "AHM", "lifetime_s": 420} | fields)


def binding_update_with_padding() -> bytes:
    """The first hard case: a Home Address option beside PadN."""
    return CASES[0].octets


# --- checksums --------------------------------------------------------------------------------------------------------


def test_a_rebuilt_packet_keeps_its_checksum_and_stock_scapys_does_not() -> None:
    octets = binding_update_with_padding()
    ours = dissect_with_scapy(octets)
    ours[L.MHABindingUpdate].checksum = None
    assert bytes(ours) == octets
    assert status(bytes(ours)) == "good"

    stock = IPv6(octets)
    stock[inet6.MIP6MH_BU].cksum = None
    assert bytes(stock) != octets
    assert status(bytes(stock)) == "bad"  # Scapy counts the Home Address option only where it stands alone


def test_both_live_side_by_side_without_installing() -> None:
    octets = binding_update_with_padding()
    assert inet6.MIP6MH_BU in IPv6(octets)
    assert L.MHABindingUpdate in dissect_with_scapy(octets)
    assert L.MHABindingUpdate not in IPv6(octets)


@pytest.mark.parametrize("padding", [[], [inet6.PadN(optdata=b"\0\0")], [inet6.Pad1(), inet6.Pad1()]])
def test_our_messages_behind_scapys_own_headers(padding: list[Any]) -> None:
    extensions = IPv6ExtHdrDestOpt(options=[*padding, HAO(hoa=HOME)])
    octets = bytes(IPv6(src=CARE_OF, dst=AGENT_1) / extensions / update().auto_pad())
    assert status(octets) == "good"


def test_a_routing_header_names_the_destination() -> None:
    answer = L.MHABindingAcknowledgement(status=0, sequence_number=258, lifetime_s=420).auto_pad()
    header = IPv6ExtHdrRouting(type=2, addresses=[HOME])
    octets = bytes(IPv6(src=AGENT_1, dst=CARE_OF) / header / answer)
    assert status(octets) == "good"
    ours = L.MHARoutingType2(segments_left=1, home_address=HOME)
    assert bytes(L.ipv6(src=AGENT_1, dst=CARE_OF) / ours / answer) == octets


@pytest.mark.parametrize("case", ROUTED)
def test_a_checksum_made_again_behind_any_routing_header(case: str) -> None:
    """Octets made with struct, the sum over the address that RFC 8754, 2 or RFC 6554, 3 names."""
    octets = packet_behind(*ROUTED[case])
    ours = dissect_with_scapy(octets)
    ours[layers().of(BindingUpdate)].checksum = None
    assert bytes(ours) == octets


@pytest.mark.parametrize("base", [IPv6, L.ipv6])
@pytest.mark.parametrize(
    "header",
    [
        L.MHARoutingType2(segments_left=2, home_address=HOME),
        L.MHARoutingType0(segments_left=3, addresses=[AGENT_2, HOME]),
    ],
)
def test_more_segments_left_than_addresses(base: Any, header: Any) -> None:
    """Nobody knows what the sum is over (RFC 8200, 4.4); it is made over the IPv6 header's, as `craft` does."""
    ends = {"src": AGENT_1, "dst": CARE_OF}
    octets = bytes(base(**ends) / header / L.MHABindingAcknowledgement(sequence_number=258))
    assert status(octets) == "unverified"
    assert octets[-16:] == bytes(base(**ends) / L.MHABindingAcknowledgement(sequence_number=258))[-16:]


@pytest.mark.parametrize(
    "header",
    [
        L.MHAUnknownRouting(routing_type=3, segments_left=1, data=bytes(4) + ip(HOME)),
        # the last 8 octets of HOME, the first 8 as in AGENT_1, where the packet goes
        L.MHAUnknownRouting(routing_type=3, segments_left=1, data=bytes((0x88, 0, 0, 0)) + ip(HOME)[8:]),
        IPv6ExtHdrRouting(type=3, segleft=1, addresses=[HOME]),
        IPv6ExtHdrRouting(type=4, segleft=1, addresses=[HOME, AGENT_2]),
    ],
    ids=["RPL", "RPL, shortened", "RPL as Scapy's", "segments as Scapy's"],
)
@pytest.mark.parametrize("upper", [update(), scapy_layers.MHAUDP() / b"abc", inet6.ICMPv6EchoRequest(data=b"abc")])
def test_upper_layers_behind_other_routing_headers(header: Any, upper: Any) -> None:
    install()
    octets = bytes(IPv6(src=CARE_OF, dst=AGENT_1) / header / upper)
    assert dissect(octets).datagrams[0].true_destination == ip(HOME)
    assert status_of_upper(octets) == "good"


def test_a_header_of_2048_octets() -> None:
    message = update(options=[L.MHAUnknownMobilityOption(type=200, data=b"\xa5" * 250) for _ in range(8)]).auto_pad()
    padding = 2048 - len(bytes(message))
    message.options += [L.MHAPadN(padding=bytes(padding - 2))]
    octets = bytes(IPv6(src=CARE_OF, dst=AGENT_1) / message)
    assert len(octets) == 40 + 2048
    assert octets[41] == 255
    assert status(octets) == "good"


def test_udp_behind_a_home_address_option() -> None:
    below = L.ipv6(src=CARE_OF, dst=AGENT_1) / L.MHADestinationOptions(
        options=[L.MHAHeaderPadN(padding=b"\0\0"), L.MHAHomeAddress(home_address=HOME)]
    )
    octets = bytes(below / scapy_layers.MHAUDP(sport=521, dport=521) / L.MHARipng(command_=1))
    assert [layer["type"] for layer in dissect(octets, 229).json()][-2:] == ["udp", "ripng"]
    assert dissect(octets, 229).json()[-2]["checksum_status"] == "good"


@pytest.mark.parametrize(
    ("name", "hop_limit"),
    [
        ("RouterSolicitation", 255),  # RFC 4861, 4.1 to 4.5, and RFC 5568, 6.1
        ("RouterAdvertisement", 255),
        ("NeighborSolicitation", 255),
        ("NeighborAdvertisement", 255),
        ("Redirect", 255),
        ("Fmipv6", 255),
        ("HomeAgentUnreachable", 64),
        ("MobilePrefixSolicitation", 64),
        ("BindingUpdate", 64),
    ],
)
def test_what_stays_on_its_link_says_so(name: str, hop_limit: int) -> None:
    for base in (IPv6, L.ipv6):
        packet = base(src="fe80::1", dst="fe80::2") / L.by_name[f"MHA{name}"]()
        assert bytes(packet)[7] == hop_limit
        packet.hlim = 3
        assert bytes(packet)[7] == 3


def test_a_given_checksum_and_length_stand() -> None:
    octets = bytes(L.ipv6(src=HOME, dst=AGENT_1) / update(checksum=0x1234, header_length=9))
    assert octets[41] == 9
    assert octets[44:46] == b"\x12\x34"


# --- building ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def without_padding() -> Iterator[None]:
    L.MHAPacket.automatic_padding = False
    yield
    L.MHAPacket.automatic_padding = True


def length_agrees(octets: bytes) -> bool:
    return 8 + 8 * octets[1] == len(octets)


def test_the_shortest_binding_update_is_padded() -> None:
    packet = IPv6(src=HOME, dst=AGENT_1) / L.MHABindingUpdate(sequence_number=7)
    assert bytes(packet)[4:6] == b"\0\x10"
    assert length_agrees(bytes(packet)[40:])
    assert bytes(packet)[-4:] == bytes.fromhex("01020000")
    assert status(bytes(packet)) == "good"
    assert packet[L.MHABindingUpdate].options == []  # what the user wrote isn't touched


def test_a_built_message_is_padded_and_auto_pad_shows_it() -> None:
    message = update(options=[L.MHAMultipleHomeAgents(home_agents=[AGENT_1, AGENT_2])])
    assert len(bytes(message)) == 48
    padded = message.auto_pad()
    assert [o.symbol for o in padded.options] == ["pad_n", "multiple_home_agents"]
    assert bytes(padded) == bytes(message)


@pytest.mark.usefixtures("without_padding")
def test_nothing_is_padded_where_that_is_turned_off() -> None:
    message = update(options=[L.MHAMultipleHomeAgents(home_agents=[AGENT_1, AGENT_2])])
    assert len(bytes(message)) == 12 + 34
    assert len(bytes(message.auto_pad())) == 48


def test_padding_can_be_turned_off_for_one_class() -> None:
    L.MHABindingUpdate.automatic_padding = False
    try:
        assert len(bytes(L.MHABindingUpdate())) == 12
        assert len(bytes(L.MHABindingAcknowledgement())) == 16
    finally:
        del L.MHABindingUpdate.automatic_padding
    assert len(bytes(L.MHABindingUpdate())) == 16


def test_a_given_length_is_not_padded() -> None:
    assert len(bytes(update(header_length=1))) == 12


@pytest.mark.parametrize(
    "options",
    [
        [L.MHAAlternateCareOfAddress(care_of_address=CARE_OF)],
        [L.MHANonceIndices(home_nonce_index=1), L.MHAAlternateCareOfAddress(care_of_address=CARE_OF)],
        [inet6.MIP6OptAltCoA(acoa=CARE_OF)],
        [L.MHAUnknownMobilityOption(type=200, data=bytes(n)) for n in range(9)],
        [L.MHAMobilityMessageAuthentication(subtype=1, spi=256, authenticator=bytes(12))],
        [L.MHAPad1()],
        [Raw(b"\xc8\x09\x01")],
        b"\x01",
    ],
    ids=str,
)
def test_the_length_always_agrees_with_the_octets(options: Any) -> None:
    message = update(options=options)
    assert length_agrees(bytes(message))
    assert length_agrees(bytes(message / Raw(b"abc")))
    if not isinstance(options, bytes) and not isinstance(options[0], Raw | inet6.MIP6OptAltCoA):
        assert bytes(message) == bytes(message.auto_pad())


@pytest.mark.parametrize("size", range(18))
def test_messages_without_options_are_filled_up(size: int) -> None:
    octets = bytes(L.MHAUnknownMobility(mh_type=99, data=b"\xa5" * size))
    assert length_agrees(octets)
    assert octets[6:] == b"\xa5" * size + bytes(-(6 + size) % 8)


def test_a_built_options_header_is_padded_before_what_follows() -> None:
    header = L.MHADestinationOptions(options=[L.MHAHomeAddress(home_address=HOME)])
    octets = bytes(L.ipv6(src=CARE_OF, dst=AGENT_1) / header / update())
    assert octets[40:48] == bytes.fromhex("8702 0102 0000 c910")
    assert length_agrees(octets[40:64])
    assert length_agrees(octets[64:])
    assert status(octets) == "good"


def misplaced() -> Any:
    """A dissected Binding Update whose Alternate Care-of Address doesn't stand at 8n + 6."""
    option = L.MHAAlternateCareOfAddress(care_of_address=CARE_OF)
    octets = bytes(update(options=[option, L.MHAPadN(padding=bytes(0))], header_length=3, checksum=1))
    assert len(octets) == 32
    return L.MHABindingUpdate(octets)


def test_what_was_dissected_keeps_its_places() -> None:
    octets = bytes(misplaced())
    for packet in (
        misplaced(),
        misplaced().copy(),
        copy.deepcopy(misplaced()),
        pickle.loads(pickle.dumps(misplaced())),
    ):
        packet.clear_cache()
        assert bytes(packet) == octets
        packet.header_length = None
        assert bytes(packet) == octets
        assert bytes(IPv6() / packet)[40:] == octets
        packet.options[0].care_of_address = HOME  # it changes, its size doesn't
        assert len(bytes(packet)) == 32


def test_what_was_dissected_and_then_changed_is_padded() -> None:
    packet = misplaced()
    packet.options.append(L.MHANonceIndices())
    assert len(bytes(packet)) == 38  # its length is still the one that it came with
    packet.header_length = None
    assert length_agrees(bytes(packet))
    again = L.MHABindingUpdate(bytes(packet))
    assert [o.symbol for o in again.options] == ["pad_n", "alternate_care_of_address", "pad_n", "nonce_indices"]


def test_extension_headers_name_what_stands_next() -> None:
    two = L.MHAHopByHop() / L.MHADestinationOptions()
    packet = two / UDP()
    assert [packet.next_header, packet.payload.next_header] == [60, 17]


def test_option_9_is_padded_to_the_end() -> None:
    authentication = L.MHAMobilityMessageAuthentication(subtype=1, spi=256, authenticator=bytes(range(12)))
    option = L.MHAMultipleHomeAgents(home_agents=[AGENT_1, AGENT_2])
    message = update(options=[option, authentication]).auto_pad()
    home = IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)])
    octets = bytes(IPv6(src=CARE_OF, dst=AGENT_1) / home / message)
    case = next(case for case in CASES if case.name.startswith("option 9"))
    assert octets[-72:] == case.octets[-72:]


def test_home_agent_switch_counts_its_addresses() -> None:
    octets = bytes(IPv6(src=AGENT_1, dst=HOME) / L.MHAHaSwitch(addresses=[AGENT_1, AGENT_2]))
    assert octets == next(case for case in CASES if case.type == "ha_switch").octets


def test_lifetimes_are_seconds() -> None:
    assert bytes(update(lifetime_s=420))[10:12] == b"\0\x69"
    with pytest.raises(ValueError, match="units of 4"):
        bytes(update(lifetime_s=421))


def test_scapys_fuzz_makes_packets() -> None:
    for _ in range(20):
        assert len(bytes(IPv6(src=HOME, dst=AGENT_1) / fuzz(L.MHABindingUpdate()))) >= 52


def test_packets_can_be_pickled() -> None:
    packet = dissect_with_scapy(binding_update_with_padding())
    assert bytes(pickle.loads(pickle.dumps(packet))) == bytes(packet)


def test_one_informative_line() -> None:
    line = dissect_with_scapy(binding_update_with_padding()).summary()
    assert "Binding Update: sequence_number=258" in line
    assert "Multiple Home Agents" in line
    assert "PadN" not in line


def test_broken_octets_are_kept() -> None:
    octets = bytearray(binding_update_with_padding())
    octets[40 + 24 + 15] = 200  # our option's length runs over the end
    packet = dissect_with_scapy(bytes(octets))
    assert packet.haslayer(Raw)
    packet.clear_cache()
    assert bytes(packet) == octets


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "answer", "others"),
    [
        (
            update(),
            L.MHABindingAcknowledgement(sequence_number=258),
            [L.MHABindingAcknowledgement(sequence_number=257), L.MHABindingError(status=1)],
        ),
        (update(), L.MHABindingAcknowledgement(sequence_number=9, status=135), []),
        (
            L.MHAHomeTestInit(home_init_cookie=b"12345678"),
            L.MHAHomeTest(home_init_cookie=b"12345678"),
            [L.MHAHomeTest(home_init_cookie=b"87654321"), L.MHACareOfTest(care_of_init_cookie=b"12345678")],
        ),
        (
            L.MHACareOfTestInit(care_of_init_cookie=b"12345678"),
            L.MHACareOfTest(care_of_init_cookie=b"12345678"),
            [L.MHACareOfTest(care_of_init_cookie=b"87654321")],
        ),
        (
            L.MHADhaadRequest(identifier=5),
            L.MHADhaadReply(identifier=5, home_agents=[AGENT_1]),
            [L.MHADhaadReply(identifier=6), L.MHAMobilePrefixAdvertisement(identifier=5)],
        ),
        (
            L.MHAMobilePrefixSolicitation(identifier=5),
            L.MHAMobilePrefixAdvertisement(identifier=5),
            [L.MHAMobilePrefixAdvertisement(identifier=6)],
        ),
        (
            L.MHAHeartbeat(sequence_number=5),
            L.MHAHeartbeat(sequence_number=5, flags="R"),
            [L.MHAHeartbeat(sequence_number=5), L.MHAHeartbeat(sequence_number=6, flags="R")],
        ),
    ],
    ids=lambda x: getattr(x, "symbol", ""),
)
def test_answers(request_: Any, answer: Any, others: list[Any]) -> None:
    assert answer.answers(request_)
    assert answer.hashret() == request_.hashret()
    assert not any(other.answers(request_) for other in others)
    assert not request_.answers(answer)


def test_answers_from_end_to_end() -> None:
    """A home registration: the request with a Home Address option, the answer behind a type 2 routing header."""
    request = dissect_with_scapy(binding_update_with_padding())
    header = L.MHARoutingType2(segments_left=1, home_address=HOME)
    reply = L.ipv6(src=AGENT_1, dst=CARE_OF) / header / L.MHABindingAcknowledgement(sequence_number=258).auto_pad()
    reply = dissect_with_scapy(bytes(reply))
    assert reply.answers(request)
    assert reply.hashret() == request.hashret()
    reply[L.MHARoutingType2].home_address = AGENT_2
    assert not reply.answers(request)


def _echo_request(**fields: Any) -> Any:
    return inet6.ICMPv6EchoRequest(**{"id": 1, "seq": 2, "data": b"abc"} | fields)


REQUEST = IPv6(src=CARE_OF, dst=AGENT_1) / _echo_request()
TO_PORT_9 = IPv6(src=CARE_OF, dst=AGENT_1) / UDP(sport=7, dport=9) / b"abc"


@pytest.mark.parametrize("request_", [REQUEST, TO_PORT_9], ids=["echo", "udp"])
@pytest.mark.parametrize(
    "answer",
    [
        inet6.ICMPv6EchoReply(id=1, seq=2, data=b"abc"),
        inet6.ICMPv6EchoReply(id=2, seq=2, data=b"abc"),
        inet6.ICMPv6EchoReply(id=1, seq=3, data=b"abc"),
        inet6.ICMPv6EchoReply(id=1, seq=2, data=b"xyz"),
        _echo_request(),
        inet6.ICMPv6DestUnreach() / inet6.IPerror6(bytes(REQUEST)),
        inet6.ICMPv6TimeExceeded() / inet6.IPerror6(bytes(TO_PORT_9)),
        inet6.ICMPv6TimeExceeded() / inet6.IPerror6(bytes(TO_PORT_9)[:48]),
        inet6.ICMPv6ParamProblem() / inet6.IPerror6(bytes(IPv6(src=CARE_OF, dst=AGENT_2) / _echo_request())),
        inet6.ICMPv6PacketTooBig() / inet6.IPerror6(bytes(IPv6(src=CARE_OF, dst=AGENT_1) / _echo_request(seq=3))),
    ],
    ids=repr,
)
def test_echoes_and_errors_answer_as_scapys_own_do(request_: Any, answer: Any) -> None:
    for destination in (CARE_OF, HOME):
        reply = IPv6(src=AGENT_1, dst=destination) / answer
        is_answer = bool(IPv6(bytes(reply)).answers(IPv6(bytes(request_))))
        ours, asked = dissect_with_scapy(bytes(reply)), dissect_with_scapy(bytes(request_))
        assert bool(ours.answers(asked)) == is_answer
        assert not is_answer or ours.hashret() == asked.hashret()


def test_echoes_and_errors_answer_in_tunnels() -> None:
    """Between home agent and care-of address; an error about the tunnel's own packet goes to its entry."""
    outer, back = IPv6(src=CARE_OF, dst=AGENT_1), IPv6(src=AGENT_1, dst=CARE_OF)
    sent = outer / IPv6(src=HOME, dst=AGENT_2) / _echo_request()
    reply = back / IPv6(src=AGENT_2, dst=HOME) / inet6.ICMPv6EchoReply(id=1, seq=2, data=b"abc")
    inner_error = back / IPv6(src=AGENT_1, dst=HOME) / inet6.ICMPv6DestUnreach() / inet6.IPerror6(bytes(sent)[40:])
    outer_error = back / inet6.ICMPv6TimeExceeded() / inet6.IPerror6(bytes(sent))
    other_error = back / inet6.ICMPv6TimeExceeded() / inet6.IPerror6(bytes(REQUEST))
    asked = dissect_with_scapy(bytes(sent))
    for answer in (reply, inner_error, outer_error):
        assert dissect_with_scapy(bytes(answer)).answers(asked)
    assert not dissect_with_scapy(bytes(other_error)).answers(asked)


def test_an_error_about_an_update_goes_to_its_care_of_address() -> None:
    """It quotes the Home Address option, and is sent to the source of the packet (RFC 4443, 2.2)."""
    octets = binding_update_with_padding()
    error = IPv6(src=AGENT_1, dst=CARE_OF) / inet6.ICMPv6ParamProblem(ptr=42) / inet6.IPerror6(octets)
    assert dissect_with_scapy(bytes(error)).answers(dissect_with_scapy(octets))


# --- Scapy's own layers once ours are installed -----------------------------------------------------------------------


def behind_our_home_address(upper: Any) -> bytes:
    options = [L.MHAHeaderPadN(padding=b"\0\0"), L.MHAHomeAddress(home_address=HOME)]
    return bytes(IPv6(src=CARE_OF, dst=AGENT_1) / L.MHADestinationOptions(options=options) / upper)


def behind_our_routing_header(upper: Any) -> bytes:
    return bytes(IPv6(src=AGENT_1, dst=CARE_OF) / L.MHARoutingType2(segments_left=1, home_address=HOME) / upper)


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("below", [behind_our_home_address, behind_our_routing_header])
@pytest.mark.parametrize(
    "upper",
    [inet6.MIP6MH_BU(seq=7), inet6.ICMPv6EchoRequest(data=b"abc"), UDP(sport=9, dport=9) / b"abc", TCP() / b"abc"],
    ids=lambda upper: getattr(upper, "name", ""),
)
def test_scapys_own_upper_layers_behind_our_headers(replace: bool, below: Any, upper: Any) -> None:
    assert status_of_upper(below(upper)) == "bad"
    install(replace=replace)
    assert status_of_upper(below(upper)) == "good"
    uninstall()
    assert status_of_upper(below(upper)) == "bad"


def status_of_upper(octets: bytes) -> str:
    found = [layer["checksum_status"] for layer in dissect(octets, 229).json() if "checksum_status" in layer]
    return str(found[0])


def test_scapys_own_binding_update_is_right_while_ours_are_installed() -> None:
    octets = binding_update_with_padding()

    def rebuilt() -> bytes:
        stock = IPv6(octets)
        stock[inet6.MIP6MH_BU].cksum = None
        return bytes(stock)

    assert status(rebuilt()) == "bad"
    install()
    assert rebuilt() == octets
    uninstall()
    assert status(rebuilt()) == "bad"


def test_nothing_else_about_scapys_checksums_changes() -> None:
    packets = [
        IPv6(src=CARE_OF, dst=AGENT_1) / UDP() / b"x",
        IPv6(src=CARE_OF, dst=AGENT_1) / IPv6ExtHdrRouting(addresses=[HOME, AGENT_2]) / inet6.ICMPv6EchoRequest(),
        IPv6(src=CARE_OF, dst=AGENT_1) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)]) / TCP(),
        inet6.ICMPv6EchoRequest(),
    ]
    before = [bytes(packet) for packet in packets]
    install()
    assert [bytes(packet) for packet in packets] == before


# --- in Scapy's tables ------------------------------------------------------------------------------------------------


def test_install_adds_what_scapy_lacks_and_leaves_the_rest() -> None:
    install()
    packet = IPv6(binding_update_with_padding())
    assert inet6.MIP6MH_BU in packet
    assert packet[L.MHAMultipleHomeAgents].home_agents == [AGENT_1, AGENT_2]
    for case in CASES[1:4]:
        last = IPv6(case.octets).lastlayer()
        assert last.symbol == case.type
    uninstall()
    assert inet6.MIP6OptUnknown in IPv6(binding_update_with_padding())


def test_replace_takes_the_place_of_scapys_own() -> None:
    install(replace=True)
    assert L.MHABindingUpdate in IPv6(binding_update_with_padding())
    assert inet6.MIP6MH_BU not in IPv6(binding_update_with_padding())
    unknown = bytes(IPv6(src=HOME, dst=AGENT_1) / L.MHAUnknownMobility(mh_type=99, data=b"\1\2"))
    assert IPv6(unknown).lastlayer().symbol == "mobility"


def test_installing_twice_is_undone_once() -> None:
    before = tables()
    install()
    install(replace=True)
    install(KAME2003)
    uninstall()
    assert tables() == before
    uninstall()


def test_the_profile_of_2003() -> None:
    install(KAME2003)
    made = layers(KAME2003)
    message = made.MHABindingUpdate(sequence_number=1, flags="AHM", lifetime_s=40)
    message.options = [made.MHAMultipleHomeAgents(home_agents=[AGENT_1])]
    octets = bytes(IPv6(src=HOME, dst=AGENT_1) / message.auto_pad())
    assert octets[6] == 62
    assert octets[48:50] == b"\xc4\x00"  # A 8000, H 4000, M 0400
    packet = IPv6(octets)
    assert packet.lastlayer().options[-1].home_agents == [AGENT_1]
    assert dissect(octets, 229, KAME2003).json()[-1]["checksum_status"] == "good"
    request = bytes(IPv6(src=HOME, dst=AGENT_1) / made.MHADhaadRequest(identifier=3))
    assert IPv6(request).lastlayer().symbol == "dhaad_request"


def test_ripng_once_installed() -> None:
    install()
    entry = L.MHARouteTableEntry(prefix="2001:db8::", prefix_length=32, metric=1)
    octets = bytes(IPv6(src=HOME, dst=AGENT_1) / UDP() / L.MHARipng(command_=2, entries=[entry] * 150))
    packet = IPv6(octets)
    assert packet[UDP].dport == 521
    assert len(packet.lastlayer().entries) == 150


def test_importing_changes_nothing() -> None:
    code = (
        "from scapy.layers import inet6\n"
        "names = 'moboptcls', '_mip6_mhtype2cls', 'icmp6typescls', 'ipv6nhcls'\n"
        "before = [dict(getattr(inet6, n)) for n in names]\n"
        "from dissectors.adapters import scapy_layers; scapy_layers.layers()\n"
        "assert before == [dict(getattr(inet6, n)) for n in names]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_scapys_extension_loader(tmp_path: Path) -> None:
    """`conf.exts.load("mhatool")` on what an installation leaves behind: metadata with licence, and top_level.txt."""
    info = tmp_path / "mhatool-0.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: mhatool\nVersion: 0.0.0\nLicense-Expression: GPL-2.0-or-later\n"
    )
    (info / "top_level.txt").write_text("dissectors\nmhatool\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from scapy.all import conf, load_layer\n"
        "from scapy.layers import inet6\n"
        "conf.exts.load('mhatool')\n"
        "assert 12 in inet6._mip6_mhtype2cls, 'not installed'\n"
        "load_layer('mhatool', globals())\n"
        "assert MHABindingUpdate.__name__ == 'MHABindingUpdate'\n"
        "from scapy.layers.mhatool import uninstall\n"
        "uninstall()\n"
        "assert 12 not in inet6._mip6_mhtype2cls\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "mhatool" not in done.stderr, done.stderr  # the loader only warns


def test_names() -> None:
    assert scapy_layers.MHABindingUpdate is L.MHABindingUpdate
    assert L.of(type(RFC6275.codec.parse("mobility", bytes(update().auto_pad())))) is L.MHABindingUpdate
    assert conf.raw_layer is Raw
    with pytest.raises(AttributeError):
        scapy_layers.MHANothing  # noqa: B018
