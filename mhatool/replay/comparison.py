"""What our node answered beside what the captured one did: both with all that reached them, compared as exchanges."""

from __future__ import annotations

from collections.abc import Iterable

from dissectors.profile import Profile
from mhatool.capture import Record, linktype
from mhatool.compare import Comparison, compare, transactions_of
from mhatool.exchange import Source
from mhatool.replay.driver import Reply
from mhatool.replay.traffic import Traffic


def compared(traffic: Traffic, replies: Iterable[Reply], profile: Profile) -> Comparison:
    """A is the captured node, B is ours. Frames of A are the capture's; in B answers of ours have none of it: they
    are numbered on from its last.
    """
    asked = [(seen.time_ns, seen.frame.number, seen.octets) for seen in traffic.received if seen.inner.is_signalling]
    theirs = [(seen.time_ns, seen.frame.number, seen.octets) for seen in traffic.sent]
    last = max((number for _, number, _ in asked + theirs), default=0)
    ours = [(reply.time_ns, last + i, reply.octets) for i, reply in enumerate(replies, 1)]
    captured = transactions_of(_source("captured", asked + theirs), profile)
    replayed = transactions_of(_source("replayed", asked + ours), profile)
    return compare(captured, replayed)


def _source(name: str, packets: Iterable[tuple[int, int, bytes]]) -> Source:
    return Source(name, [_record(*packet) for packet in sorted(packets, key=lambda packet: packet[0])])


def _record(time_ns: int, number: int, octets: bytes) -> Record:
    return Record(number, time_ns, linktype.RAW, octets, len(octets), 0, 0, None)


__all__ = ["compared"]
