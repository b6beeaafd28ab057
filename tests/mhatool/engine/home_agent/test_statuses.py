"""Each status that a home agent gives, provoked; sequence numbers at their edges; RFC 4285's proofs."""

from typing import Any

import pytest

from dissectors.ipv6.address import parse, text
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.options.binding import AlternateCareOfAddress, BindingAuthorizationData, NonceIndices
from dissectors.options.header import UnknownMobilityOption
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.options.multiple_home_agents import ExperimentalMobilityOption
from dissectors.spec import Option
from mhatool.engine.actions import End, SetTunnel
from mhatool.engine.advertising import AdvertisedPrefix
from mhatool.engine.commands import ChangePrefix, Reconfigure
from mhatool.engine.drops import DropReason
from mhatool.engine.events import CacheEntry
from mhatool.engine.home_agent import ConfigurationError, SecurityAssociation
from mhatool.engine.home_agent.statuses import Status
from mhatool.engine.home_agent_events import DefenceEnded
from mhatool.protocol import ntp
from mhatool.protocol.mobility_authentication import authenticator
from tests.mhatool.engine.home_agent.stage import (
    AGENT,
    CARE_OF,
    ELSEWHERE,
    HOME,
    MOBILE_LINK,
    PREFIX,
    SECOND,
    THIRD,
    agent,
    announces,
    bound,
    checks,
    knows_second,
    registers,
    update,
)
from tests.mhatool.engine.playbook import Playbook, S, Sent

NONCES = NonceIndices(home_nonce_index=1, care_of_nonce_index=2)
OTHER_HOME = PREFIX[:8] + bytes.fromhex("020000fffe0000bb")


def asked(play: Playbook, message: Any, care_of: bytes = CARE_OF, home: bytes = HOME, **facts: Any) -> Sent:
    """What a Binding Update is answered with at once."""
    play.forgets()
    play.hears(message, care_of, AGENT, home_address=home, **facts)
    return play.finds(BindingAcknowledgement)


def refused(play: Playbook, message: Any, status: Status, care_of: bytes = CARE_OF, home: bytes = HOME) -> Sent:
    """The binding stays as it was, and the answer says why and grants nothing."""
    before = play.node.binding(home)
    known = before and (before.care_of_address, before.sequence_number, before.expires_ns)
    sent = asked(play, message, care_of, home)
    after = play.node.binding(home)
    assert (after and (after.care_of_address, after.sequence_number, after.expires_ns)) == known
    assert (sent.message.status, sent.message.lifetime_s, sent.options) == (status, 0, [])
    assert (sent.arrival.destination, sent.arrival.routed_home_address) == (care_of, home)
    play.sends_nothing()
    assert play.actions == []
    return sent


def test_0_accepted() -> None:
    assert registers(agent()).message.status == 0


def test_1_prefix_discovery_necessary() -> None:
    prefix = AdvertisedPrefix(prefix=PREFIX, router_address=AGENT, preferred_lifetime_s=100)
    assert registers(agent(prefix=prefix), lifetime_s=104).message.status == 1


@pytest.mark.parametrize(
    ("flags", "agents"),
    [
        ("AHM", ()),  # no list
        ("AH", (AGENT, SECOND)),  # a list without the flag
        ("AHM", (SECOND, THIRD)),  # the receiver isn't in it
        ("AHM", (AGENT, SECOND, SECOND)),  # one agent twice
    ],
)
def test_128_a_list_that_does_not_fit(flags: str, agents: tuple[bytes, ...]) -> None:
    refused(agent(), update(1, flags=flags, agents=agents), Status.UNSPECIFIED)


def test_129_prohibited() -> None:
    refused(agent(prohibited=(HOME,)), update(1), Status.PROHIBITED)


def test_129_an_agent_is_no_home_address() -> None:
    """Else a mobile node could take an agent's packets."""
    refused(agent(), update(1), Status.PROHIBITED, home=AGENT)
    play = agent()
    knows_second(play)
    refused(play, update(1), Status.PROHIBITED, home=SECOND)


SUBNET_ROUTERS = PREFIX
HOME_AGENTS = parse("2001:db8:1:0:fdff:ffff:ffff:fffe")  # RFC 2526, 3: identifier 7e


