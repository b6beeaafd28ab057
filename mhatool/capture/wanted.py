"""Which packets matter, for `capture`'s quick pass: all that these sieves leave out changes nothing in what is told."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.packet import SIGNALLING
from dissectors.profile import PROTOCOLS, Profile
from mhatool.capture.sieve import Sieve

#: What is no signalling and yet tells who is who.
_SAYS_WHO = frozenset({"router_advertisement"})
_NAMES = {"tunnel": "ipv6", "icmpv6": "icmpv6", "hop_by_hop": "hop_by_hop"}


def signalling(profile: Profile) -> Sieve:
    """Mobility signalling, router advertisements, and what has extension headers; no traffic, tunnelled or not."""
    types = frozenset(_numbers(profile, SIGNALLING | _SAYS_WHO))
    plain = _plain(profile)
    return _sieve(profile, plain, types)


def traffic(profile: Profile) -> Sieve:
    """All of IPv6 but plain TCP and UDP: tunnels and route-optimised packets too.

    What isn't there can't be late either: in files that are more than a second out of order, where nobody promises an
    order (`sighting.in_time_order`), packets may come in a better one than with all of them.
    """
    return _sieve(profile, frozenset(), None)


def _sieve(profile: Profile, tunnelled: frozenset[int], icmpv6_types: frozenset[int] | None) -> Sieve:
    protocols = {name: profile.protocol(family) for name, family in _NAMES.items()}
    return Sieve(plain=_plain(profile), tunnelled=tunnelled, icmpv6_types=icmpv6_types, **protocols)


def _plain(profile: Profile) -> frozenset[int]:
    """TCP and UDP, where their numbers mean nothing else."""
    others = {profile.protocol(family) for family in PROTOCOLS if family not in ("tcp", "udp")}
    return frozenset({profile.protocol("tcp"), profile.protocol("udp")} - others)


def _numbers(profile: Profile, symbols: Iterable[str]) -> Iterable[int]:
    """The ICMPv6 types of these messages."""
    wanted = frozenset(symbols)
    table = profile.codec.table("icmpv6")
    return (number for number, variants in table.items() if any(d.symbol in wanted for d in variants))
