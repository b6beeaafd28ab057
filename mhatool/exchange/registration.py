"""Binding Updates and Acknowledgements as they were seen: plain records taken from views, broken ones included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from dissectors.options.binding import AlternateCareOfAddress, BindingAuthorizationData, BindingRefreshAdvice
from dissectors.packet import Datagram
from dissectors.spec import Option
from dissectors.view import View
from mhatool.exchange.sighting import Frame

ACCEPTED_BELOW = 128
"""A status under this accepts (RFC 6275, 6.1.8)."""
SEQUENCE_NUMBER_OUT_OF_WINDOW = 135


class Update(Struct, frozen=True):
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


class Acknowledgement(Struct, frozen=True):
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
    form = datagram.form
    if form is not None:
        common = form.known.get(Update)
        if common is not None:
            return _update(time_ns, frame, datagram, common)
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
    if form is not None and message is not None:
        form.known[Update] = _CommonUpdate(lifetime_s, flags, *_places(view, AlternateCareOfAddress))
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


class _CommonUpdate(NamedTuple):
    """What all Binding Updates of one form have in common; where in a frame the others stand, 0 for nowhere."""

    lifetime_s: int
    flags: frozenset[str]
    sequence_at: int
    alternate_at: int


def _update(time_ns: int, frame: Frame, datagram: Datagram, common: _CommonUpdate) -> Update:
    """The Binding Update in a frame of a form, as `update_of` finds it."""
    view: View = datagram.upper  # type: ignore[assignment]  # a form's datagram has one
    octets, source, home_address = view.octets, datagram.source, datagram.home_address
    lifetime_s, flags, sequence_at, alternate_at = common
    return Update(
        time_ns,
        frame,
        source,
        datagram.true_destination,
        home_address if home_address is not None else source,
        home_address is not None,
        octets[alternate_at : alternate_at + 16] if alternate_at else source,
        octets[sequence_at] << 8 | octets[sequence_at + 1],
        lifetime_s,
        flags,
        view.checksum_status != "bad",
        False,
    )


def _places(view: View, *kinds: type[Option]) -> Iterator[int]:
    """Where the sequence number stands, and the data of the first option of each kind; 0 without one."""
    yield view.start + view.declaration.fixed_by_name["sequence_number"].first
    for kind in kinds:
        found = view.option(kind.__declaration__.symbol)
        yield found.start + 2 if found is not None else 0


def acknowledgement_of(time_ns: int, frame: Frame, datagram: Datagram) -> Acknowledgement | None:
    """The Binding Acknowledgement in a datagram; None where there is none, too little of one, or a proxy's (P flag)."""
    form = datagram.form
    if form is not None:
        common = form.known.get(Acknowledgement)
        if common is not None:
            return _acknowledgement(time_ns, frame, datagram, common)
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
    if form is not None and message is not None:
        common = _CommonAcknowledgement(status, lifetime_s, advice, authenticator is not None, *_places(view))
        form.known[Acknowledgement] = common
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


class _CommonAcknowledgement(NamedTuple):
    """What all Binding Acknowledgements of one form have in common, and where the sequence number stands."""

    status: int
    lifetime_s: int
    refresh_interval_s: int | None
    is_authorized: bool
    sequence_at: int


def _acknowledgement(time_ns: int, frame: Frame, datagram: Datagram, common: _CommonAcknowledgement) -> Acknowledgement:
    """The Binding Acknowledgement in a frame of a form, as `acknowledgement_of` finds it."""
    view: View = datagram.upper  # type: ignore[assignment]  # a form's datagram has one
    status, lifetime_s, refresh_interval_s, is_authorized, sequence_at = common
    return Acknowledgement(
        time_ns,
        frame,
        datagram.true_source,
        datagram.destination,
        datagram.true_destination,
        datagram.routed_home_address,
        status,
        view.octets[sequence_at] << 8 | view.octets[sequence_at + 1],
        lifetime_s,
        refresh_interval_s,
        is_authorized,
        view.checksum_status != "bad",
        False,
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
