"""extract, as scripts call it: what it writes is read back with our reader and with tshark."""

import os
import signal
import struct
import subprocess
from pathlib import Path

import pytest

from mhatool.capture import Record, open_capture
from tests.mhatool.capture.builders import block, option, pcap_header, pcap_record, section
from tests.mhatool.cli.process import COMMAND, REPOSITORY, complaint, mhatool, until_it_waits
from tests.mhatool.scenes import CARE1, PEER, RAW, S, ba, bu, echo, ipv6

HOME = "2001:200:1:2:240:26ff:fe4c:51fd"

# captures/README.md: MH messages, DHAAD and prefix messages of each file. failover60-home: none but its two.
COUNTS = {
    "failover60-core.pcap": 10 + 3,
    "failover60-home.pcap": 2 + 0,
    "failover60-mn.pcap": 12 + 3,
    "ro-cn.pcap": 15 + 0,
    "ro-core.pcap": 27 + 4,
    "ro-home.pcap": 3 + 0,
    "ro-mn.pcap": 25 + 4,
    "tour-all.pcapng": 18 + 8,
    "tour-core.pcap": 8 + 4,
    "tour-home.pcap": 2 + 0,
    "tour-mn.pcap": 10 + 4,
}


def read(path: Path) -> list[Record]:
    with open_capture(path) as reader:
        return list(reader)


def essence(records: list[Record]) -> list[tuple[int, int, bytes, int, str | None]]:
    return [(r.time_ns, r.link_type, r.captured, r.original_length, r.comment) for r in records]


def extracted(folder: Path, *arguments: str | Path) -> list[Record]:
    result = mhatool("extract", *arguments, "-w", "out.pcapng", cwd=folder)
    assert (result.status, result.out) == (0, ""), result
    return read(folder / "out.pcapng")


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_all_signalling(captures: Path, tmp_path: Path, name: str, count: int) -> None:
    """There is one mobile node in the recordings, so that its packets are all."""
    source = captures / "umip" / name
    found = extracted(tmp_path, source)
    assert len(found) == count
    whole = essence(read(source))
    places = [whole.index(one) for one in essence(found)]
    assert places == sorted(places)
    assert essence(extracted(tmp_path, source, "--home-address", HOME)) == essence(found)


@pytest.mark.tshark
def test_the_same_packets_as_tshark(captures: Path, tmp_path: Path) -> None:
    """Its filter for mobility, without messages that ICMPv6 errors quote."""
    source = captures / "umip" / "ro-core.pcap"
    wanted = "(mipv6 or (icmpv6.type >= 144 and icmpv6.type <= 147)) and not icmpv6.type < 128"
    theirs = tmp_path / "theirs.pcap"
    subprocess.run(["tshark", "-r", source, "-Y", wanted, "-F", "pcap", "-w", theirs], check=True, capture_output=True)
    assert essence(extracted(tmp_path, source)) == essence(read(theirs))


@pytest.mark.tshark
def test_tshark_shows_interfaces_and_comments(captures: Path, tmp_path: Path) -> None:
    extracted(tmp_path, captures / "umip" / "tour-all.pcapng", "-Y", "mip6.mhtype == 5", "--comment")
    fields = ["-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment"]
    run = subprocess.run(
        ["tshark", "-r", tmp_path / "out.pcapng", *fields], check=True, capture_output=True, text=True
    )  # fmt: skip
    shown = [line.split("\t") for line in run.stdout.splitlines()]
    assert {name for name, _ in shown} == {"br-f1", "br-core", "br-f3", "br-home"}
    assert all(comment.startswith("Binding Update seq 2235") for _, comment in shown)


def test_an_expression_decides_alone(captures: Path, tmp_path: Path) -> None:
    """Frame 1 is no signalling."""
    source = captures / "umip" / "tour-mn.pcap"
    assert essence(extracted(tmp_path, source, "-Y", "frame in {1, 99}")) == [
        essence(read(source))[0], essence(read(source))[98],
    ]  # fmt: skip


def test_a_pipe_in_and_out(captures: Path, tmp_path: Path) -> None:
    source = captures / "umip" / "failover60-mn.pcap"
    extracted(tmp_path, source, "--home-address", HOME)
    command = f'{{ cat "{source}"; }} | mhatool extract - --home-address {HOME} -w - | cat > piped.pcapng'
    subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "piped.pcapng").read_bytes() == (tmp_path / "out.pcapng").read_bytes()


