"""Real processes and real pipes: reads are short and nothing can be wound back."""

import subprocess
import sys
from pathlib import Path

import pytest

from mhatool.capture import PcapngWriter
from tests.mhatool.capture.builders import (
    REPOSITORY,
    UMIP,
    enhanced,
    interface,
    pcap_header,
    pcap_record,
    section,
)

READ_ALL = """
from mhatool.capture import open_capture
with open_capture("-") as reader:
    print(reader.path, reader.format, reader.compression, reader.size, flush=True)
    for record in reader:
        print(record.frame, record.captured.hex(), flush=True)
    print(reader.bytes_read, *reader.warnings, flush=True)
"""

COUNT = """
from mhatool.capture import open_capture
with open_capture("-") as reader:
    print(reader.format, reader.compression, sum(1 for _ in reader), reader.warnings)
"""

WRITE_SLOWLY = """
import sys
from mhatool.capture import PcapngWriter, open_output
with open_output("-") as output:
    writer = PcapngWriter(output, application="test", flush_each=True)
    for line in sys.stdin:
        writer.write(1, 1, line.encode())
"""


def python(program: str, stdin: int, stdout: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", program], cwd=REPOSITORY, bufsize=0, stdin=stdin, stdout=stdout)


@pytest.mark.parametrize(
    ("name", "header", "packets"),
    [
        ("pcap", pcap_header(), [pcap_record(b"\x01\x02"), pcap_record(b"\x03" * 5)]),
        ("pcapng", section() + interface(), [enhanced(b"\x01\x02"), enhanced(b"\x03" * 5)]),
    ],
)
def test_each_packet_comes_as_soon_as_it_is_whole(name: str, header: bytes, packets: list[bytes]) -> None:
    with python(READ_ALL, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(header)
        assert process.stdout.readline() == f"standard input {name} None None\n".encode()
        process.stdin.write(packets[0])
        assert process.stdout.readline() == b"1 0102\n"
        for octet in packets[1]:
            process.stdin.write(bytes([octet]))
        assert process.stdout.readline() == b"2 0303030303\n"
        process.stdin.close()
        assert process.stdout.read() == b"%d\n" % len(header + b"".join(packets))
        assert process.wait(10) == 0


def test_standard_input_from_a_file_has_a_size(tmp_path: Path) -> None:
    path = tmp_path / "small.pcap"
    path.write_bytes(pcap_header() + pcap_record(b"\x01"))
    with path.open("rb") as stream, python(READ_ALL, stdin=stream.fileno(), stdout=subprocess.PIPE) as process:
        assert process.communicate(timeout=10)[0] == b"standard input pcap None 41\n1 01\n41\n"


@pytest.mark.parametrize("tool", [["cat"], ["gzip", "-c"]])
def test_what_another_program_sends(tool: list[str]) -> None:
    with subprocess.Popen([*tool, UMIP / "tour-all.pcapng"], stdout=subprocess.PIPE) as sender:
        assert sender.stdout is not None
        with python(COUNT, stdin=sender.stdout.fileno(), stdout=subprocess.PIPE) as process:
            expected = f"pcapng {'gzip' if tool[0] == 'gzip' else None} 7737 []\n"
            assert process.communicate(timeout=20)[0] == expected.encode()


def test_a_pipe_that_ends_early_is_read_up_to_there() -> None:
    with python(READ_ALL, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        output, _ = process.communicate(pcap_header() + pcap_record(b"\x01") + pcap_record(b"\x02")[:-1], timeout=10)
        assert output.splitlines()[1:] == [
            b"1 01",
            b"57 packet cut short, 0 of 1 octets are there (frame 2, at octet 41)",
        ]
        assert process.returncode == 0


def test_a_writer_passes_each_packet_on_at_once() -> None:
    class Collected(bytearray):
        def write(self, data: bytes, /) -> None:
            self.extend(data)

        def flush(self) -> None: ...

    expected = Collected()
    writer = PcapngWriter(expected, application="test")
    with python(WRITE_SLOWLY, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in (b"first\n", b"second\n"):
            writer.write(1, 1, line)
            process.stdin.write(line)
            got = process.stdout.read(len(expected))
            while len(got) < len(expected):
                got += process.stdout.read(len(expected) - len(got))
            assert got == bytes(expected)
            expected.clear()
        process.stdin.close()
        assert process.stdout.read() == b""
