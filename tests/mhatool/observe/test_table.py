"""The table of bindings tells of home agents what the observer tells."""

from collections import defaultdict

import pytest

from mhatool.exchange import Source, sightings
from mhatool.observe import BindingTable, Holding, observe
from tests.mhatool.scenes import AGENT, CARE2, HOME, S, record, recording
from tests.recipes.packets import alternate, ba, bu


def table_of(source: Source) -> dict[tuple[bytes, bytes], Holding]:
    table = BindingTable()
    for time_ns, _, _, packet in sightings([source]):
        for datagram in packet.datagrams:
            if datagram.is_signalling and datagram.upper is not None and datagram.upper.checksum_status == "good":
                table.see(time_ns, datagram, datagram.upper.value)
    return {(holding.home_address, holding.home_agent): holding for holding in table}


def scene(*packets: tuple[float, bytes]) -> Holding:
    records = [record(i, round(at * S), octets) for i, (at, octets) in enumerate(packets, 1)]
    return table_of(Source("scene", records))[HOME, AGENT]


@pytest.mark.parametrize(
    "name", ["tour-mn.pcap", "tour-core.pcap", "tour-all.pcapng", "failover60-mn.pcap", "ro-mn.pcap"]
)
def test_recordings(name: str) -> None:
    """How many bindings each home agent had, and where the mobile node was in them."""
    made: dict[tuple[bytes, bytes], list[int]] = defaultdict(lambda: [0, 0])
    for binding in observe([recording(name)]).bindings():
        if not binding.is_older:
            made[binding.home_address, binding.home_agent][0] += 1
            made[binding.home_address, binding.home_agent][1] += binding.care_of_addresses
    found = table_of(recording(name))
    assert {pair: [h.bindings, h.care_of_addresses] for pair, h in found.items() if h.bindings} == dict(made)


def test_a_move_goes_on_with_the_binding() -> None:
    moved = bu(alternate(CARE2), source=CARE2, seq=2)
    found = scene((0, bu(seq=1)), (1, ba(seq=1)), (20, moved), (21, ba(to=CARE2, seq=2)))
    assert (found.bindings, found.care_of_addresses, found.care_of_address) == (1, 2, CARE2)
    assert found.until_ns == 80 * S  # 60 s from the second update on


def test_copies_change_nothing() -> None:
    found = scene((0, bu(seq=1)), (0.01, bu(seq=1)), (1, ba(seq=1)), (1.01, ba(seq=1)))
    assert (found.bindings, found.care_of_addresses) == (1, 1)


def test_deleted_expired_refused_and_too_late() -> None:
    registered = ((0, bu(seq=1)), (1, ba(seq=1)))
    deleted = scene(*registered, (5, bu(seq=2, life=0)), (6, ba(seq=2, life=0)))
    assert (deleted.bindings, deleted.care_of_address) == (1, None)
    expired = scene(*registered, (62, bu(seq=2)), (63, ba(seq=2)))
    assert (expired.bindings, expired.care_of_addresses) == (2, 2)
    refused = scene((0, bu(seq=1)), (1, ba(seq=1, status=130)))
    assert refused.bindings == 0
    late = scene((0, bu(seq=1)), (65, ba(seq=1)))
    assert late.bindings == 0


def test_a_late_answer_to_an_older_update_changes_nothing() -> None:
    """The home agent got both in order, so that the second one counts, whichever answer came first."""
    updates = ((0, bu(seq=1)), (1, bu(alternate(CARE2), source=CARE2, seq=2)))
    found = scene(*updates, (1.5, ba(to=CARE2, seq=2)), (1.6, ba(seq=1)))
    assert (found.care_of_address, found.until_ns, found.bindings, found.care_of_addresses) == (CARE2, 61 * S, 1, 1)
