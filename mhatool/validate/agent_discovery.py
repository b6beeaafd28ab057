"""Rules for dynamic home agent address discovery (RFC 6275, 6.5, 6.6, 10.5 and 11.4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.ipv6 import address
from mhatool.exchange import Frame, Latest, Request
from mhatool.protocol.lifetime import nanoseconds
from mhatool.validate.finding import Severity
from mhatool.validate.overtaken import DISORDER_NS
from mhatool.validate.receivers_link import ReceiversLink
from mhatool.validate.reserved import code_zero, reserved_zero
from mhatool.validate.return_routability import MAY_ANSWER_EARLIER_NS
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.seen import Seen
from mhatool.validate.surroundings import Surroundings, knowledge

NEMO_FLAG = 0x8000
"""R: for mobile routers (RFC 3963); the other 15 bits are reserved."""
MINIMUM_MTU = 1280
OTHER_ANYCAST_ENDING = b"\xff\xff\xff\xfe"
"""Where interface identifiers aren't EUI-64 ones, all ones stand before the number 0x7e (RFC 2526)."""
ANSWER_TIME_NS = nanoseconds(3)
"""INITIAL_DHAAD_TIMEOUT (RFC 6275, 12): after that much a mobile node asks again."""
SHOWN_FRAMES = 8
MOST = 20_000


def is_home_agents_anycast(destination: bytes) -> bool:
    """Whether an address may be the Mobile IPv6 Home-Agents anycast address of its prefix."""
    return destination.endswith((address.HOME_AGENTS_ANYCAST, OTHER_ANYCAST_ENDING))


@rule(
    "MIP6-DHAAD-001",
    "A discovery request goes to the home agents' anycast address",
    reference="RFC 6275, 6.5",
    role="MN",
    scope="packet",
    needs="The request",
    on=("dhaad_request",),
)
def request_to_anycast(case: Case) -> Iterator[Breach]:
    """A Home Agent Address Discovery Request goes to the home prefix with the interface identifier of RFC 2526.

    That is fdff:ffff:ffff:fffe, the anycast address of all home agents of the link: the mobile node doesn't know yet
    who they are, and an agent answers only what came to that address. RFC 2526's other form, for identifiers that are
    no EUI-64 ones, ends with ffff:fffe; a packet doesn't tell how long the prefix is, so whatever ends like that is let
    pass. Code and reserved bits are 0; the first of those, R, is in use for mobile routers (RFC 3963).
    """
    seen = case.seen
    if seen.message.checksum_status == "bad":
        return
    destination = seen.datagram.destination
    if not is_home_agents_anycast(destination):
        at = seen.datagram.ipv6.start + 24
        yield Breach("an anycast address that ends with fdff:ffff:ffff:fffe", address.text(destination), at)
    yield from code_zero(seen.message)
    yield from reserved_zero(seen.message, 6, ~NEMO_FLAG & 0xFFFF)


@knowledge("dhaad_request")
class Searches:
    """Which requests a mobile node sent again, just as the first one's time was over: nothing had answered them."""

    def __init__(self) -> None:
        self._last: Latest[bytes, tuple[int, Frame]] = Latest(MOST)
        self._repeated: Latest[Frame, None] = Latest(MOST)

    def see(self, seen: Seen) -> None:
        """Take in a request."""
        asks = seen.datagram.source + seen.datagram.destination
        before_ns, before = self._last.get(asks) or (0, seen.frame)
        if abs(seen.time_ns - before_ns - ANSWER_TIME_NS) <= DISORDER_NS:
            self._repeated.note(before, None)
        self._last.note(asks, (seen.time_ns, seen.frame))

    def repeated(self, request: Request) -> bool:
        """Whether a request was the first one of its search, and another one followed it."""
        return request.frame in self._repeated


