"""The generated captures hold what the generator says: tshark and other arithmetic are the witnesses."""

import subprocess
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from bench import rivals
from bench.background import HOME_AGENT, LINK, Shares
from bench.files import write_pcap, write_pcapng
from bench.octets import checksum
from bench.registrations import MESSAGES_A_ROUND, MESSAGES_AT_FIRST, ROUND_US, Registrations
from bench.traffic import Traffic
from mhatool.capture import open_capture
from mhatool.exchange import Source
from mhatool.validate import Severity, validate
from tests.mhatool.scenes import internet_checksum

PACKETS = 20_000


def run(command: list[str], output: Path) -> Path:
    with output.open("wb") as stream:
        subprocess.run(command, stdout=stream, stderr=subprocess.DEVNULL, check=True)
    return output


def lines(command: list[str]) -> list[str]:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()


@pytest.mark.tshark
@pytest.mark.tcpdump
@pytest.mark.parametrize("shares", [LINK, HOME_AGENT], ids=["link", "home agent"])
def test_tshark_finds_what_was_put_in(tmp_path: Path, shares: Shares) -> None:
    path, traffic = tmp_path / "traffic.pcap", Traffic(PACKETS, shares=shares)
    write_pcap(path, traffic)
    expected = rivals.tally_of_names(traffic.expected.messages)
    assert expected.total() == traffic.expected.signalling == PACKETS // 200  # 0.5 %
    whole = run(rivals.tshark(str(path), display_filter=rivals.SIGNALLING), tmp_path / "whole")
    sieved = run(rivals.tcpdump_and_tshark(str(path)), tmp_path / "sieved")
    assert rivals.tally_of(whole) == rivals.tally_of(sieved) == expected


@pytest.mark.tshark
@pytest.mark.tcpdump
def test_signalling_travels_in_all_ways(tmp_path: Path) -> None:
    path = tmp_path / "traffic.pcap"
    write_pcap(path, Traffic(PACKETS))
    for way in (
        "mipv6 && vlan",
        "mipv6 && ieee8021ad",
        "mipv6 && ipv6.nxt == 41",
        "mipv6 && ipv6.hopopts",
        "mipv6 && ipv6.dstopts && !ipv6.opt.mipv6.home_address",
        "mipv6 && ipv6.routing.type == 2",
        "mipv6 && ipv6.opt.mipv6.home_address",
        "mipv6 && ipv6.fraghdr",
        "mipv6 && ipv6.fragment.count >= 2",
    ):
        assert lines(rivals.tshark(str(path), display_filter=way)), way


