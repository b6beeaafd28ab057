"""timeline and info, as scripts call them."""

import hashlib
import json
from pathlib import Path

from tests.mhatool.capture.builders import pcap_header
from tests.mhatool.cli.process import mhatool

HOME = "2001:200:1:2:240:26ff:fe4c:51fd"
AGENT = "2001:200:1:2::1"


def test_a_timeline_as_text_and_as_a_document(captures: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    text = mhatool("timeline", capture)
    assert (text.status, text.err) == (0, "")
    assert f"Home address {HOME}" in text.out
    document = json.loads(mhatool("timeline", capture, "--json").out)
    assert [(b["home_address"], b["home_agent"]) for b in document["bindings"]] == [(HOME, AGENT)]
    assert mhatool("timeline", capture, "--style", "json").out == mhatool("timeline", capture, "--json").out


def test_a_timeline_in_a_file(captures: Path, tmp_path: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    for flags in (["--style", "text"], ["--json"]):
        result = mhatool("timeline", capture, *flags, "-o", tmp_path / "out")
        assert (result.status, result.out, result.err) == (0, "", "")
        assert (tmp_path / "out").read_text() == mhatool("timeline", capture, *flags, "-o", "-").out


def test_info_counts(captures: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    facts = json.loads(mhatool("info", capture, "--jsonl", "--hash").out)
    assert facts["packets"] == 2117
    assert facts["link_types"] == {"ETHERNET": 2117}
    assert facts["signalling"]["binding_update"] == 5
    assert facts["nodes"] == {AGENT: ["ha"], HOME: ["mn"]}
    assert facts["bindings"] == 1
    assert facts["duration_s"] == 201.043158
    assert facts["sha256"] == hashlib.sha256(capture.read_bytes()).hexdigest()


def test_info_as_text(captures: Path) -> None:
    result = mhatool("info", "tour-mn.pcap", "ro-cn.pcap", cwd=captures / "umip")
    assert (result.status, result.err) == (0, "")
    first, second = result.out.split("\n\n")
    assert first.splitlines()[:2] == [
        "tour-mn.pcap: pcap, ETHERNET",
        "  packets     2117, 14 with mobility signalling",
    ]
    assert "(cn)" in second


def test_info_of_a_capture_without_packets(tmp_path: Path) -> None:
    (tmp_path / "none.pcap").write_bytes(pcap_header())
    facts = json.loads(mhatool("info", "none.pcap", "--jsonl", cwd=tmp_path).out)
    assert (facts["format"], facts["packets"], facts["start"], facts["duration_s"]) == ("pcap", 0, None, None)
    assert mhatool("info", "none.pcap", cwd=tmp_path).out.startswith("none.pcap: pcap, no packets\n")
