"""Guessing where a record begins: right in regular files, nothing where there is nothing to go by."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mhatool.capture.boundary import guess
from mhatool.capture.pcap import PcapHeader
from mhatool.capture.record import Interface
from tests.mhatool.capture.builders import pcap_header, pcap_record

START = 1_700_000_000


@contextmanager
def descriptor(path: Path, octets: bytes) -> Iterator[int]:
    path.write_bytes(octets)
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


def header(order: str = "<", resolution: int = 1_000_000) -> PcapHeader:
    return PcapHeader(order, Interface(1, 65_535, None, resolution))


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_first_record_from_there_on(tmp_path: Path, order: str) -> None:
    records = [pcap_record(bytes(range(60, 60 + n % 90)) or b"x", START + n, n, order) for n in range(200)]
    begins = [24 + sum(map(len, records[:n])) for n in range(200)]
    with descriptor(tmp_path / "regular", pcap_header(order) + b"".join(records)) as file:
        for near in (24, 25, begins[50], begins[50] + 1, begins[100] - 1):
            assert guess(file, header(order), near) == min(begin for begin in begins if begin >= near)
        assert guess(file, header(order), begins[184]) == begins[184]
        assert guess(file, header(order), begins[185]) is None  # 15 records are left, and 16 make a chain
        assert guess(file, header(order), 1 << 30) is None


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        pcap_record(b"", START) * 99,
        pcap_record(b"x" * 50, START + (1 << 26)) * 99,
        pcap_record(b"x" * 50, START, 1_000_000) * 99,
        struct.pack("<4I", START, 0, 262_145, 60) + bytes(262_145) + pcap_record(b"x", START) * 15,
        bytes(200_000),
    ],
    ids=["nothing", "no octets", "another time", "more than a second", "too long", "zeros"],
)
def test_what_is_no_chain(tmp_path: Path, rest: bytes) -> None:
    with descriptor(tmp_path / "odd", pcap_header() + pcap_record(b"x", START) + rest) as file:
        assert guess(file, header(), 41) is None


def test_a_file_without_records(tmp_path: Path) -> None:
    with descriptor(tmp_path / "none", pcap_header()) as file:
        assert guess(file, header(), 24) is None


def test_fractions_are_below_the_resolution(tmp_path: Path) -> None:
    with descriptor(tmp_path / "nano", pcap_header() + pcap_record(b"x", START, 999_999_999) * 40) as file:
        assert guess(file, header(resolution=1_000_000_000), 42) == 24 + 2 * 17
        assert guess(file, header(), 42) is None
