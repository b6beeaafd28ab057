"""Addresses of one run as another run has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv6Network

from dissectors.ipv6 import address


class RenamingError(ValueError):
    """A rule that says nothing: the text tells what it should look like."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Addresses of the prefix `old` get the prefix `new` instead, of the same length (128: one address)."""

    old: IPv6Network
    new: IPv6Network

    def __str__(self) -> str:
        return f"{_text(self.old)}={_text(self.new)}"


def rule_of(text: str) -> Rule:
    """A rule from `OLD=NEW`, two addresses or two prefixes of the same length; RenamingError for anything else."""
    old, equals, new = text.partition("=")
    if not equals:
        raise RenamingError(f"{text!r} is no pair of addresses")
    rule = Rule(_network(old.strip()), _network(new.strip()))
    if rule.old.prefixlen != rule.new.prefixlen:
        raise RenamingError(f"{text!r} has prefixes of {rule.old.prefixlen} and {rule.new.prefixlen} bits")
    return rule


def _network(text: str) -> IPv6Network:
    try:
        return IPv6Network(text)
    except ValueError:
        raise RenamingError(f"{text!r} is no IPv6 address or prefix") from None


def _text(network: IPv6Network) -> str:
    return str(network.network_address) if network.prefixlen == 128 else str(network)


@dataclass
class Renaming:
    """Applies the rule with the longest prefix that holds an address; remembers which rules were of use."""

    rules: Iterable[Rule] = ()
    used: set[Rule] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rules = sorted(self.rules, key=lambda rule: -rule.old.prefixlen)

    def __call__(self, octets: bytes) -> bytes:
        """The address by its new name; the same one where no rule holds it."""
        number = int.from_bytes(octets)
        for rule in self.rules:
            host = int(rule.old.hostmask)
            if number & ~host == int(rule.old.network_address):
                self.used.add(rule)
                return (int(rule.new.network_address) | number & host).to_bytes(16)
        return octets

    def text(self, octets: bytes) -> str:
        """The new name as text."""
        return address.text(self(octets))
