"""The commands look at few packets of a capture, and tell what they would tell having looked at each."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from dissectors.ipv6 import address
from mhatool.capture import PcapngWriter, open_capture
from mhatool.cli import main
from mhatool.exchange import Source, sightings
from mhatool.observe import Observer
from mhatool.timeline import as_json, build
from mhatool.validate import Judge
from tests.mhatool.capture.hostile import hostile_captures
from tests.mhatool.manifest import CAPTURES

RECORDINGS = sorted((CAPTURES / "umip").glob("*.pcap*"))
HOSTILE = [(name, content) for name, content in hostile_captures() if len(content) < 60_000][::6]


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    status = main(list(arguments))
    out, err = capsys.readouterr()
    assert status in (0, 1), err
    return json.loads(out)


def all_of(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Findings and timeline with every packet looked at."""
    judge, observer = Judge(), Observer()
    findings = []
    with open_capture(path) as reader:
        for sighting in sightings([Source(str(path), reader)]):
            observer.see(sighting)
            findings += judge.see(sighting)
    findings = sorted(findings + judge.finish(), key=lambda finding: finding.order)
    return [finding.json() for finding in findings], json.loads(json.dumps(as_json(build(observer, findings))))


def is_nearly_in_order(path: Path) -> bool:
    with open_capture(path) as reader:
        latest = 0
        for record in reader:
            latest = max(latest, record.time_ns)
            if record.time_ns < latest - 900_000_000:
                return False
    return True


def in_order(path: Path) -> bytes:
    """The same packets a tenth of a second after each other."""
    stream = io.BytesIO()
    writer = PcapngWriter(stream, application="test")
    with open_capture(path) as reader:
        for number, record in enumerate(reader):
            writer.write(number * 100_000_000, record.link_type, record.captured, record.original_length)
    return stream.getvalue()


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_recordings(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    findings, timeline = all_of(path)
    assert printed(capsys, "validate", str(path), "--json")["findings"] == findings
    assert printed(capsys, "timeline", str(path), "--json") == timeline


@pytest.mark.parametrize(("name", "content"), HOSTILE, ids=[name for name, _ in HOSTILE])
def test_hostile_captures(name: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that are in order but for a second: beyond that nobody promises an order, sieve or not."""
    path = tmp_path / "hostile"
    path.write_bytes(content)
    if not is_nearly_in_order(path):
        path.write_bytes(in_order(path))
    findings, timeline = all_of(path)
    assert printed(capsys, "validate", str(path), "--json")["findings"] == findings
    assert printed(capsys, "timeline", str(path), "--json") == timeline


def test_a_capture_goes_on_with_packets_that_nobody_looks_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain TCP a minute before the first message and two after the last: that much time is there to see answers in."""
    plain = bytes.fromhex("6000000000140640") + address.parse("2001:db8::1") + address.parse("2001:db8::2") + bytes(20)
    for recording in ("failover60-mn.pcap", "ro-core.pcap"):
        path = tmp_path / recording
        with open_capture(CAPTURES / "umip" / recording) as reader, path.open("wb") as stream:
            records = list(reader)
            writer = PcapngWriter(stream, application="test")
            writer.write(records[0].time_ns - 60_000_000_000, 101, plain)
            for record in records:
                writer.write_record(record)
            writer.write(records[-1].time_ns + 120_000_000_000, 101, plain)
        findings, timeline = all_of(path)
        assert printed(capsys, "validate", str(path), "--json")["findings"] == findings
        assert printed(capsys, "timeline", str(path), "--json") == timeline
        assert timeline["packets"] == len(records) + 2
