"""A correspondent with route optimisation: return routability, bindings, every status (RFC 6275, 5.2 and 9)."""

import hashlib
import hmac
from random import Random
from typing import Any

import pytest

from dissectors.icmpv6.header import Icmpv6Error
from dissectors.ipv6.address import parse
from dissectors.mobility.binding import BindingAcknowledgement, BindingError, BindingRefreshRequest, BindingUpdate
from dissectors.mobility.return_routability import CareOfTest, CareOfTestInit, HomeTest, HomeTestInit
from dissectors.options.binding import AlternateCareOfAddress, BindingAuthorizationData, NonceIndices
from dissectors.options.header import UnknownMobilityOption
from dissectors.spec import Flags
from mhatool.engine.actions import End, SetOptimisedRoute
from mhatool.engine.commands import LinkChanged, RouteUsed, UnverifiedHomeAddress
from mhatool.engine.correspondent import Correspondent, CorrespondentConfiguration
from mhatool.engine.drops import DropReason
from mhatool.engine.events import CacheEntry
from mhatool.protocol.return_routability import authenticator
from tests.mhatool.engine.playbook import Playbook, S, Sent

PEER = parse("2001:db8:c::1")
HOME, OTHER = parse("2001:db8:1::9"), parse("2001:db8:1::8")
CARE_OF, ELSEWHERE = parse("2001:db8:2::9"), parse("2001:db8:3::9")
NODE_KEY = bytes(range(20))


def correspondent(**changes: Any) -> Playbook:
    values: dict[str, Any] = {"name": "cn", "addresses": (PEER,), "node_key": NODE_KEY, **changes}
    return Playbook(Correspondent(CorrespondentConfiguration(**values), Random(1)))


class MobileNode:
    """Runs return routability with a correspondent, and proves what it says."""

    def __init__(self, play: Playbook, home: bytes = HOME) -> None:
        self.play = play
        self.home = home
        self.home_test: Any = None
        self.care_of_test: Any = None

    def tests(self, care_of: bytes = CARE_OF) -> None:
        self.tests_home()
        self.tests_care_of(care_of)

    def tests_home(self) -> Sent:
        cookie = b"home----"
        self.play.hears(HomeTestInit(home_init_cookie=cookie, options=()), self.home, PEER)
        sent = self.play.sends(HomeTest, home_init_cookie=cookie)
        self.home_test = sent.message
        return sent

    def tests_care_of(self, care_of: bytes) -> Sent:
        cookie = b"care-of-"
        self.play.hears(CareOfTestInit(care_of_init_cookie=cookie, options=()), care_of, PEER)
        sent = self.play.sends(CareOfTest, care_of_init_cookie=cookie)
        self.care_of_test = sent.message
        return sent

    def key(self, deletes: bool = False) -> bytes:
        """Kbm (5.2.5), from the definition."""
        tokens = self.home_test.home_keygen_token
        return hashlib.sha1(tokens if deletes else tokens + self.care_of_test.care_of_keygen_token).digest()

    def updates(
        self, number: int, care_of: bytes = CARE_OF, lifetime_s: int = 400, flags: str = "A", **way: Any
    ) -> bytes:
        """Send a Binding Update with its proof; the datagram."""
        home_index = way.pop("home_index", self.home_test.home_nonce_index)
        care_of_index = way.pop("care_of_index", self.care_of_test.care_of_nonce_index)
        nonces = NonceIndices(home_nonce_index=home_index, care_of_nonce_index=care_of_index)
        more = way.pop("options", ())
        key = way.pop("key", None) or self.key(lifetime_s == 0)
        message = BindingUpdate(
            sequence_number=number,
            flags=Flags(flags),
            lifetime_s=lifetime_s,
            options=(nonces, *more, BindingAuthorizationData(authenticator=bytes(12))),
        )
        alternates = [option.care_of_address for option in more if isinstance(option, AlternateCareOfAddress)]
        proven = self.home if lifetime_s == 0 else (*alternates, care_of)[0]
        is_home = care_of == self.home
        return self.play.hears(
            message,
            care_of,
            PEER,
            home_address=None if is_home else self.home,
            seal=lambda header: authenticator(key, proven, PEER, header, at=len(header) - 12),
        )

    def is_told(self, status: int, deletes: bool = False, proven: bytes = CARE_OF, **fields: Any) -> Sent:
        """The answer, proven with the same key."""
        sent = self.play.sends(BindingAcknowledgement, status=status, **fields)
        proof = sent.options[-1]
        assert isinstance(proof, BindingAuthorizationData)
        header = sent.arrival.upper_octets
        address = self.home if deletes else proven
        hashed = header[:4] + b"\0\0" + header[6:-12]
        expected = hmac.new(self.key(deletes), address + PEER + hashed, hashlib.sha1).digest()[:12]
        assert proof.authenticator == expected == header[-12:]
        return sent


