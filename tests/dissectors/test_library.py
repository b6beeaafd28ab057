"""What docs/library.md promises of `parse`, `emit` and `dissect`, called as other people's code calls them."""

from __future__ import annotations

import pytest

from dissectors import DecodeError, emit, parse
from dissectors.errors import Reaction

UPDATE = bytes.fromhex("3b010500a157 0001 c000 000f 01020000")
#: RFC 6275, 6.4.1: 24 octets, Hdr Ext Len 2.
ROUTING = bytes((59, 2, 2, 1)) + bytes(20)

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