def test_129_the_routers_anycast_address_is_no_home_address() -> None:
    """RFC 4291, 2.6.1: the agent has it itself, so a mobile node would take its packets."""
    refused(agent(), update(1), Status.PROHIBITED, home=SUBNET_ROUTERS)


def test_174_the_routers_anycast_address_is_no_care_of_address() -> None:
    """RFC 6275, 9.5.1: what is tunnelled there comes back to the agent."""
    alternate = AlternateCareOfAddress(care_of_address=SUBNET_ROUTERS)
    refused(agent(), update(1, options=(alternate,)), Status.INVALID_CARE_OF_ADDRESS)


def test_9_5_1_the_home_agents_anycast_address_is_discarded_in_both_places() -> None:
    """That one is known wherever it is (RFC 2526, 3): no unicast routable address, so there is no answer."""
    play = agent()
    play.hears(update(1), CARE_OF, AGENT, home_address=HOME_AGENTS)
    play.drops(DropReason.HOME_ADDRESS)
    alternate = AlternateCareOfAddress(care_of_address=HOME_AGENTS)
    play.hears(update(1, options=(alternate,)), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.CARE_OF_ADDRESS)


def test_the_first_address_of_a_subnet_is_its_routers_whatever_its_length() -> None:
    """RFC 4291, 2.6.1: the prefix, and zeros behind it. 126 bits are the longest that has one (RFC 6164, 6)."""
    for length, number, status in ((60, 0, 129), (64, 0, 129), (124, 0, 129), (124, 1, 0), (126, 0, 129), (127, 0, 0)):
        router = PREFIX[:15] + (b"\1" if length == 127 else b"\3")
        play = agent(prefix=AdvertisedPrefix(prefix=PREFIX, prefix_length=length, router_address=router))
        play.hears(update(1), CARE_OF, router, home_address=PREFIX[:15] + bytes([number]))
        play.waits(1)
        assert play.finds(BindingAcknowledgement).message.status == status


def test_a_care_of_address_on_the_home_link_is_one() -> None:
    """RFC 6275 (9.5.1, 10.3.1) asks for a unicast routable one that is no home address here; nor does UMIP ask more.

    The agent tunnels to it over the link: nothing goes round.
    """
    play = agent()
    other = PREFIX[:8] + bytes.fromhex("0000000000000077")
    assert registers(play, care_of=other).message.status == 0
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT, (other,)))


def test_130_insufficient_resources() -> None:
    play = agent(most_bindings=1)
    registers(play)
    refused(play, update(1), Status.INSUFFICIENT_RESOURCES, ELSEWHERE, OTHER_HOME)
    assert asked(play, update(2)).message.status == 0  # who is there may stay
    assert asked(play, update(3, lifetime_s=0)).message.status == 0
    play.hears(update(1), ELSEWHERE, AGENT, home_address=OTHER_HOME)
    play.waits(1)
    assert play.finds(BindingAcknowledgement).message.status == 0


def test_131_no_home_agent() -> None:
    refused(agent(home_agent=None), update(1), Status.HOME_REGISTRATION_NOT_SUPPORTED)


def test_132_not_home_subnet() -> None:
    refused(agent(), update(1), Status.NOT_HOME_SUBNET, home=bytes.fromhex("20010db8000900000000000000000009"))


def test_132_a_prefix_that_is_over() -> None:
    prefix = AdvertisedPrefix(prefix=PREFIX, router_address=AGENT, valid_lifetime_s=0, preferred_lifetime_s=0)
    refused(agent(prefix=prefix), update(1), Status.NOT_HOME_SUBNET)


def test_10_3_2_what_would_not_be_accepted_any_more_is_deleted() -> None:
    """The only refusal there is for no entry (133); the address is the mobile node's again, and nobody else's."""
    play = bound()
    play.is_told(ChangePrefix(PREFIX, 0, 0))  # would be 132
    play.forgets()
    play.hears(update(2, lifetime_s=0), HOME, AGENT, link_source=MOBILE_LINK)
    play.sends(BindingAcknowledgement, status=0, sequence_number=2, lifetime_s=0)
    assert play.node.binding(HOME) is None
    play.does(SetTunnel(End.HOME_AGENT, HOME, AGENT))
    play.tells(DefenceEnded, address=HOME, cause="released")
    checks(play, MOBILE_LINK)
    play.drops(DropReason.NOT_FOR_US)


