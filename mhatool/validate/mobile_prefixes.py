"""Rules for mobile prefix discovery (RFC 6275, 6.7, 6.8, 10.6 and 11.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dissectors.ipv6 import address
from mhatool.exchange import Exchange
from mhatool.validate.agent_discovery import is_home_agents_anycast
from mhatool.validate.home_registrations import NO_TIME_TO_MOVE_NS
from mhatool.validate.reserved import code_zero, reserved_zero
from mhatool.validate.return_routability import MAY_ANSWER_EARLIER_NS
from mhatool.validate.rule import Breach, Case, Late, rule
from mhatool.validate.surroundings import Surroundings

MANAGED_AND_OTHER = 0xC000
"""The flags M and O; the other 14 bits are reserved."""


@rule(
    "MIP6-MPD-001",
    "A prefix solicitation comes from a registered mobile node, to its home agent",
    reference="RFC 6275, 6.7 and 11.4.2",
    role="MN",
    scope="exchange",
    needs="The solicitation; for the registration, the last Binding Update to that home agent with its answer",
    on=("mobile_prefix_solicitation",),
)
def solicits_as_registered(case: Case) -> Iterator[Breach]:
    """A Mobile Prefix Solicitation has a Home Address option and goes to a home agent's own address.

    The home agent answers to the care-of address that it holds for that home address; without binding it can't. Code
    and reserved field are 0. A solicitation after the binding was refused or deleted is a breach within a second of
    that answer, later it is inconclusive: the mobile node may have registered again out of the capture's sight.
    """
    seen = case.seen
    if seen.message.checksum_status == "bad":
        return
    datagram = seen.datagram
    if datagram.home_address is None:
        expected = "a Home Address option"
        yield Breach(expected, f"none, from {address.text(datagram.source)}", datagram.ipv6.start + 8)
    if not address.is_routable_unicast(datagram.destination) or is_home_agents_anycast(datagram.destination):
        at = datagram.ipv6.start + 24
        yield Breach("the home agent's unicast address", address.text(datagram.destination), at)
    yield from code_zero(seen.message)
    yield from reserved_zero(seen.message, 6)
    yield from _without_binding(case)


def _without_binding(case: Case) -> Iterator[Breach]:
    datagram = case.seen.datagram
    conversation = case.conversations.get(datagram.true_source, datagram.destination)
    last = conversation.recent[-1] if conversation is not None and conversation.recent else None
    answer = last.acknowledgement if last is not None and last.update.trusted else None
    if last is None or answer is None or not _leaves_nothing(last):
        return
    what = "deleted" if answer.accepts else f"refused with status {answer.status}"
    late = case.seen.time_ns - answer.time_ns > NO_TIME_TO_MOVE_NS
    frames = (last.update.frame, answer.frame)
    yield Breach("a home registration", f"one that was {what}", before=frames, inconclusive=late)


def _leaves_nothing(exchange: Exchange) -> bool:
    """Whether there is no binding after that: it was deleted, or the first one was refused."""
    answer = exchange.acknowledgement
    if answer is None:
        return False
    if answer.accepts:
        return exchange.update.deletes or answer.lifetime_s == 0
    return exchange.previous is None


def _strange_identifiers(surroundings: Surroundings) -> Iterator[Late]:
    """Advertisements with another identifier than the solicitation that waits; they may be unsolicited."""
    for stray in surroundings.requests.strays("mobile_prefix_advertisement"):
        waiting = stray.waiting
        if waiting is None or stray.time_ns - surroundings.first_ns < MAY_ANSWER_EARLIER_NS:
            continue
        asked, answered = int.from_bytes(waiting.carried), stray.message.get("identifier")
        at = stray.message.start + 4
        breach = Breach(f"identifier {asked}", str(answered), at, before=(waiting.frame,), inconclusive=True)
        datagram = stray.datagram
        yield Late(breach, stray.time_ns, stray.frame, datagram.source, datagram.final_destination)


@rule(
    "MIP6-MPD-002",
    "A prefix advertisement comes from the home agent that was asked, with its identifier",
    reference="RFC 6275, 6.8 and 10.6.2",
    role="HA",
    scope="exchange",
    needs="The advertisement; for source and identifier, the solicitation that it answers",
    on=("mobile_prefix_advertisement",),
    finish=_strange_identifiers,
)
def advertises_as_asked(case: Case) -> Iterator[Breach]:
    """A Mobile Prefix Advertisement comes from the address that the mobile node registered with, and code is 0.

    The identifier of a solicitation is copied. A mobile node drops an advertisement from anybody else, since prefixes
    decide its home address. One with another identifier may be unsolicited, so that is inconclusive even where the
    solicitation gets no other answer. That it carries a type 2 routing header is MIP6-RH2-005's.
    """
    seen = case.seen
    if seen.message.checksum_status == "bad":
        return
    yield from code_zero(seen.message)
    if case.request is not None:
        return
    asked = case.surroundings.requests.newest(seen.datagram, seen.message)
    if asked is None or asked.answers or int.from_bytes(asked.carried) != seen.message.get("identifier"):
        return
    agent, source = asked.destination, seen.datagram.source
    if asked.home_address == seen.datagram.final_destination and agent != source:
        at = seen.datagram.ipv6.start + 8
        yield Breach(f"the source {address.text(agent)}", address.text(source), at, (asked.frame,))


@rule(
    "MIP6-MPD-003",
    "A prefix advertisement has a prefix",
    reference="RFC 6275, 6.8",
    role="HA",
    scope="packet",
    needs="The whole advertisement",
    on=("mobile_prefix_advertisement",),
)
def advertises_prefixes(case: Case) -> Iterable[Breach]:
    """A Mobile Prefix Advertisement has one or more Prefix Information options; behind M and O 14 bits are 0.

    The mobile node makes its home address from the prefix and takes its lifetimes from there; without one the message
    says nothing.
    """
    message = case.seen.message
    if message.checksum_status == "bad" or message.truncated:
        return ()
    return _prefixes_and_bits(case)


def _prefixes_and_bits(case: Case) -> Iterator[Breach]:
    message = case.seen.message
    yield from reserved_zero(message, 6, ~MANAGED_AND_OTHER & 0xFFFF)
    if not any(option.type == "prefix_information" for option in message.options):
        yield Breach("a Prefix Information option or more", "none", min(message.start + 8, message.end))
