"""Which address of a link becomes the care-of address, and when another one takes its place (RFC 6275, 11.5.3)."""

from __future__ import annotations

import pytest

from dissectors.icmpv6.neighbour_discovery import NeighborSolicitation, RouterAdvertisement, RouterSolicitation
from dissectors.icmpv6.options import PrefixInformation
from dissectors.spec import Flags
from mhatool.engine.actions import AddAddress
from mhatool.engine.commands import LinkChanged
from mhatool.engine.departure import ON_LINK
from mhatool.engine.nd_events import AddressGivenUp, AddressRemoved, CareOfAddressChanged
from tests.mhatool.engine.mobile_node.journey import (
    ABROAD,
    AGENT1,
    ALL_NODES,
    CARE_OF,
    CARE_OF_ELSEWHERE,
    ELSEWHERE,
    ROUTER_LINKS,
    ROUTERS,
    Journey,
)
from tests.mhatool.engine.playbook import S


def option(prefix: bytes, flags: str = "LA", *, valid_s: int = 86_400, preferred_s: int = 43_200) -> PrefixInformation:
    """A prefix of 64 bits."""
    return PrefixInformation(
        prefix_length=64,
        flags=Flags(flags),
        valid_lifetime_s=valid_s,
        preferred_lifetime_s=preferred_s,
        prefix=prefix,
    )


def hears(play: Journey, *options: PrefixInformation, router: bytes = ABROAD) -> None:
    """A router says all these in one advertisement."""
    message = RouterAdvertisement(flags=Flags(""), router_lifetime_s=1800, options=options)
    play.hears(message, ROUTERS[router], ALL_NODES, link_source=ROUTER_LINKS[router], hop_limit=ON_LINK)


def arrives(*options: PrefixInformation) -> Journey:
    """On a new link, whose router says this."""
    play = Journey(has_router=True)
    play.comes_up()
    play.is_told(LinkChanged("eth0"))
    play.forgets()
    hears(play, *options)
    return play


def chosen(play: Journey) -> list[bytes]:
    """The care-of addresses since the last time, one after the other."""
    found = [event.care_of_address for event in play.events if isinstance(event, CareOfAddressChanged)]
    play.events.clear()
    return found


def test_a_withdrawn_prefix_at_the_head_leaves_the_next_one() -> None:
    """Valid for 0 s: no address is formed with it (RFC 4862, 5.5.3 d)."""
    play = arrives(option(ELSEWHERE, valid_s=0, preferred_s=0), option(ABROAD))
    play.waits(1)
    assert chosen(play) == [CARE_OF]


def test_a_preferred_address_is_taken_before_a_deprecated_one() -> None:
    """RFC 4862, 5.5.4: no new communication from a deprecated address where there is another one."""
    play = arrives(option(ELSEWHERE, preferred_s=0), option(ABROAD))
    play.waits(5)
    assert chosen(play) == [CARE_OF]


def test_a_deprecated_address_is_better_than_none() -> None:
    play = arrives(option(ELSEWHERE, preferred_s=0))
    play.waits(1)
    assert chosen(play) == [CARE_OF_ELSEWHERE]


def test_of_two_good_ones_the_first_is_taken_and_kept() -> None:
    play = arrives(option(ELSEWHERE), option(ABROAD))
    for _ in range(3):
        play.waits(10)
        hears(play, option(ABROAD), option(ELSEWHERE))
    assert chosen(play) == [CARE_OF_ELSEWHERE]


def test_where_the_first_is_somebody_elses_the_second_serves() -> None:
    """Three duplicates under one prefix, and it is given up; the other one passed its trial after a second."""
    play = arrives(option(ELSEWHERE), option(ABROAD))
    duplicates = 0
    while asked := [s for s in play.solicitations() if s.message.target[:8] == ELSEWHERE[:8]]:
        for sent in asked:
            play.hears_duplicate(sent.message.target)
            duplicates += 1
    assert duplicates == 3
    assert play.tells(AddressGivenUp).trials == 3
    play.waits(1)
    assert chosen(play) == [CARE_OF]


