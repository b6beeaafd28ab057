"""Datagrams that nodes send: a message with the headers that its way asks for."""

from __future__ import annotations

from typing import Any

from dissectors.build import Layer, build, layer
from dissectors.ipv6.header import DestinationOptions, HomeAddress, Ipv6, RoutingType2
from dissectors.padding import padded
from dissectors.profile import Profile

HOP_LIMIT = 64
ON_LINK = 255
"""What neighbour discovery has to have (RFC 4861, 4)."""


class Writer:
    """From messages to datagrams, by one profile; options get their padding, lengths and checksums are filled in."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def write(
        self,
        message: Any,
        source: bytes,
        destination: bytes,
        *,
        home_address: bytes | None = None,
        routed_to: bytes | None = None,
        tunnel: tuple[bytes, bytes] | None = None,
        hop_limit: int = HOP_LIMIT,
    ) -> bytes:
        """A datagram from its IPv6 header on.

        `home_address` puts a Home Address option before the message; `routed_to` a type 2 routing header with this home
        address (the destination is then the care-of address); `tunnel` an IPv6 header around it, from and to these.
        """
        layers: list[Layer] = []
        if tunnel is not None:
            layers.append(layer(Ipv6(source=tunnel[0], destination=tunnel[1], hop_limit=HOP_LIMIT)))
        layers.append(layer(Ipv6(source=source, destination=destination, hop_limit=hop_limit)))
        if routed_to is not None:
            layers.append(layer(RoutingType2(segments_left=1, home_address=routed_to)))
        if home_address is not None:
            options = DestinationOptions(options=(HomeAddress(home_address=home_address),))
            layers.append(layer(padded(options, self.profile)))
        layers.append(layer(padded(message, self.profile)))
        return build(layers, self.profile)


__all__ = ["HOP_LIMIT", "ON_LINK", "Writer"]
