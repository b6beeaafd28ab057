"""Each message between its nodes: as a ladder, for Mermaid, as a picture and on a page."""

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from dissectors.ipv6 import address
from mhatool.capture import PcapngWriter
from mhatool.display.chart import WIDTH, chart
from mhatool.exchange import sightings
from mhatool.observe import Observer
from mhatool.timeline import Timeline, build
from mhatool.timeline.drawing import overview_of
from mhatool.timeline.flow import Arrow, Arrows, Story, story_of
from mhatool.timeline.flow.ladder import as_ladder
from mhatool.timeline.flow.mermaid import as_mermaid
from mhatool.timeline.flow.story import MOST_NODES
from mhatool.timeline.flow.svg import MOST_ROWS
from mhatool.timeline.page import MOST_BARS, as_page
from mhatool.timeline.picture import as_svg
from tests.mhatool import manifest
from tests.mhatool.browser import measured
from tests.mhatool.cli.process import REPOSITORY, complaint, mhatool
from tests.mhatool.html_page import check_page
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    RAW,
    S,
    Source,
    ba,
    binding_error,
    bu,
    ip,
    recording,
    scene,
    tunnel,
)
from tests.recipes import failing_agents as made
from tests.recipes.packets import carried, dhaad_reply, dhaad_request

NAMES = {AGENT: "ha1", AGENT2: "ha2", HOME: "mn", PEER: "cn", made.SPARE: "ha3"}
ANYCAST = ip("2001:db8:1:0:fdff:ffff:ffff:fffe")


def told(*sources: Source, node: bytes | None = None, names: dict[bytes, str] = NAMES) -> tuple[Timeline, Story]:
    observer, arrows = Observer(), Arrows()
    for sighting in sightings(sources):
        observer.see(sighting)
        arrows.see(sighting)
    timeline = build(observer)
    return timeline, story_of(timeline, arrows.all, names, node=node)


def shown(story: Story) -> list[tuple[str, str, str]]:
    """Who said what to whom."""
    titles = [lane.title for lane in story.lanes.all]
    arrows = [row for row in story.rows if isinstance(row, Arrow)]
    return [(*(titles[place] for place in story.ends(arrow)), story.said(arrow)) for arrow in arrows]


def test_care_of_addresses_are_the_mobile_nodes() -> None:
    """Also those that a message shows before any packet says whose they are."""
    _, story = told(
        scene(
            (1, dhaad_request(CARE1, ANYCAST)),
            (2, bu(source=CARE1, seq=7)),
            (3, ba(destination=CARE1, seq=7)),
            (9, bu(source=CARE2, seq=8)),
            (10, ba(destination=CARE2, seq=8, status=135)),
        )
    )
    assert shown(story) == [
        ("mn", "home agents of 2001:db8:1::/64", "DHAAD request"),
        ("mn", "ha1", "BU 7 AH 60 s"),
        ("ha1", "mn", "BA 7 accepted 60 s"),
        ("mn", "ha1", "BU 8 AH 60 s"),
        ("ha1", "mn", "BA 8 status 135 (Sequence number out of window)"),
    ]
    assert story.lanes.all[0].described == f"mobile node, {', '.join(map(address.text, (HOME, CARE1, CARE2)))}"


def test_a_test_in_a_tunnel_goes_to_the_correspondent_and_counts_once() -> None:
    """The same Home Test Init in the tunnel, and behind it, is one message (RFC 6275, 5.2.5)."""
    asked = carried(1, bytes(10), HOME, PEER)
    _, story = told(scene((1, tunnel(CARE1, AGENT, asked)), (1.01, asked)))
    arrow = next(row for row in story.rows if isinstance(row, Arrow))
    assert shown(story) == [("mn", "cn", "HoTI")]
    assert (arrow.tunnel, arrow.care_of) == ((CARE1, AGENT), (HOME, CARE1))


