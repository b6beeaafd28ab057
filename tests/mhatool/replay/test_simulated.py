"""Our nodes in the place of themselves: what one answered in a simulated run it answers again from its capture."""

from io import BytesIO
from pathlib import Path

import pytest

from dissectors.ipv6 import address
from mhatool.capture import open_capture
from mhatool.compare import Comparison
from mhatool.exchange import Source, sightings
from mhatool.network.scenario import load
from mhatool.network.scenario.run import Run
from mhatool.replay import compared, noting_losses, replay


def again(folder: Path, node: str, role: str, of: str, *changes: str) -> Comparison:
    """The node's capture of the tour, replayed with the address that the scenario names it by.

    Lifetimes are so long that no refresh is due in the moment between a move and the packet that shows it.
    """
    return of_scenario("tour", folder, node, role, of, "nodes.mn.mobile_node.lifetime_s=100", *changes)


def of_scenario(
    name: str, folder: Path, node: str, role: str, of: str, *changes: str, vantage: tuple[str, ...] = ()
) -> Comparison:
    """The same of any built-in scenario, in its own profile; from the capture of the node itself, or of links."""
    capture, scenario = folder / "node.pcapng", load(name, changes)
    with capture.open("wb") as packets:
        Run(scenario, None, packets, vantage or (node,), BytesIO()).happen()
    lost: set[int] = set()
    with open_capture(capture) as reader:
        source = noting_losses(Source(node, list(reader)), lost)
    profile = scenario.profile
    return compared(replay(sightings([source], profile), role, address.parse(of), profile, lost=lost), profile)


@pytest.mark.parametrize(
    ("node", "role", "of", "least"),
    [
        ("mn", "mn", "2001:db8:2::5eff:fe10:1", 15),
        ("ha1", "ha", "2001:db8:2::1", 4),
        ("ha2", "ha", "2001:db8:2::2", 3),
        ("cn1", "cn", "2001:db8:c::a", 6),
        ("cn2", "cn", "2001:db8:c::b", 2),
    ],
)
def test_the_tour(node: str, role: str, of: str, least: int, tmp_path: Path) -> None:
    comparison = again(tmp_path, node, role, of)
    assert comparison.differences == ()
    assert comparison.a == comparison.b >= least


@pytest.mark.parametrize("of", ["2001:200:1:2::1", "2001:200:1:2::2"])
@pytest.mark.parametrize("link", ["foreign", "home"])
def test_what_a_link_lost_never_came(of: str, link: str, tmp_path: Path) -> None:
    """The first Binding Update to each agent; where that is the home link, the foreign one carried it before."""
    comparison = of_scenario("paper", tmp_path, "ha", "ha", of, f"losses.0.link={link}", vantage=("foreign", "home"))
    assert comparison.differences == ()
    assert comparison.a == comparison.b >= 2


def test_a_correspondent_that_only_sends_asks_for_refreshes_too(tmp_path: Path) -> None:
    """RFC 6275, 9.5.5: a binding that is in use. Nothing but what it sent itself tells that of this one."""
    flow = (
        '{name="cn1-mn", sender="cn1", receiver="mn", source="2001:db8:c::a", '
        'destination="2001:db8:2:0:0:5eff:fe10:1", rate=5, start=5, stop=95}'
    )
    changes = (f"flows=[{flow}]", "expectations=[]", "constants.max_rr_binding_lifetime_s=40")
    comparison = again(tmp_path, "cn1", "cn", "2001:db8:c::a", *changes)
    with open_capture(tmp_path / "node.pcapng") as reader:
        seen = [each.packet for each in sightings([Source("cn1", list(reader))])]
    asked = [packet for packet in seen if any(each.carries == "binding_refresh_request" for each in packet.datagrams)]
    assert len(asked) > 1
    assert comparison.differences == ()


def test_an_agent_that_probed_nobody_is_replaced_by_one_that_does_not(tmp_path: Path) -> None:
    """Else ours would wait for answers that the capture can't hold, and raise the alarm."""
    comparison = again(tmp_path, "ha2", "ha", "2001:db8:2::2", "constants.probe_failures=0")
    assert comparison.differences == ()
    assert comparison.a == comparison.b >= 3


@pytest.mark.parametrize(
    ("node", "role", "of", "least"),
    [("ha1", "ha", "2001:200:1:2::1", 2), ("mn", "mn", "2001:200:1:2:240:26ff:fe4c:51fd", 4)],
)
def test_the_paper_s_run(node: str, role: str, of: str, least: int, tmp_path: Path) -> None:
    """KAME's agents advise to refresh after half of the lifetime (docs/kame.md): so does ours in their place."""
    comparison = of_scenario("paper", tmp_path, node, role, of)
    assert comparison.differences == ()
    assert comparison.a == comparison.b >= least


def test_who_tests_in_vain_optimises_routes_too(tmp_path: Path) -> None:
    """Its correspondent refuses, so that no Binding Update shows it."""
    comparison = of_scenario("ha-restart", tmp_path, "mn", "mn", "2001:db8:2:0:0:5eff:fe10:1")
    assert comparison.differences == ()
    assert comparison.a == comparison.b >= 8


def test_a_request_that_crossed_an_update_is_heard(tmp_path: Path) -> None:
    """`false-alarm`: a correspondent asks for a refresh at 98.08 s, while an update that the mobile node sent by itself
    is under way, and the node refreshes again (RFC 6275, 11.4.1: it answers a request with an update)."""
    comparison = of_scenario("false-alarm", tmp_path, "mn", "mn", "2001:db8:2:0:0:5eff:fe10:1", "flows.0.rate=20")
    assert comparison.differences == ()
    assert comparison.a == comparison.b >= 20


@pytest.mark.parametrize("links", [("foreign1", "core", "home"), ("home",)])
def test_an_anycast_request_reaches_whom_its_frame_is_for(links: tuple[str, ...], tmp_path: Path) -> None:
    """RFC 4291, 2.6: one of those that have the address. The home router goes on sending to the dead agent's link-layer
    address until it notices, and the other agent hears none of that."""
    of = "2001:db8:2::2"
    comparison = of_scenario("ha-failure-one-armed", tmp_path, "ha2", "ha", of, vantage=links)
    assert comparison.differences == ()
    assert comparison.a == comparison.b >= 8
