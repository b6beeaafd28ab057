"""`mhatool simulate` and `mhatool scenarios`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from dissectors.ipv6.address import parse
from mhatool.capture import open_capture
from mhatool.cli import main
from mhatool.cli.searching import SCHEMA as SEARCH_SCHEMA
from mhatool.cli.simulate import LIST_SCHEMA
from mhatool.network.scenario import built_in_names
from mhatool.network.scenario.run import SCHEMA, Run
from mhatool.search import Drawn, Outcome
from mhatool.timeline.kame.traced import names_of
from mhatool.timeline.names import read_names
from mhatool.trace import read

SMALL = """
title = "two hosts"
start = 2026-01-01T00:00:00Z
duration_s = 5
[links.lan]
delay_ms = 2
loss = 0.2
[links.spare]
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
[[moves]]
node = "b"
at = 4
link = "spare"
[[expectations]]
at = 4.5
node = "a"
received = { binding_update = 0 }
"""


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(SMALL)
    return str(path)


def mhatool(*arguments: str, status: int = 0) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run([sys.executable, "-m", "mhatool", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


def frames(path: Path) -> list[tuple[int, str | None]]:
    with open_capture(path) as reader:
        return [(record.time_ns, record.comment) for record in reader]


def test_the_summary(small: str) -> None:
    lines = mhatool("simulate", small).stdout.splitlines()
    assert lines[0] == "two hosts"
    assert lines[1].startswith("5 s of rfc6275, seed 1: 2 machines on 2 links, ")
    assert lines[2] == "       4.000 s  b goes to spare"
    assert any(line.startswith("traffic: ab: a to b, 50 sent, ") for line in lines)
    assert lines[-1] == "expected: 1 of 1 hold"


def test_json_fits_its_schema(small: str) -> None:
    document = json.loads(mhatool("simulate", small, "--json").stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    flow = document["flows"][0]
    assert flow["sent"] == 50
    assert 10 < flow["sent"] - flow["received"] < 50  # all of the last second, and more before


def test_capture_and_trace(small: str, tmp_path: Path) -> None:
    capture, trace = tmp_path / "a.pcapng", tmp_path / "a.jsonl"
    mhatool("simulate", small, "-w", str(capture), "--trace", str(trace))
    events = read(trace).events
    lost = [event.time_ns for event in events if event.__class__.__name__ == "FrameLost"]
    assert lost
    assert [time for time, comment in frames(capture) if comment == "lost: chance"] == lost
    intervals = [event for event in events if event.__class__.__name__ == "TrafficInterval"]
    assert sum(event.sent for event in intervals) == 50
    assert read(trace).header.seed == 1


def test_a_vantage_point_sees_what_reaches_it(small: str, tmp_path: Path) -> None:
    link, node = tmp_path / "link.pcapng", tmp_path / "node.pcapng"
    mhatool("simulate", small, "-w", str(link), "--vantage", "lan")
    mhatool("simulate", small, "-w", str(node), "--vantage", "b")
    # b sends a solicited advertisement, perhaps more, and hears what isn't lost, two milliseconds later.
    kept = [time for time, comment in frames(link) if comment is None and time]
    assert len(frames(node)) <= len(kept)
    assert {time for time, _ in frames(node)} <= {time + delay for time in kept for delay in (0, 2_000_000)}


def test_what_a_capture_holds_is_told_where_that_is_not_all(small: str, tmp_path: Path) -> None:
    """`--vantage` names it, or the scenario; `spare` carries nothing but what a host says that comes there."""
    path = tmp_path / "part.pcapng"
    for arguments in (("--vantage", "spare"), ("--set", 'capture={links=["spare"]}')):
        told = mhatool("simulate", small, "-w", str(path), *arguments).stdout.splitlines()
        assert f"written: {len(frames(path))} frames, what spare saw; --vantage chooses" in told
        document = json.loads(mhatool("simulate", small, "-w", str(path), *arguments, "--json").stdout)
        assert document["written"] == {"frames": len(frames(path)), "places": ["spare"]}
        assert document["links"]["spare"] == len(frames(path))
    assert "written" not in mhatool("simulate", small, "-w", str(path)).stdout
    assert len(frames(path)) == sum(document["links"].values())
    assert json.loads(mhatool("simulate", small, "--json").stdout)["written"] is None


def test_what_came_more_than_once_is_counted_as_copies(small: str) -> None:
    """A link that doubles everything and loses nothing: each datagram comes twice, so there is one extra copy of it.

    Those of the last second, when the receiver is elsewhere, never come.
    """
    changes = ("--set", "links.lan.loss=0", "--set", "links.lan.duplication=1")
    lines = mhatool("simulate", small, *changes).stdout.splitlines()
    assert any(line.startswith("traffic: ab: a to b, 50 sent, 10 lost, 40 extra copies, ") for line in lines)


def test_the_seed_and_set_change_it(small: str, tmp_path: Path) -> None:
    def octets(*arguments: str) -> bytes:
        path = tmp_path / "x.pcapng"
        mhatool("simulate", small, "-w", str(path), *arguments)
        return path.read_bytes()

    assert octets() == octets("--seed", "1")
    assert octets() != octets("--seed", "2")
    assert octets("--set", "links.lan.loss=0", "--seed", "1") == octets("--set", "links.lan.loss=0", "--seed", "2")


def test_a_capture_on_standard_output_is_all_there_is(small: str) -> None:
    command = [sys.executable, "-m", "mhatool", "simulate", small, "-w", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout.startswith(b"\x0a\x0d\x0d\x0a")
    assert b"two hosts" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "there is no scenario 'nowhere'"),
        (["SMALL", "--set", "duration=1"], "--set: duration: unknown key; did you mean 'duration_s'?"),
        (
            ["SMALL", "--vantage", "c", "-w", "x"],
            "there is no link or node 'c' to capture at; there are lan, spare, a, b",
        ),
        (["SMALL", "-w", "-", "--trace", "-"], "both --write and --trace would go to standard output"),
        (["SMALL", "--json", "-w", "-"], "contradict each other"),
        (["SMALL", "-w", "/nowhere/x"], "/nowhere/x: it can't be written"),
    ],
    ids=range(6),
)
def test_wrong_use_is_one_line(small: str, tmp_path: Path, arguments: list[str], words: str) -> None:
    own = [small if each == "SMALL" else str(tmp_path / "x") if each == "x" else each for each in arguments]
    done = mhatool("simulate", *own, status=2)
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_names_are_those_that_timeline_reads(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    mhatool("simulate", "paper", "--names", str(path))
    found = read_names(str(path)).find("mn")
    assert found is not None
    assert (found.host, found.interface, found.interface_index) == ("mobile-mn", "wi0", 8)
    assert found.addresses == {parse("2001:200:1:2:240:26ff:fe4c:51fd")}


def test_a_name_may_be_any_text(tmp_path: Path) -> None:
    scenario, path = tmp_path / "odd.toml", tmp_path / "names.toml"
    scenario.write_text(SMALL.replace("nodes.a.", 'nodes."Köln 1.a 😀".').replace('"a"', '"Köln 1.a 😀"'))
    mhatool("simulate", str(scenario), "--names", str(path))
    assert [(node.name, node.addresses) for node in read_names(str(path))] == [
        ("Köln 1.a 😀", {parse("2001:db8::a")}),
        ("b", {parse("2001:db8::b")}),
    ]


def test_without_names_of_its_own_a_scenario_has_those_of_its_machines(tmp_path: Path) -> None:
    """crowd.toml: ha2's addresses on home and core link; mn0 has 2001:db8:2::1:0, each copy the next one."""
    names, trace = tmp_path / "names.toml", tmp_path / "trace.jsonl"
    short = ("--set", "nodes.mn.copies=17", "--set", "duration_s=0.5")
    mhatool("simulate", "crowd", *short, "--names", str(names), "--trace", str(trace))
    for told in (read_names(str(names)), names_of(read(trace).header)):
        addresses = {node.name: node.addresses for node in told}
        assert len(addresses) == 3 + 4 + 17
        assert addresses["ha2"] == {parse("2001:db8:2::2"), parse("2001:db8:f::22")}
        assert addresses["mn0"] == {parse("2001:db8:2::1:0")}
        assert addresses["mn16"] == {parse("2001:db8:2::1:10")}


