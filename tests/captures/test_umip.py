"""UMIP's captures (captures/umip) against tshark, tcpdump and what their README counts."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.peers import tcpdump
from tests.peers.frames import frames_of
from tests.peers.tshark import differences

# Messages with a Mobility Header, and ICMPv6 144 to 147: the README's table.
COUNTS = {
    "failover60-core.pcap": (10, 3),
    "failover60-home.pcap": (2, 0),
    "failover60-mn.pcap": (12, 3),
    "ro-cn.pcap": (15, 0),
    "ro-core.pcap": (27, 4),
    "ro-home.pcap": (3, 0),
    "ro-mn.pcap": (25, 4),
    "tour-all.pcapng": (18, 8),
    "tour-core.pcap": (8, 4),
    "tour-home.pcap": (2, 0),
    "tour-mn.pcap": (10, 4),
}
# tshark leaves checksums inside quoted packets unverified (2); the packets are whole, so ours says good (1):
# docs/differences.md, quoted-checksums. (file, field) -> frames.
KNOWN = {
    ("failover60-core.pcap", "icmpv6.checksum.status"): 204,
    ("failover60-mn.pcap", "icmpv6.checksum.status"): 1,
}


def test_every_capture_is_here(captures: Path) -> None:
    assert {path.name for path in (captures / "umip").glob("*.pcap*")} == set(COUNTS)


@pytest.mark.tshark
@pytest.mark.parametrize("name", COUNTS)
def test_values_are_those_of_tshark(captures: Path, name: str) -> None:
    seen = differences(captures / "umip" / name)
    counted = Counter((name, each.field) for each in seen)
    assert counted == {key: count for key, count in KNOWN.items() if key[0] == name}, seen[:3]
    assert {(each.ours, each.theirs) for each in seen} <= {(("1", "1"), ("1", "2"))}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_and_checksums(captures: Path, name: str) -> None:
    mobility = other = 0
    for frame in frames_of(captures / "umip" / name):
        for datagram in frame.packet.datagrams:
            if datagram.is_signalling and datagram.upper is not None:
                is_mobility = datagram.upper.declaration.family == "mobility"
                mobility, other = mobility + is_mobility, other + (not is_mobility)
        for layer in frame.packet.layers:
            assert layer.problems == []
            assert layer.checksum_status in ("", "good") or layer.quoted
    assert (mobility, other) == COUNTS[name]


@pytest.mark.tcpdump
@pytest.mark.parametrize("name", COUNTS)
def test_words_of_tcpdump(captures: Path, name: str) -> None:
    path = captures / "umip" / name
    output = subprocess.run(
        ["tcpdump", "-nn", "-v", "-tt", "-r", path], check=True, capture_output=True, text=True
    ).stdout
    lines = [line for line in output.splitlines() if re.match(r"\d+\.\d+ IP6 .*mobility: ", line)]
    found = [
        frame.packet
        for frame in frames_of(path)
        if any(d.upper is not None and d.upper.declaration.family == "mobility" for d in frame.packet.datagrams)
        and not any(d.quoted for d in frame.packet.datagrams)
    ]
    lines = [line for line in lines if "ICMP6" not in line]
    assert len(lines) == len(found) > 0
    for line, packet in zip(lines, found, strict=True):
        tcpdump.says_the_same(packet, line)
