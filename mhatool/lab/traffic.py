"""Test traffic between two nodes of a lab: numbered UDP datagrams each way at a steady rate, and what came of them.

`python -m mhatool.lab.traffic LOCAL PEER PORT RATE SECONDS OUT` runs at each end; OUT gets a JSON line when a datagram
leaves and when one comes. SIGTERM ends the sending early. All ends share the machine's clock.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

_NUMBER = struct.Struct(">IQ")
SIZE = 64
"""Octets of UDP payload."""
LISTEN_LONGER_S = 0.5


class End(asyncio.DatagramProtocol):
    """One end: sends, and writes down what it sends and hears."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def datagram_received(self, data: bytes, _address: Any) -> None:
        """One came."""
        if len(data) >= _NUMBER.size:
            number, sent_ns = _NUMBER.unpack_from(data)
            self._write({"received": number, "sent_ns": sent_ns, "time_ns": time.time_ns()})

    def error_received(self, exc: Exception) -> None:
        """A router says that one couldn't be delivered: it counts as lost, as it is."""
        self._write({"error": str(exc), "time_ns": time.time_ns()})

    def send(self, transport: asyncio.DatagramTransport, number: int) -> None:
        """Send one."""
        now = time.time_ns()
        transport.sendto(_NUMBER.pack(number, now).ljust(SIZE, b"\0"))
        self._write({"sent": number, "time_ns": now})

    def _write(self, record: dict[str, Any]) -> None:
        self._out.write(json.dumps(record) + "\n")
        self._out.flush()


async def talk(local: str, peer: str, port: int, rate: float, seconds: float, out: TextIO) -> None:
    """Send and listen for so long, or until SIGTERM; then listen a little longer."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    link = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    link.bind((local, port))
    link.connect((peer, port))
    transport, end = await loop.create_datagram_endpoint(lambda: End(out), sock=link)
    begin = loop.time()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(begin + number / rate - loop.time(), 0))
        if over.is_set():
            break
        end.send(transport, number)
    await asyncio.sleep(LISTEN_LONGER_S)
    transport.close()


@dataclass(frozen=True, slots=True)
class Gap:
    """Datagrams in a row that never came: how many, and when the first and the last of them had left."""

    count: int
    first_ns: int
    last_ns: int


def lost(sender: Iterable[str], receiver: Iterable[str]) -> Iterator[Gap]:
    """The gaps in what one end sent and the other heard, from the lines that they wrote."""
    heard = {record["received"] for record in map(json.loads, receiver) if "received" in record}
    row: list[int] = []
    for record in map(json.loads, sender):
        if "sent" not in record:
            continue
        if record["sent"] not in heard:
            row.append(record["time_ns"])
        elif row:
            yield Gap(len(row), row[0], row[-1])
            row = []
    if row:
        yield Gap(len(row), row[0], row[-1])


def main(arguments: list[str]) -> None:
    """Run one end."""
    local, peer, port, rate, seconds, out = arguments
    with Path(out).open("w", encoding="ascii") as file:
        asyncio.run(talk(local, peer, int(port), float(rate), float(seconds), file))


if __name__ == "__main__":
    main(sys.argv[1:])
