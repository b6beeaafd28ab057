"""What the recordings tell besides home registrations, against the facts of captures/MANIFEST.toml."""

from collections.abc import Iterable
from typing import Any

import pytest

from dissectors.ipv6 import address
from mhatool.observe import (
    Correspondence,
    CorrespondentBinding,
    CorrespondentEnd,
    Direction,
    Facts,
    Kind,
    Moment,
    Observer,
    ProofKind,
    Role,
    observe,
)
from tests.mhatool import manifest
from tests.mhatool.scenes import ip, recording

ENTRIES = manifest.entries()
MILLISECOND = 1_000_000
S = 1_000_000_000
HOME, AGENT, AGENT2 = ip("2001:200:1:2:240:26ff:fe4c:51fd"), ip("2001:200:1:2::1"), ip("2001:200:1:2::2")
CARE1, CARE3 = ip("2001:200:1:1:240:26ff:fe4c:51fd"), ip("2001:200:1:3:240:26ff:fe4c:51fd")
ANYCAST = bytes.fromhex("2001020000010002fdfffffffffffffe")
CORRESPONDENT = ip("2001:200:1:c::10")

each_file = pytest.mark.parametrize(
    "entry", [e for e in ENTRIES if "all" not in e["file"]], ids=lambda entry: entry["file"]
)
RUNS = {
    run: [e["file"].removeprefix("umip/") for e in ENTRIES if f"/{run}-" in e["file"] and "all" not in e["file"]]
    for run in ("tour", "failover60", "ro")
}


def seen_in(entry: dict[str, Any]) -> Observer:
    return observe([recording(entry["file"].removeprefix("umip/"))])


def same(moment: Moment | None, frame: int | None, time: Any) -> bool:
    if moment is None or frame is None:
        return moment is None and frame is None
    return moment.frame.number == frame and abs(moment.time_ns - manifest.nanoseconds(time)) <= MILLISECOND


def correspondence(observer: Observer) -> Correspondence:
    (found,) = observer.facts.correspondences(observer.last_ns)
    return found


# --- correspondents ---


@each_file
def test_updates_to_correspondents(entry: dict[str, Any]) -> None:
    observer = seen_in(entry)
    found = [seen for c in observer.facts.correspondences(observer.last_ns) for seen in c.updates]
    facts = entry.get("correspondent_update", [])
    assert len(found) == len(facts)
    for seen, fact in zip(found, facts, strict=True):
        update = seen.update
        assert (address.text(update.peer), update.home_address) == (fact["correspondent"], HOME)
        assert address.text(update.care_of_address) == fact["care_of_address"]
        assert (update.sequence_number, update.lifetime_s) == (fact["sequence_number"], fact["lifetime_s"])
        assert [seen.home_nonce_index, seen.care_of_nonce_index] == fact["nonce_indices"]
        assert seen.authenticator == bytes.fromhex(fact["authenticator"])
        assert same(Moment(update.time_ns, update.frame), fact["frame"], fact["time"])


@each_file
def test_bindings_at_correspondents(entry: dict[str, Any]) -> None:
    observer = seen_in(entry)
    found = [b for c in observer.facts.correspondences(observer.last_ns) for b in c.bindings]
    facts = entry.get("correspondent_binding", [])
    assert len(found) == len(facts)
    for binding, fact in zip(found, facts, strict=True):
        assert_binding(binding, fact)


def assert_binding(binding: CorrespondentBinding, fact: dict[str, Any]) -> None:
    assert address.text(binding.home_address) == fact["home_address"]
    assert address.text(binding.correspondent) == fact["correspondent"]
    assert str(binding.end_reason or CorrespondentEnd.CAPTURE_END) == fact["end_reason"]
    assert [seen.update.sequence_number for seen in binding.updates] == fact["sequence_numbers"]
    for ours, theirs in ((binding.start_ns, fact.get("start")), (binding.end_ns, fact.get("end"))):
        assert (ours is None) == (theirs is None)
        assert ours is None or abs(ours - manifest.nanoseconds(theirs)) <= MILLISECOND
    spans = fact["care_of_addresses"]
    assert [address.text(span.care_of_address) for span in binding.spans] == [s["care_of_address"] for s in spans]
    for span, wanted in zip(binding.spans, spans, strict=True):
        assert abs(span.start_ns - manifest.nanoseconds(wanted["start"])) <= MILLISECOND
        assert span.proof is not None
        assert span.proof.kind is ProofKind.ROUTING_HEADER
        if "shown_frame" in wanted:
            assert span.proof.moment.frame.number == wanted["shown_frame"]


