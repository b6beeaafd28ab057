"""Tunnels and optimised routes, as nodes set them: what goes over the wire, and what is refused."""

from collections.abc import Iterable

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement
from dissectors.icmpv6.options import TargetLinkLayerAddress
from dissectors.ipv6.address import parse
from dissectors.packet import Datagram
from dissectors.profile import RFC6275
from dissectors.spec import Flags
from mhatool.engine.actions import Action, End, Send, SetOptimisedRoute, SetTunnel
from mhatool.engine.commands import (
    Command,
    PacketTunnelled,
    RouteUsed,
    Start,
    TrafficFromHomeAddress,
    UnverifiedHomeAddress,
)
from mhatool.engine.departure import Writer
from mhatool.engine.drops import DropReason
from mhatool.engine.events import Event
from mhatool.engine.packet_events import PacketDropped
from mhatool.network import datagram as ipv6
from mhatool.network.link import Quality
from mhatool.network.machine import Machine
from mhatool.network.seat import Seat
from tests.mhatool.network.internet import MS, Internet, S
from tests.mhatool.network.test_machine import ALICE, BOB, Seen, echo

HOME, AGENT = parse("2001:db8:2::99"), parse("2001:db8:2::1")
STRANGER = parse("2001:db8:1::bad")


class Scripted:
    """A node that does what a test says, and keeps what it is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.commands: list[Command] = []
        self.received: list[bytes] = []
        self.actions: list[Action] = []
        self.due: int | None = None
        self.rang: list[int] = []

    def receive(self, datagram: bytes, interface: str, link_source: bytes, now: int) -> None:
        self.received.append(datagram)

    def command(self, command: Command, now: int) -> None:
        self.commands.append(command)

    def handle_timer(self, now: int) -> None:
        self.rang.append(now)
        self.due = None

    def next_timer(self) -> int | None:
        return self.due

    def poll_actions(self) -> list[Action]:
        taken, self.actions = self.actions, []
        return taken

    def poll_events(self) -> list[Event]:
        return []


def sit(machine: Machine, *actions: Action, offset: int = 0) -> Scripted:
    """A scripted node on a machine, that wants these done."""
    node = Scripted(machine.name)
    seat = Seat(machine, node, offset)
    machine.seats.append(seat)
    node.actions = list(actions)
    seat.settle()
    return node


class Away(Internet):
    """A mobile node of the right link is at alice's place; the router is its home agent, bob its correspondent."""

    def __init__(self) -> None:
        super().__init__()
        self.mobile = sit(self.alice, SetTunnel(End.MOBILE_NODE, HOME, ALICE, (AGENT,)))
        self.agent = sit(self.router, SetTunnel(End.HOME_AGENT, HOME, AGENT, (ALICE,)))
        self.correspondent = sit(self.bob)
        # The agent answers for the home address: so its engine would.
        self.router.interfaces["r"].add_address(HOME, 128)

    def optimise(self) -> None:
        self.mobile.actions = [SetOptimisedRoute(End.MOBILE_NODE, HOME, BOB, ALICE)]
        self.correspondent.actions = [SetOptimisedRoute(End.CORRESPONDENT, HOME, BOB, ALICE)]
        for machine in (self.alice, self.bob):
            machine.seats[0].settle()


def shape(datagrams: Iterable[Datagram]) -> list[tuple[bytes, bytes, tuple[str, ...]]]:
    return [(d.source, d.destination, d.headers) for d in datagrams]


