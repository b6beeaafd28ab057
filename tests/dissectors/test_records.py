"""From records back to packets: the same octets again, and a clear word where a record doesn't hold them all."""

from __future__ import annotations

from typing import Any

import pytest

from dissectors.build import Layer, build, layer
from dissectors.errors import EncodeError
from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6 import address
from dissectors.ipv6.header import DestinationOptions, Esp, Fragment, HomeAddress, Ipv6
from dissectors.ipv6.link import Ethernet, Payload, Vlan
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress
from dissectors.padding import padded
from dissectors.profile import RFC6275
from dissectors.records import layers_from_json, option_from_json
from dissectors.spec import Flags
from dissectors.walk import Dissector, dissect

COA, HOA, HA = (address.parse(text) for text in ("2001:db8:f1::99", "2001:db8::99", "2001:db8::1"))
UP, DOWN = Ipv6(source=COA, destination=HA), Ipv6(source=HA, destination=COA)
UPDATE = padded(
    BindingUpdate(
        sequence_number=1,
        flags=Flags("AH"),
        lifetime_s=60,
        options=(AlternateCareOfAddress(care_of_address=COA),),
    )
)
REGISTRATION = [layer(UP), layer(padded(DestinationOptions(options=(HomeAddress(home_address=HOA),)))), layer(UPDATE)]
RAW = 101


def record(octets: bytes, link_type: int = RAW) -> list[dict[str, Any]]:
    """The layers as `dissect --jsonl` prints them."""
    return [dict(view) for view in dissect(octets, link_type).json(octets=True)]


def again(octets: bytes, link_type: int = RAW) -> bytes:
    return build(layers_from_json(record(octets, link_type)))


def refused(items: list[Any]) -> str:
    with pytest.raises(EncodeError) as error:
        layers_from_json(items)
    return str(error.value)


def updated(**changes: Any) -> list[dict[str, Any]]:
    """A registration's record, with another Binding Update; None takes a field away."""
    items = record(build(REGISTRATION))
    items[-1] |= changes
    items[-1] = {key: value for key, value in items[-1].items() if value is not None}
    return items


def test_a_registration() -> None:
    octets = build(REGISTRATION)
    assert again(octets) == octets


def test_an_error_with_the_packet_that_it_quotes() -> None:
    octets = build([layer(DOWN), layer(Icmpv6Error(icmp_type=1, code=3, parameter=0, quoted=build(REGISTRATION)))])
    assert [item["type"] for item in record(octets) if item.get("quoted")][-1] == "binding_update"
    assert again(octets) == octets


@pytest.mark.parametrize("behind", [b"", b"x", b"behind the packet"])
def test_an_error_with_octets_behind_the_esp_that_it_quotes(behind: bytes) -> None:
    """The quoted packet's length says where its ESP trailer ends (RFC 4303, 2); what follows isn't in it."""
    esp = layer(Esp(spi=256, sequence_number=1), esp=(b"\1\2", bytes(range(12))))
    inside = build([layer(UP), esp, layer(padded(BindingUpdate(sequence_number=1, flags=Flags("AH"), lifetime_s=60)))])
    octets = build([layer(DOWN), layer(Icmpv6Error(icmp_type=1, code=3, parameter=0, quoted=inside + behind))])
    shown = [item["type"] for item in record(octets) if item.get("quoted")]
    assert shown == ["ipv6", "esp", "binding_update", *["payload"] * bool(behind)]
    assert again(octets) == octets


def test_a_link_layer_and_a_payload() -> None:
    frame = [layer(Ethernet(destination=bytes(6), source=b"\2" + bytes(5))), layer(Vlan(vlan_id=7)), *REGISTRATION]
    octets = build(frame)
    assert again(octets, 1) == octets
    rest = Layer(Payload.__declaration__, Payload(data=b"rest"), protocol=253)
    octets = build([layer(UP), rest])
    assert again(octets) == octets


@pytest.mark.parametrize(
    "tags", ["88a8 0064 8100 0005", "9100 0064 8100 0005", "88a8 0064 88a8 0005", "8100 0005", "88a8 0064"]
)
@pytest.mark.parametrize("link_type", [1, 113, 276])
def test_service_tags_stay_what_they_are(tags: str, link_type: int) -> None:
    """IEEE 802.1Q, table 9-1: 81-00 for a customer's tag, 88-A8 for a service provider's; 91-00 before the standard."""
    first, rest = bytes.fromhex(tags)[:2], bytes.fromhex(tags)[2:]
    head = {1: bytes(12) + first, 113: bytes(14) + first, 276: first + bytes(18)}[link_type]
    frame = head + rest + bytes.fromhex("86dd") + build(REGISTRATION)
    assert again(frame, link_type) == frame


