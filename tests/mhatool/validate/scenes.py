"""What chosen rules say of a few packets, whole and as a capture may spoil them."""

from collections.abc import Callable, Sequence

from dissectors.profile import BUILT_IN
from mhatool.exchange import Source
from mhatool.validate import validate
from tests.mhatool.scenes import S, record

#: When it was sent, in seconds, and its octets from the IPv6 header on.
Packet = tuple[float, bytes]
#: A rule, the frame at fault, whether it is inconclusive.
Said = tuple[str, int, bool]


def told(rules: Sequence[str], *packets: Packet, snap: int | None = None, profile: str = "rfc6275") -> list[Said]:
    """Findings of these rules, by time; the packets are numbered from 1."""
    records = [record(i, round((at + 100) * S), octets, snap=snap) for i, (at, octets) in enumerate(packets, 1)]
    found = validate([Source("scene", records)], BUILT_IN[profile], select=rules)
    return [(f.rule, f.frames[-1].number, f.inconclusive) for f in found]


def only(packets: Sequence[Packet], wanted: Callable[[bytes], bool]) -> list[Packet]:
    """The packets whose octets fit."""
    return [packet for packet in packets if wanted(packet[1])]


def shaken(packets: Sequence[Packet], by: float = 0.05) -> list[Packet]:
    """The packets with their times moved back and forth by turns, in the order of the new times."""
    return sorted(((at + (by if i % 2 else -by), octets) for i, (at, octets) in enumerate(packets)), key=lambda p: p[0])


def twice(packets: Sequence[Packet]) -> list[Packet]:
    """Each packet captured twice within a millisecond."""
    return [copy for at, octets in packets for copy in ((at, octets), (at + 0.001, octets))]
