"""What a frame holds, as the walker found it: layers outermost first, and the datagrams they make up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from dissectors.view import Problem, View

if TYPE_CHECKING:
    from dissectors.form import Form

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

#: Layers that never leave their link, shown by a hop limit of 255: RFC 4861, 4; RFC 5568, 6.1; RFC 2080, 2.4.2.
ON_LINK = frozenset(
    {
        "router_solicitation",
        "router_advertisement",
        "neighbor_solicitation",
        "neighbor_advertisement",
        "redirect",
        "fmipv6",
        "ripng",
    }
)


class Datagram:
    """One IPv6 header and what it carries.

    `home_address` is the Home Address option's, `final_destination` the address of a routing header with segments
    left: they take the place of source and destination for checksums and for whoever is meant. `is_unsure` says that a
    header names somebody and it can't be read whom, or that several home addresses are named. `depth` counts the
    tunnels around it, `outer` is the nearest of them.
    """

    __slots__ = (
        "_extensions",
        "_ipv6",
        "_upper",
        "depth",
        "destination",
        "final_destination",
        "home_address",
        "is_unsure",
        "outer",
        "quoted",
        "source",
    )

    form: Form | None = None
    """What frames like this one have in common, where that is known: see `dissectors.form`."""

    def __init__(
        self, ipv6: View, source: bytes, destination: bytes, depth: int, quoted: bool, outer: Datagram | None = None
    ) -> None:
        self._ipv6 = ipv6
        self._extensions: list[View] = []
        self._upper: View | None = None
        self.source = source
        self.destination = destination
        self.depth = depth
        self.quoted = quoted
        self.outer = outer
        self.home_address: bytes | None = None
        self.final_destination: bytes | None = None
        self.is_unsure = False

    def name(self, home_addresses: Sequence[bytes], final_destination: bytes | None) -> None:
        """What a header names (see `ipv6.true_ends`): of destinations the last counts, of home addresses the first.

        Which of several home addresses the sender meant nobody knows: RFC 6275, 6.3 forbids a second one.
        """
        for home_address in home_addresses:
            self.home_address = self.home_address or home_address or None
            self.is_unsure |= home_address != self.home_address
        if final_destination is not None:
            self.final_destination = final_destination or None
            self.is_unsure |= not final_destination

    @property
    def ipv6(self) -> View:
        """The IPv6 header."""
        return self._ipv6

    @property
    def extensions(self) -> list[View]:
        """The headers between, in order; ESP too, where one can look inside."""
        return self._extensions

    @property
    def upper(self) -> View | None:
        """What it carries; None where that is another datagram, nothing, or not understood."""
        return self._upper

    def carry(self, view: View) -> None:
        """Set `upper`."""
        self._upper = view

    @property
    def hop_limit(self) -> int:
        """The IPv6 header's; 0 where it isn't there."""
        limit: int = self._ipv6.get("hop_limit", 0)
        return limit

    @property
    def length(self) -> int:
        """Octets from the IPv6 header on, as the header says; 40 of a jumbogram."""
        return 40 + int(self._ipv6.get("payload_length", 0))

    def octets_from(self, offset: int) -> bytes:
        """Its octets from there on, counted from the beginning of the IPv6 header."""
        view = self.ipv6
        return view.octets[view.start + offset : view.start + self.length]

    @property
    def routed_home_address(self) -> bytes | None:
        """The home address in a type 2 routing header, whatever its segments left; None without one."""
        for view in self._extensions:
            home_address: bytes | None = view.get("home_address") if view.type == "routing" else None
            if home_address is not None:
                return home_address
        return None

    @property
    def headers(self) -> tuple[str, ...]:
        """The types of `extensions`."""
        return tuple([view.type for view in self._extensions])

    @property
    def carries(self) -> str:
        """The type of `upper`, "" for None."""
        return self._upper.type if self._upper is not None else ""

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
        return not self.quoted and self.carries in SIGNALLING


class Packet:
    """A dissected frame."""

    __slots__ = ("_layers", "_problems", "datagrams", "octets")

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.datagrams: list[Datagram] = []
        self._layers: list[View] = []
        self._problems: list[Problem] = []

    @property
    def layers(self) -> list[View]:
        """Every layer, outermost first."""
        return self._layers

    @property
    def problems(self) -> list[Problem]:
        """Those of the frame as such: no layer has them."""
        return self._problems

    @property
    def is_signalling(self) -> bool:
        """Whether any datagram in it, tunnelled ones included, is mobility signalling."""
        return any(datagram.is_signalling for datagram in self.datagrams)

    def left_over(self, message: View) -> int:
        """The octets of the IPv6 payload behind a Mobility Header.

        What a tunnel's payload has behind the packet in it may begin there too: it is behind no Payload Proto.
        """
        behind = (
            layer.end - layer.start
            for layer in self._layers
            if layer.extra.get("trailing") and layer.start == message.end and layer.octets is message.octets
            if "protocol" in layer.extra
        )
        return next(behind, 0)

    def find(self, type_: str) -> Iterator[View]:
        """The layers of a type that aren't quoted."""
        return (layer for layer in self.layers if layer.type == type_ and not layer.quoted)

    def json(self, *, octets: bool = False) -> list[dict[str, Any]]:
        """The layers as records show them."""
        layers = [layer.json(octets=octets) for layer in self.layers]
        if octets:
            self._show_wholes(layers)
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

    def _show_wholes(self, shown: Sequence[dict[str, Any]]) -> None:
        """What a fragment completes, with its header: the frame alone doesn't hold it."""
        for (before, layer), data in zip(pairwise(self.layers), shown, strict=False):
            if "first_next_header" in before.extra:
                data["reassembled_octets"] = layer.octets.hex()
