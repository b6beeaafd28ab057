"""A router: what it answers, what it learns, and what it refuses (RFC 4861, RFC 2080)."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from dissectors.build import build, layer
from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement, RouterSolicitation
from dissectors.icmpv6.options import SourceLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.ipv6.header import Ipv6
from dissectors.ipv6.link import IPV6_ONLY, Udp
from dissectors.profile import RFC6275
from dissectors.ripng import PORT, Ripng, RouteTableEntry
from dissectors.walk import Dissector
from mhatool.engine.actions import Action, JoinGroup, RemoveRoute, Send, SetRoute
from mhatool.engine.advertising import AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.commands import LinkChanged, Start, Stop
from mhatool.engine.departure import Writer
from mhatool.engine.drops import DropReason
from mhatool.engine.packet_events import PacketDropped
from mhatool.engine.route_events import RouteChanged
from mhatool.engine.router import ConnectedNetwork, RipngConfiguration, Router, RouterConfiguration

S = 1_000_000_000
LINKS = (("west", bytes.fromhex("02000000000a")), ("east", bytes.fromhex("02000000000b")))
WEST, EAST = parse("fe80::ff:fe00:a"), parse("fe80::ff:fe00:b")
NEIGHBOUR, OTHER = parse("fe80::1"), parse("fe80::2")
ALL_RIP_ROUTERS, ALL_ROUTERS = parse("ff02::9"), parse("ff02::2")
PLAIN = RouterSolicitation(options=())
OWN, NET = parse("2001:db8:1::"), parse("2001:db8:7::")
RIPNG = RipngConfiguration(
    interfaces=("west", "east"), networks=(ConnectedNetwork(prefix=OWN),), update_s=30, update_jitter_s=0
)


class Stage:
    """A router that has started, and what it wanted since."""

    def __init__(self, **facts: Any) -> None:
        self.router = Router(RouterConfiguration(name="r", **({"ripng": RIPNG} | facts)), Random(1))
        self.now = 100 * S
        self.router.command(Start(LINKS), self.now)

    def taken(self) -> list[Action]:
        return self.router.poll_actions()

    def messages(self, actions: list[Action] | None = None) -> list[tuple[str | None, bytes, Any]]:
        """Interface, destination and message of what is sent."""
        found = []
        for action in self.taken() if actions is None else actions:
            if isinstance(action, Send):
                packet = Dissector().dissect(action.datagram, IPV6_ONLY)
                assert not [problem for layer in packet.layers for problem in layer.problems]
                assert packet.datagrams[0].hop_limit == 255
                last = packet.layers[-1]
                found.append((action.interface, packet.datagrams[0].destination, last.message()))
        return found

    def wait(self, seconds: float) -> None:
        """Let the clock run, calling the router as it wants."""
        until = self.now + round(seconds * S)
        while (due := self.router.next_timer()) is not None and due <= until:
            self.now = due
            self.router.handle_timer(due)
        self.now = until

    def hear(self, message: Ripng, source: bytes = NEIGHBOUR, **facts: Any) -> None:
        """RIPng from a neighbour on the west."""
        own = {"hop_limit": 255, "port": PORT, "interface": "west", "destination": ALL_RIP_ROUTERS} | facts
        layers = (
            layer(Ipv6(source=source, destination=own["destination"], hop_limit=own["hop_limit"])),
            layer(Udp(source_port=own["port"], destination_port=PORT)),
            layer(message),
        )
        self.router.receive(build(layers, RFC6275), own["interface"], b"neighb", self.now)

    def dropped(self) -> list[str]:
        return [e.reason for e in self.router.poll_events() if isinstance(e, PacketDropped)]

    def changes(self) -> list[tuple[int, str]]:
        return [(e.metric, e.cause) for e in self.router.poll_events() if isinstance(e, RouteChanged)]


def response(metric: int = 1, prefix: bytes = NET, length: int = 64) -> Ripng:
    return Ripng(command=2, entries=(RouteTableEntry(prefix=prefix, prefix_length=length, metric=metric),))


def request(*entries: RouteTableEntry) -> Ripng:
    return Ripng(command=1, entries=entries)


WHOLE = RouteTableEntry(prefix=bytes(16), prefix_length=0, metric=16)


def routes(messages: list[tuple[str | None, bytes, Any]], interface: str) -> list[tuple[bytes, int]]:
    return [(e.prefix, e.metric) for name, _, m in messages if name == interface for e in m.entries if m.command == 2]


def test_at_first_it_asks_for_everything_and_tells_what_it_has() -> None:
    actions = Stage().taken()
    assert [a for a in actions if isinstance(a, JoinGroup)] == [
        JoinGroup("west", ALL_RIP_ROUTERS),
        JoinGroup("east", ALL_RIP_ROUTERS),
    ]
    messages = Stage().messages()
    assert [(name, m.command, to) for name, to, m in messages] == [
        ("west", 1, ALL_RIP_ROUTERS),
        ("east", 1, ALL_RIP_ROUTERS),
        ("west", 2, ALL_RIP_ROUTERS),
        ("east", 2, ALL_RIP_ROUTERS),
    ]
    assert messages[0][2].entries == (WHOLE,)
    assert routes(messages, "east") == [(OWN, 1)]


@pytest.mark.parametrize("port", [PORT, 40_000])
@pytest.mark.parametrize("asked", [WHOLE, RouteTableEntry(prefix=OWN, prefix_length=64, metric=16)])
def test_an_answer_goes_to_the_port_that_asked(port: int, asked: RouteTableEntry) -> None:
    """RFC 2080, 2.4.1: a program that looks at tables asks from a port of its own. Responses come from 521."""
    stage = Stage()
    stage.taken()
    stage.hear(request(asked), port=port)
    (sent,) = [action for action in stage.taken() if isinstance(action, Send)]
    assert sent.datagram[24:40] == NEIGHBOUR
    assert sent.datagram[40:44] == PORT.to_bytes(2) + port.to_bytes(2)


def test_a_route_is_set_told_on_the_other_side_and_times_out() -> None:
    stage = Stage()
    stage.taken()
    stage.hear(response(metric=3))
    actions = stage.taken()
    assert SetRoute(NET, 64, "west", NEIGHBOUR) in actions
    told = stage.messages(actions)
    assert (routes(told, "east"), routes(told, "west")) == (
        [(NET, 4)],
        [],
    )  # not back
    assert stage.changes() == [(4, "new")]
    stage.wait(179.9)
    assert not [a for a in stage.taken() if isinstance(a, RemoveRoute)]
    stage.wait(0.2)
    actions = stage.taken()
    assert RemoveRoute(NET, 64) in actions
    assert (NET, 16) in routes(stage.messages(actions), "east")
    assert stage.changes() == [(16, "timeout")]
    stage.wait(119)
    assert (NET, 16) in routes(stage.messages(), "east")
    stage.wait(2 + 30)
    assert routes(stage.messages(), "east")[-1] == (OWN, 1)
    assert stage.router.ripng is not None
    assert list(stage.router.ripng.table) == []


def test_repeated_news_keep_a_route_alive() -> None:
    stage = Stage()
    for _ in range(4):
        stage.hear(response())
        stage.wait(100)
    assert not [a for a in stage.taken() if isinstance(a, RemoveRoute)]
    assert stage.changes() == [(2, "new")]


def test_a_better_way_is_taken_and_a_worse_one_is_not() -> None:
    stage = Stage()
    stage.hear(response(metric=4))
    stage.hear(response(metric=6), OTHER, interface="east")
    stage.hear(response(metric=4), OTHER, interface="east")
    stage.taken()
    stage.hear(response(metric=2), OTHER, interface="east")
    assert SetRoute(NET, 64, "east", OTHER) in stage.taken()
    stage.hear(response(metric=9), OTHER, interface="east")  # its own news count, good or bad
    assert stage.changes() == [(5, "new"), (3, "changed"), (10, "changed")]
    stage.hear(response(metric=16), NEIGHBOUR)  # not from there
    assert stage.changes() == []
    stage.hear(response(metric=16), OTHER, interface="east")
    assert stage.changes() == [(16, "withdrawn")]
    stage.hear(response(metric=16), OTHER, interface="east")
    assert stage.changes() == []
    stage.hear(response(metric=1))
    assert stage.changes() == [(2, "changed")]


# --- links that fail ---

OF_EAST = replace(RIPNG, networks=(ConnectedNetwork(prefix=OWN, interface="east"),))


def test_a_network_whose_interface_is_down_is_withdrawn_at_once_and_learned_from_others() -> None:
    """RFC 2080, 2.3 and 2.5.1: metric 16 in a triggered update; the neighbour's way to it has metric 1 and one hop."""
    stage = Stage(ripng=OF_EAST)
    stage.taken()
    stage.router.command(LinkChanged("east", up=False), stage.now)
    assert routes(stage.messages(), "west") == [(OWN, 16)]
    assert stage.changes() == [(16, "interface")]
    stage.hear(response(prefix=OWN))
    assert SetRoute(OWN, 64, "west", NEIGHBOUR) in stage.taken()
    stage.router.command(LinkChanged("east", up=True), stage.now)
    actions = stage.taken()
    assert RemoveRoute(OWN, 64) in actions
    assert routes(stage.messages(actions), "west") == [(OWN, 1)]
    stage.hear(response(prefix=OWN))
    assert stage.taken() == []


