"""timeline and info, as scripts call them."""

import gzip
import hashlib
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import zstandard

from mhatool.protocol.instant import rfc3339
from tests.mhatool.capture.builders import pcap_header
from tests.mhatool.cli.process import complaint, mhatool
from tests.mhatool.timeline.paper_run import Run

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


@pytest.mark.parametrize("flags", [(), ("--at", "+80"), ("--at", "#100", "--json")])
def test_a_pipe_with_a_name_is_opened_once(captures: Path, tmp_path: Path, flags: tuple[str, ...]) -> None:
    """The writer is gone after its octets: who opened the pipe again would wait for another one."""
    capture, pipe = captures / "umip" / "tour-mn.pcap", tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["dd", f"if={capture}", f"of={pipe}", "bs=4096", "status=none"]) as writer:
        result = mhatool("timeline", pipe, *flags)
        assert writer.wait(20) == 0
    told = mhatool("timeline", capture, *flags)
    assert result.status == told.status == 0
    assert result.out.replace(str(pipe), "FILE") == told.out.replace(str(capture), "FILE")


def test_a_trace_that_breaks_off(tmp_path: Path) -> None:
    """What came before is told, and the run ends there; what is left of a header alone is no trace."""
    whole, cut = tmp_path / "whole.jsonl", tmp_path / "cut.jsonl"
    assert mhatool("simulate", "plain-mipv6", "--trace", whole).status == 0
    lines = whole.read_bytes().splitlines(keepends=True)
    sent = next(n for n, line in enumerate(lines) if b'"mh:sent"' in line and b'"binding_update"' in line)
    before = b"".join(lines[: sent + 1])
    cut.write_bytes(before + lines[sent + 1][:-10])
    warning = f"mhatool: warning: {{}}: trace breaks off (line {sent + 2}, at octet {len(before)})\n"
    for style in (("--json",), ("--style", "html"), ("--style", "kame", "--at", "+1")):
        result = mhatool("timeline", cut, *style)
        assert (result.status, result.err.count("\n")) == (0, 1 + ("nobody has" in result.err)), result
        assert result.err.startswith(warning.format(cut))
    told, document = (json.loads(mhatool("timeline", file, "--json").out) for file in (whole, cut))
    assert document["packets"] == sum(b'"mh:sent"' in line for line in lines[: sent + 1]) < told["packets"]
    assert document["start"] == told["start"]
    assert document["end"] == rfc3339(json.loads(lines[sent])["time_ns"]) < told["end"]
    piped = mhatool("timeline", "-", stdin=cut.read_bytes())
    assert (piped.status, piped.err) == (0, warning.format("standard input"))
    assert "no header of a trace" in complaint("timeline", "-", stdin=lines[0][:-10])


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


# --- the paper's look ---

GOLDEN = Path(__file__).parents[1] / "timeline" / "golden"
KAME = ("--profile", "kame2003", "--style", "kame")


def test_a_figure_of_the_paper_by_time_offset_and_frame(tmp_path: Path) -> None:
    capture, names = Run().write(tmp_path / "paper.pcapng"), Run().names(tmp_path / "names.toml")
    expected = (GOLDEN / "fig15-mn-registration.txt").read_text()
    at = ["2003-02-18T20:28:41Z", "1045600121", "+755"]  # the first packet is that of 20:16:06
    for instant in at:
        result = mhatool("timeline", capture, *KAME, "--names", names, "--node", "mn", "--at", instant)
        assert (result.status, result.out, result.err) == (0, expected, "")
    # Frames: 3 advertisements, 2 lost updates, 2 updates, 2 answers, and at 20:31:05 as many again, without a refresh.
    result = mhatool("timeline", capture, *KAME, "--names", names, "--node", "mn", "--at", "#9")
    assert "ltxp       420\n" in result.out
    assert "pfsm       BOUND\n" in result.out
    assert mhatool("timeline", capture, *KAME, "--at", "#5", "--node", "2001:200:1:2::1").out == ""


def test_where_nobody_is_registered_a_word_says_so(tmp_path: Path) -> None:
    """Before the first answer of 20:28:24 the tables are empty: nothing on standard output, and why on the other."""
    capture, names = Run().write(tmp_path / "paper.pcapng"), Run().names(tmp_path / "names.toml")
    command = ("timeline", capture, *KAME, "--names", names, "--at", "2003-02-18T20:16:07Z")
    at = "at 2003-02-18T20:16:07.000000000Z: there is no table to show"
    everybody, one = mhatool(*command), mhatool(*command, "--node", "ha1")
    assert (everybody.status, everybody.out, one.status, one.out) == (0, "", 0, "")
    assert everybody.err == f"mhatool: warning: nobody has a binding {at}\n"
    assert one.err == f"mhatool: warning: ha1 has no binding {at}\n"


