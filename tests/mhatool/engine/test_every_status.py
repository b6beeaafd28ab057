"""Every status of IANA's registry: an agent or correspondent of ours gives it, as shown here, or never does, and why.

What each means in detail is in home_agent/test_statuses.py and correspondent/test_correspondent.py; here none may lack.
"""

from collections.abc import Callable
from typing import Any

import pytest

from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.options.binding import BindingAuthorizationData
from dissectors.options.extensions import BindingIdentifier
from dissectors.registry import BINDING_ACKNOWLEDGEMENT_STATUS
from dissectors.spec import Flags
from mhatool.engine.advertising import AdvertisedPrefix
from mhatool.engine.correspondent.statuses import Status as CorrespondentStatus
from mhatool.engine.home_agent.statuses import Status as HomeAgentStatus
from mhatool.protocol import ntp
from tests.mhatool.engine.correspondent.test_correspondent import MobileNode, correspondent, registered
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    HOME,
    PREFIX,
    STRANGER_LINK,
    agent,
    announces,
    bound,
    update,
)
from tests.mhatool.engine.home_agent.test_statuses import Proven, protected
from tests.mhatool.engine.playbook import Playbook, S

# --- what a home agent says ---


def says(play: Playbook, message: Any = None, care_of: bytes = CARE_OF, home: bytes = HOME) -> Playbook:
    """It has heard an update, a first one where none is given."""
    play.hears(message or update(1), care_of, AGENT, home_address=home)
    return play


def duplicate() -> Playbook:
    play = says(agent())
    announces(play, STRANGER_LINK)
    return play


def proves(play: Playbook, off_s: float | None = 0, key: bytes | None = None) -> Playbook:
    """The mobile node has signed its update by a clock that is off by so much, or without a time stamp."""
    stamp = None if off_s is None else ntp.timestamp(play.now + round(off_s * S))
    (Proven() if key is None else Proven(key)).says(play, 1, stamp)
    return play


def changes_its_kind() -> Playbook:
    play = proves(protected())
    play.waits(1)
    Proven().says(play, 2, ntp.timestamp(play.now), flags="A")
    return play


def deprecated() -> Playbook:
    prefix = AdvertisedPrefix(prefix=PREFIX, router_address=AGENT, preferred_lifetime_s=0)
    return says(agent(prefix=prefix))


HOME_AGENT: dict[int, Callable[[], Playbook]] = {
    0: lambda: says(agent()),
    1: deprecated,
    128: lambda: says(agent(), update(1, flags="AHM")),
    129: lambda: says(agent(prohibited=(HOME,))),
    130: lambda: says(agent(most_bindings=0)),
    131: lambda: says(agent(home_agent=None)),
    132: lambda: says(agent(), home=parse("2001:db8:9::9")),
    133: lambda: says(agent(), update(1, lifetime_s=0)),
    134: duplicate,
    135: lambda: says(bound(), update(1)),
    139: changes_its_kind,
    144: lambda: proves(protected(), off_s=-8),
    145: lambda: proves(protected(), off_s=None),
    146: lambda: proves(protected(), key=b"not the key, not at all"),
    174: lambda: says(agent(), care_of=AGENT),
}

# --- what a correspondent says ---


def after_tests(home_index: int = 1, care_of_index: int = 1, **changes: Any) -> Playbook:
    """An update after return routability, with nonces of these indices: 1 is the one that there is."""
    play = correspondent(**changes)
    node = MobileNode(play)
    node.tests()
    node.updates(1, home_index=home_index, care_of_index=care_of_index)
    return play


def repeated() -> Playbook:
    play = correspondent()
    registered(play, number=1).updates(1)
    return play


def taken_for_a_home_agent() -> Playbook:
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    node.updates(1, flags="AH")
    return play


CORRESPONDENT: dict[int, Callable[[], Playbook]] = {
    0: after_tests,
    130: lambda: after_tests(most_bindings=0),
    131: taken_for_a_home_agent,
    135: repeated,
    136: lambda: after_tests(home_index=9),
    137: lambda: after_tests(care_of_index=9),
    138: lambda: after_tests(home_index=9, care_of_index=9),
}