@pytest.mark.parametrize(("flags", "agents"), [("AHM", ()), ("AHM", (SECOND, THIRD)), ("AH", (AGENT, SECOND))])
def test_10_3_2_a_list_that_does_not_fit_keeps_no_binding(flags: str, agents: tuple[bytes, ...]) -> None:
    play = bound()
    assert asked(play, update(2, lifetime_s=0, flags=flags, agents=agents)).message.status == 0
    assert play.node.binding(HOME) is None


def test_10_3_2_a_deregistration_has_its_own_number_and_type_all_the_same() -> None:
    """9.5.1 comes first: an old one, or one by other rules, deletes nothing."""
    play = bound()
    play.is_told(ChangePrefix(PREFIX, 0, 0))
    assert asked(play, update(1, lifetime_s=0)).message.status == 135
    refused(agent(prohibited=(HOME,)), update(1, lifetime_s=0), Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE)


def test_133_nothing_to_delete() -> None:
    refused(agent(), update(1, lifetime_s=0), Status.NOT_HOME_AGENT_FOR_THIS_MOBILE_NODE)


@pytest.mark.parametrize("speaks", [announces, checks])
def test_134_somebody_else_has_the_address(speaks: Any) -> None:
    play = agent()
    play.hears(update(7), CARE_OF, AGENT, home_address=HOME)
    play.waits(0.5)
    speaks(play, MOBILE_LINK)
    answer = play.finds(BindingAcknowledgement, status=134, sequence_number=7, lifetime_s=0)
    assert answer.arrival.routed_home_address == HOME
    assert play.node.binding(HOME) is None
    play.waits(10)
    assert registers(play, 8).message.status == 0  # nothing of it is left


def test_135_carries_the_number_that_counts() -> None:
    play = agent()
    registers(play, 100)
    answer = refused(play, update(100), Status.SEQUENCE_NUMBER_OUT_OF_WINDOW)
    assert answer.message.sequence_number == 100
    assert refused(play, update(99), Status.SEQUENCE_NUMBER_OUT_OF_WINDOW).message.sequence_number == 100


def test_any_number_begins() -> None:
    play = agent()
    registers(play, 40000)
    asked(play, update(40001, lifetime_s=0))
    assert registers(play, 3).message.status == 0


def test_139_registration_type_change() -> None:
    """The binding stays a home registration (RFC 6275, 9.5.1)."""
    play, node = protected(), Proven()
    node.says(play, 1, ntp.timestamp(play.now))
    play.waits(1)
    node.says(play, 2, ntp.timestamp(play.now), flags="A")
    assert node.hears(play).message.status == Status.REGISTRATION_TYPE_CHANGE_DISALLOWED
    assert play.node.binding(HOME).sequence_number == 1


@pytest.mark.parametrize("options", [(), (NONCES, BindingAuthorizationData(authenticator=bytes(12)))])
def test_an_update_without_h_that_nothing_proves_is_discarded(options: tuple[Option, ...]) -> None:
    """Without Authorization Data that are right it is "silently discarded" (9.5.1); agents give no tokens for them."""
    play = bound()
    play.hears(update(2, flags="A", options=options), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.AUTHENTICATOR)


def test_a_home_registration_has_no_nonce_indices() -> None:
    """9.5.1: with H, "the Nonce Indices mobility option MUST NOT be present"."""
    play = agent()
    play.hears(update(1, options=(NONCES,)), CARE_OF, AGENT, home_address=HOME)
    play.drops(DropReason.OPTION)
    assert play.node.binding(HOME) is None


@pytest.mark.parametrize("listed", [HOME, CARE_OF, bytes(16), parse("ff02::1"), parse("fe80::1")], ids=text)
def test_128_a_list_with_one_who_is_no_home_agent(listed: bytes) -> None:
    refused(agent(), update(1, flags="AHM", agents=(AGENT, listed)), Status.UNSPECIFIED)


@pytest.mark.parametrize("address", [AGENT, SECOND], ids=["its own", "another one's"])
def test_174_a_care_of_address_that_is_a_home_agent_s(address: bytes) -> None:
    play = agent()
    knows_second(play)
    refused(play, update(1), Status.INVALID_CARE_OF_ADDRESS, care_of=address)