@pytest.mark.tshark
def test_checksums_are_right_by_tshark(tmp_path: Path) -> None:
    path = tmp_path / "traffic.pcap"
    write_pcap(path, Traffic(PACKETS, shares=HOME_AGENT))
    command = ["tshark", "-n", "-r", str(path), "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
    bad = " || ".join(f"{layer}.checksum.status == 0" for layer in ("tcp", "udp", "icmpv6"))
    assert lines([*command, "-Y", bad]) == []
    assert len(lines([*command, "-Y", "tcp.checksum.status == 1"])) > PACKETS / 2


@pytest.mark.parametrize("size", [8, 13, 40, 1461])
def test_a_division_sums_as_words_do(size: int) -> None:
    octets, addresses = Random(size).randbytes(size), (bytes(15) + b"\1", b"\xff" * 16)
    covered = addresses[0] + addresses[1] + size.to_bytes(4, "big") + b"\0\0\0\x87" + octets
    assert checksum(covered) == internet_checksum(*addresses, 135, octets)


def test_sizes_and_times_are_those_of_a_network(tmp_path: Path) -> None:
    frames = list(Traffic(PACKETS))
    assert len(frames) == PACKETS
    assert 650 < sum(len(octets) for _, octets in frames) / PACKETS < 850
    assert max(len(octets) for _, octets in frames) <= 1518  # 1,500 octets, an Ethernet header and a VLAN tag
    backwards = sum(later < earlier for (earlier, _), (later, _) in pairwise(frames))
    assert 0 < backwards <= PACKETS / 1000


def test_half_of_a_home_agents_packets_are_tunnelled() -> None:
    frames = [octets for _, octets in Traffic(PACKETS, shares=HOME_AGENT)]
    tunnelled = sum(octets[12:14] == b"\x86\xdd" and octets[20] == 41 for octets in frames)
    assert abs(tunnelled / PACKETS - 0.5) < 0.02


def test_the_same_seed_makes_the_same_octets() -> None:
    assert list(Traffic(3_000)) == list(Traffic(3_000))
    assert list(Traffic(3_000)) != list(Traffic(3_000, seed=1))


@pytest.mark.tshark
def test_pcapng_holds_the_same(tmp_path: Path) -> None:
    paths = tmp_path / "a.pcap", tmp_path / "b.pcapng"
    write_pcap(paths[0], Traffic(2_500))
    write_pcapng(paths[1], Traffic(2_500))
    fields = ["frame.time_epoch", "frame.len", "frame.protocols", "tcp.seq_raw", "udp.checksum"]
    seen = [lines(rivals.tshark(str(path), fields)) for path in paths]
    assert seen[0] == seen[1]
    assert len(seen[0]) == 2_500


NODES, ROUNDS = 40, 5


@pytest.fixture
def registrations(tmp_path: Path) -> tuple[Path, Registrations]:
    path, made = tmp_path / "registrations.pcap", Registrations(NODES, ROUNDS)
    write_pcap(path, made)
    return path, made


@pytest.mark.tshark
def test_tshark_sees_every_registration(registrations: tuple[Path, Registrations], tmp_path: Path) -> None:
    path, made = registrations
    output = run(rivals.tshark(str(path)), tmp_path / "output")
    assert rivals.tally_of(output) == rivals.tally_of_names(made.registered.messages)
    assert made.registered.messages.total() == NODES * (MESSAGES_AT_FIRST + ROUNDS * MESSAGES_A_ROUND)
    options = [
        ("mip6.acoa.acoa", NODES * ROUNDS),
        ("mip6.bra.interval", NODES * ROUNDS),
        ("mip6.ni.hni && mip6.bad.auth", NODES * ROUNDS),
        ("mip6.bu.m_flag == 1 && mip6.em.data", NODES * ROUNDS // 10),
        ("ipv6.nxt == 41 && mip6.hoti.cookie", NODES * ROUNDS),
    ]
    assert [len(lines(rivals.tshark(str(path), display_filter=each))) for each, _ in options] == [n for _, n in options]


@pytest.mark.tshark
def test_sequence_numbers_rise_by_tshark(registrations: tuple[Path, Registrations]) -> None:
    fields = ["ipv6.opt.mipv6.home_address", "ipv6.dst", "mip6.bu.seqnr"]
    latest: dict[tuple[str, str], int] = {}
    updates = lines(rivals.tshark(str(registrations[0]), fields, "mip6.mhtype == 5"))
    for home_address, peer, number in (line.split("\t") for line in updates):
        before = latest.get((home_address, peer), int(number) - 1)
        assert 0 < (int(number) - before) % 65536 < 32768
        latest[home_address, peer] = int(number)
    assert len(latest) == 2 * NODES


def test_registrations_break_no_rule(registrations: tuple[Path, Registrations]) -> None:
    path, made = registrations
    with open_capture(path) as reader:
        found = validate([Source(path.name, reader)])
    assert [finding for finding in found if finding.severity is Severity.ERROR] == []  # warnings: nothing is in ESP
    times = [time_us for time_us, _ in Registrations(NODES, ROUNDS)]
    assert times == sorted(times)
    assert times[-1] - times[0] > (ROUNDS - 1) * ROUND_US
    assert (made.registered.bindings, made.registered.care_of_addresses) == (NODES, 2 * NODES)  # a move in 5 rounds
