"""Whether what is advertised on a node's links is what it needs, from what was heard."""

from pathlib import Path

import pytest

from mhatool.live.advertised import Heard, judged
from mhatool.live.configuration import LiveNode, load
from mhatool.live.examples import EXAMPLES

OTHER = Heard("eth0", "fe80::2", is_own=False, is_home_agent=True, router_lifetime_s=30)
OWN = Heard("eth0", "fe80::1", True, True, 30, ("2001:db8:2::1",))


def node(folder: Path, role: str, more: str = "") -> LiveNode:
    file = folder / f"{role}.toml"
    file.write_text(EXAMPLES[role].replace("[home_agent.", f"{more}\n[home_agent.", 1))
    return load(str(file))


def beside_radvd(folder: Path) -> LiveNode:
    return node(folder, "ha", "[home_agent]\nadvertises = false")


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ([], "nothing on this machine advertises on eth0 within 3 s"),
        ([OTHER], "nothing on this machine advertises on eth0"),
        ([OWN._replace(interface="eth1")], "nothing on this machine advertises on eth0"),
        ([OWN._replace(router_lifetime_s=0)], "is a home agent for 0 s"),
        ([OWN._replace(own_lifetime_s=0)], "is a home agent for 0 s"),
        ([OWN._replace(router_lifetime_s=0, own_lifetime_s=1800)], ""),  # no default router (RFC 4861, 4.2)
        ([OWN._replace(is_home_agent=False)], "is no home agent"),
        ([OWN._replace(router_addresses=("2001:db8:2::",))], "doesn't give 2001:db8:2::1"),
        ([OWN._replace(is_home_agent=False), OWN], ""),
        ([OTHER, OWN], ""),
    ],
)
def test_an_agent_that_leaves_it_to_another_program(tmp_path: Path, heard: list[Heard], said: str) -> None:
    verdict = judged(beside_radvd(tmp_path), heard, 3, runs=False)
    assert (said in verdict.detail, bool(verdict.remedy)) == (True, bool(said))


def test_an_agent_that_advertises_wants_nobody_beside_it(tmp_path: Path) -> None:
    agent = node(tmp_path, "ha")
    assert "already" in judged(agent, [OWN], 3, runs=False).detail
    assert judged(agent, [OWN], 3, runs=True).remedy == ""
    assert judged(agent, [OTHER], 3, runs=False).detail == "fe80::2; 1 of them as home agents"


def test_a_mobile_node_needs_a_router(tmp_path: Path) -> None:
    mobile_node = node(tmp_path, "mn")
    for heard in ([], [OTHER._replace(router_lifetime_s=0)], [OWN]):
        assert judged(mobile_node, heard, 3, runs=False).detail == "no router on eth0 within 3 s"
    assert judged(mobile_node, [OTHER._replace(is_home_agent=False)], 3, runs=False).remedy == ""


def test_a_correspondent_needs_none(tmp_path: Path) -> None:
    assert judged(node(tmp_path, "cn"), [], 3, runs=False).remedy == ""
