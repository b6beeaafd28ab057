"""`python -m bench.objects CAPTURE`: all signalling as message values, each checksum checked, bindings rebuilt.

What somebody writes who uses the library: prints what it found as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from mhatool.capture import open_capture
from mhatool.exchange import Source, sightings
from mhatool.observe import BindingTable
from mhatool.protocol.collector import few_collections


def main(path: str) -> None:
    """Print counts of messages by type, of checksums by status, of bindings and their care-of addresses."""
    found: Counter[tuple[type, str]] = Counter()
    table = BindingTable()
    with few_collections(), open_capture(path) as reader:
        for time_ns, _, _, packet in sightings([Source(path, reader, at_rest=True)]):
            for datagram in packet.datagrams:
                if datagram.is_signalling and (view := datagram.upper) is not None:
                    message, status = view.value, view.checksum_status
                    found[message.__class__, status] += 1
                    if status == "good" and message is not None:
                        table.see(time_ns, datagram, message)
    messages: Counter[str] = Counter()
    checksums: Counter[str] = Counter()
    values = 0
    for (kind, status), count in found.items():
        checksums[status] += count
        if kind is not type(None):
            values += count
            messages[kind.__declaration__.symbol] += count
    report = {
        "messages": messages,
        "values": values,
        "checksums": checksums,
        "bindings": sum(holding.bindings for holding in table),
        "care_of_addresses": sum(holding.care_of_addresses for holding in table),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
