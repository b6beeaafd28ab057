"""Binding Updates and Acknowledgements as they were seen: plain records taken from views, broken ones included."""

from __future__ import annotations

from typing import Any

from dissectors.options.binding import AlternateCareOfAddress, BindingAuthorizationData, BindingRefreshAdvice
from dissectors.packet import Datagram
from dissectors.spec import Option
from dissectors.view import View
from mhatool.exchange.sighting import Frame
from mhatool.protocol.value import value

ACCEPTED_BELOW = 128
"""A status under this accepts (RFC 6275, 6.1.8)."""
SEQUENCE_NUMBER_OUT_OF_WINDOW = 135


@value
class Update:
    """A Binding Update. Lifetimes in seconds, times in nanoseconds since 1970.

    `home_address` is the Home Address option's, or the source where there is none (then `has_home_address_option` is
    False). `care_of_address` is the Alternate Care-of Address, or the source. `trusted` is False where the checksum is
    wrong: then no field says anything for certain. `truncated`: the capture cut it, options may be missing.
    """

    time_ns: int
    frame: Frame
    source: bytes
    peer: bytes
    home_address: bytes
    has_home_address_option: bool
    care_of_address: bytes
    sequence_number: int
    lifetime_s: int
    flags: frozenset[str]
    trusted: bool
    truncated: bool

    @property
    def is_home_registration(self) -> bool:
        """The H flag: sent to a home agent, not to a correspondent."""
        return "H" in self.flags

    @property
    def deletes(self) -> bool:
        """Whether it asks to delete the binding: lifetime 0, or the home address that it names as care-of address.

        Without Home Address option the source may be a care-of address as well, so only the lifetime counts then.
        """
        return self.lifetime_s == 0 or (self.has_home_address_option and self.care_of_address == self.home_address)


@value
class Acknowledgement:
    """A Binding Acknowledgement. Lifetimes in seconds, times in nanoseconds since 1970.

    `routing_header` is the home address in a type 2 routing header, None without one; `home_address` is that one, or
    the destination; who knows the exchange knows better. `refresh_interval_s` is the Binding Refresh Advice's.
    `is_authorized`: it carries Authorization Data, as only correspondents' do.
    """

    time_ns: int
    frame: Frame
    peer: bytes
    destination: bytes
    home_address: bytes
    routing_header: bytes | None
    status: int
    sequence_number: int
    lifetime_s: int
    refresh_interval_s: int | None
    is_authorized: bool
    trusted: bool
    truncated: bool

    @property
    def accepts(self) -> bool:
        """Whether the binding was accepted, changed or deleted as asked for."""
        return self.status < ACCEPTED_BELOW


def update_of(time_ns: int, frame: Frame, datagram: Datagram) -> Update | None:
    """The Binding Update in a datagram; None where there is none, or too little of one.

    Nor a Proxy Binding Update (P flag, RFC 5213): there a gateway registers nodes that it names by identifier.
    """
    view = datagram.upper
    if view is None or view.type != "binding_update":
        return None
    message = view.value
    if message is not None:
        sequence_number, lifetime_s, flags = message.sequence_number, message.lifetime_s, message.flags
        alternate = _option(message.options, AlternateCareOfAddress, "care_of_address")
    else:
        sequence_number, lifetime_s, flags = (view.get(name) for name in ("sequence_number", "lifetime_s", "flags"))
        alternate = _shown_option(view, AlternateCareOfAddress, "care_of_address")
    if lifetime_s is None or "P" in flags:
        return None
    home_address, source = datagram.home_address, datagram.source
    return Update(
        time_ns,
        frame,
        source,
        datagram.true_destination,
        home_address if home_address is not None else source,
        home_address is not None,
        alternate if alternate is not None else source,
        sequence_number,
        lifetime_s,
        flags,
        view.checksum_status != "bad",
        view.truncated,
    )


def acknowledgement_of(time_ns: int, frame: Frame, datagram: Datagram) -> Acknowledgement | None:
    """The Binding Acknowledgement in a datagram; None where there is none, too little of one, or a proxy's (P flag)."""
    view = datagram.upper
    if view is None or view.type != "binding_acknowledgement":
        return None
    message = view.value
    if message is not None:
        status, flags = message.status, message.flags
        sequence_number, lifetime_s = message.sequence_number, message.lifetime_s
        advice = _option(message.options, BindingRefreshAdvice, "refresh_interval_s")
        authenticator = _option(message.options, BindingAuthorizationData, "authenticator")
    else:
        status, flags = view.get("status"), view.get("flags")
        sequence_number, lifetime_s = view.get("sequence_number"), view.get("lifetime_s")
        advice = _shown_option(view, BindingRefreshAdvice, "refresh_interval_s")
        authenticator = _shown_option(view, BindingAuthorizationData, "authenticator")
    if lifetime_s is None or "P" in flags:
        return None
    return Acknowledgement(
        time_ns,
        frame,
        datagram.true_source,
        datagram.destination,
        datagram.true_destination,
        datagram.routed_home_address,
        status,
        sequence_number,
        lifetime_s,
        advice,
        authenticator is not None,
        view.checksum_status != "bad",
        view.truncated,
    )


def _option(options: tuple[Option, ...], kind: type[Option], field: str) -> Any:
    """A field of the first option of a kind, None without one."""
    for option in options:
        if option.__class__ is kind:
            return getattr(option, field)
    return None


def _shown_option(view: View, kind: type[Option], field: str) -> Any:
    """The same where the message as a whole isn't well-formed."""
    symbol = kind.__declaration__.symbol
    found = view.option(symbol)
    return found.get(field) if found is not None else None
