"""Live capture with a real dumpcap, in a network namespace of the test's own."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mhatool.capture import open_capture
from mhatool.cli import main
from tests.mhatool.cli.process import COMMAND, REPOSITORY, Result, complaint, mhatool
from tests.mhatool.scenes import CARE1, PEER, bu, echo

NAMESPACE = f"mhatool-live-{os.getpid()}"
IN_NAMESPACE = ["ip", "netns", "exec", NAMESPACE]
ETHERNET = bytes.fromhex("0200000000020200000000 01 86dd")

PAUSE = threading.Event()
"""Nobody sets it: it is waited for between two looks."""

#: Sends the frame of each line, in hexadecimal; after a number, so many times.
SENDER = """
import socket, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind((sys.argv[1], 0))
for line in sys.stdin:
    times, _, frame = line.strip().rpartition(" ")
    for _ in range(int(times or 1)):
        wire.send(bytes.fromhex(frame))
"""


@pytest.fixture(scope="module")
def namespace() -> Iterator[None]:
    """Interfaces out0 and in0, each the other's end, without addresses: nothing but the test sends there."""
    subprocess.run(["ip", "netns", "add", NAMESPACE], check=True)
    try:
        commands = """
            set -e
            echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
            echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
            ip link set lo up
            ip link add name out0 type veth peer name in0
            ip link set out0 up
            ip link set in0 up
            ip link add name idle type veth peer name other
        """
        subprocess.run([*IN_NAMESPACE, "bash", "-c", commands], check=True)
        yield
    finally:
        subprocess.run(["ip", "netns", "delete", NAMESPACE], check=True)


class Sender:
    """Puts frames on an interface of the namespace."""

    def __init__(self, interface: str = "out0") -> None:
        self._process = subprocess.Popen(
            [*IN_NAMESPACE, sys.executable, "-c", SENDER, interface], stdin=subprocess.PIPE, text=True, bufsize=1
        )

    def send(self, packet: bytes, times: int = 1) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{times} {(ETHERNET + packet).hex()}\n")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(20) == 0


@pytest.fixture
def sender(namespace: None) -> Iterator[Sender]:
    made = Sender()
    yield made
    made.close()