def test_through_the_tunnel_both_ways() -> None:
    away = Away()
    left, right = Seen(away.left), Seen(away.right)
    away.bob.originate(echo(BOB, HOME))
    away.run(1)
    assert [source for _, source, _ in away.bob.delivery.echo_replies] == [HOME]
    there, back = [packet for _, packet in left.packets if packet.datagrams[-1].carries == "echo"]
    assert shape(there.datagrams) == [(AGENT, ALICE, ()), (BOB, HOME, ())]
    assert shape(back.datagrams) == [(ALICE, AGENT, ()), (HOME, BOB, ())]
    # The home agent is a router for what is inside: one hop less each time (RFC 2473, 3.1).
    assert [there.datagrams[1].hop_limit, back.datagrams[1].hop_limit] == [63, 64]
    last = right.packets[-1][1].datagrams
    assert (shape(last), last[0].hop_limit) == ([(HOME, BOB, ())], 63)
    assert not left.problems()
    assert away.mobile.commands == [PacketTunnelled(HOME, BOB), TrafficFromHomeAddress(HOME, BOB)]


def test_without_the_tunnel_both_ways() -> None:
    away = Away()
    away.optimise()
    left = Seen(away.left)
    away.bob.originate(echo(BOB, HOME))
    away.run(1)
    assert [source for _, source, _ in away.bob.delivery.echo_replies] == [HOME]
    there, back = [packet for _, packet in left.packets if packet.datagrams[-1].carries == "echo"]
    assert shape(there.datagrams) == [(BOB, ALICE, ("routing",))]
    assert shape(back.datagrams) == [(ALICE, BOB, ("destination_options",))]
    assert (there.datagrams[0].routed_home_address, back.datagrams[0].home_address) == (HOME, HOME)
    assert not left.problems()
    checksums = [layer.checksum_status for packet in (there, back) for layer in packet.layers if layer.type == "echo"]
    assert checksums == ["good", "good"]
    assert away.mobile.commands == []
    assert away.correspondent.commands == [RouteUsed(HOME, BOB)] * 2  # there and back


def test_neighbour_discovery_from_a_tunnel_is_not_believed() -> None:
    away = Away()
    forged = NeighborAdvertisement(
        code=0,
        flags=Flags("SO"),
        target=AGENT,
        options=(TargetLinkLayerAddress(link_layer_address=b"forged"),),
    )
    inner = Writer(RFC6275).write(forged, BOB, HOME, hop_limit=255)
    away.router.send(ipv6.encapsulate(inner, AGENT, ALICE))
    away.run(1)
    assert reasons(away) == [("alice", DropReason.HOP_LIMIT)]
    assert away.mobile.received == []


def reasons(away: Away) -> list[tuple[str, str]]:
    return [(event.node, event.reason) for event in away.events if isinstance(event, PacketDropped)]


def test_a_tunnelled_packet_from_elsewhere_is_dropped_at_both_ends() -> None:
    away = Away()
    away.alice.send(
        ipv6.encapsulate(echo(parse("2001:db8:2::77"), BOB), ALICE, AGENT)
    )  # no binding of that home address
    away.alice.send(ipv6.encapsulate(echo(HOME, BOB), STRANGER, AGENT))  # not from the care-of address
    away.bob.send(ipv6.encapsulate(echo(BOB, HOME), BOB, ALICE))  # from no home agent
    away.run(1)
    assert reasons(away) == [("router", DropReason.TUNNEL_SOURCE)] * 2 + [("alice", DropReason.TUNNEL_SOURCE)]


def test_a_home_address_option_without_a_binding_is_the_nodes_affair() -> None:
    away = Away()
    away.alice.send(ipv6.with_home_address(echo(HOME, BOB), ALICE))
    away.run(1)
    assert reasons(away) == [("bob", DropReason.NO_BINDING)]
    assert away.correspondent.commands == [UnverifiedHomeAddress(ALICE, BOB, HOME)]


def test_a_routing_header_with_a_strange_home_address_is_dropped() -> None:
    away = Away()
    away.bob.send(ipv6.with_routing_header(echo(BOB, parse("2001:db8:2::77")), ALICE))
    away.run(1)
    assert reasons(away) == [("alice", DropReason.NOT_OUR_HOME_ADDRESS)]


