"""Several roles on one machine: each message is taken by one of them (RFC 6275, 9.2, 9.5.1 and 10.3.1)."""

from collections import Counter
from pathlib import Path

import pytest

from dissectors.icmpv6.header import Echo
from dissectors.ipv6.address import parse
from dissectors.mobility import UnknownMobility
from dissectors.walk import Dissector
from mhatool.capture import open_capture
from mhatool.engine.actions import End
from mhatool.engine.departure import Writer
from mhatool.engine.events import MessageSent
from mhatool.engine.mobile_node import MobileNode
from mhatool.network.scenario import ScenarioError, load
from mhatool.network.scenario.builtin import built_in_path
from tests.mhatool.network.scenario.runs import QUIET, Happened, happen

ONE, OTHER = "2001:db8:2:0:0:5eff:fe10:1", "2001:db8:2:0:0:5eff:fe10:2"
AGENT_TOO = 'nodes.ha1.correspondent.addresses=["2001:db8:2::1"]'
SECOND = f"""
[nodes.mn2.interfaces.eth0]
link = "home"
link_address = "02:00:5e:10:00:02"
[nodes.mn2.mobile_node]
interface = "eth0"
home_address = "{OTHER}"
attached_at_home = true
[nodes.mn2.correspondent]
addresses = ["{OTHER}"]
[nodes.mn.correspondent]
addresses = ["{ONE}"]
"""
BOTH_AWAY = (
    "duration_s=60",
    "expectations=[]",
    'moves=[{node="mn", at=10, link="foreign1"}, {node="mn2", at=15, link="foreign3"}]',
    f'flows=[{{name="there", sender="mn", receiver="mn2", source="{ONE}", destination="{OTHER}", rate=5, start=30}},'
    f' {{name="back", sender="mn2", receiver="mn", source="{OTHER}", destination="{ONE}", rate=5, start=30}}]',
)


def said(happened: Happened, node: str) -> Counter[str]:
    return Counter(event.message for event in happened.told(MessageSent) if event.node == node)


def test_a_home_agent_that_is_a_correspondent_answers_each_registration_once() -> None:
    changes = (*QUIET, "duration_s=50", "expectations=[]")
    alone, both = happen("tour", changes), happen("tour", (*changes, AGENT_TOO))
    assert said(both, "ha1") == said(alone, "ha1")
    assert said(both, "ha1")["binding_acknowledgement"] == 1
    assert [str(agent) for agent in both.run.build.network.machines["mn"].detours.tunnels] == [
        str(agent) for agent in alone.run.build.network.machines["mn"].detours.tunnels
    ]


def test_what_nobody_knows_is_complained_of_once() -> None:
    """A Mobility Header of type 99 gets one Binding Error, and so does a Home Address option without a binding."""
    happened = happen("tour", (*QUIET, "duration_s=5", "expectations=[]", AGENT_TOO))
    machine = happened.run.build.network.machines["ha1"]
    own, stranger = parse("2001:db8:2::1"), parse("2001:db8:c::b")
    writer = Writer(machine.profile)
    unknown = writer.write(UnknownMobility(mh_type=99, data=bytes(10)), stranger, own)
    echo = Echo(icmp_type=128, code=0, identifier=7, sequence_number=1, data=b"")
    unbound = writer.write(echo, stranger, own, home_address=parse("2001:db8:2::77"))
    for count, datagram in enumerate((unknown, unbound), 1):
        machine.delivery.deliver(datagram, machine.interfaces["home"], bytes(6))
        assert said(happened, "ha1")["binding_error"] == count


def two(folder: Path, *changes: str) -> Happened:
    """Run the tour with a second mobile node; both are correspondents, too."""
    file, tour = folder / "two.toml", built_in_path("tour")
    assert tour is not None
    file.write_text(tour.read_text() + SECOND)
    return happen(str(file), (*BOTH_AWAY, *changes))


def test_two_mobile_nodes_that_are_correspondents_too_optimise_their_route(tmp_path: Path) -> None:
    """Each one's packets carry a routing header with the other's home address, and its own in the option behind it."""
    happened = two(tmp_path)
    assert "binding_error" not in said(happened, "mn") + said(happened, "mn2")
    for name, own, peer in (("mn", ONE, OTHER), ("mn2", OTHER, ONE)):
        routes = happened.run.build.network.machines[name].detours.optimised_routes
        known = {(route.end, route.home_address, route.peer) for route in routes}
        assert known == {
            (End.MOBILE_NODE, parse(own), parse(peer)),
            (End.CORRESPONDENT, parse(peer), parse(own)),
        }
    assert [flow.lost for flow in happened.run.build.network.flows.values()] == [[], []]


def test_who_talks_all_the_time_is_known_by_the_home_address_alone(tmp_path: Path) -> None:
    """The first one's packets come through the second one's tunnel with a Home Address option (RFC 6275, 6.3): whose
    they are it says, not the care-of address that they come from."""
    talking = two(tmp_path, "flows.0.start=1", "flows.1.start=1")
    for name, peer in (("mn", OTHER), ("mn2", ONE)):
        node = talking.run.build.network.machines[name].seats[0].node
        assert isinstance(node, MobileNode)
        assert [entry.peer for entry in node.update_list.correspondents()] == [parse(peer)]


def test_a_correspondent_that_is_away_answers_through_its_tunnel(tmp_path: Path) -> None:
    """RFC 6275, 11.3.1: a router that filters sources would drop on a foreign link what comes from a home address."""
    happened = two(tmp_path)
    for link, home in (("foreign1", ONE), ("foreign3", OTHER)):
        file, dissector = tmp_path / f"{link}.pcapng", Dissector()
        file.write_bytes(happened.captures[link])
        with open_capture(file) as reader:
            packets = [dissector.dissect(record.captured, record.link_type).datagrams for record in reader]
        said = [each for each in packets if each and each[-1].source == parse(home) and each[-1].is_signalling]
        answers = {"home_test", "care_of_test", "binding_acknowledgement"}
        assert {datagrams[-1].carries for datagrams in said} >= answers
        assert [len(datagrams) for datagrams in said if datagrams[-1].carries in answers] == [2, 2, 2]


def test_a_home_agent_s_machine_knows_the_mobility_header() -> None:
    changes = (AGENT_TOO, "nodes.ha1.correspondent.route_optimisation=false")
    with pytest.raises(ScenarioError, match="home agent's machine knows Mobility Headers") as caught:
        load("tour", changes)
    assert caught.value.path == ("nodes", "ha1", "correspondent", "route_optimisation")
