"""What a file is by its first octets: a format we read, or what to say of one that we don't."""

from typing import Final

from mhatool.capture.errors import CaptureError

PCAP_MAGICS: Final[dict[bytes, tuple[str, int]]] = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}
"""pcap's first four octets: byte order as `struct` writes it, ticks in a second."""

PCAPNG_MAGIC: Final = b"\x0a\x0d\x0d\x0a"
"""The Section Header Block's type, a palindrome in octets."""

_CONVERT: Final = "convert it: editcap -F pcapng IN OUT"
_UNPACK: Final = "unpack it first"
_TIMELINE: Final = "`mhatool timeline` and `mhatool view` read it; what zstd packed, from a file"
_CAPTURE: Final = "give a pcap or pcapng file, as tcpdump -w and tshark -w write it"

_OTHERS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"\x34\xcd\xb2\xa1", "a pcap file of Kuznetzov's modified format", _CONVERT),
    (b"\xa1\xb2\xcd\x34", "a pcap file of Kuznetzov's modified format", _CONVERT),
    (b"snoop\0\0\0", "a snoop capture", _CONVERT),
    (b"GMBU", "a Microsoft Network Monitor capture", _CONVERT),
    (b"RTSS", "a Microsoft Network Monitor capture", _CONVERT),
    (b"TRSNIFF data", "a Sniffer capture", _CONVERT),
    (b"XCP\0", "a NetXRay capture", _CONVERT),
    (b"\x1f\x8b", "gzip inside what was unpacked already", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "zstd inside what was unpacked already", _UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\x04\x22\x4d\x18", "an lz4 archive", _UNPACK),
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\x7fELF", "a program", _CAPTURE),
    (b'{"schema":"mhatool.trace/', "a trace of mhatool's", _TIMELINE),
    (b"%PDF", "a PDF document", _CAPTURE),
)


def not_a_capture(path: str, head: bytes) -> CaptureError:
    """The error for a file that isn't pcap or pcapng, from its first octets (a few hundred are enough)."""
    for magic, thing, remedy in _OTHERS:
        if head.startswith(magic):
            return CaptureError(path, f"this is no capture that can be read: it looks like {thing}", remedy, 0)
    if _is_text(head):
        return CaptureError(path, "this is no capture: it looks like text", _CAPTURE, 0)
    shown = head[:4].hex(" ")
    return CaptureError(path, f"this is no capture: it begins with {shown}, neither pcap nor pcapng", _CAPTURE, 0)


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters other than those of text; a last character that is cut is forgiven."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return False
        text = head[: error.start].decode("utf-8-sig")
    return bool(text) and all(c.isprintable() or c in "\t\n\r\f\x1b" for c in text)