def registered(play: Playbook, number: int = 1, lifetime_s: int = 400) -> MobileNode:
    node = MobileNode(play)
    node.tests()
    node.updates(number, lifetime_s=lifetime_s)
    node.is_told(0)
    play.forgets()
    return node


# --- return routability ---


def test_tokens_are_made_of_node_key_address_and_nonce() -> None:
    """The nonces come from the node's own chance: Random(1) gives the first one here, since the key is given."""
    play = correspondent()
    node = MobileNode(play)
    home, care_of = node.tests_home(), node.tests_care_of(CARE_OF)
    assert (home.arrival.source, home.arrival.destination) == (PEER, HOME)
    assert (care_of.arrival.source, care_of.arrival.destination) == (PEER, CARE_OF)
    assert home.arrival.routed_home_address is None
    nonce = Random(1).randbytes(8)
    assert (home.message.home_nonce_index, care_of.message.care_of_nonce_index) == (1, 1)
    expected = hmac.new(NODE_KEY, HOME + nonce + b"\0", hashlib.sha1).digest()[:8]
    assert home.message.home_keygen_token == expected
    expected = hmac.new(NODE_KEY, CARE_OF + nonce + b"\1", hashlib.sha1).digest()[:8]
    assert care_of.message.care_of_keygen_token == expected


def test_a_nonce_makes_tokens_for_thirty_seconds() -> None:
    """A token may be used for 210 s and a nonce lives for 240: what is made of it later couldn't live as long."""
    play = correspondent()
    node = MobileNode(play)
    assert node.tests_home().message.home_nonce_index == 1
    play.waits(29.9)
    assert node.tests_home().message.home_nonce_index == 1
    play.waits(0.1)
    assert node.tests_home().message.home_nonce_index == 2


def test_a_node_key_is_drawn_where_none_is_given() -> None:
    play = correspondent(node_key=None)
    random = Random(1)
    key, nonce = random.randbytes(20), random.randbytes(8)
    expected = hmac.new(key, HOME + nonce + b"\0", hashlib.sha1).digest()[:8]
    assert MobileNode(play).tests_home().message.home_keygen_token == expected


@pytest.mark.parametrize(
    "message",
    [HomeTestInit(home_init_cookie=bytes(8), options=()), CareOfTestInit(care_of_init_cookie=bytes(8), options=())],
)
def test_test_inits_that_are_discarded(message: Any) -> None:
    play = correspondent()
    play.hears(message, CARE_OF, PEER, home_address=HOME)
    play.drops(DropReason.OPTION)
    play.hears(message, parse("ff02::9"), PEER)
    play.drops(DropReason.MULTICAST)
    play.hears(message, CARE_OF, parse("ff02::9"))
    play.drops(DropReason.MULTICAST)


# --- bindings ---


def test_a_binding_and_its_route() -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    node.updates(9, lifetime_s=400)
    answer = node.is_told(0, sequence_number=9, lifetime_s=400)
    assert (answer.arrival.source, answer.arrival.destination) == (PEER, CARE_OF)
    assert answer.arrival.routed_home_address == HOME
    play.sends_nothing()
    play.does(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, CARE_OF))
    entry = play.tells(CacheEntry)
    assert (entry.home_address, entry.care_of_address, entry.address, entry.flags) == (HOME, CARE_OF, PEER, "A")
    assert (entry.lifetime_s, entry.expires_ns, entry.home_registration) == (400, play.now + 400 * S, False)


def test_no_lifetime_is_longer_than_420_s() -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    node.updates(1, lifetime_s=4000)
    node.is_told(0, lifetime_s=420)  # MAX_RR_BINDING_LIFETIME
    play.waits(419.9)
    assert play.node.binding(HOME, PEER) is not None
    play.forgets()
    play.waits(0.1)
    play.does(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, None))
    assert play.tells(CacheEntry).cause == "expired"
    assert play.node.binding(HOME, PEER) is None


def test_without_a_only_refusals_are_answered() -> None:
    """RFC 6275, 9.5.4: numbers, nonces and resources."""
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    node.updates(5, flags="")
    play.sends_nothing()
    assert play.node.binding(HOME, PEER) is not None
    node.updates(5, flags="")
    node.is_told(135, sequence_number=5)


