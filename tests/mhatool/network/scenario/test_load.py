"""Scenarios are checked strictly: an error names file, line and key, and says what to do."""

from pathlib import Path

import pytest

from mhatool.network.scenario import ScenarioError, built_in_names, load
from mhatool.network.scenario.load import parse

SMALL = """
title = "two hosts"
start = 2026-01-01T00:00:00Z
duration_s = 5

[links.lan]
delay_ms = 2

[nodes.a.interfaces.e]
link = "lan"
link_address = "02:00:00:00:00:0a"
addresses = ["2001:db8::a/64"]

[nodes.b.interfaces.e]
link = "lan"
link_address = "02:00:00:00:00:0b"
addresses = ["2001:db8::b/64"]

[[flows]]
name = "ab"
sender = "a"
receiver = "b"
source = "2001:db8::a"
destination = "2001:db8::b"
"""


def test_a_small_one() -> None:
    scenario = parse(SMALL, "small.toml")
    assert scenario.links["lan"].delay_ms == 2.0
    assert scenario.nodes["b"].interfaces["e"].link_address == bytes.fromhex("02000000000b")
    assert scenario.profile.name == "rfc6275"
    assert scenario.flows[0].rate == 10.0


WRONG = [
    ("delay_ms = 2", "delay_ms = -2", "small.toml:6: links.lan: a delay can't be negative"),
    ("delay_ms = 2", "loss = 1.5", "small.toml:7: links.lan.loss: 1.5: a share from 0 to 1 is needed"),
    ("delay_ms = 2", "mtu = 1000", "small.toml:7: links.lan.mtu: 1000: IPv6 needs 1280 to 65535"),
    ("delay_ms = 2", 'delay_ms = "2"', "small.toml:7: links.lan.delay_ms: '2': a number is needed"),
    ("delay_ms = 2", "delay = 2", "small.toml:7: links.lan.delay: unknown key; did you mean 'delay_ms'?"),
    ("duration_s = 5", "", "small.toml: 'duration_s' is missing: give it"),
    ("duration_s = 5", "duration_s = 0", "small.toml:4: duration_s: it has to take some time"),
    ("00Z\n", "00\n", "small.toml:3: start: 2026-01-01 00:00:00 is the time of nowhere: add Z for UTC"),
    ("2026-01-01T00:00:00Z", '"now"', "small.toml:3: start: 'now': a date and time is needed, as 2026-01-01T00:00:00Z"),
    ("::b/64", "::b", "small.toml:17: nodes.b.interfaces.e.addresses[0]: '2001:db8::b' is no ADDRESS/LENGTH, as"),
    (
        '"02:00:00:00:00:0b"',
        '"02:00"',
        "small.toml:16: nodes.b.interfaces.e.link_address: '02:00' is not an IPv6 address; give an address",
    ),
    ('"02:00:00:00:00:0b"', '"0b"', "nodes.b.interfaces.e.link_address: six octets are needed"),
    ('receiver = "b"', 'receiver = "c"', "small.toml:22: flows[0].receiver: there is no 'c'; there are a, b"),
    ('link = "lan"', 'link = "lam"', "nodes.a.interfaces.e.link: there is no 'lam'; did you mean 'lan'?"),
    ("title", "tilte", "small.toml:2: tilte: unknown key; did you mean 'title'?"),
    ('name = "ab"', "", "small.toml:19: flows[0]: 'name' is missing: give it"),
    ('name = "ab"', 'name = "ab"\nsize = 2', "flows[0].size: 2: 16 to 65,000 octets hold number and time"),
    ("[links.lan]", "[links.lan", "small.toml: no TOML: "),
    ("[nodes.b.", "[nodes.b.router]\nripng = 1\n[nodes.b.", "nodes.b.router.ripng: 1: a table is needed"),
    (
        "[nodes.b.",
        "[nodes.b.router.ripng]\ninterfaces = ['e']\nupdates_s = 1\n[nodes.b.",
        "small.toml:16: nodes.b.router.ripng.updates_s: unknown key; did you mean 'update_s'?",
    ),
    ("start =", 'profile = "x"\nstart =', "small.toml:3: profile: no profile 'x'"),
    ("start =", 'constants = "x"\nstart =', "small.toml:3: constants: 'x' is none of rfc6275, kame2003, fast-lab"),
    (
        "start =",
        "constants = {dhaad_retry = 1}\nstart =",
        "small.toml:3: constants.dhaad_retry: unknown key; did you mean 'dhaad_retries'?",
    ),
]


@pytest.mark.parametrize(("old", "new", "words"), WRONG, ids=[case[2][:60] for case in WRONG])
def test_what_is_wrong_is_told_with_its_place(old: str, new: str, words: str) -> None:
    assert old in SMALL
    with pytest.raises(ScenarioError) as caught:
        parse(SMALL.replace(old, new, 1), "small.toml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("small.toml")


def test_set_changes_a_value_and_is_checked_as_strictly() -> None:
    assert parse(SMALL, "f", ["links.lan.delay_ms=7"]).links["lan"].delay_ms == 7
    assert parse(SMALL, "f", ["flows.0.name=xy"]).flows[0].name == "xy"
    assert parse(SMALL, "f", ["constants.dhaad_retries=9"]).constants.dhaad_retries == 9
    assert parse(SMALL, "f", ['title="x = y"']).title == "x = y"
    for change, words in (
        ("links.lan.delay=7", "--set: links.lan.delay: unknown key; did you mean 'delay_ms'?"),
        ("links.lan.delay_ms=x", "--set: links.lan.delay_ms: 'x': a number is needed"),
        ("flows.3.name=x", "--set: flows[3].name: 3 is no position: the list has 1 entries"),
        ("title.x=1", "--set: title.x: there is no table to put it into"),
        ("title.x.y=1", "--set: title.x.y: nothing can stand inside of 'two hosts'"),
        ("flows.name=1", "--set: flows.name: 'name' is no position"),
        ("nonsense", "--set: 'nonsense': write KEY.PATH=VALUE"),
    ):
        with pytest.raises(ScenarioError) as caught:
            parse(SMALL, "f", [change])
        assert words in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"there is no scenario 'nowhere\.toml'; give a TOML file or one of"):
        load("nowhere.toml")
    with pytest.raises(ScenarioError, match="is a directory; give a TOML file"):
        load(str(tmp_path))
    (tmp_path / "a.toml").write_bytes(b"\xff")
    with pytest.raises(ScenarioError, match=r"a\.toml: it is no UTF-8 text"):
        load(str(tmp_path / "a.toml"))


@pytest.mark.parametrize("name", built_in_names())
def test_the_built_in_ones_are_sound(name: str) -> None:
    assert load(name).title