def test_a_network_that_nobody_else_has_is_forgotten_after_a_while() -> None:
    """Told with metric 16 for 120 s (2.3), every 30 s; what is on no interface that went stays."""
    stage = Stage(ripng=OF_EAST)
    stage.router.command(LinkChanged("east", up=False), stage.now)
    stage.taken()
    stage.wait(119)
    assert routes(stage.messages(), "west") == [(OWN, 16)] * 3
    stage.wait(60)
    assert routes(stage.messages(), "west") == []
    other = Stage()
    other.taken()
    other.router.command(LinkChanged("east", up=False), other.now)
    assert routes(other.messages(), "west") == []
    other.wait(30)
    assert routes(other.messages(), "west") == [(OWN, 1)]


def test_routes_by_an_interface_that_is_down_are_lost_and_asked_for_when_it_is_back() -> None:
    stage = Stage(ripng=OF_EAST)
    stage.hear(response())
    stage.taken()
    stage.changes()
    stage.router.command(LinkChanged("west", up=False), stage.now)
    assert RemoveRoute(NET, 64) in stage.taken()
    assert stage.changes() == [(16, "interface")]
    stage.router.command(LinkChanged("west", up=True), stage.now)
    assert ("west", ALL_RIP_ROUTERS, request(WHOLE)) in stage.messages()
    stage.hear(response())
    assert SetRoute(NET, 64, "west", NEIGHBOUR) in stage.taken()


