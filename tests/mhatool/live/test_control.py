"""The control socket: questions, answers, changes as they happen, clients that hang or ask nonsense."""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dissectors.ipv6.address import parse
from mhatool.engine.events import CacheEntry, Event, MessageDropped, UpdateRefused
from mhatool.live import control
from mhatool.live.clock import Clock
from mhatool.live.configuration import LiveNode, load
from mhatool.live.control import CHANGE_SCHEMA, ControlServer, ask, follow
from mhatool.live.errors import LiveError
from mhatool.live.tables import Tables
from mhatool.live.watching import MOST_WAITING

FILE = """\
name = "cn"
interfaces = ["eth0"]
control = "{}"
[correspondent]
addresses = ["2001:db8:c::a"]
"""
HOME, ADDRESS, CARE_OF = parse("2001:db8:2::100"), parse("2001:db8:c::a"), parse("2001:db8:3::100")
SECOND = 1_000_000_000


def bound(number: int, *, gone: bool = False) -> CacheEntry:
    return CacheEntry(
        time_ns=number * SECOND,
        node="cn",
        home_address=HOME,
        care_of_address=CARE_OF,
        address=ADDRESS,
        flags="A",
        sequence_number=number,
        lifetime_s=420,
        expires_ns=(number + 420) * SECOND,
        gone=gone,
    )


def dropped(time_ns: int) -> MessageDropped:
    ends = {"source": CARE_OF, "destination": ADDRESS}
    return MessageDropped(time_ns=time_ns, node="cn", reason="BAD_CHECKSUM", detail="", frame=b"", **ends)


class Server:
    """A control server, and its node: what it hears is what the test says."""

    def __init__(self, live: LiveNode) -> None:
        self.path = live.file.control_path
        self.tables = Tables()
        self.listeners: list[Callable[[Event], None]] = [self.tables.hear]
        self.clock = Clock()
        self.stopped = False
        self.changed: list[str] | LiveError = []
        self.server = ControlServer(self, live, self._reload)  # type: ignore[arg-type]

    def stop(self) -> None:
        self.stopped = True

    def count(self) -> None:
        """The kernel has dropped nothing."""

    def _reload(self) -> list[str]:
        if isinstance(self.changed, LiveError):
            raise self.changed
        return self.changed

    def happens(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)

    async def asked(self, question: bytes) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(str(self.path))
        writer.write(question + b"\n")
        answer = json.loads(await reader.readline())
        writer.close()
        return dict(answer)


