"""validate, as scripts call it."""

import gzip
import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mhatool.capture import PcapngWriter, open_capture
from mhatool.protocol.instant import parse as instant
from mhatool.validate import chosen
from tests.mhatool.cli.process import complaint, mhatool
from tests.mhatool.scenes import AGENT, CARE1, HOME, UMIP
from tests.recipes.packets import carried

BRR = ["craft", "brr", "--src", "2001:db8::2", "--time", "100"]
BU = ["craft", "bu", "--dst", "2001:db8::2", "--lifetime", "40", "--time", "100"]
BY = f"by {len(chosen())} rules."
BAD_CHECKSUM = "bad.pcapng:1: MIP6-MH-001 error expected checksum 0x"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a good and a bad Binding Refresh Request, to two mobile nodes."""
    assert mhatool(*BRR, "--dst", "2001:db8::9", "-w", "good.pcapng", cwd=tmp_path).status == 0
    assert mhatool(*BRR, "--dst", "2001:db8::a", "--no-checksum", "-w", "bad.pcapng", cwd=tmp_path).status == 0
    return tmp_path


def test_clean(folder: Path) -> None:
    result = mhatool("validate", "good.pcapng", cwd=folder)
    assert (result.status, result.out, result.err) == (0, f"No findings in 1 mobility message, {BY}\n", "")


def test_one_line_a_finding(folder: Path) -> None:
    result = mhatool("validate", "bad.pcapng", cwd=folder)
    assert (result.status, result.err) == (1, "")
    line, summary = result.out.splitlines()
    assert line.startswith(BAD_CHECKSUM)
    assert line.endswith(", seen 0x0000 [The checksum of a Mobility Header is right]")
    assert summary == f"1 error in 1 mobility message, {BY}"


def test_findings_outside_of_mobility_messages(tmp_path: Path) -> None:
    """A prefix solicitation without Home Address option (RFC 6275, 11.4.2): no Mobility Header, but a finding."""
    solicitation = ["craft", "mps", "--src", "2001:db8:1::9", "--dst", "2001:db8::2", "--identifier", "7"]
    assert mhatool(*solicitation, "-w", "mps.pcapng", cwd=tmp_path).status == 0
    result = mhatool("validate", "mps.pcapng", cwd=tmp_path)
    *findings, summary = result.out.splitlines()
    assert len(findings) == 1
    assert summary == f"1 error in packets of other kinds, {BY}"


def test_several_lines_a_finding(folder: Path) -> None:
    result = mhatool("validate", "bad.pcapng", "--output-format", "full", cwd=folder)
    assert result.status == 1
    lines = result.out.splitlines()
    assert lines[0] == "MIP6-MH-001 error: The checksum of a Mobility Header is right"
    assert lines[1].startswith("  where:     bad.pcapng, octet ")
    assert "  seen:      0x0000" in lines
    assert "  reference: RFC 6275, 6.1.1 (MUST)" in lines


def test_annotations_for_github(folder: Path) -> None:
    odd = folder / "a,b:c%.pcapng"
    (folder / "bad.pcapng").rename(odd)
    result = mhatool("validate", odd.name, "--output-format", "github", cwd=folder)
    assert result.status == 1
    assert result.out.startswith(
        "::error file=a%2Cb%3Ac%25.pcapng,title=MIP6-MH-001 (MUST)::frame 1: expected checksum"
    )
    assert result.out.count("\n") == 1


def test_a_document_counts(folder: Path) -> None:
    result = mhatool("validate", "good.pcapng", "bad.pcapng", "--json", cwd=folder)
    document = json.loads(result.out)
    assert result.status == 1
    assert document["files"] == ["good.pcapng", "bad.pcapng"]
    assert document["summary"] == {"error": len(document["findings"]), "warning": 0, "note": 0}
    assert result == mhatool("validate", "good.pcapng", "bad.pcapng", "--output-format", "json", cwd=folder)


@pytest.mark.parametrize(
    ("flags", "status", "reported"),
    [
        (["--select", "MIP6-MH-001"], 1, 1),
        (["--select", "mip6-mh"], 1, 1),
        (["--select", "MIP6-SEQ,MIP6-BU"], 0, 0),
        (["--ignore", "MIP6-MH-001"], 0, 0),
        (["--select", "MIP6-MH", "--ignore", "MIP6-MH-001"], 0, 0),
        (["--min-severity", "error"], 1, 1),
        (["--fail-on", "note"], 1, 1),
    ],
)
def test_what_is_judged(flags: list[str], status: int, reported: int, folder: Path) -> None:
    result = mhatool("validate", "bad.pcapng", "--jsonl", *flags, cwd=folder)
    assert (result.status, result.out.count("\n")) == (status, reported)


def test_a_rule_that_there_is_not(folder: Path) -> None:
    said = complaint("validate", "bad.pcapng", "--select", "MIP6-XX", cwd=folder)
    assert said.startswith("no rule 'MIP6-XX': `mhatool rules` lists them (")


NO_RULE = "no rule is left: what is selected is ignored, or isn't for the profile rfc6275"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--select", ""], "--select names no rule; `mhatool rules` lists them; without --select all are in force"),
        (["--select", " , "], "--select names no rule; `mhatool rules` lists them; without --select all are in force"),
        (["--select", "MIP6-MH-001", "--ignore", "MIP6-MH-001"], NO_RULE),
        (["--select", "MIP6-MH-001", "--ignore", "MIP6"], NO_RULE),
    ],
)
def test_judging_by_no_rule(flags: list[str], said: str, folder: Path) -> None:
    assert complaint("validate", "bad.pcapng", *flags, cwd=folder) == said


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_a_baseline_hides_what_was_known(form: str, folder: Path) -> None:
    (folder / "known").write_text(mhatool("validate", "bad.pcapng", form, cwd=folder).out)
    result = mhatool("validate", "bad.pcapng", "--baseline", "known", cwd=folder)
    assert (result.status, result.out) == (0, f"No findings in 1 mobility message, {BY}\n")


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_a_baseline_knows_a_capture_by_any_name(form: str, folder: Path) -> None:
    octets = (folder / "bad.pcapng").read_bytes()
    (folder / "known").write_text(mhatool("validate", "-", form, stdin=octets).out)
    (folder / "new.pcapng").write_bytes(octets)
    (folder / "bad.pcapng.gz").write_bytes(gzip.compress(octets))
    for name in ("-", "bad.pcapng", "new.pcapng", "bad.pcapng.gz"):
        assert mhatool("validate", name, "--baseline", "known", cwd=folder, stdin=octets).status == 0, name


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_a_baseline_of_another_run_hides_nothing(form: str, folder: Path) -> None:
    """The same name, the same frame, the same breach, a second later."""
    (folder / "known").write_text(mhatool("validate", "bad.pcapng", form, cwd=folder).out)
    later = [*BRR[:-1], "101", "--dst", "2001:db8::a", "--no-checksum", "-w", "bad.pcapng"]
    (folder / "run2").mkdir()
    assert mhatool(*later, cwd=folder / "run2").status == 0
    assert mhatool("validate", "run2/bad.pcapng", "--baseline", "known", cwd=folder).status == 1


def test_a_baseline_knows_a_series_that_went_on(tmp_path: Path) -> None:
    """The updates that the dead home agent leaves unanswered: frames 349 to 378 (captures/README.md, failover60)."""
    whole = UMIP / "failover60-mn.pcap"
    part, known = tmp_path / "part.pcap", tmp_path / "known"
    part.write_bytes(b"".join(frames_of(whole)[: 1 + 360]))
    chosen_rule = ("--select", "MIP6-BA-001", "--fail-on", "note")
    known.write_text(mhatool("validate", part, *chosen_rule, "--jsonl").out)
    (before,) = records_of(known.read_text())
    (after,) = records_of(mhatool("validate", whole, *chosen_rule, "--jsonl").out)
    assert before["frames"] == [349, 351, 356] == after["frames"][:3] != after["frames"]
    result = mhatool("validate", whole, *chosen_rule, "--baseline", known)
    assert (result.status, result.err) == (0, "")


def frames_of(path: Path) -> list[bytes]:
    """The header of a little-endian pcap, then its records."""
    octets, at, parts = path.read_bytes(), 24, []
    parts.append(octets[:at])
    while at < len(octets):
        end = at + 16 + int.from_bytes(octets[at + 8 : at + 12], "little")
        parts.append(octets[at:end])
        at = end
    return parts


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_two_findings_at_one_time_are_two(form: str, tmp_path: Path) -> None:
    """An acknowledgement with two options Refresh Advice of length 3: hiding one of them leaves the other."""
    advice, padding = b"\x02\x03\0\0\0", b"\x01\0"
    packet = carried(6, bytes((0, 0, 0, 1, 0, 15)) + advice + advice + padding, AGENT, CARE1, routed=HOME)
    path, known = tmp_path / "two.pcap", tmp_path / "known"
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    path.write_bytes(header + struct.pack("<IIII", 100, 0, len(packet), len(packet)) + packet)
    known.write_text(mhatool("validate", path, "--select", "MIP6-OPT-004", form).out)
    found = json.loads(known.read_text())["findings"] if form == "--json" else records_of(known.read_text())
    assert len({finding["offset"] for finding in found}) == len(found) == 2
    known.write_text(json.dumps(found[0]) + "\n")
    left = mhatool("validate", path, "--select", "MIP6-OPT-004", "--baseline", known, "--jsonl")
    assert (left.status, records_of(left.out)) == (1, [found[1]])


def records_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_byte_order_mark_is_no_word(folder: Path) -> None:
    """Editors of Windows put EF BB BF before UTF-8 (Unicode 23.8), whatever the file is for."""
    known = mhatool("validate", "bad.pcapng", "--jsonl", cwd=folder).out
    texts = {
        "known": known,
        "mhatool.toml": 'profile = "own.toml"\n',
        "own.toml": 'name = "own"\nbase = "rfc6275"\n',
        "names.toml": '[ha1]\naddresses = ["2001:db8::2"]\n',
        "small.toml": 'title = "x"\nstart = 2026-01-01T00:00:00Z\nduration_s = 1\n[links]\na = {}\n[nodes]\n',
    }
    for name, text in texts.items():
        (folder / name).write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert mhatool("validate", "bad.pcapng", "--baseline", "known", cwd=folder).status == 0
    assert "own" in mhatool("config", "show", cwd=folder).out
    for command in (("timeline", "good.pcapng", "--names", "names.toml"), ("simulate", "small.toml")):
        result = mhatool(*command, cwd=folder)
        assert (result.status, result.err) == (0, ""), result


def test_a_baseline_of_an_earlier_version(folder: Path) -> None:
    (record,) = records_of(mhatool("validate", "bad.pcapng", "--jsonl", cwd=folder).out)
    del record["first_time"]
    (folder / "known").write_text(json.dumps(record) + "\n")
    expected = "known: an earlier version wrote this baseline; write it again with `mhatool validate --jsonl`"
    assert complaint("validate", "bad.pcapng", "--baseline", "known", cwd=folder) == expected


def test_a_clean_baseline_hides_nothing(folder: Path) -> None:
    for form in ("--json", "--jsonl"):
        (folder / "known").write_text(mhatool("validate", "good.pcapng", form, cwd=folder).out)
        assert mhatool("validate", "bad.pcapng", "--baseline", "known", cwd=folder).status == 1


def test_what_is_no_baseline(folder: Path) -> None:
    remedy = "give what `mhatool validate --jsonl` prints"
    expected = f"nowhere: the baseline can't be read: no such file or directory; {remedy}"
    assert complaint("validate", "bad.pcapng", "--baseline", "nowhere", cwd=folder) == expected
    (folder / "text").write_text("[1]\n")
    expected = f"text: this is no baseline; {remedy}"
    assert complaint("validate", "bad.pcapng", "--baseline", "text", cwd=folder) == expected
    (folder / "text").write_text("[" * 100_000)
    assert complaint("validate", "bad.pcapng", "--baseline", "text", cwd=folder) == expected


def test_standard_input(folder: Path) -> None:
    result = mhatool("validate", "-", stdin=(folder / "bad.pcapng").read_bytes())
    assert result.status == 1
    assert result.out.startswith("standard input:1: MIP6-MH-001 error ")


def test_a_damaged_copy_at_another_vantage_point_is_reported(tmp_path: Path) -> None:
    """The same message in two captures, one octet of the second changed: its own checksum is judged there."""
    good, bad = tmp_path / "good.pcapng", tmp_path / "bad.pcapng"
    assert mhatool(*BU, "--hoa", "2001:db8::9", "--coa", "2001:db8:1::9", "-w", str(good)).status == 0
    octets = bytearray(good.read_bytes())
    octets[-5] ^= 0x01  # the last octet of the packet, in its PadN; the block's length follows
    bad.write_bytes(octets)
    both = mhatool("validate", str(good), str(bad), "--ignore", "MIP6-BU-013")  # it proves nothing to its peer
    assert both.status == 1
    assert [line.split(": ")[0] for line in both.out.splitlines() if "MIP6-" in line] == [f"{bad}:1"]
    assert "MIP6-MH-001" in both.out


def test_json_lines_are_numbered_as_text_is(captures: Path) -> None:
    """`extract --finding N` counts either way."""
    capture = captures / "umip" / "failover60-mn.pcap"
    lines = records_of(mhatool("validate", capture, "--jsonl").out)
    document = json.loads(mhatool("validate", capture, "--json").out)
    assert lines == document["findings"]
    assert [line["rule"] for line in lines] != sorted(line["rule"] for line in lines)


@pytest.mark.tshark
def test_times_that_go_back_are_told(captures: Path, tmp_path: Path) -> None:
    """Mergecap -a appends, without order: tour-core begins 208.837 s before tour-mn ends (capinfos)."""
    views = [str(captures / "umip" / name) for name in ("tour-mn.pcap", "tour-core.pcap")]
    subprocess.run(["mergecap", "-a", "-w", tmp_path / "appended.pcapng", *views], check=True)
    expected = (
        "mhatool: warning: appended.pcapng: frame 2118 is stamped 208.837 s earlier than one before it: from"
        " there on what rests on order or time can't be relied on (sort the capture: reordercap IN OUT)\n"
    )
    for command in ("validate", "timeline"):
        result = mhatool(command, "appended.pcapng", cwd=tmp_path)
        assert (result.status, result.err) == (0, expected)


def test_times_before_1970_go_forwards(captures: Path, tmp_path: Path) -> None:
    """What packets of 2026 break, they break 57 years before, too, and nothing is said of their order."""
    shift_ns = instant("2026-11-23T09:55:34Z")  # the first packet is 99.4 s before 1970, the last 85.8 s after
    early, signalling = tmp_path / "early.pcapng", tmp_path / "signalling.pcapng"
    with open_capture(captures / "umip" / "failover60-mn.pcap") as reader, early.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for record in reader:
            writer.write_record(record._replace(time_ns=record.time_ns - shift_ns))
    told = [mhatool("validate", path, "--jsonl") for path in (captures / "umip" / "failover60-mn.pcap", early)]
    assert [(result.status, result.err) for result in told] == [(0, "")] * 2
    of_2026, of_1969 = ([(f["rule"], f["frames"], f["severity"]) for f in records_of(result.out)] for result in told)
    assert of_2026 == of_1969
    assert mhatool("timeline", early).err == ""
    assert mhatool("extract", early, "-w", signalling).status == 0
    assert mhatool("diff", early, signalling).status == 0


def test_a_profile_that_finds_messages_is_told(tmp_path: Path) -> None:
    """The profiles' Mobility Headers are protocols 135 and 62 (docs/profiles.md)."""
    for profile in ("rfc6275", "kame2003"):
        assert mhatool("craft", "bu", "--profile", profile, "-w", f"{profile}.pcapng", cwd=tmp_path).status == 0
    for right, wrong in (("kame2003", "rfc6275"), ("rfc6275", "kame2003")):
        capture = f"{right}.pcapng"
        for command in (
            *(("validate", capture, "--output-format", form) for form in ("concise", "json", "jsonl")),
            ("info", capture),
            ("info", capture, "--json"),
            ("timeline", capture),
            ("timeline", capture, "--json"),
            ("timeline", capture, "--style", "kame-log", "--node", "2001:db8::99"),
            ("diff", capture, capture),
            ("diff", capture, capture, "--jsonl"),
            ("extract", capture, "-w", "none.pcapng"),
            ("extract", capture, "-w", "none.pcapng", "--home-address", "2001:db8::99"),
        ):
            result = mhatool(*command, "--profile", wrong, cwd=tmp_path)
            assert result.status == 0
            assert result.err.splitlines(keepends=True)[-1] == (
                f"mhatool: warning: there is no mobility message by the profile {wrong}, but by {right} there is: "
                f"give --profile {right}\n"
            )
            assert "give --profile" not in mhatool(*command, "--profile", right, cwd=tmp_path).err
        assert mhatool("validate", capture, "--profile", right, cwd=tmp_path).err == ""


def test_what_is_no_sound_message_points_at_no_profile(tmp_path: Path) -> None:
    """Protocol 62 is somebody else's by IANA (CFTP): without the checksum of a Mobility Header it is none."""
    crafted = mhatool("craft", "bu", "--profile", "kame2003", "--no-checksum", "-w", "bu.pcapng", cwd=tmp_path)
    assert crafted.status == 0
    result = mhatool("validate", "bu.pcapng", cwd=tmp_path)
    assert (result.status, result.err) == (0, "")
