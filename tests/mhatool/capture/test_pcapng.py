from pathlib import Path

import pytest

from mhatool.capture import CaptureWarning, Interface, Record, open_capture
from tests.mhatool.capture.builders import block, enhanced, interface, obsolete, option, read, section, simple


def write(path: Path, *blocks: bytes) -> Path:
    path = path / "made.pcapng"
    path.write_bytes(b"".join(blocks))
    return path


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_three_packet_blocks_in_both_byte_orders(tmp_path: Path, order: str) -> None:
    path = write(
        tmp_path,
        section(order),
        interface(order, 1, 4, option(2, b"eth0", order) + option(0, b"", order)),
        enhanced(b"abc", 0x1_0000_0001, order, original=90),
        simple(b"abcd", order, original=60),
        obsolete(b"abcdef", 7, order),
    )
    with open_capture(path) as reader:
        records = list(reader)
        assert reader.format == "pcapng"
        assert reader.interfaces == [Interface(1, 4, "eth0", 1_000_000)]
        assert reader.warnings == []
    assert records == [
        Record(1, 0x1_0000_0001 * 1000, 1, b"abc", 90, 0, 28 + 32, None),
        Record(2, 0, 1, b"abcd", 60, 0, 96, None),
        Record(3, 7000, 1, b"abcdef", 6, 0, 116, None),
    ]


@pytest.mark.parametrize(
    ("resolution", "ticks", "time_ns", "per_second"),
    [
        (0, 3, 3_000_000_000, 1),
        (6, 3, 3_000, 10**6),
        (9, 3, 3, 10**9),
        (12, 3_999, 3, 10**12),
        (0x80 | 20, 1 << 19, 500_000_000, 2**20),
        (0x80 | 30, 3, 2, 2**30),
    ],
)
def test_time_resolutions(tmp_path: Path, resolution: int, ticks: int, time_ns: int, per_second: int) -> None:
    path = write(tmp_path, section(), interface(options=option(9, bytes([resolution]))), enhanced(b"", ticks))
    with open_capture(path) as reader:
        assert [record.time_ns for record in reader] == [time_ns]
        assert reader.interfaces[0].ts_resolution == per_second


@pytest.mark.parametrize("offset", [1_700_000_000, -5])
def test_the_time_offset_is_in_seconds_and_signed(tmp_path: Path, offset: int) -> None:
    options = option(14, offset.to_bytes(8, "big", signed=True), ">")
    path = write(tmp_path, section(">"), interface(">", options=options), enhanced(b"", 9, ">"))
    assert read(path)[0][0].time_ns == offset * 10**9 + 9_000


def test_sections_have_their_own_byte_order_and_interfaces(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        section("<"),
        interface("<", 1),
        interface("<", 229),
        enhanced(b"a", number=1),
        section(">", (1, 2)),
        interface(">", 113, options=option(2, b"any\0", ">")),
        enhanced(b"b", order=">"),
    )
    with open_capture(path) as reader:
        assert [(r.frame, r.link_type, r.interface) for r in reader] == [(1, 229, 1), (2, 113, 2)]
        assert [i.name for i in reader.interfaces] == [None, None, "any"]
        assert reader.warnings == []


def test_other_blocks_are_passed_over(tmp_path: Path) -> None:
    others = [block(kind, b"anything" * 3) for kind in (4, 5, 10, 0xBAD, 0x40000BAD, 0xFFFFFFFF)]
    path = write(tmp_path, section(), *others, interface(), block(0x99, b""), enhanced(b"x"), *others)
    records, warnings = read(path)
    assert [record.captured for record in records] == [b"x"]
    assert warnings == []


def test_comments_are_kept_a_line_each(tmp_path: Path) -> None:
    comments = option(1, "é".encode()) + option(2, b"\0\0\0\1") + option(1, b"two") + option(0, b"")
    path = write(
        tmp_path,
        section(),
        interface(),
        enhanced(b"abc", options=comments),
        enhanced(b"abc", options=option(2, b"\0\0\0\1")),
        enhanced(b"", options=option(1, b"")),
        enhanced(b"abc", options=option(1, b"\xff no UTF-8")),
    )
    assert [record.comment for record in read(path)[0]] == ["é\ntwo", None, "", "\ufffd no UTF-8"]


