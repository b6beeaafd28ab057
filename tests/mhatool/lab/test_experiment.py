"""What an experiment's file may say; what is wrong with it is told with file, line, key and remedy."""

from dataclasses import replace
from pathlib import Path

import pytest

from mhatool.lab import experiment
from mhatool.lab.topology import load
from mhatool.network.scenario.errors import ScenarioError

SOUND = """
name = "mine"
title = "a move"
topology = "paper"
duration_s = 5
traffic = [{ between = ["cn", "mn"] }]

[[steps]]
at_s = 1
move = { mn = "foreign1" }
"""


def _read(tmp_path: Path, text: str) -> experiment.Experiment:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    return experiment.read(str(path))[0]


def test_the_built_in_ones_can_be_run() -> None:
    for name in experiment.names():
        made, topology = experiment.read(name, "x1")
        assert (made.name, topology.name) == (name, "x1")
    assert experiment.names() == ["failure", "failure-one-armed", "failure-slow", "moves", "paper"]


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("foreign1", "foreign2", r"mine\.toml:8: steps\[0\]: there is no link 'foreign2'; there are home, "),
        ("{ mn", "{ nm", r"mine\.toml:8: steps\[0\]: there is no node 'nm'; there are ha1, "),
        ('"cn"', '"nc"', r"mine\.toml:6: traffic\[0\]\.between: there is no node 'nc'"),
        ("move =", "moves =", r"mine\.toml:10: steps\[0\]\.moves: unknown key; did you mean 'move'\?"),
        ("at_s = 1", "at_s = 6", r"mine\.toml: duration_s 5: the last step is at 6 s"),
        ('"mn"] }', '"mn"], from_s = 5 }', r"mine\.toml: duration_s 5: traffic begins at 5 s"),
        ('"mn"] }', '"mn"], per_second = 0 }', r"mine\.toml:6: traffic\[0\]: per_second 0: 1 to 1000 are possible"),
        ("at_s = 1", "at_s = -1", r"mine\.toml:9: steps\[0\]\.at_s: -1: 0 to 1e\+09 is possible"),
        (
            'move = { mn = "foreign1" }',
            "",
            r"mine\.toml:8: steps\[0\]: nothing is changed: give move, fail, recover or impair",
        ),
        ('topology = "paper"', 'topology = "papr"', r"there is no topology 'papr'; did you mean 'paper'\?"),
        ('name = "mine"', "name = mine", r"mine\.toml: no TOML: "),
        ('name = "mine"', 'name = "../x"', r"mine\.toml: name '\.\./x': letters, digits, - and _ are possible"),
        ('["cn", "mn"]', '["cn", "cn"]', r"mine\.toml:6: traffic\[0\]: between cn and itself: give two nodes"),
        (
            'move = { mn = "foreign1" }',
            'impair = { foreign3 = { lose_first = "bindin_update" } }',
            r"mine\.toml:10: steps\[0\]\.impair\.foreign3: lose_first 'bindin_update': .*'binding_update'\?",
        ),
        (
            "duration_s = 5",
            "duration_s = 5\nlive.insecur = true",
            r"mine\.toml:6: live\.insecur: unknown key; did",
        ),
        (
            "duration_s = 5",
            'duration_s = 5\nsimulation = { scenario = "nope" }',
            r"mine\.toml:6: simulation\.scenario: there is no scenario 'nope'",
        ),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, was: str, now: str, told: str) -> None:
    assert _read(tmp_path, SOUND).steps[0].told == "mn moves to foreign1"
    with pytest.raises(ScenarioError, match=told):
        _read(tmp_path, SOUND.replace(was, now, 1))


def test_changes_go_into_each_node_that_has_such_a_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    more = 'live.constants = { base = "rfc6275", probe_interval_s = 0.5 }\nrouting.bfd = false\n'
    more += "nodes.ha1.routing.metric = 3\n"
    path.write_text(more + SOUND, "utf-8")
    _, topology = experiment.read(str(path), "mine")
    assert {name for name, node in topology.nodes.items() if node.live and "constants" in node.live} == {
        "ha1",
        "ha2",
        "cn",
        "mn",
    }
    assert {node.routing.bfd for node in topology.nodes.values() if node.routing} == {False}
    assert [node.routing.metric for node in topology.nodes.values() if node.routing] == [3, 1, 1, 1, 1]


def test_a_topology_extends_a_built_in_one(tmp_path: Path) -> None:
    three, paper = load("three"), load("paper")
    assert set(three.nodes) - set(paper.nodes) == {"ha3"}
    assert all(three.nodes[name] == node for name, node in paper.nodes.items())
    path = tmp_path / "again.toml"
    path.write_text(three.written, "utf-8")  # what a lab keeps of it stands alone
    assert replace(load(str(path)), file="three") == load("three")
    path.write_text('extends = "papr"\nname = "x"\n', "utf-8")
    with pytest.raises(ScenarioError, match=r"again\.toml:1: extends: 'papr' is none of one-armed, paper, three"):
        load(str(path))


def test_steps_follow_one_another(tmp_path: Path) -> None:
    second = '\n[[steps]]\nat_s = 0.5\nrecover = ["mn"]\n'
    with pytest.raises(ScenarioError, match=r"mine\.toml: steps: each `at_s` comes after the one before"):
        _read(tmp_path, SOUND + second)


def test_the_one_in_the_documentation_can_be_run(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "live.md").read_text("utf-8")
    made = _read(tmp_path, text.partition("```toml\n")[2].partition("```")[0])
    assert [step.told for step in made.steps] == [
        "mn moves to foreign3",
        "ha1 fails (silent)",
        "ha1 is back, foreign3: 20 ms, 5 % lost",
    ]