def test_a_packet_too_big_for_the_tunnel_is_told_to_its_sender() -> None:
    away = Away()
    seen = Seen(away.right)
    away.bob.originate(echo(BOB, HOME, size=1500 - 48))
    away.run(1)
    errors = [p.datagrams[0] for _, p in seen.packets if p.datagrams[0].carries == "icmpv6_error"]
    assert [error.upper.message().parameter for error in errors if error.upper is not None] == [1460]
    away.bob.originate(echo(BOB, HOME, size=1500 - 48))
    away.run(1)
    assert [len(reply.data) for _, _, reply in away.bob.delivery.echo_replies] == [1452]


def test_a_neighbour_is_answered_by_the_node_that_defends_not_by_the_tunnel() -> None:
    away = Away()
    away.router.interfaces["r"].remove_address(HOME)
    away.router.addresses.pop(HOME, None)
    left = Seen(away.left)
    solicitation = away.bob.neighbours["e"]
    solicitation.entries.clear()
    away.bob.neighbours["e"].heard_from(HOME, away.router.interfaces["r"].link_address)
    entry = solicitation.entries[HOME]
    solicitation._solicit(HOME, entry)
    away.run(0.1)
    assert left.types == []
    assert len(away.agent.received) == 1


def test_a_nodes_clock_is_its_own() -> None:
    internet = Internet()
    node = sit(internet.bob, offset=-3 * S)
    node.due = internet.network.agenda.now - 3 * S + 5 * MS
    internet.bob.seats[0].settle()
    internet.run(1)
    assert node.rang == [7 * S + 5 * MS]


def test_a_node_is_called_once_for_a_deadline_that_moved() -> None:
    internet = Internet()
    node = sit(internet.bob)
    for after in (50, 20, 30):
        node.due = 10 * S + after * MS
        internet.bob.seats[0].settle()
    internet.run(1)
    assert node.rang == [10 * S + 30 * MS]


def test_crash_and_restart_and_hang_and_resume() -> None:
    internet = Internet()
    made: list[Scripted] = []
    configured = internet.bob.boot

    def boot(machine: Machine) -> None:
        configured(machine)
        made.append(Scripted("bob"))
        machine.seats.append(Seat(machine, made[-1]))

    internet.bob.boot = boot
    internet.bob.fail("restart")
    assert made[0].commands == [Start((("e", internet.bob.interfaces["e"].link_address),))]
    made[0].due = 10 * S + 100 * MS
    internet.bob.seats[0].settle()
    internet.bob.fail("hang")
    internet.alice.originate(echo(ALICE, BOB))
    internet.run(4)  # and the router has given up to ask for it
    assert (made[0].rang, internet.alice.delivery.echo_replies) == ([], [])
    internet.bob.fail("resume")
    internet.run(0)
    assert made[0].rang == [14 * S]
    internet.bob.fail("crash")
    assert internet.bob.seats == []
    internet.bob.fail("restart")
    internet.alice.originate(echo(ALICE, BOB))
    internet.run(1)
    assert len(made) == 2
    assert len(internet.alice.delivery.echo_replies) == 1


@pytest.mark.parametrize("quality", [Quality(delay_ns=MS), Quality(delay_ns=MS, mtu=1280)], ids=["1500", "1280"])
def test_tunnelled_packets_of_the_least_mtu_arrive(quality: Quality) -> None:
    away = Away()
    away.left.quality = quality
    away.bob.originate(echo(BOB, HOME, size=1280 - 48))
    away.run(1)
    assert [len(reply.data) for _, _, reply in away.bob.delivery.echo_replies] == [1232]


def test_the_headers_of_optimised_routes_stand_before_the_fragment_header() -> None:
    """RFC 6275, 6.3, of the option; RFC 8200, 4.5, of the routing header."""
    away = Away()
    away.optimise()
    left = Seen(away.left)
    away.bob.originate(echo(BOB, HOME, size=1452))
    away.run(1)
    assert [len(reply.data) for _, _, reply in away.bob.delivery.echo_replies] == [1452]
    headers = [packet.datagrams[0].headers for _, packet in left.packets if packet.datagrams[0].headers]
    assert headers == [("routing", "fragment")] * 2 + [("destination_options", "fragment")] * 2
    assert not left.problems()


