"""`mhatool dissect`: trees, records, columns, errors; as a process where pipes and time matter."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from mhatool.capture import PcapngWriter
from mhatool.cli import main
from mhatool.display.schema import SCHEMA
from tests.mhatool.scenes import RAW, S, bu

UMIP = Path(__file__).parents[3] / "captures" / "umip"
RO = str(UMIP / "ro-mn.pcap")
MHATOOL = [sys.executable, "-m", "mhatool"]
# The frames with signalling, by the README of captures/umip.
SIGNALLING = [
    82, 86, 87, 89, 92, 93, 94, 95, 96, 720, 721, 724, 725, 746, 747, 748, 954, 957, 965, 966, 967, 1542, 1543, 1566,
    1567, 1568, 1768, 1772, 1774,
]  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["dissect", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_only_signalling_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, RO, "--fields", "frame")
    assert (status, err) == (0, "")
    assert [int(line) for line in out.splitlines()] == SIGNALLING


def test_all(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, RO, "--all", "--fields", "frame.number")
    assert [int(line) for line in out.splitlines()] == list(range(1, 1978))


@pytest.mark.parametrize(
    ("expression", "frames"),
    [
        ("mip6.mhtype == 2", [110, 113, 118, 300]),  # tshark's; 118 is an error that quotes one
        ("icmpv6.type < 128", [118, 121]),  # tshark's
        ("icmpv6_error", [118, 121]),
        ("quoted.care_of_test_init", [118]),
        ("signalling and mip6.mhtype == 2", [110, 113, 300]),
    ],
)
def test_an_expression_alone_decides(expression: str, frames: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """Signalling or not, as in tshark; with --all it is the same."""
    tour = str(UMIP.parent / "scenarios" / "tour.pcapng")
    for everything in ([], ["--all"]):
        status, out, err = run(capsys, tour, "-Y", expression, "--fields", "frame", *everything)
        assert (status, err, [int(line) for line in out.splitlines()]) == (0, "", frames)


def test_what_is_no_signalling(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, RO, "-Y", "not signalling", "--fields", "frame")
    assert [int(line) for line in out.splitlines()] == sorted({*range(1, 1978)} - {*SIGNALLING})


def test_the_tree_and_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    _, tree, _ = run(capsys, RO)
    _, summary, _ = run(capsys, RO, "--summary")
    packets = tree.rstrip("\n").split("\n\n")
    assert [packet.splitlines()[0] for packet in packets] == summary.splitlines()
    assert len(packets) == len(SIGNALLING)
    assert "\x1b" not in tree


def test_colour(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _, plain, _ = run(capsys, RO, "--summary")
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, coloured, _ = run(capsys, RO, "--summary")
    assert "\x1b[1mBinding Update seq 2957" in coloured
    assert len(coloured.splitlines()) == len(plain.splitlines())


def test_records(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, RO, "--jsonl")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [record["frame"] for record in records] == SIGNALLING
    first = records[2]
    assert first | {"layers": []} == {
        "schema": "mhatool.dissect/1",
        "file": RO,
        "frame": 87,
        "time": "2026-11-23T09:51:35.542130000Z",
        "link_type": 1,
        "src": "2001:200:1:1:240:26ff:fe4c:51fd",
        "dst": "2001:200:1:2::1",
        "layers": [],
    }
    update = first["layers"][-1]
    assert [layer["type"] for layer in first["layers"]] == ["ethernet", "ipv6", "destination_options", "binding_update"]
    assert (update["offset"], update["sequence_number"], update["lifetime_s"], update["flags"]) == (
        78,
        2957,
        60,
        ["A", "H"],
    )
    assert (update["checksum"], update["checksum_status"]) == (0x9689, "good")
    assert update["options"][1] == {
        "type": 3,
        "name": "Alternate Care-of Address",
        "length": 16,
        "care_of_address": "2001:200:1:1:240:26ff:fe4c:51fd",
    }


def test_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, RO, "--json", "-x")
    document = json.loads(out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    _, lines, _ = run(capsys, RO, "--jsonl", "-x")
    records = [json.loads(line) for line in lines.splitlines()]
    assert [{"schema": document["schema"], **packet} for packet in document["packets"]] == records


def test_an_empty_document(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, RO, "--json", "-Y", "heartbeat")
    assert status == 0
    assert json.loads(out) == {"schema": "mhatool.dissect/1", "packets": []}


def test_a_filter(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, RO, "-Y", "binding_update.lifetime_s == 0", "--fields", "frame,mip6.bu.seqnr,time")
    assert out == "1768\t2961\t2026-11-23T09:54:10.268938000Z\n1774\t24353\t2026-11-23T09:54:10.322464000Z\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["-Y", "binding_update.lifetme_s == 0"],
            "-Y: column 1: there is no field 'binding_update.lifetme_s'; did you mean",
        ),
        (["--fields", "frame,nothing"], "--fields: column 7: there is no field 'nothing'"),
        (["--json", "--jsonl"], "--json and --jsonl contradict each other"),
        (["--json", "--fields", "frame"], "--json and --fields contradict each other"),
        (["-x", "--fields", "frame"], "--octets and --fields contradict each other"),
        (["--profile", "nothing"], "profile"),
    ],
)
def test_wrong_use(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    status, out, err = run(capsys, RO, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("mhatool: ")
    assert message in err.splitlines()[0]


def test_an_error_in_a_filter_names_its_column(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line for a script; a person at a terminal sees the place too."""
    _, _, err = run(capsys, RO, "-Y", "frame == 1 and frame = 2")
    assert err == "mhatool: -Y: column 22: a single = compares nothing: write ==\n"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    _, _, err = run(capsys, RO, "-Y", "frame == 1 and frame = 2")
    assert err.splitlines() == [
        "mhatool: -Y: column 22: a single = compares nothing: write ==",
        "  frame == 1 and frame = 2",
        "                       ^",
    ]


