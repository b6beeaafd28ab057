"""What a frame holds, as the walker found it: layers outermost first, and the datagrams they make up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dissectors.view import Problem, View

#: Layers whose message is mobility signalling: what `dissect` shows by default.
SIGNALLING = frozenset(
    {
        "binding_refresh_request",
        "home_test_init",
        "care_of_test_init",
        "home_test",
        "care_of_test",
        "binding_update",
        "binding_acknowledgement",
        "binding_error",
        "ha_switch",
        "heartbeat",
        "experimental_mobility",
        "mobility",
        "dhaad_request",
        "dhaad_reply",
        "mobile_prefix_solicitation",
        "mobile_prefix_advertisement",
        "home_agent_unreachable",
        "fmipv6",
    }
)


@dataclass(slots=True)
class Datagram:
    """One IPv6 header and what it carries.

    `home_address` is the Home Address option's, `final_destination` the address of a routing header with segments
    left: they take the place of source and destination for checksums and for whoever is meant. `depth` counts the
    tunnels around it.
    """

    ipv6: View
    source: bytes
    destination: bytes
    depth: int
    quoted: bool
    extensions: list[View] = field(default_factory=list)
    upper: View | None = None
    home_address: bytes | None = None
    final_destination: bytes | None = None
    outer: Datagram | None = None

    @property
    def true_source(self) -> bytes:
        """The home address where a Home Address option names one, else the source."""
        return self.home_address if self.home_address is not None else self.source

    @property
    def true_destination(self) -> bytes:
        """The final destination of a routing header, else the destination."""
        return self.final_destination if self.final_destination is not None else self.destination

    @property
    def is_signalling(self) -> bool:
        """Whether it carries a mobility message of its own (a quoted one is none)."""
        return not self.quoted and self.upper is not None and self.upper.type in SIGNALLING


@dataclass(slots=True)
class Packet:
    """A dissected frame."""

    octets: bytes
    layers: list[View] = field(default_factory=list)
    datagrams: list[Datagram] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)  # of the frame as such: no layer has them

    @property
    def is_signalling(self) -> bool:
        """Whether any datagram in it, tunnelled ones included, is mobility signalling."""
        return any(datagram.is_signalling for datagram in self.datagrams)

    def find(self, type_: str) -> Iterator[View]:
        """The layers of a type that aren't quoted."""
        return (layer for layer in self.layers if layer.type == type_ and not layer.quoted)

    def json(self, *, octets: bool = False) -> list[dict[str, Any]]:
        """The layers as records show them."""
        layers = [layer.json(octets=octets) for layer in self.layers]
        if self.problems:
            layers.append(
                {
                    "type": "payload",
                    "offset": self.problems[0].offset,
                    "length": len(self.octets),
                    "problems": [problem.json() for problem in self.problems],
                }
            )
        return layers