def _strange_identifiers(surroundings: Surroundings) -> Iterator[Late]:
    """Replies with an identifier that nobody sent, where the one who waited got no other."""
    for stray in surroundings.requests.strays("dhaad_reply"):
        waiting = stray.waiting
        if waiting is None:
            continue
        early = stray.time_ns - surroundings.first_ns < MAY_ANSWER_EARLIER_NS
        late = stray.time_ns - waiting.time_ns >= ANSWER_TIME_NS
        certain = surroundings.known(Searches).repeated(waiting) and not early and not late
        asked, answered = int.from_bytes(waiting.carried), stray.message.get("identifier")
        at = stray.message.start + 4
        breach = Breach(f"identifier {asked}", str(answered), at, before=(waiting.frame,), inconclusive=not certain)
        yield Late(breach, stray.time_ns, stray.frame, stray.datagram.source)


@rule(
    "MIP6-DHAAD-002",
    "A discovery reply comes from a home agent's own address and returns the identifier",
    reference="RFC 6275, 6.6 and 10.5",
    role="HA",
    scope="exchange",
    needs="The reply; for the identifier, the request that it answers",
    on=("dhaad_reply",),
    finish=_strange_identifiers,
)
def reply_from_unicast(case: Case) -> Iterator[Breach]:
    """A Home Agent Address Discovery Reply has a global unicast address of the replying home agent as source.

    Never the anycast address that it was asked at: the mobile node may register with the source. Identifier copied,
    code and reserved bits 0 (R is RFC 3963's). A mobile node drops a reply with another identifier. That is a breach
    only where the capture shows a request that gets no other reply, and is sent again when its three seconds are over:
    else both that reply and a newer request may have been lost to the capture. Shortly after its beginning it is
    inconclusive, and so it is three seconds or more after the request: a mobile node that has moved may have asked
    again by another way.
    """
    seen = case.seen
    if seen.message.checksum_status == "bad":
        return
    source = seen.datagram.source
    if not address.is_routable_unicast(source) or is_home_agents_anycast(source):
        yield Breach("a global unicast address as source", address.text(source), seen.datagram.ipv6.start + 8)
    yield from code_zero(seen.message)
    yield from reserved_zero(seen.message, 6, ~NEMO_FLAG & 0xFFFF)


@rule(
    "MIP6-DHAAD-003",
    "A discovery reply lists whole addresses of home agents, each once",
    reference="RFC 6275, 6.6 and 10.5",
    role="HA",
    scope="packet",
    needs="The whole reply",
    on=("dhaad_reply",),
)
def lists_home_agents(case: Case) -> Iterator[Breach]:
    """The list is any number of global unicast addresses of 16 octets, each home agent's once.

    A mobile node registers with one of them after the other: an address that can't be a home agent's, or comes again,
    costs it a registration that fails. Whether the agent that replies is in its own list can't be judged: it may be
    listed by another address than it sends from.
    """
    message = case.seen.message
    if message.checksum_status == "bad" or message.truncated:
        return
    spare = (message.end - message.start - 8) % 16
    if spare and message.end - message.start > 8:
        yield Breach("addresses of 16 octets each", f"{spare} octets left over", message.end - spare)
    listed = set()
    for position, agent in enumerate(message.get("home_agents", ())):
        at = message.start + 8 + 16 * position
        if not address.is_routable_unicast(agent) or is_home_agents_anycast(agent):
            yield Breach("global unicast addresses", address.text(agent), at)
        elif agent in listed:
            yield Breach("each address once", f"{address.text(agent)} again", at)
        listed.add(agent)


