"""What happens to a capture on its way: disorder, copies, cuts, losses, one direction, a late beginning.

Each way gives what it did in words, and the records that are left. Records keep their frame numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from mhatool.capture import Record

MS = 1_000_000
"""A millisecond in nanoseconds."""
DISORDER_NS = 50 * MS
COPY_NS = 10 * MS
LOSS = 0.1
SNAP_LENGTHS = (60, 78, 96, 128)
MIRROR_LENGTHS = (96, 128)
ETHERNET = 1
MOST_NODES = 10

#: What was done, and what is left.
Spoilt = tuple[str, list[Record]]
Records = Sequence[Record]


def shuffled(records: Records, chance: random.Random, by_ns: int = DISORDER_NS) -> list[Record]:
    """True times, but in the file up to so much too early or too late."""
    return sorted(records, key=lambda r: r.time_ns + chance.randint(-by_ns, by_ns))


def jittered(records: Records, chance: random.Random, by_ns: int = DISORDER_NS) -> list[Record]:
    """Each time stamp off by up to so much, and the file in the order of the stamps."""
    stamped = (r._replace(time_ns=r.time_ns + chance.randint(-by_ns, by_ns)) for r in records)
    return sorted(stamped, key=lambda r: r.time_ns)


def duplicated(records: Records, chance: random.Random) -> list[Record]:
    """Half of them captured twice, the second time a little later."""
    copies = (r._replace(time_ns=r.time_ns + chance.randint(0, COPY_NS)) for r in records if chance.random() < 0.5)
    return sorted([*records, *copies], key=lambda r: r.time_ns)


def lossy(records: Records, chance: random.Random) -> list[Record]:
    return [r for r in records if chance.random() >= LOSS]


def cut(records: Records, snap: int) -> list[Record]:
    return [r._replace(captured=r.captured[:snap]) for r in records]


def by_chance(records: Records, seed: int) -> Iterator[Spoilt]:
    """Disorder, copies and losses, each by itself and with one another."""
    chance = random.Random(seed)
    yield f"shuffled ({seed})", shuffled(records, chance)
    yield f"jittered ({seed})", jittered(records, chance)
    yield f"duplicated ({seed})", duplicated(records, chance)
    yield f"lossy ({seed})", lossy(records, chance)
    yield f"lossy and jittered ({seed})", jittered(lossy(records, chance), chance)
    yield f"duplicated and jittered ({seed})", jittered(duplicated(records, chance), chance)
    snap = chance.choice(SNAP_LENGTHS)
    yield f"lossy and cut at {snap} ({seed})", cut(lossy(records, chance), snap)


def sliced(records: Records, snap: int) -> list[Record]:
    """Cut before they were captured, as by a mirror port: the file says that no more was on the wire."""
    return [r._replace(captured=r.captured[:snap], original_length=len(r.captured[:snap])) for r in records]


def cuts(records: Records) -> Iterator[Spoilt]:
    """Each snap length that there often is."""
    for snap in SNAP_LENGTHS:
        yield f"cut at {snap}", cut(records, snap)
    for snap in MIRROR_LENGTHS:
        yield f"sliced at {snap}", sliced(records, snap)


def directions(records: Records) -> Iterator[Spoilt]:
    """What each node sent, and what it received, alone."""
    for name, ends in _by_ends(records):
        for node in sorted(set(ends), key=ends.count, reverse=True)[:MOST_NODES]:
            yield f"{name} {node.hex()}", [r for r, end in zip(records, ends, strict=True) if end == node]


def silences(records: Records) -> Iterator[Spoilt]:
    """All but what one node sent, or received."""
    for name, ends in _by_ends(records):
        for node in sorted(set(ends)):
            yield f"not {name} {node.hex()}", [r for r, end in zip(records, ends, strict=True) if end != node]


def _by_ends(records: Records) -> Iterator[tuple[str, list[bytes]]]:
    """For each record the node that sent it, then the one that receives it.

    A node is an interface identifier: home and care-of addresses of one node have the same.
    """
    for name, at in (("sent by", 16), ("received by", 32)):
        yield name, [_ip(record)[at : at + 8] for record in records]


def beginnings(records: Records, many: int) -> Iterator[Spoilt]:
    """Without the first packets, and without the last ones, at so many places."""
    for at in range(1, len(records), max(1, len(records) // many)):
        yield f"from the record {at} on", list(records[at:])
        yield f"up to the record {at}", list(records[:at])


def single_losses(records: Records) -> Iterator[Spoilt]:
    """Without each one."""
    for at in range(len(records)):
        yield f"without the record {at}", [*records[:at], *records[at + 1 :]]


def _ip(record: Record) -> bytes:
    """The packet from the IPv6 header on."""
    return record.captured[14:] if record.link_type == ETHERNET else record.captured
