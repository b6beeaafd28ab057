"""captures/scenarios/ is what the scenarios give today, and what the observer sees in it is as the arithmetic says."""

import hashlib
import json
import subprocess
import sys
import tomllib
from functools import lru_cache
from typing import Any

import pytest

from mhatool.network.scenario import load
from mhatool.network.scenario.convert import nanoseconds_of
from mhatool.protocol import instant
from tests.recipes.scenarios import FOLDER, RECORDINGS, Recording, entry

ENTRIES = {each["name"]: each for each in tomllib.loads((FOLDER / "MANIFEST.toml").read_text("utf-8"))["scenario"]}
KEPT = [recording for recording in RECORDINGS if recording.kept]


def by_name(recording: Recording) -> str:
    return recording.scenario


@lru_cache
def made(recording: Recording) -> tuple[bytes, bytes]:
    return recording.made()


def test_every_recording_is_in_the_manifest() -> None:
    assert list(ENTRIES) == [recording.scenario for recording in RECORDINGS]
    assert {path.name for path in FOLDER.iterdir()} == {"MANIFEST.toml", *(each.file for each in KEPT)}


@pytest.mark.parametrize("recording", RECORDINGS, ids=by_name)
def test_it_is_made_again_byte_for_byte(recording: Recording) -> None:
    capture, trace = made(recording)
    listed = ENTRIES[recording.scenario]
    assert hashlib.sha256(capture).hexdigest() == listed["sha256"]
    assert hashlib.sha256(trace).hexdigest() == listed["trace_sha256"]
    assert tomllib.loads(entry(recording, capture, trace))["scenario"] == [listed]
    if recording.kept:
        assert (FOLDER / recording.file).read_bytes() == capture


def spans(recording: Recording) -> list[dict[str, Any]]:
    """What the observer, which shares no code with the engine's handlers, says of the capture."""
    path = str(FOLDER / recording.file)
    command = [sys.executable, "-m", "mhatool", "timeline", path, "--json", "--profile"]
    profile = ENTRIES[recording.scenario]["profile"]
    done = subprocess.run([*command, profile], capture_output=True, text=True, check=True)
    bindings: list[dict[str, Any]] = json.loads(done.stdout)["bindings"]
    return bindings


@pytest.mark.parametrize("recording", KEPT, ids=by_name)
def test_the_observer_sees_what_the_arithmetic_says(recording: Recording) -> None:
    facts = ENTRIES[recording.scenario]["binding"]
    start = nanoseconds_of(load(recording.scenario).start, ())
    found = spans(recording)
    for fact in facts:
        binding = next(each for each in found if each["home_agent"] == fact["home_agent"])
        held = [each for each in binding["care_of_addresses"] if each["care_of_address"] == fact["care_of_address"]]
        assert len(held) == 1
        assert fact["from_s"] <= (instant.parse(held[0]["start"]) - start) / 1e9 <= fact["to_s"]
        if "gone_s" in fact:
            assert (instant.parse(held[0]["end"]) - start) / 1e9 <= fact["gone_s"]
    assert len({fact["home_agent"] for fact in facts}) == len(found)  # nobody else registered anything
