"""`python -m bench.objects CAPTURE`: all signalling as message values, each checksum checked, bindings rebuilt.

What somebody writes who uses the library: prints what it found as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from mhatool.capture import open_capture
from mhatool.exchange import Source, sightings
from mhatool.observe import NO_HISTORY, Observer
from mhatool.protocol.collector import few_collections


def main(path: str) -> None:
    """Print counts of messages by type, of checksums by status, of bindings and their care-of addresses.

    Of each binding what holds is kept, and how often it moved; not every message that there ever was.
    """
    found: Counter[tuple[type, str, str]] = Counter()
    observer = Observer(NO_HISTORY)
    with few_collections(), open_capture(path) as reader:
        for sighting in sightings([Source(path, reader)]):
            observer.see(sighting)
            for datagram in sighting.packet.datagrams:
                if datagram.is_signalling:
                    message = datagram.upper
                    if message is not None:
                        found[message.value.__class__, message.type, message.checksum_status] += 1
    messages: Counter[str] = Counter()
    checksums: Counter[str] = Counter()
    for (_, name, status), count in found.items():
        messages[name] += count
        checksums[status] += count
    report = {
        "messages": messages,
        "values": sum(count for (kind, _, _), count in found.items() if kind is not type(None)),
        "checksums": checksums,
        "bindings": observer.made,
        "care_of_addresses": sum(binding.care_of_addresses for binding in observer.bindings()),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
