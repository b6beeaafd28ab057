"""What a scenario says of attackers: packets that they make up, and packets that they hear and send again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mhatool.network.scenario.convert import Instant

_START = Instant(0.0)
_MOST = 100_000
#: A value of a message's field.
FieldValue = int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeryPlan:
    """A packet that `node` makes up and sends at an instant; or `times` of them, `every_s` apart.

    `message` is a layer's type as in records (`binding_update`), `fields` its fields by name; those not given are
    defaults or zero. Addresses, options, headers, tunnels and `home_address` mean what they mean to `mhatool craft`:
    `source` may be anybody's. It leaves as the routes say, or by `interface`, to `link_destination` if one is given.
    """

    at: Instant
    node: str
    message: str
    source: bytes
    destination: bytes
    home_address: bytes | None = None
    alternate_care_of_address: bytes | None = None
    home_agents: tuple[bytes, ...] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    tunnels: tuple[str, ...] = ()
    hop_limit: int | None = None
    interface: str = ""
    link_destination: bytes | None = None
    times: int = 1
    every_s: float = 0.0

    def __post_init__(self) -> None:
        """ValueError where a field can't be."""
        if not 1 <= self.times <= _MOST:
            raise ValueError(f"times = {self.times}: 1 to {_MOST:,}")
        if self.link_destination is not None and (len(self.link_destination) != 6 or not self.interface):
            raise ValueError("link_destination has six octets, and is given together with interface")
        _check_addresses(self, "source", "destination", "home_address", "alternate_care_of_address")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """A packet that `node` hears on a `link`, on which it is, and sends again at an instant.

    It is the packet with the `number`-th such message since an instant, counted from 1: from `source` and to
    `destination` where they are given, as its outermost header says. `new_source` and `new_destination` replace these,
    with a checksum that fits; else not an octet is changed.
    """

    at: Instant
    node: str
    link: str
    message: str
    number: int = 1
    since: Instant = _START
    source: bytes | None = None
    destination: bytes | None = None
    new_source: bytes | None = None
    new_destination: bytes | None = None

    def __post_init__(self) -> None:
        """ValueError where a field can't be."""
        if self.number < 1:
            raise ValueError(f"number = {self.number}: they are counted from 1")
        _check_addresses(self, "source", "destination", "new_source", "new_destination")


def _check_addresses(plan: object, *names: str) -> None:
    for name in names:
        octets = getattr(plan, name)
        if octets is not None and len(octets) != 16:
            raise ValueError(f"{name} is no address")


__all__ = ["FieldValue", "ForgeryPlan", "ReplayPlan"]
