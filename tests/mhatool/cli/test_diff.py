"""diff, as scripts call it."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from tests.mhatool.capture.builders import pcap_header, pcap_record
from tests.mhatool.cli.process import complaint, mhatool
from tests.mhatool.scenes import AGENT2, RAW, ba, bu

STORY = [(1, bu()), (2, ba()), (50, bu(seq=2)), (51, ba(seq=2))]
REFUSED = [*STORY[:3], (51, ba(seq=2, status=130))]


def write(path: Path, packets: list[tuple[int, bytes]]) -> None:
    records = b"".join(pcap_record(octets, at, 0) for at, octets in packets)
    path.write_bytes(pcap_header(link_word=RAW) + records)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with captures of two exchanges: as they should be, one refused, at another home agent."""
    write(tmp_path / "good.pcap", STORY)
    write(tmp_path / "refused.pcap", REFUSED)
    write(tmp_path / "moved.pcap", [(1, bu(agent=AGENT2)), (2, ba(agent=AGENT2)), *STORY[2:]])
    write(tmp_path / "empty.pcap", [])
    return tmp_path


def test_no_differences(folder: Path) -> None:
    result = mhatool("diff", "good.pcap", "good.pcap", cwd=folder)
    assert (result.status, result.out, result.err) == (0, "No differences in 2 exchanges.\n", "")
    nothing = mhatool("diff", "empty.pcap", "empty.pcap", cwd=folder)
    assert (nothing.status, nothing.out) == (0, "No differences: there is no mobility message.\n")
    assert mhatool("diff", "good.pcap", "good.pcap", "--jsonl", cwd=folder).out == ""


def test_a_difference_as_text(folder: Path) -> None:
    result = mhatool("diff", "good.pcap", "refused.pcap", cwd=folder)
    assert (result.status, result.err) == (1, "")
    assert result.out.splitlines() == [
        "2001:db8:1::100 with 2001:db8:1::1",
        "  differs    refresh: A frames 3 4, 00:00:50.000; B frames 3 4, 00:00:50.000",
        "    binding_acknowledgement.status  0 in A, 130 in B",
        "1 differs, of 2 exchanges in A and 2 in B.",
    ]


def test_exchanges_of_one_capture_only(folder: Path) -> None:
    result = mhatool("diff", "good.pcap", "empty.pcap", cwd=folder)
    assert result.status == 1
    assert result.out.splitlines()[-1] == "2 only in A, of 2 exchanges in A and 0 in B."
    assert "  only in A  registration: A frames 1 2, 00:00:01.000" in result.out.splitlines()


def test_a_document_and_records(folder: Path) -> None:
    schema = json.loads(mhatool("schema", "diff").out)
    assert schema["$id"] == "mhatool.diff/1"
    validator = jsonschema.Draft202012Validator(schema)
    for other, status in (("good.pcap", 0), ("refused.pcap", 1), ("moved.pcap", 1), ("empty.pcap", 1)):
        result = mhatool("diff", "good.pcap", other, "--json", cwd=folder)
        assert (result.status, result.err) == (status, "")
        document = json.loads(result.out)
        validator.validate(document)
        assert (document["schema"], document["a"], document["b"]) == ("mhatool.diff/1", "good.pcap", other)
        records = [
            json.loads(line) for line in mhatool("diff", "good.pcap", other, "--jsonl", cwd=folder).out.splitlines()
        ]
        for record in records:
            validator.validate(record)
        assert [{"schema": "mhatool.diff/1", **one} for one in document["differences"]] == records


def test_what_a_record_holds(folder: Path) -> None:
    (record,) = map(json.loads, mhatool("diff", "good.pcap", "refused.pcap", "--jsonl", cwd=folder).out.splitlines())
    assert (record["difference"], record["exchange"]) == ("changed", "refresh")
    assert (record["home_address"], record["peer"]) == ("2001:db8:1::100", "2001:db8:1::1")
    assert record["changes"] == [{"field": "binding_acknowledgement.status", "a": 0, "b": 130}]
    assert record["a"]["frames"] == record["b"]["frames"] == [3, 4]
    assert record["b"]["time"] == "1970-01-01T00:00:50.000000000Z"
    assert record["a"]["fields"]["binding_update.flags"] == ["A", "H"]


