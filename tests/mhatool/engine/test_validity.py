"""What any node discards before it looks at the content: RFC 4861's rules for receivers, and types that it knows."""

from __future__ import annotations

from typing import Any

import pytest

from dissectors.icmpv6.neighbour_discovery import (
    NeighborAdvertisement,
    NeighborSolicitation,
    RouterAdvertisement,
    RouterSolicitation,
)
from dissectors.icmpv6.options import SourceLinkLayerAddress, TargetLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.agent_switch import ExperimentalMobility, HaSwitch, Heartbeat
from dissectors.mobility.binding import BindingAcknowledgement, BindingError
from dissectors.mobility.return_routability import CareOfTest, HomeTest
from dissectors.spec import Flags
from mhatool.engine.drops import DropReason
from tests.mhatool.engine.correspondent.test_correspondent import PEER, correspondent
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    ALL_NODES,
    CARE_OF,
    HOME,
    SOLICITED,
    STRANGER,
    STRANGER_LINK,
    agent,
    update,
)

SOURCE = (SourceLinkLayerAddress(link_layer_address=STRANGER_LINK),)
TARGET = (TargetLinkLayerAddress(link_layer_address=STRANGER_LINK),)
GROUP = parse("ff02::1:3")
ASKS, SAYS = NeighborSolicitation(target=HOME, options=()), NeighborAdvertisement(flags=Flags("O"), target=HOME)
COOKIES = {"home_nonce_index": 1, "home_init_cookie": bytes(8), "home_keygen_token": bytes(8), "options": ()}
CARE_OF_COOKIES = {
    "care_of_nonce_index": 1,
    "care_of_init_cookie": bytes(8),
    "care_of_keygen_token": bytes(8),
    "options": (),
}


@pytest.mark.parametrize(
    ("message", "source", "destination", "reason"),
    [
        (ASKS.replace(code=1), UNSPECIFIED, SOLICITED, DropReason.CODE),
        (ASKS, UNSPECIFIED, AGENT, DropReason.MULTICAST),
        (ASKS, UNSPECIFIED, ALL_NODES, DropReason.MULTICAST),
        (ASKS.replace(options=SOURCE), UNSPECIFIED, SOLICITED, DropReason.OPTION),
        (ASKS.replace(target=GROUP), STRANGER, SOLICITED, DropReason.MULTICAST),
        (SAYS.replace(code=1), STRANGER, ALL_NODES, DropReason.CODE),
        (SAYS.replace(flags=Flags("SO")), STRANGER, ALL_NODES, DropReason.CODE),
        (SAYS.replace(target=GROUP, options=TARGET), STRANGER, ALL_NODES, DropReason.MULTICAST),
    ],
)
def test_invalid_neighbour_discovery_is_discarded_in_silence(
    message: Any, source: bytes, destination: bytes, reason: DropReason
) -> None:
    """RFC 4861, 7.1.1 and 7.1.2: so nobody ends a registration whose home address is being checked by one of these."""
    play = agent()
    play.hears(update(1), CARE_OF, AGENT, home_address=HOME)
    play.forgets()
    play.hears(message, source, destination, link_source=STRANGER_LINK, hop_limit=255)
    play.drops(reason)
    play.waits(1)
    play.finds(BindingAcknowledgement, status=0)


@pytest.mark.parametrize(
    ("message", "source", "destination"),
    [
        (ASKS, UNSPECIFIED, SOLICITED),
        (SAYS, STRANGER, ALL_NODES),
        (SAYS.replace(flags=Flags("SO"), options=TARGET), STRANGER, AGENT),
    ],
)
def test_valid_neighbour_discovery_is_heard(message: Any, source: bytes, destination: bytes) -> None:
    """The same without what was wrong: the address is somebody else's (status 134; RFC 6275, 10.3.1)."""
    play = agent()
    play.hears(update(1), CARE_OF, AGENT, home_address=HOME)
    play.forgets()
    play.hears(message, source, destination, link_source=STRANGER_LINK, hop_limit=255)
    play.sends(BindingAcknowledgement, status=134)


@pytest.mark.parametrize(
    ("message", "source", "reason"),
    [
        (RouterSolicitation(options=SOURCE), UNSPECIFIED, DropReason.OPTION),
        (RouterSolicitation(code=1, options=()), STRANGER, DropReason.CODE),
        (RouterAdvertisement(flags=Flags("H"), router_lifetime_s=1800), CARE_OF, DropReason.MALFORMED),
        (RouterAdvertisement(code=1, flags=Flags("H"), router_lifetime_s=1800), STRANGER, DropReason.CODE),
    ],
)
def test_so_are_solicitations_and_advertisements_of_routers(message: Any, source: bytes, reason: DropReason) -> None:
    """RFC 4861, 6.1.1 and 6.1.2."""
    play = agent()
    play.hears(message, source, ALL_NODES, hop_limit=255)
    play.drops(reason)


UNKNOWN = [
    (HaSwitch(addresses=(AGENT,), options=()), 12),
    (Heartbeat(flags=Flags(), sequence_number=5, options=()), 13),
    (ExperimentalMobility(data=bytes(2)), 11),
]


@pytest.mark.parametrize(("message", "mh_type"), UNKNOWN)
def test_a_correspondent_knows_no_types_of_extensions(message: Any, mh_type: int) -> None:
    """It answers them as it does any type that it doesn't know (RFC 6275, 9.2; RFC 5847, 3.1, counts on that)."""
    play = correspondent()
    play.hears(message, CARE_OF, PEER)
    sent = play.sends(BindingError, status=2, home_address=UNSPECIFIED)
    assert (sent.arrival.source, sent.arrival.destination) == (PEER, CARE_OF)
    assert play.drops(DropReason.UNKNOWN_MESSAGE).detail == f"Mobility Header type {mh_type}"


def test_a_home_agent_knows_no_home_agent_switch() -> None:
    play = agent()
    play.hears(HaSwitch(addresses=(AGENT,), options=()), CARE_OF, AGENT, home_address=HOME)
    play.sends(BindingError, status=2, home_address=HOME)
    assert play.drops(DropReason.UNKNOWN_MESSAGE).detail == "Mobility Header type 12"


@pytest.mark.parametrize("message", [HomeTest(**COOKIES), CareOfTest(**CARE_OF_COOKIES)])
def test_what_only_another_role_takes_is_of_a_known_type(message: Any) -> None:
    """Types 0 to 7 are RFC 6275's own (6.1.1): who doesn't take one of them discards it without an answer."""
    for play, address in ((agent(), AGENT), (correspondent(), PEER)):
        play.hears(message, CARE_OF, address)
        play.drops(DropReason.NOT_OUR_ROLE)
