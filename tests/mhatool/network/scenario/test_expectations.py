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
    """A datagram leaves each half second past a full one: from 4 to 8 s four are lost, two of them from 6 s on.

    The one of 7.5 s, too, though it is judged at 8 s what was sent until then: the link was down.
    """
    lost = 'flow="ab", lost_at_most'
    found = verdicts(
        f'{{at=10, node="a", {lost}=4}}',
        f'{{at=10, node="a", {lost}=3}}',
        f'{{at=10, node="a", {lost}=2, since=6}}',
        f'{{at=10, node="a", {lost}=0, since=7.6}}',
        f'{{at=8, node="a", {lost}=3}}',
    )
    assert [(each.seen, each.holds) for each in found] == [
        ("4", False),
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


def test_what_is_under_way_at_the_instant_is_not_lost_and_what_a_link_lost_is() -> None:
    """ha-failure-one-armed: ha1 dies at 40 s, so all 20 of the next second's 20 datagrams a second to mn are lost.

    Of the second before none is: the last one leaves at 39.95 s, and is past ha1 within the 50 ms that are left, by
    links of 1 and 5 ms.
    """
    flow = 'node="mn", flow="cn2-mn", lost_at_most=0'
    told = happen("ha-failure-one-armed", [f"expectations=[{{at=41, {flow}, since=40}}, {{at=40, {flow}, since=39}}]"])
    assert [(each.seen, each.holds) for each in told.run.chronicle.verdicts] == [("0", True), ("20", False)]


@pytest.mark.parametrize(
    ("table", "place", "words"),
    [
        ({"flow": "cn1-mn"}, "expectations[0]", "flow and lost_at_most belong together"),
        ({"lost_at_most": 1}, "expectations[0]", "flow and lost_at_most belong together"),
        ({"flow": "cn1", "lost_at_most": 1}, "expectations[0].flow", "there is no 'cn1'"),
        ({"dropped": {"because": 1}}, "expectations[0].dropped.because", "there is no 'because'"),
        ({"received": {"bu": 1}}, "expectations[0].received.bu", "there is no 'bu'"),
        ({"received": {"binding_update": -1}}, "expectations[0]", "binding_update = -1: nothing is less than none"),
        ({"updates": -1}, "expectations[0].updates", "-1: nothing is less than none"),
        ({"flow": "cn1-mn", "lost_at_most": -1}, "expectations[0].lost_at_most", "-1: nothing is less than none"),
        ({"flow": "cn1-mn", "lost_at_most": 0}, "expectations[0].flow", "cn1-mn sends nothing from 0 s to 1 s"),
        (
            {"at": 160, "since": 159, "flow": "late", "lost_at_most": 0},
            "expectations[0].lost_at_most",
            "what late sends in the run's last 1 s may be under way: let the run take longer, or give an earlier since",
        ),
    ],
)
def test_what_nobody_can_expect(table: dict[str, Any], place: str, words: str) -> None:
    def toml(value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}={toml(item)}" for key, item in value.items()) + "}"
        return f'"{value}"' if isinstance(value, str) else str(value)

    expected = f"expectations=[{toml({'at': 1, 'node': 'mn', **table})}]"
    with pytest.raises(ScenarioError) as caught:
        load("tour", [expected, "flows.1.name=late", "flows.1.stop=160"])
    assert place in str(caught.value)
    assert words in str(caught.value)
