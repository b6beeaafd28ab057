"""Discovery, prefixes, tunnels, errors and nodes from small captures made by hand."""

import struct

import pytest

from mhatool.exchange import sightings
from mhatool.observe import Direction, Facts, Limits, Role, observe
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    S,
    Source,
    ba,
    bu,
    echo,
    ip,
    ipv6,
    record,
    scene,
    tunnel,
)
from tests.recipes import packets as made

Packet = tuple[float, bytes]
ROUTER = ip("fe80::9")


def facts_of(*packets: Packet) -> Facts:
    return observe([scene(*packets)]).facts


def with_hop_limit(octets: bytes, hop_limit: int) -> bytes:
    return octets[:7] + bytes((hop_limit,)) + octets[8:]


# --- home agent discovery ---


def test_a_discovery_and_its_answer() -> None:
    (found,) = facts_of((0, made.dhaad_request()), (0.2, made.dhaad_reply(AGENT2, AGENT))).discoveries
    (reply,) = found.replies
    assert (found.care_of_address, found.asked_address) == (CARE1, made.ANYCAST)
    assert ([asked.identifier for asked in found.asked], reply.identifier) == ([7], 7)
    assert (reply.source, reply.home_agents, found.latency_ns) == (AGENT, (AGENT2, AGENT), round(0.2 * S))


@pytest.mark.parametrize("identifiers", [(7, 7, 7), (7, 8, 9)])
def test_repeated_requests_are_one_discovery(identifiers: tuple[int, ...]) -> None:
    """RFC 6275, 11.4.1: after 3 s, then twice as long."""
    requests = [(at, made.dhaad_request(identifier=i)) for at, i in zip((0, 3, 9), identifiers, strict=True)]
    (found,) = facts_of(*requests, (9.5, made.dhaad_reply(identifier=identifiers[-1]))).discoveries
    assert ([asked.identifier for asked in found.asked], len(found.replies)) == (list(identifiers), 1)
    assert found.latency_ns == round(9.5 * S)


def test_a_late_answer_belongs_to_its_own_request() -> None:
    packets = [(0, made.dhaad_request(identifier=1)), (3, made.dhaad_request(identifier=2))]
    (found,) = facts_of(*packets, (3.1, made.dhaad_reply(identifier=1))).discoveries
    assert found.replies[0].identifier == 1


def test_another_request_after_the_answer_or_much_later_is_another_discovery() -> None:
    """Identifiers may begin again (trap 11 of captures/README.md)."""
    answered = [(0, made.dhaad_request()), (0.1, made.dhaad_reply()), (10, made.dhaad_request())]
    first, second = facts_of(*answered).discoveries
    assert (len(first.replies), second.replies, second.latency_ns) == (1, [], None)
    assert len(facts_of((0, made.dhaad_request()), (65, made.dhaad_request())).discoveries) == 2
    assert len(facts_of((0, made.dhaad_request()), (64, made.dhaad_request())).discoveries) == 1


def test_an_answer_to_another_identifier_answers_nothing() -> None:
    asked, unasked = facts_of((0, made.dhaad_request()), (1, made.dhaad_reply(identifier=8))).discoveries
    assert (asked.replies, unasked.asked, unasked.asked_address) == ([], [], None)


def test_an_empty_list() -> None:
    octets = made.icmp_packet(145, bytes.fromhex("0007 0000"), AGENT, CARE1)
    (found,) = facts_of((0, made.dhaad_request()), (1, octets)).discoveries
    assert found.replies[0].home_agents == ()


def test_a_home_agent_that_advertises_itself() -> None:
    first = made.router_advertisement(made.prefix_information(AGENT), made.home_agent_information(10, 1800))
    later = made.router_advertisement(made.prefix_information(AGENT), made.home_agent_information(7, 900))
    (found,) = facts_of((0, first), (3, later)).advertised_agents
    assert (found.address, found.link_local_address) == (AGENT, made.LINK_LOCAL)
    assert (found.preference, found.lifetime_s, found.first.time_ns, found.last_ns) == (7, 900, 0, 3 * S)


def test_without_its_own_option_the_router_lifetime_counts() -> None:
    """RFC 6275, 7.4: preference 0, and the Router Lifetime."""
    (found,) = facts_of((0, made.router_advertisement(source=ROUTER, lifetime=600))).advertised_agents
    assert (found.address, found.preference, found.lifetime_s) == (ROUTER, 0, 600)


