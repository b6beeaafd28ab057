"""`python -m bench.scapy_read PCAP`: read signalling with Scapy into a table of bindings, without any checksums."""

from __future__ import annotations

import sys
from typing import Any

from scapy.layers.inet6 import (
    MIP6MH_BA,
    MIP6MH_BU,
    ICMPv6HAADReply,
    ICMPv6HAADRequest,
    ICMPv6MPAdv,
    ICMPv6MPSol,
    IPv6,
    MIP6MH_CoT,
    MIP6MH_CoTI,
    MIP6MH_HoT,
    MIP6MH_HoTI,
)
from scapy.layers.l2 import Ether  # noqa: F401  (binds Ethernet frames)
from scapy.utils import PcapReader

OTHERS = (
    *(MIP6MH_HoTI, MIP6MH_CoTI, MIP6MH_HoT, MIP6MH_CoT),
    *(ICMPv6HAADRequest, ICMPv6HAADReply, ICMPv6MPSol, ICMPv6MPAdv),
)


def main(path: str) -> None:
    """Print how many messages there are."""
    messages = 0
    bindings: dict[tuple[str, str], Any] = {}
    with PcapReader(path) as reader:
        for packet in reader:
            if MIP6MH_BU in packet:
                update = packet[MIP6MH_BU]
                bindings[packet[IPv6].src, packet[IPv6].dst] = (update.seq, update.mhtime, update.options)
                messages += 1
            elif MIP6MH_BA in packet:
                answer = packet[MIP6MH_BA]
                bindings[packet[IPv6].dst, packet[IPv6].src] = (answer.seq, answer.mhtime, answer.status)
                messages += 1
            else:
                messages += any(kind in packet for kind in OTHERS)
    print(messages)


if __name__ == "__main__":
    main(sys.argv[1])
