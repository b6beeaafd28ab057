"""Keeps the packets that a selection wants, in the order in which they come, with all frames of reassembled ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from dissectors.packet import Packet
from dissectors.profile import RFC6275, Profile
from dissectors.walk import Dissector
from mhatool.capture import Interface, Record
from mhatool.display.frame import Frame
from mhatool.protocol.lifetime import NS_PER_S

HELD_NS: Final = 60 * NS_PER_S
"""How long a packet waits for what decides about it: as long as fragments wait for each other (RFC 8200, 4.5)."""
MOST_HELD: Final = 65_536
"""No more packets than this wait, whatever their times."""


class Selection(Protocol):
    """Which packets are wanted."""

    def wants(self, frame: Frame) -> bool | None:
        """Whether this one is; None: what comes later may tell. Then it is asked again."""
        ...


class Matching:
    """Wanted are the packets for which a test is true."""

    def __init__(self, test: Callable[[Frame], bool]) -> None:
        self._test = test

    def wants(self, frame: Frame) -> bool:
        """Whether the test is true."""
        return self._test(frame)


@dataclass(frozen=True, slots=True)
class Picked:
    """A packet that is wanted, and the interface that it was captured on."""

    frame: Frame
    interface: Interface


@dataclass(slots=True)
class _Held:
    """A packet in the queue.

    `verdict` is its own, `waits`: it is a piece whose rest hasn't come, `whole`: the packet that was made of it.
    """

    picked: Picked
    verdict: bool | None
    waits: bool
    whole: _Held | None = None


class Picker:
    """Takes the records of one capture and gives those that are wanted.

    Nothing overtakes a packet that waits: for its other fragments, or for what the selection has to learn. What has
    waited for too long is given up. Packets seen and picked are counted.
    """

    def __init__(self, selection: Selection, profile: Profile = RFC6275) -> None:
        self._selection = selection
        self._profile = profile
        self._dissectors: dict[int, Dissector] = {}
        self._queue: deque[_Held] = deque()
        self._pieces: dict[int, _Held] = {}

    def offer(self, file: str, record: Record, interface: Interface) -> Iterator[Picked]:
        """Take a record; give what is certain by now. `file` is the capture as the selection knows it."""
        dissector = self._dissectors.get(record.interface)
        if dissector is None:
            dissector = self._dissectors[record.interface] = Dissector(self._profile)
        length = record.original_length
        packet = dissector.dissect(record.captured, record.link_type, original_length=length, frame=record.frame)
        picked = Picked(Frame(file, record, packet), interface)
        held = _Held(picked, self._selection.wants(picked.frame), _is_piece(packet))
        self._join(held, packet, record.frame)
        if held.waits:
            self._pieces[record.frame] = held
        if self._queue or held.waits or held.verdict is None:
            self._queue.append(held)
            yield from self._release(record.time_ns)
        elif held.verdict:
            yield picked

    def finish(self) -> Iterator[Picked]:
        """What is left: nothing more comes."""
        while self._queue:
            if self._verdict(held := self._queue.popleft()):
                yield held.picked

    def _join(self, held: _Held, packet: Packet, number: int) -> None:
        """Tell the pieces of a packet that was put together what became of them."""
        for layer in packet.find("fragment"):
            for frame in layer.extra.get("frames", ()):
                piece = self._pieces.pop(frame, None)
                if piece is not None and frame != number:
                    piece.whole, piece.waits = held, False

    def _release(self, now_ns: int) -> Iterator[Picked]:
        while self._queue:
            held = self._queue[0]
            verdict = self._verdict(held)
            record = held.picked.frame.record
            if verdict is None and now_ns - record.time_ns <= HELD_NS and len(self._queue) <= MOST_HELD:
                return
            self._queue.popleft()
            self._pieces.pop(record.frame, None)
            if verdict:
                yield held.picked

    def _verdict(self, held: _Held) -> bool | None:
        """Whether a packet is wanted for itself or for what was made of it; None: not known yet."""
        if held.verdict is None:
            held.verdict = self._selection.wants(held.picked.frame)
        if held.verdict or not (held.waits or held.whole):
            return held.verdict
        return self._verdict(held.whole) if held.whole is not None else None


def _is_piece(packet: Packet) -> bool:
    """Whether the rest of this packet is in other frames, and hasn't come yet."""
    return any(
        "frames" not in layer.extra and bool(layer.get("fragment_offset") or layer.get("flags"))
        for layer in packet.find("fragment")
    )
