"""What info says of captures that are out of the ordinary."""

import gzip
import hashlib
import json
import os
import struct
import subprocess
from pathlib import Path

from tests.mhatool.capture.builders import UMIP, enhanced, interface, option, pcap_header, pcap_record, section
from tests.mhatool.cli.process import complaint, mhatool
from tests.mhatool.scenes import AGENT, CARE1, bu, ipv6

TCP = ipv6(CARE1, AGENT, 6, bytes(20))


def facts(*arguments: str | Path, stdin: bytes = b"") -> dict[str, object]:
    result = mhatool("info", "--jsonl", *arguments, stdin=stdin)
    assert result.status == 0, result.err
    found: dict[str, object] = json.loads(result.out)
    return found


def test_times_before_1970(tmp_path: Path) -> None:
    """An interface whose clock is counted from a thousand seconds before (if_tsoffset)."""
    path = tmp_path / "early.pcapng"
    early = interface(link_type=101, options=option(14, struct.pack("<q", -1000)))
    path.write_bytes(section() + early + enhanced(bu()) + enhanced(TCP, 1_500_000) + enhanced(TCP, 500_000))
    found = facts(path)
    assert (found["start"], found["end"]) == ("1969-12-31T23:43:20.000000000Z", "1969-12-31T23:43:21.500000000Z")
    assert found["duration_s"] == 1.5


def test_a_profile_that_moves_the_hop_by_hop_header(tmp_path: Path) -> None:
    """Mobility messages at next header 0, whose first octets look like a Hop-by-Hop header before TCP."""
    profile = tmp_path / "moved.toml"
    profile.write_text("[protocols]\nmobility = 0\nhop_by_hop = 135\n", encoding="utf-8")
    message = bytes.fromhex("060105000000000100000000") + bytes(4)
    path = tmp_path / "moved.pcap"
    first, second = ipv6(CARE1, AGENT, 0, b"\x3b" + message[1:]), ipv6(CARE1, AGENT, 0, message)
    path.write_bytes(pcap_header(link_word=101) + pcap_record(TCP) + pcap_record(first) + pcap_record(second))
    assert facts(path, "--profile", profile)["signalling"] == {"binding_update": 2}


def test_the_hash_of_what_is_read_once(tmp_path: Path) -> None:
    """That of its octets, those behind a break of the capture among them, as `sha256sum` has it."""
    whole, pipe = (UMIP / "ro-home.pcap").read_bytes(), tmp_path / "pipe"
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "packed").write_bytes(gzip.compress(whole))
    (tmp_path / "broken").write_bytes(whole[:-7] + bytes(range(250)) * 4000)
    os.mkfifo(pipe)
    for name in ("whole", "packed", "broken"):
        octets, found = (tmp_path / name).read_bytes(), facts(tmp_path / name, "--hash")
        assert found["sha256"] == hashlib.sha256(octets).hexdigest()
        piped = mhatool("info", "-", "--hash", "--jsonl", stdin=octets)
        assert json.loads(piped.out) == found | {"file": "-"}
        with subprocess.Popen(["dd", f"if={tmp_path / name}", f"of={pipe}", "bs=4096", "status=none"]) as writer:
            assert facts(pipe, "--hash") == found | {"file": str(pipe)}
            assert writer.wait(20) == 0


def test_a_whole_document_or_none(tmp_path: Path) -> None:
    assert "no such file" in complaint("info", "--json", UMIP / "ro-home.pcap", tmp_path / "nothing")


def test_many_nodes_are_counted_in_text_and_named_in_json(tmp_path: Path) -> None:
    """23 mobile nodes with one home agent: 20 are named, 3 more are told; nothing is left out of --json."""
    homes = [CARE1[:14] + bytes((9, number)) for number in range(23)]
    path = tmp_path / "many.pcap"
    path.write_bytes(pcap_header(link_word=101) + b"".join(pcap_record(bu(home=home)) for home in homes))
    text = mhatool("info", path)
    line = next(line for line in text.out.splitlines() if line.startswith("  nodes"))
    assert line.count("(mn)") == 21
    assert line.endswith(", 3 more (mn)")
    nodes = facts(path)["nodes"]
    assert isinstance(nodes, dict)
    assert len(nodes) == 24