def test_a_move_needs_a_new_care_of_test() -> None:
    play = correspondent()
    node = registered(play)
    node.updates(2, care_of=ELSEWHERE)
    play.drops(DropReason.AUTHENTICATOR)
    node.tests_care_of(ELSEWHERE)
    node.updates(3, care_of=ELSEWHERE)
    node.is_told(0, proven=ELSEWHERE)
    play.does(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, ELSEWHERE))


def test_a_refresh_sets_no_route_again() -> None:
    play = correspondent()
    node = registered(play)
    node.updates(2)
    node.is_told(0)
    assert play.actions == []


def test_an_alternate_care_of_address_is_the_one_that_counts() -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests(ELSEWHERE)
    node.updates(1, options=(AlternateCareOfAddress(care_of_address=ELSEWHERE),))
    answer = node.is_told(0, proven=ELSEWHERE)
    assert answer.arrival.destination == CARE_OF
    play.does(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, ELSEWHERE))


@pytest.mark.parametrize("source", [CARE_OF, HOME], ids=["away", "at home"])
def test_a_deletion_needs_the_home_token_alone(source: bytes) -> None:
    play = correspondent()
    node = registered(play)
    node.updates(2, care_of=source, lifetime_s=0, care_of_index=0)
    answer = node.is_told(0, deletes=True, lifetime_s=0)
    assert answer.arrival.routed_home_address == (None if source == HOME else HOME)
    play.does(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, None))
    assert play.tells(CacheEntry).cause == "released"


def test_a_deleted_binding_cannot_be_replayed_while_its_nonces_live() -> None:
    """RFC 6275, 5.2.8: the number is kept for as long."""
    play = correspondent()
    node = registered(play, number=7)
    node.updates(8, lifetime_s=0)
    node.is_told(0, deletes=True)
    node.updates(7)
    node.is_told(135, sequence_number=8)
    assert play.node.binding(HOME, PEER) is None
    node.updates(9)
    node.is_told(0)


def test_a_correspondent_that_is_away_itself_is_meant_at_its_home_address() -> None:
    """RFC 6275, 6.2.7: what comes routed to it is proven with its home address, which it answers from."""
    play, away = correspondent(), parse("2001:db8:4::1")
    home_cookie, care_of_cookie = b"home----", b"care-of-"
    play.hears(HomeTestInit(home_init_cookie=home_cookie, options=()), HOME, away, routed_to=PEER)
    home = play.sends(HomeTest)
    play.hears(CareOfTestInit(care_of_init_cookie=care_of_cookie, options=()), CARE_OF, away, routed_to=PEER)
    care_of = play.sends(CareOfTest)
    assert [(each.arrival.source, each.arrival.destination) for each in (home, care_of)] == [
        (PEER, HOME),
        (PEER, CARE_OF),
    ]
    tokens = home.message.home_keygen_token + care_of.message.care_of_keygen_token
    key = hashlib.sha1(tokens).digest()
    indices = NonceIndices(
        home_nonce_index=home.message.home_nonce_index, care_of_nonce_index=care_of.message.care_of_nonce_index
    )
    update = BindingUpdate(
        sequence_number=1,
        flags=Flags("A"),
        lifetime_s=400,
        options=(indices, BindingAuthorizationData(authenticator=bytes(12))),
    )

    def prove(header: bytes) -> bytes:
        hashed = header[:4] + b"\0\0" + header[6:-12]
        return hmac.new(key, CARE_OF + PEER + hashed, hashlib.sha1).digest()[:12]

    play.hears(update, CARE_OF, away, home_address=HOME, routed_to=PEER, seal=prove)
    answer = play.sends(BindingAcknowledgement, status=0)
    assert (answer.arrival.source, answer.arrival.destination) == (PEER, CARE_OF)
    play.does(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, CARE_OF))


def test_what_was_never_bound_is_deleted_too_and_its_number_counts() -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    for number, status in ((5, 0), (6, 0), (6, 135)):
        node.updates(number, lifetime_s=0)
        node.is_told(status, deletes=True)
    assert play.actions == []
    play.waits(240)
    node.tests()
    node.updates(3)  # no nonce of that time is good any more, nor is the number known
    node.is_told(0)


# --- statuses ---


def test_130_insufficient_resources() -> None:
    play = correspondent(most_bindings=1)
    node = registered(play)
    other = MobileNode(play, OTHER)
    other.tests(ELSEWHERE)
    other.updates(1, care_of=ELSEWHERE, flags="")
    other.is_told(130, proven=ELSEWHERE)
    node.updates(2)
    node.is_told(0)
    node.updates(3, lifetime_s=0)
    node.is_told(0, deletes=True)
    play.waits(239)
    other.tests(ELSEWHERE)
    other.updates(2, care_of=ELSEWHERE)
    other.is_told(130, proven=ELSEWHERE)  # the number of the deleted one counts for 240 s
    play.waits(1)
    other.updates(3, care_of=ELSEWHERE)
    other.is_told(0, proven=ELSEWHERE)