def test_damaged_options_cost_the_comment_not_the_packet(tmp_path: Path) -> None:
    bad = enhanced(b"abcd", options=b"\1\0\xff\xff")
    path = write(tmp_path, section(), interface(), bad, bad, enhanced(b"x"))
    records, warnings = read(path)
    assert [record.captured for record in records] == [b"abcd", b"abcd", b"x"]
    assert warnings == [CaptureWarning("damaged packet options, their comments are lost", 48, 1)]


def test_packets_larger_than_what_is_read_at_a_time(tmp_path: Path) -> None:
    packets = [bytes([n]) * size for n, size in enumerate((1, 300_000, 5, 16 * 1024 * 1024, 7))]
    path = write(tmp_path, section(), interface(), *(enhanced(packet) for packet in packets))
    records, warnings = read(path)
    assert [record.captured for record in records] == packets
    assert warnings == []


def test_what_scapy_writes(tmp_path: Path) -> None:
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import PcapNgWriter

    path, frame = tmp_path / "scapy.pcapng", bytes(14)
    with PcapNgWriter(str(path)) as writer:
        for number in range(1, 20):
            packet = Ether(frame) / Raw(bytes([number]) * number)
            packet.time, packet.wirelen, packet.comment = number, 99, b"number %d" % number
            writer.write(packet)
    records, warnings = read(path)
    assert warnings == []
    assert [(r.time_ns, r.link_type, r.captured, r.original_length, r.comment) for r in records] == [
        (n * 10**9, 1, frame + bytes([n]) * n, 99, f"number {n}") for n in range(1, 20)
    ]


GOOD = section() + interface() + enhanced(b"good")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (block(6, b"short"), "packet block cut short"),
        (block(2, b"short"), "packet block cut short"),
        (block(3, b""), "simple packet block cut short"),
        (block(1, b"1234"), "interface description cut short"),
        (interface(options=b"\2\0\xff\xff"), "option 2 is longer than its block"),
        (enhanced(b"x", number=1), "packet of interface 1, which the section doesn't describe"),
        (section() + simple(b"x"), "packet of interface 0, which the section doesn't describe"),
        (simple(b"x", original=90), "packet of 90 octets in a block that has room for 4"),
        (enhanced(b"x")[:20] + b"\5\0\0\0" + enhanced(b"x")[24:], "packet of 5 octets in a block that has room for 4"),
        (b"\6\0\0\0\x21\0\0\0" + bytes(32), "bad block length, 33 octets"),
        (b"\6\0\0\0\x08\0\0\0" + bytes(32), "bad block length, 8 octets"),
        (b"\6\0\0\0\0\0\0\x80" + bytes(32), "bad block length, 2147483648 octets"),
        (enhanced(b"x")[:-4] + bytes(4), "bad block length, it differs before and after the block"),
        (section(version=(2, 0)), "pcapng version 2.0 is unknown, only 1.0 and 1.2 can be read"),
        (section().replace(b"\x4d\x3c\x2b\x1a", b"abcd"), "section header without byte-order magic"),
        (enhanced(b"x")[:-1], "block cut short, 35 of 36 octets are there"),
        (enhanced(b"x")[:7], "block cut short, 7 of 12 octets are there"),
        (section()[:16], "block cut short, 16 of 28 octets are there"),
    ],
)
def test_a_broken_block_ends_the_reading_with_a_warning(tmp_path: Path, broken: bytes, message: str) -> None:
    path = write(tmp_path, GOOD, broken)
    records, (warning,) = read(path)
    assert [record.captured for record in records] == [b"good"]
    second = len(section()) if broken.startswith(section() + b"\3") else 0
    assert warning == CaptureWarning(message, len(GOOD) + second, 2)
