"""A capture cut at each of its last 300 octets: what was whole is told, the break is a warning, nothing tracebacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhatool.cli import main


@pytest.mark.parametrize("command", ["dissect", "validate", "timeline"])
@pytest.mark.parametrize("name", ["ro-home.pcap", "tour.pcapng"])
def test_cut_at_each_of_the_last_300_octets(
    command: str, name: str, captures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The end of a recording whose last packets are signalling; in classic pcap and in pcapng."""
    whole = _ending_with_signalling(name, captures, tmp_path)
    path = tmp_path / f"cut-{name}"
    for missing in range(1, 301):
        path.write_bytes(whole[:-missing])
        status = main([command, str(path)])
        out, err = capsys.readouterr()
        assert status in (0, 1), (missing, err)
        assert "Traceback" not in err
        assert "internal error" not in err
        assert all(line.startswith("mhatool: warning: ") for line in err.splitlines()), (missing, err)
        assert out


def _ending_with_signalling(name: str, captures: Path, tmp_path: Path) -> bytes:
    from mhatool.capture import PcapngWriter, PcapWriter, open_capture

    source = captures / "umip" / "ro-home.pcap"
    target = tmp_path / name
    with open_capture(str(source)) as reader, target.open("wb") as stream:
        pcapng = name.endswith("ng")
        writer = (
            PcapngWriter(stream, application="test") if pcapng else PcapWriter(stream, link_type=1, nanoseconds=False)
        )
        for record in reader:
            if record.frame <= 194:  # the last deregistration of the recording (its table of facts)
                writer.write(record.time_ns, record.link_type, record.captured)
    return target.read_bytes()
