"""Our decoding beside tshark's, field by field: what differs is a listed fault, each met by octets of its own."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from dissectors.mobility.header import MobilityMessage
from dissectors.profile import BUILT_IN, KAME2003, RFC6275, Profile
from dissectors.profile import load as load_profile
from dissectors.spec import Option, message
from dissectors.spec import fields as wire
from dissectors.spec.declaration import REGISTRY
from dissectors.spec.families import declarations
from mhatool.capture import PcapngWriter, linktype, open_capture
from mhatool.wireshark.crosscheck import SCHEMA, Crosscheck, Difference
from mhatool.wireshark.fault_conditions import Case, options_of_the_script
from mhatool.wireshark.faults import FAULTS, fault_of
from mhatool.wireshark.generate import plugin
from tests.mhatool.cli.process import COMMAND, complaint, mhatool
from tests.mhatool.scenes import AGENT, CARE1, HOME, UMIP, internet_checksum, ipv6
from tests.peers.every_message import packets
from tests.peers.frames import frames_of
from tests.peers.plugin import write
from tests.recipes import packets as made
from tests.vectors.load import load

pytestmark = pytest.mark.tshark

EVERY, ALL = 400, 20_000
KAME = ("mobility_opt_asan.pcap", "mobility_opt_asan_2.pcap", "mobility_opt_asan_3.pcap")


def compare(path: Path, profile: Profile = RFC6275) -> tuple[Crosscheck, list[Difference]]:
    comparison = Crosscheck(path, profile)
    return comparison, list(comparison)


def unexplained(path: Path, profile: Profile = RFC6275) -> list[Difference]:
    comparison, found = compare(path, profile)
    assert comparison.frames > 0
    assert comparison.compared > comparison.frames
    return [difference for difference in found if difference.fault is None or difference.fault.is_ours]


def test_it_works_where_an_event_loop_has_run_before(tmp_path: Path) -> None:
    """The thread has none any more."""
    asyncio.run(asyncio.sleep(0))
    assert unexplained(write(tmp_path / "one.pcapng", [made.home_bu()])) == []


def test_it_works_without_what_python_3_14_took_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Child watchers, and a loop of the policy where none was set ("What's New In Python 3.14", asyncio)."""
    if hasattr(asyncio, "set_child_watcher"):
        asyncio.set_child_watcher(None)  # pyshark's, of a test before this one
    for name in ("SafeChildWatcher", "set_child_watcher", "get_child_watcher"):
        monkeypatch.delattr(asyncio, name, raising=False)
    monkeypatch.setattr(asyncio, "get_event_loop_policy", lambda: pytest.fail("there is no loop in it"))
    assert unexplained(write(tmp_path / "one.pcapng", [made.home_bu()])) == []


# --- every capture ---


@pytest.mark.soak
def test_the_examples_of_all_rules(repository: Path, tmp_path: Path) -> None:
    octets = []
    for capture in sorted((repository / "captures" / "rules").glob("*.pcapng")):
        with open_capture(capture) as reader:
            octets += [record.captured for record in reader]
    assert unexplained(write(tmp_path / "examples.pcapng", octets)) == []


@pytest.mark.parametrize("profile", BUILT_IN.values(), ids=lambda profile: profile.name)
def test_the_vectors(tmp_path: Path, profile: Profile) -> None:
    octets = [vector.octets for vector in load() if vector.profile == profile.name]
    assert unexplained(write(tmp_path / "vectors.pcapng", octets), profile) == []


@pytest.fixture
def new_message() -> Iterator[Profile]:
    """A message of a type that Wireshark doesn't know, with an option that it does; the declaration is taken back."""
    known = list(declarations("mobility"))

    @message("mobility", 199)
    class LoadReport(MobilityMessage):
        level: int = wire.uint(16)
        options: tuple[Option, ...] = wire.options("mobility_option")

    yield Profile("with-load-report")
    REGISTRY["mobility"][:] = known


def test_options_of_a_message_that_wireshark_doesnt_know(new_message: Profile, tmp_path: Path) -> None:
    """docs/architecture.md promises that one declaration is enough."""
    octets = made.carried(199, bytes.fromhex("0007 0202 0008 0102 0000"), AGENT, HOME)
    comparison, found = compare(write(tmp_path / "new.pcapng", [octets]), new_message)
    assert comparison.differences == 0
    assert {each.fault.id for each in found if each.fault} >= {"options-not-read"}


