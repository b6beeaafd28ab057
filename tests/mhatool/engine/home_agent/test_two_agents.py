"""Two home agents on one link: what one sends to a group, the other hears at the same instant."""

from itertools import count
from random import Random

import pytest

from dissectors.ipv6.address import is_multicast
from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.actions import Send
from mhatool.engine.advertising import AdvertisedHomeAgent, AdvertisedPrefix, AdvertisingConfiguration
from mhatool.engine.home_agent import HomeAgent, HomeAgentConfiguration
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    LINK,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    SECOND_LINK,
    update,
)
from tests.mhatool.engine.playbook import BEGIN, Playbook, S


class Link:
    """Carries what agents send to groups to the other one, without delay, and keeps the statuses of answers."""

    def __init__(self, order: tuple[bytes, bytes] = (AGENT, SECOND)) -> None:
        self.order = order
        self.statuses: list[int] = []
        self.defended: list[tuple[int, bytes]] = []
        self.plays: list[Playbook] = []
        self._numbers = count(1)
        for name, address, link in (("ha1", AGENT, LINK), ("ha2", SECOND, SECOND_LINK)):
            prefix = AdvertisedPrefix(prefix=PREFIX, router_address=address)
            advertising = AdvertisingConfiguration(
                interface="home", prefixes=(prefix,), home_agent=AdvertisedHomeAgent()
            )
            node = HomeAgent(HomeAgentConfiguration(name=name, advertising=advertising), Random(1))
            play = Playbook(node)
            self.plays.append(play)
            play.starts(home=link)
        self.waits(1)

    def registers(self, *to: int, lifetime_s: int = 420, care_of: bytes = CARE_OF) -> None:
        """The mobile node says the same to both, or to these."""
        number = next(self._numbers)
        for index in to or (0, 1):
            play = self.plays[index]
            agents = self.order if lifetime_s else ()
            message = update(number, lifetime_s, "AHM" if agents else "AH", agents)
            way = {"home_address": HOME} if care_of != HOME else {"link_source": MOBILE_LINK}
            play.hears(message, care_of, (AGENT, SECOND)[index], **way)  # type: ignore[arg-type]
        self.waits(0)

    def waits(self, seconds: float) -> None:
        until = max(play.now for play in self.plays) + round(seconds * S)
        while True:
            self._deliver()
            timers = [at for play in self.plays if (at := play.node.next_timer()) is not None and at <= until]
            if not timers:
                break
            for play in self.plays:
                play.waits((min(timers) - play.now) / S if min(timers) > play.now else 0)
        for play in self.plays:
            play.now = until

    def _deliver(self) -> None:
        while any(play._sent for play in self.plays):
            for play, other, link in zip(self.plays, reversed(self.plays), (LINK, SECOND_LINK), strict=True):
                sent, play._sent = play._sent, []
                for each in sent:
                    if is_multicast(each.arrival.destination):
                        other.hears_octets(each.action.datagram, link_source=link)
                    elif isinstance(each.message, BindingAcknowledgement):
                        self.statuses.append(each.message.status)

    @property
    def defenders(self) -> list[str]:
        """Who answers for the home address."""
        bindings = [(play.node.name, play.node.binding(HOME)) for play in self.plays]
        return [name for name, binding in bindings if binding is not None and binding.defends]


@pytest.mark.parametrize(("order", "first"), [((AGENT, SECOND), "ha1"), ((SECOND, AGENT), "ha2")])
def test_the_mobile_node_s_order_decides(order: tuple[bytes, bytes], first: str) -> None:
    link = Link(order)
    link.registers()
    link.waits(1)
    assert link.statuses == [0, 0]  # neither took the other one for a duplicate
    assert link.defenders == [first]
    link.registers(care_of=ELSEWHERE)
    assert link.defenders == [first]


@pytest.mark.parametrize(("early", "late"), [(0, 1), (1, 0)])
def test_whose_update_was_lost_comes_later(early: int, late: int) -> None:
    """The other one answers for the address already when it checks."""
    link = Link()
    link.registers(early)
    link.waits(1)
    assert link.defenders == [("ha1", "ha2")[early]]
    link.registers(late)
    link.waits(1)
    assert link.statuses == [0, 0]
    assert link.defenders == ["ha1"]


def test_back_home_nothing_is_left_anywhere() -> None:
    link = Link()
    link.registers()
    link.waits(1)
    link.registers(lifetime_s=0, care_of=HOME)
    assert link.statuses == [0, 0, 0, 0]
    assert [len(play.node.cache) for play in link.plays] == [0, 0]
    assert link.defenders == []


def test_what_one_forgets_the_other_goes_on_with() -> None:
    link = Link()
    link.registers(lifetime_s=100)
    link.waits(50)
    link.registers(1, lifetime_s=100)
    link.waits(60)
    assert [len(play.node.cache) for play in link.plays] == [0, 1]
    assert link.plays[0].now > BEGIN


def test_nothing_else_is_done_than_sending() -> None:
    """Actions are values; those that send are told apart by their class."""
    link = Link()
    link.registers()
    link.waits(1)
    assert not [action for play in link.plays for action in play.actions if isinstance(action, Send)]