PROVOKED = [
    *(pytest.param(status, provoke, id=f"home agent {status}") for status, provoke in HOME_AGENT.items()),
    *(pytest.param(status, provoke, id=f"correspondent {status}") for status, provoke in CORRESPONDENT.items()),
]


@pytest.mark.parametrize(("status", "provoke"), PROVOKED)
def test_each_status_of_ours_is_provoked(status: int, provoke: Callable[[], Playbook]) -> None:
    play = provoke()
    play.waits(1)
    assert play.finds(BindingAcknowledgement).message.status == status


def test_no_status_of_ours_lacks() -> None:
    assert set(HOME_AGENT) == set(HomeAgentStatus)
    assert set(CORRESPONDENT) == set(CorrespondentStatus)


# --- IANA's registry (Mobile IPv6 parameters, Binding Acknowledgement Status Codes, 2026) ---

PROXIES = "for proxies (Proxy Mobile IPv6), which our nodes neither are nor serve"
NEVER = {
    2: ("RFC 5845", PROXIES),
    3: ("RFC 5845", PROXIES),
    4: ("RFC 5648", "the Binding Identifier option is skipped as an unknown one"),
    5: ("RFC 5648", "the Binding Identifier option is skipped as an unknown one"),
    6: ("RFC 6058", PROXIES),
    **dict.fromkeys(range(140, 144), ("RFC 3963", "an agent of ours serves no mobile routers: R isn't known")),
    **dict.fromkeys(range(147, 151), ("RFC 4866", "no keygen token is permanent")),
    151: ("RFC 5149", "the Service Selection option is skipped as an unknown one"),
    **dict.fromkeys(range(152, 163), ("RFC 5213", PROXIES)),
    163: ("RFC 5845", PROXIES),
    **dict.fromkeys(range(164, 170), ("RFC 5648", "the Binding Identifier option is skipped as an unknown one")),
    **dict.fromkeys(range(170, 174), ("RFC 5844", PROXIES)),
    175: ("RFC 6602", PROXIES),
    176: ("RFC 6618", "security is RFC 4285's, without a home agent controller"),
    177: ("RFC 7148", PROXIES),
    178: ("RFC 7148", PROXIES),
    179: ("RFC 7222", PROXIES),
    180: ("RFC 8278", PROXIES),
}


@pytest.mark.parametrize("status", sorted(BINDING_ACKNOWLEDGEMENT_STATUS))
def test_each_registered_status_is_given_or_there_is_a_reason(status: int) -> None:
    given = status in HOME_AGENT or status in CORRESPONDENT
    assert given != (status in NEVER)


def test_the_registry_is_iana_s() -> None:
    """0 to 6 accept, 128 to 180 refuse."""
    assert set(BINDING_ACKNOWLEDGEMENT_STATUS) == {*range(7), *range(128, 181)}


# --- several care-of addresses (RFC 5648): what is skipped changes nothing ---

SEVERAL = [
    pytest.param((), 60, id="one of several"),
    pytest.param(("H",), 60, id="home and foreign at once"),
    pytest.param((), 0, id="deletes one"),
]


@pytest.mark.parametrize("care_of", [b"", parse("2001:db8:4::9")], ids=["its source", "bulk"])
@pytest.mark.parametrize(("flags", "lifetime_s"), SEVERAL)
def test_a_binding_identifier_is_skipped(flags: tuple[str, ...], lifetime_s: int, care_of: bytes) -> None:
    """RFC 5648: none of its statuses is given, and that the answer has no such option tells the mobile node enough."""
    identifiers = tuple(
        BindingIdentifier(binding_id=number, status=0, flags=Flags(flags), care_of_address=care_of) for number in (1, 2)
    )
    play = says(bound(), update(2, lifetime_s=lifetime_s, options=identifiers))
    answer = play.finds(BindingAcknowledgement, status=0, lifetime_s=lifetime_s)
    assert answer.options == []
    held = [binding.care_of_address for binding in play.node.cache]
    assert held == ([CARE_OF] if lifetime_s else [])


def test_a_correspondent_skips_it_too() -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    node.updates(1, options=(BindingIdentifier(binding_id=1, status=0, flags=Flags(), care_of_address=CARE_OF),))
    assert [type(option) for option in node.is_told(0).options] == [BindingAuthorizationData]
