"""The values that reading a capture gives: records, interfaces and warnings."""

from typing import Final, NamedTuple

MAXIMUM_CAPTURED_LENGTH: Final = 16 * 1024 * 1024
"""Octets of one packet beyond which a file is taken for damaged. Capture tools stop at 256 KiB."""


class Record(NamedTuple):
    """One captured packet, as the file has it."""

    frame: int
    """Number of the packet within its file, from 1; the number that Wireshark shows."""
    time_ns: int
    """Nanoseconds since 1970-01-01 UTC; 0 where the file gives no time (pcapng Simple Packet Block)."""
    link_type: int
    """LINKTYPE number, see `linktype`."""
    captured: bytes
    """The octets that were kept, link-layer header first."""
    original_length: int
    """Octets that the packet had on the wire; more than `captured` holds if a snap length cut it."""
    interface: int
    """Index into the reader's `interfaces`; 0 for pcap."""
    offset: int
    """Octets of the uncompressed file before this record's own header (pcap) or block (pcapng)."""
    comment: str | None
    """The packet's comments in the file, a line each; None if it has none."""


class Interface(NamedTuple):
    """Where packets were captured: a pcapng interface description, or the one that a pcap file's header stands for."""

    link_type: int
    """LINKTYPE number, see `linktype`."""
    snap_length: int
    """Octets kept of each packet at most; 0 for no limit."""
    name: str | None
    """Name such as `eth0`, where the file has it."""
    ts_resolution: int
    """Ticks of the file's clock in a second: 1_000_000 for microseconds."""


class CaptureWarning(NamedTuple):
    """Something that made reading stop early, or that was passed over."""

    message: str
    """What was found, in one line without place."""
    offset: int
    """Octets of the uncompressed file before the record concerned."""
    frame: int
    """Number that the record concerned has, or would have had as a packet."""

    def __str__(self) -> str:
        return f"{self.message} (frame {self.frame}, at octet {self.offset})"
