"""The walk down the header chain: tunnels, fragments, ESP, errors that quote, link layers, broken frames."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dissectors.build import Layer, build, layer
from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6 import address
from dissectors.ipv6.header import DestinationOptions, Esp, Fragment, HomeAddress, Ipv6, RoutingType2
from dissectors.ipv6.link import Ethernet, Payload, Vlan
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.packet import SIGNALLING, Packet
from dissectors.padding import padded
from dissectors.profile import KAME2003
from dissectors.spec import Flags
from dissectors.spec.families import declarations
from dissectors.walk import MOST_HEADERS, MOST_TUNNELS, Dissector, dissect

COA = address.parse("2001:db8:f1::99")
HOA = address.parse("2001:db8::99")
HA = address.parse("2001:db8::1")
UP = Ipv6(source=COA, destination=HA)
DOWN = Ipv6(source=HA, destination=COA)


def binding_update(**changes: object) -> BindingUpdate:
    message = BindingUpdate(sequence_number=1, flags=Flags("AH"), lifetime_s=60)
    made: BindingUpdate = padded(message.replace(**changes))
    return made


def home_address_header() -> DestinationOptions:
    made: DestinationOptions = padded(DestinationOptions(options=(HomeAddress(home_address=HOA),)))
    return made


def registration() -> list[Layer]:
    return [layer(UP), layer(home_address_header()), layer(binding_update())]


def types(octets: bytes, link_type: int = 101) -> list[str]:
    return [view.type for view in dissect(octets, link_type).layers]


def test_every_message_of_the_mobility_header_is_signalling() -> None:
    """One that isn't named there would be shown, counted and sieved less than a message that nobody declared."""
    assert {declaration.symbol for declaration in declarations("mobility")} <= SIGNALLING


def test_the_home_address_takes_the_sources_place() -> None:
    packet = dissect(build(registration()))
    datagram = packet.datagrams[0]
    assert datagram.source == COA
    assert datagram.true_source == HOA
    assert packet.layers[-1].checksum_status == "good"
    assert packet.is_signalling


def test_checksum_over_the_care_of_address_is_bad() -> None:
    """INET #1192: the sum over the addresses as they stand in the header is wrong."""
    octets = bytearray(build([layer(UP), layer(binding_update())]))
    with_header = bytearray(build(registration()))
    with_header[-12:-10] = octets[-12:-10]  # the checksum of the same message without the Home Address option
    assert dissect(bytes(with_header)).layers[-1].checksum_status == "bad"


def test_the_routing_header_takes_the_destinations_place() -> None:
    message = padded(BindingAcknowledgement(status=0, sequence_number=1, lifetime_s=60))
    packet = dissect(build([layer(DOWN), layer(RoutingType2(segments_left=1, home_address=HOA)), layer(message)]))
    assert packet.datagrams[0].true_destination == HOA
    assert packet.layers[-1].checksum_status == "good"


@pytest.mark.parametrize("depth", range(MOST_TUNNELS + 1))
def test_tunnels_are_followed_to_depth_8(depth: int) -> None:
    outer = [layer(DOWN)] * depth
    packet = dissect(build([*outer, *registration()]))
    assert [view.type for view in packet.layers] == ["ipv6"] * depth + ["ipv6", "destination_options", "binding_update"]
    assert packet.datagrams[-1].depth == depth
    assert packet.is_signalling


def test_a_ninth_tunnel_is_not_followed() -> None:
    packet = dissect(build([*[layer(DOWN)] * (MOST_TUNNELS + 1), *registration()]))
    assert packet.layers[-1].type == "payload"
    assert [p.code for view in packet.layers for p in view.problems] == ["too_deep"]


def with_headers(number: int) -> bytes:
    """A registration behind so many Destination Options headers of nothing but padding."""
    empty = layer(padded(DestinationOptions()))
    return build([layer(UP), *[empty] * (number - 1), *registration()[1:]])


def test_so_many_extension_headers_are_followed() -> None:
    packet = dissect(with_headers(MOST_HEADERS))
    assert (packet.layers[-1].type, len(packet.datagrams[0].extensions)) == ("binding_update", MOST_HEADERS)
    assert packet.is_signalling


