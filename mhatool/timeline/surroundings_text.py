"""What is around bindings, line by line: return routability, discovery, prefixes, tunnels, errors, nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhatool.observe import (
    AdvertisedAgent,
    AdvertisedPrefix,
    DeliveryError,
    Discovery,
    PrefixExchange,
    Role,
    Tunnel,
)
from mhatool.observe.inquiry import Asked
from mhatool.timeline.correspondent_text import test_line
from mhatool.timeline.model import Timeline
from mhatool.timeline.values import TRUNCATED, listed, spent
from mhatool.timeline.words import Words

ERRORS = {1: "Destination Unreachable", 2: "Packet Too Big", 3: "Time Exceeded", 4: "Parameter Problem"}
"""ICMPv6 errors (RFC 4443, 3)."""
_ROLES = {
    Role.MOBILE_NODE: "mobile node",
    Role.HOME_AGENT: "home agent",
    Role.CORRESPONDENT: "correspondent",
    Role.ROUTER: "router",
}


class SurroundingsText:
    """A section for each kind of thing that there is."""

    def __init__(self, timeline: Timeline, words: Words) -> None:
        self._timeline = timeline
        self._words = words
        self._clock = words.clock

    def lines(self) -> Iterator[str]:
        """The sections, each after an empty line."""
        timeline = self._timeline
        sections = {
            "Return routability": [test_line(test, self._words) for test in timeline.routability_tests],
            "Home agent discovery": [
                *(line for found in timeline.discoveries for line in self._discovery(found)),
                *map(self._agent, timeline.advertised_agents),
            ],
            "Mobile prefixes": [line for found in timeline.prefix_exchanges for line in self._prefixes(found)],
            "Tunnels": list(map(self._tunnel, timeline.tunnels)),
            "Delivery errors": [line for found in timeline.delivery_errors for line in self._error(found)],
            "Nodes": list(self._nodes()),
        }
        for title, lines in sections.items():
            if lines:
                yield from ("", title, *lines)

    def _discovery(self, found: Discovery) -> Iterator[str]:
        frames = self._words.frames(tuple(asked.moment.frame for asked in found.asked)) if found.asked else ""
        identifiers = _identifiers(found.asked)
        what = f"asked by {self._words.name(found.care_of_address)}" if found.asked else "not seen asked"
        count = f" ×{len(found.asked)}" if len(found.asked) > 1 else ""
        unanswered = "" if found.replies else "unanswered"
        parts = (f"  {self._clock(found.start_ns)}  {what}{count}", identifiers, frames, unanswered)
        yield "  ".join(part for part in parts if part)
        for reply in found.replies:
            latency_ns = found.latency_of(reply)
            after = f"after {spent(latency_ns)}" if latency_ns is not None else ""
            agents = listed(map(self._words.name, reply.home_agents), reply.truncated, "no home agents")
            frame = self._words.frames((reply.moment.frame,))
            yield f"  {self._clock(reply.moment.time_ns)}  answered {after}  id {reply.identifier}  {frame}: {agents}"

    def _agent(self, found: AdvertisedAgent) -> str:
        ceased = f", ceased {self._clock(found.ceased_ns)}" if found.ceased_ns is not None else ""
        told = [f"preference {found.preference}"] if found.preference is not None else []
        told += [f"lifetime {found.lifetime_s} s"] if found.lifetime_s is not None else []
        told += [TRUNCATED] if found.truncated else []
        who = f"advertised by {self._words.name(found.address)}"
        return "  ".join(
            (
                f"  {self._clock(found.first.time_ns)}",
                who,
                *told,
                f"until {self._clock(found.last_ns)}{ceased}",
            )
        )

    def _prefixes(self, found: PrefixExchange) -> Iterator[str]:
        if found.asked:
            frames = self._words.frames(tuple(asked.moment.frame for asked in found.asked))
            unanswered = "" if found.advertisements else "  unanswered"
            agent = self._words.name(found.home_agent)
            what = f"asked of {agent}  {_identifiers(found.asked)}"
            yield f"  {self._clock(found.start_ns)}  {what}  {frames}{unanswered}"
        for advertisement in found.advertisements:
            kind = "answered" if found.asked else f"unsolicited, by {self._words.name(found.home_agent)}"
            frame = self._words.frames((advertisement.moment.frame,))
            prefixes = listed(map(self._prefix, advertisement.prefixes), advertisement.truncated, "no prefixes")
            what = f"{kind}  id {advertisement.identifier}"
            yield f"  {self._clock(advertisement.moment.time_ns)}  {what}  {frame}: {prefixes}"

    def _prefix(self, found: AdvertisedPrefix) -> str:
        return f"{self._words.name(found.prefix)}/{found.prefix_length} valid {found.valid_lifetime_s} s"

    def _tunnel(self, found: Tunnel) -> str:
        ends = f"{self._words.name(found.entry)} > {self._words.name(found.exit)}"
        amount = f"{found.packets} {'packet' if found.packets == 1 else 'packets'}, {found.octets} octets"
        return f"  {self._clock(found.first.time_ns)} to {self._clock(found.last_ns)}  {ends}  {amount}"

    def _error(self, found: DeliveryError) -> Iterator[str]:
        count = f" ×{found.count}" if found.count > 1 else ""
        title = ERRORS.get(found.icmp_type, f"type {found.icmp_type}")
        until = f"  until {self._clock(found.last_ns)}" if found.last_ns > found.first.time_ns else ""
        frame = self._words.frames((found.first.frame,))
        what = f"{found.quoted.replace('_', ' ')} to {self._words.name(found.destination)}"
        yield f"  {self._clock(found.first.time_ns)}  {what}{count}  {frame}{until}"
        yield f"    {title}, code {found.code}, says {self._words.name(found.reporter)}"

    def _nodes(self) -> Iterator[str]:
        for node, roles in self._timeline.nodes.items():
            for role, evidence in roles.items():
                message, frame = evidence.message.replace("_", " "), self._words.frames((evidence.moment.frame,))
                yield f"  {_ROLES[role]:<13}  {self._words.name(node)}  {message}, {frame}"


def _identifiers(asked: Iterable[Asked]) -> str:
    """Those of what was asked, each once."""
    return ", ".join(dict.fromkeys(f"id {each.identifier}" for each in asked))
