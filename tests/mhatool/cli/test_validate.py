"""validate, as scripts call it."""

import json
from pathlib import Path

import pytest

from mhatool.validate import chosen
from tests.mhatool.cli.process import complaint, mhatool

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


@pytest.mark.parametrize("form", ["--json", "--jsonl"])
def test_a_baseline_hides_what_was_known(form: str, folder: Path) -> None:
    (folder / "known").write_text(mhatool("validate", "bad.pcapng", form, cwd=folder).out)
    result = mhatool("validate", "bad.pcapng", "--baseline", "known", cwd=folder)
    assert (result.status, result.out) == (0, f"No findings in 1 mobility message, {BY}\n")
    (folder / "new.pcapng").write_bytes((folder / "bad.pcapng").read_bytes())
    assert mhatool("validate", "new.pcapng", "--baseline", "known", cwd=folder).status == 1


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