@pytest.mark.parametrize("walk", [Dissector().dissect, Dissector().glance], ids=["exactly", "quickly"])
def test_more_extension_headers_are_not_followed(walk: Callable[..., Packet]) -> None:
    packet = walk(with_headers(MOST_HEADERS + 1), 101)
    assert not packet.is_signalling
    assert packet.layers[-1].type == "payload"
    assert [p.code for view in packet.layers for p in view.problems] == ["too_many_headers"]


def test_a_jumbogram_of_nothing_but_headers_costs_what_the_first_of_them_cost() -> None:
    octets = bytes([0x60, *bytes(39)]) + bytes(1_000_000)  # each says: a Hop-by-Hop header of 8 octets follows
    assert len(dissect(octets).layers) == 1 + MOST_HEADERS + 1


def fragments(sizes: list[int]) -> list[bytes]:
    """A registration in pieces: Home Address option in each, the Mobility Header cut where told."""
    whole = build(registration())
    head, body = whole[40:64], whole[64:]
    pieces = []
    at = 0
    for size in sizes:
        more = at + size < len(body)
        header = Fragment(fragment_offset=at, flags=Flags("M") if more else Flags(), identification=7)
        piece = [layer(UP), layer(home_address_header()), layer(header, overrides={"next_header": 135})]
        octets = build([*piece, Layer(_payload(), octets=body[at : at + size], protocol=135)])
        assert octets[40:64] == bytes([44]) + head[1:]
        pieces.append(octets)
        at += size
    return pieces


def _payload() -> object:
    from dissectors.ipv6.link import Payload

    return Payload.__declaration__


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_fragments_are_reassembled_in_any_order(order: tuple[int, int]) -> None:
    pieces = fragments([8, 8])
    dissector = Dissector()
    first = dissector.dissect(pieces[order[0]], 101, frame=1)
    assert first.layers[-1].type == "payload"
    second = dissector.dissect(pieces[order[1]], 101, frame=2)
    assert second.layers[-1].type == "binding_update"
    assert second.layers[-1].checksum_status == "good"
    assert second.layers[-1].reassembled
    assert sorted(second.layers[-2].extra["frames"]) == [1, 2]


def test_overlapping_fragments_are_dropped() -> None:
    """RFC 5722: a datagram with overlapping fragments is discarded whole."""
    pieces = fragments([8, 8])
    forged = bytearray(pieces[0])
    forged[-1] ^= 1
    dissector = Dissector()
    dissector.dissect(pieces[0], 101)
    dissector.dissect(bytes(forged), 101)
    assert dissector.dissect(pieces[1], 101).layers[-1].type == "payload"


def test_an_atomic_fragment_is_whole() -> None:
    octets = build([layer(UP), layer(Fragment(fragment_offset=0, identification=1)), layer(binding_update())])
    assert types(octets) == ["ipv6", "fragment", "binding_update"]


def test_null_esp_is_looked_into_and_encrypted_esp_is_not() -> None:
    esp = layer(Esp(spi=256, sequence_number=1), esp=(b"\x01\x02", bytes(12)))
    octets = build([layer(UP), layer(home_address_header()), esp, layer(binding_update())])
    packet = dissect(octets)
    assert [view.type for view in packet.layers] == ["ipv6", "destination_options", "esp", "binding_update"]
    assert packet.layers[2].extra["null"] is True
    scrambled = octets[:-30] + bytes(b ^ 0x5A for b in octets[-30:])
    shown = dissect(scrambled)
    assert [view.type for view in shown.layers] == ["ipv6", "destination_options", "esp", "payload"]
    assert shown.layers[2].extra["null"] is False


def test_a_quoted_binding_update_is_no_binding_update() -> None:
    quoted = build(registration())
    error = Icmpv6Error(icmp_type=1, code=3, quoted=quoted[:60])
    packet = dissect(build([layer(Ipv6(source=HA, destination=COA)), layer(error)]))
    assert [(view.type, view.quoted) for view in packet.layers] == [
        ("ipv6", False),
        ("icmpv6_error", False),
        ("ipv6", True),
        ("destination_options", True),
    ]
    assert not packet.is_signalling


