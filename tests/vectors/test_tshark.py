"""The vectors through tshark: its fields where it knows the message, and one process for all of them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mhatool.capture import PcapngWriter, linktype
from tests.vectors.load import Vector, load

VECTORS = [vector for vector in load() if vector.tshark]
FIELDS = sorted({name for vector in VECTORS for name in vector.tshark})


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What tshark prints of each vector: name -> field -> text."""
    path: Path = tmp_path_factory.mktemp("vectors") / "vectors.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number, vector in enumerate(VECTORS):
            writer.write(number, linktype.RAW, vector.octets)
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]
    command += ["-o", "esp.enable_null_encryption_decode_heuristic:TRUE"]
    command += [word for name in FIELDS for word in ("-e", name)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == len(VECTORS)
    return {
        vector.name: dict(zip(FIELDS, line.split("\t"), strict=True))
        for vector, line in zip(VECTORS, lines, strict=True)
    }


@pytest.mark.tshark
@pytest.mark.parametrize("vector", VECTORS, ids=[v.name for v in VECTORS])
def test_tshark_reads_the_same(vector: Vector, shown: dict[str, dict[str, str]]) -> None:
    assert {name: shown[vector.name][name] for name in vector.tshark} == vector.tshark
