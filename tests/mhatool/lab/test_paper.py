"""The paper's testbed, live: the mobile node boots, moves, comes back; what is stopped or killed is cleaned up."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhatool.lab.lab import LabError
from tests.mhatool.lab.standing import HOME, Standing, care_of, standing, until

pytestmark = [
    pytest.mark.root,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
    pytest.mark.ping,
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Return the testbed, its mobile node at home."""
    with standing("paper", tmp_path_factory.mktemp("lab")) as made:
        until(lambda: made.events("mn", "nd:address_assigned"))
        until(lambda: _has_route(made))
        yield made


def _has_route(lab: Standing) -> bool:
    """RIPng has told the correspondent's router the way home."""
    return "2001:db8:2::/64" in lab.run("core", "ip", "-6", "route").stdout


def _move(lab: Standing, link: str, where: set[str]) -> None:
    lab.lab.move("mn", link)
    for agent in ("ha1", "ha2"):
        until(lambda agent=agent: lab.care_of_addresses(agent) == where)


def test_at_home_nobody_holds_a_binding_and_the_correspondent_reaches_the_node(lab: Standing) -> None:
    _move(lab, "home", set())
    assert lab.show("ha1", "bindings") == lab.show("ha2", "bindings") == []
    until(lambda: _reaches(lab))


def _away(lab: Standing, number: int) -> None:
    """The mobile node is on this foreign link and registered with both agents, wherever it was before.

    Where it is there already it stays: a link that comes and goes would leave it without a router for a moment.
    """
    if any(lab.care_of_addresses(agent) != {care_of(number)} for agent in ("ha1", "ha2")):
        _move(lab, f"foreign{number}", {care_of(number)})
    until(lambda: [row["state"] for row in lab.show("mn", "updates") if row["home_registration"]] == ["BOUND"] * 2)


def _reaches(lab: Standing) -> bool:
    """Whether the correspondent's packets come to the mobile node and back, once the routers have told each other."""
    return lab.run("cn", "ping", "-c", "2", "-i", "0.2", "-W", "1", HOME).returncode == 0


def test_what_a_home_agent_only_forwards_is_none_of_its_business(lab: Standing) -> None:
    """A Home Test passes through an agent on its way to the home address, which takes no part in it."""
    _away(lab, 3)
    until(lambda: _reaches(lab) and lab.show("mn", "stats")["received"].get("home_test"))
    for agent in ("ha1", "ha2"):
        taken = [*lab.events(agent, "mh:received"), *lab.events(agent, "mh:dropped")]
        assert [event for event in taken if event["destination"] == HOME.replace(":0:0:", "::")] == []


def test_back_home_nothing_is_left_anywhere(lab: Standing) -> None:
    _away(lab, 3)
    lab.lab.move("mn", "home")
    for node in ("ha1", "ha2", "cn"):
        until(lambda node=node: lab.show(node, "bindings") == [])
    until(lambda: lab.show("mn", "updates") == [])
    until(lambda: _reaches(lab))
    assert "lookup 1350" not in lab.run("mn", "ip", "-6", "rule").stdout


def test_a_mobile_node_that_is_stopped_deregisters_and_leaves_the_kernel_as_it_was(lab: Standing) -> None:
    _away(lab, 3)
    lab.lab.fail("mn", "stop")
    assert lab.show("ha1", "bindings") == lab.show("ha2", "bindings") == []
    assert lab.run("mn", "ip", "-6", "rule").stdout.count("lookup") == 2  # local and main, as the kernel has them
    assert "proto 135" not in lab.run("mn", "ip", "-6", "route", "show", "table", "all").stdout
    assert lab.run("mn", "nft", "list", "ruleset").stdout == ""
    lab.lab.move("mn", "home")
    lab.lab.recover("mn")
    until(lambda: lab.answers("mn"))


def test_what_a_killed_node_left_behind_is_removed_by_the_next_start(lab: Standing) -> None:
    until(lambda: lab.events("mn", "nd:address_assigned"))
    _away(lab, 3)
    lab.lab.processes.end("mn", 9)
    assert "lookup 1350" in lab.run("mn", "ip", "-6", "rule").stdout
    lab.lab.recover("mn")
    until(lambda: lab.answers("mn"))
    until(lambda: [row["state"] for row in lab.show("mn", "updates")] == ["BOUND", "BOUND"])
    assert lab.run("mn", "ip", "-6", "rule").stdout.count("lookup 1350") == 1
    assert "an earlier run had left behind" in lab.log("mn")


def test_a_home_agent_that_was_killed_has_its_bindings_again(lab: Standing) -> None:
    """From its file: same care-of address, a lifetime that went on, and traffic through it."""
    _away(lab, 3)
    before = lab.show("ha1", "bindings")
    lab.lab.processes.end("ha1", 9)
    entries, received = (len(lab.events("ha1", name)) for name in ("binding:cache_entry", "mh:received"))
    lab.lab.start("ha1")
    until(lambda: lab.answers("ha1"))
    until(lambda: lab.events("ha1", "binding:cache_entry")[entries:])
    first = next(event for event in lab.events("ha1", "binding:cache_entry")[entries:] if not event.get("cloned"))
    held = next(row for row in before if not row["cloned"])
    assert (first["sequence_number"], first["care_of_address"]) == (held["sequence_number"], care_of(3))
    assert first["lifetime_s"] < held["lifetime_s"]
    since = lab.events("ha1", "mh:received")[received:]
    assert not [event for event in since if event["time_ns"] < first["time_ns"]]
    until(lambda: _reaches(lab))


def test_destroy_leaves_nothing_and_ends_nobody_elses_processes(tmp_path: Path) -> None:
    """Namespaces and processes of this lab are gone; a process that it hasn't started goes on."""
    with standing("paper", tmp_path) as made:
        kept = {process.number for process in made.lab.processes.all().values()}
        made.lab.start("ha1")  # runs already: nothing is started twice
        assert {process.number for process in made.lab.processes.all().values()} == kept
        with made.running("cn2", "sleep", "60") as strange:
            made.lab.destroy()
            assert strange.poll() is None
    assert made.lab.namespaces() == []
    assert not made.lab.folder.exists()
    assert [number for number in kept if Path(f"/proc/{number}/cmdline").exists() and _is_ours(number)] == []


def test_what_a_crash_left_of_a_lab_is_removed_by_the_next_deploy(tmp_path: Path) -> None:
    """As long as one of its processes runs it stands."""
    router = """\
name = "router"
title = "two routers"
links = ["here"]
[nodes.a]
interfaces.eth0 = { link = "here" }
routing = { speaks = ["eth0"] }
[nodes.b]
interfaces.eth0 = { link = "here" }
routing = { speaks = ["eth0"] }
"""
    (tmp_path / "router.toml").write_text(router, "ascii")
    with standing(str(tmp_path / "router.toml"), tmp_path / "run") as made:
        numbers = [process.number for process in made.lab.processes.all().values()]
        for left, number in ((1, numbers[0]), (0, numbers[1])):
            with pytest.raises(LabError, match="stands already"):
                made.lab.deploy()
            os.kill(number, 9)
            until(lambda left=left: sum(each.runs for each in made.lab.processes.all().values()) == left)
        made.lab.deploy()
        assert all(each.runs for each in made.lab.processes.all().values())
        assert {each.number for each in made.lab.processes.all().values()}.isdisjoint(numbers)


def _is_ours(number: int) -> bool:
    return b"bird" in (command := Path(f"/proc/{number}/cmdline").read_bytes()) or b"mhatool" in command