def test_unreachable_news_of_something_unknown_are_no_news() -> None:
    stage = Stage()
    stage.hear(response(metric=15))
    assert stage.changes() == []


def test_an_entry_that_names_a_next_hop_is_heeded() -> None:
    stage = Stage()
    entries = (
        RouteTableEntry(prefix=OTHER, prefix_length=0, metric=255),
        RouteTableEntry(prefix=NET, prefix_length=64, metric=1),
        RouteTableEntry(prefix=parse("2001:db8::5"), prefix_length=0, metric=255),  # no link-local one: the sender
        RouteTableEntry(prefix=parse("2001:db8:8::"), prefix_length=64, metric=1),
    )
    stage.hear(Ripng(command=2, entries=entries))
    hops = [action.next_hop for action in stage.taken() if isinstance(action, SetRoute)]
    assert hops == [OTHER, NEIGHBOUR]


def test_poisoned_reverse_tells_what_came_from_there_as_unreachable() -> None:
    import dataclasses

    stage = Stage(ripng=dataclasses.replace(RIPNG, poisons=True))
    stage.taken()
    stage.hear(response())
    told = stage.messages()
    assert (routes(told, "west"), routes(told, "east")) == ([(NET, 16)], [(NET, 2)])


def test_triggered_updates_keep_a_pause_of_one_to_five_seconds() -> None:
    stage = Stage()
    stage.taken()
    stage.hear(response())
    assert len(stage.messages()) == 1
    stage.hear(response(prefix=parse("2001:db8:8::")))
    stage.hear(response(prefix=parse("2001:db8:9::")))
    assert stage.messages() == []
    stage.wait(0.9)
    assert stage.messages() == []
    stage.wait(4.1)
    assert len(routes(stage.messages(), "east")) == 2


