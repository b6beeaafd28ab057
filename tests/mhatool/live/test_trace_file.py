"""A trace that can't be written any more doesn't stop its node."""

import errno
from pathlib import Path
from typing import Any

import pytest

from mhatool.live.errors import LiveError
from mhatool.live.trace_file import TraceFile
from mhatool.trace import Header
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