def test_heartbeats_are_told_once_until_something_else_happens() -> None:
    beats = [made.asked(at, at) for at in range(1, 5)] + [made.answered(at + 0.01, at) for at in range(1, 5)]
    _, story = told(scene(*sorted(beats), (5, bu(seq=1)), made.asked(6, 6)))
    assert shown(story) == [
        ("ha2", "ha1", "Heartbeat, ×4 until 00:00:04.000"),
        ("ha1", "ha2", "Heartbeat answer, ×4 until 00:00:04.010"),
        ("mn", "ha1", "BU 1 AH 60 s"),
        ("ha2", "ha1", "Heartbeat"),
    ]


def test_who_is_unreachable_is_named() -> None:
    _, story = told(scene(*made.SEARCHED))
    assert ("ha2", "mn", "HA unreachable: ha1") in shown(story)
    assert ("ha2", "mn", "DHAAD reply: ha2, ha3") in shown(story)


def test_a_ladder() -> None:
    """Columns 16 apart, as there is room; the letters of this page are counted by hand."""
    source = scene((1, bu(seq=7)), (2.5, ba(seq=7)), (70, bu(seq=8)))
    assert as_ladder(told(source)[1], width=100).splitlines() == [
        "3 packets, 1970-01-01 00:00:01.000 to 00:01:10.000 UTC",
        "  A mn   mobile node, 2001:db8:1::100, 2001:db8:a::100",
        "  B ha1  home agent, 2001:db8:1::1",
        "",
        "              mn              ha1",
        "00:00:01.000  |-------------->|  BU 7 AH 60 s, frame 1",
        "00:00:02.500  |<--------------|  BA 7 accepted 60 s, frame 2",
        "00:00:02.500  |               |  * registered at ha1, care-of 2001:db8:a::100",
        "00:01:01.000  |               |  * expired at ha1",
        "00:01:01.000  |               |  ~ no valid binding from here, to the end",
        "00:01:10.000  |-------------->|  BU 8 AH 60 s, frame 3",
        "00:01:10.000  |               |  * pending at ha1",
    ]


@pytest.mark.parametrize("name", ["tour-mn.pcap", "failover60-mn.pcap"])
def test_registrations_of_a_recording(name: str) -> None:
    """Each at its time and in its frames, as the manifest has them from tshark."""
    lines = as_ladder(told(recording(name), names={})[1]).splitlines()
    for known in manifest.entry(name)["registration"]:
        number, lifetime = known["sequence_number"], known["requested_lifetime_s"]
        clock = known["update_time"].strftime("%H:%M:%S")
        asked = next(line for line in lines if f"BU {number} AH {lifetime} s, frame {known['update_frame']}" in line)
        assert asked.startswith(clock)
        assert re.search(r"\|-+(\|-+)*>\|", asked)
        if known.get("status") == 0:
            granted = f"BA {number} accepted {known['granted_lifetime_s']} s, frame {known['acknowledgement_frame']}"
            answer = next(line for line in lines if granted in line)
            assert re.search(r"\|<-+(\|-+)*\|", answer)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_a_ladder_keeps_to_its_width(width: int) -> None:
    """But for 58 columns that two nodes, a time and the longest address need."""
    text = as_ladder(told(recording("failover60-mn.pcap"), names={})[1], width=width)
    rungs = text.splitlines()[text.splitlines().index("") + 1 :]
    assert max(map(len, rungs)) <= max(width, 14 + 4 * 4 + 1 + 2 + 42)


def test_errors_about_two_updates_are_two() -> None:
    """Frames 353 and 354 have one ICMPv6 checksum, 0x49c8, as tshark shows: a quoted one cancels out its number."""
    told_of = [text for _, _, text in shown(told(recording("failover60-mn.pcap"))[1]) if text.startswith("ICMPv6")]
    assert [text for text in told_of if "BU 4221" in text] == [
        f"ICMPv6 Destination Unreachable code 3 about BU {number} AH 60 s" for number in (42217, 42218, 42219)
    ]


def test_binding_errors_about_two_home_addresses_are_two() -> None:
    both = [(1, binding_error(CARE1, PEER, ip("2001:db8:1::101"))), (1.05, binding_error(CARE1, PEER, HOME))]
    assert [text[:11] for _, _, text in shown(told(scene(*both))[1])] == ["BE status 1"] * 2