def test_without_a_node_every_one_has_its_tables(tmp_path: Path) -> None:
    capture, names = Run().write(tmp_path / "paper.pcapng"), Run().names(tmp_path / "names.toml")
    text = mhatool("timeline", capture, *KAME, "--names", names).out
    assert [line for line in text.splitlines() if line.endswith(":")] == ["mn:", "ha1:", "ha2:"]
    to_file = mhatool("timeline", capture, *KAME, "--names", names, "-o", tmp_path / "tables.txt")
    assert (to_file.status, to_file.out) == (0, "")
    assert (tmp_path / "tables.txt").read_text() == text


def test_names_and_interfaces_keep_to_their_line(tmp_path: Path) -> None:
    capture, names = Run().write(tmp_path / "paper.pcapng"), tmp_path / "names.toml"
    names.write_text('["m\\u001bn\\nx"]\naddresses = ["2001:200:1:2:240:26ff:fe4c:51fd"]\ninterface = "w\\n0"\n')
    lines = mhatool("timeline", capture, *KAME, "--names", names).out.splitlines()
    assert r"m\x1bn\nx:" in lines
    node = ("--node", "2001:200:1:2:240:26ff:fe4c:51fd", "--profile", "kame2003")
    log = mhatool("timeline", capture, "--style", "kame-log", *node, "--names", names).out.splitlines()
    assert log
    assert all(r" m\x1bn\nx /kernel: " in line for line in log)


def test_an_instant_or_a_node_asks_for_tables_whatever_the_style(tmp_path: Path) -> None:
    capture, names = Run().write(tmp_path / "paper.pcapng"), Run().names(tmp_path / "names.toml")
    command = ("timeline", capture, "--profile", "kame2003", "--names", names, "--node", "ha1", "--at", "+738")
    figure = (GOLDEN / "fig11-ha1-registration.txt").read_text()  # 20:28:24
    assert [mhatool(*command, *style).out for style in ((), ("--style", "table"))] == [figure] * 2
    text = mhatool(*command, "--json").out
    document = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(mhatool("schema", "tables").out)).validate(document)
    assert [node["name"] for node in document["nodes"]] == ["ha1"]
    cached = document["nodes"][0]["cache"]
    assert [(entry["sequence_number"], entry["expires"][11:19], entry["cloned"]) for entry in cached] == [
        (34285, "20:34:36", False),
        (34285, "20:34:36", True),
    ]
    document = json.loads(mhatool("timeline", capture, "--profile", "kame2003", "--at", "+738", "--json").out)
    jsonschema.Draft202012Validator(json.loads(mhatool("schema", "tables").out)).validate(document)
    assert [(len(node["updates"]), len(node["cache"])) for node in document["nodes"]] == [(2, 0), (0, 2), (0, 2)]


def test_names_stand_for_addresses_in_text_and_table(tmp_path: Path) -> None:
    capture, names = Run().write(tmp_path / "paper.pcapng"), Run().names(tmp_path / "names.toml")
    command = ("timeline", capture, "--profile", "kame2003", "--names", names)
    text = mhatool(*command).out
    assert "\nHome address mn\n" in text
    assert "  Home agent ha1\n" in text
    assert "Home address mn" in mhatool(*command, "--style", "table").out


def test_the_log_of_the_mobile_node(tmp_path: Path) -> None:
    capture, names = Run().write(tmp_path / "paper.pcapng"), Run().names(tmp_path / "names.toml")
    log = mhatool("timeline", capture, *KAME[:2], "--style", "kame-log", "--names", names, "--node", "mn").out
    golden = [line[2:] for line in (GOLDEN / "appendix.log").read_text().splitlines()]
    assert sorted(line[16:] for line in log.splitlines()) == sorted(line[16:] for line in golden[5:])


def test_what_the_styles_of_one_node_can_not_do(tmp_path: Path) -> None:
    capture = Run().write(tmp_path / "paper.pcapng")
    (tmp_path / "wrong.toml").write_text("[mn]\nport = 1\n")
    assert "shows one node's log" in complaint("timeline", capture, "--style", "kame-log")
    assert "leave it out" in complaint("timeline", capture, "--style", "kame-log", "--node", "::1", "--at", "+1")
    assert "'nobody' is no address and has no name" in complaint("timeline", capture, *KAME, "--node", "nobody")
    assert "'noon' is no time" in complaint("timeline", capture, *KAME, "--at", "noon")
    assert "there is no such frame" in complaint("timeline", capture, *KAME, "--at", "#99")
    assert "a frame of which file?" in complaint("timeline", capture, capture, *KAME, "--at", "#1")
    assert "port" in complaint("timeline", capture, *KAME, "--names", tmp_path / "wrong.toml")
    assert "No such file" in complaint("timeline", capture, *KAME, "--names", tmp_path / "none.toml")