def served(tmp_path: Path, test: Callable[[Server], Awaitable[None]]) -> None:
    """Run a test while the server listens."""
    file = tmp_path / "cn.toml"
    file.write_text(FILE.format(tmp_path / "cn.sock"))

    async def run() -> None:
        made = Server(load(str(file)))
        await made.server.start()
        try:
            await test(made)
        finally:
            await made.server.stop()
        assert not made.path.exists()

    asyncio.run(run())


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients that hang go soon."""
    monkeypatch.setattr(control, "PATIENCE_S", 0.2)


def test_reload_tells_what_is_otherwise_or_what_is_wrong(tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        server.changed = ["log_level"]
        assert (await server.asked(b'{"command": "reload"}'))["changed"] == ["log_level"]
        server.changed = LiveError("cn.toml:1: no")
        assert (await server.asked(b'{"command": "reload"}'))["error"] == "cn.toml:1: no"

    served(tmp_path, test)


@pytest.mark.parametrize(
    "question", [b"", b"{", b"[]", b'{"command": 1}', b'{"command": "fly"}', b"\xff", b"[" * 60_000]
)
def test_nonsense_is_told_what_is_possible(tmp_path: Path, question: bytes) -> None:
    async def test(server: Server) -> None:
        answer = await server.asked(question)
        assert answer["error"] == "one of show, stop, reload, watch is needed"

    served(tmp_path, test)


@pytest.mark.parametrize("command", ["show", "watch"])
def test_a_table_that_isnt_there(tmp_path: Path, command: str) -> None:
    async def test(server: Server) -> None:
        answer = await server.asked(json.dumps({"command": command, "what": "weather"}).encode())
        assert answer["error"] == "'weather' is none of bindings, updates, agents, stats, log"

    served(tmp_path, test)


def test_who_watches_begins_with_what_is_there_and_hears_each_change(tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        server.happens(bound(1))
        reader, writer = await asyncio.open_unix_connection(str(server.path))
        writer.write(b'{"command": "watch", "what": "bindings"}\n')
        first = json.loads(await reader.readline())
        server.happens(bound(2))
        server.happens(dropped(3))
        server.happens(bound(3, gone=True))
        records = [first, *[json.loads(await reader.readline()) for _ in range(2)]]
        assert {(record["schema"], record["node"], record["what"]) for record in records} == {
            (CHANGE_SCHEMA, "cn", "bindings")
        }
        assert [(record["change"], record["sequence_number"]) for record in records] == [
            ("is", 1),
            ("is", 2),
            ("gone", 3),
        ]
        assert (records[1]["time_ns"], records[1]["lifetime_left_s"]) == (2 * SECOND, 420)
        writer.close()
        while len(server.listeners) > 1:
            await asyncio.sleep(0.01)

    served(tmp_path, test)


def test_counters_and_events_are_watched_too(tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        server.happens(dropped(1))
        for what, number in (("stats", "count"), ("log", "event")):
            reader, writer = await asyncio.open_unix_connection(str(server.path))
            writer.write(json.dumps({"command": "watch", "what": what}).encode() + b"\n")
            first = json.loads(await reader.readline())
            server.happens(dropped(2))
            second = json.loads(await reader.readline())
            assert first["reason" if what == "log" else "name"] == "BAD_CHECKSUM"
            expected = (1, 2) if what == "stats" else ("mh:dropped", "mh:dropped")
            assert (first[number], second[number]) == expected
            writer.close()

    served(tmp_path, test)


def test_what_is_dropped_unread_is_watched_too(tmp_path: Path) -> None:
    """No event tells of it. What a flood adds while nobody reads is one change, and no reader is let go for it."""

    async def test(server: Server) -> None:
        reader, writer = await asyncio.open_unix_connection(str(server.path))
        writer.write(b'{"command": "watch", "what": "stats"}\n')
        while not server.tables.followers:
            await asyncio.sleep(0.01)
        for _ in range(2 * MOST_WAITING):
            server.tables.count_dropped("rate_limit", 5 * SECOND)
        server.tables.count_dropped("overrun", 5 * SECOND, 7)
        records = [json.loads(await reader.readline()) for _ in range(2)]
        assert [(record["name"], record["count"], record["time_ns"]) for record in records] == [
            ("rate_limit", 2 * MOST_WAITING, 5 * SECOND),
            ("overrun", 7, 5 * SECOND),
        ]
        writer.close()
        while server.tables.followers:
            await asyncio.sleep(0.01)

    served(tmp_path, test)


def test_a_refused_update_is_a_change_of_the_counters(tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        reader, writer = await asyncio.open_unix_connection(str(server.path))
        writer.write(b'{"command": "watch", "what": "stats"}\n')
        while len(server.listeners) == 1:
            await asyncio.sleep(0.01)
        ends = {"home_address": HOME, "care_of_address": CARE_OF, "address": ADDRESS}
        server.happens(UpdateRefused(time_ns=1, node="cn", status=129, reason="prohibited", **ends))
        record = json.loads(await reader.readline())
        assert (record["counter"], record["name"], record["count"]) == ("refused", "prohibited", 1)
        writer.close()

    served(tmp_path, test)


def test_who_reads_nothing_is_let_go_and_the_node_keeps_little_for_it(tmp_path: Path) -> None:
    """The log grows by far more than sockets hold."""

    async def test(server: Server) -> None:
        reader, writer = await asyncio.open_unix_connection(str(server.path), limit=1_000)
        writer.write(b'{"command": "watch", "what": "log"}\n')
        while len(server.listeners) == 1:
            await asyncio.sleep(0.01)
        watcher = server.listeners[1].__self__  # type: ignore[attr-defined]
        for number in range(20):
            for _ in range(MOST_WAITING // 10):
                server.happens(bound(number))
            await asyncio.sleep(0)
            assert len(watcher._waiting) <= MOST_WAITING
        async with asyncio.timeout(5):
            while len(server.listeners) > 1:
                server.happens(bound(1))
                await asyncio.sleep(0.001)
        assert (await server.asked(b'{"command": "show", "what": "stats"}'))["stats"]["dropped"] == {}
        del reader

    served(tmp_path, test)


def test_who_asks_nothing_is_let_go_and_others_are_answered_meanwhile(tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        hanging = [await asyncio.open_unix_connection(str(server.path)) for _ in range(50)]
        assert (await server.asked(b'{"command": "show", "what": "log"}'))["log"] == []
        for reader, _writer in hanging:
            assert await reader.read() == b""

    served(tmp_path, test)


def test_two_nodes_dont_share_a_socket_and_a_dead_ones_is_taken(tmp_path: Path) -> None:
    async def test(server: Server) -> None:
        live = load(str(tmp_path / "cn.toml"))
        with pytest.raises(LiveError, match="a node runs there already"):
            await ControlServer(server, live, list).start()  # type: ignore[arg-type]

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(tmp_path / "cn.sock"))
    served(tmp_path, test)


@pytest.mark.parametrize("asks", [partial(ask, question={"command": "show"}), partial(follow, what="stats")])
def test_who_may_not_ask_is_told_who_may(asks: Callable[[Path], Any], tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    own = os.geteuid()
    folder.chmod(0)
    try:
        if not own:  # to root nothing is closed
            os.seteuid(65534)
        with pytest.raises(LiveError, match=r"cn.sock: only who started the node, and root, may ask it: use sudo$"):
            list(asks(folder / "cn.sock"))
    finally:
        os.seteuid(own)
        folder.chmod(0o700)


@pytest.mark.parametrize("asks", [partial(ask, question={"command": "show"}), partial(follow, what="stats")])
def test_the_socket_of_a_node_that_was_killed_is_nobodys(asks: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "cn.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    with pytest.raises(LiveError, match=r"^no node runs at .*cn\.sock; start one: mhatool node run CONFIG\.toml$"):
        list(asks(path))


def test_nobody_else_may_ask(tmp_path: Path) -> None:
    """Who may write to the socket may stop the node: its owner alone, whatever the mask is."""

    async def test(server: Server) -> None:
        assert server.path.stat().st_mode & 0o777 == 0o700

    before = os.umask(0)
    try:
        served(tmp_path, test)
    finally:
        os.umask(before)
