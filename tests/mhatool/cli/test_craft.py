"""`mhatool craft`: each vector's command gives its octets, the circle closes, errors name what is wrong."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from dissectors.walk import dissect
from mhatool.capture import open_capture
from mhatool.cli import main
from tests.mhatool.scenes import AGENT, CARE1, HOME, internet_checksum
from tests.vectors.load import Vector, load

MHATOOL = [sys.executable, "-m", "mhatool"]
VECTORS = [vector for vector in load() if vector.command]
#: A Binding Update's layer, and JSON that is no list of its flags, with what Python makes of it.
UPDATE = '"type": "binding_update", "sequence_number": 1, "lifetime_s": 4'
NO_FLAGS = [("[1]", "[1]"), ("[null]", "[None]"), ('[["A"]]', "[['A']]"), ("[{}]", "[{}]"), ("5", "5"), ("{}", "{}")]
BU = "craft bu --src 2001:db8:f1::99 --dst 2001:db8::1 --hoa 2001:db8::99 --seq 7 --lifetime 420"


def run(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str, str]:
    status = main(shlex.split(command))
    out, err = capsys.readouterr()
    return status, out, err


@pytest.mark.parametrize("vector", VECTORS, ids=[v.name for v in VECTORS])
def test_the_command_gives_the_octets(vector: Vector, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, f"{vector.command} --profile {vector.profile} --hex")
    assert (status, err) == (0, "")
    assert out.strip() == vector.octets.hex()


def circle(command: str, tmp_path: Path) -> tuple[bytes, bytes]:
    """The first capture, and the one crafted from its records: real processes, real pipes."""
    kept = tmp_path / "kept.pcapng"
    again = subprocess.run(
        f"{shlex.join(MHATOOL)} {command} -w - | tee {kept} | {shlex.join(MHATOOL)} dissect - --all --jsonl --profile "
        f"{'kame2003' if 'kame2003' in command else 'rfc6275'} | {shlex.join(MHATOOL)} craft --from-json - -w - "
        f"--profile {'kame2003' if 'kame2003' in command else 'rfc6275'}",
        shell=True,
        check=True,
        capture_output=True,
    )
    assert again.stderr == b""
    return kept.read_bytes(), again.stdout


@pytest.mark.parametrize(
    "command",
    [
        f"{BU} --home-agent 2001:db8::1 --home-agent 2001:db8::2",
        BU + "".join(f" --home-agent 2001:db8::{n:x}" for n in range(1, 16)),
        "craft ha-unreachable --src 2001:db8::1 --dst 2001:db8:f1::99 --hoa 2001:db8::99 --identifier 9"
        + "".join(f" --unreachable 2001:db8::{n:x}" for n in range(1, 76)),
        f"{BU} --time 2026-11-23T09:51:50.123456789Z --profile kame2003 --home-agent 2001:db8::1"
        " --home-agent 2001:db8::2",
    ],
    ids=["two home agents", "fifteen home agents", "75 unreachable agents", "kame2003"],
)
def test_the_circle_closes(command: str, tmp_path: Path) -> None:
    first, second = circle(command, tmp_path)
    assert first
    assert first == second


def test_sizes_of_the_largest_messages(capsys: pytest.CaptureFixture[str]) -> None:
    """A BU with 15 agents is 16 + 16 x 15 = 256 octets; 75 addresses behind a routing header make 1,272."""
    _, out, _ = run(capsys, BU + "".join(f" --home-agent 2001:db8::{n:x}" for n in range(1, 16)) + " --hex")
    assert len(bytes.fromhex(out)) == 40 + 24 + 256
    unreachable = "".join(f" --unreachable 2001:db8::{n:x}" for n in range(1, 76))
    _, out, _ = run(
        capsys, f"craft ha-unreachable --src 2001:db8::1 --dst 2001:db8:f1::99 --hoa 2001:db8::99{unreachable} --hex"
    )
    assert len(bytes.fromhex(out)) == 40 + 24 + 8 + 16 * 75  # 1,272: within 1,280


@pytest.mark.parametrize("vector", load(), ids=[v.name for v in load()])
def test_every_vector_closes_the_circle(vector: Vector, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one process: octets to capture, capture to records, records to capture."""
    from mhatool.capture import PcapngWriter

    first, records, again = tmp_path / "a.pcapng", tmp_path / "r.jsonl", tmp_path / "b.pcapng"
    with first.open("wb") as stream:
        PcapngWriter(stream, application="mhatool").write(1_234_567_891, 101, vector.octets)
    assert main(["dissect", str(first), "--all", "--jsonl", "--profile", vector.profile]) == 0
    text = capsys.readouterr().out
    records.write_text(text)
    assert vector.octets.hex() not in text  # no copy of the frame without -x
    assert main(["craft", "--from-json", str(records), "-w", str(again), "--profile", vector.profile]) == 0
    assert again.read_bytes() == first.read_bytes()


