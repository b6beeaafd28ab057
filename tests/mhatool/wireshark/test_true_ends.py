"""Whom headers name in the place of source and destination: tshark and the script say the same as we."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhatool.wireshark.crosscheck import Crosscheck
from tests.dissectors.test_true_ends import BROKEN, CASES, TOO_MANY, TWO, UNREAD, packet
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, ipv6
from tests.peers.plugin import table, write

pytestmark = pytest.mark.tshark


def test_headers_that_name_other_ends(tmp_path: Path) -> None:
    """Routing headers of several types, and options of a wrong length: the two say the same of what is behind them.

    (Of one that is too short Wireshark reads on beyond its end, and shows other IPv6 options.)
    """
    broken = [
        case for name, case in BROKEN.items() if name != "the same before a home address"
    ]  # which it doesn't find
    packets = [packet(header, end) for header, end in CASES.values()]
    packets += [packet(UNREAD["another type"], end) for end in (AGENT, HOME)]
    packets += [packet(header, AGENT, source, protocol) for protocol, header, source in broken]
    found = list(Crosscheck(write(tmp_path / "ends.pcapng", packets)))
    unexplained = [each for each in found if each.fault is None or each.fault.is_ours]
    assert {each.field for each in unexplained if not each.field.startswith("ipv6.opt.")} == set()


@pytest.mark.parametrize("place", TWO)
def test_two_home_addresses(tmp_path: Path, place: str) -> None:
    """RFC 6275, 6.3 forbids a second one: a checksum is right or wrong where both are the same alone."""
    sent = [packet(TWO[place](HOME, PEER), AGENT, source, 60) for source in (HOME, PEER, CARE1)]
    sent += [packet(TWO[place](HOME, HOME), AGENT, source, 60) for source in (HOME, CARE1)]
    path = write(tmp_path / "two.pcapng", [*sent, ipv6(PEER, CARE2, 41, sent[3])])
    differ = {each.field for each in Crosscheck(path) if each.fault is None or each.fault.is_ours}
    assert differ == set()
    found = table(path, ["mha.checksum.status", "mha.rule"], "-o", "mha.other_fields:TRUE")
    assert [status for _, status, _ in found] == ["2", "2", "2", "1", "0", "1"]
    assert ["MIP6-MH-001" in rules for _, _, rules in found] == [False, False, False, False, True, False]


def test_more_segments_left_than_addresses(tmp_path: Path) -> None:
    """RFC 8200, 4.4: no node goes by such a header, so that nobody knows what the sum is over."""
    sent = [packet(header, end) for header in TOO_MANY.values() for end in (HOME, AGENT)]
    path = write(tmp_path / "left.pcapng", [*sent, ipv6(PEER, CARE2, 41, sent[0])])
    differ = {each.field for each in Crosscheck(path) if each.fault is None or each.fault.is_ours}
    assert differ == set()
    found = table(path, ["mha.checksum.status", "mha.rule"], "-o", "mha.other_fields:TRUE")
    assert [(status, "MIP6-MH-001" in rules) for _, status, rules in found] == [("2", False)] * 5


def test_a_home_address_in_a_hop_by_hop_header(tmp_path: Path) -> None:
    """RFC 6275, 6.3: it is none there, and the sum is over the IPv6 header's source, or that of a right option."""
    misplaced = bytes.fromhex("0102 0000 c910") + PEER
    alone, following = bytes.fromhex("8702") + misplaced, bytes.fromhex("3c02") + misplaced
    right = bytes.fromhex("8702 0102 0000 c910") + HOME
    sent = [packet(alone, AGENT, source, 0) for source in (CARE1, PEER)]
    sent += [packet(following + right, AGENT, source, 0) for source in (HOME, PEER, CARE1)]
    path = write(tmp_path / "hop.pcapng", [*sent, ipv6(PEER, CARE2, 41, sent[0])])
    differ = {each.field for each in Crosscheck(path) if each.fault is None or each.fault.is_ours}
    assert differ == set()
    found = table(path, ["mha.checksum.status", "mha.rule"], "-o", "mha.other_fields:TRUE")
    assert [status for _, status, _ in found] == ["1", "0", "1", "0", "0", "1"]
    assert ["MIP6-MH-001" in rules for _, _, rules in found] == [False, True, False, True, True, False]


def test_only_a_type_2_routing_header_is_one(tmp_path: Path) -> None:
    """MIP6-MH-009 (RFC 6275, 6.1) is about that type alone; the checksum behind one that nobody reads is unverified."""
    type_2 = bytes((135, 2, 2, 1, 0, 0, 0, 0)) + HOME
    headers = [packet(type_2, HOME), packet(*CASES["segments"]), packet(UNREAD["another type"], HOME)]
    path = write(tmp_path / "headers.pcapng", headers)
    fields = ["mha.checksum.status", "mha.rule", "mha.rule.inconclusive"]
    found = table(path, fields[:2], "-o", "mha.other_fields:TRUE")
    assert [(status, "MIP6-MH-009" in rules, "MIP6-MH-001" in rules) for _, status, rules in found] == [
        ("1", True, False),
        ("1", False, False),
        ("2", False, False),
    ]
    without = table(path, fields)
    assert {unsure for _, _, rules, unsure in without if "MIP6-MH-009" in rules} == {"1"}
