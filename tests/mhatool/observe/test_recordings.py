"""What the observer rebuilds from the recordings, against the facts of captures/MANIFEST.toml."""

import hashlib
from typing import Any

import pytest

from dissectors.ipv6 import address
from mhatool.observe import Binding, EndReason, Registration, observe
from tests.mhatool import manifest
from tests.mhatool.scenes import recording, records_of

ENTRIES = manifest.entries()
MILLISECOND = 1_000_000
each_recording = pytest.mark.parametrize("entry", ENTRIES, ids=[e["file"] for e in ENTRIES])


def name(entry: dict[str, Any]) -> str:
    return str(entry["file"]).removeprefix("umip/")


def same_instant(ours: int | None, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return abs(ours - manifest.nanoseconds(theirs)) <= MILLISECOND


@each_recording
def test_the_file_is_the_one_that_the_manifest_means(entry: dict[str, Any]) -> None:
    path = manifest.CAPTURES / entry["file"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
    assert len(records_of(recording(name(entry)))) == entry["packets"]
    assert (manifest.CAPTURES / entry["events"]).is_file()


def test_all_recordings_are_in_the_manifest() -> None:
    files = {f"umip/{path.name}" for path in (manifest.CAPTURES / "umip").glob("*.pcap*")}
    assert files == {entry["file"] for entry in ENTRIES}
    assert len(files) == 11


@each_recording
def test_registrations(entry: dict[str, Any]) -> None:
    observer = observe([recording(name(entry))])
    registrations = [r for agency in observer.agencies for r in agency.registrations]
    facts = entry.get("registration", [])
    assert len(registrations) == len(facts)
    for registration, fact in zip(sorted(registrations, key=_sent), facts, strict=True):
        assert_registration(registration, fact)


def _sent(registration: Registration) -> int:
    assert registration.update is not None
    return registration.update.time_ns


def assert_registration(registration: Registration, fact: dict[str, Any]) -> None:
    update, acknowledgement = registration.update, registration.acknowledgement
    assert update is not None
    assert address.text(update.peer) == fact["home_agent"]
    assert address.text(update.care_of_address) == fact["care_of_address"]
    assert (update.sequence_number, update.lifetime_s) == (fact["sequence_number"], fact["requested_lifetime_s"])
    assert update.frame.number == fact["update_frame"]
    assert same_instant(update.time_ns, fact["update_time"])
    assert (acknowledgement is None) == ("acknowledgement_frame" not in fact)
    if acknowledgement is not None:
        assert acknowledgement.frame.number == fact["acknowledgement_frame"]
        assert same_instant(acknowledgement.time_ns, fact["acknowledgement_time"])
        assert (acknowledgement.status, acknowledgement.lifetime_s) == (fact["status"], fact["granted_lifetime_s"])


@each_recording
def test_bindings(entry: dict[str, Any]) -> None:
    bindings = observe([recording(name(entry))]).bindings()
    facts = entry.get("binding", [])
    assert len(bindings) == len(facts)
    for binding, fact in zip(bindings, facts, strict=True):
        assert_binding(binding, fact)


def assert_binding(binding: Binding, fact: dict[str, Any]) -> None:
    assert address.text(binding.home_address) == fact["home_address"]
    assert address.text(binding.home_agent) == fact["home_agent"]
    assert same_instant(binding.start_ns, fact.get("start"))
    assert same_instant(binding.end_ns, fact.get("end"))
    assert str(binding.end_reason or EndReason.CAPTURE_END) == fact["end_reason"]
    assert [r.sequence_number for r in binding.registrations] == fact["sequence_numbers"]
    assert binding.refreshes == fact["refreshes"]
    if "expires" in fact:
        assert same_instant(binding.expires_ns, fact["expires"])
        assert binding.lifetime_s == fact["lifetime_s"]
    spans = fact["care_of_addresses"]
    assert [address.text(span.care_of_address) for span in binding.spans] == [s["care_of_address"] for s in spans]
    assert all(same_instant(ours.start_ns, s["start"]) for ours, s in zip(binding.spans, spans, strict=True))


@pytest.mark.parametrize("run", ["tour", "failover60", "ro"])
def test_all_vantage_points_together_see_what_the_mobile_node_sees(run: str) -> None:
    names = [name(entry) for entry in ENTRIES if name(entry).startswith(run) and "all" not in name(entry)]
    together = observe([recording(n) for n in names]).bindings()
    alone = observe([recording(f"{run}-mn.pcap")]).bindings()
    assert [[r.sequence_number for r in b.registrations] for b in together] == [
        [r.sequence_number for r in b.registrations] for b in alone
    ]
    for one, other in zip(together, alone, strict=True):
        assert one.start_ns is not None
        assert other.start_ns is not None
        assert one.end_ns is not None
        assert other.end_ns is not None
        assert abs(one.start_ns - other.start_ns) <= MILLISECOND
        assert abs(one.end_ns - other.end_ns) <= MILLISECOND
