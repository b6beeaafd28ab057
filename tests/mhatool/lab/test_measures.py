"""What traces, traffic and routes say of an experiment, on one that was made up: all times are arithmetic."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mhatool.lab import report
from mhatool.lab.experiment import read
from mhatool.lab.gathering import Gathering
from mhatool.lab.lab import Lab
from mhatool.lab.measures import Measures
from mhatool.lab.page import page
from mhatool.lab.trial import Done, Trial
from tests.mhatool.browser import measured
from tests.mhatool.html_page import check_page

START_NS = 1_800_000_000_000_000_000
MS = 1_000_000
EXPERIMENT = """
name = "mine"
title = "a <move>, and a failure"
topology = "three"
duration_s = 20
traffic = [{ between = ["cn2", "mn"], per_second = 10 }, { between = ["cn", "mn"], transport = "tcp" }]
[[steps]]
at_s = 2
move = { mn = "foreign3" }
[[steps]]
at_s = 10
fail = { ha1 = "crash" }
"""
HA1, HA2, HA3 = (f"2001:db8:2::{number}" for number in (1, 2, 3))
CN = "2001:db8:c::a"


def _events() -> Iterable[tuple[int, str, str, dict[str, Any]]]:
    """Milliseconds since the start, node, name, data."""
    yield 1_900, "mn", "nd:router_found", {}  # before the move
    yield 3_010, "mn", "nd:router_found", {}
    yield 4_010, "mn", "nd:location_changed", {"location": "foreign"}
    yield 4_030, "mn", "binding:update_sent", {"peer": HA1, "home_agents": [HA1, HA2], "flags": "AHLM"}
    for peer, at_home in ((HA1, True), (HA2, True), (CN, False)):
        yield 4_030, "mn", "binding:update_list_entry", {"peer": peer, "home_registration": at_home}
    yield 5_000, "mn", "binding:acknowledgement_received", {"peer": HA1, "status": 0}
    yield 5_010, "mn", "binding:acknowledgement_received", {"peer": HA2, "status": 0}
    yield 5_060, "mn", "binding:acknowledgement_received", {"peer": CN, "status": 0}
    yield 10_150, "ha1", "agent:peer_changed", {"state": "unreachable"}  # the dead one's own view doesn't count
    yield 10_200, "ha2", "agent:peer_changed", {"state": "unreachable"}
    yield 10_201, "ha2", "nd:defence_started", {"cause": "taken_over"}
    yield 10_205, "mn", "agent:suspected", {}
    yield 10_206, "mn", "binding:update_sent", {"peer": HA1, "home_agents": [HA1, HA2], "flags": "AHLM"}
    yield 10_206, "mn", "binding:update_sent", {"peer": HA3, "home_agents": [HA2, HA3], "flags": "AHLM"}
    yield 10_210, "mn", "binding:update_sent", {"peer": CN, "home_agents": [], "flags": "A"}
    yield 11_000, "mn", "binding:acknowledgement_received", {"peer": HA3, "status": 0}
    yield 13_200, "mn", "agent:checked", {"alive": False}
    yield 13_210, "mn", "binding:acknowledgement_received", {"peer": HA2, "status": 0}


def _ns(milliseconds: float) -> int:
    return START_NS + round(milliseconds * MS)


def _write(path: Path, records: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "ascii")


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """Return it, over: a packet each 100 ms, lost from 2.0 to 4.9 s and from 10.0 to 10.2 s; TCP waits for 1.5 s."""
    (tmp_path / "mine.toml").write_text(EXPERIMENT, "utf-8")
    experiment, topology = read(str(tmp_path / "mine.toml"), "mine")
    gathering = Gathering(tmp_path / "out")
    events = ({"time_ns": _ns(at), "node": node, "name": name, "data": data} for at, node, name, data in _events())
    _write(gathering.folder / "trace.jsonl", [{"schema": "header"}, *events])
    lost = {*range(20, 50), *range(100, 103)}
    for node in ("cn2", "mn"):
        early = [{"sent": number, "time_ns": _ns(number)} for number in range(-5, 0)]  # nobody listens yet
        sent = [*early, *({"sent": number, "time_ns": _ns(100 * number)} for number in range(200))]
        came = [{"received": n, "time_ns": _ns(100 * n + 5)} for n in range(200) if node == "cn2" or n not in lost]
        _write(gathering.traffic(0, node), [*sent, *came])
    _write(gathering.traffic(1, "cn"), ({"sent": n, "time_ns": _ns(10 * n)} for n in range(500)))
    arrivals = [*range(0, 2_000, 10), *range(3_500, 6_500, 10)]
    _write(gathering.traffic(1, "mn"), ({"received": n, "time_ns": _ns(at)} for n, at in enumerate(arrivals)))
    route = "2001:db8:2::/64 via fe80::1 dev core proto bird"
    (gathering.folder / "logs" / "core.routes.log").write_text(
        f"[2027-01-15T08:00:10.180000] Deleted {route}\n[2027-01-15T08:00:10.250000] {route}\n"
        "[2027-01-15T08:00:10.900000] 2001:db8:1::/64 via fe80::2 dev core proto bird\n",
        "ascii",
    )
    done = [Done(step, _ns(step.at_s * 1000), _ns(step.at_s * 1000 + 10)) for step in experiment.steps]
    return Trial(experiment, Lab(topology, tmp_path), gathering, print, START_NS, _ns(20_000), done)


def test_a_move_has_phases_and_their_shares(trial: Trial) -> None:
    """The link changes at 2.01 s; all agents have accepted at 5.01 s: 3 s."""
    (move,) = Measures(trial).moves()
    assert [(phase["duration_s"], phase["share"]) for phase in move["phases"]] == [
        (1.0, 0.333),
        (1.0, 0.333),
        (0.02, 0.007),
        (0.98, 0.327),
    ]
    assert (move["at_s"], move["accepted_after_s"], move["optimised_after_s"]) == (2.0, 3.0, 3.05)


def test_a_failure_has_moments(trial: Trial) -> None:
    """After 10 s; the route of another link doesn't count, nor does what the dead agent says."""
    (failure,) = Measures(trial).failures()
    assert report.moments(failure) == [
        ("its links are down", 0.01),
        ("another agent holds it unreachable", 0.2),
        ("another agent answers for the home address", 0.201),
        ("the mobile node is told", 0.205),
        ("the last router has another way", 0.25),
        ("the mobile node gives it up", 3.2),
        ("registered without it", 3.21),
    ]


