"""Every field kind answers every back end, and every declared message is there in Scapy and dpkt."""

from __future__ import annotations

import inspect
from typing import Any

import dpkt
import pytest
import scapy.fields
import scapy.layers.inet6
from hypothesis import given
from hypothesis import strategies as st
from scapy.packet import Packet

from dissectors.adapters import dpkt_packets, scapy_layers
from dissectors.adapters.declared import declared
from dissectors.adapters.scapy_fields import field_name
from dissectors.profile import BUILT_IN, KAME2003, RFC6275, Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec
from dissectors.spec.families import load_all
from dissectors.walk import dissect
from mhatool.wireshark.generate import plugin
from mhatool.wireshark.layouts import Shown, layout
from tests.vectors.load import Vector, load

KINDS = [
    cls
    for _, cls in inspect.getmembers(kinds, inspect.isclass)
    if issubclass(cls, kinds.Kind) and cls is not kinds.Kind
]
DECLARATIONS = [d for family in load_all().values() for d in family]
FIELDS = [(d, spec) for d in DECLARATIONS for spec in d.fields]
OURS = list(declared())
VALUES = {
    "Address": b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01",
    "AddressList": (b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01",),
    "FlagBits": kinds.Flags(),
    "LinkLayerAddress": b"\x02" + bytes(5),
    "OptionalAddress": b"",
    "OctetsTail": b"\x01\x02",
    "QuotedPacket": b"\x01\x02",
}
SHOWN_BY_THEIR_ITEMS = (kinds.OptionList, kinds.Records)

each_kind = pytest.mark.parametrize("cls", KINDS, ids=lambda cls: cls.__name__)
each_field = pytest.mark.parametrize(
    ("declaration", "spec"), FIELDS, ids=lambda x: getattr(x, "symbol", None) or x.name
)
each_declaration = pytest.mark.parametrize("declaration", OURS, ids=lambda d: f"{d.family}-{d.cls.__name__}")
each_profile = pytest.mark.parametrize("profile", BUILT_IN.values(), ids=lambda profile: profile.name)


def sample(spec: FieldSpec) -> Any:
    """Some value of a field."""
    name = type(spec.kind).__name__
    if name == "Octets":
        return bytes(spec.size)
    if isinstance(spec.kind, kinds.UInt):
        return spec.kind.unit
    return VALUES[name]


def test_none_is_forgotten() -> None:
    others = [d for d in DECLARATIONS if d not in OURS]
    assert {d.family for d in others} == {"link", "ipv6", "upper"}
    assert {d.symbol for d in others if d.family != "link"} == {"ipv6", "tcp", "udp"}


# --- kinds ------------------------------------------------------------------------------------------------------------


@each_kind
def test_a_kind_is_used_and_so_tested(cls: type) -> None:
    """A kind of its own that no declaration uses would be tested by nothing below."""
    below = [other for other in KINDS if issubclass(other, cls)]
    assert any(isinstance(spec.kind, tuple(below)) for _, spec in FIELDS)


@each_field
def test_scapy_has_the_field(declaration: Declaration, spec: FieldSpec) -> None:
    described = spec.kind.scapy()
    assert hasattr(scapy.fields, described.class_name) or hasattr(scapy.layers.inet6, described.class_name)


@each_field
def test_dpkt_has_the_field_or_the_codec_does(declaration: Declaration, spec: FieldSpec) -> None:
    code = spec.kind.dpkt()
    if spec.is_tail:
        assert code == ""
    elif spec.size * 8 == spec.kind.bits:
        assert dpkt.struct.calcsize(f"!{code}") == spec.size
    else:
        assert spec.kind.bits < spec.size * 8  # one of several in an integer


@each_field
def test_lua_has_the_field(declaration: Declaration, spec: FieldSpec) -> None:
    described = spec.kind.lua()
    if isinstance(spec.kind, SHOWN_BY_THEIR_ITEMS):
        assert described.constructor == "none"
        return
    assert described.constructor in ("bool", "bytes", "ipv6", "uint8", "uint16", "uint24", "uint32", "uint64")
    assert described.base in ("", "base.DEC", "base.HEX", "base.COLON")
    if isinstance(spec.kind, kinds.UInt):
        assert int(described.constructor.removeprefix("uint")) >= spec.kind.bits


@each_field
def test_json_and_back(declaration: Declaration, spec: FieldSpec) -> None:
    if spec.kind.derived or isinstance(spec.kind, SHOWN_BY_THEIR_ITEMS):
        return
    value = sample(spec)
    assert spec.kind.from_json(spec.kind.to_json(value, RFC6275), RFC6275) == value


@each_field
def test_the_reference_page_has_the_field(declaration: Declaration, spec: FieldSpec) -> None:
    assert spec.kind.doc()


@each_kind
def test_no_back_end_is_left_to_the_base_class(cls: type[kinds.Kind]) -> None:
    for method in ("scapy", "lua", "doc"):
        assert getattr(cls, method) is not getattr(kinds.Kind, method), method


# --- declarations -----------------------------------------------------------------------------------------------------


@each_profile
@each_declaration
def test_scapy_has_the_message(declaration: Declaration, profile: Profile) -> None:
    cls = scapy_layers.layers(profile).of(declaration.cls)
    assert issubclass(cls, Packet)
    assert [f.name for f in cls.fields_desc] == [field_name(spec.name) for spec in declaration.fields]
    assert getattr(scapy_layers, cls.__name__) is cls


@each_profile
@each_declaration
def test_dpkt_has_the_message(declaration: Declaration, profile: Profile) -> None:
    cls = dpkt_packets.packets(profile).of(declaration.cls)
    assert issubclass(cls, dpkt.Packet)
    assert cls.__hdr_len__ == declaration.fixed_size - cls.skip
    made = cls()
    for spec in declaration.fields:
        if spec.is_tail or spec.offset >= cls.skip:
            assert hasattr(made, spec.name)


@each_declaration
def test_scapy_builds_what_our_codec_reads(declaration: Declaration) -> None:
    made = scapy_layers.layers().of(declaration.cls)
    whole = {"data": bytes(-declaration.fixed_size % 8)} if declaration.symbol in ("mobility", "routing") else {}
    octets = bytes(made(**{name: value for name, value in whole.items() if name in declaration.by_name}))
    assert len(octets) >= declaration.fixed_size
    again = made(octets)
    again.clear_cache()
    assert bytes(again) == octets


def test_lua_names_are_unique() -> None:
    lines = [line for line in plugin().splitlines() if line.startswith("F[")]
    names = [line.split('"')[1] for line in lines]
    assert len(names) == len(set(names))


@each_declaration
def test_lua_could_show_the_message(declaration: Declaration) -> None:
    shown = Shown(declaration)
    assert all(shown.name(spec).replace(".", "_").isidentifier() for spec in shown.fields)
    assert layout(shown).startswith(f"LAYOUT.{declaration.symbol} = ")


# --- the shared vectors -----------------------------------------------------------------------------------------------

VECTORS = load()
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=str)