def test_a_checksum_that_is_wrong_stays_so() -> None:
    octets = bytearray(build(REGISTRATION))
    octets[-40] ^= 1  # in the header of the Binding Update
    assert dissect(bytes(octets)).layers[-1].checksum_status == "bad"
    assert again(bytes(octets)) == bytes(octets)


def test_lengths_of_a_message_with_problems_stay_so() -> None:
    """A header length of 7 units where only 3 follow: stated, not mended."""
    octets = bytearray(build(REGISTRATION))
    octets[65] = 7
    assert again(bytes(octets)) == bytes(octets)


@pytest.mark.parametrize("stated", [72, 80, 30, 8, 7, 0])
@pytest.mark.parametrize("kept", [40 + 8, 40 + 42, 40 + 71])
def test_a_udp_length_in_a_cut_frame_stays_so(stated: int, kept: int) -> None:
    """RFC 768: the length is what the sender stated, not what a snap length left; 7 and 0 are none at all."""
    ipv6 = bytes.fromhex("60000000 0048 11 40") + COA + HA  # 0x48: 72 octets of payload
    frame = (ipv6 + bytes.fromhex(f"1389 138a {stated:04x} 1234") + bytes(64))[:kept]
    packet = Dissector().dissect(frame, RAW, original_length=40 + 72)
    assert build(layers_from_json(packet.json(octets=True))) == frame
    problems = [problem.code for problem in packet.layers[1].problems]
    assert problems == (["length_exceeds"] if stated < 8 else ["truncated"] if 40 + stated > kept else [])


@pytest.mark.parametrize("size", range(2, 40))
def test_a_header_that_the_capture_cuts_needs_its_octets(size: int) -> None:
    """Of 40 octets (RFC 8200, 3) some are missing: the fields don't say all of those that are there."""
    octets = build(REGISTRATION)
    packet = Dissector().dissect(octets[:size], RAW, original_length=len(octets))
    assert build(layers_from_json(packet.json(octets=True))) == octets[:size]
    items = [{key: value for key, value in item.items() if key != "octets"} for item in packet.json()]
    assert refused(items) == "IPv6 is broken (truncated), not all of it is in its fields; use dissect -x"


def test_octets_of_a_broken_layer_count_as_long_as_its_fields_do() -> None:
    """An option that runs over the end: its octets are the record's, unless somebody edits a field."""
    octets = bytearray(build(REGISTRATION))
    octets[-17] = 200  # the option's length
    items = record(bytes(octets))
    assert "octets" in items[-1]
    assert build(layers_from_json(items)) == bytes(octets)
    items[-1]["sequence_number"] = 9
    assert "its octets say something else: change them too" in refused(items)
    del items[-1]["octets"]
    assert "is broken (option_overrun), not all of it is in its fields; use dissect -x" in refused(items)


def test_padding_of_the_link_behind_the_packet() -> None:
    octets = build([layer(Ethernet(destination=bytes(6), source=bytes(6))), *REGISTRATION]) + bytes(4)
    items = record(octets, 1)
    assert items[0]["trailer"] == "00000000"
    assert build(layers_from_json(items)) == octets


def test_octets_behind_a_mobility_header() -> None:
    """RFC 6275, 6.1.1: nothing may follow; where something does it is kept, lengths as stated."""
    rest = Layer(Payload.__declaration__, Payload(data=b"rest"), protocol=59)
    octets = build([*REGISTRATION, rest])
    items = record(octets)
    assert items[-1]["trailing"]
    assert build(layers_from_json(items)) == octets


def test_a_jumbograms_length_is_none() -> None:
    """Payload length 0 behind next header 0 (RFC 2675, 3)."""
    items = record(build([layer(UP), Layer(Payload.__declaration__, Payload(data=b"x"), protocol=253)]))
    items[0] |= {"payload_length": 0, "next_header": 0}
    assert build(layers_from_json(items))[4:6] == bytes(2)


def test_udp_of_a_jumbogram_has_no_length_again() -> None:
    """RFC 2675, 4: UDP length 0, behind the Jumbo Payload option."""
    octets = bytearray(build([layer(UP), Layer(Payload.__declaration__, Payload(data=bytes(16)), protocol=0)]))
    octets[4:6] = bytes(2)
    octets[40:52] = bytes((17, 0, 194, 4)) + (70_016).to_bytes(4) + bytes((0, 1, 0, 2))
    octets += bytes(70_000)
    items = record(bytes(octets))
    assert [item["type"] for item in items] == ["ipv6", "hop_by_hop", "udp", "payload"]
    assert build(layers_from_json(items)) == octets


