"""The rules in Wireshark: they find what `mhatool validate` finds, frame by frame."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from mhatool.capture import open_capture
from mhatool.exchange import Source
from mhatool.validate import RULES, validate
from mhatool.wireshark.generate import JUDGED
from tests.peers.plugin import table, write

pytestmark = pytest.mark.tshark


class Found(NamedTuple):
    """Which rules fire in which frames, and whether each message names its rule."""

    ours: set[tuple[int, str]]
    theirs: set[tuple[int, str]]


def _all_examples(repository: Path, path: Path) -> Found:
    """Every small capture of captures/rules in one file."""
    ours: set[tuple[int, str]] = set()
    packets: list[bytes] = []
    for capture in sorted((repository / "captures" / "rules").glob("*.pcapng")):
        with open_capture(capture) as reader:
            records = list(reader)
        for finding in validate([Source(capture.name, iter(records))], select=JUDGED):
            ours.add((len(packets) + finding.frames[-1].number, finding.rule))
        packets += [record.captured for record in records]
    more = ("-o", "esp.enable_null_encryption_decode_heuristic:TRUE", "-o", "mha.other_fields:TRUE")
    rows = table(write(path, packets), ["mha.rule"], *more)
    return Found(ours, {(int(number), rule) for number, rules in rows for rule in rules.split(",") if rule})


def test_the_examples(repository: Path, tmp_path: Path) -> None:
    found = _all_examples(repository, tmp_path / "examples.pcapng")
    assert found.theirs - found.ours == set()
    assert found.ours - found.theirs == set()
    assert {rule for _, rule in found.ours} == set(JUDGED)


def test_only_packet_rules_are_judged() -> None:
    assert [id_ for id_ in JUDGED if RULES[id_].scope != "packet"] == []
