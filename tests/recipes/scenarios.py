"""The captures of the built-in scenarios, and what is true of them: by arithmetic over the scenario, not by our output.

`QUIET` takes the traffic down to a datagram a second, so that the files stay small.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from mhatool.network.scenario import load
from mhatool.network.scenario.run import Run

FOLDER = Path(__file__).parents[2] / "captures" / "scenarios"
QUIET = ("flows.0.rate=1", "flows.1.rate=1", "flows.2.rate=1", "flows.3.rate=1")

HEAD = """\
# The built-in scenarios of `mhatool simulate` as captures. `make captures` writes this folder from
# tests/recipes/scenarios.py, byte for byte; edit there. The mobile node's own interface is where they were captured.
#
# sha256 and trace_sha256 are of what `mhatool simulate SCENARIO --set ... --vantage mn -w FILE --trace FILE` writes;
# without `file` the capture is too large to be kept. binding: an agent that holds the care-of address, first seen
# between `from_s` and `to_s` after the start, and `gone_s` by when it is no more. The intervals are arithmetic: a move,
# at most 3 s until an advertisement (or the answer to a solicitation), 1 s of duplicate address detection at the mobile
# node and 1 s at an agent that doesn't know the node, and a round trip.
"""


@dataclass(frozen=True)
class Fact:
    """An agent holds a care-of address: since when, seconds from the start; until when, if it ends."""

    home_agent: str
    care_of_address: str
    from_s: float
    to_s: float
    gone_s: float | None = None


@dataclass(frozen=True)
class Recording:
    """A scenario with its changes, captured at the mobile node. `kept`: small enough to be committed."""

    scenario: str
    why: str
    changes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    kept: bool = True
    vantage: str = "mn"

    def made(self) -> tuple[bytes, bytes]:
        """The capture and the trace."""
        capture, trace = io.BytesIO(), io.BytesIO()
        scenario = load(self.scenario, self.changes)
        Run(scenario, capture=capture, trace=trace, vantage=(self.vantage,)).happen()
        return capture.getvalue(), trace.getvalue()

    @property
    def file(self) -> str:
        return f"{self.scenario}.pcapng"


AWAY, FURTHER = "2001:db8:1::5eff:fe10:1", "2001:db8:3::5eff:fe10:1"
AGENTS = ("2001:db8:2::1", "2001:db8:2::2")
THIRD = "2001:db8:2::3"
RECORDINGS = (
    Recording(
        "paper",
        "moves at 949 s; heard at 950.5 s, three more seconds of movement detection; the first updates get lost and "
        "are repeated after 2 s and a tick of 1 s; refreshed 208 s and a tick later",
        facts=tuple(
            Fact(agent, "2001:200:1:3:240:26ff:fe4c:51fd", 956.5, 957.5)
            for agent in ("2001:200:1:2::1", "2001:200:1:2::2")
        ),
    ),
    Recording(
        "paper-rfc6275",
        "moves at 60 s; an advertisement within 3 s of the solicitation, duplicate address detection, discovery; the "
        "first updates get lost, the next ones leave 1.5 s later (RFC 6275, 11.8), the agents' own check takes 1 s",
        facts=tuple(Fact(agent, FURTHER, 60 + 1 + 1.5 + 1, 60 + 3.5 + 1 + 1.5 + 1 + 1) for agent in AGENTS),
    ),
    Recording(
        "plain-mipv6",
        "moves at 20 s, 60 s and, home, 110 s; one agent",
        QUIET,
        (Fact(AGENTS[0], AWAY, 22, 25.5), Fact(AGENTS[0], FURTHER, 61, 64.5, 115)),
    ),
    Recording(
        "tour",
        "moves at 20 s, 60 s and, home, 110 s; two agents",
        QUIET,
        tuple(fact for agent in AGENTS for fact in (Fact(agent, AWAY, 22, 25.5), Fact(agent, FURTHER, 61, 64.5, 115))),
    ),
    *(
        Recording(
            name,
            "moves at 10 s; the first agent crashes at 40 s, noticed within 4 s, told in half a second, and within 3 s "
            "of that the third agent holds the binding",
            tuple(f"flows.{index}.rate=1" for index in range(6)),
            (Fact(AGENTS[0], AWAY, 11, 15.5), Fact(AGENTS[1], AWAY, 11, 15.5), Fact(THIRD, AWAY, 40, 47.5)),
        )
        for name in ("ha-failure", "ha-failure-one-armed")
    ),
    Recording("lossy", "three frames in ten are lost; in the end nothing is left", QUIET, kept=False),
    Recording(
        "crowd",
        "twelve of the thousand mobile nodes, for 200 s: each moves every 60 s",
        ("nodes.mn.copies=12", "duration_s=200"),
        kept=False,
        vantage="mn0",
    ),
)


def files() -> dict[str, bytes]:
    """Every file of the folder by its name."""
    found: dict[str, bytes] = {}
    entries = [HEAD]
    for recording in RECORDINGS:
        capture, trace = recording.made()
        if recording.kept:
            found[recording.file] = capture
        entries.append(entry(recording, capture, trace))
    found["MANIFEST.toml"] = "\n".join(entries).encode()
    return found


def entry(recording: Recording, capture: bytes, trace: bytes) -> str:
    """The manifest's table of a recording."""
    lines = ["[[scenario]]", f'name = "{recording.scenario}"']
    if recording.kept:
        lines.append(f'file = "{recording.file}"')
    lines += [
        f"set = [{', '.join(chr(34) + change + chr(34) for change in recording.changes)}]",
        f'vantage = "{recording.vantage}"',
        f'profile = "{load(recording.scenario).profile.name}"',
        f'sha256 = "{hashlib.sha256(capture).hexdigest()}"',
        f'trace_sha256 = "{hashlib.sha256(trace).hexdigest()}"',
        f'why = "{recording.why}"',
    ]
    for fact in recording.facts:
        lines += ["", "[[scenario.binding]]", f'home_agent = "{fact.home_agent}"']
        lines += [f'care_of_address = "{fact.care_of_address}"', f"from_s = {fact.from_s}", f"to_s = {fact.to_s}"]
        if fact.gone_s is not None:
            lines.append(f"gone_s = {fact.gone_s}")
    return "\n".join([*lines, ""])


def write() -> None:
    """Write the folder anew."""
    FOLDER.mkdir(exist_ok=True)
    made = files()
    for path in FOLDER.iterdir():
        if path.name not in made:
            path.unlink()
    for name, content in made.items():
        (FOLDER / name).write_bytes(content)
