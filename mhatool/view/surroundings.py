"""What happens around bindings, as rows: tests, discoveries, advertisements, prefixes, tunnels, delivery errors."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.observe import DeliveryError, Direction, Discovery, PrefixExchange, RoutabilityTest, Tunnel
from mhatool.timeline.model import Timeline
from mhatool.timeline.surroundings_text import ERRORS
from mhatool.timeline.values import listed, spent
from mhatool.timeline.words import Words
from mhatool.view.row import Row


def surroundings(timeline: Timeline, words: Words) -> Iterator[Row]:
    """All of it, a kind of thing after the other."""
    for test in timeline.routability_tests:
        yield _test(test, words)
    for discovery in timeline.discoveries:
        yield from _discovery(discovery, words)
    for agent in timeline.advertised_agents:
        told = [f"preference {agent.preference}"] if agent.preference is not None else []
        told += [f"lifetime {agent.lifetime_s} s"] if agent.lifetime_s is not None else []
        detail = "  ".join([*told, f"until {words.clock(agent.last_ns)}"])
        frames = (agent.first.frame,)
        yield Row(time_ns=agent.first.time_ns, what="advertised", detail=detail, node=agent.address, frames=frames)
        if agent.ceased_ns is not None:
            detail = "says that it is no home agent any more"
            yield Row(time_ns=agent.ceased_ns, what="ceases", detail=detail, node=agent.address)
    for exchange in timeline.prefix_exchanges:
        yield from _prefixes(exchange, words)
    for tunnel in timeline.tunnels:
        yield _tunnel(tunnel, words)
    for error in timeline.delivery_errors:
        yield _error(error, words)


def _test(test: RoutabilityTest, words: Words) -> Row:
    start = test.asked or test.answered
    frames = tuple(moment.frame for moment in test.moments)
    answer = f"nonce {test.nonce_index}" if test.nonce_index is not None else "unanswered"
    took = f"  after {spent(test.latency_ns)}" if test.latency_ns is not None else ""
    return Row(
        time_ns=start.time_ns if start is not None else 0,
        what=str(test.kind).replace("_", " ").replace("care of", "care-of"),
        detail=f"of {words.name(test.address)}  {words.frames(frames)}  {answer}{took}",
        node=test.correspondent,
        frames=frames,
        is_trouble=test.answered is None,
    )


def _discovery(found: Discovery, words: Words) -> Iterator[Row]:
    if found.asked:
        frames = tuple(asked.moment.frame for asked in found.asked)
        unanswered = "" if found.replies else "  unanswered"
        yield Row(
            time_ns=found.start_ns,
            what="agents asked" + (f" ×{len(found.asked)}" if len(found.asked) > 1 else ""),
            detail=f"id {found.asked[0].identifier}  {words.frames(frames)}{unanswered}",
            node=found.care_of_address,
            frames=frames,
            is_trouble=not found.replies,
        )
    for reply in found.replies:
        after = f"  after {spent(found.latency_ns)}" if found.latency_ns is not None else ""
        agents = listed(map(words.name, reply.home_agents), reply.truncated, "no home agents")
        frame = (reply.moment.frame,)
        yield Row(
            time_ns=reply.moment.time_ns,
            what="agents told",
            detail=f"id {reply.identifier}  {words.frames(frame)}{after}: {agents}",
            node=found.care_of_address,
            frames=frame,
        )


def _prefixes(found: PrefixExchange, words: Words) -> Iterator[Row]:
    if found.asked:
        frames = tuple(asked.moment.frame for asked in found.asked)
        unanswered = "" if found.advertisements else "  unanswered"
        yield Row(
            time_ns=found.start_ns,
            what="prefixes asked",
            detail=f"id {found.asked[0].identifier}  {words.frames(frames)}{unanswered}",
            node=found.home_agent,
            home_address=found.home_address,
            frames=frames,
            is_trouble=not found.advertisements,
        )
    for advertisement in found.advertisements:
        told = (
            f"{words.name(p.prefix)}/{p.prefix_length} valid {p.valid_lifetime_s} s" for p in advertisement.prefixes
        )
        prefixes = listed(told, advertisement.truncated, "no prefixes")
        frame = (advertisement.moment.frame,)
        yield Row(
            time_ns=advertisement.moment.time_ns,
            what="prefixes told",
            detail=f"id {advertisement.identifier}  {words.frames(frame)}: {prefixes}",
            node=found.home_agent,
            home_address=found.home_address,
            frames=frame,
        )


def _tunnel(found: Tunnel, words: Words) -> Row:
    packets = f"{found.packets} {'packet' if found.packets == 1 else 'packets'}, {found.octets} octets"
    outwards = found.direction is not Direction.FROM_MOBILE_NODE
    return Row(
        time_ns=found.first.time_ns,
        what="tunnel",
        detail=f"{words.name(found.entry)} > {words.name(found.exit)}  {packets}  until {words.clock(found.last_ns)}",
        node=found.home_agent or (found.entry if outwards else found.exit),
        home_address=found.home_address,
        frames=(found.first.frame,),
    )


def _error(found: DeliveryError, words: Words) -> Row:
    count = f" ×{found.count}" if found.count > 1 else ""
    title = ERRORS.get(found.icmp_type, f"type {found.icmp_type}")
    what = f"{found.quoted.replace('_', ' ')} to {words.name(found.destination)}{count}"
    frame = (found.first.frame,)
    return Row(
        time_ns=found.first.time_ns,
        what="not delivered",
        detail=f"{what}  {words.frames(frame)}  {title}, code {found.code}",
        node=found.reporter,
        frames=frame,
        is_trouble=True,
    )
