"""What a kernel does: forwarding, neighbours, echo, errors, fragments."""

from dissectors.icmpv6.header import Echo, Icmpv6Error
from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.ipv6.link import ETHERNET
from dissectors.packet import Packet
from dissectors.walk import Dissector
from mhatool.engine.departure import Writer
from mhatool.engine.drops import DropReason
from mhatool.engine.packet_events import PacketDropped
from mhatool.network import datagram as ipv6
from mhatool.network.link import Link, Quality
from mhatool.network.neighbours import WRITER
from mhatool.network.traffic import FlowPlan
from mhatool.protocol.neighbourhood import solicited_node
from tests.mhatool.network.internet import MS, Internet, S

ALICE, BOB = parse("2001:db8:1::a"), parse("2001:db8:2::b")


class Seen:
    """The packets that pass on a link."""

    def __init__(self, link: Link) -> None:
        self.packets: list[tuple[int, Packet]] = []
        dissector = Dissector()
        link.taps.append(lambda now, frame, comment: self.packets.append((now, dissector.dissect(frame, ETHERNET))))

    @property
    def types(self) -> list[str]:
        return [packet.datagrams[-1].carries for _, packet in self.packets]

    def problems(self) -> list[str]:
        return [f"{problem}" for _, packet in self.packets for layer in packet.layers for problem in layer.problems]


def echo(source: bytes, destination: bytes, *, hop_limit: int = 64, size: int = 8) -> bytes:
    request = Echo(icmp_type=128, code=0, identifier=7, sequence_number=1, data=bytes(size))
    return Writer(WRITER.profile).write(request, source, destination, hop_limit=hop_limit)


def test_an_echo_over_a_router_with_real_neighbour_discovery() -> None:
    internet = Internet()
    left, right = Seen(internet.left), Seen(internet.right)
    began = internet.network.agenda.now
    internet.alice.originate(echo(ALICE, BOB))
    internet.run(1)
    replies = internet.alice.delivery.echo_replies
    assert [(source, reply.identifier) for _, source, reply in replies] == [(BOB, 7)]
    # Each link: solicitation and advertisement before the request, one millisecond each; then the way back, on which
    # the router and bob know each other from the solicitation.
    assert replies[0][0] - began == (3 + 3 + 1 + 1) * MS
    assert left.types == ["neighbor_solicitation", "neighbor_advertisement", "echo", "echo"]
    assert right.types == ["neighbor_solicitation", "neighbor_advertisement", "echo", "echo"]
    assert left.packets[2][1].datagrams[0].hop_limit == 64
    assert right.packets[2][1].datagrams[0].hop_limit == 63
    assert not left.problems()
    assert not right.problems()


def errors_at(seen: Seen) -> list[tuple[int, int, int]]:
    """Type, code and parameter of each ICMPv6 error."""
    found = []
    for _, packet in seen.packets:
        datagram = next(d for d in packet.datagrams if not d.quoted)
        if datagram.carries == "icmpv6_error" and datagram.upper is not None:
            message: Icmpv6Error = datagram.upper.message()
            found.append((message.icmp_type, message.code, message.parameter))
    return found


def test_a_packet_without_hops_left_is_answered_with_time_exceeded() -> None:
    internet = Internet()
    seen = Seen(internet.left)
    internet.alice.originate(echo(ALICE, BOB, hop_limit=1))
    internet.run(1)
    assert errors_at(seen) == [(3, 0, 0)]
    dropped = internet.told(PacketDropped)
    assert [(event.node, event.reason) for event in dropped] == [("router", DropReason.HOP_LIMIT_EXCEEDED)]


def test_no_route_no_neighbour_and_no_port_are_told() -> None:
    internet = Internet()
    seen = Seen(internet.left)
    internet.alice.originate(echo(ALICE, parse("2001:db8:3::1")))
    internet.run(1)
    assert errors_at(seen) == [(1, 0, 0)]
    internet.alice.originate(echo(ALICE, parse("2001:db8:2::dead")))
    internet.run(2.9)
    assert errors_at(seen) == [(1, 0, 0)]
    internet.run(0.2)  # three solicitations, a second each (RFC 4861, 7.2.2)
    assert errors_at(seen) == [(1, 0, 0), (1, 3, 0)]
    now = internet.network.agenda.now
    plan = FlowPlan(name="f", source=ALICE, destination=BOB, rate=1.0, start_ns=now, stop_ns=1 << 62)
    internet.network.add_flow(plan, "alice", "bob")
    internet.bob.sockets.clear()
    internet.run(0.1)
    assert errors_at(seen)[2:] == [(1, 4, 0)]


def test_an_unknown_header_is_a_parameter_problem_that_points_at_it() -> None:
    internet = Internet()
    seen = Seen(internet.left)
    internet.alice.originate(ipv6.compose(ALICE, BOB, 200, bytes(8), 64))
    internet.run(1)
    assert errors_at(seen) == [(4, 1, 6)]  # the next header is octet 6 of the IPv6 header


