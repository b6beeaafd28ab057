"""Options as tshark reads them, against tshark itself: those of Home Agent Switch six octets before their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dissectors.profile import RFC6275
from mhatool.wireshark.crosscheck import Crosscheck
from mhatool.wireshark.faults import fault_of
from mhatool.wireshark.options_as_read import DEPENDS, LEAST
from tests.mhatool.scenes import AGENT, CARE1, HOME, ipv6
from tests.peers.frames import frames_of
from tests.peers.plugin import table, write
from tests.recipes import packets as made

pytestmark = pytest.mark.tshark


def switch(end_of_address: str, options: str) -> bytes:
    """One home agent, whose address ends with these six octets; the options are 8 octets, or as many more."""
    address = bytes.fromhex("20010db8000000000000") + bytes.fromhex(end_of_address)
    return made.carried(12, bytes((1, 0)) + address + bytes.fromhex(options), AGENT, HOME)


LIST = "1210 20010db8000000000000000000000001"  # 18 octets; PadN before it, 6 octets, and behind it, none
PADDING = "0106 000000000000"

#: The address's last six octets, the options behind it, and a field that tshark shows of them all.
CASES: list[tuple[str, str, str, tuple[str, ...]]] = [
    # six times Pad1; then everything is in its place, and 18 is an experiment's: 16 octets without the last two
    ("000000000000", "0104 00000000" + LIST, "mip6.em.data", ("20010db8" + 10 * "00",)),
    # Care-of Test of 3 octets, aa bb and the 01 that PadN begins with, of which it shows one; then 06 00, Pad1 ...
    ("00001003aabb", PADDING, "mip6.mocot.co_keygen_tok", ("aa",)),
    # CGA Parameters of no octets: malformed, and nothing behind it is read, neither 4 (Nonce Indices) nor the PadN
    ("00000c000000", "0404 00010002 0100", "mip6.mobility_opt.len", ("0",)),
    ("00000c000000", "0404 00010002 0100", "mip6.ni.hni", ()),
    # 250, of one octet: unknown, its length is the header's (32 octets: 3); PadN of 6 in its place
    ("000000fa0100", PADDING, "mip6.mobility_opt", ("250",)),
    ("000000fa0100", PADDING, "mip6.mobility_opt.len", ("3", "6")),
    # Mobile Node Identifier: subtype 1 and three octets that are no printable text
    ("080401611b62", PADDING, "mip6.mnid.identifier", ("a\\x1bb",)),
    # 251, of 8 octets: as much as there is, 01 06 and six more; 252 of 9 goes past the end and isn't shown
    ("00000000fb08", PADDING, "mip6.mobility_opt", ("251",)),
    ("00000000fc09", PADDING, "mip6.mobility_opt", ()),
]


def test_what_tshark_reads_there(tmp_path: Path) -> None:
    path = write(tmp_path / "switches.pcapng", [switch(end, options) for end, options, _, _ in CASES])
    found = list(Crosscheck(path))
    assert [each for each in found if each.fault is None] == []
    shown = {(each.frame, each.field): each for each in found}
    for number, (end, _, field, theirs) in enumerate(CASES, 1):
        assert shown[number, field].theirs == theirs, end


def test_another_value_is_none_of_it(tmp_path: Path) -> None:
    """An octet more or less, what is behind a malformed option, types and lengths that it doesn't show."""
    frames = frames_of(write(tmp_path / "switches.pcapng", [switch(end, options) for end, options, _, _ in CASES]))
    for number, field, theirs in (
        (0, "mip6.em.data", ("20010db8" + 11 * "00",)),
        (1, "mip6.mocot.co_keygen_tok", ("aabb",)),
        (2, "mip6.mobility_opt.len", ("0", "4")),
        (3, "mip6.ni.hni", ("1",)),
        (4, "mip6.mobility_opt", ("1", "250")),
        (5, "mip6.mobility_opt.len", ("1", "6")),
        (6, "mip6.mnid.identifier", ("a",)),
    ):
        assert fault_of("4.0.17", RFC6275, frames[number], field, ("another",), theirs) is None, field


def test_how_long_wireshark_wants_options_to_be(tmp_path: Path) -> None:
    """Each type with 0 to 22 octets, zeros, in a Binding Refresh Request; Pad1 before it."""
    kinds = [(kind, length) for kind in range(1, 56) if kind not in DEPENDS for length in range(23)]
    packets = []
    for kind, length in kinds:
        octets = bytes((kind, length)) + bytes(length)
        octets = bytes(-len(octets) % 8) + octets
        packets.append(ipv6(CARE1, AGENT, 135, bytes((59, len(octets) // 8)) + bytes(6) + octets))
    rows = table(write(tmp_path / "lengths.pcapng", packets), ["_ws.malformed"], script=None)
    malformed = [pair for pair, (_, text) in zip(kinds, rows, strict=True) if text]
    assert malformed == [(kind, length) for kind, length in kinds if length < LEAST.get(kind, 0)]
