"""Rules for Binding Errors (RFC 6275, 6.1.9 and 9.3.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from dissectors import registry
from dissectors.ipv6 import address
from dissectors.packet import Datagram
from mhatool.exchange import Frame, Latest
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.binding_facts import STATUS, is_damaged
from mhatool.validate.occasion import EVERY_MOBILITY_MESSAGE
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import UNUSUAL
from mhatool.validate.surroundings import Surroundings, knowledge

NO_BINDING, UNKNOWN_TYPE = 1, 2
HOME_ADDRESS = 8
UNSPECIFIED = bytes(16)
_DESTINATION = 24
ANSWERED_NS = nanoseconds(10)
"""For so long a Binding Error may be about a packet."""
JITTER_NS = nanoseconds(0.05)
"""How far the time stamps of two interfaces may be apart."""
MOST = 10_000
MOST_NAMED = 8
_HIDING = frozenset({"esp", "destination_options", "fragment"})
"""Where nobody can look on: it may be a Binding Update, which needs no binding."""


class Claim(Struct, frozen=True):
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


class Named(Struct, frozen=True):
    """A packet that a Binding Error may be about, and the home address in its option; the unspecified one without."""

    time_ns: int
    frame: Frame
    home_address: bytes


#: A status, who gets the error, its sender, and the home address in it.
Naming = tuple[int, bytes, bytes, bytes]


@knowledge("destination_options", EVERY_MOBILITY_MESSAGE, besides=("binding_update",), only=UNUSUAL)
class Faults:
    """What a node lately sent another one that a Binding Error may be about, by the status that this would have.

    With status 1 that is what needs a binding for its Home Address option; with status 2 it's Mobility Headers.
    """

    def __init__(self) -> None:
        self._sent: Latest[tuple[int, bytes, bytes], Latest[bytes, Named]] = Latest(MOST)
        #: Errors that name what no packet before them did; that may be stamped a little later.
        self.strange: Latest[Naming, Late] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a packet."""
        if seen.message.declaration.family == "mobility":
            self._note(UNKNOWN_TYPE, seen)
        if seen.datagram.home_address is not None and seen.message.type not in _HIDING:
            self._note(NO_BINDING, seen)

    def _note(self, status: int, seen: Seen) -> None:
        datagram = seen.datagram
        ends = (status, datagram.source, datagram.true_destination)
        sent = self._sent.get(ends)
        if sent is None:
            sent = self._sent.note(ends, Latest(MOST_NAMED))
        home_address = datagram.home_address or UNSPECIFIED
        sent.note(home_address, Named(seen.time_ns, seen.frame, home_address))
        late = self.strange.get((*ends, home_address))
        if late is not None and seen.time_ns - late.time_ns <= JITTER_NS:
            del self.strange[*ends, home_address]

    def before(self, status: int, error: Datagram, time_ns: int) -> list[Named]:
        """What an error with this status may be about, the latest for each home address."""
        sent = self._sent.get((status, error.destination, error.true_source))
        return [named for named in sent.values() if time_ns - named.time_ns <= ANSWERED_NS] if sent else []


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
    binding is gone. With status 2 and no option it is the unspecified address. Where the packet at fault was seen, that
    it is named is MIP6-BE-002's.
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


def _still_strange(surroundings: Surroundings) -> Iterator[Late]:
    yield from surroundings.known(Faults).strange.values()


@rule(
    "MIP6-BE-002",
    "A Binding Error goes to where the packet at fault came from, and names its home address",
    reference="RFC 6275, 6.1.9 and 9.3.3",
    role="sender",
    scope="exchange",
    needs="The Binding Error and the packet that it is about",
    on=("binding_error",),
    finish=_still_strange,
)
def goes_to_the_source(case: Case) -> Iterable[Breach]:
    """A Binding Error is sent to the IPv6 source of the packet at fault, the care-of address, never to multicast.

    Sent to the home address that it complains of, it would reach the mobile node through a home agent only, or
    somebody whose address was forged. Where the packet at fault had the home address as its source too, that is right;
    where that packet isn't seen, it is inconclusive. The home address in it is that of an option that came from there
    within the 10 s before, the unspecified address where a message of unknown type had no option. Another one is a
    breach, inconclusive where it is known as that node's too. (That the error carries no routing header and no Home
    Address option is MIP6-MH-009.)
    """
    message, datagram = case.seen.message, case.seen.datagram
    is_routed = datagram.routed_home_address is not None
    destination = datagram.destination if is_routed else datagram.true_destination
    at = datagram.ipv6.start + _DESTINATION
    if is_damaged(message):
        return ()
    if destination[0] == 0xFF:
        return (Breach("a unicast destination", address.text(destination), at),)
    _compare(case)
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


def _compare(case: Case) -> None:
    """Note an error whose home address no packet had that it may be about."""
    seen, faults = case.seen, case.surroundings.known(Faults)
    status, home_address = seen.message.get("status"), seen.message.get("home_address")
    if home_address is None or (status == NO_BINDING and home_address == UNSPECIFIED):
        return
    before = faults.before(status, seen.datagram, seen.time_ns)
    if not before or home_address in [named.home_address for named in before]:
        return
    node, error = seen.datagram.destination, seen.datagram.true_source
    if status == UNKNOWN_TYPE and case.conversations.get(home_address, error) is not None:
        return  # it may know no Binding Updates
    is_its_own = case.conversations.presence.away(home_address, node) is not None
    expected = " or ".join(address.text(named.home_address) for named in before)
    at, frames = seen.message.start + HOME_ADDRESS, tuple(named.frame for named in before)
    unsure = is_its_own or seen.message.truncated
    breach = Breach(f"the home address {expected}", address.text(home_address), at, frames, inconclusive=unsure)
    late = Late(breach, seen.time_ns, seen.frame, error, home_address)
    faults.strange.note((status, node, error, home_address), late)
