"""What a router is told before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from dissectors.profile import RFC6275, Profile
from mhatool.engine import constants as timing
from mhatool.engine.advertising import AdvertisingConfiguration


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedNetwork:
    """A prefix that the router tells others of: it is on one of its links.

    `interface` is the one to that link, while which is down the router can't reach the prefix; empty: it always can.
    """

    prefix: bytes
    prefix_length: int = 64
    metric: int = 1
    interface: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RipngConfiguration:
    """RIPng on `interfaces` (names). Times in seconds; RFC 2080's by default (2.3 and 2.5.1).

    An update leaves `update_s` after the one before, give or take `update_jitter_s`. `poisons`: what came by an
    interface is told there with metric 16, not left out (split horizon with poisoned reverse).
    """

    interfaces: tuple[str, ...]
    networks: tuple[ConnectedNetwork, ...] = ()
    update_s: float = 30.0
    update_jitter_s: float = 15.0
    timeout_s: float = 180.0
    garbage_s: float = 120.0
    triggered_minimum_s: float = 1.0
    triggered_maximum_s: float = 5.0
    cost: int = 1
    poisons: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterConfiguration:
    """A router: where it advertises what, and whether it speaks RIPng."""

    name: str
    profile: Profile = RFC6275
    constants: timing.Constants = timing.RFC6275
    advertising: tuple[AdvertisingConfiguration, ...] = ()
    ripng: RipngConfiguration | None = None


__all__ = ["ConnectedNetwork", "RipngConfiguration", "RouterConfiguration"]
