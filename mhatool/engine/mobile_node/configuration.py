"""What somebody decides about a mobile node before it comes up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dissectors.ipv6.address import is_routable_unicast, text
from dissectors.options.identity import MessageIdentification, MobilityMessageAuthentication
from dissectors.profile import RFC6275, Profile
from mhatool.engine.constants import RFC6275 as RFC6275_CONSTANTS
from mhatool.engine.constants import Constants
from mhatool.engine.mobile_node.behaviour import Behaviour, behaviour_of
from mhatool.protocol.mobility_authentication import LEAST_SPI
from mhatool.protocol.neighbourhood import home_agents_anycast

MOST_HOME_AGENTS = 15
"""What a Multiple Home Agents option can list (the paper, Fig. 8; an option's length is one octet)."""


class ConfigurationError(ValueError):
    """A configuration that no node can work with; the text says which field and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityAssociation:
    """The secret that the node shares with one home agent (RFC 4285); no two agents may have the same key."""

    home_agent: bytes
    spi: int
    key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileNodeConfiguration:
    """A mobile node with one interface and one home address.

    `home_agents` is how many agents it registers with at once, 1 to 15 (1: plain Mobile IPv6); `static_home_agents` are
    taken in this order in place of what discovery finds. `lifetime_s` is what it asks for. `link_local` sets the L bit:
    the agents defend the home address's link-local namesake too. `movement_detection_s` is how long the router so far
    is asked before another prefix counts as another link, where nobody tells of a link's change; 0 believes at once.
    `attached_at_home`: as it comes up, it is at home and its machine knows that already.
    `first_sequence_numbers` are those of the first Binding Update to each peer; others draw theirs.
    `optimise_routes` runs return routability with who sends through the tunnel; `acknowledge_correspondents` sets the A
    bit there, and `most_correspondents` is how many it has at a time. `give_up_s` is for how long a correspondent that
    doesn't take part isn't asked again.
    """

    name: str
    home_address: bytes
    home_prefix_length: int = 64
    interface: str = "eth0"
    profile: Profile = RFC6275
    constants: Constants = RFC6275_CONSTANTS
    behaviour: Behaviour | None = None
    home_agents: int = 2
    static_home_agents: tuple[bytes, ...] = ()
    lifetime_s: int = 420
    link_local: bool = True
    movement_detection_s: float = 3.0
    attached_at_home: bool = False
    first_sequence_numbers: tuple[tuple[bytes, int], ...] = ()
    security_associations: tuple[SecurityAssociation, ...] = ()
    replay_protection: bool = True
    optimise_routes: bool = True
    acknowledge_correspondents: bool = True
    most_correspondents: int = 100
    give_up_s: float = 600.0
    search_again_s: float = 60.0

    CHANGEABLE: ClassVar = frozenset(
        {
            *("security_associations", "replay_protection", "lifetime_s", "movement_detection_s"),
            *("optimise_routes", "most_correspondents", "give_up_s", "search_again_s"),
        }
    )
    """What may change while the node runs; the next message or timer that needs it goes by it."""

    def __post_init__(self) -> None:
        """ConfigurationError where a field can't be."""
        self._check_numbers()
        self._check_keys()

    def _check_numbers(self) -> None:
        if not 1 <= self.home_agents <= MOST_HOME_AGENTS:
            raise ConfigurationError(f"home_agents = {self.home_agents}: 1 to {MOST_HOME_AGENTS} are possible")
        if len(self.home_address) != 16:
            raise ConfigurationError(f"home_address has {len(self.home_address)} octets: an address has 16")
        if not is_routable_unicast(self.home_address) or self.home_address == self.home_prefix:
            what = f"home_address = {text(self.home_address)}: no node has this for its own (RFC 4291, 2)"
            raise ConfigurationError(f"{what}; give one of the home link's")
        if not 4 <= self.lifetime_s < 4 << 16:
            raise ConfigurationError(f"lifetime_s = {self.lifetime_s}: a Binding Update carries 4 to 262140 seconds")
        if self.home_prefix_length != 64:
            raise ConfigurationError(f"home_prefix_length = {self.home_prefix_length}: addresses are formed with 64")

    @property
    def can_authenticate(self) -> bool:
        """Whether the profile has RFC 4285's options; draft 19 has not."""
        options = (MobilityMessageAuthentication, MessageIdentification)
        return all(self.profile.code_points(option.__declaration__) for option in options)

    def _check_keys(self) -> None:
        if self.security_associations and not self.can_authenticate:
            raise ConfigurationError(
                f"security_associations: the profile {self.profile.name} has no option that could carry the proof"
            )
        keys = [association.key for association in self.security_associations]
        if len(set(keys)) != len(keys):
            raise ConfigurationError(
                "security_associations: two agents share a key, and the keyed hash doesn't cover the agent's address"
            )
        for association in self.security_associations:
            if association.spi < LEAST_SPI:
                raise ConfigurationError(f"spi = {association.spi}: those below {LEAST_SPI} are reserved (RFC 4285, 5)")

    @property
    def home_prefix(self) -> bytes:
        """The home link's prefix, 16 octets."""
        return self.home_address[:8] + bytes(8)

    @property
    def home_subnet(self) -> tuple[bytes, int]:
        """The same with its length in bits."""
        return self.home_prefix, self.home_prefix_length

    @property
    def anycast_address(self) -> bytes:
        """The address of any home agent of the home link (RFC 6275, 10.5; RFC 2526)."""
        return home_agents_anycast(self.home_address)

    @property
    def how(self) -> Behaviour:
        """The behaviour given, or the profile's."""
        return self.behaviour if self.behaviour is not None else behaviour_of(self.profile.name)


__all__ = ["MOST_HOME_AGENTS", "ConfigurationError", "MobileNodeConfiguration", "SecurityAssociation"]
