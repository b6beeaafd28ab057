"""`python -m bench.dpkt_scan PCAP`: count mobility signalling with dpkt, as who knows it would write that.

dpkt parts headers, extension headers, VLAN tags and tunnels; it has no Mobility Header, so its type is read by hand,
and it puts no fragments together. dpkt 1.9.8 fails on a fragment header before another extension header.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import dpkt
from dpkt.icmp6 import ICMP6
from dpkt.ip6 import IP6

MOBILITY = 135
ICMPV6_TYPES = frozenset({144, 145, 146, 147, 154})


def main(path: str) -> None:
    """Print how many messages there are."""
    found: Counter[tuple[str, int]] = Counter()
    with Path(path).open("rb") as stream:
        for _, octets in dpkt.pcap.Reader(stream):
            try:
                packet = dpkt.ethernet.Ethernet(octets).data
            except (dpkt.UnpackError, AttributeError):
                continue
            while isinstance(packet, IP6):
                inside = packet.data
                if isinstance(inside, ICMP6) and inside.type in ICMPV6_TYPES:
                    found["icmpv6", inside.type] += 1
                elif packet.p == MOBILITY and isinstance(inside, bytes) and len(inside) > 2:
                    found["mobility", inside[2]] += 1
                packet = inside
    print(found.total())


if __name__ == "__main__":
    main(sys.argv[1])
