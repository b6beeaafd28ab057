"""What our node answered beside what the captured one did: both with all that reached them, compared as exchanges."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.profile import Profile
from mhatool.capture import Record, linktype
from mhatool.compare import Comparison, compare, transactions_of
from mhatool.exchange import Source
from mhatool.replay.replay import Replayed


def compared(replayed: Replayed, profile: Profile) -> Comparison:
    """A is the captured node, B is ours. Answers of ours have no frame: they are numbered on from the last one's."""
    traffic = replayed.traffic
    captured = [
        (seen.time_ns, seen.frame.number, seen.octets)
        for seen in [*traffic.received, *traffic.sent]
        if seen.inner.is_signalling
    ]
    last = max((number for _, number, _ in captured), default=0)
    heard = [(given.time_ns, given.frame, given.octets) for given in replayed.receptions]
    ours = [(reply.time_ns, last + i, reply.octets) for i, reply in enumerate(replayed.replies, 1)]
    theirs = transactions_of(_source("captured", captured), profile)
    return compare(theirs, transactions_of(_source("replayed", heard + ours), profile))


def _source(name: str, packets: Iterable[tuple[int, int, bytes]]) -> Source:
    return Source(name, [_record(*packet) for packet in sorted(packets, key=lambda packet: packet[0])])


def _record(time_ns: int, number: int, octets: bytes) -> Record:
    return Record(number, time_ns, linktype.RAW, octets, len(octets), 0, 0, None)


__all__ = ["compared"]
