"""Which home agent a mobile node registered with, and whether it is away from home now."""

from __future__ import annotations

from dissectors.packet import Datagram
from mhatool.exchange import Conversation, Exchange, Latest, Recent, Update
from mhatool.protocol.lifetime import NS_PER_S, expiry, nanoseconds
from mhatool.validate.binding_facts import raw_flags
from mhatool.validate.rule import Case
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import knowledge

MOST = 100_000
NO_TIME_TO_MOVE_NS = nanoseconds(1)
"""Having sent from a care-of address within this, a mobile node can't be at home by now."""


@knowledge("binding_update", "care_of_test_init")
class HomeRegistrations:
    """The home agent that each home address was last registered with, and what was sent from care-of addresses."""

    def __init__(self) -> None:
        self._agent_of: Latest[bytes, bytes] = Latest(MOST)
        self._home_of: Recent[bytes, bytes] = Recent(MOST)
        self._last_sent_ns: Recent[bytes, int] = Recent(MOST, kept_ns=NO_TIME_TO_MOVE_NS)

    def see(self, seen: Seen) -> None:
        """Take in a Care-of Test Init, or a Binding Update; with the P flag that is a proxy's."""
        message, datagram = seen.message, seen.datagram
        if message.checksum_status == "bad":
            return
        source = datagram.source
        self._last_sent_ns.note(source, seen.time_ns, seen.time_ns)
        if message.type == "binding_update":
            flags = raw_flags(message)
            if "H" in flags and "P" not in flags:
                self._home_of.keep((message.get("lifetime_s") or 0) * NS_PER_S)
                self._registered(datagram, seen.time_ns)

    def _registered(self, datagram: Datagram, time_ns: int) -> None:
        """Take in who registers where; nearly always that is known."""
        home_address, agent = datagram.true_source, datagram.true_destination
        if self._agent_of.get(home_address) != agent:
            self._agent_of.note(home_address, agent)
        if datagram.home_address is not None and self._home_of.renew(datagram.source, time_ns) != home_address:
            self._home_of.note(datagram.source, home_address, time_ns)

    def agent_of(self, home_address: bytes) -> bytes | None:
        """The home agent that a home address was last registered with."""
        return self._agent_of.get(home_address)

    def home_of(self, care_of_address: bytes) -> bytes | None:
        """The home address that last registered from this source."""
        return self._home_of.get(care_of_address)

    def last_sent_ns(self, source: bytes) -> int | None:
        """When a Binding Update or Care-of Test Init last came from an address."""
        return self._last_sent_ns.get(source)


def home_conversation(case: Case, home_address: bytes) -> Conversation | None:
    """What a mobile node said with the home agent that it last registered with."""
    agent = case.surroundings.known(HomeRegistrations).agent_of(home_address)
    return case.conversations.get(home_address, agent) if agent is not None else None


def away(case: Case, home_address: bytes) -> Update | None:
    """The newest Binding Update of a home address that is registered away from home; None where that isn't known.

    That update may be unanswered, but an earlier one was accepted and still holds, and nothing deleted it since.
    """
    conversation = home_conversation(case, home_address)
    if conversation is None or conversation.forgotten:
        return None
    exchanges = [exchange for exchange in conversation.recent if exchange.update.trusted]
    for exchange in reversed(exchanges):
        if exchange.update.deletes or _refused(exchange):
            return None
        if _holds(exchange, case.seen.time_ns):
            newest = exchanges[-1].update
            return None if newest.truncated else newest  # cut off it may name another care-of address
    return None


def _refused(exchange: Exchange) -> bool:
    answer = exchange.acknowledgement
    return answer is not None and not answer.accepts


def _holds(exchange: Exchange, now_ns: int) -> bool:
    answer = exchange.acknowledgement
    if answer is None:
        return False
    lifetime_s = min(answer.lifetime_s, exchange.update.lifetime_s)
    return now_ns < expiry(exchange.update.time_ns, lifetime_s)


def surely_away(case: Case, update: Update) -> bool:
    """Whether the mobile node sent from that care-of address a moment ago. (What is sent to it proves nothing.)"""
    last_ns = case.surroundings.known(HomeRegistrations).last_sent_ns(update.care_of_address)
    return last_ns is not None and case.seen.time_ns - last_ns < NO_TIME_TO_MOVE_NS
