"""Our engine in the place of UMIP's nodes: the same answers, but for what captures/MANIFEST.toml explains."""

from collections import Counter
from typing import Any

import pytest

from dissectors.ipv6 import address
from dissectors.profile import RFC6275
from mhatool.compare import Comparison, Verdict
from mhatool.exchange import sightings
from mhatool.replay import compared, replay
from tests.mhatool.manifest import entries
from tests.mhatool.scenes import recording

REPLAYS = [
    pytest.param(entry["file"], facts, id=f"{entry['file']}-{facts['as']}-{facts['address']}")
    for entry in entries()
    for facts in entry.get("replay", [])
]


def differences(comparison: Comparison) -> tuple[Counter[Any], dict[Any, Any]]:
    """How many of each kind there are, and the fields of those that both have."""
    counted: Counter[Any] = Counter()
    fields = {}
    for difference in comparison.differences:
        kind, frames = difference.transaction.kind, difference.transaction.frames
        where = None if difference.verdict is Verdict.ADDED else frames[0].number
        counted[str(difference.verdict), kind, where] += 1
        if difference.verdict is Verdict.CHANGED:
            fields[kind, where] = {change.field for change in difference.changes}
    return counted, fields


@pytest.mark.parametrize(("file", "facts"), REPLAYS)
def test_ours_answers_as_umip_did(file: str, facts: dict[str, Any]) -> None:
    source = recording(file.removeprefix("umip/"))
    replayed = replay(sightings([source]), facts["as"], address.parse(facts["address"]))
    counted, fields = differences(compared(replayed, RFC6275))
    explained: Counter[Any] = Counter()
    for known in facts.get("difference", []):
        assert known["clause"]
        assert known["octets"]
        assert known["why"]
        for frame in known.get("frames", [None]):
            explained[known["verdict"], known["kind"], frame] += known.get("count", 1)
            if "fields" in known:
                assert fields[known["kind"], frame] == set(known["fields"])
    assert counted == explained


def test_every_recording_is_replayed_as_each_node_that_it_shows() -> None:
    roles = {entry["file"]: {facts["as"] for facts in entry["replay"]} for entry in entries() if "replay" in entry}
    assert set(roles) == {entry["file"] for entry in entries() if entry["file"].startswith("umip/")}
    for file, found in roles.items():
        assert ("mn" in found) == file.endswith("-mn.pcap")  # elsewhere not all that it received is there
        assert ("cn" in found) == file.startswith("umip/ro-")
