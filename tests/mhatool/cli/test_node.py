"""Which node a command means, and a table that is watched; what the nodes themselves do is in tests/mhatool/live."""

import errno
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mhatool.cli import watch as watching
from mhatool.cli.common import CommandError
from mhatool.cli.node import run, socket_of
from mhatool.live.examples import EXAMPLES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which nodes have their sockets, an empty one."""
    monkeypatch.setattr("mhatool.live.configuration.RUN_FOLDER", str(tmp_path))
    return tmp_path


@contextmanager
def node_at(path: Path, *answers: dict[str, Any]) -> Iterator[Path]:
    """Somebody who answers at a socket: this to each that asks, one after another; nobody any more after the last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    server = socket.create_server(str(path), family=socket.AF_UNIX)

    def serve() -> None:
        with server:
            for number, answer in enumerate(answers, 1):
                connection, _ = server.accept()
                with connection, connection.makefile("rb") as lines:
                    lines.readline()
                    if number == len(answers):
                        path.unlink()
                    connection.sendall(json.dumps(answer).encode() + b"\n")

    if answers:
        threading.Thread(target=serve, daemon=True).start()
    yield path
    if not answers:
        server.close()


def test_the_only_one_is_meant_without_a_name(folder: Path) -> None:
    with node_at(folder / "ha1.sock") as path:
        assert socket_of(None) == socket_of("ha1") == path


def test_of_several_one_is_named(folder: Path) -> None:
    with node_at(folder / "ha1.sock") as ha1, node_at(folder / "cn.sock") as cn:
        assert socket_of("cn") == cn
        with pytest.raises(CommandError) as caught:
            socket_of(None)
        assert str(caught.value) == f"several nodes run here: {cn}, {ha1}; name one's socket: --node PATH"


def test_one_name_in_two_places_needs_its_path(folder: Path) -> None:
    with node_at(folder / "ha1.sock") as own, node_at(folder / "lab" / "paper" / "ha1.sock") as lab:
        with pytest.raises(CommandError, match="several nodes run here"):
            socket_of("ha1")
        assert (socket_of(str(own)), socket_of(str(lab))) == (own, lab)


def test_what_a_killed_node_left_is_none(folder: Path) -> None:
    with node_at(folder / "dead.sock"):
        pass
    with node_at(folder / "ha1.sock") as path:
        assert (folder / "dead.sock").exists()
        assert socket_of(None) == path


def test_where_none_runs_it_is_said_how_to_start_one(folder: Path) -> None:
    with pytest.raises(CommandError, match=r"no node cn runs here; start one: mhatool node run CONFIG\.toml"):
        socket_of("cn")
    with pytest.raises(CommandError, match="no node runs here"):
        socket_of(None)


def shown(**bindings: object) -> dict[str, Any]:
    return {"schema": "mhatool.node/1", "node": "ha1", "bindings": [bindings]}


def test_a_watched_table_is_shown_again_until_the_node_leaves(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watching, "INTERVAL_S", 0.05)
    with node_at(folder / "ha1.sock", shown(flags="AH"), shown(flags="AHM")) as path:
        watching.watch(path, "bindings", json=False)
    printed = capsys.readouterr()
    assert printed.out == "flags AH\n\nflags AHM\n\n"
    assert printed.err == "mhatool: warning: ha1 has left\n"


def test_on_a_terminal_it_is_drawn_in_place(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watching, "INTERVAL_S", 0.05)
    monkeypatch.setattr(watching, "is_terminal", lambda _: True)
    with node_at(folder / "ha1.sock", shown(flags="AH")) as path:
        watching.watch(path, "bindings", json=False)
    assert capsys.readouterr().out == "\x1b[H\x1b[Jha1: bindings, again every 0.05 s; Ctrl-C ends it\nflags AH\n"


def test_as_json_it_is_a_record_a_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = {"schema": "mhatool.node-change/1", "change": "gone", "home_address": "::1"}
    with node_at(folder / "ha1.sock", record) as path:
        watching.watch(path, "bindings", json=True)
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == [record]
    assert printed.err == "mhatool: warning: ha1 has left\n"


def test_who_cant_follow_is_told(folder: Path) -> None:
    with (
        node_at(folder / "ha1.sock", {"error": "read faster: changes were lost; begin anew"}) as path,
        pytest.raises(CommandError, match="read faster"),
    ):
        watching.watch(path, "log", json=True)


def test_what_the_kernel_refuses_is_the_nodes_not_standard_outputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("mhatool.live.run.run", refused)
    path = tmp_path / "ha1.toml"
    path.write_text(EXAMPLES["ha"])
    with pytest.raises(
        CommandError, match=r"^ha1 can't go on: cannot allocate memory; MHATOOL_TRACEBACK=1 shows where$"
    ):
        run(str(path))
