"""What the operator changes while a node runs counts from the next request on; only who may not register goes."""

from typing import Any

import pytest

from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.actions import End, ForgetNeighbour, SetTunnel
from mhatool.engine.commands import Reconfigure
from mhatool.engine.correspondent import CorrespondentConfiguration
from mhatool.engine.events import CacheEntry
from mhatool.engine.home_agent import HomeAgentConfiguration, SecurityAssociation
from mhatool.engine.home_agent_events import DefenceEnded
from mhatool.engine.mobile_node import MobileNodeConfiguration
from mhatool.engine.mobile_node import SecurityAssociation as OwnAssociation
from mhatool.protocol import mobility_authentication
from tests.mhatool.engine.correspondent.test_correspondent import MobileNode, correspondent
from tests.mhatool.engine.home_agent.stage import AGENT, CARE_OF, HOME, OTHER_HOME, agent, bound, update
from tests.mhatool.engine.mobile_node.journey import AGENT1, CARE_OF_ELSEWHERE, ELSEWHERE, Journey
from tests.mhatool.engine.mobile_node.journey import HOME as OWN_HOME


@pytest.mark.parametrize("becomes", [("prohibited", (HOME,)), ("permitted", (OTHER_HOME,))])
def test_who_may_register_no_longer_loses_its_binding_and_gets_no_other(becomes: tuple[str, Any]) -> None:
    """129: administratively prohibited (RFC 6275, 6.1.8); to delete there is nothing (133)."""
    play = bound()
    play.is_told(Reconfigure((becomes,)))
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT), ForgetNeighbour("home", HOME))
    assert play.tells(DefenceEnded, address=HOME).cause == "prohibited"
    assert play.tells(CacheEntry, home_address=HOME, gone=True).cause == "prohibited"
    for lifetime_s, status in ((0, 133), (420, 129)):
        play.hears(update(2, lifetime_s=lifetime_s), CARE_OF, AGENT, home_address=HOME)
        assert play.finds(BindingAcknowledgement).message.status == status


def test_who_may_still_register_keeps_its_binding() -> None:
    play = bound()
    end = play.node.binding(HOME).expires_ns
    play.is_told(Reconfigure((("permitted", (HOME,)), ("prohibited", (OTHER_HOME,)), ("most_bindings", 0))))
    assert play.node.binding(HOME).expires_ns == end


def test_a_request_that_waits_is_refused_where_it_may_no_longer_be_made() -> None:
    play = agent()
    play.hears(update(1), CARE_OF, AGENT, home_address=HOME)
    play.waits(0.5)
    play.is_told(Reconfigure((("prohibited", (HOME,)),)))
    assert play.finds(BindingAcknowledgement).message.status == 129
    assert play.node.binding(HOME) is None


def test_a_home_agent_that_gets_keys_asks_for_proof() -> None:
    play = bound()
    association = SecurityAssociation(home_address=HOME, home_agent=AGENT, spi=1000, key=b"k" * 16)
    play.is_told(Reconfigure((("associations", (association,)), ("requires_authentication", True))))
    play.hears(update(2), CARE_OF, AGENT, home_address=HOME)
    assert play.finds(BindingAcknowledgement).message.status == 146


def test_a_mobile_node_signs_with_its_new_key_and_asks_for_its_new_lifetime() -> None:
    play = Journey()
    play.goes_abroad(AGENT1)
    key = OwnAssociation(home_agent=AGENT1, spi=1000, key=b"k" * 16)
    play.is_told(Reconfigure((("security_associations", (key,)), ("lifetime_s", 60))))
    play.is_carried_to(ELSEWHERE)
    sent = play.updates()[-1]
    proof = sent.message.options[-1]
    wanted = mobility_authentication.authenticator(key.key, CARE_OF_ELSEWHERE, OWN_HOME, sent.arrival.upper_octets)
    assert (sent.message.lifetime_s, proof.authenticator) == (60, wanted)


def test_a_correspondent_without_room_for_more_says_so() -> None:
    """130: insufficient resources (RFC 6275, 6.1.8)."""
    play = correspondent()
    play.is_told(Reconfigure((("most_bindings", 0),)))
    node = MobileNode(play)
    node.tests()
    node.updates(1)
    node.is_told(130)


def test_what_may_change_is_there() -> None:
    for kind in (HomeAgentConfiguration, MobileNodeConfiguration, CorrespondentConfiguration):
        assert set(kind.__dataclass_fields__) >= kind.CHANGEABLE
