"""Whose address the script takes: in packets that errors quote, and where Wireshark shows names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mhatool.scenes import AGENT, CARE1, HOME, ipv6, routing_header
from tests.peers.plugin import table, tshark, write
from tests.recipes import packets as made

pytestmark = pytest.mark.tshark

NODE = "2001:db8:1::100"
STATUS = ("mha.checksum.status", "mha.node")
OTHERS = ("-o", "mha.other_fields:TRUE")


def spoiled(packet: bytes) -> bytes:
    return packet[:-1] + bytes((packet[-1] ^ 1,))


def quoted(packet: bytes) -> bytes:
    """A Destination Unreachable about a packet that was sent whole (RFC 4443, 3.1)."""
    return made.icmp_packet(1, bytes(4) + packet, CARE1, AGENT)


#: Behind a type 2 routing header: Wireshark leaves its address out in a quoted packet.
ROUTED = (made.ba(), made.unreachable(), ipv6(AGENT, CARE1, 41, made.ba()))


def test_a_quoted_acknowledgement_isnt_bad(tmp_path: Path) -> None:
    path = write(tmp_path / "quoted.pcapng", [quoted(packet) for packet in (*ROUTED, made.home_bu())])
    assert [row[1:] for row in table(path, STATUS)] == [["2", ""]] * 3 + [["1", NODE]]
    assert [row[1:] for row in table(path, STATUS, *OTHERS)] == [["1", NODE]] * 4


def test_a_damaged_one_is(tmp_path: Path) -> None:
    """Also where nobody sent it on: the address of a routing header without segments left was used already."""
    arrived = ipv6(AGENT, HOME, 43, used(routing_header(CARE1, 135)) + made.ba()[64:])
    path = write(tmp_path / "quoted.pcapng", [quoted(spoiled(made.ba())), quoted(arrived)])
    assert [row[1:] for row in table(path, STATUS, *OTHERS)] == [["0", NODE], ["1", NODE]]


def used(header: bytes) -> bytes:
    """The routing header with no segments left."""
    return header[:3] + b"\0" + header[4:]


def test_names_change_nothing(tmp_path: Path) -> None:
    """Two addresses of one name, and one without: octets are what counts."""
    hosts = tmp_path / "hosts"
    hosts.write_text(
        f"{NODE} node.example\n2001:db8:a::100 node.example\n2001:db8:1::1 agent.example\n", encoding="utf-8"
    )
    path = write(tmp_path / "named.pcapng", [made.home_bu(), made.ba(), spoiled(made.home_bu()), made.unreachable()])
    fields = ["mha.checksum.status", "mha.node", "mha.response_to", "mha.rule"]
    named = ("-N", "n", "-H", str(hosts))
    assert "node.example" in tshark("-r", path, *named)
    rows = table(path, fields)
    assert [row[1] for row in rows] == ["1", "1", "0", "1"]
    assert table(path, fields, *named) == rows
    assert tshark("-r", path, *named, "-Y", 'mha.checksum.status == "Bad"').count("\n") == 1
