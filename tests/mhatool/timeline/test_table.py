"""The timeline as tables: the facts of the recordings, in 80 columns of ASCII."""

import re
from collections import Counter

import pytest

from mhatool.observe import observe
from mhatool.timeline import Timeline, build
from mhatool.timeline.table import as_table
from mhatool.timeline.tables import Grid
from mhatool.validate import validate
from tests.mhatool import manifest
from tests.mhatool.cli.process import mhatool
from tests.mhatool.scenes import AGENT, CARE1, CARE2, HOME, PEER, Source, ba, bu, changed, echo, ip, recording, scene
from tests.mhatool.surgery import with_checksum_off_by_one

NAMES = [entry["file"].removeprefix("umip/") for entry in manifest.entries()]


def told(*sources: Source) -> Timeline:
    return build(observe(sources))


def rows(text: str, title: str) -> list[list[str]]:
    """The cells of the table under a title; two blanks part them, an empty cell is lost."""
    lines = text.splitlines()
    start = lines.index(title) + 1
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    assert set(lines[start + 1]) == {"-"}
    return [re.split(r" {2,}", line) for line in lines[start + 2 : end]]


def test_a_row_has_a_cell_for_each_column() -> None:
    for row in (("1 s",), ("1 s", "moved", "A")):
        with pytest.raises(ValueError, match="cells for the columns Time, Event"):
            Grid(("Time", "Event"), [row])


@pytest.mark.parametrize("name", NAMES)
def test_every_recording_fits_80_columns_of_ascii(name: str) -> None:
    text = as_table(told(recording(name)), width=80)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def characters(text: str) -> Counter[str]:
    """How often each character is there, but for what lays out a table."""
    return Counter(text) - Counter({" ": len(text), "\n": len(text), "-": len(text)})


@pytest.mark.parametrize("width", [72, 75, 76, 78, 80, 100])
def test_nothing_is_cut_on_narrow_terminals(width: int) -> None:
    """Nor are times and numbers parted: the same is there as where all has room."""
    long = [Source(f"a-rather-long-name-{i}.pcap", recording("failover60-mn.pcap").records) for i in (1, 2)]
    days = scene((86_398, bu(seq=65534)), (86_399, ba(seq=65534)), (2 * 86_400, bu(seq=65535)), (2 * 86_400 + 1, ba()))
    for sources in ([recording("failover60-mn.pcap")], long, [days]):
        timeline = told(*sources)
        text, wide = as_table(timeline, width=width), as_table(timeline, width=1000)
        assert max(map(len, text.splitlines())) <= width
        assert characters(text) == characters(wide)
        pieces = r"(?:\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}|\d+(?:\.\d{3})? s\b|\b\d{5}-\d{5}\b"
        assert Counter(re.findall(pieces, text)) == Counter(re.findall(pieces, wide))


def test_over_midnight_times_have_their_day() -> None:
    """1970-01-01 has 86,400 s; the lifetime of 60 s counts from the update."""
    packets = [(86_398, bu(seq=1)), (86_399, ba(seq=1)), (2 * 86_400, echo(PEER, HOME))]
    text = as_table(told(scene(*packets)))
    assert text.startswith("3 packets, 1970-01-01 23:59:58.000 to 1970-01-03 00:00:00.000 UTC\n")
    (held,) = rows(text, "Bindings at home agent 2001:db8:1::1")
    assert held == ["A", "01-01 23:59:59.000", "01-02 00:00:58.000", "expired", "60 s", "0"]
    assert rows(text, "What happened at home agent 2001:db8:1::1")[0][0] == "01-01 23:59:59.000"


