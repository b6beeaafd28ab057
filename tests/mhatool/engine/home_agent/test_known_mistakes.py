"""PROTOCOL's list of others' mistakes, as far as a home agent can make them."""

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.options.binding import AlternateCareOfAddress, BindingRefreshAdvice
from dissectors.options.header import Pad1
from dissectors.options.identity import MobilityMessageAuthentication
from mhatool.engine import constants
from mhatool.engine.actions import End, JoinGroup, SetTunnel
from mhatool.engine.commands import UnverifiedHomeAddress
from mhatool.engine.drops import DropReason
from mhatool.engine.events import CacheEntry, MessageReceived, TimerStarted
from mhatool.protocol import ntp
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    HOME,
    LINK,
    LINK_LOCAL,
    PREFIX,
    SOLICITED,
    agent,
    registers,
    update,
)
from tests.mhatool.engine.home_agent.test_statuses import Proven, asked, protected
from tests.mhatool.engine.playbook import BEGIN, S

# 0 < (new - old) mod 65536 < 32768, at the edges, from three numbers of which two wrap around.
EDGES = [0, 1, 2, 32766, 32767, 32768, 32769, 65535]


def test_a_checksum_over_the_wrong_addresses_is_discarded() -> None:
    """INET #1192: summed over the addresses before the Home Address option takes the source's place."""
    play = agent()
    octets = bytearray(play.hears(update(1), CARE_OF, AGENT, home_address=HOME))
    play.forgets()
    total = int.from_bytes(CARE_OF) - int.from_bytes(HOME)
    summed = (0xFFFF - int.from_bytes(octets[68:70]) + total) % 0xFFFF
    octets[68:70] = (0xFFFF - summed).to_bytes(2)
    play.hears_octets(bytes(octets))
    play.drops(DropReason.BAD_CHECKSUM)


def test_the_answer_is_summed_over_the_home_address() -> None:
    """INET #1192, the other way: the routing header's address takes the destination's place."""
    octets = registers(agent()).action.datagram
    header = octets[64:]
    total = int.from_bytes(AGENT) + int.from_bytes(HOME) + len(header) + 135 + int.from_bytes(header)
    assert total % 0xFFFF == 0


@pytest.mark.parametrize("old", [0, 40000, 65535])
@pytest.mark.parametrize("ahead", EDGES)
def test_135_sequence_numbers_at_the_edges(old: int, ahead: int) -> None:
    """INET: wrong wrap-around, and status 139 for an old number."""
    play = agent()
    registers(play, old)
    answer = asked(play, update((old + ahead) % 65536))
    if ahead in (1, 2, 32766, 32767):
        assert (answer.message.status, answer.message.sequence_number) == (0, (old + ahead) % 65536)
    else:
        assert (answer.message.status, answer.message.sequence_number) == (135, old)


def test_a_first_registration_is_answered_after_duplicate_address_detection() -> None:
    """INET #1194: a home agent that doesn't check. The one question and RetransTimer take a second."""
    play = agent()
    play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    asked = play.sends(NeighborSolicitation, target=HOME)
    assert (asked.arrival.source, asked.arrival.destination, asked.arrival.hop_limit) == (UNSPECIFIED, SOLICITED, 255)
    assert asked.action.interface == "home"
    play.does(JoinGroup("home", SOLICITED))
    assert play.tells(CacheEntry).pending
    play.waits(0.999)
    play.sends_nothing()
    play.waits(0.001)
    announced = play.sends(NeighborAdvertisement, target=HOME, flags={"O"})
    assert (announced.arrival.source, announced.arrival.destination) == (LINK_LOCAL, parse("ff02::1"))
    assert announced.message.options[0].link_layer_address == LINK
    answer = play.sends(BindingAcknowledgement, status=0, sequence_number=7, lifetime_s=420, flags=set())
    assert answer.options == []
    assert answer.at == BEGIN + S
    assert (answer.arrival.source, answer.arrival.destination) == (AGENT, CARE_OF)
    assert answer.arrival.routed_home_address == HOME
    assert (answer.action.interface, answer.action.link_destination) == (None, None)
    play.sends_nothing()
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT, (CARE_OF,)))
    entry = play.tells(CacheEntry)
    assert (entry.home_address, entry.care_of_address, entry.address) == (HOME, CARE_OF, AGENT)
    assert (entry.flags, entry.sequence_number, entry.lifetime_s) == ("AH", 7, 420)
    assert (entry.expires_ns, entry.pending, entry.gone) == (BEGIN + 420 * S, False, False)  # from the update on
    play.tells(TimerStarted, list="binding_cache")
    play.tells(MessageReceived, message="binding_update", source=CARE_OF, destination=AGENT)


@pytest.mark.parametrize(("percent", "lifetime", "advice"), [(50, 420, 208), (90, 1000, 900), (50, 4, 0), (100, 60, 0)])
def test_refresh_advice_counts_units_of_four_seconds(percent: int, lifetime: int, advice: int) -> None:
    """UMIP: advice in seconds, or in host byte order. 210 s are 52 units, so 208 s: on the wire 00 34."""
    play = agent(constants=constants.Constants(refresh_advice_percent=percent))
    answer = registers(play, lifetime_s=lifetime)
    wanted = [BindingRefreshAdvice(refresh_interval_s=advice)] if advice else []
    assert [each for each in answer.message.options if isinstance(each, BindingRefreshAdvice)] == wanted
    if advice == 208:
        assert answer.action.datagram[-4:] == bytes.fromhex("02 02 00 34")


@pytest.mark.parametrize(("source", "destination"), [("ff02::1", "2001:db8:1::1"), ("2001:db8:2::9", "ff02::1")])
def test_no_binding_error_goes_to_a_group_or_about_one(source: str, destination: str) -> None:
    """UMIP sent Binding Errors to multicast sources."""
    play = agent()
    play.is_told(UnverifiedHomeAddress(parse(source), parse(destination), HOME))
    play.sends_nothing()


@pytest.mark.parametrize("count", [14, 15])
def test_headers_of_256_octets_and_more(count: int) -> None:
    """Zeek keeps the length of a Mobility Header in one octet: 16 + 16 * 15 = 256 octets trip it."""
    listed = (AGENT, *(PREFIX[:8] + bytes(7) + bytes([number]) for number in range(2, count + 1)))
    options: tuple[AlternateCareOfAddress, ...] = ()
    if count == 14:
        options = (AlternateCareOfAddress(care_of_address=CARE_OF),)
    play = agent()
    octets = play.hears(update(1, flags="AHM", agents=listed, options=options), CARE_OF, AGENT, home_address=HOME)
    assert len(octets) - 64 == (256 if count == 15 else 264)
    play.waits(1)
    play.finds(BindingAcknowledgement, status=0)
    assert play.node.binding(HOME).agents == listed


def test_the_authentication_option_ends_the_header() -> None:
    """KAME: not the last one, because of padding behind it."""
    play, node = protected(), Proven()
    node.says(play, 1, ntp.timestamp(play.now))
    play.waits(1)
    answer = node.hears(play)
    assert isinstance(answer.message.options[-1], MobilityMessageAuthentication)
    assert isinstance(answer.message.options[-2], Pad1)
    assert len(answer.action.datagram[64:]) % 8 == 0
