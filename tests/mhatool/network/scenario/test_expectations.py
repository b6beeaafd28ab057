"""What a scenario expects of messages, drops, flows and home agents: counted from an instant on."""

from typing import Any

import pytest

from mhatool.network.scenario import ScenarioError, load
from mhatool.network.scenario.chronicle import Verdict
from mhatool.network.scenario.load import parse
from mhatool.network.scenario.run import Run
from tests.mhatool.network.scenario.runs import happen
from tests.mhatool.network.scenario.test_build import HOSTS, LINKS

DOWN = 'failures=[{at=4, link="one", how="down"}, {at=8, link="one", how="up"}]'


def verdicts(*expected: str) -> list[Verdict]:
    run = Run(parse(LINKS + HOSTS, "x.toml", [DOWN, f"expectations=[{', '.join(expected)}]"]))
    run.happen()
    return run.chronicle.verdicts


def test_what_a_flow_lost_since_an_instant() -> None:
    """A datagram leaves each half second past a full one: from 4 to 8 s four are lost, two of them from 6 s on."""
    lost = 'flow="ab", lost_at_most'
    found = verdicts(
        f'{{at=10, node="a", {lost}=4}}',
        f'{{at=10, node="a", {lost}=3}}',
        f'{{at=10, node="a", {lost}=2, since=6}}',
        f'{{at=10, node="a", {lost}=0, since=7.6}}',
        f'{{at=8, node="a", {lost}=3}}',
    )
    assert [(each.seen, each.holds) for each in found] == [
        ("3", True),  # judged at 8 s: the one of 7.5 s may still be under way
        ("4", True),
        ("4", False),
        ("2", True),
        ("0", True),
    ]
    assert found[1].expected == "at most 4 lost of ab"


def test_agents_messages_and_drops_of_the_tour() -> None:
    """By 40 s mn has registered with both; it had one answer from each agent, and one from the correspondent."""
    agents = '"2001:db8:2::1", "2001:db8:2::2"'
    expected = [
        f'{{at=40, node="mn", home_agents=[{agents}], received={{binding_acknowledgement=3}}}}',
        '{at=40, node="mn", home_agents=["2001:db8:2::1"], received={binding_acknowledgement=0}, since=39}',
        '{at=159, node="mn", home_agents=[]}',
        '{at=19, node="cn2", dropped={unknown_header=0}}',
    ]
    told = happen("tour", [f"expectations=[{', '.join(expected)}]", *(f"flows.{n}.rate=1" for n in range(4))])
    judged = [(each.expected, each.seen, each.holds) for each in told.run.chronicle.verdicts]
    listed = "2001:db8:2::1, 2001:db8:2::2"
    assert judged == [
        ("0 unknown_header dropped", "0", True),
        (f"home agents {listed}", listed, True),
        ("3 binding_acknowledgement received", "3", True),
        ("home agents 2001:db8:2::1", listed, False),
        ("0 binding_acknowledgement received", "0", True),
        ("home agents none", "none", True),
    ]


@pytest.mark.parametrize(
    ("table", "place", "words"),
    [
        ({"flow": "cn1-mn"}, "expectations[0]", "flow and lost_at_most belong together"),
        ({"lost_at_most": 1}, "expectations[0]", "flow and lost_at_most belong together"),
        ({"flow": "cn1", "lost_at_most": 1}, "expectations[0].flow", "there is no 'cn1'"),
        ({"dropped": {"because": 1}}, "expectations[0].dropped.because", "there is no 'because'"),
        ({"received": {"bu": 1}}, "expectations[0].received.bu", "there is no 'bu'"),
    ],
)
def test_what_nobody_can_expect(table: dict[str, Any], place: str, words: str) -> None:
    def toml(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}={toml(item)}" for key, item in value.items()) + "}"
        return f'"{value}"' if isinstance(value, str) else str(value)

    with pytest.raises(ScenarioError) as caught:
        load("tour", [f"expectations=[{toml({'at': 1, 'node': 'mn', **table})}]"])
    assert place in str(caught.value)
    assert words in str(caught.value)
