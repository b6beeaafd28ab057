"""The five hard cases through every back end: codec, view, Scapy, dpkt, and tshark with our script."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dissectors.adapters.dpkt_packets import dissect_with_dpkt
from dissectors.adapters.scapy_layers import dissect_with_scapy, layers
from dissectors.profile import RFC6275
from dissectors.spec import kinds
from dissectors.walk import dissect
from mhatool.wireshark.generate import plugin
from tests.dissectors.adapters.hard_cases import CASES, Case
from tests.vectors.arithmetic import expected, walk

CODEC = RFC6275.codec
IPV6 = 229

each_case = pytest.mark.parametrize("case", CASES, ids=str)


def as_json(message: Any) -> dict[str, Any]:
    """Every field of a message value or option as JSON, by what its kind says."""
    return {
        spec.name: spec.kind.to_json(getattr(message, spec.name), RFC6275)
        for spec in message.__declaration__.values
        if not isinstance(spec.kind, kinds.OptionList)
    }


def agrees(expected_fields: dict[str, Any], found: dict[str, Any]) -> None:
    assert {name: found[name] for name in expected_fields} == expected_fields


def family(case: Case) -> str:
    return "mobility" if case.octets[case.at] == 59 else "icmpv6"


@each_case
def test_the_octets_add_up(case: Case) -> None:
    found = walk(case.octets)
    (item,) = found.sums
    assert item.start == case.at
    assert int.from_bytes(case.octets[item.place : item.place + 2], "big") == expected(case.octets, item)


@each_case
def test_codec(case: Case) -> None:
    octets = case.octets[case.at :]
    message = CODEC.parse(family(case), octets)
    assert message.__declaration__.symbol == case.type
    agrees(case.fields, as_json(message))
    options = getattr(message, "options", ())
    assert [CODEC.number(option.__declaration__) for option in options] == [number for number, _ in case.options]
    for option, (_, fields) in zip(options, case.options, strict=True):
        agrees(fields, as_json(option))
    assert CODEC.emit(message) == octets


@each_case
def test_view(case: Case) -> None:
    layer = dissect(case.octets, IPV6).json()[-1]
    assert layer["type"] == case.type
    assert layer["offset"] == case.at
    assert layer["checksum_status"] == "good"
    agrees(case.fields, layer)
    for shown, (number, fields) in zip(layer.get("options", ()), case.options, strict=True):
        assert shown["type"] == number
        agrees(fields, shown)


@each_case
def test_scapy(case: Case) -> None:
    packet = dissect_with_scapy(case.octets)
    upper = packet.getlayer(case_class(case))
    found = CODEC.parse(family(case), bytes(upper))
    agrees(case.fields, as_json(found))
    scapy_agrees(upper, case.fields)
    for option, (number, fields) in zip(upper.fields.get("options", ()), case.options, strict=True):
        assert option.type == number
        scapy_agrees(option, fields)
    packet.clear_cache()
    assert bytes(packet) == case.octets
    upper.checksum = None
    for name in ("header_length", "address_count"):
        if name in upper.fields:
            upper.setfieldval(name, None)
    assert bytes(packet) == case.octets


def case_class(case: Case) -> Any:
    return next(cls for cls in layers().by_name.values() if getattr(cls, "symbol", "") == case.type)


def scapy_agrees(packet: Any, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        found = packet.getfieldval(name)
        if isinstance(found, bytes):
            found = found.hex(":") if name == "link_layer_address" else found.hex()
        elif name == "flags":
            found = list(reversed(str(found)))  # Scapy writes the least significant bit first
        assert found == value, name


@each_case
def test_dpkt(case: Case) -> None:
    packet = dissect_with_dpkt(case.octets)
    upper = packet.data if family(case) == "mobility" else packet.data.data
    assert upper.declaration.symbol == case.type
    agrees(case.fields, as_json(upper.message()))
    for spec in upper.declaration.fixed:
        if spec.name in case.fields and isinstance(spec.kind, kinds.UInt):
            assert getattr(upper, spec.name) == case.fields[spec.name]
    for option, (_, fields) in zip(getattr(upper, "options", ()), case.options, strict=True):
        agrees(fields, as_json(option))
    assert bytes(packet) == case.octets


# --- tshark -----------------------------------------------------------------------------------------------------------


def write_capture(path: Path, frames: list[bytes]) -> None:
    """A capture of bare IPv6 packets."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, IPV6)
    path.write_bytes(header + b"".join(struct.pack("<IIII", i, 0, len(f), len(f)) + f for i, f in enumerate(frames)))


def run_tshark(folder: Path, frames: list[bytes], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Read the frames with tshark and our script; any Lua error fails the test."""
    (folder / "mha.lua").write_text(plugin(), encoding="utf-8")
    write_capture(folder / "in.pcap", frames)
    tshark = shutil.which("tshark")
    assert tshark, "tshark is missing: scripts/system_packages.txt names its package"
    command = [tshark, "-X", f"lua_script:{folder / 'mha.lua'}", "-r", str(folder / "in.pcap"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert "Lua" not in done.stderr, done.stderr
    return done


@pytest.mark.tshark
@each_case
def test_tshark(case: Case, tmp_path: Path) -> None:
    names = list(case.tshark)
    fields = [argument for name in names for argument in ("-e", name)]
    done = run_tshark(tmp_path, [case.octets], "-T", "fields", "-E", "occurrence=a", *fields)
    shown = dict(zip(names, done.stdout.rstrip("\n").split("\t"), strict=True))
    assert shown == case.tshark
