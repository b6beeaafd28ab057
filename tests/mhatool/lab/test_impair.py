"""Links that delay and lose: `mhatool lab impair`, on four hosts on two links."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhatool.lab.hub import Impairment
from mhatool.lab.lab import LabError
from tests.mhatool.lab.standing import Standing, standing, until

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.ethtool, pytest.mark.ping]
TOPOLOGY = """
name = "hosts"
title = "four hosts"
links = ["left", "right"]
[nodes.a.interfaces]
eth0 = { link = "left", addresses = ["2001:db8::a/64"] }
[nodes.b.interfaces]
eth0 = { link = "left", addresses = ["2001:db8::b/64"] }
[nodes.c.interfaces]
eth0 = { link = "right", addresses = ["2001:db8::c/64"] }
[nodes.d.interfaces]
eth0 = { link = "right", addresses = ["2001:db8:1::d/64"] }
eth1 = { link = "right", addresses = ["2001:db8::d/64"] }
"""
DELAY_MS = 30


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Return the hosts, `c` alone on its link."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "hosts.toml").write_text(TOPOLOGY, "utf-8")
    with standing(str(folder / "hosts.toml"), folder / "run") as made:
        until(lambda: _times(made, "b"))
        yield made


def _times(lab: Standing, to: str, count: int = 5) -> list[float]:
    """The round-trip times, in milliseconds, of the echo requests from `a` that were answered."""
    command = ("ping", "-c", str(count), "-i", "0.02", "-W", "1", f"2001:db8::{to}")
    return [float(time) for time in re.findall(r"time=([\d.]+) ms", lab.run("a", *command).stdout)]


def _impair(lab: Standing, link: str, **how: float) -> None:
    lab.lab.impair(link, Impairment(**how))


def test_frames_come_later_each_way_and_as_before_when_it_is_over(lab: Standing) -> None:
    assert min(_times(lab, "b")) < DELAY_MS
    _impair(lab, "left", delay_ms=DELAY_MS)
    slow = until(lambda: (times := _times(lab, "b")) and min(times) >= 2 * DELAY_MS and times)
    assert len(slow) == 5
    _impair(lab, "left", delay_ms=2 * DELAY_MS)
    until(lambda: (times := _times(lab, "b")) and min(times) >= 4 * DELAY_MS)
    _impair(lab, "left")
    assert len(_times(lab, "b")) == 5
    assert min(_times(lab, "b")) < DELAY_MS


def test_so_many_frames_are_lost(lab: Standing) -> None:
    """Half each way: a quarter of 100 is answered, within five standard deviations (4.3)."""
    _impair(lab, "left", loss_percent=100)
    until(lambda: _times(lab, "b") == [])
    _impair(lab, "left", delay_ms=1, loss_percent=50)
    until(lambda: _times(lab, "b"))  # the neighbour has been found, which may take a few attempts
    answered = len(_times(lab, "b", 100))
    assert 3 <= answered <= 47
    _impair(lab, "left")
    until(lambda: len(_times(lab, "b")) == 5)


def test_who_comes_to_such_a_link_is_slow_and_who_leaves_is_not(lab: Standing) -> None:
    _impair(lab, "left", delay_ms=DELAY_MS)
    lab.lab.move("c", "left")
    until(lambda: (times := _times(lab, "c")) and min(times) >= 2 * DELAY_MS)
    lab.lab.move("a", "right")
    lab.lab.move("c", "right")
    until(lambda: (times := _times(lab, "c")) and min(times) < DELAY_MS)
    _impair(lab, "left")
    lab.lab.move("a", "left")
    until(lambda: (times := _times(lab, "b")) and min(times) < DELAY_MS)


def test_of_several_interfaces_one_is_moved_and_named(lab: Standing) -> None:
    assert lab.lab.move("d", "left", "eth1") == "eth1"
    until(lambda: len(_times(lab, "d")) == 5)
    assert lab.lab.move("d", "left") == "eth0"
    with pytest.raises(LabError, match="d has no interface 'eth7'; it has eth0, eth1"):
        lab.lab.move("d", "left", "eth7")
    for interface in ("eth0", "eth1"):
        lab.lab.move("d", "right", interface)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--delay", "-1"], "delay -1 ms: 0 to 10,000 are possible"),
        (["--loss", "101"], "loss 101 %: 0 to 100 are possible"),
        ([], "neither --delay nor --loss is given; give one of them, or --clear"),
        (["--clear", "--delay", "5"], "--clear and --delay contradict each other; give one of them"),
    ],
)
def test_what_no_link_can_do_is_refused(options: list[str], told: str) -> None:
    done = subprocess.run(["mhatool", "lab", "impair", "left", *options], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, f"mhatool: {told}\n")


def test_what_a_link_does_is_told_in_a_few_words(lab: Standing) -> None:
    with pytest.raises(LabError, match="there is no link 'middle'; there are left, right"):
        _impair(lab, "middle", delay_ms=1)
    assert Impairment(delay_ms=20, loss_percent=0.5).told == "20 ms, 0.5 % lost"
    assert Impairment(lose_first="binding_update").told == "the first binding update to each is lost"
    assert Impairment().told == "as it was"


def test_a_lab_with_such_a_link_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "hosts.toml").write_text(TOPOLOGY, "utf-8")
    with standing(str(tmp_path / "hosts.toml"), tmp_path / "run") as made:
        _impair(made, "left", delay_ms=1)
        number = made.lab.processes.all()["left.hub"].number
    assert made.lab.namespaces() == []
    until(
        lambda: (
            not Path(f"/proc/{number}/cmdline").exists() or b"hub" not in Path(f"/proc/{number}/cmdline").read_bytes()
        )
    )


def test_a_killed_one_s_link_can_be_had_back(lab: Standing) -> None:
    """It has no time to leave the bridge as it was; `--clear` does."""
    _impair(lab, "left", delay_ms=1)
    until(lambda: _apart(lab) == {"1"})
    lab.lab.processes.end("left.hub", 9)
    assert _apart(lab) == {"1"}
    _impair(lab, "left")
    assert _apart(lab) == {"0"}


def _apart(lab: Standing) -> set[str]:
    """What the bridge of the left link has of each of its ports."""
    shown = lab.run("switch", "sh", "-c", "cat /sys/class/net/br-left/brif/*/isolated")
    return set(shown.stdout.split())