def test_losses_belong_to_the_step_before(trial: Trial) -> None:
    there, back, tcp = Measures(trial).streams()
    assert (there["from"], there["sent"], there["received"], there["lost"]) == ("cn2", 200, 167, 33)
    assert there["gaps"] == [
        {"count": 30, "from_s": 2.0, "to_s": 4.9, "step": 0},
        {"count": 3, "from_s": 10.0, "to_s": 10.2, "step": 1},
    ]
    assert (back["from"], back["lost"], back["gaps"]) == ("mn", 0, [])
    assert (tcp["sent"], tcp["received"]) == (500, 500)
    assert tcp["waits"] == [{"from_s": 1.99, "to_s": 3.5, "step": 0}]


@pytest.fixture
def document(trial: Trial) -> dict[str, Any]:
    """Return the whole report, as if judges had been there."""
    judged = {
        "captures": [{"file": "all.pcapng", "packets": 7, "findings": {"error": 1, "warning": 0, "note": 2}}],
        "simulation": {"scenario": "paper", "changes": ["a=1"], "exchanges": 2, "differences": ["a < b"]},
        "tables": [{"at_s": 9.9, "node": "mn", "text": "paddr"}],
        "timeline": {"bindings": [], "correspondents": [], "failures": []},
    }
    return report.measured(trial) | judged


def test_the_report_fits_its_schema_and_its_page_is_whole(document: dict[str, Any]) -> None:
    jsonschema.validate(document, report.SCHEMA)
    text = page(document, "the <story>")
    check_page(text)
    assert "a &lt;move&gt;, and a failure" in text
    assert "the &lt;story&gt;" in text
    assert "mn moves to foreign3" in text
    told = "\n".join(report.lines(document))
    assert "udp cn2 > mn: 200 sent, 33 lost: 30 in 2.900 s (mn moves to foreign3), 3 in 0.200 s (ha1 fails" in told
    assert "all.pcapng: 7 packets; findings: 1 errors, 2 notes" in told
    assert "simulate paper tells another story\n    a < b" in told


@pytest.mark.chromium
@pytest.mark.parametrize("width", [500, 1280])  # no window of it is narrower
def test_a_browser_shows_all_of_it(width: int, document: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(document, f"a line\nof {'the <story> ' * 40}"), "utf-8")
    light, dark = (
        measured(file, width),
        measured(file, width, "--force-dark-mode", "--blink-settings=preferredColorScheme=0"),
    )
    for seen in (light, dark):
        assert (seen["empty"], seen["cut"]) == (0, [])
        assert seen["wide"] <= 0
    assert light["shown"] > 10
    assert light["texts"] > 10
    assert (light["ink"], light["ground"]) == ("rgb(28, 36, 48)", "rgb(255, 255, 255)")
    assert (dark["ink"], dark["ground"]) == ("rgb(228, 232, 238)", "rgb(22, 27, 34)")


def test_what_is_lost_on_and_on_belongs_to_the_step_that_began_it(trial: Trial) -> None:
    """From 9.9 s, when a packet may meet the failure at 10 s on its way, and from 9.8 s, when it may not."""
    for first, step in ((99, 1), (98, 0)):
        came = [{"received": number, "time_ns": _ns(100 * number)} for number in range(first)]
        _write(trial.gathering.traffic(0, "mn"), came)
        there = Measures(trial).streams()[0]
        assert there["gaps"] == [{"count": 200 - first, "from_s": first / 10, "to_s": 19.9, "step": step}]


def test_a_failure_that_no_agent_notices_is_told_in_a_line() -> None:
    seen = dict.fromkeys(report.FAILURE_WORDS) | {"down_after_s": 0.02}
    assert report.moments(seen) == [("its links are down", 0.02)]
