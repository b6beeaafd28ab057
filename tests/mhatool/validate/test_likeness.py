"""Packets that are like one that was judged get the verdict that they would get by themselves."""

from pathlib import Path
from random import Random

import pytest

from dissectors.form import Forms
from dissectors.profile import BUILT_IN
from mhatool.capture import Record, open_capture
from mhatool.exchange import Source, sightings
from mhatool.validate import Finding, Judge
from mhatool.validate.likeness import Likenesses
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, S, record, recording
from tests.recipes.__main__ import FOLDER
from tests.recipes.packets import alternate, ba, bu, home_bu, multiple_home_agents


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second frame of a form is read by its form already."""
    monkeypatch.setattr("dissectors.glance.WORTH_COMPILING", 1)


def findings(source: Source, profile: str = "rfc6275") -> list[Finding]:
    judge = Judge(BUILT_IN[profile])
    found = [finding for sighting in sightings([source], BUILT_IN[profile]) for finding in judge.see(sighting)]
    return found + judge.finish()


def alone(source: Source, monkeypatch: pytest.MonkeyPatch, profile: str = "rfc6275") -> list[Finding]:
    """The same where every packet is read and judged by itself."""
    with monkeypatch.context() as patch:
        patch.setattr(Forms, "of", lambda *_: None)
        return findings(source, profile)


def small_captures() -> list[Path]:
    return sorted(FOLDER.glob("*.pcapng"))


def of_node(node: int) -> list[bytes]:
    """Updates and acknowledgements that differ only in which addresses are the same, or in what they are."""
    home, care, other = HOME[:-1] + bytes([node]), CARE1[:-1] + bytes([0x80 + node]), CARE2[:-1] + bytes([node])
    lists = [(AGENT, AGENT2), (AGENT2, other), (AGENT, home), (AGENT, care), (AGENT, AGENT)]
    strange = [other, home, bytes(16), bytes.fromhex("ff02") + bytes(13) + b"\x01"]
    return [
        bu(alternate(care), source=care, home=home),
        ba(to=care, home=home),
        *[bu(alternate(address), source=care, home=home) for address in strange],
        *[bu(alternate(care), multiple_home_agents(*of), source=care, home=home, flags="AHM") for of in lists],
        ba(to=care, home=other),
        ba(to=home, home=None),
    ]


def test_all_small_captures_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one capture, so that they share likenesses: keeping and breaking ones, an hour apart."""
    records: list[Record] = []
    for number, path in enumerate(small_captures()):
        with open_capture(path) as reader:
            for found in reader:
                time_ns = found.time_ns + number * 3600 * S
                records.append(found._replace(frame=len(records) + 1, time_ns=time_ns))
    source = Source("all", records)
    assert len(records) > 500
    assert findings(source) == alone(source, monkeypatch)


@pytest.mark.parametrize("name", ["tour-mn.pcap", "ro-mn.pcap", "failover60-core.pcap"])
def test_recordings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert findings(recording(name)) == alone(recording(name), monkeypatch)


@pytest.mark.parametrize("profile", BUILT_IN)
def test_mutated_packets(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(7)
    packets = list(mutations(77, corpus(), 3000))
    records = [record(i, i * S // 100, random.choice(packets)) for i in range(1, 6001)]
    source = Source("mutated", records)
    assert findings(source, profile) == alone(source, monkeypatch, profile)


def test_addresses_that_mean_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    packets = [octets for node in range(6) for octets in of_node(node)]
    source = Source("nodes", [record(i, i * S // 10, octets) for i, octets in enumerate(packets, 1)])
    found = findings(source)
    assert found == alone(source, monkeypatch)
    assert {"MHA-003", "MHA-004", "MIP6-OPT-006"} <= {finding.rule for finding in found}


def test_usual_messages_have_a_likeness() -> None:
    """Otherwise all of this tests nothing: messages of two nodes are alike, one with another flag isn't."""
    likenesses = Likenesses()
    packets = [home_bu(seq=1), home_bu(seq=2), home_bu(seq=9)] + 2 * [bu(alternate(CARE1), flags="AHK")]
    datagrams = [
        s.packet.datagrams[0]
        for s in sightings([Source("x", [record(i, i, octets) for i, octets in enumerate(packets)])])
    ]
    assert [datagram.form is None for datagram in datagrams] == [True, False, False, True, False]  # learned from one
    one, other, different = [
        likenesses.of(d.form, d.upper)  # type: ignore[arg-type]
        for d in datagrams
        if d.form is not None
    ]
    assert one == other
    assert one != different
