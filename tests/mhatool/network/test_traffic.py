"""When a flow's datagrams are sent."""

import pytest

from dissectors.ipv6.address import parse
from mhatool.network.traffic import FlowPlan
from tests.mhatool.network.internet import Internet, S

ALICE, BOB = parse("2001:db8:1::a"), parse("2001:db8:2::b")


@pytest.mark.parametrize("rate", [3.0, 7.0, 999.0, 0.3, 10.0, 1_000.0])
def test_a_flow_sends_its_rate_times_its_length(rate: float) -> None:
    """Half a minute of `rate` a second is 30 times that, the first one at once: none is at the end, or behind it."""
    internet = Internet()
    start = internet.network.agenda.now
    plan = FlowPlan(name="f", source=ALICE, destination=BOB, rate=rate, start_ns=start, stop_ns=start + 30 * S)
    flow = internet.network.add_flow(plan, "alice", "bob")
    internet.run(31)
    assert len(flow.datagrams) == round(30 * rate)
    assert flow.datagrams[0].sent_at == start


def test_what_no_nanosecond_holds_is_rounded_each_time() -> None:
    """Thirds of a second: 333,333,333.3, 666,666,666.7 and 1,000,000,000 ns; the thousandth is at 333 s and a third."""
    plan = FlowPlan(name="f", source=ALICE, destination=BOB, rate=3.0, start_ns=0, stop_ns=S)
    assert [plan.sent_at(number) for number in range(4)] == [0, 333_333_333, 666_666_667, 1_000_000_000]
    assert plan.sent_at(1_000) == 333_333_333_333
    tenth = FlowPlan(name="f", source=ALICE, destination=BOB, rate=0.1, start_ns=5, stop_ns=S)
    assert tenth.sent_at(3) == 30 * S + 5


def test_a_name_is_one_flow_s() -> None:
    internet = Internet()
    plan = FlowPlan(name="f", source=ALICE, destination=BOB, rate=1.0, start_ns=0, stop_ns=S)
    internet.network.add_flow(plan, "alice", "bob")
    with pytest.raises(ValueError, match="a flow 'f' already"):
        internet.network.add_flow(plan, "alice", "bob")