@rule(
    "MIP6-DHAAD-005",
    "A discovery reply fits into 1280 octets",
    reference="RFC 6275, 10.5.1",
    level="SHOULD",
    severity=Severity.WARNING,
    role="HA",
    scope="packet",
    needs="The reply, put together again where it was sent in fragments",
    on=("dhaad_reply",),
)
def fits_minimum_mtu(case: Case) -> Iterable[Breach]:
    """The packet of a Home Agent Address Discovery Reply is no longer than the least MTU of IPv6, 1280 octets.

    So it is never fragmented, which would help an attacker more than anybody. A home agent that knows more than 77
    agents lists those with the highest preference.
    """
    datagram, message = case.seen.datagram, case.seen.message
    octets = 40 + datagram.ipv6.get("payload_length", 0)
    if message.reassembled:
        headers = (view for view in datagram.extensions if view.type != "fragment")
        octets = 40 + sum(view.end - view.start for view in headers) + message.end - message.start
    if octets <= MINIMUM_MTU:
        return ()
    return (Breach(f"{MINIMUM_MTU} octets or less", f"{octets}", datagram.ipv6.start + 4),)


# --- requests without reply ---


def _unanswered(surroundings: Surroundings) -> Iterator[Late]:
    """One for each mobile node and home link, with the frames of its requests."""
    groups: dict[tuple[bytes, bytes], list[Request]] = {}
    for request in surroundings.requests.unanswered():
        if request.kind != "dhaad" or not is_home_agents_anycast(request.destination):
            continue
        if surroundings.last_ns - request.time_ns > ANSWER_TIME_NS:
            groups.setdefault((request.source, request.destination), []).append(request)
    reached = _reached(surroundings) if groups else set()
    link = surroundings.known(ReceiversLink)
    for (asker, anycast), requests in groups.items():
        last = requests[-1]
        certain = (asker, anycast[:8]) in reached and not _registered_after(surroundings, last)
        certain = certain and link.arrived_since(asker, anycast[:8], requests[0].time_ns) > 0
        times = "no reply" if len(requests) == 1 else f"no reply to {len(requests)} requests"
        breach = Breach(
            f"a reply to {address.text(asker)} from a home agent",
            times,
            before=tuple(request.frame for request in requests[:-1][-SHOWN_FRAMES:]),
            inconclusive=not certain,
        )
        yield Late(breach, last.time_ns, last.frame, anycast)


def _reached(surroundings: Surroundings) -> set[tuple[bytes, bytes]]:
    """Addresses that got answers from a home prefix within sight of the capture: (receiver, prefix)."""
    found = {(asker, answerer[:8]) for asker, answerer in surroundings.requests.reached()}
    for conversation in surroundings.conversations:
        for exchange in conversation.recent:
            if exchange.acknowledgement is not None:
                found.add((exchange.acknowledgement.destination, conversation.peer[:8]))
    return found


def _registered_after(surroundings: Surroundings, request: Request) -> bool:
    """Whether the asker then wrote to a home agent of that link, so that it may have had a reply."""
    asker, anycast = request.source, request.destination
    return any(
        exchange.update.source == asker and exchange.update.time_ns > request.time_ns
        for conversation in surroundings.conversations
        if conversation.peer[:8] == anycast[:8]
        for exchange in conversation.recent
    )


@rule(
    "MIP6-DHAAD-008",
    "Every discovery request gets a reply",
    reference="RFC 6275, 6.6 and 10.5",
    severity=Severity.WARNING,
    role="HA",
    scope="timeline",
    needs="The request and Router Advertisements on the home link, and any other answer from there to the mobile node",
    on=("dhaad_request",),
    finish=_unanswered,
)
def gets_reply(case: Case) -> Iterable[Breach]:
    """A home agent replies to each request that came to its anycast address (with a list that may be empty).

    Without reply the mobile node asks again, after 3, 6, 12 and 24 seconds, and finds no home agent: none is there,
    none serves, or its anycast address isn't routed. Reported once for each mobile node and home link, for the
    anycast address, three seconds after the request or later, at the end of the capture. Inconclusive where no request
    was seen on the home link itself, as home agents' Router Advertisements shortly before and after it show (it may
    have been lost behind the capture), where the capture shows no other answer from that link to the mobile node (the
    replies may go another way), or where the mobile node writes to a home agent of that link afterwards (the capture
    may have lost the reply).
    """
    return ()
