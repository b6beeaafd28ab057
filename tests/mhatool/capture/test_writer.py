import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhatool.capture import CaptureWarning, Interface, PcapngWriter, PcapWriter, Record
from mhatool.capture.pcap import read_header
from mhatool.capture.pcap import read_records as read_pcap
from mhatool.capture.pcapng import check_header
from mhatool.capture.pcapng import read_records as read_pcapng
from mhatool.capture.source import ByteSource
from tests.mhatool.capture.builders import UMIP, enhanced, interface, option, pcap_header, pcap_record, read, section

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PACKETS = st.lists(
    st.tuples(
        st.integers(-(10**9 << 33), 2**64 - 1),
        st.sampled_from([1, 101, 229, 276]),
        st.binary(max_size=50),
        st.none() | st.integers(0, 2**32 - 1),
        st.none() | TEXT,
        st.none() | TEXT.filter(lambda name: not name.endswith("\0")),
    ),
    max_size=12,
)


def parse(octets: bytes) -> tuple[list[Record], list[Interface]]:
    source, warnings = ByteSource(iter([octets])), list[CaptureWarning]()
    interfaces: list[Interface] = []
    check_header("file", source)
    records = list(read_pcapng(source, interfaces, warnings))
    assert warnings == []
    return records, interfaces


@given(PACKETS)
def test_what_was_written_is_read_and_written_again_the_same(
    packets: list[tuple[int, int, bytes, int | None, str | None, str | None]],
) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    writer = PcapngWriter(first, application="test")
    for packet in packets:
        writer.write(*packet)
    records, interfaces = parse(first.getvalue())
    assert [
        (r.time_ns, r.link_type, r.captured, r.original_length, r.comment, interfaces[r.interface].name)
        for r in records
    ] == [(p[0], p[1], p[2], len(p[2]) if p[3] is None else p[3], p[4], p[5]) for p in packets]
    again = PcapngWriter(second, application="test")
    for record in records:
        again.write_record(record, interfaces[record.interface])
    assert second.getvalue() == first.getvalue()


def test_the_octets_are_those_of_the_specification() -> None:
    stream = io.BytesIO()
    writer = PcapngWriter(stream, application="mhatool")
    writer.write(5, 1, b"abc", 90, "hi", "eth0")
    writer.write(6, 229, b"")
    writer.write(7, 1, b"", interface_name="eth0")
    end = option(0, b"")
    assert stream.getvalue() == b"".join(
        [
            section(options=option(4, b"mhatool") + end),
            interface(options=option(2, b"eth0") + option(9, b"\x09") + end),
            enhanced(b"abc", 5, original=90, options=option(1, b"hi") + end),
            interface(link_type=229, options=option(9, b"\x09") + end),
            enhanced(b"", 6, number=1),
            enhanced(b"", 7),
        ]
    )


def test_each_line_of_a_comment_is_a_comment() -> None:
    stream = io.BytesIO()
    PcapngWriter(stream, application="test").write(5, 1, b"abc", comment="one\n\ntwo")
    options = option(1, b"one") + option(1, b"") + option(1, b"two") + option(0, b"")
    assert stream.getvalue().endswith(enhanced(b"abc", 5, options=options))


def test_interfaces_of_the_same_name_are_kept_apart_where_their_sources_differ() -> None:
    stream = io.BytesIO()
    writer = PcapngWriter(stream, application="test")
    for source in ("a", "b", None, "a", "b", None):
        writer.write(5, 1, b"abc", interface_name="eth0", source=source)
    records, interfaces = parse(stream.getvalue())
    assert [one.name for one in interfaces] == ["eth0"] * 3
    assert [one.interface for one in records] == [0, 1, 2] * 2


