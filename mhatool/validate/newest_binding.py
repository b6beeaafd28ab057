"""Rules for where a moved mobile node's packets go: to its newest care-of address (RFC 6275, 9.3.2 and 10.4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from dissectors.ipv6 import address
from mhatool.exchange import Conversation, Exchange, Frame, Latest
from mhatool.protocol import sequence
from mhatool.validate.lifetime import (
    IN_FLIGHT_NS,
    Delivery,
    OwnUse,
    delivery_of,
    frames_of,
    has_several,
    is_answered_later,
    is_cut,
    is_doubtful,
    is_first_time,
    is_refused,
)
from mhatool.validate.occasion import OPTIMISED_DATA, PLAINLY_TUNNELLED
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings

MOST = 10_000
_DESTINATION = 24


def _moved_on(case: Case, delivery: Delivery) -> Exchange | None:
    """The newest registration, where a packet goes to an older care-of address well after it; None where it may."""
    newest = delivery.conversation.recent[-1]
    update, answer = newest.update, newest.acknowledgement
    if answer is None and "A" in update.flags:
        return None  # it may have been lost, and will be sent again
    if update.care_of_address == delivery.care_of_address or update.deletes or is_refused(newest):
        return None
    accepted_ns = update.time_ns if answer is None else max(answer.time_ns, update.time_ns)
    older = any(e.update.care_of_address == delivery.care_of_address for e in delivery.conversation.recent)
    if not older or not update.trusted or case.seen.time_ns <= accepted_ns + IN_FLIGHT_NS:
        return None
    unsure = has_several(case, delivery) or is_doubtful(delivery.conversation, newest)
    return None if unsure or is_answered_later(case, delivery, newest) else newest


def _breach(delivery: Delivery, newest: Exchange, at: int, *, inconclusive: bool) -> Breach:
    expected = f"care-of address {address.text(newest.update.care_of_address)}"
    seen, before = address.text(delivery.care_of_address), frames_of(newest)
    return Breach(expected, seen, at + _DESTINATION, before=before, inconclusive=inconclusive)


@rule(
    "MIP6-RH2-004",
    "A type 2 routing header goes to the newest care-of address",
    reference="RFC 6275, 9.3.2",
    role="CN",
    scope="timeline",
    needs="Two Binding Updates with different care-of addresses, and packets with a type 2 routing header",
    on=(OPTIMISED_DATA,),
)
def routes_to_the_newest(case: Case) -> Iterable[Breach]:
    """Packets with a type 2 routing header go to the care-of address of the latest binding that their sender accepted.

    At an older one nobody waits for them any more, or somebody else does. Found 3 s after the acknowledgement of the
    newer one at the earliest; where none was asked for, the update may have been lost, and it is inconclusive.
    Packets after the end of the binding are MIP6-LIFE-001's; Binding Acknowledgements and other signalling go by
    rules of their own. Mobile nodes with several care-of addresses at once (RFC 5648) aren't judged.
    """
    datagram = case.seen.datagram
    if datagram.is_signalling or (datagram.outer is not None and not datagram.headers):
        return ()
    delivery = delivery_of(case)
    newest = _moved_on(case, delivery) if delivery is not None else None
    if delivery is None or newest is None or not is_first_time(case, "MIP6-RH2-004", newest.update):
        return ()
    unsure = newest.acknowledgement is None or is_cut(case)
    return (_breach(delivery, newest, datagram.ipv6.start, inconclusive=unsure),)


class _Stale(Struct, frozen=True):
    """A packet in a tunnel to an older care-of address, and the registration that it came after."""

    conversation: Conversation
    newest: Exchange
    care_of_address: bytes
    late: Late

    def is_certain(self, surroundings: Surroundings) -> bool:
        """Whether the capture hasn't lost that the mobile node went back there.

        It would use that address itself, and the number of its next update wouldn't be the one that follows.
        """
        home_address, update = self.conversation.home_address, self.newest.update
        if surroundings.known(OwnUse).latest(home_address, self.care_of_address) > update.time_ns + IN_FLIGHT_NS:
            return False
        later = (each.update for each in self.conversation.recent if each.update.time_ns > self.late.time_ns)
        following = next((update for update in later if update.trusted), None)
        return following is None or sequence.ahead(following.sequence_number, update.sequence_number) == 1


class StaleTunnels:
    """Such packets, by frame; the rule keeps it."""

    def __init__(self) -> None:
        self.found: Latest[Frame, _Stale] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Nothing: only the rule finds them."""


def _stale(surroundings: Surroundings) -> Iterator[Late]:
    for stale in surroundings.known(StaleTunnels).found.values():
        unsure = stale.late.breach.inconclusive or not stale.is_certain(surroundings)
        yield replace(stale.late, breach=replace(stale.late.breach, inconclusive=unsure))


@rule(
    "MIP6-TUN-001",
    "A home agent tunnels to the newest care-of address",
    reference="RFC 6275, 10.4.2",
    role="HA",
    scope="timeline",
    needs="Two Binding Updates with different care-of addresses, the acknowledgement, and tunnelled packets",
    on=(PLAINLY_TUNNELLED,),
    finish=_stale,
)
def tunnels_to_the_newest(case: Case) -> Iterable[Breach]:
    """A home agent tunnels packets for a home address to the care-of address that it accepted last.

    At an older one the mobile node isn't any more: all that it is sent is lost until that binding would have ended.
    Found 3 s after the acknowledgement at the earliest, and said once for a move, at the end of the capture.
    Inconclusive where the mobile node may have gone back there out of sight: it has sent from that address itself, or
    the number of its next update isn't the one that follows. Mobile nodes with several care-of addresses at once
    (RFC 5648) aren't judged; packets after the end of the binding are MIP6-LIFE-001's.
    """
    seen, delivery = case.seen, delivery_of(case)
    outer = seen.datagram.outer
    newest = _moved_on(case, delivery) if delivery is not None else None
    if delivery is None or newest is None or outer is None or newest.acknowledgement is None:
        return ()
    if not is_first_time(case, "MIP6-TUN-001", newest.update):
        return ()
    unsure = is_cut(case) or seen.message.truncated
    breach = _breach(delivery, newest, outer.ipv6.start, inconclusive=unsure)
    late = Late(breach, seen.time_ns, seen.frame, outer.source, newest.update.home_address)
    stale = _Stale(delivery.conversation, newest, delivery.care_of_address, late)
    case.surroundings.known(StaleTunnels).found.note(seen.frame, stale)
    return ()
