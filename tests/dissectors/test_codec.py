"""Every message and option, in both profiles: what is emitted is read back, what is read is emitted back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dissectors
from dissectors.errors import DecodeError, EncodeError, Reaction
from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.options.binding import AlternateCareOfAddress
from dissectors.options.header import PadN, UnknownMobilityOption
from dissectors.options.multiple_home_agents import ExperimentalMobilityOption, MultipleHomeAgents
from dissectors.profile import KAME2003, RFC6275, Profile
from dissectors.spec import Flags
from dissectors.spec.declaration import Declaration
from dissectors.view import View
from tests.dissectors.strategies import CASES, IDS, values

_QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize(("profile", "declaration"), CASES, ids=IDS)
def test_round_trip(profile: Profile, declaration: Declaration) -> None:
    codec = profile.codec

    @_QUICK
    @given(values(declaration, profile))
    def check(message: Any) -> None:
        octets = codec.emit(message)
        parse = codec.parser(declaration.cls)
        assert parse(octets, 0, len(octets)) == message
        assert codec.emit(parse(octets, 0, len(octets))) == octets
        shifted = b"\xaa" * 3 + octets  # offsets must not matter
        assert parse(shifted, 3, len(shifted)) == message

    check()


@pytest.mark.parametrize(("profile", "declaration"), CASES, ids=IDS)
def test_view_shows_what_the_codec_reads(profile: Profile, declaration: Declaration) -> None:
    """Two readers of one declaration: field by field they agree, and the view has no complaint."""

    @_QUICK
    @given(values(declaration, profile))
    def check(message: Any) -> None:
        octets = profile.codec.emit(message)
        view = View(declaration, octets, 0, len(octets), profile)
        assert not view.problems
        shown = view.field_json()
        for spec in declaration.values:
            value = getattr(message, spec.name)
            if not hasattr(type(spec.kind), "family") and not hasattr(type(spec.kind), "entry"):
                found = next(f.value for f in view.fields if f.name == spec.name)
                assert found == value
            assert spec.name in shown or not value or spec.name == "quoted"

    check()


@_QUICK
@given(
    st.sampled_from([RFC6275, KAME2003]), st.sampled_from(["mobility", "icmpv6", "routing"]), st.binary(max_size=200)
)
def test_any_octets_are_a_message_or_a_decode_error(profile: Profile, family: str, octets: bytes) -> None:
    caught: DecodeError | None = None
    try:
        message = profile.codec.parse(family, octets)
    except DecodeError as error:
        caught = error
    if caught is None:
        again = profile.codec.emit(message)
        own = 1 if family == "routing" else 0  # its next header says what follows, and is no part of the message
        assert octets[own : len(again)] == again[own:]
    else:
        assert 0 <= caught.offset <= len(octets)
        assert caught.code
        assert str(caught)


def test_binding_update_octets() -> None:
    """RFC 6275, 6.1.7: 12 octets, PadN of 2 up to 8n+6, the Alternate Care-of Address option."""
    address = bytes.fromhex("20010db8000000000000000000000001")
    message = BindingUpdate(
        sequence_number=0x1234,
        flags=Flags("AH"),
        lifetime_s=420,  # 105 units of 4 s: 0x69
        options=(PadN(padding=b""), AlternateCareOfAddress(care_of_address=address)),
    )
    # 59, (32 - 8) / 8 = 3, type 5, reserved, checksum; sequence number, A 8000 | H 4000, lifetime; 01 00; 03 10 address
    assert RFC6275.codec.emit(message).hex() == "3b03050000001234" + "c0000069" + "0100" + "0310" + address.hex()
    assert KAME2003.codec.emit(message).hex() == "3b03050000001234" + "c0000069" + "0100" + "0310" + address.hex()


def test_flags_are_letters_that_the_profile_maps() -> None:
    message = BindingUpdate(sequence_number=0, flags=Flags("AHLM"), lifetime_s=0, options=(PadN(padding=bytes(2)),))
    assert RFC6275.codec.emit(message)[8:10].hex() == "e800"  # A 8000, H 4000, L 2000, M 0800
    assert KAME2003.codec.emit(message)[8:10].hex() == "cc00"  # A 8000, H 4000, L 0800, M 0400


def test_unknown_flag_bits_are_kept() -> None:
    octets = bytes.fromhex("3b010500000000010000" + "0001" + "01020000")
    octets = octets[:8] + bytes.fromhex("c003") + octets[10:]
    message = RFC6275.codec.parse("mobility", octets)
    assert message.flags == {"A", "H", "0x0002", "0x0001"}
    assert RFC6275.codec.emit(message) == octets


def test_option_18_is_ours_only_with_whole_addresses() -> None:
    codec = RFC6275.codec
    ours = codec.option_parser("mobility_option")(bytes([18, 16]) + bytes(16), 0, 18)[0]
    assert isinstance(ours, MultipleHomeAgents)
    other = codec.option_parser("mobility_option")(bytes([18, 15]) + bytes(15), 0, 17)[0]
    assert isinstance(other, ExperimentalMobilityOption)
    with pytest.raises(EncodeError, match="read as another message"):
        codec.emit(ExperimentalMobilityOption(data=bytes(32)))


@pytest.mark.parametrize(
    ("octets", "code", "offset", "reaction"),
    [
        ("3b", "too_short", 0, Reaction.DISCARD),
        ("3a01050000000001c000000001020000", "payload_proto", 0, Reaction.PARAMETER_PROBLEM),
        (
            "3b00050000000001",
            "length_too_small",
            1,
            Reaction.PARAMETER_PROBLEM,
        ),  # a BU has 12 octets, the length says 8
        ("3b05050000000001c000000001020000", "length_exceeds", 0, Reaction.DISCARD),  # 48 stated, 16 there
        ("3b01050000000001c000000001080000", "option_overrun", 12, Reaction.DISCARD),  # PadN of 10 where 4 are left
        ("3b02050000000001c0000000030801020304050607080102", "option_length", 12, Reaction.DISCARD),  # AltCoA of 8
    ],
)
def test_errors_carry_the_receivers_reaction(octets: str, code: str, offset: int, reaction: Reaction) -> None:
    """RFC 6275, 9.2: Parameter Problem with its pointer for payload protocol and header length, silence otherwise."""
    with pytest.raises(DecodeError) as caught:
        RFC6275.codec.parse("mobility", bytes.fromhex(octets))
    assert (caught.value.code, caught.value.offset, caught.value.reaction) == (code, offset, reaction)


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"lifetime_s": 421}, "lifetime_s", "multiple"),
        ({"lifetime_s": 4 * 65536}, "lifetime_s", "outside 0..262140"),
        ({"sequence_number": -1}, "sequence_number", "outside 0..65535"),
        ({"sequence_number": "1"}, "sequence_number", "sequence_number"),
        ({"flags": Flags("AZ")}, "flags", "'Z' is unknown"),
        ({"options": ()}, "options", "not a multiple of 8"),
    ],
)
def test_values_that_the_wire_cannot_carry(changes: dict[str, Any], field: str, text: str) -> None:
    good = BindingUpdate(sequence_number=1, flags=Flags("AH"), lifetime_s=420, options=(PadN(padding=bytes(2)),))
    with pytest.raises(EncodeError, match=text) as caught:
        RFC6275.codec.emit(good.replace(**changes))
    assert caught.value.field == field


def test_messages_are_values() -> None:
    make = lambda: BindingAcknowledgement(status=0, sequence_number=7, lifetime_s=60)  # noqa: E731
    assert make() == make()
    assert hash(make()) == hash(make())
    assert make().replace(status=135).status == 135
    assert not hasattr(make(), "__dict__")


UPDATE = BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=4, options=(PadN(padding=bytes(2)),))
AGENT = bytes.fromhex("20010db8000000000000000000000001")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (UPDATE.replace(flags={"A"}), "flags can't be {'A'}: give Flags, as Flags('A')"),
        (UPDATE.replace(flags=["A"]), "flags can't be ['A']: give Flags"),
        (UPDATE.replace(options=None), "options can't be None: give a tuple of options"),
        (UPDATE.replace(options=PadN(padding=b"")), "give a tuple of options"),
        (UPDATE.replace(options=(b"\1\0",)), "give a tuple of options"),
        (UPDATE.replace(options=(SourceLinkLayerAddress(link_layer_address=bytes(6)),)), "is no mobility option"),
        (MultipleHomeAgents(home_agents=("2001:db8::1",)), "give a tuple of addresses, 16 octets each"),
        (MultipleHomeAgents(home_agents=AGENT), "give a tuple of addresses, 16 octets each"),
        (MultipleHomeAgents(home_agents=(AGENT[:8], AGENT + bytes(8))), "addresses of 16 octets"),
        (HomeAgentUnreachable(identifier=1, unreachable=(AGENT[:15], AGENT + b"1")), "addresses of 16 octets"),
        (MultipleHomeAgents(home_agents=(AGENT,) * 16), "too long for its length field"),
        (PadN(padding=4), "padding can't be 4: give octets"),
        (UnknownMobilityOption(type=0, data=b"1"), "type 0 is Pad1's"),
        (PadN(padding="00"), "padding can't be '00': give octets"),
    ],
    ids=range(14),
)
def test_what_cannot_be_emitted_is_named(message: Any, reason: str) -> None:
    with pytest.raises(EncodeError, match=re.escape(reason)):
        RFC6275.codec.emit(message)


def test_three_functions_for_other_peoples_code() -> None:
    octets = bytes.fromhex("3b010500a157 0001 c000 000f 01020000")
    assert dissectors.emit(dissectors.parse("mobility", octets)) == octets
    header = bytes.fromhex("60000000 0010 87 40 20010db800f100000000000000000099 20010db8000000000000000000000001")
    assert [layer.type for layer in dissectors.dissect(header + octets).layers] == ["ipv6", "binding_update"]
    ethernet = dissectors.dissect(bytes(12) + b"\x86\xdd" + header[:6] + b"\x3e" + header[7:] + octets, 1, KAME2003)
    assert [layer.type for layer in ethernet.layers] == ["ethernet", "ipv6", "binding_update"]