def test_it_flushes_each_packet_if_asked() -> None:
    class Counting(io.BytesIO):
        flushes = 0

        def flush(self) -> None:
            self.flushes += 1

    for flush_each, expected in ((False, 0), (True, 3)):
        stream = Counting()
        writer = PcapngWriter(stream, application="test", flush_each=flush_each)
        writer.write(0, 1, b"")
        writer.write(0, 1, b"")
        assert stream.flushes == expected


@pytest.mark.parametrize(
    ("time_ns", "data", "comment", "message"),
    [
        (-(10**9 << 33) - 1, b"", None, "a time of -8589934592000000001 ns can't be written to a capture"),
        (1 << 64, b"", None, "a time of 18446744073709551616 ns can't be written to a capture"),
        (0, bytes(16 * 1024 * 1024 + 1), None, "a packet of 16777217 octets is too long for a capture"),
        (0, b"", "x" * 65536, "a text of 65536 octets is too long for a capture's option"),
    ],
)
def test_what_the_format_cannot_hold(time_ns: int, data: bytes, comment: str | None, message: str) -> None:
    writer = PcapngWriter(io.BytesIO(), application="test")
    with pytest.raises(ValueError, match=message):
        writer.write(time_ns, 1, data, comment=comment)


def test_packets_before_1970_have_an_interface_whose_clock_begins_earlier() -> None:
    """If_tsoffset is a signed number of seconds, times are unsigned (draft-ietf-opsawg-pcapng, 4.2 and 4.3)."""
    stream = io.BytesIO()
    writer = PcapngWriter(stream, application="test")
    for time_ns in (-100_000_000_001, -1, 0, 5):
        writer.write(time_ns, 1, b"x", interface_name="eth0")
    records, interfaces = parse(stream.getvalue())
    assert [(record.time_ns, record.interface) for record in records] == [
        (-100_000_000_001, 0),
        (-1, 0),
        (0, 1),
        (5, 1),
    ]
    assert [interface.name for interface in interfaces] == ["eth0", "eth0"]


def test_a_real_capture_written_twice_is_the_same() -> None:
    records, _ = read(UMIP / "tour-mn.pcap")
    first, second = io.BytesIO(), io.BytesIO()
    writer = PcapngWriter(first, application="test")
    for record in records:
        writer.write_record(record)
    again, interfaces = parse(first.getvalue())
    assert [r[1:5] for r in again] == [r[1:5] for r in records]
    writer = PcapngWriter(second, application="test")
    for record in again:
        writer.write_record(record, interfaces[record.interface])
    assert second.getvalue() == first.getvalue()


@pytest.mark.parametrize(("nanoseconds", "magic"), [(True, 0xA1B23C4D), (False, 0xA1B2C3D4)])
def test_pcap(nanoseconds: bool, magic: int) -> None:
    stream = io.BytesIO()
    writer = PcapWriter(stream, link_type=229, nanoseconds=nanoseconds)
    writer.write(1_000_002_003, 229, b"abc", 90)
    fraction = 2003 if nanoseconds else 2
    header = pcap_header(magic=magic, link_word=229)
    octets = stream.getvalue()
    assert octets[:16] + octets[20:24] == header[:16] + header[20:]
    assert octets[24:] == pcap_record(b"abc", 1, fraction, original=90)
    source, warnings = ByteSource(iter([octets])), list[CaptureWarning]()
    (record,) = read_pcap(read_header("file", source), source, warnings)
    assert record.time_ns == 1_000_002_003 // (1 if nanoseconds else 1000) * (1 if nanoseconds else 1000)


def test_pcap_holds_one_link_type() -> None:
    writer = PcapWriter(io.BytesIO(), link_type=1)
    with pytest.raises(ValueError, match="link type 229 in a pcap file of link type 1"):
        writer.write(0, 229, b"")


def test_pcap_ends_in_2106(tmp_path: Path) -> None:
    writer = PcapWriter(io.BytesIO(), link_type=1)
    with pytest.raises(ValueError, match="a time of 4294967296000000000 ns"):
        writer.write(2**32 * 10**9, 1, b"")
