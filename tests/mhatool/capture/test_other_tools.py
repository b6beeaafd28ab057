"""Agreement with tshark, editcap, mergecap and capinfos, on their files, on ours and on real captures."""

import subprocess
from pathlib import Path

import pytest

from mhatool.capture import PcapngWriter, Record, open_capture
from tests.mhatool.capture.builders import (
    UMIP,
    enhanced,
    interface,
    obsolete,
    option,
    read,
    section,
)

pytestmark = pytest.mark.tshark

FIELDS = ("frame.number", "frame.time_epoch", "frame.cap_len", "frame.len", "frame.comment")


def run(*command: "str | Path") -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def by_tshark(path: Path) -> list[tuple[str, ...]]:
    output = run("tshark", "-n", "-r", path, "-T", "fields", *(part for field in FIELDS for part in ("-e", field)))
    return [tuple(line.split("\t")) for line in output.splitlines()]


def by_us(records: list[Record]) -> list[tuple[str, ...]]:
    return [
        (
            str(r.frame),
            f"{r.time_ns // 10**9}.{r.time_ns % 10**9:09}",
            str(len(r.captured)),
            str(r.original_length),
            r.comment or "",
        )
        for r in records
    ]


@pytest.mark.parametrize("name", ["tour-mn.pcap", "tour-all.pcapng"])
def test_real_captures(name: str) -> None:
    records, warnings = read(UMIP / name)
    assert warnings == []
    assert by_us(records) == by_tshark(UMIP / name)


@pytest.mark.parametrize("form", ["pcap", "nsecpcap", "pcapng"])
def test_what_editcap_writes(tmp_path: Path, form: str) -> None:
    path, source = tmp_path / "out", UMIP / "tour-mn.pcap"
    run("editcap", "-F", form, "-s", "60", source, path)
    with open_capture(path) as reader:
        assert reader.format == form.removeprefix("nsec")
        records = list(reader)
        assert reader.interfaces[0].ts_resolution == (10**9 if form == "nsecpcap" else 10**6)
    whole, _ = read(source)
    assert [r[:5] for r in records] == [(*r[:3], r.captured[:60], r.original_length) for r in whole]


def test_comments_that_editcap_writes(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    run("editcap", "-r", "-a", "2:the second", UMIP / "tour-mn.pcap", path, "1-3")
    records, _ = read(path)
    assert [record.comment for record in records] == [None, "the second", None]
    assert by_us(records) == by_tshark(path)


def test_what_mergecap_writes(tmp_path: Path) -> None:
    path = tmp_path / "merged.pcapng"
    parts = [UMIP / "tour-mn.pcap", UMIP / "tour-home.pcap"]
    run("mergecap", "-I", "none", "-w", path, *parts)
    with open_capture(path) as reader:
        records = list(reader)
        assert len(reader.interfaces) == 2
    for index, part in enumerate(parts):
        assert [r.captured for r in records if r.interface == index] == [r.captured for r in read(part)[0]]
    assert by_us(records) == by_tshark(path)


def test_capinfos_counts_the_same() -> None:
    for path in UMIP.glob("*.pcap*"):
        count = run("capinfos", "-T", "-r", "-M", "-c", path).split("\t")[-1]
        assert len(read(path)[0]) == int(count)


@pytest.mark.parametrize("order", ["<", ">"])
def test_clocks_of_every_kind_as_tshark_reads_them(tmp_path: Path, order: str) -> None:
    endian = {"<": "little", ">": "big"}[order]
    offset = (1_600_000_000).to_bytes(8, endian)  # type: ignore[arg-type]
    options = [b"", *(option(9, bytes([n]), order) for n in (3, 9, 0x80 | 20)), option(14, offset, order)]
    frame = bytes(12) + b"\x86\xdd" + bytes(40)
    blocks = [section(order), *(interface(order, options=o) for o in options)]
    blocks += [enhanced(frame, 1_000_000_007 * 1000 + n, order, n) for n in range(len(options))]
    blocks += [obsolete(frame, 77, order), section("<"), interface(), enhanced(frame, 99)]
    path = tmp_path / "clocks.pcapng"
    path.write_bytes(b"".join(blocks))
    records, warnings = read(path)
    assert warnings == []
    assert len(records) == 7
    assert by_us(records) == by_tshark(path)


def test_tshark_reads_what_we_write(tmp_path: Path) -> None:
    path = tmp_path / "ours.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="mhatool test")
        for record in read(UMIP / "tour-mn.pcap")[0][:20]:
            writer.write(record.time_ns + 1, 1, record.captured, 2000, f"frame {record.frame}", "eth0")
            writer.write(record.time_ns + 2, 229, record.captured[14:], interface_name="tunnel")
    assert by_us(read(path)[0]) == by_tshark(path)
    assert "mhatool test" in run("capinfos", path)
    names = run("tshark", "-n", "-r", path, "-c", "2", "-T", "fields", "-e", "frame.interface_name")
    assert names.split() == ["eth0", "tunnel"]
