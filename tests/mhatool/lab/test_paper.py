"""The paper's testbed, live: the mobile node boots at home, moves, and comes back, with traffic all the time."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhatool.lab.traffic import lost
from tests.mhatool.lab.standing import AGENTS, HOME, Standing, care_of, heard, records, standing, times, traffic, until

pytestmark = [
    pytest.mark.root,
    pytest.mark.tshark,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
    pytest.mark.ping,
]

CORRESPONDENT = "2001:db8:c::a"
SLACK_NS = 100_000_000
"""For transit and for a busy machine: ten datagrams."""


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


def test_away_it_registers_with_both_agents_at_once_and_keeps_its_traffic(lab: Standing, tmp_path: Path) -> None:
    """The capture of all links tells the same story as the scenario `paper-rfc6275` (issue 7, line 1)."""
    capture = tmp_path / "live.pcapng"
    _move(lab, "home", set())
    with lab.running("switch", "dumpcap", "-q", *_bridges(lab), "-w", str(capture)) as process:
        until(lambda: capture.exists() and capture.stat().st_size)
        _move(lab, "foreign3", {care_of(3)})
        until(lambda: [row["state"] for row in lab.show("mn", "updates")] == ["BOUND", "BOUND"])
        until(lambda: len(records("dissect", str(capture), "--jsonl", "-Y", "binding_acknowledgement")) >= 4)
        process.terminate()
        process.wait(10)
    sent = [event for event in lab.events("mn", "binding:update_sent") if event["lifetime_s"]][-2:]
    assert [event["peer"] for event in sent] == list(AGENTS)
    assert sent[0]["time_ns"] == sent[1]["time_ns"]
    assert all(event["home_agents"] == list(AGENTS) for event in sent)
    until(lambda: _reaches(lab))
    _judge(capture)
    _compare(capture, tmp_path)


def _bridges(lab: Standing) -> list[str]:
    return [part for link in lab.lab.topology.links for part in ("-i", f"br-{link}")]


def _judge(capture: Path) -> None:
    for command in (("validate", "--min-severity", "error"), ("crosscheck",)):
        done = subprocess.run(["mhatool", *command, str(capture)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _compare(capture: Path, folder: Path) -> None:
    """The same flow but for who answers an anycast request: here the routing says that, there the scenario."""
    simulated = folder / "simulated.pcapng"
    changes = ("losses=[]", "duration_s=80", "nodes.ha1.home_agent.advertising.home_agent.preference=20")
    options = [part for change in changes for part in ("--set", change)]
    subprocess.run(["mhatool", "simulate", "paper-rfc6275", *options, "-w", str(simulated)], check=True)
    done = subprocess.run(
        ["mhatool", "diff", str(simulated), str(capture)], capture_output=True, text=True, check=False
    )
    told = [line for line in done.stdout.splitlines() if re.match(r"    \w", line)]
    assert [line for line in told if not line.strip().startswith("dhaad_reply.source")] == [], done.stdout


@pytest.mark.parametrize(("link", "number"), [("foreign1", 1), ("home", 0), ("foreign3", 3)])
def test_traffic_is_lost_only_from_the_link_change_to_the_acceptance(
    lab: Standing, tmp_path: Path, link: str, number: int
) -> None:
    """100 datagrams a second each way through the moves 2, 3 and 1 (issue 7, line 2)."""
    _away(lab, 1 if number == 3 else 3)
    files = {node: tmp_path / f"{node}.jsonl" for node in ("cn", "mn")}
    with (
        lab.running("cn", *traffic(CORRESPONDENT, HOME, files["cn"])) as cn,
        lab.running("mn", *traffic(HOME, CORRESPONDENT, files["mn"])) as mn,
    ):
        until(lambda: all(heard(file) for file in files.values()))
        begin_ns = max(times(files["cn"]))  # what left before may have met nobody
        until(lambda: max(times(files["cn"])) > begin_ns + SLACK_NS)
        moved_ns = max(times(files["cn"]))
        _move(lab, link, {care_of(number)} if number else set())
        for process in (cn, mn):
            assert process.wait(30) == 0, process.stdout and process.stdout.read()
    accepted_ns = _accepted(lab, moved_ns)
    for sender, receiver in (("cn", "mn"), ("mn", "cn")):
        for gap in lost(files[sender].open(), files[receiver].open()):
            if gap.first_ns < begin_ns:
                continue
            assert moved_ns - SLACK_NS < gap.first_ns
            assert gap.last_ns < accepted_ns + SLACK_NS


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


def _accepted(lab: Standing, since_ns: int) -> int:
    """When the last of those who forward for the mobile node accepted where it is now."""
    answers = [
        event["time_ns"]
        for node in ("ha1", "ha2", "cn")
        for event in lab.events(node, "mh:sent")
        if event["message"] == "binding_acknowledgement" and event["time_ns"] > since_ns
    ]
    return max(answers)


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
    """From its file: same care-of address, a lifetime that went on, and traffic through it (issue 7, line 8)."""
    _away(lab, 3)
    before = lab.show("ha1", "bindings")
    lab.lab.processes.end("ha1", 9)
    lab.lab.start("ha1")
    until(lambda: lab.answers("ha1"))
    until(lambda: lab.events("ha1", "binding:cache_entry"))
    first = next(event for event in lab.events("ha1", "binding:cache_entry") if not event.get("cloned"))
    held = next(row for row in before if not row["cloned"])
    assert (first["sequence_number"], first["care_of_address"]) == (held["sequence_number"], care_of(3))
    assert first["lifetime_s"] < held["lifetime_s"]
    assert not [event for event in lab.events("ha1", "mh:received") if event["time_ns"] < first["time_ns"]]
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


def _is_ours(number: int) -> bool:
    return b"bird" in (command := Path(f"/proc/{number}/cmdline").read_bytes()) or b"mhatool" in command