def test_a_care_of_address_is_that_nodes_which_is_there_then() -> None:
    """Also where only one node's messages are shown, and where somebody takes the care-of address for an agent's."""
    second = ip("2001:db8:1::200")
    asked = [(at, carried(2, bytes(10), CARE1, PEER)) for at in (2, 22)]
    source = scene((1, bu()), asked[0], (20, bu(home=second, seq=5)), asked[1])
    for node in (None, PEER):
        story = told(source, node=node, names={HOME: "mn1", second: "mn2", PEER: "cn"})[1]
        assert [who for who, _, text in shown(story) if text == "CoTI"] == ["mn1", "mn2"]
    stranger = scene((1, bu()), asked[0], (6, bu(source=CARE2, agent=CARE1, home=second)))
    assert [who for who, _, text in shown(told(stranger)[1]) if text == "CoTI"] == ["mn"]


def test_a_tunnel_that_only_a_copy_shows() -> None:
    asked = carried(1, bytes(10), HOME, PEER)
    arrow = next(row for row in told(scene((1, asked), (1.01, tunnel(CARE1, AGENT, asked))))[1].rows)
    assert isinstance(arrow, Arrow)
    assert arrow.tunnel == (CARE1, AGENT)


def test_a_home_address_is_nobody_elses_care_of_address() -> None:
    """Whoever names another mobile node's home address as its own care-of address doesn't become that node."""
    other = ip("2001:db8:1::200")
    source = scene((1, bu(home=other, source=CARE2)), (2, bu(source=other)), (3, bu(home=other, source=CARE2, seq=2)))
    _, story = told(source, names={HOME: "mn1", other: "mn2", AGENT: "ha1"})
    assert [(who, text[:4]) for who, _, text in shown(story)] == [("mn2", "BU 1"), ("mn1", "BU 1"), ("mn2", "BU 2")]
    titles = [lane.title for lane in story.lanes.all]
    assert titles[story.lanes.place(other, 3 * S) or 0] == "mn2"


def test_a_picture_marks_when_a_home_agent_was_last_seen() -> None:
    """At 1.1 s, of 11.3 s from 1 s on, in 960 pixels without those for names, and 20 at the right."""
    timeline, story = told(scene(*made.SEARCHED))
    overview = overview_of(timeline, story.words)
    first_s = made.SEARCHED[0][0]
    assert overview.marks == [(pytest.approx(1.1 - first_s), "ha1 last seen")]
    root = ET.fromstring(as_svg(timeline, story))
    line = next(each for each in root.iter() if each.get("class") == "mark" and each.get("x1"))
    scale = (WIDTH - overview.left - 20) / (made.SEARCHED[-1][0] - first_s)
    assert float(line.get("x1") or 0) == pytest.approx(overview.left + (1.1 - first_s) * scale, abs=0.1)


@pytest.mark.parametrize(
    ("end_s", "last"),
    [
        (60, "60 s"),  # every 5 s
        (7_200, "7200 s"),  # 10 min
        (40_000, "11 h"),  # 1 h, of 11.1
        (250_000, "66 h"),  # 6 h, of 69.4
        (2_000_000, "22 d"),  # 2 d, of 23.1
        (2_592_000, "30 d"),  # 5 d
        (117 * 365.2425 * 86_400, "40000 d"),  # 5,000 d, of 42,733
        (0.31, "0.3 s"),  # 0.05 s
    ],
)
def test_ticks_of_a_chart_are_round(end_s: float, last: str) -> None:
    """Thirteen at most, in a unit of which there aren't too many."""
    root = ET.fromstring(chart([], [], 0, end_s))
    ticks = [each.text for each in root.iter() if each.get("class") == "tick"]
    assert (ticks[0], ticks[-1]) == (f"0 {last[-1]}", last)
    assert len(ticks) <= 13


@pytest.mark.parametrize("left", [90, 233, 620])
@pytest.mark.parametrize("end_s", [21_600, 20_000, 2_592_000, 117 * 365 * 86_400])
def test_ticks_have_room(end_s: float, left: float) -> None:
    """At 7 pixels a letter none ends behind the drawing, and none begins before the one before it has ended."""
    root = ET.fromstring(chart([], [], 0, end_s, left=left))
    ticks = [each for each in root.iter() if each.get("class") == "tick"]
    ends = [(float(t.get("x") or 0) - len(t.text or "") * 3.3, len(t.text or "") * 6.6) for t in ticks]
    assert all(begin + wide <= WIDTH + 0.1 for begin, wide in ends)
    assert all(one + wide < other for (one, wide), (other, _) in pairwise(ends))
    assert len(ticks) >= 3