def test_errors_never_answer_errors_nor_multicast() -> None:
    internet = Internet()
    quoted = Icmpv6Error(icmp_type=1, code=0, quoted=echo(BOB, ALICE))
    internet.alice.originate(Writer(WRITER.profile).write(quoted, ALICE, parse("2001:db8:3::1")))
    internet.alice.originate(echo(ALICE, parse("ff02::1234")))
    seen = Seen(internet.left)
    internet.run(1)
    assert errors_at(seen) == [(1, 0, 0)]  # alice's own alone


def test_a_narrow_link_is_told_and_then_heeded() -> None:
    internet = Internet(right=Quality(delay_ns=MS, mtu=1300))
    seen = Seen(internet.left)
    internet.alice.originate(echo(ALICE, BOB, size=1400))
    internet.run(1)
    assert errors_at(seen) == [(2, 0, 1300)]
    assert internet.alice.delivery.echo_replies == []
    internet.alice.originate(echo(ALICE, BOB, size=1400))
    internet.run(1)
    ((_, _, reply),) = internet.alice.delivery.echo_replies
    assert len(reply.data) == 1400
    assert sum("fragment" in packet.datagrams[0].headers for _, packet in seen.packets) == 2 + 2  # there and back
    assert not seen.problems()


def test_a_machine_answers_no_solicitation_that_real_kernels_discard() -> None:
    """From nobody, with an option that says where nobody is (RFC 4861, 7.1.1); without it, it is answered."""
    for options, answers in (((), 1), ((SourceLinkLayerAddress(link_layer_address=bytes(6)),), 0)):
        internet = Internet()
        seen = Seen(internet.left)
        router = parse("2001:db8:1::1")
        trial = NeighborSolicitation(target=router, options=options)
        datagram = WRITER.write(trial, UNSPECIFIED, solicited_node(router), hop_limit=255)
        internet.alice.send(datagram, "e")
        internet.run(1)
        assert seen.types == ["neighbor_solicitation"] + ["neighbor_advertisement"] * answers
        reasons = [event.reason for event in internet.told(PacketDropped)]
        assert reasons == ([] if answers else [DropReason.OPTION])


def test_a_machine_without_an_address_asks_for_no_neighbour() -> None:
    """RFC 4861, 4.3: from the unspecified address it would be a trial. What waits is dropped after 3 s (7.2.2)."""
    internet = Internet()
    seen = Seen(internet.left)
    interface = next(iter(internet.alice.interfaces.values()))
    for address in list(interface.addresses):
        internet.alice.remove_address(interface.name, address)
    internet.alice.send(echo(ALICE, parse("2001:db8:1::ff")), interface.name)
    internet.run(5)
    assert seen.types == []
    assert [event.reason for event in internet.told(PacketDropped)] == [DropReason.NEIGHBOUR_UNREACHABLE]


def test_a_neighbour_that_stops_answering_is_forgotten() -> None:
    internet = Internet()
    internet.alice.originate(echo(ALICE, BOB))
    internet.run(40)  # longer than 30 s: it isn't sure any more
    seen = Seen(internet.right)
    internet.bob.fail("hang")
    internet.alice.originate(echo(ALICE, BOB))
    internet.run(4.9)
    assert seen.types == ["echo"]
    internet.run(4)  # 5 s of delay, then three probes a second apart (RFC 4861, 10)
    assert seen.types == ["echo"] + ["neighbor_solicitation"] * 3
    assert BOB not in internet.router.neighbours["r"].entries


def test_a_machine_that_moves_hears_nothing_of_what_was_under_way() -> None:
    internet = Internet(left=Quality(delay_ns=10 * MS))
    plan = FlowPlan(name="f", source=BOB, destination=ALICE, rate=200.0, start_ns=11 * S, stop_ns=12 * S)
    flow = internet.network.add_flow(plan, "bob", "alice")
    internet.run(1.5)
    internet.alice.move("e", None)
    internet.run(1)
    # It left at 11.5 s; what was sent within the 11 ms before was on its way. What was sent in the first second was
    # delayed by neighbour discovery, but three wait for a neighbour and the others are dropped.
    under_way = [at for at in flow.lost if 11 * S + 400 * MS < at < 11 * S + 500 * MS]
    assert under_way == [11 * S + 490 * MS, 11 * S + 495 * MS]
    assert [at for at in flow.lost if at >= 11 * S + 500 * MS] == [11 * S + n * 5 * MS for n in range(100, 200)]


def test_a_machine_without_nodes_knows_no_mobility_header() -> None:
    """RFC 8200, 4: code 1, and the octet that names the header: number 6 of the IPv6 header."""
    internet = Internet()
    seen = Seen(internet.left)
    internet.alice.originate(ipv6.compose(ALICE, BOB, 135, bytes(8), 64))
    internet.run(1)
    assert errors_at(seen) == [(4, 1, 6)]