@pytest.mark.tshark
def test_tshark_reads_it_from_a_pipe(captures: Path, tmp_path: Path) -> None:
    """The frames' times are those of captures/MANIFEST.toml's frames 99, 742, 971, 1632, 1901; nothing else is said."""
    command = f"""
        mhatool extract "{captures}/umip/tour-mn.pcap" -w - -Y binding_update 2>said.txt |
            tshark -r - -T fields -e frame.time_epoch -e mip6.bu.seqnr 2>tshark.txt
        echo "${{PIPESTATUS[@]}}"
    """
    run = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, capture_output=True, text=True)
    source = read(captures / "umip" / "tour-mn.pcap")
    times = [source[frame - 1].time_ns for frame in (99, 742, 971, 1632, 1901)]
    rows = [f"{ns // 10**9}.{ns % 10**9:09d}\t{number}" for number, ns in enumerate(times, 22354)]
    assert run.stdout.splitlines() == [*rows, "0 0"]
    assert (tmp_path / "said.txt").read_text() == "mhatool: 5 of 2117 packets written to standard output\n"


def test_a_reader_that_leaves_early_is_no_error(captures: Path, tmp_path: Path) -> None:
    """The capture has more octets than a pipe holds (64 KiB)."""
    command = f"""
        mhatool extract "{captures}/umip/tour-mn.pcap" -w - -Y ipv6 2>said.txt | head -c 100 >out.pcapng
        echo "${{PIPESTATUS[@]}}"
    """
    run = subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert (run.stdout, (tmp_path / "said.txt").read_text()) == ("0 0\n", "")


def test_what_it_says(captures: Path, tmp_path: Path) -> None:
    source = captures / "umip" / "failover60-mn.pcap"
    result = mhatool("extract", source, "-w", "out.pcapng", cwd=tmp_path)
    assert result.err == "mhatool: 15 of 880 packets written to out.pcapng\n"
    nothing = mhatool("extract", source, "-w", "none.pcapng", "-Y", "ha_switch", cwd=tmp_path)
    assert (nothing.status, nothing.out) == (0, "")
    assert nothing.err == "mhatool: warning: none.pcapng: nothing was found in 880 packets: the capture is empty\n"
    assert read(tmp_path / "none.pcapng") == []


def test_what_is_left_out_quickly_is_counted(captures: Path, tmp_path: Path) -> None:
    """Packets as capinfos counts them, in captures/MANIFEST.toml; frame 1 and 2 here are no signalling at all."""
    (tmp_path / "data.pcap").write_bytes(pcap_header(link_word=RAW) + pcap_record(echo(CARE1, PEER), 1, 0) * 2)
    nothing = mhatool("extract", "data.pcap", "-w", "none.pcapng", cwd=tmp_path)
    assert nothing.err == "mhatool: warning: none.pcapng: nothing was found in 2 packets: the capture is empty\n"
    both = [captures / "umip" / name for name in ("tour-mn.pcap", "failover60-mn.pcap")]
    for flags in ([], ["--home-address", HOME]):
        result = mhatool("extract", *both, "-w", "out.pcapng", *flags, cwd=tmp_path)
        assert result.err == f"mhatool: {14 + 15} of {2117 + 880} packets written to out.pcapng\n"


def test_several_files_are_told_apart(captures: Path, tmp_path: Path) -> None:
    names = ("ro-mn.pcap", "tour-all.pcapng")
    result = mhatool(
        "extract", *names, "-Y", "binding_update.lifetime_s == 0", "-w", tmp_path / "out.pcapng",
        cwd=captures / "umip",
    )  # fmt: skip
    assert result.status == 0
    with open_capture(tmp_path / "out.pcapng") as reader:
        where = [reader.interfaces[record.interface].name for record in reader]
    # README: ro deregisters at its home agent and its correspondent; tour-all sees that on the home link.
    assert where == ["ro-mn.pcap", "ro-mn.pcap", "tour-all.pcapng:br-home"]


