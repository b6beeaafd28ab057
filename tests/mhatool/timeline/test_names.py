from pathlib import Path

import pytest

from mhatool.timeline.names import NamesError, read_names
from tests.mhatool.scenes import AGENT, HOME

GOOD = """
[mn]
addresses = ["2001:db8:1::100"]
[ha1]
addresses = ["2001:db8:1::1", "fe80::1"]
host = "agent-one"
interface = "ed1"
interface_index = 3
clock_ahead_s = -0.5
"""


def test_nodes_are_found_by_name_and_by_address(tmp_path: Path) -> None:
    (tmp_path / "names.toml").write_text(GOOD)
    names = read_names(str(tmp_path / "names.toml"))
    agent = names.find("ha1")
    assert agent is not None
    assert agent == names.find("2001:db8:1::1") == names.at(AGENT)
    assert (agent.host, agent.interface, agent.interface_index) == ("agent-one", "ed1", 3)
    assert agent.clock_ahead_ns == -500_000_000
    mobile = names.find("mn")
    assert mobile is not None
    assert (mobile.host, mobile.interface) == ("mn", "")
    assert names.by_address[HOME] == "mn"
    assert [node.name for node in names] == ["mn", "ha1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mn]\naddresses = 1\n", "Expected `array`, got `int` - at `$[...].addresses`"),
        ("[mn]\ncolour = 1\n", "colour"),
        ('[mn]\naddresses = ["here"]\n', "'here' is not an IPv6 address"),
        ("[mn\n", "line 1"),
        ("mn = 1\n", "Expected `object`"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "names.toml").write_text(text)
    with pytest.raises(NamesError) as caught:
        read_names(str(tmp_path / "names.toml"))
    assert said in str(caught.value)