@each_file
def test_refresh_requests(entry: dict[str, Any]) -> None:
    observer = seen_in(entry)
    found = [m for c in observer.facts.correspondences(observer.last_ns) for m in c.refresh_requests]
    assert_moments(found, entry.get("refresh_request", []))


def assert_moments(found: Iterable[Moment], facts: list[dict[str, Any]]) -> None:
    for moment, fact in zip(found, facts, strict=True):
        assert same(moment, fact["frame"], fact["time"])


@each_file
def test_return_routability(entry: dict[str, Any]) -> None:
    """By cookie; the frames are those of the Init and of the Test message, each once however often it was seen."""
    found = {test.cookie.hex(): test for test in seen_in(entry).facts.routability_tests}
    facts = {fact["cookie"]: fact for fact in entry.get("routability_test", [])}
    assert set(found) == set(facts)
    for cookie, test in found.items():
        fact = facts[cookie]
        assert (str(test.kind), address.text(test.address)) == (fact["kind"], fact["address"])
        assert (test.correspondent, test.nonce_index) == (CORRESPONDENT, fact["nonce_index"])
        assert same(test.asked, fact["init_frame"], fact["init_time"])
        assert same(test.answered, fact["test_frame"], fact["test_time"])


@pytest.mark.parametrize("name", ["ro-mn.pcap", "ro-core.pcap", "ro-cn.pcap"])
def test_the_second_run_needs_no_home_test(name: str) -> None:
    """captures/README.md, trap 8: the home token is still fresh. 24347 and 24350 came right after a Care-of Test."""
    observer = observe([recording(name)])
    first, second = observer.facts.routability_runs
    assert (first.sequence_number, first.home_test_is_reused, first.care_of_test_is_reused) == (24347, False, False)
    assert (second.sequence_number, second.home_test_is_reused, second.care_of_test_is_reused) == (24350, True, False)
    assert second.home_test is first.home_test
    assert [test.address for test in second.new_tests] == [CARE3]
    assert [test.uses for test in observer.facts.routability_tests] == [7, 3, 3]  # 24347..24353; ..24349; 24350..24352


def test_what_shows_that_the_correspondent_took_an_update() -> None:
    """No acknowledgements (trap 6). An update of 4 s is followed by the next one before the old lifetime is over."""
    updates = correspondence(observe([recording("ro-mn.pcap")])).updates
    assert [(seen.update.sequence_number, str(seen.kind), seen.result) for seen in updates] == [
        (24347, "registration", "accepted"),
        (24348, "refresh", "unshown"),
        (24349, "refresh", "accepted"),
        (24350, "move", "accepted"),
        (24351, "refresh", "unshown"),
        (24352, "refresh", "accepted"),
        (24353, "deregistration", "unshown"),
    ]
    assert not any(seen.acknowledgement or seen.wants_acknowledgement for seen in updates)


def test_messages_to_correspondents_are_no_home_registrations() -> None:
    assert observe([recording("ro-cn.pcap")]).agencies == []


# --- discovery and prefixes ---


@each_file
def test_discoveries(entry: dict[str, Any]) -> None:
    found = seen_in(entry).facts.discoveries
    for discovery, fact in zip(found, entry.get("discovery", []), strict=True):
        ((moment, identifier),) = discovery.asked
        (reply,) = discovery.replies
        assert address.text(discovery.care_of_address) == fact["care_of_address"]
        assert discovery.asked_address == ANYCAST
        assert (identifier, reply.identifier) == (fact["identifier"], fact["identifier"])
        assert same(moment, fact["request_frame"], fact["request_time"])
        assert same(reply.moment, fact["reply_frame"], fact["reply_time"])
        assert reply.source == AGENT
        assert [address.text(agent) for agent in reply.home_agents] == fact["home_agents"]


