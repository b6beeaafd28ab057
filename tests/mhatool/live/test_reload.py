"""A running node reads its file again: what may change changes, anything else leaves all as it was."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from dissectors.ipv6.address import parse
from mhatool.engine.commands import Reconfigure
from mhatool.live.configuration import load
from mhatool.live.errors import LiveError
from mhatool.live.reload import LOG, Reload

HOME = parse("2001:db8:2::100")
FILE = """\
name = "ha1"
insecure = true
[home_agent]
most_bindings = 10
[home_agent.advertising]
interface = "eth0"
prefixes = [{ prefix = "2001:db8:2::", router_address = "2001:db8:2::1" }]
home_agent = { preference = 10 }
"""
KEYS = """\
[[associations]]
home_address = "2001:db8:2::100"
home_agent = "2001:db8:2::1"
spi = 1000
key = "000102030405060708090a0b0c0d0e0f"
"""


class Node:
    """A node's file, and what its node is told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[Reconfigure] = []
        self.paces: list[float] = []
        self.writes(FILE)
        self.reload = Reload(load(str(path)), self.told.append, self.paces.append)

    def writes(self, text: str) -> None:
        self.path.write_text(text)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Return a node that runs; the level of the log is as before afterwards."""
    before = LOG.level
    yield Node(tmp_path / "ha1.toml")
    LOG.setLevel(before)


def test_limits_and_access_list_change(node: Node) -> None:
    node.writes(FILE.replace("= 10\n", '= 20\nprohibited = ["2001:db8:2::100"]\n', 1))
    assert node.reload.reload() == ["home_agent.most_bindings", "home_agent.prohibited"]
    assert node.told == [Reconfigure((("most_bindings", 20), ("prohibited", (HOME,))))]
    assert node.reload.reload() == []
    assert len(node.told) == 1


def test_keys_come_and_change(node: Node) -> None:
    keys = node.path.parent / "ha1.keys"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    node.writes('keys = "ha1.keys"\n' + FILE.replace("insecure = true\n", ""))
    assert node.reload.reload() == [
        "keys",
        "insecure",
        "home_agent.associations",
        "home_agent.requires_authentication",
    ]
    keys.write_text(KEYS.replace("spi = 1000", "spi = 2000"))
    assert node.reload.reload() == ["home_agent.associations"]
    ((name, associations),) = node.told[-1].changes
    assert (name, [each.spi for each in associations]) == ("associations", [2000])


def test_the_log_says_more_or_less(node: Node) -> None:
    node.writes('log_level = "error"\n' + FILE)
    assert node.reload.reload() == ["log_level"]
    assert (LOG.level, node.told) == (logging.ERROR, [])


def test_the_packet_rate_changes(node: Node) -> None:
    node.writes("packet_rate = 50\n" + FILE)
    assert node.reload.reload() == ["packet_rate"]
    assert node.reload.reload() == []
    assert (node.paces, node.told) == ([50.0], [])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"eth0"', '"eth1"', r"home_agent\.advertising can't change while the node runs; restart it"),
        ('name = "ha1"', 'name = "ha2"', "name can't change"),
        ("insecure", 'packet_rate = 1\nstate = "x"\ninsecure', "state can't change"),
        ("most_bindings = 10", "most_bindings = 20\nadvertises = false", r"home_agent\.advertises can't change"),
        ("insecure = true", "insecure = maybe", "no TOML"),
        (
            "most_bindings = 10",
            "most_bindings = true",
            r"toml:4: home_agent\.most_bindings: .*nothing has changed",
        ),
        ("insecure = true\n", "", "no keys.*nothing has changed"),
        (
            FILE,
            'name = "ha1"\ninterfaces = ["eth0"]\n[correspondent]\naddresses = ["2001:db8::2"]',
            "correspondent can't",
        ),
    ],
)
def test_what_cant_change_leaves_all_as_it_was(node: Node, before: str, after: str, said: str) -> None:
    node.writes(FILE.replace(before, after))
    with pytest.raises(LiveError, match=said):
        node.reload.reload()
    node.writes(FILE)
    assert (node.told, node.paces, node.reload.reload()) == ([], [], [])


def test_a_hang_up_with_a_bad_file_is_a_line_in_the_log(node: Node, caplog: pytest.LogCaptureFixture) -> None:
    node.path.unlink()
    node.reload.hang_up()
    assert "ha1.toml: no such file or directory" in caplog.text
    assert "nothing has changed" in caplog.text
