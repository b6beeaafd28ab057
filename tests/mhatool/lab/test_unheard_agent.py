"""A mobile node comes home to an agent that has never advertised itself to it, live.

The kernel by itself would ask for it from the link-local address, which that agent defends.
"""

import os
from pathlib import Path

import pytest

from tests.mhatool.lab.standing import standing, until

pytestmark = [
    pytest.mark.root,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
]
PAPER = Path(__file__).parents[3] / "mhatool" / "lab" / "topologies" / "paper.toml"
CHANGES = {
    "min_interval_s = 0.5\nmax_interval_s = 1.5\nmin_delay_s = 0.03\nhome_agent = { preference = 10": (
        "min_interval_s = 1350\nmax_interval_s = 1800\nanswers_solicitations = false\nhome_agent = { preference = 10"
    ),
    'link = "home", link_address = "02:00:5e': 'link = "foreign3", link_address = "02:00:5e',
    "home_agents = 2": 'home_agents = 1\nstatic_home_agents = ["2001:db8:2::2"]',
}
"""The second agent keeps silent, and the mobile node, which begins away from home, has no other one."""
GROUP = "ff02::1:ff00:2"
"""In which 2001:db8:2::2 is asked for (RFC 4291, 2.7.1)."""


def test_it_deregisters_there(tmp_path: Path) -> None:
    """RFC 6275, 11.5.5: the home address is no source yet, nor its link-local namesake, which L has had defended."""
    topology = PAPER.read_text()
    for before, after in CHANGES.items():
        assert topology.count(before) == 1
        topology = topology.replace(before, after)
    file = tmp_path / "silent.toml"
    file.write_text(topology)
    with standing(os.fspath(file), tmp_path) as lab:
        until(lambda: [row["state"] for row in lab.show("mn", "updates")] == ["BOUND"])
        lab.lab.move("mn", "home")
        until(lambda: lab.show("mn", "updates") == [])
        assert lab.show("ha2", "bindings") == []
        asked = [event for event in lab.events("mn", "mh:sent") if event["destination"] == GROUP]
        assert {event["source"] for event in asked} == {"::"}