def scapy_json(packet: Any, spec: FieldSpec, profile: Profile) -> Any:
    """A Scapy field's value as our JSON writes it."""
    value, kind = packet.getfieldval(field_name(spec.name)), spec.kind
    if isinstance(kind, kinds.FlagBits):
        return kind.to_json(kind.table(profile).decode[int(value)], profile)
    if isinstance(kind, kinds.Address | kinds.AddressList):
        return value
    if isinstance(kind, kinds.LinkLayerAddress) and isinstance(value, str):
        return value
    return kind.to_json(value, profile)


def compare(packet: Any, declaration: Declaration, shown: dict[str, Any], profile: Profile) -> None:
    """A Scapy packet against the JSON of the same layer, its options and records too."""
    for spec in declaration.fields:
        if isinstance(spec.kind, SHOWN_BY_THEIR_ITEMS):
            items = packet.getfieldval(field_name(spec.name))
            assert len(items) == len(shown[spec.name])
            for item, inner in zip(items, shown[spec.name], strict=True):
                compare(item, item.declaration, inner, profile)
        elif spec.name in shown:
            assert scapy_json(packet, spec, profile) == shown[spec.name], spec.name


def scapy_stack(packet: Any) -> list[Any]:
    found = []
    while packet and packet.__class__.__name__ != "NoPayload":
        found.append(packet)
        packet = packet.payload
    return found