def test_draft_19_mobility_headers_need_the_profile() -> None:
    octets = build(registration(), KAME2003)
    assert types(octets)[-1] == "payload"
    assert dissect(octets, profile=KAME2003).layers[-1].type == "binding_update"


def test_vlan_tags_and_trailers() -> None:
    inner = registration()
    frame = build(
        [
            layer(Ethernet(destination=bytes(6), source=bytes(6)), trailer=b"\0\0\0\0"),
            layer(Vlan(vlan_id=5)),
            layer(Vlan(vlan_id=6)),
            *inner,
        ]
    )
    packet = dissect(frame, 1)
    assert [v.type for v in packet.layers][:4] == ["ethernet", "vlan", "vlan", "ipv6"]
    assert packet.layers[0].extra["trailer"] == "00000000"
    assert packet.layers[-1].checksum_status == "good"


def test_an_unknown_link_type_is_said() -> None:
    packet = dissect(b"abc", 147)
    assert packet.problems[0].message == "link type 147 is not supported"


def test_a_cut_capture_is_truncated_not_malformed() -> None:
    octets = build(registration())
    for size in range(len(octets)):
        packet = Dissector().dissect(octets[:size], 101, original_length=len(octets))
        codes = {p.code for view in packet.layers for p in view.problems}
        assert codes <= {"truncated"}, (size, codes)
        whole = Dissector().dissect(octets[:size], 101)
        assert size == 0 or {p.code for view in whole.layers for p in view.problems}


def test_a_mobility_header_of_2048_octets_is_summed() -> None:
    """Zeek keeps the length in one octet; the header can say up to 255 x 8 + 8 = 2,048."""
    option = bytes([70, 252]) + bytes(252)  # 254 octets, eight times: 2032, and 4 of padding
    body = bytes([59, 255, 5, 0]) + bytes(8) + option * 8 + bytes([1, 2, 0, 0])
    octets = build([layer(UP), Layer(BindingUpdate.__declaration__, octets=body)])
    assert len(octets) == 40 + 2048
    message = dissect(octets).layers[-1].message()
    again = build([layer(UP), layer(message)])
    assert dissect(again).layers[-1].checksum_status == "good"
    assert dissect(again[:-1] + b"\x01").layers[-1].checksum_status == "bad"


def test_a_trailer_that_looks_right_is_no_proof_of_null_esp() -> None:
    """The padding 1, 2 and a known next header may come by chance: only the payload's own checksum proves it."""
    esp = layer(Esp(spi=256, sequence_number=1), esp=(b"\x01\x02", bytes(12)))
    octets = bytearray(build([layer(UP), esp, layer(binding_update())]))
    octets[48 + 8] ^= 0xFF  # inside the Mobility Header; the trailer stays as it was
    shown = dissect(bytes(octets))
    assert [view.type for view in shown.layers] == ["ipv6", "esp", "payload"]


def test_a_frame_that_ends_before_its_packet_was_cut() -> None:
    """RFC 8200, 3: what follows the IPv6 header is as long as that says, so its octets were there once.

    A mirror port that slices frames leaves a capture where nothing else tells. What isn't there isn't judged.
    """
    update = build([layer(UP), layer(binding_update())])
    for kept in range(40, len(update)):
        shown = dissect(update[:kept])
        assert [problem.code for problem in shown.layers[0].problems] == ["length_exceeds"]
        assert all(view.truncated and view.checksum_status != "bad" for view in shown.layers[1:])


def test_a_packet_that_ends_before_its_tunnel_is_as_long_as_it_says() -> None:
    """The tunnel is whole: the length inside is the sender's own mistake."""
    update = bytearray(build([layer(UP), layer(UP), layer(binding_update())]))
    update[44:46] = (int.from_bytes(update[44:46]) + 8).to_bytes(2)
    shown = dissect(bytes(update))
    assert [problem.code for view in shown.layers for problem in view.problems] == ["length_exceeds"]
    assert not any(view.truncated for view in shown.layers)