def test_5_2_8_deletions_of_what_never_was_do_not_fill_the_memory() -> None:
    """Anybody who has a home address can prove one: a thousand of them find as much room as bindings do."""
    play = correspondent(most_bindings=10)
    statuses = []
    for last in range(1000):
        node = MobileNode(play, HOME[:8] + last.to_bytes(8))
        node.tests()
        node.updates(1, lifetime_s=0)
        statuses.append(play.sends(BindingAcknowledgement).message.status)
        play.forgets()
    assert statuses == [0] * 10 + [130] * 990
    assert len(play.node._registrations._bindings) == 10
    play.waits(240)
    assert len(play.node._registrations._bindings) == 0


def test_5_2_8_nor_do_deletions_of_what_was() -> None:
    """Bind, delete, and again with another home address: what is kept of the first ones counts."""
    play = correspondent(most_bindings=10)
    statuses = []
    for last in range(20):
        node = MobileNode(play, HOME[:8] + last.to_bytes(8))
        node.tests()
        for number, lifetime_s in ((1, 60), (2, 0)):
            node.updates(number, lifetime_s=lifetime_s)
            statuses.append(play.sends(BindingAcknowledgement).message.status)
        play.forgets()
    assert statuses == [0] * 20 + [130] * 20


def test_131_no_home_agent() -> None:
    play = correspondent()
    message = BindingUpdate(sequence_number=4, flags=Flags("AH"), lifetime_s=60, options=())
    play.hears(message, CARE_OF, PEER, home_address=HOME)
    answer = play.sends(BindingAcknowledgement, status=131, sequence_number=4)
    assert (answer.options, answer.arrival.routed_home_address) == ([], HOME)


@pytest.mark.parametrize(("home_index", "care_of_index", "status"), [(9, 1, 136), (1, 9, 137), (9, 9, 138)])
def test_136_137_138_nonces_that_never_were(home_index: int, care_of_index: int, status: int) -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    node.updates(4, home_index=home_index, care_of_index=care_of_index, flags="")
    answer = play.sends(BindingAcknowledgement, status=status, sequence_number=4)
    assert answer.options == []  # no Authorization Data with these (9.5.4)
    assert answer.arrival.routed_home_address == HOME


def test_nonces_expire_after_240_s() -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests_home()
    play.waits(30)
    node.tests_care_of(CARE_OF)
    play.waits(210)
    node.updates(1)
    node.is_told(0)
    play.waits(0.001)
    node.updates(2)
    play.sends(BindingAcknowledgement, status=136)
    node.updates(2, lifetime_s=0)
    play.sends(BindingAcknowledgement, status=136)
    play.waits(30)
    node.updates(2)
    play.sends(BindingAcknowledgement, status=138)


# --- what is discarded ---


def test_updates_without_proof() -> None:
    play = correspondent()
    node = MobileNode(play)
    node.tests()
    nonces = NonceIndices(home_nonce_index=1, care_of_nonce_index=1)
    proof = BindingAuthorizationData(authenticator=bytes(12))
    short = BindingAuthorizationData(authenticator=bytes(4))
    for options in (
        (),
        (nonces,),
        (proof,),
        (nonces, short),
        (nonces, proof, UnknownMobilityOption(type=99, data=b"")),
    ):
        message = BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=60, options=options)
        play.hears(message, CARE_OF, PEER, home_address=HOME)
        play.drops(DropReason.AUTHENTICATOR)
    node.updates(1, key=bytes(20))
    play.drops(DropReason.AUTHENTICATOR)


@pytest.mark.parametrize(
    ("source", "destination", "home", "reason"),
    [
        ("ff02::1", "2001:db8:c::1", "2001:db8:1::9", DropReason.MULTICAST),
        ("2001:db8:2::9", "ff02::1", "2001:db8:1::9", DropReason.MULTICAST),
        ("2001:db8:2::9", "2001:db8:c::1", "fe80::9", DropReason.HOME_ADDRESS),
    ],
)
def test_addresses_that_may_not_be_there(source: str, destination: str, home: str, reason: DropReason) -> None:
    play = correspondent()
    message = BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=60, options=())
    play.hears(message, parse(source), parse(destination), home_address=parse(home))
    play.drops(reason)


