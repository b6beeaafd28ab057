"""One story in every format that is read, each file written by another tool: the same records, the same signalling.

A story of packets with nanosecond times goes through Scapy, editcap, mergecap, tshark, tcpdump, gzip and libzstd. By
struct are only big-endian pcapng sections (all tools write the machine's order) and blocks of types that nobody knows.
"""

import contextlib
import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

import pytest
import zstandard
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1AD, Dot1Q, Ether, Loopback
from scapy.packet import Packet, Raw
from scapy.utils import RawPcapWriter

from mhatool.capture import open_capture
from mhatool.cli import main
from tests.mhatool.capture.builders import UMIP, block, enhanced, interface, option, read, section
from tests.mhatool.scenes import bu

NS, US = 1, 1000
"""The ticks of the two resolutions, in nanoseconds."""
HEADERS = {1: 14, 101: 0, 0: 4, 113: 16, 276: 20, 229: 0}
"""Octets of the link header by link type; VLAN tags are extra."""


class Moment(NamedTuple):
    """One packet of the story: Unix nanoseconds, and the octets from the IPv6 header on."""

    time_ns: int
    packet: bytes


@pytest.fixture(scope="module")
def story() -> list[Moment]:
    """Signalling and other traffic of a recording, with times that no microsecond clock can tell."""
    records, _ = read(UMIP / "tour-mn.pcap")
    frames = [record for record in records if record.captured[12:14] == b"\x86\xdd"]
    signalling = [r for r in frames if r.captured[20] in (60, 43, 135)][:12]
    chosen = sorted({*frames[:40], *signalling}, key=lambda record: record.frame)
    return [Moment(record.time_ns + 1 + n * 17 % 999, record.captured[14:]) for n, record in enumerate(chosen)]


