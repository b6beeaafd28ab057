"""The rules in Wireshark: they find what `mhatool validate` finds, frame by frame."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import pytest

from mhatool.capture import PcapngWriter, linktype, open_capture
from mhatool.exchange import Source
from mhatool.validate import RULES, validate
from mhatool.wireshark.generate import JUDGED
from mhatool.wireshark.looks import COLOURS
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER, home_address_option, ipv6, tunnel
from tests.peers.plugin import frames, table, tshark, write
from tests.recipes import packets as made
from tests.recipes.mobility_header import fragments
from tests.recipes.protected import esp_tunnel, in_esp

pytestmark = pytest.mark.tshark

SEVERITY = {0x800000: "error", 0x600000: "warning", 0x400000: "note", 0x200000: "chat"}


class Found(NamedTuple):
    """Which rules fire in which frames, and whether each message names its rule."""

    ours: set[tuple[int, str]]
    theirs: set[tuple[int, str]]


def _all_examples(repository: Path, path: Path) -> Found:
    """Every small capture of captures/rules in one file."""
    ours: set[tuple[int, str]] = set()
    packets: list[bytes] = []
    for capture in sorted((repository / "captures" / "rules").glob("*.pcapng")):
        with open_capture(capture) as reader:
            records = list(reader)
        for finding in validate([Source(capture.name, iter(records))], select=JUDGED):
            ours.add((len(packets) + finding.frames[-1].number, finding.rule))
        packets += [record.captured for record in records]
    more = ("-o", "esp.enable_null_encryption_decode_heuristic:TRUE", "-o", "mha.other_fields:TRUE")
    rows = table(write(path, packets), ["mha.rule"], *more)
    return Found(ours, {(int(number), rule) for number, rules in rows for rule in rules.split(",") if rule})


def test_the_examples(repository: Path, tmp_path: Path) -> None:
    found = _all_examples(repository, tmp_path / "examples.pcapng")
    assert found.theirs - found.ours == set()
    assert found.ours - found.theirs == set()
    assert {rule for _, rule in found.ours} == set(JUDGED)


def _severities(path: Path) -> dict[int, list[tuple[str, str]]]:
    """By frame: the rules of its expert infos, with their severities by Wireshark's numbers (epan/proto.h)."""
    form = ["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|"]
    fields = ["frame.number", "_ws.expert.message", "_ws.expert.severity"]
    text = tshark("-r", path, "-o", "mha.always:TRUE", *form, *(part for name in fields for part in ("-e", name)))
    found = {}
    for number, messages, severities in (line.split("\t") for line in text.splitlines()):
        words = [SEVERITY[int(severity)] for severity in severities.split("|")]
        pairs = zip(messages.split("|"), words, strict=True)
        found[int(number)] = sorted((each.partition(":")[0], word) for each, word in pairs if "expected" in each)
    return found


def test_an_inconclusive_finding_is_a_note(tmp_path: Path) -> None:
    """docs/rules.md: "is a note, whatever the rule's severity"; and the colour for broken rules isn't theirs.

    1 a wrong checksum; 2 no M with a list that may be another experiment's; 3 ESP, which the script doesn't see, may
    be there in place of the Alternate Care-of Address; 4 the same, and lists one home agent, where 2 are the least.
    """
    broken = made.home_bu()
    packets = [broken[:-1] + bytes((broken[-1] ^ 1,)), made.bu(made.alternate(CARE1), made.multiple_home_agents(PEER))]
    packets += [made.bu(), made.bu(made.multiple_home_agents(AGENT), flags="AHM")]
    path = write(tmp_path / "four.pcapng", packets)
    assert _severities(path) == {
        1: [("MIP6-MH-001", "error")],
        2: [("MHA-001", "note")],
        3: [("MIP6-BU-003", "note")],
        4: [("MHA-002", "error"), ("MIP6-BU-003", "note")],
    }
    colour = next(each for each in COLOURS if each.name == "Mobility: a rule is broken")
    assert frames(path, colour.display_filter) == [1, 4]
    assert frames(path, "mha.rule.inconclusive") == [2, 3, 4]