@each_file
def test_prefix_exchanges(entry: dict[str, Any]) -> None:
    found = seen_in(entry).facts.prefix_exchanges
    for exchange, fact in zip(found, entry.get("prefix_exchange", []), strict=True):
        ((moment, identifier),) = exchange.asked
        assert (exchange.home_address, address.text(exchange.home_agent)) == (HOME, fact["home_agent"])
        assert identifier == fact["identifier"]
        assert same(moment, fact["solicitation_frame"], fact["solicitation_time"])
        assert bool(exchange.advertisements) == ("prefix" in fact)
        for advertisement in exchange.advertisements:
            (prefix,) = advertisement.prefixes
            assert same(advertisement.moment, fact["advertisement_frame"], fact["advertisement_time"])
            assert (address.text(prefix.prefix), prefix.prefix_length) == (fact["prefix"], fact["prefix_length"])
            assert prefix.flags == ("A", "L", "R")
            assert prefix.valid_lifetime_s == fact["valid_lifetime_s"]
            assert prefix.preferred_lifetime_s == fact["preferred_lifetime_s"]


@pytest.mark.parametrize(
    ("name", "preferences"),
    [("tour-home.pcap", {AGENT: 15}), ("ro-home.pcap", {AGENT: 15}), ("failover60-home.pcap", {AGENT: 15, AGENT2: 10})],
)
def test_home_agents_advertise_themselves(name: str, preferences: dict[bytes, int]) -> None:
    """captures/README.md, common facts."""
    found = observe([recording(name)]).facts.advertised_agents
    assert {agent.address: agent.preference for agent in found} == preferences
    assert all(agent.ceased_ns is None for agent in found)


def test_a_killed_home_agent_stops_advertising() -> None:
    """failover60: killed at 09:54:28.839; advertisements came every 1 to 3 s."""
    agents = {agent.address: agent for agent in observe([recording("failover60-home.pcap")]).facts.advertised_agents}
    killed = manifest.nanoseconds(manifest.entry("failover60-mn.pcap")["registration"][0]["acknowledgement_time"])
    killed += round((28.839 - 16.110) * S)
    assert 0 < killed - agents[AGENT].last_ns < 3 * S
    assert agents[AGENT2].last_ns > killed + 60 * S


# --- tunnels, errors, nodes ---


def test_the_tunnels_of_route_optimisation() -> None:
    """Run ro at the mobile node: an echo pair (frames 90, 91), HoTI 92t, HoT 94t, and two BRR, 724t and 1542t."""
    tunnels = observe([recording("ro-mn.pcap")]).facts.tunnels
    assert [(t.direction, t.care_of_address, t.first.frame.number, t.packets) for t in tunnels] == [
        (Direction.TO_MOBILE_NODE, CARE1, 90, 3),
        (Direction.FROM_MOBILE_NODE, CARE1, 91, 2),
        (Direction.TO_MOBILE_NODE, CARE3, 1542, 1),
    ]
    assert {(t.home_address, t.home_agent) for t in tunnels} == {(HOME, AGENT)}
    # An outer header (40), an inner one (40), and an echo of 8 + 56 octets or a Mobility Header of 24 or 16.
    assert tunnels[1].octets == (40 + 40 + 64) + (40 + 40 + 16)
    assert tunnels[0].octets == (40 + 40 + 64) + (40 + 40 + 24) + (40 + 40 + 8)


def test_the_tunnels_of_the_failover() -> None:
    """Until the kill at 09:54:28.839 by the first agent, from 09:56:16.116 on by the second; echoes are 0.2 s apart."""
    tunnels = [
        t for t in observe([recording("failover60-mn.pcap")]).facts.tunnels if t.direction is Direction.TO_MOBILE_NODE
    ]
    first, second = manifest.entry("failover60-mn.pcap")["binding"]
    starts = [manifest.nanoseconds(first["start"]), manifest.nanoseconds(second["start"])]
    assert [t.home_agent for t in tunnels] == [AGENT, AGENT2]
    assert all(0 < t.first.time_ns - start < 0.2 * S for t, start in zip(tunnels, starts, strict=True))
    assert 0 < starts[0] + (28.839 - 16.110) * S - tunnels[0].last_ns < 0.2 * S


@each_file
def test_errors_about_signalling(entry: dict[str, Any]) -> None:
    """Quoted messages are no messages, but the errors are errors (captures/README.md, trap 1)."""
    found = seen_in(entry).facts.delivery_errors
    for error, fact in zip(found, entry.get("delivery_error", []), strict=True):
        assert address.text(error.reporter) == fact["reporter"]
        assert address.text(error.destination) == fact["destination"]
        assert (error.sender, error.icmp_type, error.code) == (CARE1, 1, 3)
        assert (error.quoted, error.count) == (fact["quoted"], fact["count"])
        assert error.first.frame.number == fact.get("first_frame", error.first.frame.number)