def test_times_of_several_years_have_their_year() -> None:
    """86,400 s are a day: 366 of them are from 1970 into 1971; 364 are not enough for a day to come again."""
    for days, first in ((366, "1970-01-01 00:00:01.000"), (364, "01-01 00:00:01.000")):
        timeline, story = told(scene((1, bu()), (1 + days * 86_400, bu(seq=2))))
        assert story.words.clock(timeline.first_ns) == first
        assert f"\n{first}  " in as_ladder(story)


def test_what_mermaid_would_not_draw_is_said(tmp_path: Path) -> None:
    """Each update takes some 40 characters: of 2,000 Mermaid draws none."""
    path = tmp_path / "many.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number in range(2_000):
            writer.write(number * S, RAW, bu(seq=number))
    result = mhatool("timeline", path, "--style", "mermaid")
    assert result.status == 0
    assert f"no more than 50,000 characters unless it is told to, and these are {len(result.out):,}" in result.err


def test_what_became_of_a_binding_at_a_correspondent() -> None:
    source = scene((1, bu(agent=PEER, flags=0x8000)), (1.1, ba(agent=PEER)), (90, bu(agent=PEER, flags=0x8000, seq=9)))
    lines = as_ladder(told(source)[1]).splitlines()
    assert [line.partition("* ")[2] for line in lines if "* " in line][:2] == [
        "registered at cn, care-of 2001:db8:a::100",
        "expired at cn",
    ]


@pytest.mark.parametrize("style", ["ladder", "mermaid", "svg"])
def test_findings_without_messages_are_told(style: str, captures: Path) -> None:
    for rule in ("MIP6-RH2-001", "MIP6-ND-001", "MIP6-HAO-003"):
        result = mhatool("timeline", captures / "rules" / f"{rule}.breaks.pcapng", "--style", style)
        assert rule in result.out, rule


def test_names_are_no_words_to_terminals_and_readers() -> None:
    timeline, story = told(scene((1, bu())), names={HOME: "a\x1b[31mb\x01\nc", AGENT: "wrap: %%{init}%% $$x$$"})
    assert "\x1b" not in as_ladder(story)
    assert len(as_ladder(story).splitlines()) == len(as_ladder(told(scene((1, bu())))[1]).splitlines())
    ET.fromstring(as_svg(timeline, story))
    assert "wrap#58; #37;#37;{init}#37;#37; #36;#36;x#36;#36;" in as_mermaid(story)


def test_a_picture_of_one_node(captures: Path) -> None:
    capture = captures / "umip" / "failover60-mn.pcap"
    drawn = mhatool("timeline", capture, "--style", "svg", "--node", "2001:200:1:2::2").out
    names = [each.text for each in ET.fromstring(drawn).iter() if each.get("class") == "name"]
    assert names == ["at 2001:200:1:2::2"]


def test_very_many_messages_are_cut_in_pictures_and_said_to_be() -> None:
    packets = [(1 + n, bu(seq=n % 65536)) for n in range(MOST_ROWS + 1)]
    timeline, story = told(scene(*packets))
    root = ET.fromstring(as_svg(timeline, story))
    assert sum(each.get("class") == "head" for each in root.iter()) <= MOST_ROWS
    assert f"The first {MOST_ROWS:,} of" in as_svg(timeline, story)
    assert f"The first {MOST_ROWS:,} of" in as_page(timeline, story, "many")


def test_one_nodes_messages_alone() -> None:
    source = scene((1, bu(seq=7)), (2, bu(seq=9, agent=AGENT2)), (3, ba(seq=7)))
    _, story = told(source, node=AGENT2)
    assert shown(story) == [("mn", "ha2", "BU 9 AH 60 s")]
    _, whole = told(source, node=CARE1)
    assert len(shown(whole)) == 3


