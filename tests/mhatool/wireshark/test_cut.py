"""Packets that the capture cut: Wireshark's exception doesn't stop at Lua, which runs nothing after 200 of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhatool.capture import PcapngWriter, linktype
from tests.peers.plugin import frames, table, tshark
from tests.recipes import packets as made

pytestmark = pytest.mark.tshark

MANY, KEPT = 300, 66


def cut(path: Path, *packets: bytes, whole: bytes) -> Path:
    """A capture of many of each of these packets, so many octets of them kept, and a whole one behind them."""
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number, packet in enumerate(packet for each in packets for packet in [each] * MANY):
            writer.write(number, linktype.RAW, packet[:KEPT], original_length=len(packet))
        writer.write(MANY * len(packets), linktype.RAW, whole)
    return path


def test_cut_updates_are_shown_as_far_as_they_go(tmp_path: Path) -> None:
    """66 octets: the IPv6 header, 24 of the Home Address option, and 2 of the Mobility Header, or 26 without it."""
    path = cut(tmp_path / "cut.pcapng", made.bu(made.alternate(made.CARE1), home=None), whole=made.home_bu())
    rows = table(path, ["mha.update.lifetime_s", "mha.checksum.status"])
    assert rows == [[str(number), "60", "2"] for number in range(1, MANY + 1)] + [[str(MANY + 1), "60", "1"]]
    assert "Lua Error" not in tshark("-r", path, "-V")


def test_cut_icmpv6_is_wiresharks(tmp_path: Path) -> None:
    """Echo requests with data that aren't there: the same tree as without the script; updates are still ours."""
    echo = made.icmp_packet(128, bytes(60), made.CARE1, made.AGENT)
    path = cut(tmp_path / "cut.pcapng", echo, whole=made.home_bu())
    fields = ["icmpv6.type", "icmpv6.checksum.status", "_ws.short", "_ws.malformed"]
    assert table(path, fields) == table(path, fields, script=None)
    assert table(path, ["mha.checksum.status"])[-1] == [str(MANY + 1), "1"]


def test_cut_icmpv6_behind_cut_updates_is_wiresharks(tmp_path: Path) -> None:
    """Updates have used up what may be lost when the first echo request comes: all are found nevertheless."""
    echo = made.icmp_packet(128, bytes(60), made.CARE1, made.AGENT)
    path = cut(tmp_path / "cut.pcapng", made.home_bu(), echo, whole=made.home_bu())
    assert frames(path, "icmpv6.type == 128") == list(range(MANY + 1, 2 * MANY + 1))
    assert table(path, ["mha.checksum.status"])[-1] == [str(2 * MANY + 1), "1"]
