"""From a scenario's words to what happens: failures, losses, clocks, copies, journeys."""

import io

import pytest

from dissectors.ipv6.address import parse as address
from dissectors.ipv6.address import text
from mhatool.engine.events import Event, MessageSent
from mhatool.engine.link_events import Attached, FrameLost, LinkFailed, MachineFailed
from mhatool.network.scenario.build import Build
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.load import parse
from mhatool.network.scenario.run import Run
from mhatool.trace import Header
from mhatool.trace.reader import parse as read_trace

S = 1_000_000_000
LINKS = """
title = "small"
start = 2026-01-01T00:00:00Z
duration_s = 20
[links]
one = {}
two = {}
"""
HOSTS = """
[nodes.a.interfaces.e]
link = "one"
link_address = "02:00:00:00:00:0a"
addresses = ["2001:db8::a/64"]
[nodes.b.interfaces.e]
link = "one"
link_address = "02:00:00:00:00:0b"
addresses = ["2001:db8::b/64"]
[[flows]]
name = "ab"
sender = "a"
receiver = "b"
source = "2001:db8::a"
destination = "2001:db8::b"
rate = 1
start = 0.5
"""
ROUTER = """
[nodes.r.interfaces.e]
link = "one"
link_address = "02:00:00:00:00:01"
[[nodes.r.router.advertising]]
interface = "e"
prefixes = [{ prefix = "2001:db8::" }]
at_ns = [2026-01-01T00:00:05Z, 2026-01-01T00:00:07.5Z]
"""
MOBILE = """
[nodes.mn]
copies = 3
[nodes.mn.interfaces.e]
link = "one"
link_address = "02:00:00:00:01:ff"
[nodes.mn.mobile_node]
interface = "e"
home_address = "2001:db8::1:ff"
attached_at_home = true
"""


def built(text_: str, *changes: str) -> tuple[Build, list[Event]]:
    build = Build(parse(text_, "small.toml", changes))
    events: list[Event] = []
    build.network.listeners.append(events.append)
    build.run()
    return build, events


def seconds(build: Build, event: Event) -> float:
    return (event.time_ns - build.start_ns) / S


def test_a_link_that_fails_and_comes_back() -> None:
    down, up = 'failures=[{at=4, link="one", how="down"}, {at=8, link="one", how="up"}]', "duration_s=20"
    build, events = built(LINKS + HOSTS, down, up)
    assert [(seconds(build, e), e.up) for e in events if isinstance(e, LinkFailed)] == [(4, False), (8, True)]
    lost = [(at - build.start_ns) / S for at in build.network.flows["ab"].lost]
    assert lost == [4.5, 5.5, 6.5, 7.5]


def test_a_machine_that_crashes_and_restarts() -> None:
    build, events = built(LINKS + HOSTS, 'failures=[{at=3, node="b", how="crash"}, {at=6, node="b", how="restart"}]')
    assert [(e.node, e.how) for e in events if isinstance(e, MachineFailed)] == [("b", "crash"), ("b", "restart")]
    lost = [(at - build.start_ns) / S for at in build.network.flows["ab"].lost]
    assert lost == [3.5, 4.5, 5.5]


def test_the_first_frames_with_a_message_are_lost_each_destination_apart() -> None:
    rule = 'losses=[{link="one", message="neighbor_solicitation", first=2}]'
    _, events = built(LINKS + HOSTS, rule)
    assert sum(isinstance(e, FrameLost) for e in events) == 2
    none = 'losses=[{link="one", message="neighbor_solicitation", destination="2001:db8::1"}]'
    assert not any(isinstance(e, FrameLost) for e in built(LINKS + HOSTS, none)[1])
    both = 'losses=[{link="one", message="udp", first=1, each_destination=true}]'
    assert sum(isinstance(e, FrameLost) for e in built(LINKS + HOSTS, both)[1]) == 1


