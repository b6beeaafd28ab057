"""A second process changes nothing in what is read: neither where its guess is right, nor wrong, nor where it ends."""

import gzip
import os
import random
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mhatool.capture import CaptureReader, CaptureWarning, Record, boundary, open_capture, second_process
from mhatool.capture.second_process import Plan, SecondProcess
from mhatool.capture.sieve import Sieve, Tally
from tests.mhatool.capture.builders import REPOSITORY, pcap_header, pcap_record
from tests.mhatool.capture.hostile import framed, hostile_captures, packets
from tests.mhatool.scenes import HOME, PEER, bu, ipv6

TCP, UDP, IPV6, ICMPV6 = 6, 17, 41, 58
SIEVE = Sieve(frozenset({TCP, UDP}), IPV6, frozenset({TCP, UDP}), ICMPV6, frozenset({144, 145, 146, 147}))
ALONE = Plan(smallest=1 << 62)
TOGETHER = Plan(smallest=0, share=0.4)
START = 1_700_000_000

Result = tuple[list[Record], list[CaptureWarning], Tally]


def ethernet(packet: bytes) -> bytes:
    return bytes(12) + b"\x86\xdd" + packet


def udp(payload: bytes) -> bytes:
    return ethernet(ipv6(PEER, HOME, UDP, struct.pack(">4H", 9, 9, 8 + len(payload) & 0xFFFF, 0) + payload))


