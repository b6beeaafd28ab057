"""`mhatool lab run`: the built-in experiments happen, and what they measure keeps to what docs/live.md says of them."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mhatool.engine.constants import RFC6275
from mhatool.lab.lab import FOLDER
from mhatool.lab.report import SCHEMA
from tests.mhatool.browser import measured
from tests.mhatool.html_page import check_page
from tests.mhatool.lab.standing import AGENTS, records, until

pytestmark = [
    pytest.mark.root,
    pytest.mark.tshark,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
]
SLACK_S = 0.1
"""For transit and for a busy machine: ten datagrams."""
OUTAGE_S = 1.0
DEMO_S = 60
REPOSITORY = Path(__file__).resolve().parents[3]
PROBE_S = 0.05
TOLD_S = (RFC6275.probe_failures + 1) * PROBE_S + 0.5
"""(failures + 1) x interval + 0.5 s."""


_LABS = itertools.count(1)
"""Each has its own, since two stand beside each other."""


class Run:
    """An experiment that has happened, and its report."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.folder = folder
        self.lab = f"r{next(_LABS)}{os.getpid() % 100_000}"
        whole = [*command, "--out", str(folder), "--lab", self.lab]
        done = subprocess.run(whole, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.printed = done.stdout
        self.report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
        assert not (FOLDER / self.lab).exists()

    def gaps(self, step: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Each stream with each of its losses that a step led to."""
        for stream in self.report["streams"]:
            for gap in stream.get("gaps", []):
                if gap["step"] == step:
                    yield stream, gap

    def events(self, name: str) -> list[dict[str, Any]]:
        """The events of this name in the trace of all nodes."""
        lines = (self.folder / "trace.jsonl").read_text("utf-8").splitlines()[1:]
        return [event for event in map(json.loads, lines) if event["name"] == name]


def _page(run: Run) -> str:
    text = (run.folder / "report.html").read_text("utf-8")
    check_page(text)
    return text


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """Two labs at once, which wait most of the time and know nothing of each other."""
    folder = tmp_path_factory.mktemp("side-by-side")
    with ThreadPoolExecutor(2) as both:
        paper = both.submit(Run, folder / "paper", "mhatool", "lab", "run", "paper", "--json")
        one_armed = both.submit(Run, folder / "one-armed", "mhatool", "lab", "run", "failure-one-armed")
        return paper.result(), one_armed.result()


@pytest.mark.chromium
def test_the_papers_experiment_tells_the_story_of_its_simulation(side_by_side: tuple[Run, Run]) -> None:
    """Boot at home, move to foreign link 3, register with both agents: messages, tables, rules, tshark."""
    run, _ = side_by_side
    assert json.loads(run.printed) == run.report
    jsonschema.validate(run.report, SCHEMA)
    assert run.report["simulation"]["differences"] == []
    assert run.report["simulation"]["exchanges"] == 5
    assert [capture["findings"].get("error", 0) for capture in run.report["captures"]] == [0] * 6
    simulated, live = run.folder / "simulated.pcapng", run.folder / "all.pcapng"
    for command in (("diff", str(simulated), str(live)), ("crosscheck", str(live))):  # it has the packets of all links
        done = subprocess.run(["mhatool", *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    names = ["--names", str(run.folder / "names.toml")]
    assert _tables(live, *names) == _tables(simulated, *names) != []
    _at_once(run)
    assert "mn moves to foreign3" in _page(run)
    seen = measured(run.folder / "report.html", 1280)
    assert (seen["empty"], seen["cut"], seen["wide"] <= 0) == (0, [], True)


def _tables(capture: Path, *options: str) -> list[str]:
    """Without sequence numbers and times."""
    done = subprocess.run(
        ["mhatool", "timeline", str(capture), "--style", "kame", *options], capture_output=True, text=True, check=True
    )
    return [line for line in done.stdout.splitlines() if not re.match("seqno|ltxp|retexp", line)]


def _at_once(run: Run) -> None:
    """One Binding Update to each agent in the same instant, each with the list of both, by preference; then another."""
    first, again = (run.events("binding:update_sent")[at : at + 2] for at in (0, 2))
    assert [event["data"]["peer"] for event in first] == [AGENTS[1], AGENTS[0]]
    assert {event["data"]["peer"] for event in again} == set(AGENTS)
    for sent in (first, again):
        assert sent[0]["time_ns"] == sent[1]["time_ns"]
        assert all(event["data"]["home_agents"] == [AGENTS[1], AGENTS[0]] for event in sent)
    later_s = (again[0]["time_ns"] - first[0]["time_ns"]) / 1e9
    assert later_s == pytest.approx(RFC6275.initial_binding_ack_timeout_first_registration_s, abs=SLACK_S)


@pytest.mark.parametrize(
    ("number", "until_told"), [(signal.SIGINT, "deploying"), (signal.SIGTERM, "mn moves to foreign3")]
)
def test_an_interrupt_takes_the_lab_down(tmp_path: Path, number: signal.Signals, until_told: str) -> None:
    """While it is deployed, and while it runs: namespaces, files and processes are gone, and the status says why."""
    name = f"i{os.getpid() % 100_000}"
    command = ["mhatool", "lab", "run", "paper", "--out", str(tmp_path / "out"), "--lab", name]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if until_told in line)
        until(lambda: list(Path("/run/netns").glob(f"mhatool-{name}-*")))
        process.send_signal(number)
        assert process.wait(30) == 130
    assert not (FOLDER / name).exists()
    assert list(Path("/run/netns").glob(f"mhatool-{name}-*")) == []
    assert [pid for pid in Path("/proc").glob("[0-9]*") if f"/{name}/" in _command_line(pid)] == []


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_text("utf-8", errors="replace")
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["papr"], "mhatool: there is no experiment 'papr'; did you mean 'paper'?"),
        (["--out", "/dev/null/here"], "mhatool: /dev/null/here: not a directory; give another --out"),
        (["--lab", "a name that is too long"], "mhatool: --lab: 'a name that is too long': a name is 1 to 8 letters"),
    ],
)
def test_what_cannot_be_run_is_told_in_one_line(arguments: list[str], told: str) -> None:
    done = subprocess.run(["mhatool", "lab", "run", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert done.stderr.startswith(told)


def test_traffic_is_lost_only_from_the_link_change_to_the_acceptance(tmp_path: Path) -> None:
    """100 datagrams a second each way through moves 1, 2 and 3, and TCP on an optimised route."""
    run = Run(tmp_path / "out", "mhatool", "lab", "run", "moves")
    jsonschema.validate(run.report, SCHEMA)
    assert "movement detection" in run.printed
    moves = run.report["moves"]
    assert [move["link"] for move in moves] == ["foreign3", "foreign1", "home"]
    for step, move in enumerate(moves):
        accepted_s = max(move["accepted_after_s"], move["optimised_after_s"])
        assert sum(phase["duration_s"] for phase in move["phases"]) == pytest.approx(move["accepted_after_s"], abs=1e-3)
        assert sum(phase["share"] for phase in move["phases"]) == pytest.approx(1, abs=3e-3)
        for stream, gap in run.gaps(step):
            assert move["at_s"] - SLACK_S < gap["from_s"], (stream, gap)
            assert gap["to_s"] < move["at_s"] + accepted_s + SLACK_S, (stream, gap)
    assert all(stream["sent"] > 1_000 for stream in run.report["streams"])
    assert [gap for stream in run.report["streams"] for gap in stream.get("gaps", []) if gap["step"] is None] == []
    _judged(run)
    _optimised(run)
    page = _page(run)
    assert all(text in page for text in ("movement detection", "udp cn2 → mn", "tcp cn → mn"))


def _judged(run: Run) -> None:
    assert [capture["findings"].get("error", 0) for capture in run.report["captures"]] == [0] * 6
    assert {capture["file"] for capture in run.report["captures"]} == {
        path.name for path in run.folder.glob("*.pcapng")
    }


def _optimised(run: Run) -> None:
    """All that TCP sent came, but for what was on its way at the end, and it went to each care-of address directly."""
    (tcp,) = (stream for stream in run.report["streams"] if stream["transport"] == "tcp")
    assert tcp["received"] >= tcp["sent"] - 20
    assert len(tcp["waits"]) <= 3
    routed = records("dissect", str(run.folder / "peers.pcapng"), "--all", "--jsonl", "-Y", "routing and tcp")
    directly = {layer["destination"] for record in routed for layer in record["layers"] if layer["type"] == "ipv6"}
    assert {address[:10] for address in directly} == {"2001:db8:1", "2001:db8:3"}


def test_a_home_agent_that_is_a_router_dies_and_everybody_goes_on(tmp_path: Path) -> None:
    """`make demo-live` in a terminal, in less than a minute: routing switches, a third agent comes in (lines 3, 9)."""
    begin = time.monotonic()
    run = Run(tmp_path / "out", *_in_a_terminal(tmp_path, REPOSITORY / "scripts" / "demo_live.sh"))
    assert time.monotonic() - begin < DEMO_S
    _recovered(run)
    if run.report["failures"][0]["routing_switched_after_s"] is None:  # BIRD had chosen the other agent's way before
        again = Run(tmp_path / "again", "mhatool", "lab", "run", "failure")
        _recovered(again)
        assert again.report["failures"][0]["routing_switched_after_s"] is not None
    assert [step["what"] for step in run.report["steps"]][2:] == ["ha1 is back", "mn moves to home"]
    assert all(text in run.printed for text in ("update list", "binding cache", "✗ ha1", "udp cn2 → mn", "report: "))


def _in_a_terminal(folder: Path, command: Path) -> list[str]:
    """What lets a command believe that somebody looks on; options may follow."""
    wrapper = folder / "wrapper"
    wrapper.write_text(f'#!/bin/sh\nCOLUMNS=100 exec script -qec "{command} $*" /dev/null\n', "ascii")
    wrapper.chmod(0o755)
    return [str(wrapper)]


def test_a_home_agent_behind_a_router_dies_and_everybody_goes_on(side_by_side: tuple[Run, Run]) -> None:
    """Nothing has to be routed otherwise: the next agent takes over on the home link."""
    _, run = side_by_side
    _recovered(run)
    assert run.report["failures"][0]["routing_switched_after_s"] is None


def _recovered(run: Run) -> None:
    """Killed with both links down, probes each 50 ms: all is told and over in time."""
    (failure,) = run.report["failures"]
    switched_s = max(failure["down_after_s"], failure["routing_switched_after_s"] or 0)
    assert failure["told_after_s"] < switched_s + TOLD_S
    assert failure["taken_over_after_s"] < failure["down_after_s"] + TOLD_S
    for stream, gap in run.gaps(1):
        assert gap["to_s"] - failure["at_s"] < OUTAGE_S, (stream, gap)
    begun = [stream for stream in run.report["streams"] if "cn3" in (stream["from"], stream["to"])]
    assert [bool(stream["received"]) for stream in begun] == [True, True]
    third = AGENTS[0].replace("::1", "::3")
    assert failure["registered_again_after_s"] is not None
    assert run.report["timeline"]["failures"][0]["recoveries"][0]["added"] == [third]
    assert [capture["findings"].get("error", 0) for capture in run.report["captures"]] == [0] * 6
    assert "ha1 fails (crash)" in _page(run)


@pytest.mark.parametrize(("user", "missing"), [("9", "root, who alone"), ("0", "dumpcap: apt-get install tshark")])
def test_without_what_it_needs_the_demo_says_so_and_offers_the_simulation(
    tmp_path: Path, user: str, missing: str
) -> None:
    """Of the commands only those that the script itself calls are there, and what is in /usr/sbin."""
    for name in ("bash", "dirname", "env"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    (tmp_path / "id").write_text(f"#!/bin/sh\necho {user}\n", "ascii")
    (tmp_path / "id").chmod(0o755)
    done = subprocess.run(
        [str(REPOSITORY / "scripts" / "demo_live.sh")],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 1
    assert missing in done.stderr
    assert "mhatool simulate ha-failure-three" in done.stderr