class Capture:
    """A command that captures; it is killed at the end if it still runs then."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*IN_NAMESPACE, *COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
        )

    def __enter__(self) -> "Capture":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def fed(self, feed: Callable[[int], None], until: Callable[[], bool]) -> int:
        """Feed 1, 2, 3 ... until it is so, and say how many that took; dumpcap may miss the first of them."""
        fed = 0
        deadline = time.monotonic() + 60
        while not until():
            assert time.monotonic() < deadline
            fed += 1
            feed(fed)
            PAUSE.wait(0.02)  # also where there is output to read: whoever ends isn't flooded meanwhile
        return fed

    def shows(self) -> bool:
        """Whether there is output to read, or its end."""
        return bool(select.select([self.process.stdout], [], [], 0)[0])

    def dumpcap(self) -> int | None:
        """The process id of its dumpcap."""
        pid = self.process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return next((int(child) for child in children if _name(int(child)) == "dumpcap"), None)
        except OSError:
            return None

    def has_captured(self) -> bool:
        """Whether dumpcap wrote more than its header: packets that will be read."""
        child = self.dumpcap()
        if child is None:
            return self.process.poll() is not None
        written = re.search(r"wchar: (\d+)", Path(f"/proc/{child}/io").read_text())
        return written is not None and int(written[1]) > 1500

    def result(self) -> Result:
        out, err = self.process.communicate(timeout=30)
        return Result(self.process.returncode, out.decode(), err.decode())


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _gone(pid: int) -> bool:
    """Whether that dumpcap ended (what waits for its parent to notice has)."""
    try:
        return _name(pid) != "dumpcap" or ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while not _gone(pid):
        assert time.monotonic() < deadline, "dumpcap was left behind"
        select.select([], [], [], 0.01)


@pytest.mark.root
@pytest.mark.iproute2
@pytest.mark.tshark
@pytest.mark.usefixtures("namespace")
class TestOnAWire:
    def test_each_packet_shows_at_once(self, sender: Sender) -> None:
        """As text into a pipe, which Python alone would fill first."""
        with Capture("dissect", "-i", "in0", "--fields", "file,binding_update.sequence_number") as capture:
            last = capture.fed(lambda number: sender.send(bu(seq=number)), capture.shows)
            assert capture.process.stdout is not None
            lines = iter(lambda: capture.process.stdout.readline().decode(), "")  # type: ignore[union-attr]
            first = next(lines)
            while first != f"in0\t{last}\n":
                first = next(lines)
            for number in range(last + 1, last + 4):
                sender.send(bu(seq=number))
                assert next(lines) == f"in0\t{number}\n"
            capture.process.send_signal(signal.SIGINT)
            assert capture.result() == Result(0, "", "")

    def test_the_filter_is_that_of_every_interface(self, sender: Sender) -> None:
        def feed(number: int) -> None:
            sender.send(echo(CARE1, PEER))
            sender.send(bu(seq=number, home=None))

        columns = "binding_update.sequence_number,echo.data"
        arguments = ("-i", "in0", "-i", "out0", "-f", "ip6 proto 135", "-c", "6", "--all", "--fields", columns)
        with Capture("dissect", *arguments) as capture:
            capture.fed(feed, lambda: capture.process.poll() is not None)
            result = capture.result()
        assert (result.status, result.err) == (0, "")
        rows = [line.split("\t") for line in result.out.splitlines()]
        assert len(rows) == 6
        assert all(number.isdecimal() and data == "" for number, data in rows)

    @pytest.mark.parametrize("stop", [("-c", "5"), ("-a", "packets:5"), ("-a", "duration:60", "-a", "packets:5")])
    def test_so_many_packets(self, sender: Sender, stop: tuple[str, ...]) -> None:
        with Capture("info", "-i", "in0", *stop, "--jsonl") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), lambda: capture.process.poll() is not None)
            result = capture.result()
        assert (result.status, result.err) == (0, "")
        facts = json.loads(result.out)
        assert (facts["packets"], facts["signalling"], facts["file"]) == (5, {"binding_update": 5}, "in0")

    @pytest.mark.parametrize("flags", [(), ("--home-address", "2001:db8:1::100")])
    def test_extract_writes_what_comes(self, sender: Sender, tmp_path: Path, flags: tuple[str, ...]) -> None:
        """Signalling goes into the file as it comes, data don't; an interrupt ends the capture, the file is whole."""
        out = tmp_path / "out.pcapng"
        with Capture("extract", "-i", "in0", "-w", str(out), *flags) as capture:

            def feed(number: int) -> None:
                sender.send(bu(seq=number))
                sender.send(echo(CARE1, PEER))

            # A section header, an interface and a packet have more than 200 octets together.
            fed = capture.fed(feed, lambda: out.exists() and out.stat().st_size > 300)
            capture.process.send_signal(signal.SIGINT)
            result = capture.result()
        assert (result.status, result.out) == (0, "")
        found = re.fullmatch(rf"mhatool: (\d+) of (\d+) packets written to {out}\n", result.err)
        assert found is not None, result.err
        with open_capture(out) as reader:
            written = [record.captured for record in reader]
            assert {interface.name for interface in reader.interfaces} == {"in0"}
        assert set(written) <= {ETHERNET + bu(seq=number) for number in range(1, fed + 1)}
        assert len(written) == len(set(written)) == int(found[1]) < int(found[2])

    def test_so_long(self) -> None:
        with Capture("info", "-i", "in0", "-a", "duration:0.3", "--jsonl") as capture:
            result = capture.result()
        facts = json.loads(result.out)
        assert (result.status, facts["packets"], facts["format"]) == (0, 0, "pcapng")
        assert result.err == "mhatool: warning: in0: it holds no packets\n"

    def test_so_many_octets(self, sender: Sender) -> None:
        """A kilobyte is 1,000 octets to dumpcap 3 and later; a packet of 94 octets takes a block of 128."""
        with Capture("info", "-i", "in0", "-a", "filesize:3", "--jsonl") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), lambda: capture.process.poll() is not None)
            result = capture.result()
        assert 15 <= json.loads(result.out)["packets"] <= 3000 // 128 + 1

    def test_any_interface(self, sender: Sender) -> None:
        with Capture("info", "-i", "any", "-c", "4", "--jsonl") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), lambda: capture.process.poll() is not None)
            facts = json.loads(capture.result().out)
        assert facts["signalling"] == {"binding_update": 4}
        assert set(facts["link_types"]) <= {"LINUX_SLL", "LINUX_SLL2"}

    def test_a_rule_that_is_broken_is_a_finding(self, sender: Sender) -> None:
        """A Binding Update without Home Address option: status 1 as for a file (RFC 6275, 9.5.1)."""
        broken = bytearray(bu(home=None))
        broken[44] ^= 0xFF  # its checksum
        with Capture("validate", "-i", "in0", "-c", "1", "--jsonl") as capture:
            capture.fed(lambda _: sender.send(bytes(broken)), lambda: capture.process.poll() is not None)
            result = capture.result()
        assert result.status == 1
        assert all(json.loads(line)["files"] == ["in0"] for line in result.out.splitlines())

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    @pytest.mark.parametrize(
        ("command", "expected"),
        [("info", '"binding_update":'), ("validate", '"findings":'), ("timeline", '"gaps":'), ("dissect", '"frame":1')],
    )
    def test_an_interrupt_ends_the_capture_and_not_the_answer(
        self, sender: Sender, command: str, expected: str, number: signal.Signals
    ) -> None:
        with Capture(command, "-i", "in0", "--json") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), capture.has_captured)
            child = capture.dumpcap()
            assert child is not None
            capture.process.send_signal(number)
            result = capture.result()
        assert result.status in (0, 1)
        assert (result.status, result.err) == (0, "") or command == "validate"
        assert expected in result.out
        json.loads(result.out)
        _wait_until_gone(child)

    def test_an_interrupt_before_anything_came(self, tmp_path: Path) -> None:
        """A FIFO that holds captures is an interface to dumpcap, and it waits for a writer."""
        os.mkfifo(tmp_path / "fifo")
        with Capture("info", "-i", str(tmp_path / "fifo")) as capture:
            deadline = time.monotonic() + 20
            while capture.dumpcap() is None:
                assert time.monotonic() < deadline
                select.select([], [], [], 0.01)
            child = capture.dumpcap()
            assert child is not None
            capture.process.send_signal(signal.SIGINT)
            assert capture.result() == Result(130, "", "")
        _wait_until_gone(child)

    def test_dumpcap_ends_with_us_when_we_are_killed(self, sender: Sender) -> None:
        with Capture("info", "-i", "in0") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), capture.has_captured)
            child = capture.dumpcap()
            assert child is not None
            capture.process.kill()
            assert capture.process.wait(20) == -signal.SIGKILL
            _wait_until_gone(child)

    def test_dumpcap_ends_with_who_reads_the_output(self, sender: Sender) -> None:
        with Capture("dissect", "-i", "in0") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), capture.shows)
            child = capture.dumpcap()
            assert child is not None
            assert capture.process.stdout is not None
            capture.process.stdout.close()
            sender.send(bu())
            assert capture.process.wait(20) == 0
            assert capture.process.stderr is not None
            assert capture.process.stderr.read() == b""
            _wait_until_gone(child)

    def test_dropped_packets_are_a_warning(self, sender: Sender) -> None:
        """While dumpcap is stopped, the kernel's buffer (2 MiB) fills: most of 8,000 times 1,094 octets are lost."""
        with Capture("info", "-i", "in0", "--jsonl") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), capture.has_captured)
            child = capture.dumpcap()
            assert child is not None
            os.kill(child, signal.SIGSTOP)
            flood = Sender()
            flood.send(bu() + bytes(1000), 8000)
            flood.close()
            os.kill(child, signal.SIGCONT)
            capture.process.send_signal(signal.SIGINT)
            result = capture.result()
        assert result.status == 0
        found = re.fullmatch(
            r"mhatool: warning: in0: (\d+) packets dropped, they came faster than they were read; narrow it with -f\n",
            result.err,
        )
        assert found is not None, result.err
        assert 1000 < int(found[1]) <= 8000

    def test_an_interface_that_goes_away(self) -> None:
        subprocess.run([*IN_NAMESPACE, "ip", "link", "add", "gone0", "type", "veth", "peer", "gone1"], check=True)
        subprocess.run([*IN_NAMESPACE, "ip", "link", "set", "gone0", "up"], check=True)
        subprocess.run([*IN_NAMESPACE, "ip", "link", "set", "gone1", "up"], check=True)
        sender = Sender("gone1")
        with Capture("info", "-i", "gone0", "--jsonl") as capture:
            capture.fed(lambda number: sender.send(bu(seq=number)), capture.has_captured)
            sender.close()
            subprocess.run([*IN_NAMESPACE, "ip", "link", "delete", "gone0"], check=True)
            result = capture.result()
        assert result.status == 0
        assert json.loads(result.out)["packets"] > 0
        assert result.err.startswith("mhatool: warning: gone0: dumpcap says: The network adapter")

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (("-i", "eth9"), "eth9: there is no such interface; here are lo, "),
            (("-i", "lo", "-i", "eth9"), "eth9: there is no such interface; here are lo, "),
            (("-i", "idle"), "idle: it is down; set it up: ip link set idle up"),
            (("-i", "in0", "-f", "mip6"), "in0: 'mip6' is no capture filter (can't parse filter expression: "),
            (("-i", "in0", "-f", "ip6 proto 999999999999"), "in0: 'ip6 proto 999999999999' is no capture filter ("),
        ],
    )
    @pytest.mark.parametrize("command", ["dissect", "info"])
    def test_what_dumpcap_refuses(self, command: str, arguments: tuple[str, ...], expected: str) -> None:
        with Capture(command, *arguments) as capture:
            result = capture.result()
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith(f"mhatool: {expected}")
        assert result.err.count("\n") == 1

    def test_without_permission(self) -> None:
        command = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", *COMMAND, "info", "-i", "lo"]
        run = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
        remedy = "use sudo, or let dumpcap do it for you: sudo dpkg-reconfigure wireshark-common"
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr == f"mhatool: lo: you may not capture here; {remedy}\n"