@pytest.mark.parametrize(
    "last",
    [
        made.router_advertisement(made.prefix_information(AGENT), made.home_agent_information(10, 0)),
        made.router_advertisement(made.prefix_information(AGENT), flags=0),
    ],
)
def test_a_home_agent_that_ceases(last: bytes) -> None:
    first = made.router_advertisement(made.prefix_information(AGENT), made.home_agent_information())
    (found,) = facts_of((0, first), (5, last), (8, last)).advertised_agents
    assert found.ceased_ns == 5 * S
    (again,) = facts_of((0, first), (5, last), (9, first)).advertised_agents
    assert again.ceased_ns is None


def test_a_router_without_the_h_flag_is_a_router_only() -> None:
    facts = facts_of((0, made.router_advertisement(source=ROUTER, flags=0)))
    assert facts.advertised_agents == []
    assert facts.nodes[ROUTER].keys() == {Role.ROUTER}


# --- what the capture cut (octets: an IPv6 header has 40) ---


def cut_facts(*packets: Packet, snap: int) -> Facts:
    return observe(
        [Source("cut", [record(i, round(at * S), o, snap=snap) for i, (at, o) in enumerate(packets, 1)])]
    ).facts


def test_of_a_cut_list_of_home_agents_some_are_missing() -> None:
    """8 octets of ICMPv6 before them, 16 each (RFC 6275, 6.6)."""
    for snap, agents, is_cut in (
        (40 + 8, (), True),
        (40 + 8 + 20, (AGENT2,), True),
        (40 + 8 + 32, (AGENT2, AGENT), False),
    ):
        (found,) = cut_facts((0, made.dhaad_request()), (1, made.dhaad_reply(AGENT2, AGENT)), snap=snap).discoveries
        assert [(reply.home_agents, reply.truncated) for reply in found.replies] == [(agents, is_cut)]


def test_what_a_cut_router_advertisement_says_no_more_is_unknown() -> None:
    """16 octets, then a Prefix Information of 32, then 8 with preference and lifetime (RFC 6275, 7.2 and 7.4)."""
    whole = made.router_advertisement(made.prefix_information(AGENT), made.home_agent_information(15, 1800), lifetime=9)
    for snap, address, preference, lifetime_s in (
        (40 + 16, made.LINK_LOCAL, None, None),
        (40 + 16 + 31, made.LINK_LOCAL, None, None),
        (40 + 16 + 32, AGENT, None, None),
        (40 + 16 + 32 + 6, AGENT, None, None),
        (40 + 16 + 32 + 8, AGENT, 15, 1800),
    ):
        (found,) = cut_facts((0, whole), snap=snap).advertised_agents
        assert (found.address, found.preference, found.lifetime_s) == (address, preference, lifetime_s), snap
        assert (found.truncated, found.ceased_ns) == (snap < len(whole), None)


def test_a_cut_router_advertisement_is_no_leave_taking() -> None:
    """The flags are cut off, and the option whose lifetime would count in the place of a router lifetime of 0."""
    first = made.router_advertisement(source=ROUTER, lifetime=0)
    last = made.router_advertisement(made.home_agent_information(), source=ROUTER, lifetime=0)
    for snap in (40 + 5, 40 + 16):
        packets = [record(1, 0, made.router_advertisement(source=ROUTER)), record(2, S, last, snap=snap)]
        (found,) = observe([Source("cut", packets)]).facts.advertised_agents
        assert found.ceased_ns is None, snap
    (found,) = facts_of((0, first)).advertised_agents
    assert found.ceased_ns == 0


def test_of_cut_prefixes_some_are_missing() -> None:
    """8 octets behind the routing header's 24, then 32 for each (RFC 6275, 6.8)."""
    two = made.prefix_advertisement(made.prefix_information(AGENT), made.prefix_information(AGENT2))
    for snap, prefixes in ((40 + 24 + 8, []), (40 + 24 + 8 + 40, [AGENT]), (40 + 24 + 8 + 64, [AGENT, AGENT2])):
        (found,) = cut_facts((0, made.prefix_solicitation()), (1, two), snap=snap).prefix_exchanges
        (advertisement,) = found.advertisements
        assert [prefix.prefix for prefix in advertisement.prefixes] == prefixes
        assert advertisement.truncated is (len(prefixes) < 2)


