"""Reading beside the keys: in a thread that nobody waits for when the view ends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Final

Stop = Callable[[], bool]
"""Whether nobody wants the answer any more."""

_one_at_a_time: Final = threading.Lock()


async def in_background(work: Callable[[Stop], list[str]]) -> list[str]:
    """What the work gives. One is done after another; where this is cancelled the work is told to stop.

    Raises what the work raises.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()
    unwanted = threading.Event()

    def settle(set_it: Callable[[], None]) -> None:
        if not answer.done():
            set_it()

    def run() -> None:
        with _one_at_a_time, contextlib.suppress(RuntimeError):  # the loop is closed
            if unwanted.is_set():
                return
            try:
                lines = work(unwanted.is_set)
            except Exception as error:
                failure = error  # `error` is gone when it is told
                loop.call_soon_threadsafe(settle, lambda: answer.set_exception(failure))
            else:
                loop.call_soon_threadsafe(settle, lambda: answer.set_result(lines))

    threading.Thread(target=run, daemon=True).start()  # an executor's threads would be waited for
    try:
        return await answer
    finally:
        unwanted.set()


__all__ = ["Stop", "in_background"]