def test_between_two_who_are_away_the_option_stands_behind_the_routing_header() -> None:
    """RFC 6275, 6.3: both ends are mobile nodes, and each other's correspondents."""
    away, other = Away(), parse("2001:db8:2::77")
    for seat, own, own_care_of, peer, peer_care_of in (
        (away.mobile, HOME, ALICE, other, BOB),
        (away.correspondent, other, BOB, HOME, ALICE),
    ):
        seat.actions = [
            SetTunnel(End.MOBILE_NODE, own, own_care_of, (AGENT,)),
            SetOptimisedRoute(End.MOBILE_NODE, own, peer, own_care_of),
            SetOptimisedRoute(End.CORRESPONDENT, peer, own, peer_care_of),
        ]
    for machine in (away.alice, away.bob):
        machine.seats[0].settle()
    left = Seen(away.left)
    away.bob.originate(echo(other, HOME))
    away.run(1)
    assert [source for _, source, _ in away.bob.delivery.echo_replies] == [HOME]
    there, back = [packet.datagrams[0] for _, packet in left.packets if packet.datagrams[0].carries == "echo"]
    assert shape((there, back)) == [
        (BOB, ALICE, ("routing", "destination_options")),
        (ALICE, BOB, ("routing", "destination_options")),
    ]
    assert not left.problems()


def test_who_is_away_too_is_known_by_its_home_address() -> None:
    """RFC 6275, 9.3.1: a Home Address option says whose packet it is, also where it came through the tunnel."""
    away, other = Away(), parse("2001:db8:5::77")
    away.mobile.actions = [SetOptimisedRoute(End.CORRESPONDENT, other, HOME, BOB)]
    away.alice.seats[0].settle()
    away.bob.send(ipv6.with_home_address(echo(other, HOME), BOB))
    away.run(1)
    assert PacketTunnelled(HOME, other) in away.mobile.commands
    assert PacketTunnelled(HOME, BOB) not in away.mobile.commands


def test_whose_packet_it_is() -> None:
    plain = echo(HOME, BOB)
    away = ipv6.with_home_address(plain, ALICE)
    routed = ipv6.with_routing_header(away, AGENT)
    assert [ipv6.said_by(each) for each in (plain, away, routed)] == [HOME, HOME, HOME]
    assert [ipv6.said_by(each[:50]) for each in (plain, away, routed)] == [HOME, ALICE, ALICE]


def test_who_has_lost_a_binding_complains_from_its_home_address() -> None:
    """The sender knows this correspondent by no other address: its Binding Update List has that one."""
    away, other = Away(), parse("2001:db8:5::77")
    packet = ipv6.with_routing_header(ipv6.with_home_address(echo(other, HOME), BOB), ALICE)
    away.bob.send(packet)
    away.run(1)
    assert away.mobile.commands == [UnverifiedHomeAddress(BOB, HOME, other)]


def test_what_another_node_of_the_machine_says_from_the_home_address_goes_through_the_tunnel() -> None:
    """RFC 6275, 4.5 and 11.3.1: a source of another link would be filtered. By interface, as on the home link: not."""
    away = Away()
    left = Seen(away.left)
    said = [Send(echo(HOME, BOB)), Send(echo(HOME, BOB), next(iter(away.alice.interfaces)), bytes(6))]
    sit(away.alice, *said)
    away.run(1)
    outgoing = [packet.datagrams for _, packet in left.packets if packet.datagrams[-1].source == HOME]
    ways = sorted((shape(each) for each in outgoing), key=len)
    assert ways == [[(HOME, BOB, ())], [(ALICE, AGENT, ()), (HOME, BOB, ())]]
