"""Files of which nothing can be read: the whole line that a user sees."""

import gzip
import io
import os
import pickle
import pty
import sys
from pathlib import Path

import pytest

from mhatool.capture import CaptureError, open_capture
from tests.mhatool.capture.builders import pcap_header, section

AGAIN = "copy the file again, or capture again"
CAPTURE = "give a pcap or pcapng file, as tcpdump -w and tshark -w write it"
CONVERT = "convert it: editcap -F pcapng IN OUT"


def message(path: "Path | str") -> str:
    with pytest.raises(CaptureError) as caught:
        open_capture(path)
    text = str(caught.value)
    assert "\n" not in text
    assert not isinstance(caught.value, OSError)
    return text


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", "the file is empty; check that the capture was written, and by what stands before a pipe"),
        (b"hello\nworld\n", f"this is no capture: it looks like text (at octet 0); {CAPTURE}"),
        ("é".encode() * 300, f"this is no capture: it looks like text (at octet 0); {CAPTURE}"),
        (b"x" * 511 + "é".encode(), f"this is no capture: it looks like text (at octet 0); {CAPTURE}"),
        (
            b"\0\1\2\3\4",
            f"this is no capture: it begins with 00 01 02 03, neither pcap nor pcapng (at octet 0); {CAPTURE}",
        ),
        (b"\xff", f"this is no capture: it begins with ff, neither pcap nor pcapng (at octet 0); {CAPTURE}"),
        (
            b"snoop\0\0\0\0\0\0\2",
            f"this is no capture that can be read: it looks like a snoop capture (at octet 0); {CONVERT}",
        ),
        (
            b"\x34\xcd\xb2\xa1" + bytes(30),
            "this is no capture that can be read: it looks like a pcap file of Kuznetzov's modified format "
            f"(at octet 0); {CONVERT}",
        ),
        (
            b"\xfd7zXZ\0\0",
            "this is no capture that can be read: it looks like an xz archive (at octet 0); unpack it first",
        ),
        (
            gzip.compress(gzip.compress(pcap_header(), mtime=0), mtime=0),
            "this is no capture that can be read: it looks like gzip inside what was unpacked already (at octet 0); "
            "unpack it first",
        ),
        (gzip.compress(b"hello", mtime=0), f"this is no capture: it looks like text (at octet 0); {CAPTURE}"),
        (
            gzip.compress(b"", mtime=0),
            "the file is empty; check that the capture was written, and by what stands before a pipe",
        ),
        (gzip.compress(pcap_header(), mtime=0)[:9], f"the gzip data is cut short (at octet 0); {AGAIN}"),
        (
            b"\x1f\x8b\x08\xff\xff" + bytes(9),
            f"the gzip data is damaged (unknown header flags set) (at octet 0); {AGAIN}",
        ),
        (pcap_header()[:10], f"the pcap header is cut short: 10 of 24 octets are there (at octet 10); {AGAIN}"),
        (pcap_header(version=(3, 1)), f"pcap version 3.1 is unknown, only 2.4 can be read (at octet 4); {CONVERT}"),
        (section()[:9], f"the pcapng section header is cut short: 9 of 28 octets are there (at octet 9); {AGAIN}"),
        (
            section(options=bytes(8))[:30],
            f"the pcapng section header is cut short: 30 of 36 octets are there (at octet 30); {AGAIN}",
        ),
        (
            section(version=(1, 1)),
            "this is no pcapng file that can be read: pcapng version 1.1 is unknown, only 1.0 and 1.2 can be read "
            f"(at octet 0); {CONVERT}",
        ),
        (
            section()[:4] + b"\x1d\0\0\0" + section()[8:],
            f"this is no pcapng file that can be read: bad block length, 29 octets (at octet 0); {AGAIN}",
        ),
        (
            section()[:-4] + b"\x20\0\0\0",
            "this is no pcapng file that can be read: bad block length, it differs before and after the block "
            f"(at octet 0); {AGAIN}",
        ),
        (
            section()[:8] + bytes(20),
            f"this is no pcapng file that can be read: section header without byte-order magic (at octet 0); {AGAIN}",
        ),
    ],
)
def test_the_message_for_a_file_that_cannot_be_read(tmp_path: Path, octets: bytes, expected: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(octets)
    assert message(path) == f"{path}: {expected}"


def test_no_such_file(tmp_path: Path) -> None:
    path = tmp_path / "none"
    assert message(path) == f"{path}: there is no such file; check the name"


def test_a_file_used_as_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert message(path / "in") == f"{path / 'in'}: there is no such file; check the name"


def test_a_directory(tmp_path: Path) -> None:
    assert message(tmp_path) == f"{tmp_path}: this is a directory; name the capture files in it"


def test_permission_denied(tmp_path: Path) -> None:
    path = tmp_path / "closed"
    path.touch(0o000)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)  # root may read everything
    try:
        text = message(path)
    finally:
        os.seteuid(user)
    assert text == f"{path}: permission denied; let its owner give you the right to read it, or use sudo"


def test_a_name_that_no_file_can_have() -> None:
    assert message("a\0b") == "a\\x00b: this is no file name: embedded null byte; check the name"


def test_a_name_too_long() -> None:
    assert message("x" * 300) == "x" * 300 + ": it can't be opened: File name too long; check the name"


def test_a_name_is_shown_in_one_line() -> None:
    assert message("a\nb\udcff") == "a\\nb\\udcff: there is no such file; check the name"


def test_standard_input_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    controller, terminal = pty.openpty()
    with open(controller, "rb"), open(terminal) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        assert message("-") == "standard input: it is a terminal; pipe a capture into it, or name a file"


def test_standard_input_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert message("-") == "standard input: it is closed; pipe a capture into it, or name a file"


def test_standard_input_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert message("-").startswith("standard input: the file is empty; ")


def test_standard_input_is_a_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)

    class Standard:
        closed = False
        buffer = io.FileIO(os.open(os.devnull, os.O_RDONLY))

        @staticmethod
        def isatty() -> bool:
            return False

    os.dup2(descriptor, Standard.buffer.fileno())
    os.close(descriptor)
    monkeypatch.setattr(sys, "stdin", Standard)
    with Standard.buffer:
        assert message("-") == f"standard input: it can't be read: Is a directory (at octet 0); {AGAIN}"


def test_the_attributes_and_a_copy_for_another_process() -> None:
    error = CaptureError("file", "what", "remedy", 3)
    for copy in (error, pickle.loads(pickle.dumps(error))):
        assert (copy.path, copy.what, copy.remedy, copy.offset) == ("file", "what", "remedy", 3)
        assert str(copy) == "file: what (at octet 3); remedy"