# --- prefixes ---


def test_a_solicited_advertisement() -> None:
    packets = [(0, made.prefix_solicitation()), (3, made.prefix_solicitation()), (3.1, made.prefix_advertisement())]
    (found,) = facts_of(*packets).prefix_exchanges
    assert (found.home_address, found.home_agent, len(found.asked)) == (HOME, AGENT, 2)
    (prefix,) = found.advertisements[0].prefixes
    assert (prefix.prefix, prefix.prefix_length, prefix.flags) == (AGENT, 64, ("A", "L", "R"))
    assert (prefix.valid_lifetime_s, prefix.preferred_lifetime_s) == (86_400, 14_400)


def test_an_unsolicited_advertisement() -> None:
    (found,) = facts_of((0, made.prefix_advertisement(flags=0xC000))).prefix_exchanges
    assert (found.is_solicited, found.home_address, found.home_agent) == (False, HOME, AGENT)
    assert found.advertisements[0].flags == ("M", "O")


def test_an_unanswered_solicitation() -> None:
    found = facts_of((0, made.prefix_solicitation()), (1, made.prefix_advertisement(identifier=10))).prefix_exchanges
    assert [(exchange.is_solicited, len(exchange.advertisements)) for exchange in found] == [(True, 0), (False, 1)]


# --- tunnels ---

REGISTERED: list[Packet] = [(0, bu(seq=1)), (1, ba(seq=1))]
INWARD = tunnel(AGENT, CARE1, echo(PEER, HOME))
OUTWARD = tunnel(CARE1, AGENT, echo(HOME, PEER))
SIZE = 40 + 40 + 8
"""Two IPv6 headers, and an echo without data."""


def test_both_directions() -> None:
    packets = [(2, INWARD), (3, OUTWARD), (4, INWARD), (5, tunnel(AGENT, CARE1, echo(AGENT2, HOME)))]
    inward, outward = facts_of(*REGISTERED, *packets).tunnels
    assert (inward.direction, outward.direction) == (Direction.TO_MOBILE_NODE, Direction.FROM_MOBILE_NODE)
    assert {(t.home_address, t.home_agent, t.care_of_address) for t in (inward, outward)} == {(HOME, AGENT, CARE1)}
    assert (inward.first.time_ns, inward.last_ns) == (2 * S, 5 * S)
    assert (inward.packets, inward.octets, outward.packets, outward.octets) == (3, 3 * SIZE, 1, SIZE)


def test_tunnels_before_the_first_message_are_theirs_too() -> None:
    (found,) = facts_of((0, INWARD), (1, bu(seq=1))).tunnels
    assert (found.direction, found.home_agent, found.first.time_ns) == (Direction.TO_MOBILE_NODE, AGENT, 0)


def test_a_move_and_a_second_agent_are_other_tunnels() -> None:
    packets = [(2, INWARD), (3, tunnel(AGENT, CARE2, echo(PEER, HOME))), (4, tunnel(AGENT2, CARE1, echo(PEER, HOME)))]
    found = facts_of(*REGISTERED, *packets).tunnels
    assert [(t.entry, t.exit, t.packets) for t in found] == [(AGENT, CARE1, 1), (AGENT, CARE2, 1), (AGENT2, CARE1, 1)]
    assert found[2].direction is Direction.UNKNOWN  # nobody was seen to register there
    assert (found[2].home_address, found[2].home_agent, found[2].care_of_address) == (None, None, None)


def test_a_packet_on_several_links_counts_once() -> None:
    """On two interfaces, and on one of them before and after a router; the plain packet counts not at all."""
    seen = [
        record(1, 0, bu(seq=1)),
        record(2, 1 * S, echo(PEER, HOME)),
        record(3, 1 * S + 1, INWARD, interface=0),
        record(4, 1 * S + 2, with_hop_limit(INWARD, 63), interface=0),
        record(5, 1 * S + 3, with_hop_limit(INWARD, 62), interface=1),
        record(6, 2 * S, INWARD, interface=0),
    ]
    (found,) = observe([Source("links", seen)]).facts.tunnels
    assert (found.packets, found.octets, found.first.frame.number, found.last_ns) == (2, 2 * SIZE, 3, 2 * S)


