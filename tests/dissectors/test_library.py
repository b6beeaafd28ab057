"""What docs/library.md promises of `parse`, `emit` and `dissect`, called as other people's code calls them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dissectors import DecodeError, EncodeError, dissect, emit, parse
from dissectors.adapters.dpkt_packets import dissect_with_dpkt, packets
from dissectors.adapters.scapy_layers import dissect_with_scapy, layers
from dissectors.errors import Reaction
from dissectors.mobility.binding import BindingUpdate
from dissectors.profile import KAME2003, load

UPDATE = bytes.fromhex("3b010500a157 0001 c000 000f 01020000")
#: RFC 6275, 6.4.1: 24 octets, Hdr Ext Len 2.
ROUTING = bytes((59, 2, 2, 1)) + bytes(20)

HEADER = bytes.fromhex("60000000 0010 87 40 20010db800f100000000000000000099 20010db8000000000000000000000001")

WHOLE = {
    "mobility": UPDATE,
    "routing": ROUTING,
    "icmpv6": bytes.fromhex("9000 0000 0001 0000"),  # RFC 6275, 6.5: request, identifier 1
    "mobility_option": bytes.fromhex("0404 0001 0002"),  # RFC 6275, 6.2.6: length 4, two indices
    "nd_option": bytes.fromhex("0501 0000 000005dc"),  # RFC 4861, 4.6.4: length 1, 1500
    "ipv6_option": bytes.fromhex("c910") + bytes(16),  # RFC 6275, 6.3: length 16
}


@pytest.mark.parametrize("family", WHOLE)
def test_each_family_is_read_and_written(family: str) -> None:
    assert emit(parse(family, WHOLE[family])) == WHOLE[family]


@pytest.mark.parametrize("family", [family for family in WHOLE if family != "icmpv6"])
def test_octets_behind_the_end_are_told(family: str) -> None:
    octets = WHOLE[family]
    with pytest.raises(DecodeError, match="8 more behind it") as caught:
        parse(family, octets + b"\xff" * 8)
    error = caught.value
    assert (error.code, error.offset, error.reaction) == ("trailing", len(octets), Reaction.NOT_JUDGED)
    assert emit(parse(family, octets[: error.offset])) == octets


def test_pad1_is_one_octet() -> None:
    """RFC 6275, 6.2.2."""
    assert emit(parse("mobility_option", b"\0")) == b"\0"
    with pytest.raises(DecodeError) as caught:
        parse("mobility_option", b"\0\0")
    assert (caught.value.code, caught.value.offset) == ("trailing", 1)


@pytest.mark.parametrize(
    ("family", "octets"),
    [
        ("nd_option", "0500 0000 000005dc"),  # RFC 4861, 4.6: length 0 is discarded
        ("nd_option", "0502 0000 000005dc"),
        ("mobility_option", "0405 0001 0002"),
        ("ipv6_option", "c910 0000"),
    ],
)
def test_a_wrong_length_of_an_option_is_told(family: str, octets: str) -> None:
    with pytest.raises(DecodeError) as caught:
        parse(family, bytes.fromhex(octets))
    assert caught.value.code == "option_overrun"


def test_a_length_that_is_too_short_for_the_fields_is_told() -> None:
    with pytest.raises(DecodeError) as caught:
        parse("mobility_option", bytes.fromhex("0403 0001 0002"))
    assert caught.value.code == "option_length"


@pytest.mark.parametrize("family", ["foo", "ipv6", "upper"])
def test_a_family_that_is_none_is_told(family: str) -> None:
    with pytest.raises(ValueError, match=f"'{family}': there are mobility, icmpv6, routing"):
        parse(family, UPDATE)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
@pytest.mark.parametrize("family", WHOLE)
def test_octets_may_be_any_buffer(kind: Callable[[bytes], Any], family: str) -> None:
    value = parse(family, kind(WHOLE[family]))
    assert value == parse(family, WHOLE[family])
    assert hash(value) == hash(parse(family, WHOLE[family]))  # nothing of the buffer is left in it


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_frames_may_be_any_buffer(kind: Callable[[bytes], Any]) -> None:
    frame = kind(HEADER + UPDATE)
    assert dissect(frame).json() == dissect(HEADER + UPDATE).json()
    assert isinstance(dissect_with_scapy(frame).payload, layers().MHABindingUpdate)
    assert isinstance(dissect_with_dpkt(frame).data, packets().BindingUpdate)


@pytest.mark.parametrize("call", [lambda x: parse("mobility", x), dissect, dissect_with_scapy, dissect_with_dpkt])
@pytest.mark.parametrize("wrong", [5, "3b01"])
def test_what_is_no_octets_is_a_type_error(call: Callable[[Any], Any], wrong: Any) -> None:
    with pytest.raises(TypeError, match="a bytes-like object is required"):
        call(wrong)


@pytest.mark.parametrize(
    "call",
    [
        lambda profile: parse("mobility", UPDATE, profile),
        lambda profile: emit(parse("mobility", UPDATE), profile),
        lambda profile: dissect(HEADER + UPDATE, None, profile),
        lambda profile: dissect_with_scapy(HEADER + UPDATE, profile),
        lambda profile: dissect_with_dpkt(HEADER + UPDATE, profile),
    ],
)
def test_a_profile_is_no_name(call: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"a profile can't be 'kame2003': give dissectors\.profile\.KAME2003"):
        call("kame2003")
    call(KAME2003)
    call(load("kame2003"))


def test_what_is_no_message_is_told() -> None:
    with pytest.raises(EncodeError, match="int is no message or option"):
        emit(5)  # type: ignore[arg-type]
    with pytest.raises(EncodeError, match="give a tuple of options"):
        emit(BindingUpdate(sequence_number=1, lifetime_s=60, options=(5,)))  # type: ignore[arg-type]