def test_mapped_addresses(folder: Path) -> None:
    write(folder / "all-moved.pcap", [(at, bu(agent=AGENT2, seq=s)) for at, s in ((1, 1), (50, 2))])
    write(folder / "updates.pcap", [STORY[0], STORY[2]])
    arguments = ["diff", "updates.pcap", "all-moved.pcap"]
    assert mhatool(*arguments, cwd=folder).status == 1
    assert mhatool(*arguments, "--map", "2001:db8:1::1=2001:db8:1::2", cwd=folder).status == 0
    unused = mhatool(*arguments, "--map", "2001:db8:1::1=2001:db8:1::2", "--map", "fd00::/8=fc00::/8", cwd=folder)
    assert unused.status == 0
    assert unused.err == (
        "mhatool: warning: --map fd00::/8=fc00::/8: no exchange of A has such an address; OLD is A's, NEW is B's\n"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2001:db8::1", "'2001:db8::1' is no pair of addresses"),
        ("2001:db8::1=x", "'x' is no IPv6 address or prefix"),
        ("2001:db8::/32=2001:db9::/48", "has prefixes of 32 and 48 bits"),
        ("2001:db8::1/32=2001:db9::/32", "'2001:db8::1/32' is no IPv6 address or prefix"),
    ],
)
def test_wrong_maps(folder: Path, text: str, said: str) -> None:
    assert said in complaint("diff", "good.pcap", "good.pcap", "--map", text, cwd=folder)


def test_wrong_use(folder: Path) -> None:
    assert "missing argument 'B'" in complaint("diff", "good.pcap", cwd=folder)
    assert "standard input is named twice" in complaint("diff", "-", "-", cwd=folder)
    assert "there is no such file" in complaint("diff", "good.pcap", "none.pcap", cwd=folder)
    assert "--json and --jsonl" in complaint("diff", "good.pcap", "good.pcap", "--json", "--jsonl", cwd=folder)
    for tolerance, said in (
        ("-1", "greater than or equal to 0"),
        ("inf", "--tolerance inf is no duration; give seconds"),
        ("1e300", "--tolerance 1e+300 is no duration; give seconds"),
    ):
        assert said in complaint("diff", "good.pcap", "good.pcap", "--tolerance", tolerance, cwd=folder)


def test_one_capture_from_a_pipe(folder: Path) -> None:
    octets = (folder / "good.pcap").read_bytes()
    result = mhatool("diff", "-", "refused.pcap", "--json", stdin=octets, cwd=folder)
    assert (result.status, json.loads(result.out)["a"]) == (1, "-")


def test_what_cannot_be_read_is_no_difference(folder: Path) -> None:
    """Status 2 and one line, whichever of the two it is; 1 would say that they were compared."""
    (folder / "text.pcap").write_text("no capture\n")
    for name, said in (("text.pcap", "this is no capture"), ("none.pcap", "there is no such file"), (".", "directory")):
        assert said in complaint("diff", name, "good.pcap", cwd=folder)
        assert said in complaint("diff", "good.pcap", name, cwd=folder)


def test_a_reader_that_leaves_early_is_no_error(folder: Path) -> None:
    """A hundred thousand octets don't fit into a pipe (64 KiB), so that mhatool writes when nobody reads any more."""
    write(folder / "long.pcap", [(50 * at, bu(seq=at)) for at in range(1, 900)])
    command = "mhatool diff empty.pcap long.pcap --jsonl 2>err.txt | head -1 >out.txt; echo ${PIPESTATUS[0]}"
    run = subprocess.run(["bash", "-c", command], cwd=folder, check=True, capture_output=True, text=True)
    assert (run.stdout, (folder / "err.txt").read_text()) == ("0\n", "")
    assert json.loads((folder / "out.txt").read_text())["difference"] == "added"


@pytest.mark.tshark
def test_a_capture_moved_in_time_by_editcap(captures: Path, tmp_path: Path) -> None:
    """`editcap` belongs to tshark's suite; -E would change octets, -t moves the times."""
    source = captures / "umip" / "failover60-mn.pcap"
    subprocess.run(["editcap", "-t", "86400.25", source, tmp_path / "later.pcapng"], check=True)
    result = mhatool("diff", source, tmp_path / "later.pcapng", "--tolerance", "0.000002")
    assert (result.status, result.out) == (0, "No differences in 6 exchanges.\n")


@pytest.mark.tshark
def test_packets_that_editcap_left_out(captures: Path, tmp_path: Path) -> None:
    """Frames 742 and 743 are a refresh (captures/MANIFEST.toml)."""
    source = captures / "umip" / "tour-mn.pcap"
    subprocess.run(["editcap", source, tmp_path / "less.pcapng", "742", "743"], check=True)
    found = json.loads(mhatool("diff", source, tmp_path / "less.pcapng", "--json").out)
    assert [(one["difference"], one["exchange"], one["a"]["frames"]) for one in found["differences"]] == [
        ("missing", "refresh", [742, 743])
    ]
