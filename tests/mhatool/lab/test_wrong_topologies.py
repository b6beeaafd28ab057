"""What is wrong with a topology is told before anything is made: file, line, key, and what to give."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mhatool.lab.lab import Lab
from mhatool.lab.topology import load
from mhatool.network.scenario.errors import ScenarioError

WRITTEN = """\
name = "small"
title = "One node on one link"
links = ["x"]
[nodes.a]
forwards = true
routes = [{ prefix = "default", via = "2001:db8::2" }]
[nodes.a.interfaces.eth0]
link = "x"
link_address = "02:00:00:00:00:01"
addresses = ["2001:db8::1/64"]
[nodes.a.routing]
speaks = ["eth0"]
[nodes.a.live]
insecure = true
interfaces = ["eth0"]
[nodes.a.live.correspondent]
addresses = ["2001:db8::1"]
"""


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"small"', '"a lab"', r"1: name: 'a lab': a name is 1 to 8 letters and digits"),
        ("nodes.a", "nodes.abcdefghi", r"4: nodes.abcdefghi: 'abcdefghi': a name is 1 to 8 letters and digits"),
        ("interfaces.eth0", "interfaces.a234567890123456", r"7: nodes.a.interfaces.a234567890123456: .*1 to 15 char.*"),
        ('link = "x"', 'link = "y"', r"8: nodes.a.interfaces.eth0.link: there is no link 'y'; there are x"),
        ("02:00:00:00:00:01", "2001:db8::1", r"9: nodes.a.interfaces.eth0.link_address: six octets are needed.*"),
        ("::1/64", "::1g/64", r"10: nodes.a.interfaces.eth0.addresses\[0\]: '2001:db8::1g/64': an IPv6 address.*"),
        ("::2", "::2/64", r"6: nodes.a.routes\[0\].via: '2001:db8::2/64': an IPv6 address is needed, a neighbour's"),
        (
            's = ["eth0"]\n[nodes.a.live]',
            's = ["e9"]\n[nodes.a.live]',
            r"12: .*speaks\[0\]: there is no interface 'e9'.*",
        ),
        # RIPng's infinity is 16 (RFC 2080, 2.1): nobody would hear of the network; BIRD has no timers of 0.
        ("routing]", "routing]\nmetric = 16", r"12: nodes.a.routing.metric: 16: 1 to 15 is possible"),
        ("routing]", "routing]\nupdate_s = 0", r"12: nodes.a.routing.update_s: 0: 1 to 1e\+09 is possible"),
    ],
)
def test_is_told_with_its_place(right: str, wrong: str, told: str, tmp_path: Path) -> None:
    assert right in WRITTEN
    file = tmp_path / "small.toml"
    file.write_text(WRITTEN.replace(right, wrong))
    with pytest.raises(ScenarioError, match=f"^{file}:{told}$"):
        load(str(file))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda text: text.replace("insecure", "insecur"),
            r"14: nodes.a.live.insecur: unknown key; did you mean 'ins.*",
        ),
        (lambda text: text.replace('interfaces = ["eth0"]\n', ""), r"13: nodes.a.live: 'interfaces' is missing: .*"),
    ],
)
def test_so_is_what_a_node_can_t_run_with(change: Callable[[str], str], told: str, tmp_path: Path) -> None:
    file = tmp_path / "small.toml"
    file.write_text(change(WRITTEN))
    with pytest.raises(ScenarioError, match=f"^{file}:{told}$"):
        Lab(load(str(file)), tmp_path).deploy()
    assert list(tmp_path.iterdir()) == [file]