def test_174_a_care_of_address_that_is_a_home_address_here() -> None:
    play = agent()
    registers(play)
    refused(play, update(1), Status.INVALID_CARE_OF_ADDRESS, care_of=HOME, home=OTHER_HOME)


# --- RFC 4285 ---

KEY, SPI = b"sixteen octets, it is", 1000
ASSOCIATION = SecurityAssociation(home_address=HOME, home_agent=AGENT, spi=SPI, key=KEY)
OTHER = SecurityAssociation(home_address=OTHER_HOME, home_agent=AGENT, spi=SPI, key=b"another one of sixteen")


class Proven:
    """A mobile node with a key: it signs what it says, and looks at the signature of what it is told."""

    def __init__(self, key: bytes = KEY, spi: int = SPI, subtype: int = 1) -> None:
        self.key, self.spi, self.subtype = key, spi, subtype

    def says(self, play: Playbook, number: int, stamp: int | None, care_of: bytes = CARE_OF, **facts: Any) -> None:
        stamps = (MessageIdentification(timestamp=stamp),) if stamp is not None else ()
        proof = MobilityMessageAuthentication(subtype=self.subtype, spi=self.spi, authenticator=bytes(12))
        play.forgets()
        play.hears(
            update(number, options=(*stamps, proof), **facts),
            care_of,
            AGENT,
            home_address=HOME,
            seal=lambda header: authenticator(self.key, care_of, HOME, header),
        )

    def hears(self, play: Playbook) -> Sent:
        """The answer, signed by who knows the key: the last option, which ends the header."""
        answer = play.finds(BindingAcknowledgement)
        proof = answer.options[-1]
        assert isinstance(proof, MobilityMessageAuthentication)
        header = answer.action.datagram[64:]
        assert answer.action.datagram.endswith(proof.authenticator)
        assert (proof.subtype, proof.spi) == (1, SPI)
        assert proof.authenticator == authenticator(KEY, answer.arrival.destination, HOME, header)
        return answer


def protected(**changes: Any) -> Playbook:
    return agent(associations=(ASSOCIATION, OTHER), requires_authentication=True, **changes)


def test_a_proven_update_is_accepted_and_so_is_its_answer() -> None:
    play, node = protected(), Proven()
    stamp = ntp.timestamp(play.now)
    node.says(play, 1, stamp)
    play.waits(1)
    answer = node.hears(play)
    assert answer.message.status == 0
    assert MessageIdentification(timestamp=stamp) in answer.options
    node.says(play, 2, stamp + 1)
    assert node.hears(play).message.status == 0


@pytest.mark.parametrize("wrong", [Proven(key=b"not the key, not at all"), Proven(spi=SPI + 1), Proven(subtype=2)])
def test_146_a_wrong_proof(wrong: Proven) -> None:
    play = protected()
    wrong.says(play, 1, ntp.timestamp(play.now))
    assert Proven().hears(play).message.status == 146
    assert play.node.binding(HOME) is None


def test_146_no_proof_at_all() -> None:
    play = protected()
    assert asked(play, update(1)).message.status == 146
    assert asked(agent(requires_authentication=True), update(1)).message.status == 146


def test_146_a_proof_that_nobody_can_check() -> None:
    """No association has its SPI: it proves nothing (RFC 4285, 5), also where no proof is required."""
    play = agent()
    Proven().says(play, 1, ntp.timestamp(play.now))
    assert play.finds(BindingAcknowledgement).message.status == 146
    assert play.node.binding(HOME) is None


def test_146_counts_before_all_else() -> None:
    """SPI and HMAC, then the timestamp, then sequence numbers: a forger learns nothing."""
    play, node = protected(), Proven()
    node.says(play, 1, ntp.timestamp(play.now))
    play.waits(1)
    play.forgets()
    Proven(key=b"not the key, not at all").says(play, 1, None)
    assert node.hears(play).message.status == 146
    node.says(play, 1, None)
    assert node.hears(play).message.status == 145
    node.says(play, 1, ntp.timestamp(play.now))
    assert node.hears(play).message.status == 135


def test_a_node_without_a_key_is_taken_where_none_is_required() -> None:
    assert registers(agent(associations=(OTHER,))).message.status == 0


