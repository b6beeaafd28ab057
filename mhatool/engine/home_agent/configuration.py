"""What a home agent is told before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dissectors.profile import RFC6275, Profile
from mhatool.engine.advertising import AdvertisingConfiguration
from mhatool.engine.constants import RFC6275 as RFC6275_CONSTANTS
from mhatool.engine.constants import Constants
from mhatool.protocol.mobility_authentication import LEAST_SPI


class ConfigurationError(ValueError):
    """A node that can't start like that; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityAssociation:
    """The key that one mobile node shares with one home agent (RFC 4285, 5); no other pair may have it."""

    home_address: bytes
    home_agent: bytes
    spi: int
    key: bytes

    def __post_init__(self) -> None:
        if not LEAST_SPI <= self.spi < 1 << 32:
            raise ConfigurationError(f"an SPI of {self.spi}: from {LEAST_SPI} on they are free (RFC 4285, 5)")
        if len(self.key) < 16:
            raise ConfigurationError(f"a key of {len(self.key)} octets: 16 are the least")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAgentConfiguration:
    """A home agent on one home link.

    `advertising` names the link's interface, the prefixes with the agent's own address in each, and how much it wants
    to be taken; without `home_agent` in it the node is a router that registers nobody (status 131). `advertises` is
    False where another program sends the advertisements. `most_bindings` is where resources end (130),
    `most_bindings_of_one` where those for one mobile node do: its bindings have one care-of address; what a binding
    with L defends beside the home address is none of its own. `prohibited` are home addresses that may not register
    (129); where there are `permitted` ones, no others may. `update_rate` is how many Binding Updates it takes a second
    of each mobile node that proves itself, and else of each source; `discovery_rate` how many discovery requests it
    answers a second; 0: no limit. `associations` are the keys; with `requires_authentication` whoever has none is
    refused (146). `timestamp_window_s` is by how much clocks may differ
    (144). `peers` are home agents that it may probe beside those that advertise themselves; `restart_counter` grows by
    one each time that the node starts without its bindings (RFC 5847, 3.4), `keeps_bindings` says that this time they
    are given back to it.
    """

    name: str
    advertising: AdvertisingConfiguration
    profile: Profile = RFC6275
    constants: Constants = RFC6275_CONSTANTS
    advertises: bool = True
    most_bindings: int = 1_000_000
    most_bindings_of_one: int = 64
    prohibited: tuple[bytes, ...] = ()
    permitted: tuple[bytes, ...] = ()
    update_rate: float = 20.0
    discovery_rate: float = 1_000.0
    associations: tuple[SecurityAssociation, ...] = ()
    requires_authentication: bool = False
    timestamp_window_s: float = 7.0
    peers: tuple[bytes, ...] = ()
    restart_counter: int = 0
    keeps_bindings: bool = False

    CHANGEABLE: ClassVar = frozenset(
        {
            "associations",
            "requires_authentication",
            "timestamp_window_s",
            "prohibited",
            "permitted",
            "most_bindings",
            "most_bindings_of_one",
            "update_rate",
            "discovery_rate",
        }
    )
    """What may change while the agent runs; bindings that are held stay, but for those of who may not register then."""

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ConfigurationError(f"{self.name}: no prefix with a router_address: a home agent has an address")
        pairs = {(each.home_address, each.home_agent) for each in self.associations}
        keys = {each.key for each in self.associations}
        if len(pairs) < len(self.associations):
            raise ConfigurationError(f"{self.name}: two keys for one mobile node")
        if len(keys) < len(self.associations):
            raise ConfigurationError(f"{self.name}: two mobile nodes with one key: what one signs would fit the other")

    @property
    def interface(self) -> str:
        """The interface on the home link."""
        return self.advertising.interface

    @property
    def serves(self) -> bool:
        """Whether it is a home agent at all."""
        return self.advertising.home_agent is not None

    @property
    def addresses(self) -> tuple[bytes, ...]:
        """The agent's own global addresses on the home link."""
        prefixes = self.advertising.prefixes
        return tuple(prefix.router_address for prefix in prefixes if prefix.router_address is not None)


__all__ = ["ConfigurationError", "HomeAgentConfiguration", "SecurityAssociation"]
