import contextlib
import gzip
import io
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from mhatool.capture import CaptureError, PcapngWriter, open_at_end, open_output
from tests.mhatool.capture.builders import read


def message(path: "Path | str", **settings: "list[Path]") -> str:
    with pytest.raises(CaptureError) as caught:
        open_output(path, **settings)
    return str(caught.value)


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    with open_output(path) as output:
        assert output.path == str(path)
        PcapngWriter(output, application="test").write(7, 1, b"abc")
    assert [record.captured for record in read(path)[0]] == [b"abc"]


def _unzstd(octets: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(octets)


@pytest.mark.parametrize(("ending", "unpack"), [("gz", gzip.decompress), ("zst", _unzstd)])
def test_a_file_that_is_named_so_is_packed(tmp_path: Path, ending: str, unpack: Callable[[bytes], bytes]) -> None:
    """By others' means it is unpacked to what would have been there else; twice the same is packed to the same."""
    paths = [tmp_path / name for name in ("out.pcapng", f"one.pcapng.{ending}", f"two.pcapng.{ending}")]
    for path in paths:
        with open_output(path) as output:
            PcapngWriter(output, application="test").write(7, 1, b"abc" * 100)
    plain, one, two = (path.read_bytes() for path in paths)
    assert one == two
    assert len(one) < len(plain)
    assert unpack(one) == plain
    assert [record.captured for record in read(paths[1])[0]] == [b"abc" * 100]


def test_standard_output_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    collected = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(collected))
    with open_output("-") as output:
        assert output.path == "standard output"
        output.write(b"octets")
    assert collected.getvalue() == b"octets"


def test_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    controller, terminal = pty.openpty()
    with open(controller, "rb"), open(terminal, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert message("-") == (
            "standard output: a capture isn't written to a terminal; "
            "name a file with -w FILE, or pipe it into another program"
        )


def test_standard_output_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert message("-") == "standard output: it is closed; name a file with -w FILE"


def test_no_such_folder(tmp_path: Path) -> None:
    path = tmp_path / "none" / "out"
    assert message(path) == f"{path}: it can't be written: no such file or directory; make its folder first"


def test_a_folder(tmp_path: Path) -> None:
    assert message(tmp_path) == f"{tmp_path}: it can't be written: is a directory; name a file, not a folder"


def test_a_name_that_no_file_can_have() -> None:
    assert message("a\0b") == "a\\x00b: this is no file name: embedded null byte; check the name"


def test_a_file_that_is_being_read_is_not_overwritten(tmp_path: Path) -> None:
    path, other = tmp_path / "in", tmp_path / "link"
    path.write_bytes(b"precious")
    other.symlink_to(path)
    assert (
        message(other, inputs=[tmp_path / "none", path])
        == f"{other}: this is the file that is read; write to another file"
    )
    assert path.read_bytes() == b"precious"


def test_a_full_disk() -> None:
    output = open_output("/dev/full")
    output.write(b"x")
    expected = "/dev/full: it can't be written: no space left on device; make room, then run it again"
    for action in (output.flush, output.close):
        with pytest.raises(CaptureError) as caught:
            action()
        assert str(caught.value) == expected


def test_a_large_write_to_a_full_disk() -> None:
    output = open_output("/dev/full")
    with pytest.raises(CaptureError, match="no space left on device"):
        output.write(bytes(1 << 20))
    output.close()


def test_a_reader_that_closed_the_pipe_is_no_capture_error(monkeypatch: pytest.MonkeyPatch) -> None:
    receiving, sending = os.pipe()
    os.close(receiving)
    stream = os.fdopen(sending, "wb", buffering=0)

    class Standard:
        closed = False
        buffer = stream

        @staticmethod
        def isatty() -> bool:
            return False

    monkeypatch.setattr(sys, "stdout", Standard)
    with stream, pytest.raises(BrokenPipeError):
        open_output("-").write(b"x")


def test_a_terminal_by_its_name_takes_only_text() -> None:
    controller, terminal = pty.openpty()
    name = os.ttyname(terminal)
    with open(controller, "rb", buffering=0) as seen, open(terminal, "w"):
        remedy = "name a file with -w FILE, or pipe it into another program"
        assert message(name) == f"{name}: a capture isn't written to a terminal; {remedy}"
        with open_output(name, text=True) as output:
            output.write(b"words")
        assert seen.read(5) == b"words"


@pytest.mark.parametrize(
    ("error", "left"), [(None, b"new"), (KeyboardInterrupt, b"new"), (ValueError, b"old"), (BrokenPipeError, b"old")]
)
def test_a_file_is_replaced_at_the_end(tmp_path: Path, error: type[BaseException] | None, left: bytes) -> None:
    """What fails leaves the file as it was; who interrupts keeps what there is."""
    path = tmp_path / "out.pcapng"
    path.write_bytes(b"old")
    with contextlib.suppress(*([error] if error else [])), open_at_end(path) as output:
        output.write(b"new")
        assert path.read_bytes() == b"old"
        if error is not None:
            raise error
    assert path.read_bytes() == left


def test_a_pipe_is_not_kept_waiting(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with open_at_end(path) as output:
        output.write(b"at once")
        output.flush()
        assert os.read(reader, 100) == b"at once"
    os.close(reader)


def test_what_can_not_be_replaced_is_said_before_the_work(tmp_path: Path) -> None:
    read_from = tmp_path / "in.json"
    read_from.write_bytes(b"")
    for path, word in ((tmp_path / "none" / "x", "make its folder first"), (tmp_path, "name a file"), ("a\0", "check")):
        with pytest.raises(CaptureError, match=word), open_at_end(path):
            pytest.fail("the block began")
    with pytest.raises(CaptureError, match="the file that is read"), open_at_end(read_from, inputs=[read_from]):
        pytest.fail("the block began")
