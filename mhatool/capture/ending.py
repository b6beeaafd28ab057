"""Ends a pipe for its reader, though its writer goes on: what an interrupt does where all is told at the end."""

import contextlib
import os
import select
import threading
import time
from typing import Final

LAST_WORDS_S: Final = 0.5
"""For what is under way: who writes is often interrupted as well, and writes the rest of what it has."""
_PIECE: Final = 64 * 1024


def end(descriptor: int) -> None:
    """Have it end as soon as its writer ends, and after LAST_WORDS_S all the same. For signal handlers too.

    Another pipe takes its place, so that a read that waits goes on there: Python repeats one that a signal broke off,
    by the descriptor (PEP 475). Raises OSError.
    """
    before = os.dup(descriptor)
    instead, sink = os.pipe()
    os.dup2(instead, descriptor)
    os.close(instead)
    threading.Thread(target=_hand_over, args=(before, sink), daemon=True).start()


def _hand_over(source: int, sink: int) -> None:
    until = time.monotonic() + LAST_WORDS_S
    with contextlib.suppress(OSError):  # nobody reads any more
        while (left := until - time.monotonic()) > 0 and select.select([source], [], [], left)[0]:
            piece = os.read(source, _PIECE)
            if not piece:
                break
            os.write(sink, piece)
    os.close(sink)
    os.close(source)


__all__ = ["LAST_WORDS_S", "end"]