def test_an_expectation_that_fails_is_a_warning(small: str) -> None:
    done = mhatool("simulate", small, "--set", "expectations.0.received.binding_update=3")
    assert "after 4.5 s, a: expected 3 binding_update received, seen 0" in done.stderr
    assert "expected: 0 of 1 hold" in done.stdout


def test_scenarios_are_listed_and_printed() -> None:
    listed = mhatool("scenarios").stdout.splitlines()
    assert [line.split()[0] for line in listed] == built_in_names()
    document = json.loads(mhatool("scenarios", "--json").stdout)
    jsonschema.Draft202012Validator(LIST_SCHEMA).validate(document)
    assert [each["name"] for each in document["scenarios"]] == built_in_names()
    for name in built_in_names():
        assert mhatool("scenarios", name).stdout.count("\n") > 20
    assert "there is no scenario" in mhatool("scenarios", "nowhere", status=2).stderr


@pytest.mark.parametrize("flag", ["-w", "--trace", "--names"])
def test_the_scenario_is_not_written_over(small: str, tmp_path: Path, flag: str) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(small)
    for out in (small, str(link)):
        done = mhatool("simulate", small, flag, out, status=2)
        assert done.stderr == f"mhatool: {out}: this is the file that is read; write to another file\n"
    assert Path(small).read_text("utf-8") == SMALL