def tunnelled(number: int, hop_limit: int = 64) -> bytes:
    """A datagram of its own: source and destination port, length, checksum, and the number twice."""
    octets = struct.pack(">HHHH", 1000, 2000, 16, 0) + struct.pack(">II", number, number)
    return with_hop_limit(tunnel(AGENT, CARE1, ipv6(PEER, HOME, 17, octets)), hop_limit)


def counted(*seen: tuple[float, bytes], snap: int | None = None) -> int:
    """The packets of the only tunnel."""
    records = [record(i, round(at * S), octets, snap=snap) for i, (at, octets) in enumerate(seen, 1)]
    (found,) = observe([Source("links", records)]).facts.tunnels
    return found.packets


def test_what_one_interface_captures_twice_counts_once() -> None:
    """As a span port shows it, 20 us apart; ten packets a second apart are ten, also where all have the same octets."""
    apart = [(n, tunnelled(n)) for n in range(10)]
    same = [(n, INWARD) for n in range(10)]
    for packets in (apart, same):
        assert counted(*packets) == 10
        assert counted(*(one for at, octets in packets for one in ((at, octets), (at + 20e-6, octets)))) == 10


def test_a_file_that_is_named_twice_counts_once() -> None:
    source = scene(*((n, tunnelled(n)) for n in range(10)))
    (found,) = observe([source, source]).facts.tunnels
    assert found.packets == 10


@pytest.mark.parametrize("snap", [None, 40 + 40 + 4])
def test_packets_whose_hop_limits_differ_are_packets(snap: int | None) -> None:
    """Where it is the inner one's (`hoplimit inherit`), correspondents have hop limits of their own."""
    packets = [(n * 1e-3, tunnelled(n, 64 if n % 2 else 60)) for n in range(10)]
    assert counted(*packets, snap=snap) == 10


def test_one_interface_on_both_sides_of_a_router() -> None:
    """The same octets each second, each with 64 and then 63; the last one only behind it, 0.1 s late."""
    packets = [
        (at + late, with_hop_limit(INWARD, 64 - late_by)) for at in range(5) for late_by, late in ((0, 0), (1, 0.1))
    ]
    assert counted(*packets) == 5
    assert counted(*packets, (5.1, with_hop_limit(INWARD, 63))) == 6
    numbered = [(n + late, tunnelled(n, hop)) for n in range(5) for late, hop in ((0, 64), (0.1, 63))]
    assert counted(*numbered) == 5


# --- errors ---


def unreachable(quoted: bytes, *, kind: int = 1, code: int = 3, to: bytes = CARE1) -> bytes:
    return made.icmp_packet(kind, bytes(4) + quoted, AGENT2, to, code=code)


def test_errors_about_signalling_are_told_together() -> None:
    packets = [(0, bu(seq=1)), (1, unreachable(bu(seq=1))), (1.01, unreachable(bu(seq=2))), (4, unreachable(bu(seq=3)))]
    (found,) = facts_of(*packets).delivery_errors
    assert (found.reporter, found.sender, found.destination, found.quoted) == (AGENT2, CARE1, AGENT, "binding_update")
    assert (found.icmp_type, found.code, found.count) == (1, 3, 3)
    assert (found.first.frame.number, found.last_ns) == (2, 4 * S)
    assert len(observe([scene(*packets)]).agencies[0].registrations) == 1  # what they quote isn't sent again


def test_one_error_on_two_links_is_one() -> None:
    error = unreachable(bu(seq=1))
    (found,) = facts_of((0, error), (0.001, with_hop_limit(error, 63))).delivery_errors
    assert found.count == 1


def test_errors_about_tunnels_and_optimised_routes() -> None:
    optimised = made.icmp_packet(128, bytes.fromhex("0001 0001"), PEER, CARE1, routed=HOME)
    packets = [(0, unreachable(INWARD, to=AGENT)), (1, unreachable(optimised, kind=3, code=0, to=PEER))]
    found = facts_of(*packets).delivery_errors
    assert [(e.quoted, e.sender, e.destination, e.icmp_type) for e in found] == [
        ("tunnelled_packet", AGENT, CARE1, 1),
        ("route_optimised_packet", PEER, CARE1, 3),
    ]