def test_every_message_and_option(tmp_path: Path) -> None:
    assert unexplained(write(tmp_path / "every.pcapng", packets(1, EVERY))) == []


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [6, 77, 2003])
def test_twenty_thousand_of_them(tmp_path: Path, seed: int) -> None:
    assert unexplained(write(tmp_path / "every.pcapng", packets(seed, ALL))) == []


def test_a_recording() -> None:
    assert unexplained(UMIP / "ro-home.pcap") == []


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(path.name for path in UMIP.iterdir() if path.suffix in (".pcap", ".pcapng")))
def test_every_recording(name: str) -> None:
    assert unexplained(UMIP / name) == []


@pytest.mark.soak
def test_captures_of_others(external_captures: Path) -> None:
    for path in sorted(external_captures.glob("*/*.pcap")):
        assert unexplained(path) == []
        if path.name in KAME:
            assert unexplained(path, KAME2003) == []


# --- each listed fault, with octets ---


def option(kind: int, data: str) -> bytes:
    """A Binding Acknowledgement with one option at its end, as it stands there, and PadN behind it."""
    octets = bytes((kind, len(data) // 2)) + bytes.fromhex(data)
    return made.carried(
        6, bytes.fromhex("0000 0001 000f") + octets + made.padding(-(12 + len(octets)) % 8), AGENT, HOME
    )


def mobility_62() -> bytes:
    return ipv6(CARE1, AGENT, 62, bytes.fromhex("3b01 0500 0000 0001 8000 000f 0102 0000"))


def short_acknowledgement() -> bytes:
    """Header Len 0, 8 octets; behind it 8 more."""
    return ipv6(CARE1, AGENT, 135, bytes.fromhex("3b00 0600 0000 0000 0001 000f 0102 0000"))


def quoted_echo() -> bytes:
    return made.icmp_packet(1, bytes(4) + made.echo_request(CARE1, AGENT), AGENT, CARE1)


def redirect() -> bytes:
    """A packet in a Redirected Header option: 8 + 48 octets are 7 times 8."""
    inner = ipv6(CARE1, AGENT, 59, b"")
    body = bytes(4) + AGENT + CARE1 + bytes((4, 6)) + bytes(6) + inner
    return made.icmp_packet(137, body, AGENT, CARE1)


def error_in_error() -> bytes:
    return made.icmp_packet(1, bytes(4) + made.icmp_packet(1, bytes(4) + made.home_bu(), AGENT, CARE1), CARE1, AGENT)


def jumbogram() -> bytes:
    """Payload Length 0; the hop-by-hop options of 8 octets say 24."""
    header, rest = (
        made.carried(5, bytes.fromhex("0001 c000 000f 0102 0000"), CARE1, AGENT)[:40],
        bytes.fromhex("8700c204"),
    )
    message = made.carried(5, bytes.fromhex("0001 c000 000f 0102 0000"), CARE1, AGENT)[40:]
    return header[:4] + bytes((0, 0, 0, 64)) + header[8:] + rest + (8 + len(message)).to_bytes(4) + message


def unread_destination() -> bytes:
    """An echo behind a routing header of a type that nobody assigned."""
    return ipv6(CARE1, AGENT, 43, bytes((58, 2, 9, 1, 0, 0, 0, 0)) + HOME + made.echo_request(CARE1, HOME)[40:])


def in_ipv4(packet: bytes) -> bytes:
    """Protocol 41, from 192.0.2.1 to 192.0.2.2."""
    head = bytes.fromhex("4500") + (20 + len(packet)).to_bytes(2) + bytes.fromhex("00000000 40290000 c0000201 c0000202")
    return head + packet


CASES: dict[str, tuple[bytes, Profile]] = {
    "option-type-not-filled": (made.home_bu(), RFC6275),
    "options-of-the-script": (option(200, "aabbcc"), RFC6275),
    "two-octets-short": (option(16, "0102030405060708"), RFC6275),  # and, by seed, 18 that isn't ours
    "shortest-experiment": (made.carried(11, bytes(2), AGENT, HOME), RFC6275),
    "options-not-read": (made.carried(12, bytes(2), AGENT, HOME), RFC6275),
    "behind-a-malformed-option": (option(2, ""), RFC6275),
    "unreachable-by-the-script": (made.unreachable(), RFC6275),
    "any-octet-a-subtype": (made.icmp_packet(154, bytes((1, 0, 0, 7)) + bytes(8), AGENT, CARE1), RFC6275),
    "next-header-62": (mobility_62(), RFC6275),
    "todays-numbers": (mobility_62().replace(b"\x80\x00\x00\x0f", b"\x84\x00\x00\x0f"), KAME2003),
    "quoted-checksums": (quoted_echo(), RFC6275),
    "behind-the-header": (short_acknowledgement(), RFC6275),
    "short-identifier": (option(8, "9552"), RFC6275),
    "options-in-other-messages": (
        made.carried(8, bytes.fromhex("0001 8000 000f c802 aabb 0102 0000"), CARE1, AGENT),
        RFC6275,
    ),
    "long-link-layer-address": (
        made.icmp_packet(133, bytes(4) + bytes.fromhex("0102 0200 5eff fe10 0099 0000 0000 0000"), HOME, AGENT),
        RFC6275,
    ),
    "redirected-packet": (redirect(), RFC6275),
    "octets-as-text": (option(8, "01a5fdfefc"), RFC6275),
    "error-in-an-error": (error_in_error(), RFC6275),
    "small-jumbogram": (jumbogram(), RFC6275),
    "unread-address": (unread_destination(), RFC6275),
    "no-room-for-a-checksum": (ipv6(AGENT, CARE1, 58, b"\x80"), RFC6275),
    "not-over-ipv6": (in_ipv4(made.home_bu()), RFC6275),
    "home-network-prefix": (option(22, "0040" + AGENT.hex()), RFC6275),
}


def test_each_fault_has_octets(tmp_path: Path) -> None:
    """One capture for each profile, a packet for each fault."""
    for profile in BUILT_IN.values():
        cases = {fault: packet for fault, (packet, of) in CASES.items() if of is profile}
        _, found = compare(write(tmp_path / "all.pcapng", cases.values()), profile)
        for number, fault in enumerate(cases, 1):
            there = [difference.fault for difference in found if difference.frame == number]
            assert None not in there, fault
            assert fault in {known.id for known in there if known is not None}


def test_what_the_capture_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcapng"
    with path.open("wb") as stream:
        packet = made.home_bu()
        PcapngWriter(stream, application="test").write(0, linktype.RAW, packet[:-16], original_length=len(packet))
    _, found = compare(path)
    assert {difference.fault.id for difference in found if difference.fault} == {"cut-by-the-capture"}
    assert [difference for difference in found if difference.fault is None] == []


def test_home_agent_unreachable_that_the_capture_cut(tmp_path: Path) -> None:
    """Two addresses, of which 8 octets, or one, are there."""
    packet = made.unreachable(AGENT, HOME)
    path = tmp_path / "cut.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for kept in (72, 80):
            writer.write(kept, linktype.RAW, packet[:kept], original_length=len(packet))
    _, found = compare(path)
    assert {d.frame for d in found if d.fault and d.fault.id == "cut-unreachable"} == {1, 2}
    assert [difference for difference in found if difference.fault is None] == []


IDENTIFIERS = (
    b"\0abc",
    b"ab\0cd",
    b"ab\1\x1b\x0c\x7f",
    b"a\t\n\r\nb",
    b"\xe2\x82 a",
    b"\xf0\x9f\x98x",
    "é日本".encode(),
)


def test_identifiers_that_are_no_text(tmp_path: Path) -> None:
    """Each is shown as the fault says, and another text in its place is none of it."""
    path = write(tmp_path / "text.pcapng", [option(8, "01" + each.hex()) for each in IDENTIFIERS])
    assert unexplained(path) == []
    frame = frames_of(path)[0]
    name = "mip6.mnid.identifier"
    (fault,) = (each for each in FAULTS if each.id == "octets-as-text")
    assert fault_of("4.0.17", RFC6275, frame, name, ("\0abc",), ()) is fault
    assert fault_of("4.0.17", RFC6275, frame, name, ("\0abc",), ("abc",)) is None


def test_an_echo_with_two_home_addresses(tmp_path: Path) -> None:
    """Tshark goes by the second, we by none (RFC 6275, 6.3)."""
    option = b"\xc9\x10"
    header = bytes((58, 5, 1, 2, 0, 0)) + option + HOME + bytes((1, 4, 0, 0, 0, 0)) + option + AGENT
    packet = ipv6(CARE1, AGENT, 60, header + made.echo_request(HOME, AGENT)[40:])
    _, found = compare(write(tmp_path / "two.pcapng", [packet]))
    assert {(each.field, each.fault and each.fault.id) for each in found if each.field.endswith("status")} == {
        ("icmpv6.checksum.status", "unread-address")
    }


def test_options_of_every_length(tmp_path: Path) -> None:
    """Each type that Wireshark knows, with 0 to 22 octets."""
    octets = [option(kind, bytes(range(length)).hex()) for kind in range(1, 56) for length in range(23)]
    assert unexplained(write(tmp_path / "lengths.pcapng", octets)) == []


def test_a_fault_hides_nothing_else(tmp_path: Path) -> None:
    """What none of them explains in the frames that they are about: values of the script, and values not there."""
    packets = [redirect(), mobility_62(), made.home_bu(), made.agent_switch(AGENT), option(16, "0102030405")]
    packets += [made.carried(11, bytes.fromhex(data), AGENT, HOME) for data in ("abcd", "0102030405060708090a")]
    frames = frames_of(write(tmp_path / "some.pcapng", packets))
    cases = [
        (frames[0], RFC6275, "mha.type", (), ("5",)),
        (frames[0], RFC6275, "ipv6.hlim", ("64", "64"), ("64", "7")),
        (frames[0], RFC6275, "ipv6.hlim", ("64", "255"), ("64",)),
        (frames[1], KAME2003, "mip6.bu.lifetime", ("15",), ("16",)),
        (frames[1], KAME2003, "mip6.bu.seqnr", ("1",), ()),
        (frames[2], RFC6275, "mip6.bu.seqnr", ("1",), ("2",)),
        (frames[3], RFC6275, "mip6.mhtype", ("12",), ("13",)),
        (frames[3], RFC6275, "mip6.bra.interval", (), ("7",)),
        (frames[4], RFC6275, "mip6.mocot.co_keygen_tok", (), ("0102",)),
        (frames[5], RFC6275, "mip6.em.data", ("abcd",), ("ab",)),
        (frames[5], RFC6275, "mip6.em.data", (), ("abcd",)),
        (frames[6], RFC6275, "mip6.em.data", ("0102030405060708090a",), ()),
    ]
    for frame, profile, name, ours, theirs in cases:
        assert fault_of("4.0.17", profile, frame, name, ours, theirs) is None


def test_a_profile_may_lack_the_list_of_home_agents(tmp_path: Path) -> None:
    """As those by which options are looked at as tshark reads them."""
    (frame,) = frames_of(write(tmp_path / "one.pcapng", [made.home_bu()]))
    numbers = {each.symbol: each.numbers[0] for each in declarations("mobility_option") if each.numbers}
    del numbers["multiple_home_agents"]
    without = Profile("without", numbers={"mobility_option": numbers}, closed=frozenset({"mobility_option"}))
    assert not options_of_the_script(Case("4.0.17", without, frame, "mip6.mobility_opt.len", ("16",), ()))


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    """The M bit at another place (docs/profiles.md): tshark knows today's alone."""
    file = tmp_path / "lab.toml"
    file.write_text("flags.binding_update.M = 0x0001\n", encoding="utf-8")
    update = made.carried(5, bytes.fromhex("0001 c001 000f 0102 0000"), CARE1, AGENT, home_option=HOME)
    path = write(tmp_path / "one.pcapng", [update])
    found = compare(path, load_profile(str(file)))[1]
    assert ("mip6.bu.m_flag", "todays-numbers") in {(d.field, d.fault and d.fault.id) for d in found}
    assert None not in {d.fault for d in found}


def test_a_profile_that_moves_the_mobility_header(tmp_path: Path) -> None:
    """docs/profiles.md: `protocols.mobility`; each field of an update is compared with Wireshark's all the same."""
    file = tmp_path / "lab.toml"
    file.write_text("protocols.mobility = 253\n", encoding="utf-8")
    body = bytes.fromhex("3b010500 0000 0007 8000 000f 01020000")
    right = internet_checksum(CARE1, AGENT, 253, body)
    update = ipv6(CARE1, AGENT, 253, body[:4] + right.to_bytes(2) + body[6:])
    comparison, found = compare(write(tmp_path / "one.pcapng", [update]), load_profile(str(file)))
    assert [each for each in found if each.fault is None] == []
    assert comparison.compared > 30


def test_every_fault_is_met() -> None:
    assert {fault.id for fault in FAULTS} == set(CASES) | {"cut-by-the-capture", "cut-unreachable"}


def test_a_fault_is_of_its_versions() -> None:
    fault = next(each for each in FAULTS if each.id == "option-type-not-filled")
    assert fault.covers("4.0.17", fault.fields[0])
    assert not fault.covers("4.2.0", fault.fields[0])
    assert not fault.covers("4.0.17", "mip6.csum")
    assert fault_of("5.0", RFC6275, None, fault.fields[0], ("1",), ()) is None  # type: ignore[arg-type]


# --- at the command line ---


def run(path: Path, *arguments: str) -> int:
    """The status, in this process: what fields tshark has is asked once."""
    from mhatool.cli import main

    return main(["crosscheck", str(path), *arguments])


def test_a_difference_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the list of known faults each of them is a difference."""
    from mhatool.wireshark import faults

    monkeypatch.setattr(faults, "FAULTS", ())
    path = write(tmp_path / "one.pcapng", [option(16, "0102030405060708")])
    assert run(path) == 1
    out, _ = capsys.readouterr()
    line = f"{path}:1: mip6.mocot.co_keygen_tok: we have 0102030405060708, tshark 010203040506 (octets 010203040506)"
    assert line in out.splitlines()


def test_an_unknown_version_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mhatool.wireshark import crosscheck

    monkeypatch.setattr(crosscheck, "version", lambda: "4.2.2")
    path = write(tmp_path / "one.pcapng", [option(8, "01001b5b306d6162")])
    assert run(path) == 1
    out, _ = capsys.readouterr()
    assert "The known faults are those of tshark 4.0: what differs may be one of them in 4.2.2 too.\n" in out
    assert "we have \\x00\\x1b[0mab, tshark nothing" in out


def test_text_and_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "one.pcapng", [made.home_bu(), made.ba()])
    assert run(path) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("known: option-type-not-filled x 2: tshark ")
    assert " fields in 2 frames beside tshark " in out.splitlines()[-1]
    assert run(path, "--jsonl") == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for record in records:
        jsonschema.Draft202012Validator(SCHEMA).validate(record)
    assert [(r["frame"], r["field"], r["known_fault"]) for r in records] == [
        (1, "mip6.mobility_opt", "option-type-not-filled"),
        (2, "mip6.mobility_opt", "option-type-not-filled"),
    ]


def test_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no capture\n", encoding="utf-8")
    assert "text" in complaint("crosscheck", tmp_path / "text")
    assert "nothing.pcap" in complaint("crosscheck", tmp_path / "nothing.pcap")
    assert complaint("crosscheck", "-").startswith("standard input: the file is empty; ")


def test_a_capture_that_breaks_off(tmp_path: Path) -> None:
    """As `dissect` warns of it, and no traceback."""
    path = tmp_path / "cut.pcap"
    path.write_bytes((UMIP / "ro-home.pcap").read_bytes()[:2000])
    result = mhatool("crosscheck", path)
    assert (result.status, "no difference" in result.out) == (0, True)
    warning = mhatool("dissect", path).err.splitlines()[-1]
    assert "at octet" in warning
    assert result.err.splitlines() == [warning]


def test_what_the_user_has_set_doesnt_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script of his, preferences that turn ours off, a disabled protocol."""
    settings, plugins = tmp_path / ".config/wireshark", tmp_path / ".local/lib/wireshark/plugins"
    for folder in (settings, plugins):
        folder.mkdir(parents=True)
    (plugins / "mha.lua").write_text(plugin(KAME2003), encoding="utf-8")
    (settings / "preferences").write_text("mha.mobility: FALSE\nmha.option_type: 200\n", encoding="utf-8")
    (settings / "disabled_protos").write_text("mipv6\nmha\n", encoding="utf-8")
    path = write(tmp_path / "one.pcapng", [made.bu(made.multiple_home_agents(), flags="AHM"), made.unreachable()])
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(path) == 0
    assert "no difference" in capsys.readouterr().out


def test_what_can_be_read_once(tmp_path: Path) -> None:
    """Two read it: it is kept meanwhile, and nothing stays."""
    path = write(tmp_path / "one.pcapng", [made.home_bu()])
    told = mhatool("crosscheck", path)
    assert (told.status, "no difference" in told.out) == (0, True)
    (tmp_path / "kept").mkdir()
    place = {"TMPDIR": str(tmp_path / "kept")}
    assert mhatool("crosscheck", "-", stdin=path.read_bytes(), environment=place) == told
    command = f"exec {shlex.join(COMMAND)} crosscheck <(cat {path})"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=os.environ | place, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, told.out, "")
    assert list((tmp_path / "kept").iterdir()) == []


def test_what_cant_be_read_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "one.pcapng", [made.home_bu()])
    fake = tmp_path / "tshark"
    odd, real = "*pdml*) echo '<pdml><packet></packet></pdml>'", f'*) exec {shutil.which("tshark")} "$@"'
    fake.write_text(f'#!/bin/sh\ncase "$*" in {odd};; {real};; esac\n', encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert run(path) == 2
    assert capsys.readouterr().err.startswith("mhatool: tshark's output can't be read")
