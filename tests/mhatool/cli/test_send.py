"""Packets on a real wire: a pair of interfaces in a network namespace of the test's own."""

import itertools
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhatool.capture import PcapngWriter, PcapWriter, linktype, open_capture
from tests.mhatool.cli.process import COMMAND, REPOSITORY, Result, complaint, mhatool

NAMESPACE = f"mhatool-test-{os.getpid()}"
TO, FROM = bytes.fromhex("020000000002"), bytes.fromhex("020000000001")
ETHERNET = TO + FROM + b"\x86\xdd"
IN_NAMESPACE = ["ip", "netns", "exec", NAMESPACE]


def ipv6(payload: bytes, destination: bytes = bytes.fromhex("20010db8") + bytes(11) + b"\x02") -> bytes:
    source = bytes.fromhex("20010db8") + bytes(11) + b"\x01"
    return b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + b"\x3b\x40" + source + destination + payload


@pytest.fixture(scope="module")
def namespace() -> Iterator[None]:
    """Two interfaces out0 and in0, each the other's end, without addresses: nothing but us sends there."""
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    try:
        commands = f"""
            set -e
            echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
            echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
            ip link set lo up
            ip link add name out0 address {FROM.hex(":")} type veth peer name in0 address {TO.hex(":")}
            ip link set out0 up
            ip link set in0 up
            ip link add name idle type veth peer name other
        """
        subprocess.run([*IN_NAMESPACE, "bash", "-c", commands], check=True)
        yield
    finally:
        subprocess.run(["ip", "netns", "delete", NAMESPACE], check=True)


