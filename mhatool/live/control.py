"""The control socket: a line of JSON asks, a line of JSON answers; who may open the socket may ask."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mhatool.live.configuration import LiveNode
from mhatool.live.errors import LiveError
from mhatool.live.tables import WHAT

if TYPE_CHECKING:
    from mhatool.live.driver import Driver

SCHEMA: Final = "mhatool.node/1"
PATIENCE_S: Final = 5.0
"""How long a client may take to ask, or to take its answer."""
_LONGEST: Final = 65_536


class ControlServer:
    """Answers about one node."""

    def __init__(self, driver: Driver, live: LiveNode) -> None:
        self._driver = driver
        self._live = live
        self._path = live.file.control_path
        self._server: asyncio.Server | None = None
        self._answers: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "show": self._show,
            "stop": self._stop,
        }

    async def start(self) -> None:
        """Listen. LiveError where another node answers there."""
        self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if _somebody_answers(self._path):
            raise LiveError(f"{self._path}: a node runs there already; stop it, or give this one another `control`")
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()  # of a run that was killed
        before = os.umask(0o077)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=_LONGEST)
        except OSError as error:
            raise LiveError(f"{self._path}: {(error.strerror or '').lower()}; give another `control`") from error
        finally:
            os.umask(before)

    async def stop(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One question, one answer. A client that hangs is let go."""
        with contextlib.suppress(TimeoutError, ConnectionError, ValueError):
            async with asyncio.timeout(PATIENCE_S):
                line = await reader.readline()
                writer.write(json.dumps(self._answer(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            question = json.loads(line)
            answer = self._answers[question["command"]]
        except (ValueError, KeyError, TypeError):
            return {"schema": SCHEMA, "error": f"one of {', '.join(self._answers)} is needed"}
        return {"schema": SCHEMA, "node": self._live.file.name, "role": self._live.file.role, **answer(question)}

    def _show(self, question: dict[str, Any]) -> dict[str, Any]:
        what = question.get("what")
        if what not in WHAT:
            return {"error": f"{what!r} is none of {', '.join(WHAT)}"}
        now = self._driver.clock.now()
        return {"time_ns": now, what: self._driver.tables.show(what, now)}

    def _stop(self, _question: dict[str, Any]) -> dict[str, Any]:
        self._driver.stop()
        return {"stopping": True}


def _somebody_answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE_S)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def ask(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """What the node at this socket answers. LiveError where nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE_S)
        try:
            connection.connect(str(path))
            connection.sendall(json.dumps(question).encode() + b"\n")
            answered = b"".join(iter(lambda: connection.recv(_LONGEST), b""))
            answer: dict[str, Any] = json.loads(answered)
        except FileNotFoundError:
            raise LiveError(f"no node runs at {path}; start one: mhatool node run CONFIG.toml") from None
        except (OSError, ValueError) as error:
            raise LiveError(f"{path}: the node doesn't answer: {error}") from None
    if "error" in answer:
        raise LiveError(str(answer["error"]))
    return answer


__all__ = ["SCHEMA", "ControlServer", "ask"]
