"""Who the mobile node of a message is, and who its peer: messages at a care-of address name no home address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dissectors.packet import Datagram
from dissectors.view import View
from mhatool.compare.hearing import Heard
from mhatool.exchange import update_of

FROM_MOBILE: Final = frozenset(
    {"binding_update", "dhaad_request", "mobile_prefix_solicitation", "home_test_init", "care_of_test_init"}
)
TO_MOBILE: Final = frozenset(
    {
        "binding_acknowledgement",
        "binding_error",
        "binding_refresh_request",
        "care_of_test",
        "dhaad_reply",
        "ha_switch",
        "home_agent_unreachable",
        "home_test",
        "mobile_prefix_advertisement",
    }
)
DISCOVERY: Final = frozenset({"dhaad_request", "dhaad_reply"})


class Nodes:
    """The mobile nodes of a capture, by every address that they use."""

    def __init__(self, heard: Iterable[Heard]) -> None:
        self._home: dict[bytes, bytes] = {}
        for one in heard:
            self._learn(one)

    def pair(self, datagram: Datagram, message: View) -> tuple[bytes, bytes | None]:
        """The mobile node's home address as far as it is known, and its peer; None for home agent discovery."""
        source, destination = datagram.true_source, datagram.true_destination
        toward = message.type in TO_MOBILE or (message.type not in FROM_MOBILE and self._is_mobile(destination))
        mobile, peer = (destination, source) if toward else (source, destination)
        if message.type == "binding_error":
            said = message.get("home_address")
            mobile = said if said is not None and any(said) else mobile
        return self._home.get(mobile, mobile), None if message.type in DISCOVERY else peer

    def _learn(self, one: Heard) -> None:
        datagram = one.datagram
        update = update_of(one.sighting.time_ns, one.sighting.frame, datagram)
        if update is not None:
            self._home.setdefault(update.home_address, update.home_address)
            if update.has_home_address_option:
                self._home.setdefault(update.source, update.home_address)
                self._home.setdefault(update.care_of_address, update.home_address)
        home_address = datagram.routed_home_address
        if home_address is not None:
            self._home.setdefault(home_address, home_address)
            self._home.setdefault(datagram.destination, home_address)

    def _is_mobile(self, address: bytes) -> bool:
        return address in self._home
