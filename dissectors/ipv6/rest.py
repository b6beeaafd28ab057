"""What is still to be walked of a frame."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Rest:
    """Octets from `start` to `end`, and how they came: cut by the capture, quoted by an error, put together again."""

    octets: bytes
    start: int
    end: int
    truncated: bool
    quoted: bool = False
    reassembled: bool = False

    def at(self, start: int) -> Rest:
        """The same from a later octet on."""
        return Rest(self.octets, start, self.end, self.truncated, self.quoted, self.reassembled)