def send(*arguments: str | Path) -> Result:
    run = subprocess.run(
        [*IN_NAMESPACE, *COMMAND, "send", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=30,
        check=False,
    )
    return Result(run.returncode, run.stdout, run.stderr)


class Listener:
    """tcpdump on an interface of the namespace."""

    def __init__(self, interface: str, path: Path, count: int) -> None:
        command = [
            "tcpdump",
            "-q",
            "--immediate-mode",
            "-U",
            "-s",
            "4096",
            "-B",
            "32768",
            "-i",
            interface,
            "-c",
            str(count),
            "-w",
            str(path),
        ]
        self._path = path
        self._process = subprocess.Popen([*IN_NAMESPACE, *command], stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        while "listening on" not in (line := self._process.stderr.readline()):
            assert line, "tcpdump ended"

    def frames(self) -> list[bytes]:
        """What came, once it was so many."""
        assert self._process.stderr is not None
        self._process.stderr.close()
        assert self._process.wait(20) == 0
        with open_capture(self._path) as reader:
            return [record.captured for record in reader]


def write(path: Path, link_type: int, *frames: bytes, gap_ns: int = 1000) -> Path:
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number, frame in enumerate(frames):
            writer.write(number * gap_ns, link_type, frame)
    return path


@pytest.mark.root
@pytest.mark.iproute2
@pytest.mark.tcpdump
@pytest.mark.usefixtures("namespace")
class TestOnAWire:
    def test_ethernet_frames_arrive_as_they_were(self, tmp_path: Path) -> None:
        frames = [ETHERNET + ipv6(bytes([n]) * (20 + n)) for n in range(30)]
        listener = Listener("in0", tmp_path / "got.pcap", len(frames))
        result = send(write(tmp_path / "in.pcapng", linktype.ETHERNET, *frames), "-i", "out0", "--top-speed")
        octets = sum(map(len, frames))
        assert (result.status, result.out) == (0, "")
        assert result.err == f"mhatool: 30 packets sent on out0, {octets} octets\n"
        assert listener.frames() == frames

    def test_a_real_capture_arrives(self, captures: Path, tmp_path: Path) -> None:
        with open_capture(captures / "umip" / "ro-mn.pcap") as reader:
            expected = [record.captured for record in reader if record.original_length == len(record.captured)]
        listener = Listener("in0", tmp_path / "got.pcap", len(expected))
        assert send(captures / "umip" / "ro-mn.pcap", "-i", "out0", "--top-speed").status == 0
        assert listener.frames() == expected

    @pytest.mark.parametrize(
        ("link_type", "head"),
        [
            (linktype.RAW, b""),
            (linktype.IPV6, b""),
            (linktype.NULL, b"\x1e\0\0\0"),
            (linktype.LINUX_SLL, bytes(14) + b"\x86\xdd"),
            (linktype.LINUX_SLL2, b"\x86\xdd" + bytes(18)),
        ],
    )
    def test_bare_packets_get_the_link_layer_of_the_interface(
        self, link_type: int, head: bytes, tmp_path: Path
    ) -> None:
        packets = [ipv6(b"one"), ipv6(b"two", bytes.fromhex("ff02") + bytes(13) + b"\x01")]
        capture = write(tmp_path / "in.pcapng", link_type, *(head + packet for packet in packets))
        listener = Listener("in0", tmp_path / "got.pcap", 2)
        assert send(capture, "-i", "out0", "--to", TO.hex(":"), "--pps", "1000").status == 0
        multicast = bytes.fromhex("333300000001") + FROM + b"\x86\xdd"
        assert listener.frames() == [ETHERNET + packets[0], multicast + packets[1]]

    def test_bare_packets_on_loopback(self, tmp_path: Path) -> None:
        capture = write(tmp_path / "in.pcapng", linktype.RAW, ipv6(b"hello"))
        listener = Listener("lo", tmp_path / "got.pcap", 1)
        assert send(capture, "-i", "lo").status == 0
        assert listener.frames() == [bytes(12) + b"\x86\xdd" + ipv6(b"hello")]

    def test_bare_packets_on_ethernet_need_to_know_who_gets_them(self, tmp_path: Path) -> None:
        capture = write(tmp_path / "in.pcapng", linktype.RAW, ipv6(b"hello"))
        what = "frame 1: this packet has no link-layer header, and out0 is Ethernet (0 sent before it)"
        remedy = "say who gets it with --to ADDRESS, as 02:00:00:00:00:01"
        assert send(capture, "-i", "out0") == Result(2, "", f"mhatool: {what}; {remedy}\n")

    def test_the_pace_is_kept(self, tmp_path: Path) -> None:
        frames = [ETHERNET + ipv6(bytes([n])) for n in range(3)]
        capture = write(tmp_path / "in.pcapng", linktype.ETHERNET, *frames, gap_ns=2_000_000_000)
        listener = Listener("in0", tmp_path / "got.pcap", 3)
        assert send(capture, "-i", "out0", "--speed", "10").status == 0
        listener.frames()
        with open_capture(tmp_path / "got.pcap") as reader:
            times = [record.time_ns for record in reader]
        gaps = [(later - earlier) / 1e9 for earlier, later in itertools.pairwise(times)]
        assert all(gap > 0.19 for gap in gaps)  # how much later depends on the machine

    def test_an_interrupt_says_how_many_were_sent(self, tmp_path: Path) -> None:
        frames = [ETHERNET + ipv6(bytes([n])) for n in range(3)]
        capture = write(tmp_path / "in.pcapng", linktype.ETHERNET, *frames[:2], gap_ns=0)
        with capture.open("ab") as stream:
            PcapngWriter(stream, application="test").write(10**12, linktype.ETHERNET, frames[2])
        listener = Listener("in0", tmp_path / "got.pcap", 2)
        process = subprocess.Popen(
            [*IN_NAMESPACE, *COMMAND, "send", str(capture), "-i", "out0"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        assert listener.frames() == frames[:2]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        octets = sum(map(len, frames[:2]))
        assert (process.returncode, err) == (130, f"mhatool: interrupted: 2 packets sent on out0, {octets} octets\n")

    def test_through_a_pipe_each_goes_out_as_it_comes(self, tmp_path: Path) -> None:
        listener = Listener("in0", tmp_path / "got.pcap", 1)
        with subprocess.Popen(
            [*IN_NAMESPACE, *COMMAND, "send", "-", "-i", "out0"], stdin=subprocess.PIPE, cwd=REPOSITORY, bufsize=0
        ) as process:
            assert process.stdin is not None
            writer = PcapWriter(process.stdin, link_type=linktype.ETHERNET)
            writer.write(0, linktype.ETHERNET, ETHERNET + ipv6(b"now"))
            assert listener.frames() == [ETHERNET + ipv6(b"now")]
            process.stdin.close()

    def test_what_the_capture_cut_is_not_sent(self, tmp_path: Path) -> None:
        frame = ETHERNET + ipv6(b"whole")
        with (tmp_path / "in.pcapng").open("wb") as stream:
            writer = PcapngWriter(stream, application="test")
            writer.write(0, linktype.ETHERNET, frame[:40], original_length=len(frame))
            writer.write(0, linktype.ETHERNET, frame)
        listener = Listener("in0", tmp_path / "got.pcap", 1)
        result = send(tmp_path / "in.pcapng", "-i", "out0")
        assert result.status == 0
        assert "1 packet cut by the capture: not sent\n" in result.err
        assert listener.frames() == [frame]

    def test_no_such_interface(self, tmp_path: Path) -> None:
        capture = write(tmp_path / "in.pcapng", linktype.ETHERNET, ETHERNET + ipv6(b""))
        result = send(capture, "-i", "eth9")
        assert result.status == 2
        assert result.err.startswith("mhatool: eth9: there is no such interface; here are lo, ")

    def test_an_interface_that_is_down(self, tmp_path: Path) -> None:
        capture = write(tmp_path / "in.pcapng", linktype.ETHERNET, ETHERNET + ipv6(b""))
        expected = "mhatool: frame 1: idle is down (0 sent before it); set it up: ip link set idle up\n"
        assert send(capture, "-i", "idle") == Result(2, "", expected)

    def test_a_frame_that_is_too_long(self, tmp_path: Path) -> None:
        frames = [ETHERNET + ipv6(b""), ETHERNET + ipv6(bytes(3000))]
        result = send(write(tmp_path / "in.pcapng", linktype.ETHERNET, *frames), "-i", "out0")
        what = "frame 2: a frame of 3054 octets is too long for out0 (1 sent before it)"
        assert result == Result(2, "", f"mhatool: {what}; raise its MTU: ip link set out0 mtu N\n")

    def test_without_permission(self, tmp_path: Path) -> None:
        capture = write(tmp_path / "in.pcapng", linktype.ETHERNET, ETHERNET + ipv6(b""))
        command = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"]
        run = subprocess.run(
            [*command, *COMMAND, "send", capture, "-i", "lo"],
            capture_output=True,
            text=True,
            cwd=REPOSITORY,
            check=False,
        )
        assert (run.returncode, run.stderr) == (2, "mhatool: lo: sending needs root or CAP_NET_RAW; use sudo\n")


def test_a_rehearsal_sends_nothing_and_needs_no_interface(tmp_path: Path) -> None:
    frames = [ETHERNET + ipv6(bytes([n])) for n in range(3)]
    capture = write(tmp_path / "in.pcapng", linktype.ETHERNET, *frames, gap_ns=500_000_000)
    start = time.monotonic()
    result = mhatool("send", capture, "-i", "nowhere", "--speed", "0.01", "--dry-run")
    assert time.monotonic() - start < 40
    lines = [f"+{time} s  frame {n}  55 octets\n" for n, time in ((1, "0.000000"), (2, "50.000000"), (3, "100.000000"))]
    assert result == Result(0, "".join(lines), "")


def test_a_capture_of_another_link_type(tmp_path: Path) -> None:
    capture = write(tmp_path / "wifi.pcapng", 127, b"x")
    expected = "link type 127 isn't supported: none of 1 packet can be read; capture on Ethernet, SLL or RAW"
    assert complaint("send", capture, "-i", "lo", "--dry-run") == f"{capture}: {expected}"
