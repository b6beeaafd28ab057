"""Router advertisements: content as RFC 6275, 7, has it; times between the bounds of RFC 4861, 6.2."""

from random import Random

import pytest

from dissectors.icmpv6.neighbour_discovery import RouterAdvertisement
from dissectors.icmpv6.options import (
    AdvertisementInterval,
    HomeAgentInformation,
    PrefixInformation,
    SourceLinkLayerAddress,
)
from dissectors.ipv6.address import parse
from dissectors.profile import RFC6275
from mhatool.engine.actions import Send
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, Advertising, AdvertisingConfiguration
from mhatool.engine.arrival import Arrival, Reader
from mhatool.engine.node import Output
from mhatool.engine.sender import Sender

LINK = bytes.fromhex("020000000001")
SOURCE, ROUTER, PREFIX = parse("fe80::1"), parse("2001:db8:1::1"), parse("2001:db8:1::")
ALL_NODES = parse("ff02::1")
S = 1_000_000_000


class Station:
    """Advertises, and keeps what left and when."""

    def __init__(self, configuration: AdvertisingConfiguration, seed: int = 1) -> None:
        self.output = Output("router")
        self.advertising = Advertising(configuration, Sender(RFC6275, self.output), Random(seed))
        self.sent: list[tuple[int, Arrival]] = []
        self._reader = Reader(RFC6275)

    def run(self, until: int) -> None:
        while (at := self.advertising.next_timer()) is not None and at <= until:
            self.advertising.handle_timer(at)
            self.keep(at)

    def keep(self, at: int) -> None:
        for action in self.output.poll_actions():
            assert isinstance(action, Send)
            assert action.interface == "home"
            arrival = self._reader.read(action.datagram, "home", LINK, at)
            assert arrival is not None
            self.sent.append((at, arrival))

    @property
    def times(self) -> list[int]:
        return [at for at, _ in self.sent]


def configuration(**changes: object) -> AdvertisingConfiguration:
    prefix = AdvertisedPrefix(prefix=PREFIX, valid_lifetime_s=7200, preferred_lifetime_s=3600, router_address=ROUTER)
    values: dict[str, object] = {"interface": "home", "prefixes": (prefix,), **changes}
    return AdvertisingConfiguration(**values)  # type: ignore[arg-type]


def test_the_first_address_is_a_router_s_own_where_there_are_only_two() -> None:
    """RFC 6164, 6: on a /127 it isn't the anycast address of all routers (RFC 4291, 2.6.1)."""
    AdvertisedPrefix(prefix=PREFIX, prefix_length=127, router_address=PREFIX)
    with pytest.raises(ValueError, match="every router's of the prefix"):
        AdvertisedPrefix(prefix=PREFIX, prefix_length=126, router_address=PREFIX)


def test_a_home_agent_that_is_no_default_router_says_so_all_the_same() -> None:
    """A router lifetime of 0 says nothing about other fields (RFC 4861, 4.2): H, option and prefix are as ever."""
    station = Station(configuration(router_lifetime_s=0, home_agent=AdvertisedHomeAgent(lifetime_s=900)))
    station.advertising.start(SOURCE, LINK, 0)
    station.run(0)
    message = station.sent[0][1].message
    assert (message.router_lifetime_s, "H" in message.flags) == (0, True)
    told = [option for option in message.options if isinstance(option, HomeAgentInformation)]
    assert [option.home_agent_lifetime_s for option in told] == [900]
    station.advertising.stop(S)
    station.keep(S)
    message = station.sent[-1][1].message
    assert (message.router_lifetime_s, "H" in message.flags) == (0, False)
    assert not any(isinstance(option, HomeAgentInformation) for option in message.options)