def test_no_capture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_text("nothing of the kind")
    status, out, err = run(capsys, str(path))
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert str(path) in err


def test_a_cut_file_is_read_up_to_its_break(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(Path(RO).read_bytes()[:14000])
    status, out, err = run(capsys, str(path), "--fields", "frame")
    assert status == 0
    assert [int(line) for line in out.splitlines()] == [n for n in SIGNALLING if n <= int(out.split()[-1])]
    assert "warning" in err


def test_each_file_has_its_own_frames(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    packed = tmp_path / "packed.pcap.gz"
    packed.write_bytes(gzip.compress(Path(RO).read_bytes()))
    _, out, _ = run(capsys, RO, str(packed), "--fields", "file,frame")
    names = {tuple(line.split("\t")) for line in out.splitlines()}
    assert names == {(str(file), str(number)) for file in (RO, packed) for number in SIGNALLING}


def test_text_of_several_files_says_which(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    packed = tmp_path / "a\x1b.pcap.gz"
    packed.write_bytes(gzip.compress(Path(RO).read_bytes()))
    places = [f"{file}:{number}" for file in (RO, f"{tmp_path}/a\\x1b.pcap.gz") for number in SIGNALLING]
    _, out, _ = run(capsys, RO, str(packed), "--summary")
    assert [line.split("  ")[0] for line in out.splitlines()] == places
    _, out, _ = run(capsys, RO, str(packed))
    assert [packet.split("  ")[0] for packet in out.rstrip("\n").split("\n\n")] == places
    _, out, _ = run(capsys, RO, "--summary")
    assert [line.split("  ")[0] for line in out.splitlines()] == [str(number) for number in SIGNALLING]


def test_standard_input_and_a_reader_that_leaves() -> None:
    command = f"cat {RO} | {' '.join(MHATOOL)} dissect - --jsonl; echo ${{PIPESTATUS[@]}} >&2"
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True)
    assert {json.loads(line)["file"] for line in done.stdout.splitlines()} == {"-"}
    assert done.stderr == "0 0\n"
    command = f"{' '.join(MHATOOL)} dissect --all -x {RO} | head -1; echo ${{PIPESTATUS[0]}} >&2"
    done = subprocess.run(["bash", "-c", command], check=True, capture_output=True, text=True)
    assert done.stderr == "0\n"


def test_records_come_as_packets_come() -> None:
    """A live pipe: the record of a packet is out before the next packet is in."""
    octets = Path(RO).read_bytes()
    with subprocess.Popen(
        [*MHATOOL, "dissect", "-", "--all", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        size = 16 + int.from_bytes(octets[24 + 8 : 24 + 12], "little")
        process.stdin.write(octets[: 24 + size])
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["frame"] == 1
        process.stdin.close()


def test_the_testbeds_profile(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Next header 62, a Binding Update of draft 19 with S and its list of home agents in option 7 (design/KAME.md)."""
    from mhatool.capture import PcapngWriter, open_output

    message = "3b05050000000001e000000f" + "0100" + "0720" + "20010db8" + "0" * 23 + "1" + "20010db8" + "0" * 23 + "2"
    header = (
        "60000000" + f"{len(message) // 2:04x}" + "3e40" + "20010db8" + "0" * 23 + "9" + "20010db8" + "0" * 23 + "1"
    )
    path = tmp_path / "kame.pcapng"
    with open_output(path) as stream:
        PcapngWriter(stream, application="test").write(1, 101, bytes.fromhex(header + message), None)
    names = "binding_update.flags,binding_update.options.multiple_home_agents.home_agents"
    _, out, _ = run(capsys, str(path), "--profile", "kame2003", "--fields", names)
    assert out == "AHS\t2001:db8::1,2001:db8::2\n"
    assert run(capsys, str(path), "--fields", names)[1] == ""


def test_no_heavy_imports() -> None:
    """What makes starting slow isn't loaded: neither rich nor pydantic (by typer), nor scapy."""
    code = (
        "import sys; from mhatool.cli import main; main(['dissect', sys.argv[1], '--summary', '-Y', 'frame < 90']);"
        "heavy = ('rich', 'pydantic', 'scapy', 'asyncio', 'importlib.metadata');"
        "sys.exit(' '.join(name for name in heavy if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, RO], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_comment_is_no_word_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Captures are often somebody else's: ESC ] 0 ; … BEL would change the window's title (xterm)."""
    path = tmp_path / "foreign.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        writer.write(S, RAW, bu(), comment="first\n\x1b]0;title\x07 and more")
    status, out, _ = run(capsys, str(path))
    assert status == 0
    assert "\x1b" not in out
    assert "Comment: first / \\x1b]0;title\\x07 and more" in out