@each_vector
def test_scapy_reads_the_vector(vector: Vector) -> None:
    profile = BUILT_IN[vector.profile]
    packet = scapy_layers.dissect_with_scapy(vector.octets, profile)
    declared = [layer for layer in scapy_stack(packet) if hasattr(layer, "declaration")]
    shown = [
        layer for layer in vector.layers if layer["type"] not in ("ipv6", "udp", "payload") and not layer.get("quoted")
    ]
    if not any(layer["type"] in ("esp", "fragment") for layer in shown):  # the walker looks into those, Scapy doesn't
        assert [layer.symbol for layer in declared] == [layer["type"] for layer in shown]
    for layer, expected in zip(declared, shown, strict=False):
        compare(layer, layer.declaration, expected, profile)


@each_vector
def test_scapy_rebuilds_the_vector(vector: Vector) -> None:
    packet = scapy_layers.dissect_with_scapy(vector.octets, BUILT_IN[vector.profile])
    packet.clear_cache()
    assert bytes(packet) == vector.octets


@each_vector
def test_scapy_computes_the_vectors_checksum(vector: Vector) -> None:
    packet = scapy_layers.dissect_with_scapy(vector.octets, BUILT_IN[vector.profile])
    if any(layer.get("checksum_status") == "bad" for layer in vector.layers):
        return  # wrong on purpose
    for layer in scapy_stack(packet):
        for name in ("checksum", "chksum", "header_length", "length", "address_count"):
            if name in layer.fields:
                layer.setfieldval(name, None)
    assert bytes(packet) == vector.octets


@each_vector
def test_dpkt_reads_and_rebuilds_the_vector(vector: Vector) -> None:
    profile = BUILT_IN[vector.profile]
    packet = dpkt_packets.dissect_with_dpkt(vector.octets, profile)
    found = packet
    while hasattr(found, "data") and not hasattr(found, "declaration"):
        found = found.data
    if hasattr(found, "declaration"):
        layer = next(layer for layer in vector.layers if layer["type"] == found.declaration.symbol)
        message = found.message()
        for spec in found.declaration.values:
            if spec.name in layer and spec.offset >= found.skip and not isinstance(spec.kind, SHOWN_BY_THEIR_ITEMS):
                assert spec.kind.to_json(getattr(message, spec.name), profile) == layer[spec.name]
    assert bytes(packet) == vector.octets


def test_every_mobility_message_of_the_vectors_is_ours_in_dpkt() -> None:
    for vector in VECTORS:
        if vector.layers[-1]["type"] in {d.symbol for d in load_all()["mobility"]} and len(vector.layers) == 2:
            packet = dpkt_packets.dissect_with_dpkt(vector.octets, BUILT_IN[vector.profile])
            assert packet.data.declaration.symbol == vector.layers[-1]["type"]


# --- anything at all --------------------------------------------------------------------------------------------------

HEADER = bytes.fromhex("60000000 0000 00 40") + bytes(15) + b"\x01" + bytes(15) + b"\x02"


@given(st.sampled_from([0, 43, 44, 51, 58, 60, 62, 135]), st.binary(max_size=120), st.sampled_from([RFC6275, KAME2003]))
def test_whatever_comes_scapy_gives_it_back(protocol: int, payload: bytes, profile: Profile) -> None:
    octets = HEADER[:4] + len(payload).to_bytes(2, "big") + bytes([protocol]) + HEADER[7:] + payload
    packet = scapy_layers.dissect_with_scapy(octets, profile)
    packet.clear_cache()
    assert bytes(packet) == octets


@given(st.sampled_from([5, 6, 12, 13, 3, 200]), st.binary(min_size=2, max_size=80))
def test_what_dpkt_reads_it_gives_back(mh_type: int, rest: bytes) -> None:
    octets = bytes([59, len(rest) // 8, mh_type, 0]) + rest
    try:
        packet = dpkt_packets.packets().mobility(octets)
    except dpkt.UnpackError:
        return
    assert bytes(packet) == octets
    assert dissect(HEADER[:4] + len(octets).to_bytes(2, "big") + b"\x87" + HEADER[7:] + octets, 229)