def test_the_failover() -> None:
    """Times and frames as in captures/MANIFEST.toml; the lifetimes were 60 s."""
    text = as_table(told(recording("failover60-mn.pcap")))
    assert rows(text, "Home address 2001:200:1:2:240:26ff:fe4c:51fd") == [
        ["A", "2001:200:1:1:240:26ff:fe4c:51fd"],
        ["home", "2001:200:1:2:240:26ff:fe4c:51fd"],
    ]
    assert rows(text, "Bindings at home agent 2001:200:1:2::1") == [
        ["A", "09:54:16.110", "09:55:15.047", "expired", "60 s", "0"]
    ]
    assert rows(text, "Bindings at home agent 2001:200:1:2::2") == [
        ["A", "09:56:16.116", "09:56:46.739", "deregistered", "60 s", "0"]
    ]
    unanswered = rows(text, "What happened at home agent 2001:200:1:2::1")[1]
    assert unanswered == ["09:55:12.044", "unanswered x6", "A", "42217-42222", "60 s", "349..378", "31.004 s"]
    assert rows(text, "Gaps")[0] == [
        "No usable binding", "09:54:28.700", "09:56:16.116", "107.416 s", "updates unanswered",
    ]  # fmt: skip
    steps = rows(text, "No valid binding, step by step")
    assert steps[1] == ["09:55:15.047", "binding expired", "2001:200:1:2::1"]
    assert steps[3] == ["09:56:16.116", "binding accepted", "2001:200:1:2::2", "397"]


def test_a_row_for_each_care_of_address() -> None:
    """captures/README.md: 22354 and its refresh 22355 are for the first one, 22356 and 22357 for the second."""
    text = as_table(told(recording("tour-mn.pcap")))
    assert rows(text, "Bindings at home agent 2001:200:1:2::1") == [
        ["A", "09:51:51.485", "09:53:08.686", "moved", "60 s", "1"],
        ["B", "09:53:08.686", "09:54:31.212", "deregistered", "60 s", "1"],
    ]


def test_each_row_has_what_was_granted_for_it() -> None:
    packets = [(0, bu(seq=1)), (1, ba(seq=1)), (20, bu(seq=2)), (20.1, ba(seq=2, life=40))]
    packets += [(30, bu(CARE2, seq=3)), (30.1, ba(CARE2, seq=3, life=32)), (40, bu(seq=4)), (40.1, ba(seq=4))]
    assert rows(as_table(told(scene(*packets))), "Bindings at home agent 2001:db8:1::1") == [
        ["A", "00:00:01.000", "00:00:30.100", "moved", "40 s", "1"],
        ["B", "00:00:30.100", "00:00:40.100", "moved", "32 s", "0"],
        ["A", "00:00:40.100", "capture end", "60 s", "0"],
    ]


def test_a_correspondent() -> None:
    """The updates of ro-mn to 2001:200:1:c::10 (frames as tshark shows them; none asks for an acknowledgement)."""
    text = as_table(told(recording("ro-mn.pcap")))
    assert rows(text, "Bindings at correspondent 2001:200:1:c::10") == [
        ["A", "09:51:36.811", "09:52:57.039", "moved", "56 s"],
        ["B", "09:52:57.039", "09:54:10.322", "deregistered", "56 s"],
    ]
    updates = rows(text, "Updates to correspondent 2001:200:1:c::10")
    assert [(row[4], row[5]) for row in updates] == [
        ("56 s", "96"), ("4 s", "725"), ("56 s", "748"), ("52 s", "967"), ("4 s", "1543"), ("56 s", "1568"),
        ("0 s", "1774"),
    ]  # fmt: skip


def test_bindings_that_the_capture_doesnt_hold_whole() -> None:
    """One that still holds at the end; one of which only the end was seen."""
    holds = as_table(told(scene((0, bu()), (1, ba()))))
    assert rows(holds, "Bindings at home agent 2001:db8:1::1") == [["A", "00:00:01.000", "capture end", "60 s", "0"]]
    ended = as_table(told(scene((0, bu(HOME, home=None, life=0)), (1, ba(HOME, home=None, life=0)))))
    assert rows(ended, "Bindings at home agent 2001:db8:1::1") == [
        ["not seen", "before", "00:00:01.000", "deregistered", "0 s", "0"]
    ]