def test_without_dumpcap(tmp_path: Path) -> None:
    expected = "lo: live capture needs dumpcap, which isn't installed; apt-get install wireshark-common"
    assert complaint("dissect", "-i", "lo", environment={"PATH": str(tmp_path)}) == expected


def test_a_dumpcap_of_others(tmp_path: Path) -> None:
    """As Debian installs it: only for root and the group wireshark."""
    (tmp_path / "dumpcap").touch(mode=0o600)
    expected = (
        "lo: dumpcap isn't yours to run; use sudo, or let dumpcap do it for you: sudo dpkg-reconfigure wireshark-common"
    )
    assert complaint("dissect", "-i", "lo", environment={"PATH": str(tmp_path)}) == expected


def test_extract_does_not_read_a_live_capture_twice(capsys: pytest.CaptureFixture[str]) -> None:
    expected = "--finding reads the capture twice, which live capture doesn't allow; write it to a file, and name that"
    assert refused(capsys, "extract", "-i", "lo", "-w", "out.pcapng", "--finding", "1") == expected


@pytest.mark.parametrize("command", ["dissect", "info", "validate", "timeline"])
def test_a_capture_or_an_interface(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    expected = f"{command}: missing argument FILE, or -i IFACE; see 'mhatool {command} --help'"
    assert refused(capsys, command) == expected
    expected = "tour.pcap and -i lo contradict each other; read files or capture"
    assert refused(capsys, command, "tour.pcap", "-i", "lo") == expected


REMEDY = "give duration:S, packets:N or filesize:KB"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-", "-c", "3"), "-c is about live capture, and no interface is named; add -i IFACE"),
        (("-", "-f", "ip6"), "-f is about live capture, and no interface is named; add -i IFACE"),
        (("-a", "duration:1"), "-a is about live capture, and no interface is named; add -i IFACE"),
        (("-i", "-"), "-i - is no interface; for standard input give - without -i"),
        (("-i", ""), "-i without a name; name an interface: mhatool ... -i eth0"),
        (("-i", "lo", "-c", "0"), "-c 0 is no number of packets; give a whole number over 0"),
        (("-i", "lo", "-c", "ten"), "-c ten is no number of packets; give a whole number over 0"),
        (("-i", "lo", "-a", "files:3"), f"-a files:3 counts files, and a live capture makes none; {REMEDY}"),
        *(
            (("-i", "lo", "-a", word), f"-a {word} is no condition; {REMEDY}, numbers over 0")
            for word in ("duration:0", "duration:x", "duration", "packets:1.5", "packets:-1", "interval:5")
        ),
    ],
)
def test_wrong_use(arguments: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "dissect", *arguments) == expected


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that ends with status 2."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.removeprefix("mhatool: ").rstrip("\n")