RENAMED = """[agentA]
addresses = ["2001:200:1:2::1"]
interface = "em0"
[mobile]
addresses = ["2001:200:1:2:240:26ff:fe4c:51fd"]
[ha2]
clock_ahead_s = 100.0
"""


def test_names_for_the_nodes_of_a_trace(tmp_path: Path) -> None:
    """They change what is shown, not whose events are found: all but names and interface is as without them."""
    trace, names = tmp_path / "paper.jsonl", tmp_path / "names.toml"
    names.write_text(RENAMED)
    assert mhatool("simulate", "paper", "--trace", trace).status == 0
    at = ("timeline", trace, "--at", "+1190")
    own = mhatool(*at, "--node", "ha1").out
    assert own.count("%ed1") == 1
    for node in ("agentA", "ha1", AGENT):
        named = mhatool(*at, "--node", node, "--names", names)
        assert (named.out, named.err) == (own.replace("%ed1", "%em0"), "")
    renamed = mhatool(*at).out.replace("mn:\n", "mobile:\n").replace("ha1:\n", "agentA:\n").replace("%ed1", "%em0")
    assert mhatool(*at, "--names", names).out == renamed
    log = ("timeline", trace, "--style", "kame-log")
    assert mhatool(*log, "--names", names, "--node", "mobile").out == mhatool(*log, "--node", "mn").out != ""
    text = mhatool("timeline", trace, "--names", names).out
    assert [name in text for name in ("address mobile\n", "agentA", "ha2", "ha1")] == [True, True, True, False]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_trace_by_a_pipe_and_packed(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    """A trace is told by its content wherever it comes from, as a capture is."""
    plain, packed, pipe = tmp_path / "plain.jsonl", tmp_path / "packed", tmp_path / "pipe"
    assert mhatool("simulate", "plain-mipv6", "--trace", plain).status == 0
    packed.write_bytes(pack(plain.read_bytes()))
    os.mkfifo(pipe)
    told = mhatool("timeline", plain)
    assert "Home address mn\n" in told.out
    assert mhatool("timeline", packed) == mhatool("timeline", "-", stdin=packed.read_bytes()) == told
    with subprocess.Popen(["dd", f"if={packed}", f"of={pipe}", "bs=4096", "status=none"]) as writer:
        assert mhatool("timeline", pipe) == told
        assert writer.wait(20) == 0


def test_a_trace_that_zstd_packed(tmp_path: Path) -> None:
    """From a file; a pipe doesn't show as much of it at once as has to be unpacked."""
    plain, packed = tmp_path / "plain.jsonl", tmp_path / "packed"
    assert mhatool("simulate", "plain-mipv6", "--trace", plain).status == 0
    packed.write_bytes(zstandard.compress(plain.read_bytes()))
    assert mhatool("timeline", packed) == mhatool("timeline", plain)
    assert "what zstd packed, from a file" in complaint("timeline", "-", stdin=packed.read_bytes())


def test_a_packed_trace_that_is_cut(tmp_path: Path) -> None:
    """What could be unpacked is told, and why there is no more of it."""
    plain, cut = tmp_path / "plain.jsonl", tmp_path / "cut.gz"
    assert mhatool("simulate", "plain-mipv6", "--trace", plain).status == 0
    cut.write_bytes(gzip.compress(plain.read_bytes())[:-200])
    result = mhatool("timeline", cut)
    assert (result.status, "Home address" in result.out) == (0, True)
    assert f"warning: {cut}: the gzip data is cut short\n" in result.err


def test_what_reads_captures_says_of_a_trace_that_it_is_one(tmp_path: Path) -> None:
    assert mhatool("simulate", "plain-mipv6", "--trace", tmp_path / "trace").status == 0
    assert "a trace of mhatool's (at octet 0); `mhatool timeline`" in complaint("dissect", tmp_path / "trace")


def test_one_packet_is_no_packets(tmp_path: Path) -> None:
    command = (
        "craft",
        "bu",
        "--src",
        "2001:db8:f1::99",
        "--dst",
        "2001:db8::1",
        "--hoa",
        "2001:db8::99",
        "--flags",
        "AH",
    )
    assert mhatool(*command, "-w", tmp_path / "one.pcapng").status == 0
    assert mhatool("timeline", tmp_path / "one.pcapng").out.startswith("1 packet, ")