def test_another_router_of_the_link_offers_what_the_first_one_lacks() -> None:
    """The first one's prefix is for no addresses (no A flag); it answers when it is asked, so it is still this link."""
    play = arrives(option(ELSEWHERE, "L"))
    play.waits(1)
    hears(play, option(ABROAD), router=ELSEWHERE)
    play.waits(1)
    assert chosen(play) == [CARE_OF]


def test_a_later_advertisement_of_the_same_router_offers_what_the_first_one_lacked() -> None:
    play = arrives(option(ELSEWHERE, "L"))
    hears(play, option(ELSEWHERE, "LA"))
    play.waits(1)
    assert chosen(play) == [CARE_OF_ELSEWHERE]


def test_the_care_of_address_changes_when_it_is_deprecated() -> None:
    """RFC 6275, 11.5.3: a new one SHOULD be formed then. 10 s are told, and 9 are left after the trial."""
    play = arrives(option(ABROAD, preferred_s=10), option(ELSEWHERE))
    play.waits(1)
    play.is_offered(AGENT1)
    play.is_answered(play.updates()[0])
    assert chosen(play) == [CARE_OF]
    play.waits(8.999)
    assert chosen(play) == []
    play.waits(0.001)
    assert [event for event in play.events if isinstance(event, AddressRemoved)] == []  # it is valid yet
    assert chosen(play) == [CARE_OF_ELSEWHERE]
    assert [update.arrival.source for update in play.updates()] == [CARE_OF_ELSEWHERE]
    hears(play, option(ABROAD), option(ELSEWHERE))
    assert play.solicitations() == []  # nor is it tried out anew


def test_it_changes_at_once_when_a_router_says_that_it_is_deprecated() -> None:
    play = arrives(option(ABROAD), option(ELSEWHERE))
    play.waits(1)
    hears(play, option(ABROAD, preferred_s=0), option(ELSEWHERE))
    assert chosen(play) == [CARE_OF, CARE_OF_ELSEWHERE]


def test_a_deprecated_one_is_kept_until_another_has_passed_its_trial() -> None:
    play = arrives(option(ABROAD, preferred_s=10))
    play.waits(60)
    assert chosen(play) == [CARE_OF]
    hears(play, option(ABROAD, preferred_s=0), option(ELSEWHERE))
    play.waits(0.999)
    assert chosen(play) == []
    play.waits(0.001)
    assert chosen(play) == [CARE_OF_ELSEWHERE]


def test_another_address_of_the_link_takes_the_place_of_one_whose_lifetime_is_over() -> None:
    """Both deprecated, so nothing changed before; nobody has to ask routers then, and the node is never stranded."""
    play = arrives(option(ABROAD, valid_s=20, preferred_s=5), option(ELSEWHERE, preferred_s=5))
    play.waits(1)
    play.is_offered(AGENT1)
    play.is_answered(play.updates()[0])
    chosen(play)
    play.waits(18.999)
    play.forgets()
    begin = play.now
    play.waits(0.001)
    assert chosen(play) == [CARE_OF_ELSEWHERE]
    (update,) = play.takes_updates()
    assert (update.arrival.source, update.at - begin) == (CARE_OF_ELSEWHERE, S // 1000)
    assert [s for s in play._sent if isinstance(s.message, RouterSolicitation | NeighborSolicitation)] == []


@pytest.mark.parametrize("at_once", [1, 50])
def test_no_flood_of_prefixes_makes_more_than_16_addresses(at_once: int) -> None:
    """Linux's max_addresses is 16, link-local ones aside. On the next link there is room again."""
    play = arrives(option(ABROAD))
    play.waits(1)
    play.forgets()
    prefixes = [bytes.fromhex("20010db8 00ff") + bytes([0, n]) + bytes(8) for n in range(100)]
    for first in range(0, 100, at_once):
        hears(play, *map(option, prefixes[first : first + at_once]))
    play.waits(5)
    assert len([action for action in play.actions if isinstance(action, AddAddress)]) == 16 - 1
    play.is_told(LinkChanged("eth0"))
    play.forgets()
    hears(play, option(ELSEWHERE), router=ELSEWHERE)
    play.waits(1)
    assert chosen(play) == [CARE_OF_ELSEWHERE]
