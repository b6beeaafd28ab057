"""Rules for Binding Errors (RFC 6275, 6.1.9 and 9.3.3)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors import registry
from dissectors.ipv6 import address
from mhatool.validate.binding_facts import STATUS, is_damaged
from mhatool.validate.rule import Breach, Case, rule

NO_BINDING = 1
HOME_ADDRESS = 8
UNSPECIFIED = bytes(16)
_DESTINATION = 24


@rule(
    "MIP6-BE-001",
    "A Binding Error says what is wrong, and with which home address",
    reference="RFC 6275, 6.1.9 and 9.3.3",
    role="sender",
    scope="packet",
    needs="The fixed fields of the Binding Error",
    on=("binding_error",),
)
def says_what_is_wrong(case: Case) -> Iterable[Breach]:
    """The status is 1 (a Home Address option without binding) or 2 (an unknown Mobility Header type).

    The Home Address field is copied from the Home Address option of the packet at fault. With status 1 there was such
    an option, so the field isn't the unspecified address: it tells a mobile node with several home addresses which
    binding is gone. With status 2 and no option it is the unspecified address.
    """
    message = case.seen.message
    status, home_address = message.get("status"), message.get("home_address")
    if status is None or home_address is None or is_damaged(message):
        return ()
    if status not in registry.BINDING_ERROR_STATUS:
        return (Breach("status 1 or 2", str(status), message.start + STATUS),)
    if status == NO_BINDING and home_address == UNSPECIFIED:
        return (Breach("the home address of the packet at fault", "::", message.start + HOME_ADDRESS),)
    return ()


@rule(
    "MIP6-BE-002",
    "A Binding Error goes to where the packet at fault came from",
    reference="RFC 6275, 9.3.3",
    role="sender",
    scope="packet",
    needs="The fixed fields of the Binding Error",
    on=("binding_error",),
)
def goes_to_the_source(case: Case) -> Iterable[Breach]:
    """A Binding Error is sent to the IPv6 source of the packet at fault, the care-of address, never to multicast.

    Sent to the home address that it complains of, it would reach the mobile node through a home agent only, or
    somebody whose address was forged. (That it carries no routing header and no Home Address option is MIP6-MH-009.)
    """
    message, datagram = case.seen.message, case.seen.datagram
    destination = datagram.true_destination
    at = datagram.ipv6.start + _DESTINATION
    if is_damaged(message):
        return ()
    if destination[0] == 0xFF:
        return (Breach("a unicast destination", address.text(destination), at),)
    if message.get("status") != NO_BINDING or message.get("home_address") != destination:
        return ()
    home = address.text(destination)
    return (Breach("the source of the packet at fault as destination", f"the home address {home} itself", at),)
