"""What the operator changes while a node runs counts from the next request on; what it holds stays."""

from dissectors.mobility.binding import BindingAcknowledgement
from mhatool.engine.commands import Reconfigure
from mhatool.engine.correspondent import CorrespondentConfiguration
from mhatool.engine.home_agent import HomeAgentConfiguration, SecurityAssociation
from mhatool.engine.mobile_node import MobileNodeConfiguration
from mhatool.engine.mobile_node import SecurityAssociation as OwnAssociation
from mhatool.protocol import mobility_authentication
from tests.mhatool.engine.correspondent.test_correspondent import MobileNode, correspondent
from tests.mhatool.engine.home_agent.stage import AGENT, CARE_OF, HOME, bound, update
from tests.mhatool.engine.mobile_node.journey import AGENT1, CARE_OF_ELSEWHERE, ELSEWHERE, Journey
from tests.mhatool.engine.mobile_node.journey import HOME as OWN_HOME


def test_a_home_address_that_may_register_no_longer_keeps_its_binding_and_isnt_refreshed() -> None:
    """129: administratively prohibited (RFC 6275, 6.1.8)."""
    play = bound()
    end = play.node.binding(HOME).expires_ns
    play.is_told(Reconfigure((("prohibited", (HOME,)),)))
    play.waits(1)
    play.hears(update(2), CARE_OF, AGENT, home_address=HOME)
    assert play.finds(BindingAcknowledgement).message.status == 129
    assert (play.node.binding(HOME).expires_ns, play.node.configuration.prohibited) == (end, (HOME,))


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
