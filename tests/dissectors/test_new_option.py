"""docs/architecture.md promises: a new option takes one declaration and one vector. This is that option."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dissectors.adapters import dpkt_packets, scapy_layers
from dissectors.build import build
from dissectors.options.header import MobilityOption
from dissectors.profile import Profile
from dissectors.records import layers_from_json
from dissectors.spec import Flags, option
from dissectors.spec import fields as wire
from dissectors.spec.declaration import REGISTRY
from dissectors.walk import Dissector
from mhatool.craft import Recipe, layers
from mhatool.wireshark.generate import plugin
from tests.peers.plugin import table, write
from tests.vectors.load import octets_of

# The vector: a Binding Update (RFC 6275, 6.1.7) with the option at 12, 4n, of 8 octets; 20 octets, and PadN of 4.
# Checksum: the addresses' words sum to 0x5c0c, length and protocol to 0x9f, the message with a zero checksum to
# 0x220dc: 0x27d87, folded 0x7d89, complemented 0x8276.
COMMAND_OPTION = "battery-level:percent=87,flags=C,time_left_s=600"
HEX = """
60000000 0018 8740                             # IPv6: payload 24, next header 135, hop limit 64
20010db8000000000000000000000099               # source
20010db8000000000000000000000001               # destination
3b 02 05 00 8276 0007 c000 000f                # BU: length (24 - 8) / 8 = 2, checksum, seq 7, A H, 60 s / 4
c8 06 57 80 0000 003c                          # type 200, length 6, 87 %, C, 600 s / 10 in 32 bits
01 02 0000                                     # PadN to 24
"""
JSON = {
    "type": 200,
    "name": "Battery Level",
    "length": 6,
    "percent": 87,
    "flags": ["C"],
    "time_left_s": 600,
}


@pytest.fixture
def profile() -> Iterator[Profile]:
    """A profile of its own, so that no table of the built-in ones is touched; the declaration is taken back."""
    known = list(REGISTRY["mobility_option"])

    @option("mobility_option", 200, title="Battery Level", rfc="made up", align=(4, 0))
    class BatteryLevel(MobilityOption):
        """How long the mobile node will be there."""

        percent: int = wire.uint(8, "Of a full battery")
        flags: Flags = wire.flags(8, {"C": 0x80}, "C: charging")
        time_left_s: int = wire.uint(32, "Seconds", unit=10)

    yield Profile("with-battery-level")
    REGISTRY["mobility_option"][:] = known


def test_one_declaration_serves_every_back_end(profile: Profile) -> None:
    octets = octets_of(HEX)
    packet = Dissector(profile).dissect(octets, 101)
    message = packet.layers[-1]
    assert message.json()["options"][0] == JSON
    assert message.checksum_status == "good"
    value = message.message()
    assert value.options[0].time_left_s == 600
    assert profile.codec.emit(value) == message.bytes
    records = json.loads(json.dumps(packet.json()))
    assert build(layers_from_json(records, profile), profile) == octets


def test_craft_knows_it(profile: Profile) -> None:
    fields = {"seq": "7", "lifetime": "60", "flags": "AH"}
    recipe = Recipe("bu", profile, "2001:db8::99", "2001:db8::1", fields=fields, options=[COMMAND_OPTION])
    assert build(layers(recipe), profile).hex() == octets_of(HEX).hex()


def test_scapy_and_dpkt_know_it(profile: Profile) -> None:
    octets = octets_of(HEX)
    shown = scapy_layers.dissect_with_scapy(octets, profile)
    assert bytes(shown) == octets
    assert "time_left_s" in shown.show(dump=True)
    made = dpkt_packets.dissect_with_dpkt(octets, profile)
    assert bytes(made) == octets


@pytest.mark.tshark
def test_wireshark(profile: Profile, tmp_path: Path) -> None:
    """In the plugin that is made with it, by the names of the declaration."""
    script = tmp_path / "mha.lua"
    script.write_text(plugin(profile), encoding="utf-8")
    names = ("percent", "flags", "flags.c", "time_left_s")
    rows = table(
        write(tmp_path / "one.pcapng", [octets_of(HEX)]), [f"mha.battery_level.{name}" for name in names], script=script
    )
    assert rows == [["1", "87", "0x80", "1", "600"]]