# --- what other protocols say of themselves ---


def behind(protocol: int, octets: bytes) -> bytes:
    return build([layer(UP), Layer(Payload.__declaration__, Payload(data=octets), protocol=protocol)])


def codes(octets: bytes) -> list[str]:
    return [problem.code for view in dissect(octets).layers for problem in view.problems]


@pytest.mark.parametrize(
    ("length", "found", "trailing"),
    [
        (12, [], None),
        (10, [], "0304"),  # two octets more than it says
        (13, ["length_exceeds"], None),
        (7, ["length_exceeds"], None),  # under its own header's
        (0, ["length_exceeds"], None),  # only a jumbogram may say so (RFC 2675, 4)
    ],
)
def test_what_udp_says_of_its_length(length: int, found: list[str], trailing: str | None) -> None:
    octets = behind(17, bytes((0, 1, 0, 2, 0, length, 0, 0, 1, 2, 3, 4)))
    assert codes(octets) == found
    shown = [view.json(octets=True) for view in dissect(octets).layers if view.extra.get("trailing")]
    assert [view["data"] for view in shown] == ([trailing] if trailing else [])


def test_udp_in_a_jumbogram_says_that_it_has_no_length() -> None:
    """RFC 2675, 2 and 4: option 194 tells the octets behind the IPv6 header, its length and UDP's are 0."""
    size = 70_000
    behind_ipv6 = bytes((17, 0, 194, 4)) + (8 + 8 + size).to_bytes(4) + bytes((0, 1, 0, 2, 0, 0, 0, 0)) + bytes(size)
    jumbogram = bytearray(behind(0, behind_ipv6[:8]) + behind_ipv6[8:])
    jumbogram[4:6] = bytes(2)
    assert codes(bytes(jumbogram)) == []
    assert [view.type for view in dissect(bytes(jumbogram)).layers] == ["ipv6", "hop_by_hop", "udp", "payload"]
    jumbogram[42:48] = bytes((1, 4, 0, 0, 0, 0))  # PadN in the option's place
    assert codes(bytes(jumbogram)) == ["length_exceeds"]


@pytest.mark.parametrize(
    ("words", "found"), [(5, []), (4, ["length_too_small"]), (6, ["length_exceeds"])], ids=["20", "16", "24 of 20"]
)
def test_what_tcp_says_of_its_header(words: int, found: list[str]) -> None:
    header = bytearray(20)
    header[12] = words << 4
    assert codes(behind(6, bytes(header))) == found


def test_other_protocols_than_ipv6_behind_ethernet() -> None:
    frame = bytes(12) + bytes.fromhex("0800 45000014") + bytes(16)
    packet = dissect(frame, 1)
    assert [view.type for view in packet.layers] == ["ethernet", "payload"]
    assert packet.layers[1].json()["ethertype_name"] == "IPv4"


@pytest.mark.parametrize("tag", ["", "8100 0005"])
def test_a_length_in_the_ethertypes_place(tag: str) -> None:
    """IEEE 802.3, 3.2.6: under 1536 it is one, of an LLC frame; RFC 2464, 3 has IPv6 in the other kind alone."""
    frame = bytes(12) + bytes.fromhex(tag + "0030 aaaa03 000000 86dd") + build([layer(UP)])
    packet = dissect(frame, 1)
    assert packet.layers[-1].json() | {"offset": 0} == {
        "type": "payload",
        "offset": 0,
        "ethertype": 48,
        "ethertype_name": "IEEE 802.3",
        "length": 48,
    }
    cooked = bytes(14) + bytes.fromhex("000c") + bytes(16)  # CAN, of which Linux has no Ethernet type
    assert "ethertype_name" not in dissect(cooked, 113).layers[-1].json()


def test_bare_ip_that_is_not_ipv6() -> None:
    assert [view.type for view in dissect(bytes.fromhex("45000014") + bytes(16), 101).layers] == ["payload"]