def test_nothing_in_a_cut_message_is_certain(tmp_path: Path) -> None:
    """docs/rules.md: what the capture doesn't show could clear the node. Status 200 is nobody's (IANA).

    1 of 40 + 24 + 8 octets, 2 whole.
    """
    path = tmp_path / "cut.pcapng"
    whole = made.ba(status=200)
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        writer.write(0, linktype.RAW, whole[:72], original_length=len(whole))
        writer.write(1, linktype.RAW, whole)
    note = [("MIP6-BA-003", "note"), ("MIP6-MH-001", "note")]
    assert _severities(path) == {1: note, 2: [("MIP6-BA-003", "error")]}
    assert frames(path, "mha.rule.inconclusive") == [1]


def test_a_sliced_frame_was_cut(tmp_path: Path) -> None:
    """Mirror ports that slice frames: IPv6's Payload Length (RFC 8200, 3) is more than the frame has, which is "whole".

    1 sliced; 2 the same in a tunnel; 3 a Header Len of 80 octets in an IPv6 payload of 56; 4 that in a tunnel.
    """
    update = made.home_bu()
    too_long = update[:65] + b"\x09" + update[66:]
    packets = [update[:80], tunnel(CARE1, AGENT, update)[:120], too_long, tunnel(CARE1, AGENT, too_long)]
    rows = table(write(tmp_path / "four.pcapng", packets), ["mha.rule"], "-o", "mha.other_fields:TRUE")
    assert rows == [["1", "MIP6-MH-001"], ["2", "MIP6-MH-001"], ["3", "MIP6-MH-003"], ["4", "MIP6-MH-003"]]
    assert frames(tmp_path / "four.pcapng", "mha.rule.inconclusive", "-o", "mha.other_fields:TRUE") == [1, 2]


def test_what_wireshark_puts_together_is_whole(tmp_path: Path) -> None:
    """An update in IPv4 (RFC 4213, protocol 41) in two fragments (RFC 791): it is longer than the second frame."""
    update, sides = made.home_bu(), bytes((192, 0, 2, 1, 192, 0, 2, 2))
    packets = []
    for offset, more, part in ((0, 0x2000, update[:88]), (88, 0, update[88:])):
        packets.append(
            struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(part), 7, more | offset // 8, 64, 41, 0) + sides + part
        )
    path = write(tmp_path / "two.pcapng", packets)
    rows = table(path, ["mha.checksum.status", "mha.rule"], "-o", "mha.other_fields:TRUE")
    assert rows == [["1", "", ""], ["2", "1", ""]]


@pytest.mark.parametrize(
    ("together", "expected"), [("TRUE", [["1", ""], ["2", ""]]), ("FALSE", [["1", "MIP6-MH-001"]])]
)
def test_a_fragment_is_no_message(tmp_path: Path, together: str, expected: list[list[str]]) -> None:
    """With Wireshark's preference not to put fragments together: the first has 16 octets of a message of 32."""
    path = write(tmp_path / "two.pcapng", fragments())
    rows = table(path, ["mha.rule"], "-o", f"ipv6.defragment:{together}")
    assert rows[: len(expected)] == expected
    assert frames(path, 'mha.rule == "MIP6-MH-003"', "-o", f"ipv6.defragment:{together}") == []