def test_refusals_and_agents_without_binding() -> None:
    text = as_table(told(scene((0, bu()), (1, ba(status=129)))))
    assert "Bindings at home agent 2001:db8:1::1: none" in text.splitlines()
    ((_, what, *_),) = rows(text, "What happened at home agent 2001:db8:1::1")
    assert what == "refused, status 129"


LONG = ip("2001:db8:1111:2222:3333:4444:5555:6666")
LONG_TEXT = "2001:db8:1111:2222:3333:4444:5555:6666"


def test_addresses_are_never_cut() -> None:
    """In the narrowest table an address goes on in the next line: its column read down is the whole."""
    agent = ip("2001:db8:9999:8888:7777:6666:5555:4444")
    packets = [
        (0.0, bu(LONG, agent)),
        (1.0, ba(LONG, agent)),
        (50.0, bu(LONG, agent, seq=2)),
        (100.0, echo(LONG, agent)),
    ]
    text = as_table(told(scene(*packets)), width=72)
    assert max(map(len, text.splitlines())) <= 72
    assert LONG_TEXT in text
    steps = text[text.index("step by step") :]
    column = steps.splitlines()[1].index("Home agent")
    cells = [line[column:].split()[0] for line in steps.splitlines()[3:] if line[column:].strip()]
    assert "2001:db8:9999:8888:7777:6666:5555:4444" in "".join(cells)
    assert "…" not in text


def test_names_stand_for_addresses() -> None:
    text = as_table(told(scene((0, bu()), (1, ba()))), names={AGENT: "ha1", CARE1: "abroad", HOME: "mn"})
    assert "Home address mn" in text
    assert rows(text, "Home address mn") == [["A", "abroad"]]
    assert "What happened at home agent ha1" in text


def test_many_care_of_addresses() -> None:
    """More than there are letters."""
    packets = []
    for i in range(28):
        care = CARE2[:-1] + bytes((i,))
        packets += [(i * 2.0, bu(care, seq=i)), (i * 2.0 + 1, ba(care, seq=i))]
    signs = [row[0] for row in rows(as_table(told(scene(*packets))), "Home address 2001:db8:1::100")]
    assert (signs[0], signs[25], signs[26], signs[27]) == ("A", "Z", "A1", "B1")


def test_findings_and_files() -> None:
    source = recording("tour-mn.pcap")
    octets = {record.frame: record.captured for record in source.records}
    broken = changed(source, f99=with_checksum_off_by_one(octets[99]))
    text = as_table(build(observe([broken]), validate([broken])), width=120)
    (found,) = (row for row in rows(text, "Findings") if "MIP6-MH-001" in row)
    assert found[:2] == ["09:51:50.444", "error"]
    assert found[3] == "99"
    assert found[4].startswith("expected checksum 0x")
    both = as_table(told(recording("tour-mn.pcap"), recording("tour-home.pcap")), width=120)
    assert "tour-mn.pcap:99" in both


def test_nothing_to_tell() -> None:
    assert as_table(told()) == "No packets.\n"
    assert as_table(told(scene((0, echo(HOME, AGENT))))).splitlines()[1] == "No home registrations."


def test_colour_is_asked_for() -> None:
    coloured = as_table(told(scene((0, bu()), (1, ba()))), color=True)
    assert "\x1b[1mHome address 2001:db8:1::100\x1b[0m" in coloured


def test_the_command() -> None:
    """In an ASCII locale and into a file it is the same text."""
    capture = "captures/umip/failover60-mn.pcap"
    plain = mhatool("timeline", capture, "--style", "table", environment={"LC_ALL": "C", "PYTHONUTF8": "0"})
    assert (plain.status, plain.err) == (0, "")
    source = recording("failover60-mn.pcap")
    assert plain.out == as_table(build(observe([source]), validate([source])), width=100)
    coloured = mhatool("timeline", capture, "--style", "table", "--color", "always")
    assert "\x1b[1mGaps" in coloured.out
