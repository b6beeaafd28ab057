"""A TCP connection between two nodes of a lab: one end sends numbered records at a steady rate, the other notes them.

`python -m mhatool.lab.connection listen|connect LOCAL PEER PORT RATE OUT` runs at each end, until SIGTERM; the lines in
OUT are those of `mhatool.lab.traffic`. What TCP sends again isn't lost, it is late.
"""

from __future__ import annotations

import asyncio
import json
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any, Final, TextIO

_NUMBER: Final = struct.Struct(">IQ")
SIZE: Final = 256
"""Octets of a record."""
_AGAIN_S: Final = 0.1
"""Between attempts to connect, while nobody listens yet."""


async def listen(local: str, port: int, out: TextIO) -> None:
    """Take connections and write down what comes."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while record := await reader.readexactly(SIZE):
                number, sent_ns = _NUMBER.unpack_from(record)
                _write(out, received=number, sent_ns=sent_ns)
        except (OSError, asyncio.IncompleteReadError) as error:
            _write(out, error=str(error))
        finally:
            writer.close()

    server = await asyncio.start_server(take, local, port)
    await server.serve_forever()


async def connect(local: str, peer: str, port: int, rate: float, out: TextIO) -> None:
    """Connect, again and again until somebody listens, and send."""
    writer = None
    while writer is None:
        try:
            _, writer = await asyncio.open_connection(peer, port, local_addr=(local, 0))
        except OSError as error:
            _write(out, error=str(error))
            await asyncio.sleep(_AGAIN_S)
    loop = asyncio.get_running_loop()
    begin, number = loop.time(), 0
    while True:
        await asyncio.sleep(max(begin + number / rate - loop.time(), 0))
        now = _write(out, sent=number)
        writer.write(_NUMBER.pack(number, now).ljust(SIZE, b"\0"))
        number += 1


def _write(out: TextIO, **record: Any) -> int:
    """A line in OUT, with the time of day, which is the answer."""
    now = time.time_ns()
    out.write(json.dumps({**record, "time_ns": now}) + "\n")
    out.flush()
    return now


async def _until_told(role: str, local: str, peer: str, port: int, rate: float, out: TextIO) -> None:
    work = listen(local, port, out) if role == "listen" else connect(local, peer, port, rate, out)
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return


def main(arguments: list[str]) -> None:
    """Run one end."""
    role, local, peer, port, rate, out = arguments
    with Path(out).open("w", encoding="ascii") as file:
        asyncio.run(_until_told(role, local, peer, int(port), float(rate), file))


if __name__ == "__main__":
    main(sys.argv[1:])
