"""Our engine in a captured node's place: one call from packets to answers."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Final

from msgspec import Struct

from dissectors.profile import RFC6275, Profile
from mhatool.exchange import Sighting
from mhatool.protocol.at import At
from mhatool.protocol.neighbourhood import home_agents_anycast
from mhatool.replay.correspondent import CorrespondentPart
from mhatool.replay.driver import Driver, Reception, Reply
from mhatool.replay.home_agent import HomeAgentPart
from mhatool.replay.mobile_node import MobileNodePart
from mhatool.replay.part import AbsentError, Part
from mhatool.replay.traffic import Carried, Traffic, traffic_of

PARTS: Final[dict[str, Callable[[bytes, Profile], Part]]] = {
    "mn": MobileNodePart,
    "ha": HomeAgentPart,
    "cn": CorrespondentPart,
}
"""By the role's short name: from the node's address and the profile to its part."""


class Replayed(Struct, frozen=True):
    """What reached the captured node and what it sent; what reached ours, and what ours sent."""

    traffic: Traffic
    receptions: list[Reception]
    replies: list[Reply]


def replay(
    sightings: Iterable[Sighting],
    role: str,
    address: bytes,
    profile: Profile = RFC6275,
    *,
    until: At | None = None,
    lost: Container[int] = (),
) -> Replayed:
    """Feed what the node with this address received to one of ours, up to an instant.

    `lost` are the numbers of frames that nobody received; it may fill while `sightings` are read (`noting_losses`).
    AbsentError where there is no such node, ReplayError where it can't be replaced.
    """
    part = PARTS[role](address, profile)
    traffic = traffic_of(sightings if until is None else _cut(sightings, until), part, lost)
    if not traffic.sent and not any(_is_for(seen, part, address) for seen in traffic.received):
        raise AbsentError("no message from or to this address" + (" until then" if until is not None else ""))
    driver = Driver(part.node(traffic), part.answers, part.before)
    driver.run(part.inputs(traffic), traffic.last_ns)
    return Replayed(traffic, driver.receptions, driver.replies)


def _is_for(seen: Carried, part: Part, address: bytes) -> bool:
    """Whether it is for the node: neighbours, and who asks for any home agent, speak to others as well."""
    own = part.addresses - {home_agents_anycast(address)}
    return seen.outer.destination in own or seen.inner.destination in own


def _cut(sightings: Iterable[Sighting], until: At) -> Iterator[Sighting]:
    """Those up to the instant; they come in the order of their times."""
    end_ns = until.time_ns
    for sighting in sightings:
        if end_ns is None and until.after_ns is not None:
            end_ns = sighting.time_ns + until.after_ns
        if end_ns is not None and sighting.time_ns > end_ns:
            return
        yield sighting
        if sighting.frame.number == until.frame:
            return


__all__ = ["PARTS", "Replayed", "replay"]