def by_scapy(
    path: Path, story: list[Moment], header: Packet | None, link_type: int = 1, order: str = "<", nano: bool = True
) -> Path:
    """A pcap of the story's packets with this link header before each."""
    with RawPcapWriter(str(path), linktype=link_type, endianness=order, nano=nano) as writer:
        writer.write_header(None)
        for moment in story:
            seconds, fraction = divmod(moment.time_ns, 10**9)
            octets = bytes(header / Raw(moment.packet)) if header is not None else moment.packet
            writer.write_packet(octets, seconds, fraction if nano else fraction // 1000)
    if link_type == 0:  # which Scapy takes for none given
        run("editcap", "-F", "nsecpcap" if nano else "pcap", "-T", "null", path, path.with_suffix(".null"))
        path.with_suffix(".null").rename(path)
    return path


ETHERNET = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01", type=0x86DD)


@pytest.fixture(scope="module")
def origin(story: list[Moment], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story on Ethernet, by Scapy, in nanoseconds."""
    return by_scapy(tmp_path_factory.mktemp("story") / "origin.pcap", story, ETHERNET)


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


class Expected(NamedTuple):
    """What reading must give: for each packet its tick, and the octets before its IPv6 header."""

    ticks: list[int]
    headers: list[int]


Recipe = Callable[[Path, list[Moment], Path], Expected]
"""Writes a file: (its path, the story, the story on Ethernet)."""


def _all(story: list[Moment], tick: int, header: int) -> Expected:
    return Expected([tick] * len(story), [header] * len(story))


def _editcap(form: str, tick: int) -> Recipe:
    def recipe(path: Path, story: list[Moment], origin: Path) -> Expected:
        run("editcap", "-F", form, origin, path)
        return _all(story, tick, 14)

    return recipe


def _scapy(header: Packet, length: int, link_type: int = 1, order: str = "<", tick: int = NS) -> Recipe:
    def recipe(path: Path, story: list[Moment], origin: Path) -> Expected:
        by_scapy(path, story, header, link_type, order, nano=tick == NS)
        return _all(story, tick, length)

    return recipe


def _raw_by_editcap(encapsulation: str) -> Recipe:
    def recipe(path: Path, story: list[Moment], origin: Path) -> Expected:
        run("editcap", "-F", "nsecpcap", "-C", "14", "-L", "-T", encapsulation, origin, path)
        return _all(story, NS, 0)

    return recipe


def _tshark(path: Path, story: list[Moment], origin: Path) -> Expected:
    run("tshark", "-r", origin, "-w", path)
    return _all(story, NS, 14)


def _tcpdump(path: Path, story: list[Moment], origin: Path) -> Expected:
    run("tcpdump", "--nano", "-r", origin, "-w", path)
    return _all(story, NS, 14)


def _mixed_by_mergecap(path: Path, story: list[Moment], origin: Path) -> Expected:
    """Four interfaces, each of another link type or resolution, a part of the story from each."""
    size = len(story) // 4
    cuts = [0, size, 2 * size, 3 * size, len(story)]
    ways = [
        (ETHERNET, 1, NS, 14),
        (None, 101, US, 0),
        (CookedLinuxV2(proto=0x86DD), 276, NS, 20),
        (Loopback(type=0x1E), 0, US, 4),
    ]
    parts, ticks, headers = [], [], []
    for number, (header, link_type, tick, length) in enumerate(ways):
        moments = story[cuts[number] : cuts[number + 1]]
        parts.append(by_scapy(path.with_suffix(f".{number}"), moments, header, link_type, nano=tick == NS))
        ticks += [tick] * len(moments)
        headers += [length] * len(moments)
    run("mergecap", "-a", "-I", "none", "-F", "pcapng", "-w", path, *parts)
    return Expected(ticks, headers)


def _two_sections(path: Path, story: list[Moment], origin: Path) -> Expected:
    """Editcap's section with the first half, then a big-endian one with the rest, blocks that nobody knows among it."""
    half = len(story) // 2
    run("editcap", "-F", "pcapng", "-r", origin, path, f"1-{half}")
    unknown = block(0x0BAD, b"who knows", ">")
    blocks = [section(">"), unknown, interface(">", 101, options=option(9, b"\x09", ">")), interface(">", 113)]
    for number, moment in enumerate(story[half:]):
        if number % 2:
            cooked = bytes(CookedLinux(proto=0x86DD) / Raw(moment.packet))
            blocks += [block(0x80000BAD, bytes(number * 4), ">"), enhanced(cooked, moment.time_ns // US, ">", 1)]
        else:
            blocks += [enhanced(moment.packet, moment.time_ns, ">", 0), unknown]
    with path.open("ab") as stream:
        stream.write(b"".join(blocks))
    rest = len(story) - half
    return Expected(
        [NS] * half + [US if n % 2 else NS for n in range(rest)],
        [14] * half + [16 if n % 2 else 0 for n in range(rest)],
    )


def _blocks_that_hold_no_packets(path: Path, story: list[Moment], origin: Path) -> Expected:
    """Secrets, comments and statistics that editcap writes."""
    keys = path.with_suffix(".keys")
    keys.write_text("CLIENT_RANDOM 00 00\n")
    comments = ("-a", "3:the third", "--capture-comment", "a story")
    run("editcap", "-F", "pcapng", *comments, "--inject-secrets", f"tls,{keys}", origin, path)
    return _all(story, NS, 14)


VLAN = Ether(type=0x8100) / Dot1Q(vlan=7, prio=3, type=0x86DD)
QINQ = Ether(type=0x88A8) / Dot1AD(vlan=100, type=0x8100) / Dot1Q(vlan=7, type=0x86DD)
OLD_QINQ = Ether(type=0x8100) / Dot1Q(vlan=100, type=0x8100) / Dot1Q(vlan=7, type=0x86DD)

RECIPES: dict[str, Recipe] = {
    "pcap": _editcap("pcap", US),
    "pcap, nanoseconds": _editcap("nsecpcap", NS),
    "pcap, big-endian": _scapy(ETHERNET, 14, order=">", tick=US),
    "pcap, big-endian, nanoseconds": _scapy(ETHERNET, 14, order=">"),
    "pcap by tcpdump": _tcpdump,
    "pcapng by editcap": _editcap("pcapng", NS),
    "pcapng by tshark": _tshark,
    "pcapng, mixed interfaces": _mixed_by_mergecap,
    "pcapng, two sections": _two_sections,
    "pcapng, blocks without packets": _blocks_that_hold_no_packets,
    "RAW": _raw_by_editcap("rawip"),
    "IPV6": _raw_by_editcap("rawip6"),
    "NULL": _scapy(Loopback(type=0x1E), 4, 0),
    "NULL of the other byte order": _scapy(Raw(b"\0\0\0\x1e"), 4, 0),
    "NULL as FreeBSD numbers IPv6": _scapy(Loopback(type=0x1C), 4, 0),
    "LOOP": _scapy(Raw(b"\0\0\0\x18"), 4, 108),
    "SLL": _scapy(CookedLinux(proto=0x86DD), 16, 113),
    "SLL2": _scapy(CookedLinuxV2(proto=0x86DD), 20, 276),
    "VLAN": _scapy(VLAN, 18),
    "QinQ": _scapy(QINQ, 22),
    "QinQ of before 802.1ad": _scapy(OLD_QINQ, 22),
}

PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda octets: octets,
    "gz": lambda octets: subprocess.run(["gzip", "-c"], input=octets, stdout=subprocess.PIPE, check=True).stdout,
    "gz, two members": lambda octets: gzip.compress(octets[:1000]) + gzip.compress(octets[1000:]),
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], None]]:
    """Makes standard input a pipe through which these octets come, a few at a time."""
    made: list[tuple[threading.Thread, TextIO]] = []

    def pipe(octets: bytes) -> None:
        read_end, write_end = os.pipe()

        def write() -> None:
            with os.fdopen(write_end, "wb", buffering=0) as stream, contextlib.suppress(BrokenPipeError):
                for start in range(0, len(octets), 1013):
                    stream.write(octets[start : start + 1013])

        made.append((threading.Thread(target=write), os.fdopen(read_end, "r")))
        made[-1][0].start()
        monkeypatch.setattr(sys, "stdin", made[-1][1])

    yield pipe
    for thread, stream in made:
        stream.close()
        thread.join()


def signalling(out: str) -> list[tuple[object, ...]]:
    """What `dissect --jsonl` shows: for each frame the layers from IPv6 on, offsets counted from there."""
    shown = []
    for line in out.splitlines():
        record = json.loads(line)
        layers = record["layers"]
        first = next(index for index, layer in enumerate(layers) if layer["type"] == "ipv6")
        rest = json.loads(json.dumps(layers[first:]), object_hook=_from(layers[first]["offset"]))
        shown.append((record["frame"], record["src"], record["dst"], rest))
    return shown


def _from(base: int) -> Callable[[dict[str, object]], dict[str, object]]:
    return lambda value: {k: v - base if k == "offset" and isinstance(v, int) else v for k, v in value.items()}


@pytest.mark.tshark
@pytest.mark.tcpdump
@pytest.mark.parametrize("name", RECIPES)
def test_every_format_tells_the_same(
    name: str,
    story: list[Moment],
    origin: Path,
    tmp_path: Path,
    piped: Callable[[bytes], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "story"
    expected = RECIPES[name](path, story, origin)
    assert main(["dissect", "--jsonl", str(origin)]) == 0
    told = signalling(capsys.readouterr().out)
    assert len(told) >= 12
    plain = path.read_bytes()
    for packing, pack in PACKINGS.items():
        octets = pack(plain)
        path.write_bytes(octets)
        records, warnings = read(path)
        assert warnings == [], packing
        assert [record.frame for record in records] == list(range(1, len(story) + 1))
        times = [moment.time_ns // tick * tick for moment, tick in zip(story, expected.ticks, strict=True)]
        assert [record.time_ns for record in records] == times
        kept = [record.captured[header:] for record, header in zip(records, expected.headers, strict=True)]
        assert kept == [moment.packet for moment in story]
        assert all(record.original_length == len(record.captured) for record in records)
        piped(octets)
        with open_capture("-") as reader:
            assert list(reader) == records
            assert reader.warnings == []
        assert main(["dissect", "--jsonl", str(path)]) == 0
        assert signalling(capsys.readouterr().out) == told
    piped(plain)
    assert main(["dissect", "--jsonl", "-"]) == 0
    assert signalling(capsys.readouterr().out) == told


NAMESPACE = f"mhatool-formats-{os.getpid()}"
IN_NAMESPACE = ["ip", "netns", "exec", NAMESPACE]
SENDER = """
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("out0", 0))
for frame in sys.argv[1:]:
    wire.send(bytes.fromhex(frame))
"""


@pytest.fixture(scope="module")
def namespace() -> Iterator[None]:
    """Interfaces out0 and in0, each the other's end, without addresses."""
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    try:
        commands = """
            set -e
            echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
            echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
            ip link add name out0 type veth peer name in0
            ip link set out0 up
            ip link set in0 up
        """
        subprocess.run([*IN_NAMESPACE, "bash", "-c", commands], check=True)
        yield
    finally:
        subprocess.run(["ip", "netns", "delete", NAMESPACE], check=True)


@pytest.mark.root
@pytest.mark.iproute2
@pytest.mark.tcpdump
@pytest.mark.usefixtures("namespace")
@pytest.mark.parametrize(("flag", "link_type"), [("LINUX_SLL", 113), ("LINUX_SLL2", 276)])
def test_what_the_kernel_cooks(flag: str, link_type: int, tmp_path: Path) -> None:
    """Scapy's cooked headers are its authors'; these are the kernel's and libpcap's, of all interfaces together."""
    packets = [bu(seq=number) for number in range(1, 9)]
    path = tmp_path / "any.pcap"
    count = str(len(packets))
    command = [
        "tcpdump",
        "-i",
        "any",
        "-Q",
        "in",
        "-y",
        flag,
        "-s",
        "4096",
        "-B",
        "32768",
        "--immediate-mode",
        "-U",
        "-c",
        count,
        "-w",
        str(path),
    ]
    with subprocess.Popen([*IN_NAMESPACE, *command], stderr=subprocess.PIPE, text=True) as tcpdump:
        assert tcpdump.stderr is not None
        while "listening on" not in (line := tcpdump.stderr.readline()):
            assert line, "tcpdump ended"
        frames = [(bytes(ETHERNET) + packet).hex() for packet in packets]
        subprocess.run([*IN_NAMESPACE, sys.executable, "-c", SENDER, *frames], check=True)
        assert tcpdump.wait(20) == 0
    records, warnings = read(path)
    assert warnings == []
    assert {record.link_type for record in records} == {link_type}
    assert [record.captured[HEADERS[link_type] :] for record in records] == packets
