"""Rules for Binding Errors (RFC 6275, 6.1.9 and 9.3.3)."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors import registry
from dissectors.ipv6 import address
from mhatool.exchange import Frame, Latest
from mhatool.protocol.lifetime import nanoseconds
from mhatool.protocol.value import value
from mhatool.validate.binding_facts import STATUS, is_damaged
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import knowledge

NO_BINDING = 1
HOME_ADDRESS = 8
UNSPECIFIED = bytes(16)
_DESTINATION = 24
ANSWERED_NS = nanoseconds(10)
"""For so long a Binding Error may be about a packet."""
MOST = 10_000


@value
class Claim:
    """A packet with a Home Address option, and the source that it really came from."""

    time_ns: int
    frame: Frame
    source: bytes


@knowledge("destination_options", besides=("binding_update",))
class Claims:
    """The last packets with a Home Address option, by home address, destination, and whether both addresses are one."""

    def __init__(self) -> None:
        self._claims: Latest[tuple[bytes, bytes, bool], Claim] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a packet; Binding Updates need no binding."""
        datagram = seen.datagram
        if datagram.carries == "binding_update":
            return
        home_address, source = datagram.home_address, datagram.source
        if home_address is not None:
            key = (home_address, datagram.true_destination, home_address == source)
            self._claims.note(key, Claim(seen.time_ns, seen.frame, source))

    def lately(self, error: Seen, home_address: bytes, *, at_home: bool) -> Claim | None:
        """What a Binding Error may be about: the last packet whose source is the home address itself, or is not."""
        claim = self._claims.get((home_address, error.datagram.true_source, at_home))
        return claim if claim is not None and error.time_ns - claim.time_ns <= ANSWERED_NS else None


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
    scope="exchange",
    needs="The Binding Error and the packet that it is about",
    on=("binding_error",),
)
def goes_to_the_source(case: Case) -> Iterable[Breach]:
    """A Binding Error is sent to the IPv6 source of the packet at fault, the care-of address, never to multicast.

    Sent to the home address that it complains of, it would reach the mobile node through a home agent only, or
    somebody whose address was forged. Where the packet at fault had the home address as its source too, that is right;
    where that packet isn't seen, it is inconclusive. (That the error carries no routing header and no Home Address
    option is MIP6-MH-009.)
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
    claims = case.surroundings.known(Claims)
    if claims.lately(case.seen, destination, at_home=True) is not None:
        return ()
    claim = claims.lately(case.seen, destination, at_home=False)
    source = address.text(claim.source) if claim is not None else "the source of the packet at fault"
    before = (claim.frame,) if claim is not None else ()
    home = f"the home address {address.text(destination)} itself"
    return (Breach(f"{source} as destination", home, at, before, inconclusive=claim is None),)