def test_errors_about_other_things_are_not_told() -> None:
    damaged = bytearray(unreachable(bu(seq=1)))
    damaged[-1] ^= 1
    assert facts_of((0, unreachable(echo(PEER, HOME), to=PEER)), (1, bytes(damaged))).delivery_errors == []


# --- nodes ---


@pytest.mark.parametrize(
    ("octets", "roles"),
    [
        (bu(), {HOME: "mn", AGENT: "ha"}),
        (made.bu(to=PEER, flags=""), {HOME: "mn", PEER: "cn"}),
        (ba(), {HOME: "mn", AGENT: "ha"}),
        (made.ba(made.authorization(), source=PEER), {PEER: "cn"}),
        (made.home_test_init(), {HOME: "mn", PEER: "cn"}),
        (made.care_of_test_init(), {PEER: "cn"}),
        (made.home_test(), {HOME: "mn", PEER: "cn"}),
        (made.care_of_test(), {PEER: "cn"}),
        (made.refresh_request(), {HOME: "mn", PEER: "cn"}),
        (made.dhaad_request(), {}),
        (made.dhaad_reply(AGENT2), {AGENT: "ha", AGENT2: "ha"}),
        (made.prefix_solicitation(), {HOME: "mn", AGENT: "ha"}),
        (made.prefix_advertisement(), {HOME: "mn", AGENT: "ha"}),
        (made.router_advertisement(source=ROUTER, flags=0), {ROUTER: "router"}),
        (echo(PEER, HOME), {}),
        (tunnel(AGENT, CARE1, bu()), {HOME: "mn", AGENT: "ha"}),
        (unreachable(bu()), {}),
    ],
)
def test_what_shows_which_role(octets: bytes, roles: dict[bytes, str]) -> None:
    nodes = facts_of((0, octets)).nodes
    assert {node: "".join(shown) for node, shown in nodes.items()} == roles
    assert all(e.moment == (0, ("scene", 1, 0)) for shown in nodes.values() for e in shown.values())


def test_a_proxy_registers_others() -> None:
    """Proxy Mobile IPv6 (RFC 5213): gateways are no mobile nodes."""
    assert facts_of((0, made.bu(flags="AHP"))).nodes == {}


@pytest.mark.parametrize("octets", [bu(), made.home_test_init(), made.dhaad_reply(), made.prefix_advertisement()])
def test_damaged_messages_show_nothing(octets: bytes) -> None:
    damaged = octets[:-1] + bytes((octets[-1] ^ 1,))
    facts = facts_of((0, damaged))
    assert (facts.nodes, facts.routability_tests, facts.discoveries, facts.prefix_exchanges) == ({}, [], [], [])


def test_the_first_evidence_stays() -> None:
    shown = facts_of((0, made.dhaad_reply(AGENT)), (1, bu()), (2, ba())).nodes[AGENT]
    assert [(str(role), e.message, e.moment.frame.number) for role, e in shown.items()] == [("ha", "dhaad_reply", 1)]


# --- bounds ---


def test_everything_is_bounded() -> None:
    """A thousand of everything, and room for ten."""
    facts = Facts(Limits(agencies=10, tests=10, flows=10, others=10))
    observer = observe([])
    observer.facts = facts
    packets: list[Packet] = []
    for number in range(1000):
        care_of, home = CARE1[:14] + number.to_bytes(2), HOME[:14] + number.to_bytes(2)
        packets += [
            (number, made.bu(source=care_of, home=home, to=PEER, flags="")),
            (number, made.home_test_init(source=home)),
            (number, made.home_test(to=home)),
            (number, made.dhaad_request(source=care_of)),
            (number, made.prefix_solicitation(source=care_of)),
            (number, made.router_advertisement(source=care_of)),
            (number, tunnel(AGENT, care_of, echo(PEER, home))),
            (number, unreachable(bu(source=care_of, home=home), to=care_of)),
        ]
    for sighting in sightings([scene(*packets)]):
        observer.see(sighting)
    found = (facts.correspondences(0), facts.routability_tests, facts.routability_runs, facts.discoveries)
    found = (*found, facts.prefix_exchanges, facts.advertised_agents, facts.tunnels, facts.delivery_errors, facts.nodes)
    assert [len(kept) <= 10 for kept in found] == [True] * len(found)
    assert len(facts.tunnels) == len(facts.nodes) == 10