def test_several_files_become_one_in_the_order_of_their_times(captures: Path, tmp_path: Path) -> None:
    """Two views of one run: each message twice, and together what both show (captures/README.md: 14 and 12)."""
    views = [captures / "umip" / name for name in ("tour-mn.pcap", "tour-core.pcap")]
    mhatool("extract", *views, "-w", "out.pcapng", cwd=tmp_path)
    times = [record.time_ns for record in read(tmp_path / "out.pcapng")]
    assert len(times) == 14 + 12
    assert times == sorted(times)
    together, apart = (mhatool("validate", *files, cwd=tmp_path) for files in (["out.pcapng"], views))
    assert (together.status, together.out.splitlines()[-1].partition(" in ")[2]) == (
        0,
        "10 mobility messages, by 133 rules.",
    )
    assert apart.out.splitlines()[-1].endswith(" in 10 mobility messages, by 133 rules.")


def test_cut_packets_comments_and_nameless_interfaces_stay(tmp_path: Path) -> None:
    """A pcapng made by hand: two nameless interfaces, a packet that was cut to 60 octets, with a comment."""
    packet = bu()
    interface = block(1, struct.pack("<HHI", RAW, 0, 0))
    body = struct.pack("<5I", 1, 0, 5_000_000, 60, len(packet)) + packet[:60]
    cut = block(6, body + option(1, b"mine") + option(0, b""))
    whole = block(6, struct.pack("<5I", 0, 0, 6_000_000, len(packet), len(packet)) + packet)
    (tmp_path / "in.pcapng").write_bytes(section() + interface + interface + cut + whole)
    one, two = extracted(tmp_path, "in.pcapng", "-Y", "ipv6", "--comment")
    assert (one.time_ns, one.captured, one.original_length) == (5_000_000_000, packet[:60], len(packet))
    assert (one.comment or "").splitlines()[0] == "mine"
    assert (two.comment or "").startswith("Binding Update seq 1 AH lifetime 60 s")
    assert one.interface != two.interface


def test_comments_stay_apart(tmp_path: Path) -> None:
    """Two of the packet, and the summary: three options of code 1 (draft-ietf-opsawg-pcapng, 3.5) one after another."""
    packet = bu()
    body = struct.pack("<5I", 0, 0, 6_000_000, len(packet), len(packet)) + packet
    commented = block(6, body + option(1, b"mine") + option(1, b"yours") + option(0, b""))
    (tmp_path / "in.pcapng").write_bytes(section() + block(1, struct.pack("<HHI", RAW, 0, 0)) + commented)
    (one,) = extracted(tmp_path, "in.pcapng", "--comment")
    lines = (one.comment or "").splitlines()
    assert (lines[:2], len(lines)) == (["mine", "yours"], 3)
    options = b"".join(option(1, line.encode()) for line in lines) + option(0, b"")
    assert (tmp_path / "out.pcapng").read_bytes()[:-4].endswith(packet + options)


def test_interfaces_of_two_sections_stay_apart(tmp_path: Path) -> None:
    """Each section has an eth0 of its own: two hosts' captures, put one after the other."""
    packet = bu()
    eth0 = block(1, struct.pack("<HHI", RAW, 0, 0) + option(2, b"eth0") + option(0, b""))
    seen = block(6, struct.pack("<5I", 0, 0, 6_000_000, len(packet), len(packet)) + packet)
    (tmp_path / "in.pcapng").write_bytes((section() + eth0 + seen) * 2 + seen)
    assert [one.interface for one in extracted(tmp_path, "in.pcapng")] == [0, 1, 1]
    with open_capture(tmp_path / "out.pcapng") as reader:
        assert len(list(reader)) == 3
        assert [one.name for one in reader.interfaces] == ["eth0", "eth0"]


