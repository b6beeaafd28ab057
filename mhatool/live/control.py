"""The control socket: a line of JSON asks, a line of JSON answers; who may open the socket may ask."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mhatool.live.configuration import LiveNode
from mhatool.live.errors import LiveError
from mhatool.live.tables import WHAT
from mhatool.live.watching import Watcher

if TYPE_CHECKING:
    from mhatool.live.driver import Driver

SCHEMA: Final = "mhatool.node/1"
CHANGE_SCHEMA: Final = "mhatool.node-change/1"
PATIENCE_S: Final = 5.0
"""How long a client may take to ask, or to take its answer."""
_LONGEST: Final = 65_536
_NOBODY: Final = "no node runs at {}; start one: mhatool node run CONFIG.toml"
_NOT_YOURS: Final = "{}: only who started the node, and root, may ask it: use sudo"


class ControlServer:
    """Answers about one node. `reload` reads its file again: see `Reload`."""

    def __init__(self, driver: Driver, live: LiveNode, reload: Callable[[], list[str]]) -> None:
        self._driver = driver
        self._live = live
        self._reload_file = reload
        self._path = live.file.control_path
        self._server: asyncio.Server | None = None
        self._answers: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "show": self._show,
            "stop": self._stop,
            "reload": self._reload,
            "watch": self._is_there,
        }

    async def start(self) -> None:
        """Listen. LiveError where another node answers there."""
        self._path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        need_free(self._path)
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
        """One question, one answer, or many to `watch`. A client that hangs is let go with what it hasn't read."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                question = _question(await reader.readline())
                answer = self._answer(question)
                watches = question.get("command") == "watch" and "error" not in answer
                if not watches:
                    await _say(writer, answer)
            if watches:
                await self._watch(question["what"], reader, writer)
            writer.close()
        except (TimeoutError, ConnectionError, ValueError):
            writer.transport.abort()

    async def _watch(self, what: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A record for each row that is there, and for each change from now on, until the client goes."""
        now = self._driver.clock.now()
        watcher = Watcher(self._driver.tables, what, now)
        self._driver.listeners.append(watcher.hear)
        self._driver.tables.followers.append(watcher.count)
        gone = asyncio.ensure_future(reader.read())
        gone.add_done_callback(watcher.end)
        try:
            async for time_ns, row in watcher.records(now):
                async with asyncio.timeout(PATIENCE_S):
                    await _say(writer, {**self._head(CHANGE_SCHEMA), "time_ns": time_ns, "what": what, **row})
            if watcher.is_behind:
                await _say(writer, {"schema": CHANGE_SCHEMA, "error": "read faster: changes were lost; begin anew"})
        finally:
            self._driver.listeners.remove(watcher.hear)
            self._driver.tables.followers.remove(watcher.count)
            gone.cancel()

    def _head(self, schema: str) -> dict[str, Any]:
        return {"schema": schema, "node": self._live.file.name, "role": self._live.file.role}

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        answer = self._answers.get(str(question.get("command")))
        if answer is None:
            return {"schema": SCHEMA, "error": f"one of {', '.join(self._answers)} is needed"}
        try:
            return {**self._head(SCHEMA), **answer(question)}
        except LiveError as error:
            return {"schema": SCHEMA, "error": str(error)}

    def _show(self, question: dict[str, Any]) -> dict[str, Any]:
        what = self._is_there(question)["what"]
        now = self._driver.clock.now()
        if what == "stats":
            self._driver.count()
        return {"time_ns": now, what: self._driver.tables.show(what, now)}

    def _is_there(self, question: dict[str, Any]) -> dict[str, Any]:
        what = question.get("what")
        if what not in WHAT:
            raise LiveError(f"{what!r} is none of {', '.join(WHAT)}")
        return {"what": what}

    def _stop(self, _question: dict[str, Any]) -> dict[str, Any]:
        self._driver.stop()
        return {"stopping": True}

    def _reload(self, _question: dict[str, Any]) -> dict[str, Any]:
        return {"changed": self._reload_file()}


def _question(line: bytes) -> dict[str, Any]:
    """What a client asks; nothing where it is no JSON object."""
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return asked if isinstance(asked, dict) else {}


async def _say(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


def is_answered(path: Path) -> bool:
    """Whether a node is at this socket; the file alone may be left of one that was killed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE_S)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def need_free(path: Path) -> None:
    """LiveError where another node answers at this socket, or its name is that of something else."""
    if is_answered(path):
        raise LiveError(f"{path}: a node runs there already; stop it, or give this one another `control`")
    if path.exists() and not path.is_socket():
        raise LiveError(f"{path}: there is something else than a socket; give another `control`")


def ask(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """What the node at this socket answers. LiveError where nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE_S)
        try:
            connection.connect(str(path))
            connection.sendall(json.dumps(question).encode() + b"\n")
            answered = b"".join(iter(lambda: connection.recv(_LONGEST), b""))
            answer: dict[str, Any] = json.loads(answered)
        except (FileNotFoundError, ConnectionRefusedError):  # one that was killed leaves the name
            raise LiveError(_NOBODY.format(path)) from None
        except PermissionError:
            raise LiveError(_NOT_YOURS.format(path)) from None
        except (OSError, ValueError) as error:
            raise LiveError(f"{path}: the node doesn't answer: {error}") from None
    if "error" in answer:
        raise LiveError(str(answer["error"]))
    return answer


def follow(path: Path, what: str) -> Iterator[dict[str, Any]]:
    """A record for each row of a table, then for each change, until the node goes. LiveError where nobody is there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
            connection.sendall(json.dumps({"command": "watch", "what": what}).encode() + b"\n")
            for line in connection.makefile("rb"):
                record = json.loads(line)
                if "error" in record:
                    raise LiveError(str(record["error"]))
                yield record
        except (FileNotFoundError, ConnectionRefusedError):
            raise LiveError(_NOBODY.format(path)) from None
        except PermissionError:
            raise LiveError(_NOT_YOURS.format(path)) from None
        except (OSError, ValueError) as error:
            raise LiveError(f"{path}: the node doesn't answer: {error}") from None


__all__ = ["CHANGE_SCHEMA", "SCHEMA", "ControlServer", "ask", "follow", "is_answered", "need_free"]