def test_a_whole_table_is_told_to_who_asks_and_single_prefixes_too() -> None:
    stage = Stage()
    stage.hear(response())
    stage.taken()
    stage.hear(request(WHOLE), OTHER, interface="east")
    ((name, to, message),) = stage.messages()
    assert (name, to) == ("east", OTHER)
    assert {(e.prefix, e.metric) for e in message.entries} == {(OWN, 1), (NET, 2)}
    asked = [RouteTableEntry(prefix=p, prefix_length=64, metric=0) for p in (OWN, NET, parse("2001:db8:99::"))]
    stage.hear(request(*asked), OTHER)
    assert [metric for _, metric in routes(stage.messages(), "west")] == [1, 2, 16]
    stage.hear(request(), OTHER)
    assert stage.messages() == []


def test_a_table_of_many_routes_goes_in_several_datagrams() -> None:
    stage = Stage()
    many = tuple(
        RouteTableEntry(prefix=parse(f"2001:db8:{n:x}::"), prefix_length=64, metric=1) for n in range(0x100, 0x100 + 70)
    )
    stage.hear(Ripng(command=2, entries=many))
    stage.hear(Ripng(command=2, entries=many), OTHER, interface="east")
    stage.hear(Ripng(command=2, entries=(RouteTableEntry(prefix=NET, prefix_length=48, metric=1),) * 1))
    stage.wait(6)
    stage.taken()
    more = tuple(e.replace(prefix=parse(f"2001:db8:{n:x}::")) for n, e in enumerate(many, 0x300))
    stage.hear(Ripng(command=2, entries=more))
    stage.wait(31)
    sizes = [len(m.entries) for name, _, m in stage.messages() if name == "east"]
    assert sizes[-2:] == [72, 1 + 70 + 1 + 70 - 72]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"hop_limit": 64}, DropReason.HOP_LIMIT),
        ({"port": 4000}, DropReason.NOT_FOR_US),
        ({"source": parse("2001:db8::9")}, DropReason.NOT_FOR_US),
        ({"source": WEST}, DropReason.NOT_FOR_US),
        ({"interface": "south"}, DropReason.NOT_FOR_US),
    ],
    ids=["hop limit", "port", "no neighbour", "our own", "a link without RIPng"],
)
def test_responses_that_no_neighbour_can_have_sent_are_refused(facts: dict[str, Any], reason: DropReason) -> None:
    stage = Stage()
    stage.hear(response(), **facts)
    assert stage.dropped() == [reason]
    assert not [a for a in stage.taken() if isinstance(a, SetRoute)]


