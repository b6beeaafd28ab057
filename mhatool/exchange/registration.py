"""Binding Updates and Acknowledgements as they were seen: plain records taken from views, broken ones included."""

from __future__ import annotations

from dataclasses import dataclass

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.exchange.sighting import Frame

ACCEPTED_BELOW = 128
"""A status under this accepts (RFC 6275, 6.1.8)."""
SEQUENCE_NUMBER_OUT_OF_WINDOW = 135


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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
    if view is None or view.type != "binding_update" or view.get("lifetime_s") is None or "P" in view.get("flags"):
        return None
    alternate = _first(view, "alternate_care_of_address")
    care_of_address = alternate.get("care_of_address") if alternate is not None else None
    return Update(
        time_ns=time_ns,
        frame=frame,
        source=datagram.source,
        peer=datagram.true_destination,
        home_address=datagram.true_source,
        has_home_address_option=datagram.home_address is not None,
        care_of_address=care_of_address if care_of_address is not None else datagram.source,
        sequence_number=view.get("sequence_number"),
        lifetime_s=view.get("lifetime_s"),
        flags=view.get("flags"),
        trusted=view.checksum_status != "bad",
        truncated=view.truncated,
    )


def acknowledgement_of(time_ns: int, frame: Frame, datagram: Datagram) -> Acknowledgement | None:
    """The Binding Acknowledgement in a datagram; None where there is none, too little of one, or a proxy's (P flag)."""
    view = datagram.upper
    if view is None or view.type != "binding_acknowledgement" or view.get("lifetime_s") is None:
        return None
    if "P" in view.get("flags"):
        return None
    advice = _first(view, "binding_refresh_advice")
    return Acknowledgement(
        time_ns=time_ns,
        frame=frame,
        peer=datagram.true_source,
        destination=datagram.destination,
        home_address=datagram.true_destination,
        routing_header=routed_home_address(datagram),
        status=view.get("status"),
        sequence_number=view.get("sequence_number"),
        lifetime_s=view.get("lifetime_s"),
        refresh_interval_s=advice.get("refresh_interval_s") if advice is not None else None,
        is_authorized=_first(view, "binding_authorization_data") is not None,
        trusted=view.checksum_status != "bad",
        truncated=view.truncated,
    )


def routed_home_address(datagram: Datagram) -> bytes | None:
    """The home address in the datagram's type 2 routing header; None without one."""
    for extension in datagram.extensions:
        home_address: bytes | None = extension.get("home_address") if extension.type == "routing" else None
        if home_address is not None:
            return home_address
    return None


def _first(view: View, option: str) -> View | None:
    return next((found for found in view.options if found.type == option), None)