def test_a_changed_field_changes_itself_and_the_checksum_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = tmp_path / "bu.pcapng"
    assert main([*shlex.split(BU), "-w", str(capture)]) == 0
    assert main(["dissect", str(capture), "--jsonl"]) == 0
    record = json.loads(capsys.readouterr().out)
    before = bytes.fromhex(run(capsys, f"{BU} --hex")[1])
    layer = next(item for item in record["layers"] if item["type"] == "binding_update")
    assert layer["lifetime_s"] == 420
    layer["lifetime_s"] = 60
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(record))
    status, out, _ = run(capsys, f"craft --from-json {path} --hex")
    after = bytes.fromhex(out)
    assert status == 0
    changed = {at for at in range(len(before)) if before[at] != after[at]}
    start = 40 + 24  # the Mobility Header; checksum at 4, lifetime at 10 (420 s = 0x0069, 60 s = 0x000f)
    assert changed == {start + 4, start + 5, start + 11} or changed == {start + 5, start + 11}
    assert dissect(after).layers[-1].checksum_status == "good"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("craft foo", "there is no message 'foo'"),
        ("craft bu --set nonsense=1", "Binding Update has no field 'nonsense'"),
        ("craft bu --src 2001:db8::zz", "'2001:db8::zz' is not an IPv6 address"),
        ("craft bu --home-agent fe80", "'fe80' is not an IPv6 address"),
        ("craft bu --lifetime 421", "421 is not a multiple of 4"),
        ("craft bu --lifetime 300000", "300000 is outside 0..262140"),
        ("craft bu --seq x", "'x' is not a whole number"),
        ("craft bu --flags AZ", "flag 'Z' is unknown"),
        ("craft bu --option 300:00", "option type 300 is outside 0..255"),
        ("craft bu --option nonsense:a=1", "there is no option 'nonsense'"),
        (
            "craft dhaad-request --home-agent ::1",
            "--home-agent says nothing about Home Agent Address Discovery Request",
        ),
        ("craft dhaad-request --option 1:00", "--option: Home Agent Address Discovery Request has no options"),
        ("craft rs --home-agent ::1", "--home-agent says nothing about Router Solicitation"),
        ("craft bu --src ::2 --coa ::3", "--src and --coa contradict each other"),
        ("craft ba --dst ::2 --coa ::3", "--dst and --coa contradict each other"),
        ("craft bu --raw 3b --seq 5", "--raw and what says something about the message contradict each other"),
        ("craft bu --from-json x", "give either MESSAGE or --from-json"),
        ("craft --from-json x --seq 5", "--from-json and --seq contradict each other"),
        ("craft --from-json x --time 5", "--from-json and --time contradict each other"),
        ("craft bu --set options=1", "options are given by --option"),
        ("craft bu --rte ::/0,1", "--rte says nothing about Binding Update"),
        ("craft ripng --rte ::/0", "give PREFIX/LENGTH,METRIC[,TAG]"),
        ("craft experimental --set data=", "make its data 2 octets longer"),
        ("craft bu --time 1900-01-01T00:00:00Z", "is before 1970"),
        ("craft bu --time 99999999999999999999", "too far off"),
        (f"craft bu --option 18:{'00' * 256}", "option 18: 256 octets, its length can say 255 at most"),
        ("craft ra --option 77:00", "needs a multiple of 8"),
        ("craft ha-unreachable", "give --unreachable"),
        ("craft bu --src x", "--src: 'x' is not an IPv6 address: give one like 2001:db8::1"),
        (f"craft bu{' --home-agent ::1' * 16}", "--home-agent: 16 given, 15 fit into the option"),
        *((f"craft {name} --hoa ::9", "has no Home Address option") for name in ("hoti", "coti", "hot", "cot", "brr")),
        ("craft bu --option 0:ff", "option 0 is Pad1"),
        ("craft bu --home-agent ::1,x", "--home-agent: 'x' is not an IPv6 address"),
        ("craft ns --status 1", "--status says nothing about Neighbor Solicitation"),
        ("craft bu --hex -w -", "contradict each other"),
        ("craft", "give either MESSAGE or --from-json"),
        ("craft bu --time noon", "'noon' is no time"),
        ("craft bu --profile nonsense", "no profile 'nonsense'"),
        ("craft bu -w /nonexistent/x.pcapng", "/nonexistent/x.pcapng"),
        ("craft bu --tunnel ::1", "give SOURCE,DESTINATION"),
        ("craft --from-json /nonexistent", "/nonexistent"),
    ],
)
def test_errors_are_one_line(command: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, command)
    assert status == 2
    assert out == ""
    assert message in err
    assert err.startswith("mhatool: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "record 1 is not JSON"),
        ('{"layers": 3}', "record 1: no list of layers in it"),
        ('{"layers": [{"type": "nonsense"}]}', "there is no layer of type 'nonsense'"),
        ('{"layers": [{"type": "ipv6", "source": "::1"}]}', "IPv6: destination is missing"),
        ('{"layers": [{"type": "ipv6", "source": "::1", "destination": "::2", "colour": 1}]}', "no field 'colour'"),
        ('{"layers": [{"type": "payload", "offset": 0, "length": 12}]}', "a payload of 12 octets isn't in the record"),
        ('{"packets": 5}', "record 1: no list of layers in it"),
        ("[" * 100_000, "record 1 is not JSON"),
        ('{"layers": [{"type": "x"}], "octets": "zz"}', "octets: 'zz' is not hexadecimal"),
        ('{"layers": [], "link_type": "x"}', "link_type is 'x', not a number"),
        ('{"layers": [], "link_type": 99999999}', "link_type is 99999999, not a number"),
        ('{"layers": [], "original_length": 1.5}', "original_length is 1.5, not a number"),
        ('{"layers": [], "time": "1900-01-01T00:00:00Z"}', "is before 1970"),
        ('{"layers": [{"type": "routing", "routing_type": []}]}', "routing_type is [], not a number"),
        ('{"layers": [{"type": "payload", "data": "00", "protocol": "x"}]}', "protocol is 'x', not a number"),
        ('{"layers": [{"type": "payload", "data": "00"}, 5]}', "layer 2 is 5, not an object"),
        *((f'{{"layers": [{{{UPDATE}, "flags": {flags}}}]}}', f"{shown} is not a list") for flags, shown in NO_FLAGS),
        ('{"layers": []}', "the first layer is not there"),
        (
            '{"layers": [{"type": "binding_refresh_request"}]}',
            "the first layer is binding_refresh_request, which link type 101 doesn't begin with",
        ),
        (
            '{"link_type": 1, "layers": [{"type": "ipv6", "source": "::1", "destination": "::2"}]}',
            "the first layer is ipv6, which link type 1 doesn't begin with: link_type is 1 for ethernet, 113 for linux",
        ),
    ],
)
def test_bad_records_are_named(text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "records.jsonl"
    path.write_text(text)
    status, _, err = run(capsys, f"craft --from-json {path} --hex")
    assert status == 2
    assert message in err
    assert err.count("\n") == 1


def test_what_the_standard_forbids_can_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, f"{BU} --set header_length=9 --set payload_proto=6 --set checksum=0x1234 --hex")
    message = bytes.fromhex(out)[64:]
    assert message[:6].hex() == "060905001234"
    _, out, _ = run(capsys, f"{BU} --no-checksum --hex")
    assert bytes.fromhex(out)[68:70] == b"\0\0"
    _, out, _ = run(capsys, f"{BU} --no-pad --alt-coa 2001:db8:f1::99 --hex")
    message = bytes.fromhex(out)[64:]
    # 12 octets and an option of 18 at offset 12, not 8n+6: 30 octets, the length says 32
    assert (len(message), message[1], message[12]) == (30, 3, 3)
    _, out, _ = run(capsys, "craft bu --src ::1 --dst ::2 --hoa ::3 --raw 3b01ff --hex")
    assert bytes.fromhex(out)[64:].hex() == "3b01ff"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("brr", "3b000000 0000 0000"),
        ("hoti", "3b010100 0000 0000 0000000000000000"),
        ("bu --option 99:aabb", "3b010500 0000 0000 0000 0000 6302aabb"),
        ("bu --seq 1", "3b010500 0000 0001 0000 0000"),  # 12 octets, the length says 16
    ],
)
def test_without_padding_there_is_a_checksum(capsys: pytest.CaptureFixture[str], words: str, message: str) -> None:
    """Of what is there; --no-checksum leaves it zero."""
    ends = "--src 2001:db8:1::100 --dst 2001:db8:1::1"
    octets = bytes.fromhex(message)
    right = internet_checksum(HOME, AGENT, 135, octets).to_bytes(2)
    _, out, _ = run(capsys, f"craft {words} {ends} --no-pad --hex")
    assert bytes.fromhex(out)[40:] == octets[:4] + right + octets[6:]
    _, out, _ = run(capsys, f"craft {words} {ends} --no-pad --no-checksum --hex")
    assert bytes.fromhex(out)[40:] == octets


