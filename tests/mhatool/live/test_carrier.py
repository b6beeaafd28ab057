"""Interfaces that lose and find their link, as the kernel's messages tell it (rtnetlink(7), RFC 3549)."""

import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mhatool.live.carrier import State, links, steps
from tests.mhatool.lab.standing import until
from tests.mhatool.live.namespace import REPOSITORY, Namespace, namespace

NEW_LINK, DEL_LINK, NEW_ADDRESS = 16, 17, 20
UP, RUNNING = 0x1, 0x40
NAME, DOWN_COUNT = 3, 48
WATCHES = """
import json, sys
from mhatool.live.carrier import Carriers
carriers = Carriers(["left", "missing"])
for line in sys.stdin:
    print(json.dumps(list(carriers.changes())), flush=True)
"""


def message(kind: int, name: bytes, flags: int, downs: int) -> bytes:
    """A header, an ifinfomsg, and two attributes: the name, padded to four octets, and the counter."""
    body = struct.pack("=BxHiII", 0, 1, 2, flags, 0)
    named = struct.pack("=HH", 4 + len(name) + 1, NAME) + name + bytes(1)
    body += named + bytes(-len(named) % 4) + struct.pack("=HHI", 8, DOWN_COUNT, downs)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


def test_the_messages_of_one_datagram_are_read_in_their_order() -> None:
    octets = (
        message(NEW_LINK, b"eth0", UP, 3)
        + message(NEW_ADDRESS, b"eth0", UP | RUNNING, 0)
        + message(NEW_LINK, b"left", UP | RUNNING, 3)
        + message(DEL_LINK, b"eth0", UP | RUNNING, 4)
    )
    assert list(links(octets)) == [("eth0", State(False, 3)), ("left", State(True, 3)), ("eth0", State(False, 4))]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (State(True, 1), State(True, 1), ()),
        (State(True, 1), State(False, 2), (False,)),
        (State(False, 2), State(True, 2), (True,)),
        (State(False, 2), State(True, 3), (True,)),  # up and down again: a node that has no link needs no second word
        (State(True, 1), State(True, 2), (False, True)),
        (State(False, 1), State(False, 2), ()),
    ],
)
def test_a_node_is_told_what_is_new_to_it(before: State, after: State, told: tuple[bool, ...]) -> None:
    assert steps(before, after) == told


@pytest.fixture
def ns(tmp_path: Path) -> Iterator[Namespace]:
    with namespace(tmp_path) as made:
        yield made


@pytest.mark.root
@pytest.mark.iproute2
def test_what_this_kernel_tells(ns: Namespace) -> None:
    """The other end of the link goes down and up before anybody looks; then it stays down, and its pair is removed."""
    command = ["ip", "netns", "exec", ns.name, sys.executable, "-c", WATCHES]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY) as watcher:
        assert _asked(watcher) == []
        for states, told in (
            (["down", "up"], [False, True]),
            (["down"], [False]),
            (["up"], [True]),
            (["up"], []),
        ):
            for state in states:
                ns.does("ip", "link", "set", "right", state)
            _hears(watcher, [["left", up] for up in told])
        ns.does("ip", "link", "delete", "right")
        _hears(watcher, [["left", False]])
        watcher.stdin.close()  # type: ignore[union-attr]


def _asked(watcher: subprocess.Popen[str]) -> Any:
    assert watcher.stdin is not None
    assert watcher.stdout is not None
    watcher.stdin.write("\n")
    watcher.stdin.flush()
    return json.loads(watcher.stdout.readline())


def _hears(watcher: subprocess.Popen[str], told: list[list[object]]) -> None:
    """These changes come, and no other ones with them; the kernel tells of some a little later."""
    heard: list[Any] = []

    def is_told() -> bool:
        heard.extend(_asked(watcher))
        return heard == told

    until(is_told)