def regular(number: int = 600) -> list[bytes]:
    """Records of which every third holds signalling; the least time is near the end, the greatest at the beginning."""
    seconds = {5: START + 999, number - 5: START - 999}
    frames = (ethernet(bu(seq=n)) if n % 3 == 0 else udp(bytes(n % 90)) for n in range(number))
    return [pcap_record(frame, seconds.get(n, START + n // 7), n % 7) for n, frame in enumerate(frames)]


class Watched:
    """What was started while a test runs."""

    def __init__(self) -> None:
        self.started: list[SecondProcess | None] = []
        self.processes: list[int] = []

    @property
    def last(self) -> SecondProcess:
        assert self.started[-1] is not None
        return self.started[-1]

    def nothing_is_left(self) -> bool:
        return not any(map(is_there, self.processes))


def is_there(process: int) -> bool:
    """Whether it runs, or has ended and nobody asked."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """On two cores, with small pieces, so that there are many."""
    seen, start, fork = Watched(), second_process.start, os.fork

    def starting(*arguments: Any) -> SecondProcess | None:
        seen.started.append(start(*arguments))
        return seen.started[-1]

    def forking() -> int:
        process = fork()
        seen.processes.append(process)
        return process

    monkeypatch.setattr(second_process, "start", starting)
    monkeypatch.setattr(second_process, "PIECE", 4096)
    monkeypatch.setattr(second_process, "_BATCH", 1)
    monkeypatch.setattr(os, "fork", forking)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    return seen


def written(path: Path, *parts: bytes) -> Path:
    path.write_bytes(pcap_header() + b"".join(parts))
    return path


def sifted(path: Path, plan: Plan) -> Result:
    with open_capture(path) as reader:
        return finished(reader, reader.sift(SIEVE, plan))


def finished(reader: CaptureReader, records: Iterator[Record]) -> Result:
    return list(records), reader.warnings, reader.tally


def test_both_parts_are_one(tmp_path: Path, watched: Watched) -> None:
    path = written(tmp_path / "regular.pcap", *regular())
    with open_capture(path) as reader:
        offsets = [record.offset for record in reader]
    records, warnings, tally = sifted(path, TOGETHER)
    assert watched.last.start in offsets
    assert watched.last.walked is not None
    assert 0 < watched.last.walked.frames < 600
    assert [record.frame for record in records] == list(range(1, 601, 3))
    assert [record.offset for record in records] == offsets[::3]
    assert (warnings, tally.packets) == ([], {1: 600})
    assert (tally.first_ns, tally.last_ns) == ((START - 999) * 10**9 + 595 % 7 * 1000, (START + 999) * 10**9 + 5000)
    assert (records, warnings, tally) == sifted(path, ALONE)
    assert watched.nothing_is_left()


def test_progress_goes_to_the_end(tmp_path: Path, watched: Watched) -> None:
    path = written(tmp_path / "regular.pcap", *regular(20_000))
    seen = []
    with open_capture(path) as reader:
        records = reader.sift(SIEVE, Plan(smallest=0, share=0.2))
        reader.on_progress(lambda: seen.append(reader.bytes_read))
        assert len(list(records)) == 6667
    assert watched.last.walked is not None
    assert seen == sorted(seen)
    assert seen[0] < path.stat().st_size // 3
    assert seen[-1] == path.stat().st_size


def test_a_capture_within_a_packet_is_taken_for_records_and_found_out(tmp_path: Path, watched: Watched) -> None:
    nested = udp(b"".join(regular(200)))
    path = written(tmp_path / "nested.pcap", *regular(60), pcap_record(nested, START), *regular(60))
    with open_capture(path) as reader:
        offsets = {record.offset for record in reader}
    found = sifted(path, TOGETHER)
    assert watched.last.start not in offsets
    assert watched.last.walked is None
    assert found == sifted(path, ALONE)
    assert found[2].packets == {1: 121}
    assert watched.nothing_is_left()


@pytest.mark.parametrize(("part", "step", "is_right"), [(0, 0, True), (1, 1, False), (0, -1, False)])
def test_hostile_captures_with_any_guess(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch, part: int, step: int, is_right: bool
) -> None:
    """Where a record begins, and where it surely doesn't: a record takes 16 octets or more."""
    path, joined, files = tmp_path / "hostile.pcap", 0, 0
    for index, (name, octets) in enumerate(hostile_captures()):
        if not name.endswith(".pcap") or index % 3 != part:
            continue
        path.write_bytes(octets)
        with open_capture(path) as reader:
            offsets = [record.offset for record in reader]
        place = offsets[len(offsets) * (index % 4) // 4] + step
        monkeypatch.setattr(boundary, "guess", lambda *_, place=place: place)
        assert sifted(path, TOGETHER) == sifted(path, ALONE), name
        found = watched.started[-2]
        joined += found is not None and found.walked is not None
        files += found is not None
    assert files > 30
    assert joined > files // 2 if is_right else joined == 0
    assert watched.nothing_is_left()


def test_hostile_packets_are_the_same_in_both_orders(tmp_path: Path, watched: Watched) -> None:
    """Each byte order and resolution, a link type that has no ethertype, and octets cut from frames."""
    for order, magic, link_type in (("<", 0xA1B23C4D, 1), (">", 0xA1B2C3D4, 101), (">", 0xA1B23C4D, 276)):
        chance = random.Random(link_type)
        frames = [frame for _ in range(6) for frame, _ in packets(chance, link_type) if 40 < len(frame) < 9999]
        frames += [framed(chance, link_type, bu())]
        path = tmp_path / f"{link_type}.pcap"
        records = (pcap_record(frame, START + n, n, order, len(frame) + 9) for n, frame in enumerate(frames))
        path.write_bytes(pcap_header(order, magic, link_type) + b"".join(records))
        assert sifted(path, TOGETHER) == sifted(path, ALONE)
        assert watched.started[-2] is not None
        assert watched.started[-2].walked is not None


def test_it_stops_at_its_limit_and_the_first_goes_on(tmp_path: Path, watched: Watched) -> None:
    path = written(tmp_path / "regular.pcap", *regular())
    found = sifted(path, Plan(smallest=0, share=0.1, limit=1))
    assert watched.last.walked is not None
    assert watched.last.start < watched.last.walked.stop < path.stat().st_size // 2
    assert found == sifted(path, ALONE)


def test_killed_before_it_gave_anything(tmp_path: Path, watched: Watched) -> None:
    path = written(tmp_path / "regular.pcap", *regular())
    with open_capture(path) as reader:
        records = reader.sift(SIEVE, TOGETHER)
        os.kill(watched.processes[-1], signal.SIGKILL)
        found = finished(reader, records)
        assert reader.bytes_read == reader.size
    assert found == sifted(path, ALONE)
    assert watched.nothing_is_left()


def test_failing_when_it_has_given_some(tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "regular.pcap", *regular())
    pieces = second_process._pieces

    def failing(descriptor: int, offset: int) -> Iterator[bytes]:
        for number, piece in enumerate(pieces(descriptor, offset)):
            if number == 3:
                raise OSError(5, "Input/output error")
            yield piece

    monkeypatch.setattr(second_process, "_pieces", failing)
    found = sifted(path, TOGETHER)
    assert watched.last.walked is None
    assert found == sifted(path, ALONE)
    assert [record.frame for record in found[0]] == list(range(1, 601, 3))


@pytest.mark.parametrize("wanted", [0, 1, 199])
def test_whoever_stops_early_leaves_no_process(tmp_path: Path, watched: Watched, wanted: int) -> None:
    """Before the first record, in the first part and in the second; by the reader, and by the iteration alone."""
    path = written(tmp_path / "regular.pcap", *regular())
    with open_capture(path) as reader:
        records = reader.sift(SIEVE, TOGETHER)
        for _ in range(wanted):
            next(records)
    assert watched.nothing_is_left()
    with open_capture(path) as reader:
        records = reader.sift(SIEVE, TOGETHER)
        for _ in range(wanted):
            next(records)
        records.close()  # type: ignore[attr-defined]
        assert wanted == 0 or watched.nothing_is_left()
    assert watched.nothing_is_left()
    assert len(watched.processes) == 2


def test_an_exception_leaves_no_process(tmp_path: Path, watched: Watched) -> None:
    def interrupted() -> None:
        with open_capture(written(tmp_path / "regular.pcap", *regular())) as reader:
            for _ in reader.sift(SIEVE, TOGETHER):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(watched.processes) == 1
    assert watched.nothing_is_left()


ENDLESS = """
import os, sys
from mhatool.capture import open_capture, second_process
from tests.mhatool.capture.test_second_process import SIEVE, TOGETHER
second_process._pieces = lambda descriptor, offset: iter(lambda: os.pread(descriptor, 1 << 20, offset), None)
os.sched_getaffinity = lambda _: {0, 1}
with open_capture(sys.argv[1]) as reader:
    records = reader.sift(SIEVE, TOGETHER._replace(limit=1 << 62))
    print("started" if reader._second else "alone", flush=True)
    for record in records:
        pass
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_first_process(tmp_path: Path, number: signal.Signals) -> None:
    """One that would go on for ever: both hold the pipe open to which they write, and it ends with the last of them."""
    path = written(tmp_path / "plain.pcap", *(pcap_record(udp(bytes(n % 90)), START) for n in range(600)))
    command = [sys.executable, "-c", ENDLESS, str(path)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"started\n"
        first.send_signal(number)
        rest, _ = first.communicate()
    assert rest == b""
    assert first.returncode == -number


def test_it_holds_only_its_own_end_of_the_pipe(
    tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would wait for ever with what nobody reads any more."""
    ends = tmp_path / "ends"

    def tell_ends(_walk: object, _descriptor: int, findings: second_process._Findings, *_: object) -> None:
        try:
            pipe = os.fstat(findings._reports).st_ino
            open_ones = [int(name) for name in os.listdir("/proc/self/fd")]
            ends.write_text(str(sum(_inode(number) == pipe for number in open_ones)))
        finally:
            os._exit(0)

    monkeypatch.setattr(second_process, "_be_second", tell_ends)
    path = written(tmp_path / "regular.pcap", *regular())
    assert sifted(path, TOGETHER) == sifted(path, ALONE)
    assert ends.read_text() == "1"


def _inode(descriptor: int) -> int | None:
    try:
        return os.fstat(descriptor).st_ino
    except OSError:  # that of the listing itself
        return None


def test_what_comes_while_it_reads_is_read_too(tmp_path: Path, watched: Watched) -> None:
    """The second process ends within a record; before the first comes there, more has been written."""
    records = regular()
    path = written(tmp_path / "growing.pcap", *records[:500])
    whole = path.read_bytes()
    path.write_bytes(whole[:-11])
    with open_capture(path) as reader:
        growing = reader.sift(SIEVE, TOGETHER)
        os.waitid(os.P_PID, watched.processes[-1], os.WEXITED | os.WNOWAIT)
        with path.open("ab") as more:
            more.write(whole[-11:] + b"".join(records[500:]))
        found = finished(reader, growing)
    assert watched.last.walked is not None
    assert watched.last.walked.stop < len(whole)
    assert found == sifted(path, ALONE)
    assert (found[1], found[2].packets) == ([], {1: 600})


def test_the_last_record_is_cut(tmp_path: Path, watched: Watched) -> None:
    """Its time, which would be the greatest, counts as little as with one process."""
    records = [*regular(), pcap_record(udp(bytes(50)), START + 5000)]
    path = written(tmp_path / "cut.pcap", *records)
    whole = path.read_bytes()
    for cut in (1, 60, 112, 113, 127):
        path.write_bytes(whole[:-cut])
        found = sifted(path, TOGETHER)
        assert watched.last.walked is not None
        assert found == sifted(path, ALONE)
        offset = len(whole) - len(records[-1])
        assert [(warning.offset, warning.frame) for warning in found[1]] == [(offset, 601)]
        assert found[2].last_ns == (START + 999) * 10**9 + 5000


def test_damage_in_its_part_is_told_by_the_first(tmp_path: Path, watched: Watched) -> None:
    damaged = struct.pack("<4I", START, 0, 0xFFFFFFF0, 60)
    path = written(tmp_path / "damaged.pcap", *regular(), damaged, *regular(30))
    found = sifted(path, TOGETHER)
    assert watched.last.walked is not None
    assert found == sifted(path, ALONE)
    message = "implausible packet length, 4294967280 octets: the file is damaged from here on"
    assert found[1] == [CaptureWarning(message, 24 + sum(map(len, regular())), 601)]


def test_one_core_one_process(tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    found = sifted(written(tmp_path / "regular.pcap", *regular()), TOGETHER)
    assert len(found[0]) == 200
    assert watched.processes == []


def test_as_many_as_there_are_cores(tmp_path: Path, watched: Watched) -> None:
    path = written(tmp_path / "regular.pcap", *regular())
    with open_capture(path) as one, open_capture(path) as other:
        results = [finished(reader, reader.sift(SIEVE, TOGETHER)) for reader in (one, other)]
        assert results[0] == results[1]
    with open_capture(path) as one, open_capture(path) as other:
        passes = one.sift(SIEVE, TOGETHER), other.sift(SIEVE, TOGETHER)
        assert [second is None for second in watched.started] == [False, False, False, True]
        assert list(passes[0]) == list(passes[1]) == results[0][0]


def test_no_more_processes_can_be_had(tmp_path: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refusing)
    there = set(os.listdir("/proc/self/fd"))
    found = sifted(written(tmp_path / "regular.pcap", *regular()), TOGETHER)
    assert len(found[0]) == 200
    assert set(os.listdir("/proc/self/fd")) == there


def test_small_and_packed_files_are_read_by_one(tmp_path: Path, watched: Watched) -> None:
    path = written(tmp_path / "regular.pcap", *regular())
    packed = tmp_path / "regular.pcap.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert path.stat().st_size < 32 * 1024 * 1024
    for file, plan in ((path, Plan()), (packed, TOGETHER)):
        assert len(sifted(file, plan)[0]) == 200
    assert watched.processes == []