def test_files_are_read_as_before(captures: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    result = mhatool("info", capture, capture, "--jsonl")
    assert (result.status, result.err) == (0, "")
    assert [json.loads(line)["file"] for line in result.out.splitlines()] == [str(capture)] * 2


def test_a_dumpcap_that_forgets_the_first_request_is_asked_again(tmp_path: Path) -> None:
    """As the real one does where the signal comes right before it begins to wait for the writer of a FIFO."""
    script = tmp_path / "dumpcap"
    forgets = 'trap \'[ -e "$0.asked" ] && exit 0; : > "$0.asked"\' TERM; : > "$0.runs"; while :; do sleep 0.05; done'
    script.write_text(f"#!/bin/sh\n{forgets}\n")
    script.chmod(0o700)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    with subprocess.Popen(
        [*COMMAND, "info", "-i", "lo"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        try:
            deadline = time.monotonic() + 20
            while not (tmp_path / "dumpcap.runs").exists():
                assert time.monotonic() < deadline
                select.select([], [], [], 0.01)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        finally:
            process.kill()
    assert (tmp_path / "dumpcap.asked").exists()


def test_a_dumpcap_that_is_killed_is_told_of(captures: Path, tmp_path: Path) -> None:
    """Whoever did it, the out-of-memory killer say: what came after isn't there."""
    script = tmp_path / "dumpcap"
    script.write_text(f"#!/bin/sh\ncat '{captures / 'umip' / 'tour-mn.pcap'}'\nkill -KILL $$\n")
    script.chmod(0o700)
    result = mhatool("info", "-i", "lo", environment={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert "2117, 14 with mobility signalling" in result.out
    expected = "mhatool: warning: lo: dumpcap was ended by SIGKILL: packets may be missing at the end\n"
    assert (result.status, result.err) == (0, expected)
