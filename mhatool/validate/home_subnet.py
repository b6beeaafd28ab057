"""The rule for refusals of home registrations by prefix (RFC 6275, 10.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from dissectors.ipv6 import address
from dissectors.view import View
from mhatool.exchange import Frame, Latest
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.binding_facts import STATUS
from mhatool.validate.rule import Breach, Case, rule
from mhatool.validate.seen import Seen
from mhatool.validate.situation import HOME
from mhatool.validate.surroundings import knowledge

NOT_HOME_SUBNET = 132
MOST_ROUTERS = 10_000

#: A prefix as bits and their number.
Prefix = tuple[int, int]


class _OnLink(Struct, frozen=True):
    """What one advertisement of a home agent says: its prefixes on the link, each with the instant of its end."""

    prefixes: dict[Prefix, int]
    frame: Frame


@knowledge("router_advertisement")
class HomeLinks:
    """The latest advertisement of each home agent, by the global addresses that it gives itself (R flag)."""

    def __init__(self) -> None:
        self._by_address: Latest[bytes, _OnLink] = Latest(MOST_ROUTERS)

    def see(self, seen: Seen) -> None:
        """Take in a Router Advertisement; only those with the H flag say anything."""
        message = seen.message
        if message.checksum_status == "bad" or message.truncated or "H" not in message.get("flags", ()):
            return
        options = [found for found in message.options if found.type == "prefix_information"]
        prefixes = {
            _prefix(found): seen.time_ns + nanoseconds(found.get("valid_lifetime_s", 0))
            for found in options
            if "L" in found.get("flags", ())
        }
        on_link = _OnLink(prefixes, seen.frame)
        for found in options:
            if "R" in found.get("flags", ()):
                self._by_address.note(found.get("prefix"), on_link)

    def of(self, home_agent: bytes) -> _OnLink | None:
        """What a home agent last advertised; None where nothing was seen."""
        return self._by_address.get(home_agent)


def _prefix(found: View) -> Prefix:
    length = min(found.get("prefix_length", 128), 128)
    return int.from_bytes(found.get("prefix", bytes(16))) >> (128 - length), length


def _covers(prefix: Prefix, home_address: bytes) -> bool:
    bits, length = prefix
    return int.from_bytes(home_address) >> (128 - length) == bits


@rule(
    "MIP6-BA-009",
    "Status 132 is for home addresses of other links",
    reference="RFC 6275, 10.3.1",
    role="HA",
    scope="exchange",
    needs="The home agent's Router Advertisements, a Binding Update, and its acknowledgement",
    on=("binding_acknowledgement",),
    only=HOME,
)
def knows_its_subnet(case: Case) -> Iterable[Breach]:
    """A home agent refuses a home address outside the prefixes of its link with 132 (not home subnet), and no other.

    It couldn't receive packets for such an address; and a mobile node that gets 132 looks for another home agent. What
    is on the link is known from the home agent's own advertisements (H flag, prefixes with L, its address with R). An
    address that they don't cover and that is accepted may lie in a prefix of another router or link: inconclusive. When
    131 and 134 are due, single links don't show, so that isn't judged.
    """
    acknowledgement, exchange = case.acknowledgement, case.exchange
    if acknowledgement is None or exchange is None or "H" not in exchange.update.flags:
        return ()
    update = exchange.update
    is_refused = acknowledgement.status == NOT_HOME_SUBNET
    if not update.trusted or not (is_refused or (acknowledgement.accepts and update.lifetime_s)):
        return ()
    on_link = case.surroundings.known(HomeLinks).of(update.peer)
    if on_link is None or not on_link.prefixes:
        return ()
    home = address.text(update.home_address)
    lives = [p for p, end_ns in on_link.prefixes.items() if end_ns > update.time_ns and _covers(p, update.home_address)]
    at, frames = case.seen.message.start + STATUS, (on_link.frame, update.frame)
    if is_refused and lives:
        seen = f"{NOT_HOME_SUBNET}, though {home} is of the advertised prefix"
        return (Breach(f"another status than {NOT_HOME_SUBNET}", seen, at, frames),)
    if not is_refused and not lives:
        expected = f"status {NOT_HOME_SUBNET}: {home} is of no advertised prefix"
        return (Breach(expected, str(acknowledgement.status), at, frames, inconclusive=True),)
    return ()