@pytest.mark.parametrize(("offset_s", "status"), [(-7.1, 144), (-6.9, 0), (6.9, 0), (7.1, 144)])
def test_144_a_clock_that_is_off(offset_s: float, status: int) -> None:
    play, node = protected(), Proven()
    stamp = ntp.timestamp(play.now + round(offset_s * S))
    node.says(play, 1, stamp)
    now = ntp.timestamp(play.now)
    play.waits(1)
    answer = node.hears(play)
    assert answer.message.status == status
    if status:  # the agent's seconds above the fraction that came
        stamps = [option for option in answer.options if isinstance(option, MessageIdentification)]
        assert stamps == [MessageIdentification(timestamp=now >> 32 << 32 | stamp & 0xFFFFFFFF)]


def test_144_a_replay_even_after_the_binding_is_gone() -> None:
    play, node = protected(), Proven()
    first = ntp.timestamp(play.now)
    node.says(play, 1, first)
    play.waits(1)
    node.says(play, 2, first + 1, lifetime_s=0)
    assert node.hears(play).message.status == 0
    node.says(play, 1, first)
    assert node.hears(play).message.status == 144
    node.says(play, 1, first + 1)
    assert node.hears(play).message.status == 144


def test_145_no_timestamp() -> None:
    play, node = protected(), Proven()
    node.says(play, 1, None)
    answer = node.hears(play)
    assert answer.message.status == 145
    stamp = next(option for option in answer.options if isinstance(option, MessageIdentification))
    assert stamp.timestamp == ntp.timestamp(play.now)


def test_the_list_does_not_move_the_proof() -> None:
    """Our option before it: 19 octets from 8n+5 on, so that the header ends with it."""
    play, node = protected(), Proven()
    message = update(1, flags="AHM", agents=(AGENT, SECOND))
    stamp = MessageIdentification(timestamp=ntp.timestamp(play.now))
    proof = MobilityMessageAuthentication(subtype=1, spi=SPI, authenticator=bytes(12))
    octets = play.hears(
        message.replace(options=(*message.options, stamp, proof)),
        CARE_OF,
        AGENT,
        home_address=HOME,
        seal=lambda header: authenticator(KEY, CARE_OF, HOME, header),
    )
    assert octets[-19:-12] == bytes.fromhex("09 11 01 000003e8")  # type, length 17, subtype, SPI 1000
    assert (len(octets) - 64 - 19) % 8 == 5
    play.waits(1)
    assert node.hears(play).message.status == 0
    assert play.node.binding(HOME).agents == (AGENT, SECOND)


@pytest.mark.parametrize(
    ("associations", "message"),
    [
        ((ASSOCIATION, ASSOCIATION), "two keys for one"),
        ((ASSOCIATION, SecurityAssociation(home_address=OTHER_HOME, home_agent=AGENT, spi=SPI, key=KEY)), "one key"),
    ],
)
def test_keys_that_are_shared_keep_an_agent_from_starting(associations: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        agent(associations=associations)


@pytest.mark.parametrize(("spi", "key"), [(255, KEY), (1 << 32, KEY), (256, b"short")])
def test_keys_that_are_none(spi: int, key: bytes) -> None:
    with pytest.raises(ConfigurationError):
        SecurityAssociation(home_address=HOME, home_agent=AGENT, spi=spi, key=key)


# --- what isn't understood ---


def test_unknown_options_are_skipped() -> None:
    answer = registers(agent(), options=(UnknownMobilityOption(type=99, data=b"1234"),))
    assert answer.message.status == 0


def test_an_experiment_s_option_is_no_list() -> None:
    """Type 18 with another length is RFC 5096's; M then has no list."""
    experiment = ExperimentalMobilityOption(data=b"1234")
    refused(agent(), update(1, flags="AHM", options=(experiment,)), Status.UNSPECIFIED)


def test_who_has_no_key_any_more_is_registered_no_longer() -> None:
    """Who reads its file again may leave out the key of a node that was stolen; the other one's binding stays."""
    play, node = protected(), Proven()
    node.says(play, 1, ntp.timestamp(play.now))
    play.waits(1)
    assert node.hears(play).message.status == 0
    play.is_told(Reconfigure((("associations", (ASSOCIATION,)),)))
    assert play.node.binding(HOME) is not None
    play.is_told(Reconfigure((("associations", (OTHER,)),)))
    assert play.node.binding(HOME) is None
    assert play.tells(CacheEntry, home_address=HOME, gone=True).cause == "auth_fail"
