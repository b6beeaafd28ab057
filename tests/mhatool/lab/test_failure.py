"""A home agent dies on the paper's testbed: the mobile node hears of it, and everybody's traffic goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhatool.engine.constants import RFC6275
from mhatool.lab.traffic import lost
from tests.mhatool.lab.standing import AGENTS, HOME, Standing, care_of, heard, standing, times, traffic, until

pytestmark = [
    pytest.mark.root,
    pytest.mark.ping,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
]
PROBE_S = 0.05
FAST = {"constants": {"base": "rfc6275", "probe_interval_s": PROBE_S, "probe_idle_s": PROBE_S}}
WITHIN_NS = round(((RFC6275.probe_failures + 1) * PROBE_S + 0.5) * 1e9)
"""(failures + 1) x interval + 0.5 s."""
HOST = "2001:db8:c::b"
OUTAGE_NS = 1_000_000_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Return the testbed with fast probes, its mobile node away and registered with both agents."""
    with standing("paper", tmp_path_factory.mktemp("lab"), **FAST) as made:
        until(lambda: made.events("mn", "nd:address_assigned"))
        made.lab.move("mn", "foreign3")
        for agent in ("ha1", "ha2"):
            until(lambda agent=agent: made.care_of_addresses(agent) == {care_of(3)})
        until(lambda: made.run("cn2", "ping", "-c", "1", "-W", "1", HOME).returncode == 0)
        yield made


def test_the_mobile_node_hears_of_it_and_goes_on_with_the_survivor(lab: Standing, tmp_path: Path) -> None:
    """SIGKILL and both links down: BFD lets the routing switch; the other agent tells, and takes over."""
    files = {node: tmp_path / f"{node}.jsonl" for node in ("cn2", "mn")}
    with (
        lab.running("cn2", *traffic(HOST, HOME, files["cn2"])) as host,
        lab.running("mn", *traffic(HOME, HOST, files["mn"])) as mobile_node,
    ):
        until(lambda: all(heard(file) for file in files.values()))
        failed_ns = max(times(files["cn2"]))
        lab.lab.fail("ha1", "crash")
        down_ns = max(times(files["cn2"]))
        for process in (host, mobile_node):
            assert process.wait(30) == 0
    suspected = until(lambda: lab.events("mn", "agent:suspected"))[0]
    assert (suspected["home_agent"], suspected["sender"]) == AGENTS
    assert failed_ns < suspected["time_ns"] < down_ns + WITHIN_NS
    for sender, receiver in (("cn2", "mn"), ("mn", "cn2")):
        gaps = [gap for gap in lost(files[sender].open(), files[receiver].open()) if gap.last_ns > failed_ns]
        assert all(gap.last_ns - failed_ns < OUTAGE_NS + down_ns - failed_ns for gap in gaps), (sender, gaps)
    _goes_on_with_the_survivor(lab)


def _goes_on_with_the_survivor(lab: Standing) -> None:
    """Nobody else is there: no M, no list."""
    until(lambda: _agents_of(lab) == [AGENTS[1]])
    checked = lab.events("mn", "agent:checked")[0]
    assert (checked["home_agent"], checked.get("alive", False)) == (AGENTS[0], False)
    until(lambda: {row["flags"] for row in lab.show("ha2", "bindings")} == {"AHL"})
    until(lambda: lab.run("cn2", "ping", "-c", "2", "-i", "0.2", "-W", "1", HOME).returncode == 0)


def _agents_of(lab: Standing) -> list[str]:
    return [row["peer"] for row in lab.show("mn", "updates") if row["home_registration"]]
