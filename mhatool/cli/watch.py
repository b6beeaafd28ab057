"""`mhatool node show --watch`: a table that is drawn again and again, or a JSON record for each change."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from mhatool.cli.common import Out, fail, is_terminal, warn

INTERVAL_S: Final = 1.0
"""Between two drawings: lifetimes count down in seconds."""
_HOME_AND_CLEAR: Final = "\x1b[H\x1b[J"


def watch(socket: Path, what: str, json: bool) -> None:
    """Until Ctrl-C, or until the node goes; fails where none is there."""
    from mhatool.live.errors import LiveError

    with suppress(KeyboardInterrupt):
        try:
            _follow(socket, what) if json else _draw(socket, what)
        except LiveError as error:
            fail(str(error))


def _follow(socket: Path, what: str) -> None:
    from mhatool.live.control import follow

    out = Out("jsonl")
    for record in follow(socket, what):
        out.record(record)
    warn(f"{socket.stem} has left")


def _draw(socket: Path, what: str) -> None:
    """On a terminal in place; elsewhere one block after another, with an empty line between."""
    from mhatool.cli.node import lines_of
    from mhatool.live.control import ask
    from mhatool.live.errors import LiveError

    begin = _HOME_AND_CLEAR if is_terminal(sys.stdout) else ""
    title = f"{what}, again every {INTERVAL_S:g} s; Ctrl-C ends it"
    answer = ask(socket, {"command": "show", "what": what})
    while True:
        table = "\n".join(lines_of(answer[what]))
        print(f"{begin}{answer['node']}: {title}\n{table}" if begin else f"{table}\n", flush=True)
        time.sleep(INTERVAL_S)
        try:
            answer = ask(socket, {"command": "show", "what": what})
        except LiveError:
            if socket.exists():
                raise  # it hasn't taken its leave: it hangs, or was killed
            warn(f"{answer['node']} has left")
            return
