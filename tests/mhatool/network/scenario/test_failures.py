"""What can befall nodes, interfaces and links, and what is no failure at all."""

import pytest

from mhatool.engine.commands import LinkChanged, Start, Stop
from mhatool.engine.events import Event
from mhatool.engine.link_events import Attached, FrameLost, LinkPartitioned, MachineFailed
from mhatool.network.machine import Machine
from mhatool.network.scenario.build import Build
from mhatool.network.scenario.errors import ScenarioError
from mhatool.network.scenario.load import load, parse
from tests.mhatool.network.scenario.test_build import HOSTS, LINKS, MOBILE, S, built, seconds

THIRD = """
[nodes.c.interfaces.e]
link = "one"
link_address = "02:00:00:00:00:0c"
addresses = ["2001:db8::c/64"]
[[flows]]
name = "ac"
sender = "a"
receiver = "c"
source = "2001:db8::a"
destination = "2001:db8::c"
rate = 1
start = 0.5
"""
AGENT = """
[nodes.ha.interfaces.e]
link = "one"
link_address = "02:00:00:00:00:01"
[nodes.ha.home_agent]
restart_counter = 7
[nodes.ha.home_agent.advertising]
interface = "e"
prefixes = [{ prefix = "2001:db8::", router_address = "2001:db8::1" }]
home_agent = {}
"""


def lost(build: Build, flow: str) -> list[float]:
    """Seconds from the start at which datagrams were sent that never came: one leaves each half second past a full."""
    return [(at - build.start_ns) / S for at in build.network.flows[flow].lost]


def test_a_partition_parts_its_groups_and_nobody_else() -> None:
    parted = 'failures=[{at=3, link="one", how="partition", groups=[["a"], ["b"]]}, {at=6, link="one", how="heal"}]'
    build, events = built(LINKS + HOSTS + THIRD, parted)
    assert lost(build, "ab") == [3.5, 4.5, 5.5]
    assert lost(build, "ac") == []
    told = [(seconds(build, e), e.groups) for e in events if isinstance(e, LinkPartitioned)]
    assert told == [(3, (("a",), ("b",))), (6, ())]
    assert {e.reason for e in events if isinstance(e, FrameLost)} == {"partition"}


def test_a_group_to_everybody_reaches_who_is_on_the_same_side() -> None:
    """At first a knows neither: its solicitation comes to c, and b would have to be asked across."""
    parted = 'failures=[{at=0.1, link="one", how="partition", groups=[["a", "c"], ["b"]]}]'
    build, _ = built(LINKS + HOSTS + THIRD, parted, "duration_s=3")
    assert lost(build, "ac") == []
    assert lost(build, "ab") == [0.5, 1.5, 2.5]


def test_copies_of_a_node_are_on_one_side() -> None:
    parted = 'failures=[{at=1, link="one", how="partition", groups=[["mn"], ["a", "mn1"]]}]'
    with pytest.raises(ScenarioError, match="'mn1' is in two groups"):
        parse(LINKS + HOSTS + MOBILE, "x.toml", [parted.replace('["mn"]', '["mn1"]')])
    whole = 'failures=[{at=1, link="one", how="partition", groups=[["mn"]]}]'
    _, events = built(LINKS + HOSTS + MOBILE, whole)
    (told,) = [e for e in events if isinstance(e, LinkPartitioned)]
    assert told.groups == (("mn0", "mn1", "mn2"),)


class Confidant:
    """A node that only remembers what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        """Neighbour discovery is everybody's."""

    def command(self, command: object, now: int) -> None:
        self.told.append(command)

    def next_timer(self) -> None:
        return None

    def poll_actions(self) -> list[object]:
        return []

    poll_events = poll_actions


def with_confidant(*changes: str) -> tuple[Build, Confidant, list[Event]]:
    from mhatool.network.seat import Seat

    build, confidant = Build(parse(LINKS + HOSTS, "x.toml", changes)), Confidant()
    events: list[Event] = []
    build.network.listeners.append(events.append)
    machine = build.network.machines["b"]
    boot = machine.boot

    def booting(machine: Machine) -> None:
        boot(machine)
        machine.seats.append(Seat(machine, confidant))  # type: ignore[arg-type]

    machine.boot = booting
    build.run()
    return build, confidant, events