def test_nodes_and_roles() -> None:
    facts = observe([recording(name) for name in RUNS["ro"]]).facts
    mine = {node: set(roles) for node, roles in facts.nodes.items() if not node.startswith(b"\xfe\x80")}
    assert mine == {
        HOME: {Role.MOBILE_NODE},
        AGENT: {Role.HOME_AGENT, Role.ROUTER},
        CORRESPONDENT: {Role.CORRESPONDENT},
    }
    links = {
        node for node, roles in facts.nodes.items() if node.startswith(b"\xfe\x80") and set(roles) == {Role.ROUTER}
    }
    assert len(links) == len(facts.nodes) - len(mine) == 2  # AR1 and AR3 have no prefix with the R flag
    (binding_update, first) = facts.nodes[HOME][Role.MOBILE_NODE].message, facts.nodes[HOME][Role.MOBILE_NODE].moment
    assert (binding_update, first.frame[:2]) == ("binding_update", ("ro-mn.pcap", 87))


def test_a_listed_home_agent_is_one() -> None:
    """failover60 on the core link: HA2 is in the DHAAD reply (frame 88) long before its own first message."""
    roles = observe([recording("failover60-core.pcap")]).facts.nodes
    shown = roles[AGENT2][Role.HOME_AGENT]
    assert (shown.message, shown.moment.frame.number) == ("dhaad_reply", 88)


# --- several vantage points ---


def summary(facts: Facts, correspondences: list[Correspondence]) -> dict[str, Any]:
    """What doesn't depend on where it was seen."""
    return {
        "updates": [(u.update.sequence_number, u.kind, u.result) for c in correspondences for u in c.updates],
        "spans": [[s.care_of_address for s in b.spans] for c in correspondences for b in c.bindings],
        "ends": [b.end_reason for c in correspondences for b in c.bindings],
        "refresh requests": [len(c.refresh_requests) for c in correspondences],
        "tests": [(t.kind, t.cookie, t.nonce_index, t.uses) for t in facts.routability_tests],
        "runs": [(r.sequence_number, r.home_test_is_reused, r.care_of_test_is_reused) for r in facts.routability_runs],
        "discoveries": [
            ([a.identifier for a in d.asked], [(r.identifier, r.home_agents) for r in d.replies])
            for d in facts.discoveries
        ],
        "prefixes": [
            ([a.identifier for a in p.asked], [a.prefixes for a in p.advertisements]) for p in facts.prefix_exchanges
        ],
        "errors": [(e.quoted, e.destination, e.count) for e in facts.delivery_errors],
        "roles": {node: set(roles) for node, roles in facts.nodes.items() if not node.startswith(b"\xfe\x80")},
    }


def summary_of(*names: str) -> dict[str, Any]:
    observer = observe([recording(name) for name in names])
    return summary(observer.facts, observer.facts.correspondences(observer.last_ns))


@pytest.mark.parametrize("run", RUNS)
def test_all_vantage_points_together_see_what_the_mobile_node_sees(run: str) -> None:
    assert summary_of(*RUNS[run]) == summary_of(f"{run}-mn.pcap")


def test_all_interfaces_of_one_file_see_what_the_mobile_node_sees() -> None:
    """And what the core link sees of the tunnels: all of them go through it."""
    assert summary_of("tour-all.pcapng") == summary_of("tour-mn.pcap")
    together, core = (observe([recording(name)]).facts.tunnels for name in ("tour-all.pcapng", "tour-core.pcap"))
    assert [(t.entry, t.exit, t.direction, t.packets, t.octets) for t in together] == [
        (t.entry, t.exit, t.direction, t.packets, t.octets) for t in core
    ]
    assert len(together) == 4


def test_the_order_of_the_files_does_not_matter() -> None:
    assert summary_of(*RUNS["ro"]) == summary_of(*reversed(RUNS["ro"]))


def test_refreshes_count_as_such() -> None:
    kinds = [seen.kind for seen in correspondence(observe([recording("ro-cn.pcap")])).updates]
    assert kinds.count(Kind.REFRESH) == 4