def test_without_padding_a_length_has_its_limit(capsys: pytest.CaptureFixture[str]) -> None:
    """12 octets and 8 options of 252 are 2028 of 2048; with a ninth they are 2280."""
    options = f" --option 99:{'00' * 250}"
    status, out, _ = run(capsys, f"{BU} --no-pad --hex{options * 8}")
    assert (status, bytes.fromhex(out)[65]) == (0, 2032 // 8 - 1)
    status, _, err = run(capsys, f"{BU} --no-pad --hex{options * 9}")
    assert (status, err) == (2, "mhatool: Binding Update: 2280 octets are too many for its length field\n")


@pytest.mark.parametrize(
    ("words", "from_mobile_node"),
    [
        ("", True),
        ("--set subtype=2", True),
        ("--set subtype=3", False),
        ("--set fmipv6.subtype=3", False),
        ("--raw 9a00000002000000", True),
        ("--raw 9a00000003000000", False),
    ],
)
def test_fmipv6_goes_the_way_of_its_subtype(
    words: str, from_mobile_node: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """RFC 5568, 6.1.1 and 6.1.2: mobile nodes send subtype 2 and get 3, as RFC 6275, 6.3 and 6.4 mark the two ways."""
    end = "--dst" if from_mobile_node else "--src"
    status, out, _ = run(capsys, f"craft fmipv6 {words} --coa ::c {end} ::a --hoa ::9 --hex")
    ends = (12, 10) if from_mobile_node else (10, 12)
    option = f"3a02 0102 0000 c910 {9:032x}"  # destination options: PadN of 4, Home Address
    routing = f"3a02 0201 00000000 {9:032x}"
    assert status == 0
    assert bytes.fromhex(out)[8:40] == b"".join(address.to_bytes(16) for address in ends)
    assert bytes.fromhex(out)[40:64] == bytes.fromhex(option if from_mobile_node else routing)


@pytest.mark.parametrize(
    ("header", "octets"),
    [
        ("hop_by_hop", "8700 0104 00000000"),  # RFC 8200, 4.2: PadN of 6 octets
        ("hop_by_hop:5:0002", "8700 0502 0002 0100"),  # RFC 2711, 2.1: Router Alert; PadN of 2
        ("HopByHop", "8700 0104 00000000"),
        ("destination_options", "8700 0104 00000000"),
        ("destination_options:options=30:010203", "8700 1e03 010203 00"),  # Pad1
        ("routing", "8700 0000 00000000"),  # type 0 without addresses
        ("routing:routing_type=0,segments_left=1,addresses=::9", f"8702 0001 00000000 {9:032x}"),  # RFC 2460, 4.4
        ("routing:routing_type=2,segments_left=1,home_address=::9", f"8702 0201 00000000 {9:032x}"),  # RFC 6275, 6.4.1
        ("routing_type_2:segments_left=1,home_address=::9", f"8702 0201 00000000 {9:032x}"),
        ("routing_type_0", "8700 0000 00000000"),
        ("routing:routing_type=2,data=01020304", "8700 0200 01020304"),
        ("routing:routing_type=253", "8700 fd00 00000000"),
        ("fragment", "8700 0000 00000000"),
    ],
)
def test_headers_by_the_references_names(header: str, octets: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As `docs/reference.md` spells them; dashes mean the same. The first octet says that a Mobility Header follows."""
    for name in (header, header.partition(":")[0].replace("_", "-") + "".join(header.partition(":")[1:])):
        status, out, err = run(capsys, f"craft bu --src ::1 --dst ::2 --header {name} --hex")
        assert (status, err) == (0, "")
        assert bytes.fromhex(out)[40:-16] == bytes.fromhex(octets)


def test_a_home_address_in_a_hop_by_hop_header_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """RFC 6275, 6.3: it is a destination option, so the checksum covers the IPv6 header's source."""
    ends = "--src 2001:db8:a::100 --dst 2001:db8:1::1"
    header = "hop-by-hop:home-address:home_address=2001:db8:1::100"
    _, out, _ = run(capsys, f"craft bu {ends} --header {header} --hex")
    message = bytes.fromhex(out)[64:]
    right = internet_checksum(CARE1, AGENT, 135, message[:4] + bytes(2) + message[6:])
    assert int.from_bytes(message[4:6]) == right


def test_option_0_of_neighbour_discovery_is_no_padding(capsys: pytest.CaptureFixture[str]) -> None:
    """RFC 4861, 4.6: each has a length, in units of 8 octets."""
    _, out, _ = run(capsys, "craft ra --src fe80::1 --dst ff02::1 --option 0:0102030405ff --hex")
    assert bytes.fromhex(out)[56:] == bytes.fromhex("0001 0102030405ff")


def test_home_agents_again_or_with_commas(capsys: pytest.CaptureFixture[str]) -> None:
    _, again, _ = run(capsys, f"{BU} --home-agent ::1 --home-agent ::2 --hex")
    assert run(capsys, f"{BU} --home-agent ::1,::2 --hex")[1] == again


def test_an_error_is_destination_unreachable(capsys: pytest.CaptureFixture[str]) -> None:
    """RFC 4443, 3.1: type 1."""
    _, out, _ = run(capsys, "craft icmpv6-error --src ::1 --dst ::2 --hex")
    assert bytes.fromhex(out)[40] == 1


def test_what_is_left_out_makes_whole_headers(capsys: pytest.CaptureFixture[str]) -> None:
    """RFC 6275, 6.1.1, and RFC 4302, 3.3.3.2.1: multiples of 8 octets."""
    _, out, _ = run(capsys, "craft experimental --src ::1 --dst ::2 --header ah:spi=1 --hex")
    header, message = bytes.fromhex(out)[40:64], bytes.fromhex(out)[64:]
    assert header == bytes.fromhex("87040000 00000001 00000000") + bytes(12)
    assert (len(message), message[1], message[2]) == (8, 0, 11)


def test_a_list_of_records_and_a_byte_order_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture, path = tmp_path / "one.pcapng", tmp_path / "records.json"
    assert main([*shlex.split(BU), "-w", str(capture)]) == 0
    assert main(["dissect", str(capture), "--jsonl"]) == 0
    record = capsys.readouterr().out
    one = run(capsys, f"{BU} --hex")[1]
    for text, count in ((f"[{record.strip()},\n{record}]", 2), (f"[{record.strip()}]", 1), ("\ufeff" + record, 1)):
        path.write_text(text, encoding="utf-8")
        assert run(capsys, f"craft --from-json {path} --hex") == (0, one * count, "")


def test_flags_of_several_letters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """RFC 4191, 2.2: Prf is bits 3 and 4 of the octet, M bit 0; in a profile MM is no M twice."""
    for given, octet in (("Prf1", 0x10), ("MPrf0", 0x88), ("Prf1,M", 0x90)):
        _, out, _ = run(capsys, f"craft ra --src fe80::1 --dst ff02::1 --flags {given} --hex")
        assert bytes.fromhex(out)[45] == octet
    profile = tmp_path / "own.toml"
    profile.write_text("flags.binding_update.MM = 0x0001")
    for given, word in (("MM", 0x0001), ("MMA", 0x8001), ("MA", 0x8800)):
        _, out, _ = run(capsys, f"craft bu --src ::1 --dst ::2 --flags {given} --profile {profile} --hex")
        assert int.from_bytes(bytes.fromhex(out)[48:50]) == word


def test_edits_beside_a_problem_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An option of a wrong length doesn't freeze its message; and no octets of the layer stand in the record."""
    _, before, _ = run(capsys, f"{BU} --option 3:0011 --option 50:01 --hex")
    capture = tmp_path / "broken.pcapng"
    assert main([*shlex.split(f"{BU} --option 3:0011 --option 50:01"), "-w", str(capture)]) == 0
    assert main(["dissect", str(capture), "--jsonl"]) == 0
    record = json.loads(capsys.readouterr().out)
    layer = record["layers"][-1]
    assert layer["problems"]
    assert "octets" not in layer
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    assert run(capsys, f"craft --from-json {path} --hex")[1] == before
    layer["lifetime_s"] = 60
    path.write_text(json.dumps(record))
    _, out, _ = run(capsys, f"craft --from-json {path} --hex")
    assert bytes.fromhex(out)[64 + 10 : 64 + 12] == b"\x00\x0f"  # 60 s / 4


def test_what_was_not_understood_is_not_made_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An option that runs over the end: without -x it can't be crafted again, with -x it can, edited it can't."""
    # header length 1; at 12 an option of type 3 with length 16, where 2 octets are left
    capture = tmp_path / "broken.pcapng"
    assert (
        main([*shlex.split("craft bu --src ::1 --dst ::2"), "--raw", f"3b010500{'00' * 8}03100000", "-w", str(capture)])
        == 0
    )
    path = tmp_path / "record.json"
    assert main(["dissect", str(capture), "--jsonl"]) == 0
    path.write_text(capsys.readouterr().out)
    assert "use dissect -x" in run(capsys, f"craft --from-json {path} --hex")[2]
    assert main(["dissect", str(capture), "--jsonl", "-x"]) == 0
    path.write_text(capsys.readouterr().out)
    assert run(capsys, f"craft --from-json {path} --hex")[1].endswith(f"3b010500{'00' * 8}03100000\n")


def test_an_error_leaves_the_output_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.pcapng"
    kept.write_bytes(b"precious")
    records = tmp_path / "records.json"
    records.write_text('{"layers": 5}')
    assert run(capsys, f"craft --from-json {records} -w {kept}")[0] == 2
    assert kept.read_bytes() == b"precious"
    records.write_text('{"layers": []}')
    assert run(capsys, f"craft --from-json {records} -w {records}")[0] == 2
    assert records.read_text() == '{"layers": []}'


def test_a_bad_record_behind_good_ones_writes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A part of a capture would look like all of it; a pipe has what came before."""
    good = '{"layers": [{"type": "ipv6", "source": "::1", "destination": "::2"}]}\n'
    records, kept, new = tmp_path / "records.json", tmp_path / "kept.pcapng", tmp_path / "new.pcapng"
    kept.write_bytes(b"precious")
    records.write_text(good * 3 + '{"layers": 5}')
    for path in (kept, new):
        status, _, err = run(capsys, f"craft --from-json {records} -w {path}")
        assert (status, "record 4: no list of layers in it" in err) == (2, True)
    assert kept.read_bytes() == b"precious"
    assert not new.exists()
    piped = subprocess.run(
        [*MHATOOL, "craft", "--from-json", str(records), "-w", "-"], capture_output=True, check=False
    )
    records.write_text(good * 3)
    assert run(capsys, f"craft --from-json {records} -w {kept}") == (0, "", "")
    assert (piped.returncode, piped.stdout) == (2, kept.read_bytes())


def test_edits_count_where_the_record_holds_the_octets_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With -x a broken layer brings its octets; they stand only while its fields still say what they say."""
    capture, path = tmp_path / "broken.pcapng", tmp_path / "record.json"
    assert main([*shlex.split(f"{BU} --option 3:0011 --option 50:01"), "-w", str(capture)]) == 0
    assert main(["dissect", str(capture), "--jsonl", "-x"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert "octets" in record["layers"][-1]
    record["layers"][-1]["lifetime_s"] = 60
    path.write_text(json.dumps(record))
    status, out, _ = run(capsys, f"craft --from-json {path} --hex")
    assert (status, bytes.fromhex(out)[74:76]) == (0, b"\x00\x0f")  # 60 s / 4, in the Mobility Header at 64


def test_a_capture_and_its_octets_in_hexadecimal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They don't contradict: the file holds what is printed."""
    status, out, _ = run(capsys, f"{BU} --hex -w {tmp_path / 'bu.pcapng'}")
    with open_capture(tmp_path / "bu.pcapng") as reader:
        assert (status, out) == (0, "".join(record.captured.hex() + "\n" for record in reader))
    assert out == run(capsys, f"{BU} --hex")[1] != ""


def test_records_that_break_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As of a capture that is cut: what is whole is written, with a word; a line in the middle is a mistake."""
    capture, path, again = tmp_path / "bu.pcapng", tmp_path / "records", tmp_path / "again.pcapng"
    assert main([*shlex.split(BU), "-w", str(capture)]) == 0
    assert main(["dissect", str(capture), "--jsonl"]) == 0
    record = capsys.readouterr().out
    octets = run(capsys, f"{BU} --hex")[1]
    path.write_text(record * 2 + "\n" + record[:-10])
    status, out, err = run(capsys, f"craft --from-json {path} --hex -w {again}")
    assert (status, out) == (0, octets * 2)
    assert err == f"mhatool: warning: {path}: records break off (line 4)\n"
    with open_capture(again) as reader:
        assert [item.captured.hex() + "\n" for item in reader] == [octets] * 2
    path.write_text(record + record[:-10] + "\n" + record)
    status, _, err = run(capsys, f"craft --from-json {path} -w {tmp_path / 'none.pcapng'}")
    assert (status, "record 2 is not JSON" in err, (tmp_path / "none.pcapng").exists()) == (2, True, False)


def _edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"lifetime_s":420', '"lifetime_s":421', "421 is not a multiple of 4"),
        ('"lifetime_s":420', '"lifetime_s":300000', "300000 is outside 0..262140"),
        ('"lifetime_s":420', '"lifetime":420', "Binding Update has no field 'lifetime'"),
        ('"flags":[]', '"flags":["Z"]', "flag 'Z' is unknown"),
        ('"hop_limit":64', '"hop_limit":-1', "-1 is outside 0..255"),
        ('"type":"binding_update"', '"type":"binding_error"', "Binding Error has no field"),
        # 12 octets of message and nothing behind them: no multiple of 8
        ('"options":[{"type":1,"name":"PadN","length":2,"padding":"0000"}]}]', '"options":[]}]', "12 octets"),
    ],
)
def test_an_edit_that_cannot_be_crafted_is_refused_with_octets_too(
    old: str, new: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The frame that -x gives stands for its layers only where these are still what it holds."""
    capture, path = tmp_path / "bu.pcapng", tmp_path / "record.jsonl"
    assert main([*shlex.split(BU), "-w", str(capture)]) == 0
    for octets in ([], ["-x"]):
        assert main(["dissect", str(capture), "--jsonl", *octets]) == 0
        path.write_text(capsys.readouterr().out)
        _edit(path, (old, new))
        status, out, err = run(capsys, f"craft --from-json {path} --hex")
        assert (status, out, message in err) == (2, "", True), err


def test_all_layers_removed_beside_the_octets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture, path = tmp_path / "bu.pcapng", tmp_path / "record.json"
    assert main([*shlex.split(BU), "-w", str(capture)]) == 0
    assert main(["dissect", str(capture), "--jsonl", "-x"]) == 0
    path.write_text(json.dumps({**json.loads(capsys.readouterr().out), "layers": []}))
    status, out, err = run(capsys, f"craft --from-json {path} --hex")
    assert (status, out, "the first layer is not there" in err) == (2, "", True)


def test_a_reassembled_message_stands_with_its_octets_until_it_is_edited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its last fragment holds only a part of it: an edit has no place to go to."""
    path = tmp_path / "records.jsonl"
    capture = "captures/rules/MIP6-MH-010.breaks.pcapng"
    with open_capture(Path(capture)) as reader:
        frames = [record.captured for record in reader]
    assert main(["dissect", capture, "--jsonl", "-x", "-Y", "frame == 2", "--all"]) == 0
    path.write_text(capsys.readouterr().out)
    # both fragments' octets behind their headers: 40 of IPv6, 24 of options, 8 of the fragment header
    layer = next(item for item in json.loads(path.read_text())["layers"] if item["type"] == "fragment")
    assert layer["reassembled_octets"] == (frames[0][72:] + frames[1][72:]).hex()
    assert run(capsys, f"craft --from-json {path} --hex") == (0, frames[1].hex() + "\n", "")
    _edit(path, ('"lifetime_s":60', '"lifetime_s":64'))
    status, out, err = run(capsys, f"craft --from-json {path} --hex")
    assert (status, out, "leave its layers as they are" in err) == (2, "", True)


@pytest.mark.parametrize(
    ("message", "hop_limit"),
    [
        ("ns", 255),  # RFC 4861, 4.3
        ("redirect", 255),  # RFC 4861, 4.5
        ("fmipv6", 255),  # RFC 5568, 6.1.1
        ("ripng --rte ::/0,1", 255),  # RFC 2080, 2.4.2
        ("ripng --rte ::/0,1 --hop-limit 3", 3),
        ("ha-unreachable --unreachable ::3", 64),
        ("mps", 64),
    ],
)
def test_what_stays_on_its_link_has_its_hop_limit(
    message: str, hop_limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, f"craft {message} --src fe80::1 --dst fe80::2 --hex")
    assert (status, bytes.fromhex(out)[7]) == (0, hop_limit)
