"""200,000 mutated and truncated frames through view, codec, records, observer, rules and timeline."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from dissectors.profile import BUILT_IN
from mhatool.capture import PcapngWriter, linktype
from mhatool.cli import main
from mhatool.exchange import Frame, Sighting
from mhatool.observe import Observer
from mhatool.timeline import as_json, as_text, build
from mhatool.validate import Judge
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.fuzz.target import read

FRAMES = 200_000
PARTS = 8


class Analysis:
    """Observer and rules over one stream of frames, as `timeline` runs them."""

    def __init__(self, profile: str, seed: int) -> None:
        self.observer = Observer()
        self.judge = Judge(BUILT_IN[profile])
        self.random = Random(seed)
        self.time_ns = 0
        self.findings: list[object] = []

    def see(self, packet: object, number: int) -> None:
        self.time_ns += self.random.choice([0, 1_000, 10_000_000, 1_000_000_000])
        sighting = Sighting(self.time_ns, Frame("fuzz", number), 0, packet)  # type: ignore[arg-type]
        self.observer.see(sighting)
        self.findings += self.judge.see(sighting)

    def finish(self) -> None:
        """The stories of what these frames say are told as well."""
        self.findings += self.judge.finish()
        made = build(self.observer, self.findings)  # type: ignore[arg-type]
        as_json(made)
        as_text(made)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_mutated_frames(part: int) -> None:
    _read_all(part)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS, 6 * PARTS))
def test_a_million_mutated_frames(part: int) -> None:
    _read_all(part)


def _read_all(part: int) -> None:
    analyses = {profile: Analysis(profile, part) for profile in BUILT_IN}
    for number, octets in enumerate(mutations(part, corpus(), FRAMES // PARTS)):
        profile = "kame2003" if number % 4 == 0 else "rfc6275"
        try:
            analyses[profile].see(read(octets, profile, number), number)
        except Exception as error:
            raise AssertionError(f"seed {part}, frame {number}, {profile}: {octets.hex()}") from error
    for analysis in analyses.values():
        analysis.finish()
    assert analyses["rfc6275"].findings  # the rules were at work


def test_the_mutator_is_deterministic() -> None:
    assert list(mutations(7, corpus(), 50)) == list(mutations(7, corpus(), 50))
    assert list(mutations(7, corpus(), 50)) != list(mutations(8, corpus(), 50))


@pytest.mark.parametrize("profile", ["rfc6275", "kame2003"])
def test_at_the_command_line(profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """5,000 of them as a capture, through every command that reads one: it is told, and nothing goes wrong inside."""
    path = tmp_path / "hostile.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number, octets in enumerate(mutations(1000, corpus(), 5_000)):
            writer.write(number * 1_000_000, linktype.RAW, octets)
    for command in (
        ["dissect", "--all", "-x"],
        ["dissect", "--all", "--jsonl"],
        ["dissect", "--summary", "-Y", "mip6 or icmpv6.type == 154 or binding_update.flags contains M or quoted.ipv6"],
        ["validate", "--output-format", "full"],
        ["timeline"],
        ["timeline", "--json"],
        ["info"],
    ):
        status = main([*command, str(path), "--profile", profile] if command[0] != "info" else [*command, str(path)])
        out, err = capsys.readouterr()
        assert status in (0, 1), (command, err)
        assert "internal error" not in err
        assert out
