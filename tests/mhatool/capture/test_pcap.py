from pathlib import Path
from typing import Any

import pytest

from mhatool.capture import Interface, Record, open_capture
from tests.mhatool.capture.builders import UMIP, pcap_header, pcap_record, read


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "resolution", "nanoseconds"), [(0xA1B2C3D4, 10**6, 2000), (0xA1B23C4D, 10**9, 2)])
def test_byte_orders_and_resolutions(tmp_path: Path, order: str, magic: int, resolution: int, nanoseconds: int) -> None:
    path = tmp_path / "any.name"
    path.write_bytes(pcap_header(order, magic) + pcap_record(b"abc", order=order) + pcap_record(b"", 5, 0, order, 60))
    with open_capture(path) as reader:
        assert (reader.format, reader.compression, reader.path) == ("pcap", None, str(path))
        assert reader.interfaces == [Interface(1, 65535, None, resolution)]
        assert list(reader) == [
            Record(1, 1_000_000_000 + nanoseconds, 1, b"abc", 3, 0, 24, None),
            Record(2, 5_000_000_000, 1, b"", 60, 0, 43, None),
        ]
        assert reader.warnings == []
        assert reader.bytes_read == reader.size == 59


def test_seconds_are_unsigned_and_go_past_2038(tmp_path: Path) -> None:
    path = tmp_path / "late.pcap"
    path.write_bytes(pcap_header() + pcap_record(b"", 0xFFFFFFFF, 999_999))
    assert read(path)[0][0].time_ns == 4_294_967_295_999_999_000


def test_frame_check_sequence_bits_of_the_link_type_are_masked(tmp_path: Path) -> None:
    path = tmp_path / "fcs.pcap"
    path.write_bytes(pcap_header(link_word=0x5400_0001) + pcap_record(b"x"))
    assert read(path)[0][0].link_type == 1


def test_an_unknown_link_type_is_kept_as_a_number(tmp_path: Path) -> None:
    path = tmp_path / "user.pcap"
    path.write_bytes(pcap_header(link_word=147) + pcap_record(b"x"))
    assert read(path)[0][0].link_type == 147


def test_a_capture_without_packets_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_bytes(pcap_header())
    assert read(path) == ([], [])


def test_packets_larger_than_what_is_read_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "large.pcap"
    packets = [bytes([n]) * size for n, size in enumerate((1, 300_000, 5, 16 * 1024 * 1024, 7))]
    path.write_bytes(pcap_header() + b"".join(pcap_record(packet) for packet in packets))
    records, warnings = read(path)
    assert [record.captured for record in records] == packets
    assert warnings == []


def test_iterating_again_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "three.pcap"
    path.write_bytes(pcap_header() + pcap_record(b"") * 3)
    with open_capture(path) as reader:
        assert next(iter(reader)).frame == 1
        assert [record.frame for record in reader] == [2, 3]


@pytest.mark.parametrize("settings", [{}, {"nano": True}, {"endianness": ">"}, {"gz": True}])
def test_what_scapy_writes(tmp_path: Path, settings: dict[str, Any]) -> None:
    from scapy.utils import RawPcapWriter

    path = tmp_path / "scapy.pcap"
    with RawPcapWriter(str(path), linktype=229, **settings) as writer:
        writer.write_header(None)
        for number in range(50):
            writer.write_packet(bytes([number]) * number, sec=number, usec=number, wirelen=number + 1)
    records, warnings = read(path)
    tick = 1 if "nano" in settings else 1000
    assert warnings == []
    assert [(r.time_ns, r.link_type, r.captured, r.original_length) for r in records] == [
        (n * 10**9 + n * tick, 229, bytes([n]) * n, n + 1) for n in range(50)
    ]


def test_offsets_point_at_the_record_headers() -> None:
    path = UMIP / "tour-mn.pcap"
    octets = path.read_bytes()
    records, _ = read(path)
    for record in records:
        header = octets[record.offset : record.offset + 16]
        assert int.from_bytes(header[:4], "little") == record.time_ns // 10**9
        assert octets[record.offset + 16 :].startswith(record.captured)


def test_a_sieve_gives_the_first_record_once(tmp_path: Path) -> None:
    """Also where it is the last one, and too short for the quick look."""
    from mhatool.capture.sieve import Sieve

    sieve = Sieve(frozenset({6}), 41, frozenset({6}), 58, frozenset({144}))
    for data in (b"", bytes(13), bytes(200)):
        path = tmp_path / "short.pcap"
        path.write_bytes(pcap_header() + pcap_record(data))
        with open_capture(path) as reader:
            assert [record.frame for record in reader.sift(sieve)] == [1]
            assert reader.tally.packets == {1: 1}
