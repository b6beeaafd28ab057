import gzip
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from mhatool.capture import CaptureError, open_capture
from tests.mhatool.capture.builders import UMIP, pcap_header, pcap_record, read

PLAIN = pcap_header() + b"".join(pcap_record(random.Random(n).randbytes(40 * n)) for n in range(1, 20))
SKIPPABLE = b"\x5e\x2a\x4d\x18\x05\0\0\0hello"


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


@pytest.mark.parametrize(
    ("packed", "compression"),
    [
        (gzip.compress(PLAIN, mtime=0), "gzip"),
        (gzip.compress(PLAIN[:700], mtime=0) + gzip.compress(PLAIN[700:], mtime=0), "gzip"),
        (gzip.compress(PLAIN, mtime=0) + bytes(5000), "gzip"),
        (zstd(PLAIN), "zstd"),
        (zstd(PLAIN[:700]) + SKIPPABLE + zstd(PLAIN[700:]), "zstd"),
        (SKIPPABLE + zstd(PLAIN), "zstd"),
    ],
)
def test_packed_captures_are_told_by_content(tmp_path: Path, packed: bytes, compression: str) -> None:
    plain, path = tmp_path / "plain", tmp_path / "packed.pcap"
    plain.write_bytes(PLAIN)
    path.write_bytes(packed)
    with open_capture(path) as reader:
        assert (reader.format, reader.compression) == ("pcap", compression)
        assert list(reader) == read(plain)[0]
        assert reader.warnings == []
        assert reader.bytes_read == reader.size == len(packed)


@pytest.mark.parametrize("tool", [["gzip", "-9"], [sys.executable, "-m", "gzip"]])
def test_what_gzip_itself_packs(tmp_path: Path, tool: list[str]) -> None:
    path = tmp_path / "tour.pcapng"
    path.write_bytes((UMIP / "tour-all.pcapng").read_bytes())
    subprocess.run([*tool, path], check=True)
    packed = tmp_path / "tour.pcapng.gz"
    assert read(packed) == read(UMIP / "tour-all.pcapng")


@pytest.mark.parametrize(
    ("pack", "message"), [(gzip.compress, "the gzip data is cut short"), (zstd, "the zstd data is cut short")]
)
def test_cut_short_at_many_octets(tmp_path: Path, pack: Callable[[bytes], bytes], message: str) -> None:
    packed = pack(pcap_header() + b"".join(pcap_record(random.Random(n).randbytes(4000)) for n in range(100)))
    path = tmp_path / "cut"
    path.write_bytes(packed)
    whole, counts, unreadable = read(path)[0], set(), set()
    for cut in (4, 9, 30, *range(1000, len(packed), 4999)):
        path.write_bytes(packed[:cut])
        try:
            records, (warning,) = read(path)
        except CaptureError as error:
            unreadable.add(error.what)
            continue
        assert records == whole[: len(records)]
        assert (warning.message, warning.frame) == (message, len(records) + 1)
        counts.add(len(records))
    assert unreadable == {message}
    assert len(counts) > 2


def test_damage_inside_gzip_costs_nothing_before_it(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN)
    path = tmp_path / "damaged"
    path.write_bytes(packed[:-8] + bytes(8))
    records, (warning,) = read(path)
    assert len(records) == 19
    assert warning.message == "the gzip data is damaged (incorrect data check)"
    assert warning.offset == len(PLAIN)


def test_damage_inside_zstd_is_a_warning(tmp_path: Path) -> None:
    packed = zstd(PLAIN) + zstd(PLAIN[24:])
    path = tmp_path / "damaged"
    path.write_bytes(packed[:-4] + bytes(4))
    records, (warning,) = read(path)
    assert 19 <= len(records) <= 38
    assert warning.message == "the zstd data is damaged (Restored data doesn't match checksum)"


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_what_follows_the_packed_data_is_a_warning(tmp_path: Path, name: str) -> None:
    packed = gzip.compress(PLAIN) if name == "gzip" else zstd(PLAIN)
    path = tmp_path / "followed"
    path.write_bytes(packed + b"and then some")
    records, (warning,) = read(path)
    assert len(records) == 19
    assert warning.message == f"what follows the {name} data isn't {name} data"


def test_a_small_file_that_unpacks_to_much_takes_little_memory(tmp_path: Path) -> None:
    """256 MiB of zeros behind a header: each 16 of them are an empty packet. Only the first are taken here."""
    zeros = zstandard.ZstdCompressor().compressobj()
    path = tmp_path / "bomb"
    with path.open("wb") as stream:
        stream.write(zeros.compress(pcap_header()))
        for _ in range(256):
            stream.write(zeros.compress(bytes(1 << 20)))
        stream.write(zeros.flush())
    tracemalloc.start()
    try:
        with open_capture(path) as reader:
            for record in reader:
                if record.frame == 100_000:
                    break
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def test_without_the_package_zstandard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "packed.zst"
    path.write_bytes(zstd(PLAIN))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(CaptureError) as caught:
        open_capture(path)
    assert str(caught.value) == (
        f"{path}: zstd needs the package zstandard, which isn't installed; "
        "pip install zstandard, or unpack it first: zstd -dc FILE | mhatool ... -"
    )
