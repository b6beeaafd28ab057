"""A trace that can't be written any more doesn't stop its node."""

import errno
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mhatool.live.errors import LiveError
from mhatool.live.trace_file import TraceFile
from mhatool.trace import Header, read
from tests.mhatool.live.test_control import dropped

HEADER = Header(vantage_point="cn", profile="rfc6275", start_ns=0)


class Full:
    """A file on a full disk."""

    def write(self, *_: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    close = write


def test_each_event_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "cn.jsonl"
    trace = TraceFile(str(path), HEADER, print)
    trace.hear(dropped(1))
    assert len(path.read_bytes().splitlines()) == 2
    trace.close()


def test_a_node_that_starts_again_goes_on_in_it(tmp_path: Path) -> None:
    """Half a line that a killed one left is let go."""
    path = tmp_path / "cn.jsonl"
    for frame in (1, 2):
        trace = TraceFile(str(path), HEADER, print)
        trace.hear(dropped(frame))
        trace.close()
        with path.open("ab") as file:
            file.write(b'{"time_ns":')
    TraceFile(str(path), HEADER, print).close()
    kept = read(path)
    assert [event.time_ns for event in kept.events] == [1, 2]
    assert (kept.header, kept.warnings) == (msgspec.structs.replace(HEADER, end_ns=kept.header.end_ns), ())


def test_two_nodes_at_once_have_no_trace_in_common(tmp_path: Path) -> None:
    path = tmp_path / "cn.jsonl"
    first = TraceFile(str(path), HEADER, print)
    with pytest.raises(LiveError, match="another node writes there; stop it, or give another `trace`"):
        TraceFile(str(path), HEADER, print)
    first.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"my thesis\n", "it is there, and no trace"),
        (b"my thesis", "it is there, and no trace"),
        (msgspec.json.encode(msgspec.structs.replace(HEADER, vantage_point="ha1")) + b"\n", "it is the trace of ha1"),
        (msgspec.json.encode(msgspec.structs.replace(HEADER, profile="kame2003")) + b"\n", "the profile kame2003"),
    ],
)
def test_what_is_something_else_is_left_alone(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "thesis"
    path.write_bytes(content)
    with pytest.raises(LiveError, match=f"thesis: .*{said}; remove it, or give another `trace`"):
        TraceFile(str(path), HEADER, print)
    assert path.read_bytes() == content


def test_on_a_full_disk_it_ends_with_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    trace: Any = TraceFile(str(tmp_path / "cn.jsonl"), HEADER, said.append)
    trace._writer._sink = trace._file = Full()
    for _ in range(2):
        trace.hear(dropped(1))
    assert said == [
        f"{tmp_path / 'cn.jsonl'}: no space left on device: the trace ends here, the node goes on",
    ]


def test_where_it_cant_begin_another_file_is_to_be_given(tmp_path: Path) -> None:
    with pytest.raises(LiveError, match=r"no such file or directory; give another `trace`"):
        TraceFile(str(tmp_path / "no" / "cn.jsonl"), HEADER, print)


@pytest.mark.parametrize("how", ["renamed", "removed", "emptied"])
def test_a_file_that_is_rotated_is_begun_anew(how: str, tmp_path: Path) -> None:
    """As logrotate(8) does, by default or with `copytruncate`. The next start goes on with it."""
    path, old = tmp_path / "cn.jsonl", tmp_path / "cn.jsonl.1"
    trace = TraceFile(str(path), HEADER, pytest.fail)
    trace.hear(dropped(1))
    if how == "renamed":
        path.rename(old)
    elif how == "removed":
        path.unlink()
    else:
        os.truncate(path, 0)
    for frame in (2, 3):
        trace.hear(dropped(frame))
    trace.close()
    TraceFile(str(path), HEADER, pytest.fail).close()
    assert [event.time_ns for event in read(path).events] == [2, 3]
    assert how != "renamed" or [event.time_ns for event in read(old).events] == [1]


def test_where_another_file_has_the_name_the_trace_ends_with_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "cn.jsonl"
    trace = TraceFile(str(path), HEADER, said.append)
    path.unlink()
    path.write_text("my thesis")
    for frame in (1, 2):
        trace.hear(dropped(frame))
    what = f"{path}: it is there, and no trace; remove it, or give another `trace`"
    assert said == [f"{what}; the trace ends here, the node goes on"]
    assert path.read_text("utf-8") == "my thesis"
    trace.close()
