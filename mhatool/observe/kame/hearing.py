"""The messages that tell of KAME's tables, taken from packets: each once, in the order of their times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

from msgspec import Struct

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange import Acknowledgement, Copies, Frame, Sighting, Update, acknowledgement_of, update_of
from mhatool.observe.unreachable import quoted_by

_PARAMETER_PROBLEM: Final = 4
_PADDING: Final = frozenset({"pad1", "pad_n"})
_MOBILE_QUOTED: Final = frozenset({"binding_update", "home_test_init", "care_of_test_init"})


class RefusalKind(StrEnum):
    """How a peer says that it can't take a message."""

    UNKNOWN_BINDING = "unknown_binding"
    UNKNOWN_MESSAGE = "unknown_message"
    PARAMETER_PROBLEM = "parameter_problem"


class Advertised(Struct, frozen=True):
    """A router advertisement: its source, and its prefixes as they stand in the options, each with its length."""

    time_ns: int
    frame: Frame
    router: bytes
    prefixes: tuple[tuple[bytes, int], ...]


class Answered(Struct, frozen=True):
    """A Binding Acknowledgement, and the symbols of its options, padding left out."""

    acknowledgement: Acknowledgement
    options: frozenset[str]

    @property
    def time_ns(self) -> int:
        """When it was seen."""
        return self.acknowledgement.time_ns


class Tested(Struct, frozen=True):
    """A message of return routability; `kind` is its type, `address` the mobile node's, home or care-of address."""

    time_ns: int
    kind: str
    address: bytes
    correspondent: bytes


class Refusal(Struct, frozen=True):
    """A Binding Error or an ICMPv6 Parameter Problem from `peer`; `address` is any that the mobile node uses.

    `destination` is where it goes: to the source of what is refused.
    """

    time_ns: int
    kind: RefusalKind
    peer: bytes
    address: bytes
    destination: bytes


Heard = Update | Answered | Advertised | Tested | Refusal


class Hearing:
    """Takes packets and keeps what they said; memory grows with the messages."""

    def __init__(self) -> None:
        self.messages: list[Heard] = []
        """In the order of their times."""
        self.first_ns: int | None = None
        """The first packet's time; None before it."""
        self.last_ns = 0
        """The latest packet's."""
        self._copies = Copies()

    def see(self, sighting: Sighting) -> None:
        """Take in a packet."""
        if self.first_ns is None:
            self.first_ns = self.last_ns = sighting.time_ns
        self.last_ns = max(self.last_ns, sighting.time_ns)
        for datagram in sighting.packet.datagrams:
            handler = None if datagram.quoted else _HANDLERS.get(datagram.carries)
            message = datagram.upper
            if handler is None or message is None or message.checksum_status == "bad":
                continue
            if not self._is_copy(sighting, datagram, message):
                self.messages += handler(sighting, datagram, message)

    def covers(self, first_ns: int | None, last_ns: int) -> None:
        """The captures hold packets of this time, some of which needn't be seen; None without any."""
        self.first_ns, self.last_ns = first_ns, last_ns

    def _is_copy(self, sighting: Sighting, datagram: Datagram, message: View) -> bool:
        """Two errors differ by what they quote."""
        quoted = quoted_by(sighting, datagram) if message.type == "icmpv6_error" else []
        return self._copies.is_copy(sighting, datagram, (quoted[-1].upper if quoted else None) or message)


def _update(sighting: Sighting, datagram: Datagram, _: View) -> Iterator[Heard]:
    update = update_of(sighting.time_ns, sighting.frame, datagram)
    if update is not None:
        yield update


def _acknowledgement(sighting: Sighting, datagram: Datagram, message: View) -> Iterator[Heard]:
    acknowledgement = acknowledgement_of(sighting.time_ns, sighting.frame, datagram)
    if acknowledgement is not None:
        yield Answered(acknowledgement, frozenset(option.type for option in message.options) - _PADDING)


def _advertisement(sighting: Sighting, datagram: Datagram, message: View) -> Iterator[Heard]:
    options = (option for option in message.options if option.type == "prefix_information")
    prefixes = tuple((option.get("prefix"), option.get("prefix_length")) for option in options if option.get("prefix"))
    yield Advertised(sighting.time_ns, sighting.frame, datagram.source, prefixes)


def _test_init(sighting: Sighting, datagram: Datagram, message: View) -> Iterator[Heard]:
    yield Tested(sighting.time_ns, message.type, datagram.true_source, datagram.true_destination)


def _test(sighting: Sighting, datagram: Datagram, message: View) -> Iterator[Heard]:
    yield Tested(sighting.time_ns, message.type, datagram.true_destination, datagram.true_source)


def _binding_error(sighting: Sighting, datagram: Datagram, message: View) -> Iterator[Heard]:
    kind = {1: RefusalKind.UNKNOWN_BINDING, 2: RefusalKind.UNKNOWN_MESSAGE}.get(message.get("status"))
    if kind is not None:
        home_address = message.get("home_address")
        address = home_address if home_address and any(home_address) else datagram.destination
        yield Refusal(sighting.time_ns, kind, datagram.source, address, datagram.destination)


def _icmpv6_error(sighting: Sighting, datagram: Datagram, message: View) -> Iterator[Heard]:
    quoted = quoted_by(sighting, datagram)
    if message.get("icmp_type") == _PARAMETER_PROBLEM and quoted and quoted[-1].carries in _MOBILE_QUOTED:
        peer, address = quoted[-1].true_destination, quoted[-1].true_source
        yield Refusal(sighting.time_ns, RefusalKind.PARAMETER_PROBLEM, peer, address, datagram.destination)


_HANDLERS: Final[dict[str, Callable[[Sighting, Datagram, View], Iterator[Heard]]]] = {
    "binding_update": _update,
    "binding_acknowledgement": _acknowledgement,
    "router_advertisement": _advertisement,
    "home_test_init": _test_init,
    "care_of_test_init": _test_init,
    "home_test": _test,
    "care_of_test": _test,
    "binding_error": _binding_error,
    "icmpv6_error": _icmpv6_error,
}

__all__ = ["Advertised", "Answered", "Heard", "Hearing", "Refusal", "RefusalKind", "Tested"]
