"""What an eavesdropper keeps, and what becomes of it between other ends."""

import pytest

from dissectors.build import build, layer
from dissectors.ipv6.address import parse
from dissectors.ipv6.header import DestinationOptions, HomeAddress, Ipv6, RoutingType2
from dissectors.ipv6.link import IPV6_ONLY
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.padding import padded
from dissectors.profile import RFC6275
from dissectors.spec import Flags
from dissectors.walk import Dissector
from mhatool.engine.packet_events import NothingToReplay, PacketForged
from mhatool.network.attacker import Eavesdropper, Wanted, redirected
from mhatool.network.traffic import udp
from tests.mhatool.network.internet import Internet
from tests.mhatool.network.test_machine import ALICE, BOB, Seen, echo

HOME, CARE_OF, AGENT, OTHER = (parse(f"2001:db8:{net}::9") for net in (1, 2, 3, 4))
UPDATE = layer(padded(BindingUpdate(sequence_number=7, flags=Flags("AH"), lifetime_s=60)))
ANSWER = layer(padded(BindingAcknowledgement(status=0, flags=Flags(), sequence_number=7, lifetime_s=60)))
OPTION = layer(padded(DestinationOptions(options=(HomeAddress(home_address=HOME),))))
ROUTED = layer(RoutingType2(segments_left=1, home_address=HOME))
PACKETS = {
    "update": build((layer(Ipv6(source=CARE_OF, destination=AGENT)), OPTION, UPDATE)),
    "answer": build((layer(Ipv6(source=AGENT, destination=CARE_OF)), ROUTED, ANSWER)),
    "echo": echo(AGENT, CARE_OF),
    "traffic": udp(AGENT, CARE_OF, 40_000, bytes(16)),
}


def seen(datagram: bytes) -> tuple[str, bytes, bytes]:
    packet = Dissector().dissect(datagram, IPV6_ONLY)
    (summed,) = {each.checksum_status for each in packet.layers if each.checksum_status}
    return summed, packet.datagrams[0].source, packet.datagrams[0].destination


@pytest.mark.parametrize("name", PACKETS)
def test_a_packet_between_other_ends_still_adds_up(name: str) -> None:
    """The dissector's own arithmetic judges the checksum: it knows of home addresses and routing headers."""
    datagram = PACKETS[name]
    ends = datagram[8:24], datagram[24:40]
    assert seen(datagram) == ("good", *ends)
    assert redirected(datagram, None, None, RFC6275) is datagram
    assert seen(redirected(datagram, None, OTHER, RFC6275)) == ("good", ends[0], OTHER)
    assert seen(redirected(datagram, OTHER, None, RFC6275)) == ("good", OTHER, ends[1])
    moved = datagram[:24] + OTHER + datagram[40:]
    covers_destination = name != "answer"  # its routing header holds what the sum covers
    assert (seen(moved)[0] == "bad") == covers_destination


def listening(number: int, **ends: bytes) -> tuple[Internet, Eavesdropper, Seen]:
    """Bob's neighbour on the right link listens for echoes."""
    internet = Internet()
    eve = internet.host("eve", bytes.fromhex("020000000066"), "right", "2001:db8:2::66", "2001:db8:2::1")
    eve.start()
    ear = Eavesdropper(eve, internet.right, Wanted(message="echo", number=number, **ends), RFC6275, "replays[0]")
    ear.listen()
    return internet, ear, Seen(internet.right)


def numbers(internet: Internet) -> list[bytes]:
    return [reply.data for _, _, reply in internet.alice.delivery.echo_replies]


def test_the_number_that_is_wanted_is_sent_again_as_it_was() -> None:
    internet, ear, right = listening(2, source=ALICE)
    for size in (1, 2, 3):
        internet.alice.originate(echo(ALICE, BOB, size=size))
        internet.run(1)
    ear.replay()
    internet.run(1)
    assert numbers(internet) == [bytes(1), bytes(2), bytes(3), bytes(2)]
    (told,) = internet.told(PacketForged)
    assert (told.node, told.forgery, told.frame) == ("eve", "replays[0]", ear.heard)
    assert not right.problems()


def test_nothing_heard_is_told_and_nothing_is_sent() -> None:
    internet, ear, right = listening(1, destination=ALICE)
    ear.replay()
    internet.alice.originate(echo(ALICE, BOB))
    internet.run(0.0015)  # the request is on the left link still: no answer yet
    ear.replay()
    told = [(event.node, event.forgery, event.detail) for event in internet.told(NothingToReplay)]
    assert told == [("eve", "replays[0]", "no echo number 1 was heard on right")] * 2
    assert right.types == []
    internet.run(1)
    assert ear.heard is not None  # the answer


def test_who_has_left_the_link_hears_nothing() -> None:
    internet, ear, _ = listening(1)
    internet.network.machines["eve"].move("e", internet.left)
    internet.alice.originate(echo(ALICE, BOB))
    internet.run(1)
    assert numbers(internet) == [bytes(8)]
    assert ear.heard is None
