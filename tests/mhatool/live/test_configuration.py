"""A node's file, and its file of keys: each error says where it stands and what to give."""

from dataclasses import fields
from pathlib import Path

import pytest

from mhatool.live.configuration import NodeFile, load
from mhatool.live.examples import EXAMPLES
from mhatool.network.scenario.errors import ScenarioError

KEYS = """\
[[associations]]
home_address = "2001:db8:2::100"
home_agent = "2001:db8:2::1"
spi = 256
key = "00112233445566778899aabbccddeeff"
"""
PREFIX = "home_agent.advertising.prefixes[0]"
UNICAST = "a unicast address is needed that routers know the way to"


def test_the_page_names_every_key(repository: Path) -> None:
    page = (repository / "docs" / "live.md").read_text(encoding="utf-8")
    keys = {field.name for field in fields(NodeFile)}
    assert {key for key in keys if f"`{key}`" not in page and f"`[{key}]`" not in page} == set()


def _wrong(path: Path) -> str:
    with pytest.raises(ScenarioError) as raised:
        load(str(path))
    return str(raised.value).removeprefix(f"{path.parent}/")


@pytest.mark.parametrize(
    ("role", "old", "new", "told"),
    [
        ("ha", '"ha1"', '"HA1"', ":2: name: 'HA1': 1 to 15 of a-z, 0-9, - and _, a letter or digit first"),
        (
            "ha",
            "insecure",
            "mtu = 1000\ninsecure",
            ":3: mtu: 1000: IPv6 needs 1280, and a tunnel takes 40 octets of 65535",
        ),
        (
            "ha",
            "insecure",
            'interfaces = ["eth1", "../x"]\ninsecure',
            ":3: interfaces[1]: '../x': an interface's name has 1",
        ),
        (
            "ha",
            '"eth0"',
            '"a-name-too-long-for-linux"',
            ":6: home_agent.advertising.interface: 'a-name-too-long-for-linux': an",
        ),
        (
            "ha",
            "insecure",
            f'control = "/{"x" * 107}"\ninsecure',
            ":3: control: 108 octets: a Unix socket's name has at most 107",
        ),
        ("ha", "2::1", "3::1", f":7: {PREFIX}.router_address: 2001:db8:3::1: give one of 2001:db8:2::/64"),
        ("ha", '2::1"', '2::1", prefix_length = 128', f":7: {PREFIX}.router_address: 2001:db8:2::1"),
        ("ha", "2::1", "2::", f":7: {PREFIX}.router_address: 2001:db8:2::: that is every router's of the prefix"),
        (
            "ha",
            "prefixes = [",
            'prefixes = [{ prefix = "2001:db8:2::" }, ',
            ":7: home_agent.advertising.prefixes: 2001:db8:2::/64: it is there twice; give each prefix once",
        ),
        ("mn", "2001:db8:2::100", "2001:db8:2::", ":7: mobile_node.home_address: 2001:db8:2::: no node has this"),
        ("ha", "2001:db8:2::1", "ff02::1", f":7: {PREFIX}.router_address: {UNICAST}"),
        ("ha", '"2001:db8:2::"', '"fe80::"', f":7: {PREFIX}.prefix: a prefix of unicast"),
        ("ha", '2::"', '2::5"', f":7: {PREFIX}.prefix: 2001:db8:2::5: only its first 64 bits"),
        ("ha", "s = 1\n", "s = 4\n", ":8: home_agent.advertising.min_interval_s: 4: that is more than max_interval_s"),
        (
            "ha",
            "[home_agent",
            '[mobile_node]\nhome_address = "2001:db8:2::9"\n[home_agent',
            ":7: home_agent: there is mobile_node",
        ),
        ("mn", "= 2", "= 300", ":8: mobile_node.home_agents: 300: 1 to 15 are possible"),
        ("cn", '"2001:db8:c::a"', "", ":6: correspondent.addresses: one address at least is needed"),
        ("cn", "2001:db8:c::a", "ff02::1", f":6: correspondent.addresses: {UNICAST}"),
    ],
)
def test_what_cannot_be_run_is_told_with_its_line_and_key(
    tmp_path: Path, role: str, old: str, new: str, told: str
) -> None:
    path = tmp_path / "node.toml"
    assert old in EXAMPLES[role]
    path.write_text(EXAMPLES[role].replace(old, new, 1))
    assert _wrong(path).startswith(f"node.toml{told}")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[[associations]]", "[[association]]", ":1: association: unknown key; did you mean 'associations'?"),
        ("[[", "valid = 1\n[[", ":1: valid: unknown key; there are associations"),
        ("key =", "kee =", ":5: associations[0].kee: unknown key; did you mean 'key'?"),
        ("256", "255", ":1: associations[0]: an SPI of 255: from 256 on they are free (RFC 4285, 5)"),
        (KEYS, KEYS + KEYS.replace("spi", "spy"), ":9: associations[1].spy: unknown key; did you mean 'spi'?"),
        (KEYS, KEYS + KEYS, ": ha1: two keys for one mobile node"),
        ("spi = 256", "spi 256", ": no TOML: Expected '=' after a key in a key/value pair (at line 4, column 5)"),
    ],
)
def test_what_is_wrong_with_keys_is_told_with_the_line_of_their_own_file(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = tmp_path / "node.toml"
    path.write_text(EXAMPLES["ha"].replace("insecure = true", 'keys = "ha1.keys"'))
    keys = tmp_path / "ha1.keys"
    keys.touch(0o600)
    keys.write_text(KEYS)
    assert len(load(str(path)).configuration.associations) == 1
    keys.write_text(KEYS.replace(old, new, 1))
    assert _wrong(path) == f"ha1.keys{told}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_keys_that_others_may_read_or_write_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "node.toml"
    path.write_text(EXAMPLES["ha"].replace("insecure = true", 'keys = "ha1.keys"'))
    keys = tmp_path / "ha1.keys"
    keys.write_text(KEYS)
    keys.chmod(mode)
    assert _wrong(path) == f"node.toml:3: keys: {keys} can be read by others: chmod 600 {keys}"
    keys.chmod(0o600)
    assert load(str(path)).configuration.requires_authentication


def test_each_control_has_a_ledger_of_its_own(tmp_path: Path) -> None:
    """Whatever their names have in common: `agent.1` and `agent.2` are two nodes', and so is `agent`."""
    path = tmp_path / "node.toml"
    ledgers = set()
    for name in ("agent", "agent.1", "agent.2", "agent.sock"):
        path.write_text(EXAMPLES["ha"].replace("insecure", f'control = "{tmp_path / name}"\ninsecure'))
        file = load(str(path)).file
        assert file.ledger_path.parent == file.control_path.parent
        ledgers.add(file.ledger_path)
    assert len(ledgers) == 4
