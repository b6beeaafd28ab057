"""A mobile node among scripted routers, agents and correspondents: what its tests have in common."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Any

from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest
from dissectors.icmpv6.neighbour_discovery import NeighborAdvertisement, NeighborSolicitation, RouterAdvertisement
from dissectors.icmpv6.options import HomeAgentInformation, PrefixInformation, TargetLinkLayerAddress
from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.binding import BindingAcknowledgement, BindingUpdate
from dissectors.mobility.return_routability import CareOfTest, CareOfTestInit, HomeTest, HomeTestInit
from dissectors.options.binding import BindingAuthorizationData, BindingRefreshAdvice
from dissectors.spec import Flags, Option
from mhatool.engine.commands import LinkChanged, PacketTunnelled
from mhatool.engine.departure import ON_LINK
from mhatool.engine.mobile_node import MobileNode, MobileNodeConfiguration
from mhatool.protocol import return_routability
from tests.mhatool.engine.playbook import Playbook, Sent

LINK = bytes.fromhex("0240264c51fd")
HOME_PREFIX, ABROAD, ELSEWHERE = (parse(text) for text in ("2001:db8:1::", "2001:db8:2::", "2001:db8:3::"))
IDENTIFIER = bytes.fromhex("004026fffe4c51fd")  # LINK with ff:fe inside and the universal bit turned
HOME = HOME_PREFIX[:8] + IDENTIFIER
CARE_OF, CARE_OF_ELSEWHERE = ABROAD[:8] + IDENTIFIER, ELSEWHERE[:8] + IDENTIFIER
LINK_LOCAL = parse("fe80::")[:8] + IDENTIFIER
AGENT1, AGENT2, AGENT3 = (parse(f"2001:db8:1::{n}") for n in (1, 2, 3))
AGENT_LINKS = {agent: bytes.fromhex(f"0200000001{n:02x}") for n, agent in enumerate((AGENT1, AGENT2, AGENT3), 1)}
PEER = parse("2001:db8:9::9")
ROUTERS = {HOME_PREFIX: parse("fe80::1"), ABROAD: parse("fe80::2"), ELSEWHERE: parse("fe80::3")}
ROUTER_LINKS = {prefix: bytes.fromhex(f"0200000000{n:02x}") for n, prefix in enumerate(ROUTERS, 1)}
ALL_NODES = parse("ff02::1")
ANYCAST = parse("2001:db8:1:0:fdff:ffff:ffff:fffe")
ALARM = 7
"""The identifier of the failure that is told of."""
HOME_TOKEN, CARE_OF_TOKEN = b"home.tok", b"care.tok"


def configuration(**changes: Any) -> MobileNodeConfiguration:
    """A mobile node that asks for 420 s."""
    return MobileNodeConfiguration(**{"name": "mn", "home_address": HOME, **changes})


def advertisement(
    prefix: bytes, *, agent: bytes | None = None, valid_s: int = 86_400, lifetime_s: int = 1800, preference: int = 0
) -> RouterAdvertisement:
    """What a router says: this prefix is on the link; or what an agent says, with its own address in the option."""
    options: tuple[Option, ...] = (
        PrefixInformation(
            prefix_length=64,
            flags=Flags("LAR" if agent is not None else "LA"),
            valid_lifetime_s=valid_s,
            preferred_lifetime_s=valid_s // 2,
            prefix=agent or prefix,
        ),
    )
    if agent is not None and preference:
        options += (
            HomeAgentInformation(flags=Flags(), home_agent_preference=preference, home_agent_lifetime_s=lifetime_s),
        )
    return RouterAdvertisement(
        flags=Flags("H" if agent is not None else ""), router_lifetime_s=lifetime_s, options=options
    )


class Journey(Playbook):
    """Moves a node about, and answers for those that it meets."""

    def __init__(self, *, seed: int = 1, has_router: bool = False, **changes: Any) -> None:
        settings = configuration(**changes)
        super().__init__(MobileNode(settings, Random(seed)), settings.profile, "eth0")
        self.settings = settings
        self.has_router = has_router
        """Whether routers answer solicitations for them; nobody has to ask for those then."""
        self.agents_answer = True
        """Whether agents answer solicitations for their own addresses; likewise."""

    def _collect(self) -> None:
        super()._collect()
        if self.agents_answer:
            self._answer_for_agents()
        if not self.has_router:
            return
        asked = [sent for sent in self._sent if getattr(sent.message, "target", None) in ROUTERS.values()]
        self._sent = [sent for sent in self._sent if sent not in asked]
        for sent in asked:
            self.hears_neighbour(sent.message.target, sent.arrival.source)

    def _answer_for_agents(self) -> None:
        asked = [sent for sent in self._sent if getattr(sent.message, "target", None) in AGENT_LINKS]
        self._sent = [sent for sent in self._sent if sent not in asked]
        for sent in asked:
            self.hears_agent(sent.message.target)

    def hears_agent(self, agent: bytes) -> None:
        """An agent tells all nodes its link-layer address, as whoever is asked by nobody does (RFC 4861, 7.2.4)."""
        where = TargetLinkLayerAddress(link_layer_address=AGENT_LINKS[agent])
        message = NeighborAdvertisement(flags=Flags("RO"), target=agent, options=(where,))
        self.hears(message, agent, ALL_NODES, link_source=AGENT_LINKS[agent], hop_limit=ON_LINK)

    def hears_neighbour(self, router: bytes, asker: bytes) -> None:
        """A router answers: to all nodes where nobody says who asks (RFC 4861, 7.2.4)."""
        is_nobody = asker == UNSPECIFIED
        message = NeighborAdvertisement(flags=Flags("RO" if is_nobody else "RSO"), target=router, options=())
        self.hears(message, router, ALL_NODES if is_nobody else asker, hop_limit=ON_LINK)

    # --- links ---

    def comes_up(self) -> None:
        """It starts; what it does about that doesn't matter."""
        self.starts(eth0=LINK)
        self.waits(2)
        self.forgets()

    def hears_router(self, prefix: bytes, *, source: bytes | None = None, **facts: Any) -> None:
        """A router advertisement of the link with this prefix."""
        self.hears(
            advertisement(prefix, **facts),
            source or ROUTERS[prefix],
            ALL_NODES,
            link_source=ROUTER_LINKS[prefix],
            hop_limit=ON_LINK,
        )

    def is_carried_to(self, prefix: bytes, **facts: Any) -> None:
        """It is attached to another link, whose router speaks at once; its new address passes its trial."""
        self.is_told(LinkChanged("eth0"))
        self.hears_router(prefix, **facts)
        self.waits(1)

    def returns_home(self, **facts: Any) -> None:
        """It is attached to the home link, whose router speaks at once."""
        self.is_told(LinkChanged("eth0"))
        self.hears_router(HOME_PREFIX, **facts)

    def goes_abroad(self, *agents: bytes, prefix: bytes = ABROAD) -> list[Sent]:
        """From start to a foreign link, where discovery finds these agents: the Binding Updates that leave."""
        self.comes_up()
        self.is_carried_to(prefix)
        self.is_offered(*agents)
        return self.updates()

    def goes_abroad_to_given(self) -> list[Sent]:
        """The same without discovery, since its agents are given."""
        self.comes_up()
        self.is_carried_to(ABROAD)
        return self.updates()

    def is_offered(self, *agents: bytes) -> None:
        """An agent answers the discovery request that is out."""
        request = self.finds(DhaadRequest)
        reply = DhaadReply(identifier=request.message.identifier, flags=Flags(), home_agents=agents)
        self.hears(reply, agents[0] if agents else AGENT1, request.arrival.source)

    def takes_updates(self) -> list[Sent]:
        """The Binding Updates that were not asked for yet; the rest of what was sent stays."""
        found = [sent for sent in self._sent if isinstance(sent.message, BindingUpdate)]
        self._sent = [sent for sent in self._sent if sent not in found]
        return found

    def updates(self) -> list[Sent]:
        """The Binding Updates that were not asked for yet; the rest of what was sent is forgotten."""
        found = [sent for sent in self._sent if isinstance(sent.message, BindingUpdate)]
        self._sent.clear()
        return found

    # --- peers ---

    def is_answered(
        self,
        update: Sent,
        status: int = 0,
        *,
        lifetime_s: int | None = None,
        refresh_s: int | None = None,
        number: int | None = None,
        options: tuple[Option, ...] = (),
        **way: Any,
    ) -> None:
        """The acknowledgement of a Binding Update, routed to the home address; plain where it came from there."""
        message = update.message
        if refresh_s is not None:
            options = (BindingRefreshAdvice(refresh_interval_s=refresh_s), *options)
        granted = message.lifetime_s if lifetime_s is None else lifetime_s
        acknowledgement = BindingAcknowledgement(
            status=status,
            flags=Flags(),
            sequence_number=message.sequence_number if number is None else number,
            lifetime_s=granted if status < 128 else 0,
            options=options,
        )
        arrival = update.arrival
        routed_to = HOME if arrival.source != HOME else None
        self.hears(acknowledgement, arrival.destination, arrival.source, routed_to=routed_to, **way)

    def is_registered_with(self, *agents: bytes) -> None:
        """Abroad, and every agent has accepted."""
        for update in self.goes_abroad(*agents):
            self.is_answered(update)
        self.forgets()

    def answers_tests(self, *, home_index: int = 7, care_of_index: int = 8) -> None:
        """The correspondent answers both tests that are out: the home test through the agent."""
        home = self.finds(HomeTestInit)
        care_of = self.finds(CareOfTestInit)
        self.hears_home_test(home, home_index=home_index)
        self.hears_care_of_test(care_of, care_of_index=care_of_index)

    def hears_care_of_test(self, asked: Sent, *, care_of_index: int = 8) -> None:
        """The answer to a Care-of Test Init."""
        answer = CareOfTest(
            care_of_nonce_index=care_of_index,
            care_of_init_cookie=asked.message.care_of_init_cookie,
            care_of_keygen_token=CARE_OF_TOKEN,
            options=(),
        )
        self.hears(answer, asked.arrival.destination, asked.arrival.source)

    def hears_home_test(self, asked: Sent, *, home_index: int = 7, through: bytes | None = AGENT1) -> None:
        """The answer to a Home Test Init, tunnelled by an agent; None: straight to the home address."""
        answer = HomeTest(
            home_nonce_index=home_index,
            home_init_cookie=asked.message.home_init_cookie,
            home_keygen_token=HOME_TOKEN,
            options=(),
        )
        tunnel = (through, asked.arrival.through) if through is not None and asked.arrival.through else None
        self.hears(answer, asked.arrival.destination, asked.arrival.source, tunnel=tunnel)

    def uses_peer(self) -> None:
        """A packet of the correspondent comes through the tunnel."""
        self.is_told(PacketTunnelled(HOME, PEER))

    def is_optimising_with(self, *agents: bytes, **indices: int) -> Sent:
        """Registered, and both tests with the correspondent are answered: the Binding Update that follows."""
        self.is_registered_with(*agents)
        self.uses_peer()
        self.answers_tests(**indices)
        (update,) = self.updates()
        return update

    def is_optimised_with(self, *agents: bytes) -> None:
        """And the correspondent has accepted."""
        self.is_answered_by_correspondent(self.is_optimising_with(*agents))
        self.forgets()

    def is_answered_by_correspondent(
        self, update: Sent, status: int = 0, *, key: bytes | None = None, bound: bytes | None = None, **facts: Any
    ) -> None:
        """The correspondent's acknowledgement, with the proof that its tokens make."""
        tokens = HOME_TOKEN if update.message.lifetime_s == 0 else HOME_TOKEN + CARE_OF_TOKEN
        own = key or hashlib.sha1(tokens).digest()
        address = bound or (HOME if update.message.lifetime_s == 0 else update.arrival.source)
        self.is_answered(
            update,
            status,
            options=(BindingAuthorizationData(authenticator=bytes(12)),),
            seal=lambda header: return_routability.authenticator(own, address, PEER, header, at=len(header) - 12),
            **facts,
        )

    # --- home agents that fail ---

    def hears_alarm(
        self,
        *named: bytes,
        sender: bytes = AGENT2,
        to: bytes = CARE_OF,
        routed_to: bytes | None = HOME,
        code: int = 0,
        **way: Any,
    ) -> None:
        """A home agent says that others are unreachable, to the care-of address, routed to the home address."""
        message = HomeAgentUnreachable(code=code, identifier=ALARM, unreachable=named)
        self.hears(message, sender, to, routed_to=routed_to, **way)

    # --- neighbours ---

    def hears_duplicate(self, address: bytes) -> None:
        """Somebody has the address already."""
        message = NeighborAdvertisement(flags=Flags("O"), target=address, options=())
        self.hears(message, address, ALL_NODES, hop_limit=ON_LINK)

    def solicitations(self) -> list[Sent]:
        """The neighbour solicitations that were not asked for yet; the rest of what was sent is forgotten."""
        found = [sent for sent in self._sent if isinstance(sent.message, NeighborSolicitation)]
        self._sent.clear()
        return found


def options_of(sent: Sent) -> dict[str, Any]:
    """A message's options by their symbols, without padding."""
    return {option.__declaration__.symbol: option for option in sent.options}