def test_a_care_of_address_that_nobody_can_have() -> None:
    play = correspondent()
    alternate = AlternateCareOfAddress(care_of_address=parse("ff02::1"))
    message = BindingUpdate(sequence_number=1, flags=Flags("A"), lifetime_s=60, options=(alternate,))
    play.hears(message, CARE_OF, PEER, home_address=HOME)
    play.drops(DropReason.CARE_OF_ADDRESS)


# --- asking for more, giving up ---


def test_a_binding_in_use_is_asked_for_again_when_a_quarter_is_left() -> None:
    play = correspondent()
    registered(play, lifetime_s=400)
    play.is_told(RouteUsed(HOME, PEER))
    play.waits(299.9)
    play.sends_nothing()
    play.waits(0.1)
    sent = play.sends(BindingRefreshRequest)
    assert (sent.arrival.source, sent.arrival.destination) == (PEER, HOME)
    assert sent.arrival.routed_home_address is None
    play.waits(1000)
    play.sends_nothing()


@pytest.mark.parametrize("asks", [True, False])
def test_who_does_not_use_it_or_does_not_want_to_asks_nobody(asks: bool) -> None:
    play = correspondent(asks_for_refresh=asks)
    registered(play, lifetime_s=400)
    play.is_told(RouteUsed(HOME if not asks else OTHER, PEER))
    play.waits(399)
    play.sends_nothing()


def unreachable(play: Playbook, care_of: bytes = CARE_OF, icmp_type: int = 1, home: bytes | None = HOME) -> None:
    """A router says that a packet of ours found nobody: one with a type 2 routing header for the home address."""
    quoted = bytes.fromhex("60000000 0000 3b40") + PEER + care_of
    if home is not None:
        quoted = bytes.fromhex("60000000 0018 2b40") + PEER + care_of + bytes.fromhex("3b020201 00000000") + home
    message = Icmpv6Error(icmp_type=icmp_type, code=3, parameter=0, quoted=quoted)
    play.hears(message, parse("2001:db8:99::1"), PEER)


def test_a_care_of_address_that_stays_unreachable_is_given_up() -> None:
    play = correspondent()
    registered(play)
    unreachable(play)
    unreachable(play)
    assert play.node.binding(HOME, PEER) is not None
    unreachable(play)
    assert play.node.binding(HOME, PEER) is None
    play.does(SetOptimisedRoute(End.CORRESPONDENT, HOME, PEER, None))
    assert play.tells(CacheEntry).cause == "unreachable"


def test_an_update_between_them_counts_more() -> None:
    play = correspondent()
    node = registered(play)
    unreachable(play)
    unreachable(play)
    node.updates(2)
    node.is_told(0)
    unreachable(play)
    assert play.node.binding(HOME, PEER) is not None


def test_the_routing_header_tells_whose_care_of_address_it_is() -> None:
    """A mobile router's nodes, or two home addresses of one node, may be at the same one (9.3.4: based on an entry)."""
    play = correspondent()
    for home in (HOME, OTHER):
        node = MobileNode(play, home)
        node.tests()
        node.updates(1)
        play.forgets()
    for _ in range(3):
        unreachable(play, home=OTHER)
    assert play.node.binding(OTHER, PEER) is None
    assert play.node.binding(HOME, PEER) is not None
    unreachable(play, home=OTHER)  # it isn't counted for the other one either
    assert play.node.binding(HOME, PEER) is not None


def test_errors_about_others_mean_nothing() -> None:
    play = correspondent()
    registered(play)
    unreachable(play, ELSEWHERE)
    play.drops(DropReason.NOT_OUR_ROLE)
    for _ in range(3):
        unreachable(play, home=None)  # what didn't go by the binding, as a Care-of Test
        play.drops(DropReason.NOT_OUR_ROLE)
    assert play.node.binding(HOME, PEER) is not None
    unreachable(play, icmp_type=3)
    play.drops(DropReason.NOT_OUR_ROLE)


# --- all else ---


def test_a_home_address_that_no_binding_covers() -> None:
    play = correspondent()
    play.is_told(UnverifiedHomeAddress(CARE_OF, PEER, HOME))
    sent = play.sends(BindingError, status=1, home_address=HOME)
    assert (sent.arrival.source, sent.arrival.destination) == (PEER, CARE_OF)
    play.is_told(LinkChanged("eth0"))
    play.sends_nothing()


def test_a_message_for_mobile_nodes_is_none_of_its_business() -> None:
    play = correspondent()
    play.hears(BindingRefreshRequest(options=()), CARE_OF, PEER)
    play.drops(DropReason.NOT_OUR_ROLE)