@pytest.mark.parametrize("silent", [False, True])
def test_an_interface_that_is_cut_off_and_back(silent: bool) -> None:
    word = f"silent={str(silent).lower()}"
    down, up = (f'{{at={at}, node="b", interface="e", how="{how}", {word}}}' for at, how in ((3, "down"), (6, "up")))
    build, confidant, events = with_confidant(f"failures=[{down}, {up}]")
    assert lost(build, "ab") == [3.5, 4.5, 5.5]
    assert [(seconds(build, e), e.link) for e in events if isinstance(e, Attached)] == [(3, ""), (6, "one")]
    changes = [each for each in confidant.told if isinstance(each, LinkChanged)]
    assert changes == ([] if silent else [LinkChanged("e", up=False), LinkChanged("e", up=True)])


def test_a_node_that_stops_is_asked_to_leave_and_its_machine_goes_on() -> None:
    build, confidant, events = with_confidant('failures=[{at=3, node="b", how="stop"}]')
    assert [type(each) for each in confidant.told] == [Start, Stop]
    assert [(e.node, e.how) for e in events if isinstance(e, MachineFailed)] == [("b", "stop")]
    assert lost(build, "ab") == []


def test_a_restarted_home_agent_counts_its_restarts() -> None:
    """RFC 5847, 3.4: the counter outlives the restart, the bindings don't."""
    failures = [f'{{at={at}, node="ha", how="{how}"}}' for at, how in ((2, "crash"), (3, "restart"), (5, "restart"))]
    build = Build(parse(LINKS + AGENT, "x.toml", [f"failures=[{', '.join(failures)}]"]))
    seen = []
    for at_s in (1, 4, 6):
        build.network.run(build.start_ns + at_s * S)
        seen.append(build.network.machines["ha"].seats[0].node.configuration.restart_counter)  # type: ignore[attr-defined]
    assert seen == [7, 8, 9]


REFUSED = [
    ('{at=1, how="crash"}', "failures[0]", "give a node, a node and one of its interfaces, or a link"),
    ('{at=1, how="crash", node="ha1", link="home"}', "failures[0]", "give a node, a node and one"),
    (
        '{at=1, how="crash", link="home"}',
        "failures[0]",
        "what can happen to link is down, up, partition, heal",
    ),
    ('{at=1, how="up", node="ha1"}', "failures[0]", "happen to node is crash, hang, stop, restart, resume"),
    ('{at=1, how="heal", node="ha1", interface="home"}', "failures[0]", "to node and interface is down, up"),
    ('{at=1, how="burn", node="ha1"}', "failures[0].how", "'burn' is none of crash, hang, stop"),
    ('{at=1, how="down", link="home", silent=true}', "failures[0]", "silent is for interfaces"),
    ('{at=1, how="partition", link="home"}', "failures[0]", "groups and how = 'partition' belong together"),
    ('{at=1, how="heal", link="home", groups=[["ha1"]]}', "failures[0]", "groups and how = 'partition' belong"),
    (
        '{at=1, how="partition", link="home", groups=[["ha1", "ha1"]]}',
        "failures[0]",
        "'ha1' is in two groups",
    ),
    (
        '{at=1, how="partition", link="home", groups=[["ha1"], ["ha3"]]}',
        "failures[0].groups[1][0]",
        "there is no 'ha3'",
    ),
    ('{at=1, how="crash", node="ha3"}', "failures[0].node", "there is no 'ha3'; did you mean"),
    ('{at=1, how="down", node="ha1", interface="eth0"}', "failures[0].interface", "there is no 'eth0'"),
    ('{at=1, how="down", link="away"}', "failures[0].link", "there is no 'away'"),
    ('{at=1, how="down", link="home", groop=1}', "failures[0].groop", "unknown key; did you mean 'groups'?"),
]


@pytest.mark.parametrize(("failure", "place", "words"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_no_failure_is_refused_with_its_key(failure: str, place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("tour", [f"failures=[{failure}]"])
    assert place in str(caught.value)
    assert words in str(caught.value)