def test_unknown_commands_and_broken_messages_are_refused() -> None:
    stage = Stage()
    stage.hear(Ripng(command=9, entries=()))
    assert stage.dropped() == [DropReason.UNKNOWN_MESSAGE]
    layers = (
        layer(Ipv6(source=NEIGHBOUR, destination=ALL_RIP_ROUTERS, hop_limit=255)),
        layer(Udp(source_port=PORT, destination_port=PORT)),
        layer(response()),
    )
    octets = build(layers, RFC6275)
    cut = octets[:4] + (len(octets) - 45).to_bytes(2) + octets[6:44] + (len(octets) - 45).to_bytes(2)
    broken = cut + b"\0\0" + octets[48:-5]
    stage.router.receive(broken, "west", b"neighb", stage.now)
    stage.router.receive(octets[:-1] + b"\x07", "west", b"neighb", stage.now)
    stage.router.receive(b"\x60", "west", b"neighb", stage.now)
    assert stage.dropped() == [DropReason.MALFORMED, DropReason.BAD_CHECKSUM, DropReason.MALFORMED]


@pytest.mark.parametrize(
    "entry",
    [
        RouteTableEntry(prefix=parse("ff02::"), prefix_length=16, metric=1),
        RouteTableEntry(prefix=parse("fe80::"), prefix_length=64, metric=1),
        RouteTableEntry(prefix=NET, prefix_length=129, metric=1),
        RouteTableEntry(prefix=NET, prefix_length=64, metric=0),
        RouteTableEntry(prefix=NET, prefix_length=64, metric=17),
        RouteTableEntry(prefix=OWN, prefix_length=64, metric=1),
    ],
    ids=["multicast", "link-local", "length", "metric 0", "metric 17", "our own network"],
)
def test_entries_that_cannot_be_are_passed_over(entry: RouteTableEntry) -> None:
    stage = Stage()
    stage.hear(Ripng(command=2, entries=(entry,)))
    assert stage.changes() == []


# --- advertisements ---

ADVERTISING = AdvertisingConfiguration(
    interface="west", prefixes=(AdvertisedPrefix(prefix=OWN),), min_interval_s=5, max_interval_s=5
)


def solicit(
    stage: Stage,
    *,
    hop_limit: int = 255,
    interface: str = "west",
    spoil: bool = False,
    source: bytes = NEIGHBOUR,
    message: RouterSolicitation = PLAIN,
) -> None:
    octets = Writer(RFC6275).write(message, source, ALL_ROUTERS, hop_limit=hop_limit)
    octets = octets[:-1] + b"\x01" if spoil else octets
    stage.router.receive(octets, interface, b"neighb", stage.now)


def test_it_advertises_answers_and_says_farewell() -> None:
    stage = Stage(ripng=None, advertising=(ADVERTISING,))
    stage.wait(0)
    ((name, _, message),) = stage.messages()
    assert (name, type(message), message.router_lifetime_s) == ("west", RouterAdvertisement, 1800)
    stage.wait(3)
    solicit(stage)
    stage.wait(0.6)
    assert len(stage.messages()) == 1
    stage.router.command(Stop(), stage.now)
    ((_, _, message),) = stage.messages()
    assert message.router_lifetime_s == 0


def test_solicitations_that_do_not_count() -> None:
    stage = Stage(ripng=None, advertising=(ADVERTISING,))
    stage.wait(0)
    stage.taken()
    solicit(stage, hop_limit=64)
    solicit(stage, spoil=True)
    assert stage.dropped() == [DropReason.HOP_LIMIT, DropReason.BAD_CHECKSUM]
    solicit(stage, message=PLAIN.replace(code=1))  # RFC 4861, 6.1.1
    own = SourceLinkLayerAddress(link_layer_address=LINKS[1][1])
    solicit(stage, message=PLAIN.replace(options=(own,)), source=UNSPECIFIED)
    assert stage.dropped() == [DropReason.CODE, DropReason.OPTION]
    solicit(stage, interface="east")  # where it doesn't advertise
    stage.wait(4.9)
    assert stage.messages() == []


def test_without_anything_to_do_it_wants_nothing() -> None:
    stage = Stage(ripng=None)
    assert stage.router.next_timer() is None
    stage.hear(response())
    stage.router.command(LinkChanged("west"), stage.now)
    stage.router.handle_timer(stage.now)
    assert (stage.taken(), stage.router.poll_events()) == ([], [])