def test_a_tunnels_protection_isnt_the_messages(tmp_path: Path) -> None:
    """ESP between mobile node and home agent proves nothing to a correspondent (RFC 6275, 6.1.7: Nonce Indices there).

    1 an update to a correspondent in an ESP tunnel; 2 ESP of its own; 3 one to a home agent behind a header that has
    a Home Address option and a tunnel in it, and none of its own: nothing is missing.
    """
    bare = made.bu(to=PEER, flags="A")
    outer = ipv6(CARE1, AGENT, 60, home_address_option(PEER, 41) + made.bu(home=None))
    path = write(tmp_path / "three.pcapng", [esp_tunnel(CARE1, AGENT, bare), in_esp(bare), outer])
    more = ("-o", "esp.enable_null_encryption_decode_heuristic:TRUE", "-o", "mha.other_fields:TRUE")
    assert table(path, ["mha.rule"], *more) == [["1", "MIP6-BU-013"], ["2", ""], ["3", ""]]
    with open_capture(path) as reader:
        found = validate([Source("three", iter(list(reader)))], select=JUDGED)
    assert [(each.frames[0].number, each.rule) for each in found] == [(1, "MIP6-BU-013")]


def test_no_options_behind_addresses_that_are_counted_too_high(tmp_path: Path) -> None:
    """Home Agent Switch (RFC 5142, 3) that counts 3 addresses and has one: 8 + 3 * 16 = 56 octets, of which it has 32.

    What stands behind the first, an option of type 250 to a count of 1, are addresses to this one.
    """
    options = bytes.fromhex("fa02 0001 0102 0000")
    path = tmp_path / "two.pcapng"
    write(path, [made.carried(12, bytes((count, 0)) + AGENT + options, AGENT, CARE1) for count in (3, 1)])
    assert table(path, ["mha.rule"]) == [["1", "MIP6-MH-004"], ["2", "MIP6-OPT-009"]]
    with open_capture(path) as reader:
        found = validate([Source("two", iter(list(reader)))], select=JUDGED)
    assert [(each.frames[0].number, each.rule) for each in found] == [(1, "MIP6-MH-004"), (2, "MIP6-OPT-009")]


def test_only_packet_rules_are_judged() -> None:
    assert [id_ for id_ in JUDGED if RULES[id_].scope != "packet"] == []


def test_several_care_of_addresses_at_once(tmp_path: Path) -> None:
    """RFC 5648: in bulk, IPv4 among them, and at home too; then Binding Identifiers that change nothing."""
    one, both = made.binding_identifier(1), made.binding_identifier(2, at_home_too=True)
    in_bulk = [made.binding_identifier(1, CARE1), made.binding_identifier(2, bytes((192, 0, 2, 9)))]
    fine = [made.bu(*in_bulk), made.bu(both, source=HOME), made.bu(both, made.alternate(HOME))]
    packets = [*fine, made.bu(one), made.bu(one, made.alternate(HOME))]
    rows = table(write(tmp_path / "several.pcapng", packets), ["mha.rule"])
    assert rows == [["1", ""], ["2", ""], ["3", ""], ["4", "MIP6-BU-003"], ["5", "MIP6-BU-008"]]


def test_an_experiment_aligns_its_option_as_it_wants(tmp_path: Path) -> None:
    """RFC 5096, 4: option 18 has no alignment; a list of home agents has one (the paper, Fig. 8: 8n+6)."""
    experiment, ours = (18, bytes(32), (8, 0)), (18, PEER + AGENT, (8, 0))
    with_m = made.bu(made.alternate(CARE1), experiment, flags="AHM")
    packets = [
        made.bu(made.alternate(CARE1), experiment),
        made.ba(experiment),
        with_m,
        made.bu(made.alternate(CARE1), ours),
    ]
    rows = table(write(tmp_path / "experiment.pcapng", packets), ["mha.rule"])
    assert [number for number, rules in rows if "MIP6-OPT-002" in rules.split(",")] == ["3", "4"]


def test_a_permanent_token_is_good_for_a_day(tmp_path: Path) -> None:
    """RFC 4866: the home nonce index 0 stands for one."""
    packets = [
        made.bu(made.nonce_indices(index, 1), made.authorization(), to=PEER, flags="A", life=86_400) for index in (0, 1)
    ]
    assert table(write(tmp_path / "token.pcapng", packets), ["mha.rule"]) == [["1", ""], ["2", "MIP6-LIFE-003"]]
