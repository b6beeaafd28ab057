"""What a correspondent is told before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dissectors.profile import RFC6275, Profile
from mhatool.engine.constants import RFC6275 as RFC6275_CONSTANTS
from mhatool.engine.constants import Constants


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrespondentConfiguration:
    """A node that mobile nodes talk to, at `addresses`.

    Without `route_optimisation` it knows nothing of mobility and says so as any IPv6 node does. `node_key` is the
    secret behind keygen tokens, 20 octets, drawn where none is given. `most_bindings` is where resources end (130):
    deleted ones count as long as their sequence numbers do. With `asks_for_refresh` it sends Binding Refresh Requests
    for bindings in use.
    """

    name: str
    addresses: tuple[bytes, ...]
    profile: Profile = RFC6275
    constants: Constants = RFC6275_CONSTANTS
    route_optimisation: bool = True
    node_key: bytes | None = None
    most_bindings: int = 100_000
    asks_for_refresh: bool = True

    CHANGEABLE: ClassVar = frozenset({"most_bindings", "asks_for_refresh"})
    """What may change while it runs."""


__all__ = ["CorrespondentConfiguration"]