def test_null_encryption_comes_back() -> None:
    inside = layer(Esp(spi=256, sequence_number=1), esp=(b"\1\2", bytes(12)))
    octets = build([layer(UP), inside, layer(padded(BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=8)))])
    items = record(octets)
    assert items[1]["null"]
    assert build(layers_from_json(items)) == octets
    items[1]["padding"] = "00" * 256
    assert "padding of 256 octets, 255 are the most" in refused(items)
    items[1]["padding"] = "01"
    items.append({"type": "payload", "data": "00", "trailing": True})
    assert "behind a packet inside ESP can't be put back" in refused(items)


def test_a_reassembled_packet_is_not_one_frame() -> None:
    payload = build(REGISTRATION)[40:]
    pieces = [(0, True, payload[:24]), (24, False, payload[24:])]
    dissector = Dissector()
    for offset, more, piece in pieces:
        header = Fragment(fragment_offset=offset, flags=Flags("M" if more else ""), identification=5)
        rest = Layer(Payload.__declaration__, Payload(data=piece), protocol=60)
        packet = dissector.dissect(build([layer(UP), layer(header), rest]), RAW)
    items = [dict(view) for view in packet.json(octets=True)]
    assert any(item.get("reassembled") for item in items)
    assert "reassembled from fragments can't be crafted from its last one" in refused(items)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["ipv6"], "layer 1 is 'ipv6', not an object"),
        ([{"type": "nothing"}], "there is no layer of type 'nothing'"),
        ([{"type": "routing", "routing_type": "2"}], "routing_type is '2', not a number from 0 to 255"),
        ([{"type": "routing", "routing_type": True}], "routing_type is True"),
        ([{"type": "payload", "length": 9}], "a payload of 9 octets isn't in the record: use dissect -x"),
        ([{"type": "payload", "data": "xy"}], "payload: 'xy' is not hexadecimal octets"),
        ([{"type": "payload", "data": "00", "protocol": 256}], "protocol is 256, not a number from 0 to 255"),
        ([{"type": "payload", "data": "00", "ethertype": 65536}], "ethertype is 65536, not a number from 0 to 65535"),
        (updated(sequence_number=None), "Binding Update: sequence_number is missing"),
        (updated(number=7), "Binding Update has no field 'number' (it has "),
        (updated(lifetime_s=7), "Binding Update: lifetime_s: 7 is not a multiple of 4"),
        (updated(lifetime_s=4 * 65536), "lifetime_s: 262144 is outside 0..262140"),
        (updated(flags=7), "flags: 7 is not a list of flags"),
        (updated(options={}), "Binding Update: options: {} is not a list of objects"),
        (updated(options=[7]), "Binding Update: options: [7] is not a list of objects"),
        (updated(options=[{"type": 300}]), "an option's type is 300, not a number from 0 to 255"),
        (updated(options=[{"type": 3, "address": "::1"}]), "Alternate Care-of Address has no field 'address'"),
        (updated(problems=["broken"], sequence_number=True), "sequence_number: True is not a whole number"),
    ],
)
def test_what_a_record_can_not_say(items: list[Any], message: str) -> None:
    assert message in refused(items)


def test_a_routing_header_of_any_type() -> None:
    """Type 77 is nobody's: 8 octets, of which its data are 4."""
    routing = {"type": "routing", "next_header": 59, "routing_type": 77, "segments_left": 1, "data": "01020304"}
    (ip,) = record(build([layer(UP)]))
    assert build(layers_from_json([ip, routing]))[40:].hex() == "3b004d0101020304"


def test_options_by_number_fields_or_octets() -> None:
    option = option_from_json("mobility_option", {"type": 3, "care_of_address": "2001:db8:f1::99"})
    assert option == AlternateCareOfAddress(care_of_address=COA)
    broken = option_from_json("mobility_option", {"type": 3, "octets": "0302abcd"})
    assert (broken.type, broken.data) == (3, b"\xab\xcd")
    unknown = option_from_json("mobility_option", {"type": 222, "data": "01"}, RFC6275)
    assert (unknown.type, unknown.data) == (222, b"\1")


def test_an_answer_with_the_way_that_it_goes() -> None:
    answer = padded(BindingAcknowledgement(status=0, sequence_number=1, lifetime_s=60))
    items = record(build([layer(DOWN), layer(answer)]))
    items[-1]["status"] = 135
    assert dissect(build(layers_from_json(items))).layers[-1].get("status") == 135