def test_what_a_shorter_run_leaves_out_is_told(small: str) -> None:
    """The move is at 4 s, the expectation at 4.5 s."""
    for duration_s, left_out in (
        ("3", "1 event and 1 expectation"),
        ("4.2", "1 expectation"),
    ):
        done = mhatool("simulate", small, "--set", f"duration_s={duration_s}")
        told = f"the run ends after {duration_s} s, and leaves out what comes later: {left_out}\n"
        assert done.stderr == f"mhatool: warning: {told}"
    assert mhatool("simulate", small).stderr == ""


def test_names_of_the_scenario_s_are_escaped(small: str) -> None:
    title, flow = 'title="x\\u001b[31mred\\u0007\\ny"', 'flows.0.name="f\\u001b[0m\\n"'
    lines = mhatool("simulate", small, "--set", title, "--set", flow).stdout.split("\n")
    assert lines[0] == r"x\x1b[31mred\x07\ny"
    assert any(line.startswith(r"traffic: f\x1b[0m\n: a to b, 50 sent") for line in lines)


def test_an_interrupted_run_has_written_the_names(small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are known before anything happens."""

    def interrupted(run: Run) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "happen", interrupted)
    path = tmp_path / "names.toml"
    assert main(["simulate", small, "--names", str(path)]) == 130
    assert read_names(str(path)).find("a") is not None


# --- searching for faults ---


def pretended(interrupted: int) -> Callable[..., Outcome]:
    """In place of running seeds: all hold but the second one, and at this one comes an interrupt."""

    def run(drawn: Drawn, capture: object = None, trace: object = None) -> Outcome:
        if drawn.seed == interrupted:
            raise KeyboardInterrupt
        return Outcome(drawn, (("quiet", "it isn't"),) if drawn.seed == 2 else (), None, 1)

    return run


def not_shrunk(outcome: Outcome) -> Outcome:
    raise KeyboardInterrupt


def test_an_interrupted_search_tells_what_it_has_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second seed fails, and the interrupt comes as it is shrunk: it is told as it was drawn. Another one comes at
    the fourth seed of those from 3 on, so three have been run."""
    monkeypatch.setattr(sys.modules["mhatool.search.run"], "run", pretended(interrupted=6))
    monkeypatch.setattr(sys.modules["mhatool.search.shrink"], "shrink", not_shrunk)
    for seed, seeds, failures in (("1", 2, [2]), ("3", 3, [])):
        assert main(["simulate", "--search", "300", "--seed", seed, "--json"]) == 130
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, SEARCH_SCHEMA)
        assert (document["seeds"], [each["seed"] for each in document["failures"]]) == (seeds, failures)
        assert main(["simulate", "--search", "300", "--seed", seed]) == 130
        lines = capsys.readouterr().out.splitlines()
        held = seeds - len(failures)
        assert lines[-1] == f"{seeds} seeds from {seed} on: {held} hold, {len(failures)} don't"
        assert sum(line.startswith("  again: ") for line in lines) == len(failures)


def test_a_search_counts_what_holds() -> None:
    assert mhatool("simulate", "--search", "2", "--seed", "1").stdout == "2 seeds from 1 on: 2 hold, 0 don't\n"


def test_a_search_as_a_document() -> None:
    document = json.loads(mhatool("simulate", "--search", "1", "--seed", "4", "--keep", "0", "--json").stdout)
    jsonschema.validate(document, SEARCH_SCHEMA)
    assert (document["seed"], document["seeds"], document["failures"]) == (4, 1, [])


def test_a_search_writes_what_happened(tmp_path: Path) -> None:
    """A MobileNode's first Binding Update is in the capture of the links."""
    out = tmp_path / "out.pcapng"
    mhatool("simulate", "--search", "1", "--seed", "4", "-w", str(out))
    with open_capture(out) as reader:
        assert sum(1 for _ in reader) > 100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--search", "2", "--keep", "0"), "--write, --trace and --keep are for one seed; give --search 1"),
        (("--search", "1", "--keep", "x"), "--keep x: 'x' is no number; give numbers"),
        (("--search", "1", "--seed", "4", "--keep", "99"), "there is no event 99: seed 4 has"),
        (("tour", "--search", "1"), "draw their networks, and tour is another one"),
        (("tour", "--keep", "1"), "draw their networks, and tour is another one"),
        (("--search", "1", "-w", "x", "--trace", "./x"), "--write and --trace name one file"),
        ((), "no SCENARIO is given"),
    ],
)
def test_a_search_that_cannot_be(arguments: tuple[str, ...], words: str) -> None:
    assert words in mhatool("simulate", *arguments, status=2).stderr