def test_a_file_may_be_called_standard_input(broken: Path) -> None:
    (broken / "in.pcap").rename(broken / "standard input")
    expected = [1, 2, 30, 58, 59]
    for flags in ([], ["--home-address", "2001:db8:1::100"]):
        found = extracted(broken, "standard input", *flags)
        assert [record.time_ns // 10**9 for record in found] == expected
    (one,) = extracted(broken, "standard input", "--finding", "MIP6-MH-001")
    assert (one.comment or "").startswith("MIP6-MH-001 error: ")


def test_a_fragment_that_stays_alone_holds_nothing_back_on_a_pipe(tmp_path: Path) -> None:
    """The pipe stays open until the first packet behind it was seen: 3 s after the fragment, by the capture's clock."""
    lonely = ipv6(CARE1, PEER, 44, bytes((17, 0, 0, 1, 0, 0, 0, 7)) + bytes(64))
    packets = b"".join(pcap_record(octets, at, 0) for at, octets in [(1, lonely), (2, bu()), (4, ba())])
    (tmp_path / "in.pcap").write_bytes(pcap_header(link_word=RAW) + packets)
    command = """
        mkfifo done
        { cat in.pcap; timeout 20 cat done >when.txt || echo "too late" >when.txt; } |
            mhatool extract - -w - | { head -c 200 >/dev/null; echo "before the end" >done; cat >/dev/null; }
    """
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "when.txt").read_text() == "before the end\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("name", ["out.pcapng", "out.pcapng.gz"])
def test_what_was_found_by_an_interrupt_is_written(tmp_path: Path, number: signal.Signals, name: str) -> None:
    """The pipe is still open when the signal comes."""
    command = ["env", "--default-signal", *COMMAND, "extract", "-", "-w", str(tmp_path / name)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=REPOSITORY, bufsize=0) as process:
        assert process.stdin is not None
        packets = [(1, bu()), (2, ba()), (3, echo(CARE1, PEER))]
        process.stdin.write(pcap_header(link_word=RAW) + b"".join(pcap_record(o, at, 0) for at, o in packets))
        until_it_waits(process.pid)
        process.send_signal(number)
        assert process.wait(20) == 130
    found = [(record.time_ns // S, record.captured) for record in read(tmp_path / name)]
    assert found == packets[:2]


# --- findings ---


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a folder with a capture: an update, its acknowledgement, one with a bad checksum"""
    wrong = bytearray(bu(seq=2))
    wrong[-1] ^= 1
    packets = [(1, bu()), (2, ba()), (3, echo(CARE1, PEER)), (30, bytes(wrong)), (58, bu(seq=2)), (59, ba(seq=2))]
    records = b"".join(pcap_record(octets, at, 0) for at, octets in packets)
    (tmp_path / "in.pcap").write_bytes(pcap_header(link_word=RAW) + records)
    return tmp_path


def test_a_finding_by_its_number_and_by_its_rule(broken: Path) -> None:
    """The numbers are those of the lines that validate prints."""
    lines = mhatool("validate", "in.pcap", cwd=broken).out.splitlines()
    number = next(n for n, line in enumerate(lines, 1) if line.startswith("in.pcap:4: MIP6-MH-001 error"))
    (found,) = extracted(broken, "in.pcap", "--finding", str(number))
    assert found.time_ns == 30_000_000_000
    comment = found.comment or ""
    assert comment.startswith("MIP6-MH-001 error: expected checksum 0x")
    assert ", seen 0x" in comment
    assert lines[number - 1].partition(" error ")[2] in comment
    assert essence(extracted(broken, "in.pcap", "--finding", "mip6-mh-001")) == essence([found])


def test_what_is_around_a_finding(broken: Path) -> None:
    """28 s from the finding at 30 s: from 2 to 58, without the echo."""
    found = extracted(broken, "in.pcap", "--finding", "MIP6-MH-001", "--around", "28")
    assert [record.time_ns // 1_000_000_000 for record in found] == [2, 30, 58]
    assert [record.comment is not None for record in found] == [False, True, False]


def test_no_such_finding(broken: Path) -> None:
    assert "there is no finding 99: there " in complaint("extract", "in.pcap", "-w", "o", "--finding", "99", cwd=broken)
    assert "there is no finding 0" in complaint("extract", "in.pcap", "-w", "o", "--finding", "0", cwd=broken)
    assert "no rule 'NO-1'" in complaint("extract", "in.pcap", "-w", "o", "--finding", "NO-1", cwd=broken)
    assert not (broken / "o").exists()


def test_one_finding_more_than_there_are(broken: Path) -> None:
    """The last line of validate is the summary, each line before it a finding."""
    count = len(mhatool("validate", "in.pcap", cwd=broken).out.splitlines()) - 1
    assert extracted(broken, "in.pcap", "--finding", str(count))
    there = f"there {'is' if count == 1 else 'are'} {count}"
    expected = f"there is no finding {count + 1}: {there}; mhatool validate prints them, the first is 1"
    assert complaint("extract", "in.pcap", "-w", "o", "--finding", str(count + 1), cwd=broken) == expected


def test_a_pipe_with_a_name_is_read_once(broken: Path) -> None:
    """What it gave isn't there a second time."""
    command = """
        mhatool extract <(cat in.pcap) -w out.pcapng --home-address 2001:db8:1::100; echo $?
    """
    run = subprocess.run(["bash", "-c", command], cwd=broken, check=True, capture_output=True, text=True)
    assert run.stdout.split() == ["0"]
    assert [record.time_ns // 10**9 for record in read(broken / "out.pcapng")] == [1, 2, 30, 58, 59]


def test_a_finding_in_what_is_read_once(broken: Path) -> None:
    """It is kept in a temporary file while it is read twice, and that goes."""
    wanted = essence(extracted(broken, "in.pcap", "--finding", "1"))
    (broken / "kept").mkdir()
    place = {"TMPDIR": str(broken / "kept")}
    command = ("extract", "-", "-w", "out.pcapng", "--finding")
    result = mhatool(*command, "1", stdin=(broken / "in.pcap").read_bytes(), cwd=broken, environment=place)
    assert (result.status, essence(read(broken / "out.pcapng"))) == (0, wanted)
    assert mhatool(*command, "99", stdin=(broken / "in.pcap").read_bytes(), cwd=broken, environment=place).status == 2
    script = "mhatool extract <(cat in.pcap) -w piped.pcapng --finding 1"
    subprocess.run(["bash", "-c", script], cwd=broken, check=True, capture_output=True, env=os.environ | place)
    assert essence(read(broken / "piped.pcapng")) == wanted
    assert list((broken / "kept").iterdir()) == []


# --- wrong use ---


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-Y", "a", "--finding", "1"], "-Y and --finding contradict each other"),
        (["--home-address", "10.0.0.1"], "--home-address: '10.0.0.1' is not an IPv6 address"),
        (["--data"], "--data goes with --home-address"),
        (["--around", "1"], "--around goes with --finding"),
        (["--around", "inf", "--finding", "1"], "--around inf is no duration; give seconds, as 0.5"),
        (["--around", "1e300", "--finding", "1"], "--around 1e+300 is no duration; give seconds, as 0.5"),
        (["-w", ""], "-w names no file; give -w OUT, or -w - for a pipe"),
        (["-Y", "binding_updat"], "-Y: column 1: "),
        (["-Y", "binding_update and"], "-Y: column 19: "),
        (["-Y", ""], "-Y: column 1: "),
        (["--finding", "1", "-"], "standard input is named twice"),
        (["--finding", "1"], "standard input: the file is empty"),
    ],
)  # fmt: skip
def test_wrong_use(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert said in complaint("extract", "-", "-w", "out.pcapng", *arguments, cwd=tmp_path)
    assert not (tmp_path / "out.pcapng").exists()


def test_the_input_is_never_overwritten(broken: Path) -> None:
    before = (broken / "in.pcap").read_bytes()
    (broken / "link.pcap").symlink_to("in.pcap")
    (broken / "hard.pcap").hardlink_to(broken / "in.pcap")
    for flags in ([], ["--finding", "1"], ["--home-address", "2001:db8::1"]):
        for name in ("./in.pcap", "link.pcap", "hard.pcap"):
            said = complaint("extract", "in.pcap", "-w", name, *flags, cwd=broken)
            assert said == f"{name}: this is the file that is read; write to another file"
    assert (broken / "in.pcap").read_bytes() == before


def test_a_file_is_needed(tmp_path: Path) -> None:
    assert "there is no such file" in complaint("extract", "none.pcap", "-w", "out.pcapng", cwd=tmp_path)
    assert "missing option" in complaint("extract", "none.pcap", cwd=tmp_path)
    assert not (tmp_path / "out.pcapng").exists()


def test_a_capture_that_breaks_off_is_one_warning(captures: Path, tmp_path: Path) -> None:
    """Also where it is read twice."""
    octets = (captures / "umip" / "tour-mn.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(octets[:-10])
    for flags in ([], ["--home-address", HOME]):
        result = mhatool("extract", "cut.pcap", "-w", "out.pcapng", *flags, cwd=tmp_path)
        assert result.status == 0
        assert result.err.count("warning") == 1
        assert result.err.endswith("14 of 2116 packets written to out.pcapng\n")
