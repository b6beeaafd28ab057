"""What a run's summary and its expectations are made from."""

from typing import Any

from dissectors.ipv6.address import parse
from mhatool.engine.events import CacheEntry, UpdateListEntry
from mhatool.engine.link_events import MachineFailed
from mhatool.network.network import Network
from mhatool.network.scenario.chronicle import Chronicle
from mhatool.network.scenario.convert import Instant
from mhatool.network.scenario.expectations import Expectation
from mhatool.network.scenario.plan_expectations import ExpectationPlan

HOME, HERE, THERE, AGENT = (parse(f"2001:db8:{net}::9") for net in (1, 2, 3, 4))


def entry(time_ns: int, care_of_address: bytes = HERE, **facts: Any) -> CacheEntry:
    own: dict[str, Any] = {"flags": "AH", "sequence_number": 1, "lifetime_s": 60, "expires_ns": 0}
    ends = {"home_address": HOME, "care_of_address": care_of_address, "address": AGENT}
    return CacheEntry(time_ns=time_ns, node="ha", **ends, **(own | facts))


def heard(*events: Any) -> Chronicle:
    chronicle = Chronicle()
    for event in events:
        chronicle.hear(event)
    return chronicle


def test_only_what_changes_where_the_node_is_counts_as_a_change() -> None:
    chronicle = heard(
        entry(1, pending=True),
        entry(2),
        entry(3),  # a refresh
        entry(4, cloned=True),
        entry(5, THERE),
        entry(6, THERE, gone=True),
        entry(7, THERE, gone=True),
    )
    assert [event.time_ns for event in chronicle.bindings] == [2, 5, 6]
    assert chronicle.cache_of("ha") == []
    assert len(chronicle.cache) == 1  # the clone


def judge(chronicle: Chronicle, **expected: Any) -> None:
    plan = ExpectationPlan(at=Instant(9.0), **expected)
    Expectation(plan, 0, 0, Network(), chronicle).judge()


def test_expectations_compare_counts_and_addresses() -> None:
    update = UpdateListEntry(
        time_ns=1,
        node="ha",
        peer=AGENT,
        home_address=HOME,
        care_of_address=THERE,
        lifetime_s=1,
        expires_ns=1,
        refresh_s=1,
        next_send_ns=0,
        sequence_number=1,
        flags="",
        state="",
        test_state="",
        home_registration=True,
    )
    chronicle = heard(entry(1), update)
    judge(chronicle, node="ha", cache=1, updates=2, care_of_address=HERE)
    assert [(v.expected, v.seen, v.holds) for v in chronicle.verdicts] == [
        ("1 bindings", "1", True),
        ("2 update list entries", "1", False),
        ("care-of address 2001:db8:2::9", "2001:db8:2::9, 2001:db8:3::9", False),
    ]
    judge(chronicle, node="nobody", care_of_address=HERE)
    assert chronicle.verdicts[-1].seen == "none"


def test_a_crash_takes_the_tables_with_it() -> None:
    def failed(how: str, node: str = "ha") -> MachineFailed:
        return MachineFailed(time_ns=2, node=node, how=how)

    for how, left in (("crash", 0), ("restart", 0), ("hang", 1), ("stop", 1)):
        assert len(heard(entry(1), failed(how)).cache) == left
    assert len(heard(entry(1), failed("crash", "ha2")).cache) == 1
