"""Files that break after a readable beginning: all before the break is given, and one warning says where it is."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhatool.capture import CaptureError, CaptureWarning
from mhatool.capture.pcap import read_header
from mhatool.capture.pcap import read_records as read_pcap
from mhatool.capture.pcapng import check_header
from mhatool.capture.pcapng import read_records as read_pcapng
from mhatool.capture.source import ByteSource
from tests.mhatool.capture.builders import (
    enhanced,
    interface,
    obsolete,
    option,
    pcap_header,
    pcap_record,
    read,
    section,
    simple,
)

PCAP = [pcap_header(), pcap_record(b"abc"), pcap_record(b""), pcap_record(b"x" * 30)]
PCAPNG = [
    section(),
    interface(options=option(2, b"eth0")),
    enhanced(b"abc", options=option(1, b"comment")),
    simple(b"d"),
    section(">"),
    interface(">"),
    obsolete(b"fghij", order=">"),
    enhanced(b"x" * 30, order=">"),
]


@pytest.mark.parametrize("parts", [PCAP, PCAPNG], ids=["pcap", "pcapng"])
def test_cut_short_at_every_octet(tmp_path: Path, parts: list[bytes]) -> None:
    octets = b"".join(parts)
    ends = [sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    path = tmp_path / "cut"
    path.write_bytes(octets)
    whole, _ = read(path)
    for cut in range(len(octets)):
        path.write_bytes(octets[:cut])
        if cut < ends[0]:
            with pytest.raises(CaptureError):
                read(path)
            continue
        records, warnings = read(path)
        break_at = max(end for end in ends if end <= cut)
        assert records == [record for record in whole if record.offset < break_at]
        assert [(w.offset, w.frame) for w in warnings] == ([] if cut == break_at else [(break_at, len(records) + 1)])


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (pcap_record(b"abc")[:5], "packet header cut short, 5 of 16 octets are there"),
        (pcap_record(b"abc")[:18], "packet cut short, 2 of 3 octets are there"),
        (
            struct.pack("<4I", 1, 2, 16 * 1024 * 1024 + 1, 9) + bytes(900),
            "implausible packet length, 16777217 octets: the file is damaged from here on",
        ),
        (
            struct.pack("<4I", 1, 2, 0xFFFFFFFF, 9),
            "implausible packet length, 4294967295 octets: the file is damaged from here on",
        ),
    ],
)
def test_the_warning_of_a_pcap(tmp_path: Path, rest: bytes, message: str) -> None:
    path = tmp_path / "broken.pcap"
    path.write_bytes(pcap_header() + pcap_record(b"good") + rest)
    records, warnings = read(path)
    assert [record.captured for record in records] == [b"good"]
    assert warnings == [CaptureWarning(message, 44, 2)]
    assert str(warnings[0]) == f"{message} (frame 2, at octet 44)"


def test_a_disk_that_fails_while_reading() -> None:
    def pieces() -> Iterator[bytes]:
        yield pcap_header() + pcap_record(b"good") + b"rest"
        raise OSError(5, "Input/output error")

    source, warnings = ByteSource(pieces()), list[CaptureWarning]()
    records = list(read_pcap(read_header("file", source), source, warnings))
    assert len(records) == 1
    assert warnings == [CaptureWarning("it can't be read: Input/output error", 44, 2)]


@given(st.binary(max_size=120), st.data())
def test_any_octets_after_the_header_end_in_records_and_warnings(garbage: bytes, data: st.DataObject) -> None:
    prefix = data.draw(st.sampled_from([PCAP[0], b"".join(PCAPNG[:2])]))
    parts = [prefix + garbage[:9], garbage[9:]]
    source, warnings = ByteSource(iter(parts)), list[CaptureWarning]()
    if prefix is PCAP[0]:
        records = list(read_pcap(read_header("file", source), source, warnings))
    else:
        check_header("file", source)
        records = list(read_pcapng(source, [], warnings))
    assert [record.frame for record in records] == list(range(1, len(records) + 1))


@given(st.data())
def test_a_flipped_octet_is_never_an_exception_but_a_capture_error(data: st.DataObject) -> None:
    octets = bytearray(b"".join(data.draw(st.sampled_from([PCAP, PCAPNG]))))
    octets[data.draw(st.integers(4, len(octets) - 1))] = data.draw(st.integers(0, 255))
    source, warnings = ByteSource(iter([bytes(octets)])), list[CaptureWarning]()
    try:
        if octets[0] == 0x0A:
            check_header("file", source)
            list(read_pcapng(source, [], warnings))
        else:
            list(read_pcap(read_header("file", source), source, warnings))
    except CaptureError:
        assert warnings == []


@given(st.lists(st.integers(1, 40)))
def test_it_does_not_matter_how_the_octets_are_cut_into_pieces(sizes: list[int]) -> None:
    for parts in (PCAP, PCAPNG):
        octets, pieces, start = b"".join(parts), [], 0
        for size in sizes:
            pieces.append(octets[start : start + size])
            start += size
        pieces.append(octets[start:])
        results = []
        for source in (ByteSource(iter(pieces)), ByteSource(iter([octets]))):
            warnings: list[CaptureWarning] = []
            if parts is PCAP:
                results.append(list(read_pcap(read_header("file", source), source, warnings)))
            else:
                check_header("file", source)
                results.append(list(read_pcapng(source, [], warnings)))
            assert warnings == []
        assert results[0] == results[1]