def test_mermaid_draws_each_message_and_says_what_came_of_it() -> None:
    _, story = told(scene((1, bu(seq=7)), (2.5, ba(seq=7))), names={HOME: "a; b #1 <x>", AGENT: "ha1"})
    assert as_mermaid(story).splitlines() == [
        "sequenceDiagram",
        "    %% 2 packets, 1970-01-01 00:00:01.000 to 00:00:02.500 UTC",
        "    participant n0 as a#59; b #35;1 #lt;x#gt;",
        "    participant n1 as ha1",
        "    n0->>n1: 00:00:01.000 BU 7 AH 60 s",
        "    n1->>n0: 00:00:02.500 BA 7 accepted 60 s",
        "    Note over n0: 00:00:02.500 registered at ha1, care-of 2001:db8:a::100",
    ]


def test_a_picture_has_each_message_and_each_binding() -> None:
    timeline, story = told(recording("failover60-mn.pcap"), names={HOME: "<&>"})
    root = ET.fromstring(as_svg(timeline, story))
    kinds = Counter(each.get("class") for each in root.iter())
    arrows = sum(isinstance(row, Arrow) for row in story.rows)
    assert kinds["arrow"] + kinds["arrow tunnelled"] == kinds["head"] == arrows > 10
    assert kinds["lane"] == len(story.lanes.all)
    spans = [span for binding in timeline.bindings for span in binding.spans]
    bars = [
        bar for row in root.iter("{http://www.w3.org/2000/svg}rect") for bar in row if "care-of" in (bar.text or "")
    ]
    assert len(bars) == len(spans) == 2


def test_the_documentations_picture_is_what_the_command_draws(captures: Path) -> None:
    drawn = mhatool("timeline", captures / "umip" / "failover60-mn.pcap", "--style", "svg").out
    assert (REPOSITORY / "docs" / "pictures" / "failover60.svg").read_text("utf-8") == drawn


LONG = [ip(f"2001:db8:1234:5678:9abc:def0:1234:{number:x}") for number in range(0x5600, 0x5609)]


@pytest.mark.chromium
@pytest.mark.parametrize(("width", "name"), [(500, "failover60-mn.pcap"), (1280, "tour-mn.pcap"), (1280, "")])
def test_a_browser_shows_the_whole_page(width: int, name: str, tmp_path: Path) -> None:
    """Of the last one everything is long: names of agents, nine of them in one reply, and times of several days."""
    long = [(1, dhaad_reply(*LONG)), *((200_000 + n, bu(agent=agent, seq=n)) for n, agent in enumerate(LONG))]
    long += [(200_010 + n, ba(agent=agent, seq=n)) for n, agent in enumerate(LONG)]
    source = recording(name) if name else scene(*long)
    timeline, story = told(source, names={ip("2001:200:1:2::1"): "<script>alert(1)</script>"})
    text = as_page(timeline, story, "<a> & b.pcap")
    check_page(text)
    file = tmp_path / "page.html"
    file.write_text(text, "utf-8")
    seen = measured(file, width)
    assert (seen["empty"], seen["cut"], seen["wide"] <= 0) == (0, [], True)
    assert seen["texts"] > 20


HOST_NAMES = [
    ("mobile-node-of-alice.home.example.org", "homeagent1.tokyo.example.net", "homeagent2.tokyo.example.net"),
    ("mobile_node/alice/home/example/org", "homeagent1@tokyo@example@net", "ha" * 40),
]


@pytest.mark.chromium
@pytest.mark.parametrize("names", HOST_NAMES)
def test_names_in_a_ladders_head_keep_to_their_lines(names: tuple[str, ...], tmp_path: Path) -> None:
    """What is written there together is the name, and a browser shows none over another, or cut."""
    addresses = ("2001:200:1:2:240:26ff:fe4c:51fd", "2001:200:1:2::1", "2001:200:1:2::2")
    timeline, story = told(recording("failover60-mn.pcap"), names=dict(zip(map(ip, addresses), names, strict=True)))
    drawn: dict[str, str] = {}
    for each in ET.fromstring(as_svg(timeline, story)).iter():
        if each.get("class") == "node":
            drawn[each.get("x") or ""] = drawn.get(each.get("x") or "", "") + (each.text or "")
    assert set(names) < set(drawn.values())
    file = tmp_path / "page.html"
    file.write_text(as_page(timeline, story, "long"), "utf-8")
    seen = measured(file, 1280)
    assert (seen["over"], seen["cut"]) == ([], [])