def test_a_home_agent_says_so() -> None:
    station = Station(configuration(home_agent=AdvertisedHomeAgent(preference=7, lifetime_s=900), tells_interval=True))
    station.advertising.start(SOURCE, LINK, 0)
    station.run(0)
    (_, arrival) = station.sent[0]
    assert (arrival.source, arrival.destination, arrival.hop_limit) == (SOURCE, ALL_NODES, 255)
    message = arrival.message
    assert isinstance(message, RouterAdvertisement)
    assert (message.flags, message.router_lifetime_s) == ({"H"}, 1800)
    assert message.options == (
        SourceLinkLayerAddress(link_layer_address=LINK),
        PrefixInformation(
            prefix_length=64,
            flags=message.options[1].flags,
            valid_lifetime_s=7200,
            preferred_lifetime_s=3600,
            prefix=ROUTER,
        ),
        AdvertisementInterval(advertisement_interval_ms=600_000),
        HomeAgentInformation(flags=message.options[3].flags, home_agent_preference=7, home_agent_lifetime_s=900),
    )
    assert message.options[1].flags == {"L", "A", "R"}


def test_a_plain_router_says_nothing_of_home_agents() -> None:
    station = Station(configuration(prefixes=(AdvertisedPrefix(prefix=PREFIX),)))
    station.advertising.start(SOURCE, LINK, 0)
    station.run(0)
    message = station.sent[0][1].message
    assert message.flags == set()
    assert [type(option) for option in message.options] == [SourceLinkLayerAddress, PrefixInformation]
    assert (message.options[1].prefix, message.options[1].flags) == (PREFIX, {"L", "A"})


def test_the_first_ones_come_sooner_and_then_the_interval_holds() -> None:
    station = Station(configuration(min_interval_s=200.0, max_interval_s=600.0))
    station.advertising.start(SOURCE, LINK, 5 * S)
    station.run(7200 * S)
    gaps = [later - earlier for earlier, later in zip(station.times, station.times[1:], strict=False)]
    assert station.times[0] == 5 * S
    assert gaps[:2] == [16 * S, 16 * S]  # MAX_INITIAL_RTR_ADVERT_INTERVAL, as 200 s and more would be longer
    assert len(gaps) > 10
    assert all(200 * S <= gap <= 600 * S for gap in gaps[2:])
    assert len(set(gaps[2:])) > 5


def test_a_solicitation_is_answered_within_half_a_second_once() -> None:
    station = Station(configuration())
    station.advertising.start(SOURCE, LINK, 0)
    station.run(10 * S)
    station.advertising.solicit(10 * S)
    station.advertising.solicit(10 * S + 1)
    station.run(11 * S)
    assert len(station.sent) == 2
    assert 10 * S <= station.times[1] <= 10 * S + S // 2


def test_two_multicast_advertisements_are_three_seconds_apart() -> None:
    station = Station(configuration())
    station.advertising.start(SOURCE, LINK, 0)
    station.run(0)
    station.advertising.solicit(S)
    station.run(4 * S)
    assert station.times == [0, 3 * S]


def test_given_instants_take_the_place_of_the_interval() -> None:
    station = Station(configuration(at_ns=(9 * S, 4 * S), answers_solicitations=False))
    station.advertising.start(SOURCE, LINK, 0)
    station.advertising.solicit(0)
    station.run(1000 * S)
    assert station.times == [4 * S, 9 * S]


def test_the_last_one_takes_everything_back() -> None:
    station = Station(configuration(home_agent=AdvertisedHomeAgent()))
    station.advertising.start(SOURCE, LINK, 0)
    station.run(0)
    station.advertising.stop(S)
    station.keep(S)
    message = station.sent[-1][1].message
    assert (message.router_lifetime_s, message.flags) == (0, set())
    assert station.advertising.next_timer() is None
    station.advertising.solicit(2 * S)
    assert station.advertising.next_timer() is None


def test_who_never_started_has_nothing_to_take_back() -> None:
    station = Station(configuration())
    station.advertising.stop(0)
    station.advertising.handle_timer(0)
    assert station.output.poll_actions() == []
