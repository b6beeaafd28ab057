"""Fragments put together again (RFC 8200, 4.5), in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_DATAGRAMS = 256
MOST_OCTETS = 16 << 20
"""Of all pieces that wait, each with what it costs to keep it: else tiny ones would take twenty times as much."""
_KEEPING = 200
LARGEST = 65535

Key = tuple[bytes, bytes, int]


@dataclass(slots=True)
class _Partial:
    pieces: dict[int, bytes] = field(default_factory=dict)
    frames: list[int] = field(default_factory=list)
    total: int = -1
    next_header: int = -1
    octets: int = 0


@dataclass(frozen=True, slots=True)
class Whole:
    """A reassembled fragmentable part: its octets, its first header's number, the frames that it came in."""

    octets: bytes
    next_header: int
    frames: list[int]


class Reassembler:
    """Collects pieces by source, destination and identification; the oldest unfinished packet goes first."""

    def __init__(self) -> None:
        self.ahead: Whole | None = None
        """What the next fragment completes, where it was added already."""
        self._partial: dict[Key, _Partial] = {}
        self._held = 0

    def add(self, key: Key, offset: int, more: bool, piece: bytes, next_header: int, frame: int) -> Whole | None:
        """One fragment; the whole when this was the last one missing.

        Pieces that overlap with different octets make the packet unusable (RFC 5722): it is dropped. A repeated piece
        is nothing new.
        """
        if self.ahead is not None:
            ahead, self.ahead = self.ahead, None
            return ahead
        partial = self._partial.setdefault(key, _Partial())
        if len(self._partial) > MOST_DATAGRAMS:
            self._drop(next(iter(self._partial)))
        end = offset + len(piece)
        known = partial.pieces.get(offset)
        if end > LARGEST or (more and len(piece) % 8) or (known is not None and known != piece):
            self._drop(key)
            return None
        if known is None:
            self._keep(partial, offset, piece, frame)
        if offset == 0:
            partial.next_header = next_header
        if not more:
            partial.total = end
        return self._finish(key, partial)

    def forget_before(self, frame: int) -> None:
        """What began before this frame, or this time where times count them, never becomes whole."""
        while self._partial:
            key, partial = next(iter(self._partial.items()))
            if partial.frames[0] >= frame:
                return
            self._drop(key)

    def _keep(self, partial: _Partial, offset: int, piece: bytes, frame: int) -> None:
        partial.pieces[offset] = piece
        partial.frames.append(frame)
        partial.octets += len(piece)
        self._held += len(piece) + _KEEPING
        while self._held > MOST_OCTETS:
            self._drop(next(iter(self._partial)))

    def _drop(self, key: Key) -> None:
        partial = self._partial.pop(key, None)
        if partial is not None:
            self._held -= partial.octets + len(partial.pieces) * _KEEPING

    def _finish(self, key: Key, partial: _Partial) -> Whole | None:
        if partial.total < 0 or 0 not in partial.pieces or partial.octets < partial.total:
            return None
        at = 0
        for offset, piece in sorted(partial.pieces.items()):
            if offset < at:
                self._drop(key)
                return None
            if offset > at:
                return None
            at += len(piece)
        self._drop(key)
        if at != partial.total:
            return None
        octets = b"".join(piece for _, piece in sorted(partial.pieces.items()))
        return Whole(octets, partial.next_header, partial.frames)