def test_a_page_of_very_many_nodes_leaves_the_messages_to_one_of_them() -> None:
    homes = [ip(f"2001:db8:1::1:{number:x}") for number in range(MOST_BARS + 1)]
    packets = [(1 + n / 1000, bu(home=home, source=ip(f"2001:db8:a::{n:x}"))) for n, home in enumerate(homes)]
    answers = [(2 + n / 1000, ba(home=home, destination=ip(f"2001:db8:a::{n:x}"))) for n, home in enumerate(homes)]
    timeline, story = told(scene(*packets, *answers))
    text = as_page(timeline, story, "many")
    check_page(text)
    assert f"Of {len(homes) + 1} nodes: choose one" in text
    assert f"The first {MOST_BARS} rows of {len(homes)}." in text


def test_a_trace_tells_the_same_messages_as_the_capture(tmp_path: Path) -> None:
    """The trace is of one clock and of nodes by name; the capture was made on all links."""
    capture, trace = tmp_path / "c.pcapng", tmp_path / "t.jsonl"
    assert mhatool("simulate", "paper-rfc6275", "-w", capture, "--trace", trace).status == 0
    said = []
    for file in (capture, trace):
        lines = mhatool("timeline", file, "--style", "mermaid").out.splitlines()
        said.append(Counter(re.sub(r"^.*?: \S+ ", "", line).split(",")[0] for line in lines if ">>" in line))
    for text in said[1]:
        if text.startswith(("BU", "BA", "HoT", "CoT")):
            assert said[0][text] == said[1][text], text
    assert any(text.startswith("BU") for text in said[1])


@pytest.mark.parametrize("style", ["ladder", "mermaid", "svg", "html"])
def test_on_the_command_line(style: str, captures: Path, tmp_path: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    result = mhatool("timeline", capture, "--style", style)
    assert (result.status, result.err) == (0, "")
    assert "BU 22354 AH 60 s" in result.out
    written = mhatool("timeline", capture, "--style", style, "-o", tmp_path / "out")
    assert (written.status, (tmp_path / "out").read_text("utf-8")) == (0, result.out)
    assert mhatool("timeline", capture, environment={"MHATOOL_TIMELINE_STYLE": style}).out == result.out


def test_wrong_choices_are_told(captures: Path, tmp_path: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    assert "all the time" in complaint("timeline", capture, "--style", "svg", "--at", "+5")
    assert "nobody is called so" in complaint("timeline", capture, "--style", "ladder", "--node", "x")
    assert "nothing was seen of" in complaint("timeline", capture, "--style", "ladder", "--node", "2001:db8::9")
    crowd = tmp_path / "crowd.pcapng"
    with crowd.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number in range(MOST_NODES):
            writer.write(
                number * S, RAW, bu(home=ip(f"2001:db8:1::1:{number:x}"), source=ip(f"2001:db8:a::{number:x}"))
            )
    told = complaint("timeline", crowd, "--style", "ladder")
    chosen = re.search(r"--node (\S+)", told)
    assert chosen is not None
    one = mhatool("timeline", crowd, "--style", "ladder", "--node", chosen[1])
    assert (one.status, "mobile node" in one.out) == (0, True)


def test_a_capture_without_signalling(tmp_path: Path) -> None:
    (tmp_path / "none.pcap").write_bytes(b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(12) + b"\1\0\0\0")
    assert mhatool("timeline", "none.pcap", "--style", "ladder", cwd=tmp_path).out.splitlines()[-1] == "No signalling."
    for style in ("mermaid", "svg", "html"):
        assert mhatool("timeline", "none.pcap", "--style", style, cwd=tmp_path).status == 0
    assert json.loads(mhatool("timeline", "none.pcap", "--json", cwd=tmp_path).out)["packets"] == 0