def test_single_advertisements_at_their_instants_by_the_nodes_own_clock() -> None:
    build, events = built(LINKS + ROUTER)
    sent = [seconds(build, e) for e in events if isinstance(e, MessageSent)]
    assert sent == [5.0, 7.5]
    build, events = built(LINKS + ROUTER, "nodes.r.clock_offset_s=2")
    assert [seconds(build, e) for e in events if isinstance(e, MessageSent)] == [3.0, 5.5]
    assert build.clock_offsets_ns == {"r": 2 * S}


def test_copies_have_names_and_addresses_of_their_own() -> None:
    build, _ = built(LINKS + MOBILE)
    machines = build.network.machines
    assert list(machines) == ["mn0", "mn1", "mn2"]
    assert [m.interfaces["e"].link_address.hex(":") for m in machines.values()] == [
        "02:00:00:00:01:ff",
        "02:00:00:00:02:00",
        "02:00:00:00:02:01",
    ]
    homes = {name: next(a for a in m.addresses if a[:2] == b"\x20\x01") for name, m in machines.items()}
    assert [text(home) for home in homes.values()] == ["2001:db8::1:ff", "2001:db8::1:100", "2001:db8::1:101"]


def test_a_journey_goes_from_link_to_link_spread_over_the_copies() -> None:
    journey = 'moves=[{node="mn", at=3, links=["two", "one"], every_s=5, spread_s=3}]'
    build, events = built(LINKS + MOBILE, journey)
    moves = [(seconds(build, e), e.node, e.link) for e in events if isinstance(e, Attached)]
    assert moves[:6] == [
        (3.0, "mn0", "two"),
        (4.0, "mn1", "one"),
        (5.0, "mn2", "two"),
        (8.0, "mn0", "one"),
        (9.0, "mn1", "two"),
        (10.0, "mn2", "one"),
    ]


def test_a_node_that_starts_later_is_down_until_then() -> None:
    build, _ = built(LINKS + HOSTS, "nodes.b.starts=2026-01-01T00:00:03Z")
    lost = [(at - build.start_ns) / S for at in build.network.flows["ab"].lost]
    assert lost[:2] == [0.5, 1.5]
    assert len(lost) < 6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('moves=[{node="a", at=1, links=["one"]}]', "several links need a time between them"),
        ('moves=[{node="a", at=1, link="one", links=["one"], every_s=1}]', "give either link or links"),
        ('moves=[{node="c", at=1, link="one"}]', "there is no 'c'"),
        ('moves=[{node="a", at=1, interface="x"}]', "there is no 'x'; there are e"),
        ('failures=[{at=1, how="down"}]', "give a node, a node and one of its interfaces, or a link"),
        ('failures=[{at=1, node="a", how="sleep"}]', "'sleep' is none of crash, hang"),
        ("nodes.a.copies=2", "only of a mobile node"),
        ('capture.links=["three"]', "there is no 'three'"),
        ('capture.nodes=["c"]', "there is no 'c'"),
        ('names.x.host="y"', "there is no 'x'"),
        ('nodes.a.routes=[{prefix="::/0", interface="x"}]', "there is no 'x'; there are e"),
        ('nodes.a.routes=[{prefix="::", interface="e"}]', "'::' is no ADDRESS/LENGTH"),
        ("nodes.a.interfaces={}", "a node needs an interface"),
        ("nodes.a.mobile_node={home_address='2001:db8::9', home_agents=99}", "home_agents: 99: 1 to 15"),
    ],
)
def test_what_cannot_be_meant_is_refused(change: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(LINKS + HOSTS, "small.toml", [change])
    assert words in str(caught.value)


def test_the_header_tells_what_a_reader_has_to_know() -> None:
    changes = ["nodes.r.clock_offset_s=-0.5", 'names.r={addresses=["fe80::ff:fe00:1"], interface="ed1"}', "seed=9"]
    trace = io.BytesIO()
    Run(parse(LINKS + ROUTER, "small.toml", changes), trace=trace).happen()
    header: Header = read_trace(trace.getvalue().splitlines()).header
    assert (header.seed, header.profile, header.clock_offsets_ns) == (9, "rfc6275", {"r": -S // 2})
    assert header.names["r"].interface == "ed1"
    assert address(header.names["r"].addresses[0])
    assert header.end_ns - header.start_ns == 20 * S
