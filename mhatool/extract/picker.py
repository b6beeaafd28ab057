"""Keeps the packets that a selection wants, in the order in which they come, with all frames of reassembled ones."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from msgspec import Struct

from dissectors.packet import Packet
from dissectors.profile import RFC6275, Profile
from dissectors.walk import Dissector
from mhatool.capture import Interface, Record
from mhatool.display.frame import Frame
from mhatool.protocol.lifetime import NS_PER_S

HELD_NS: Final = 60 * NS_PER_S
"""How long a packet waits for what decides about it: as long as fragments wait for each other (RFC 8200, 4.5)."""
AT_ONCE_NS: Final = 2 * NS_PER_S
"""How long others wait behind it where somebody waits for them: on a pipe, or live."""
MOST_OCTETS: Final = 16 * 1024 * 1024
"""No more than this waits in order, and no more of what was overtaken, whatever their times."""
_OF_A_RECORD: Final = 512
"""Octets that a packet takes up beside its own."""
_OF_A_PACKET: Final = 3072
"""The same for one that stays dissected, because the selection has to look at it again."""


class Selection(Protocol):
    """Which packets are wanted."""

    @property
    def learned(self) -> int:
        """Grows whenever packets that were undecided may be decided now."""
        ...

    def wants(self, frame: Frame) -> bool | None:
        """Whether this one is; None: what comes later may tell. Then it is asked again."""
        ...


class Matching:
    """Wanted are the packets for which a test is true."""

    learned = 0

    def __init__(self, test: Callable[[Frame], bool]) -> None:
        self._test = test

    def wants(self, frame: Frame) -> bool:
        """Whether the test is true."""
        return self._test(frame)


class Picked(Struct, frozen=True):
    """A packet that is wanted, the interface that it was captured on, and what is said of it, a line each."""

    file: str
    record: Record
    interface: Interface
    remarks: list[str]


class _Answer(Struct):
    """Whether a packet is wanted, as far as that is known.

    `own` is the verdict on itself, `frame` the packet while there is none; `waits`: it is a piece whose rest hasn't
    come, `whole`: the answer on the packet that was made of it.
    """

    own: bool | None
    frame: Frame | None
    waits: bool
    whole: _Answer | None = None

    def verdict(self, selection: Selection) -> bool | None:
        """Whether it is wanted for itself or for what was made of it; None: not known yet."""
        if self.own is None and self.frame is not None:
            self.own = selection.wants(self.frame)
            if self.own is not None:
                self.frame = None
        if self.own or not (self.waits or self.whole):
            return self.own
        return self.whole.verdict(selection) if self.whole is not None else None


class _Held(Struct):
    """A packet that waits, with the octets that it takes up."""

    picked: Picked
    answer: _Answer
    octets: int

    @property
    def number(self) -> int:
        return self.picked.record.frame

    def is_older(self, than_ns: int, now_ns: int) -> bool:
        """Whether it came longer ago; a clock that was put back counts the same."""
        return abs(now_ns - self.picked.record.time_ns) > than_ns


class Picker:
    """Takes the records of one capture and gives those that are wanted.

    A packet may have to wait: for its other fragments, or for what the selection has to learn. What is wanted and comes
    behind it waits as well, so that the order stays, for at most `patience_ns` of the capture's time and `MOST_OCTETS`.
    Then the others overtake it: it is given late, out of order, once it is known to be wanted. After `HELD_NS`, as
    receivers do, or where too much of that kind waits, it is given up; `given_up` counts those for want of room.
    What isn't wanted never waits.
    """

    def __init__(
        self,
        selection: Selection,
        profile: Profile = RFC6275,
        *,
        patience_ns: int = HELD_NS,
        remarks: Callable[[Frame], list[str]] = lambda _: [],
    ) -> None:
        self.given_up = 0
        self._selection = selection
        self._profile = profile
        self._patience_ns = patience_ns
        self._remarks = remarks
        self._dissectors: dict[int, Dissector] = {}
        self._pieces: dict[int, _Answer] = {}
        self._queue: deque[_Held] = deque()
        self._queued_octets = 0
        self._late: dict[int, _Held] = {}
        self._late_octets = 0
        self._learned = selection.learned

    def offer(self, file: str, record: Record, interface: Interface) -> Iterator[Picked]:
        """Take a record; give what is certain by now. `file` is the capture as the selection knows it."""
        packet = self._dissected(record)
        frame = Frame(file, record, packet)
        own = self._selection.wants(frame)
        answer = _Answer(own, frame if own is None else None, _is_piece(packet))
        joined = self._join(answer, packet, record.frame)
        if self._late:
            yield from self._overtaken(joined, record.time_ns)
        if own is not False or answer.waits:
            picked = Picked(file, record, interface, self._remarks(frame))
            if not self._queue and own:
                yield picked
                return
            self._hold(picked, answer)
        yield from self._release(record.time_ns)

    def finish(self) -> Iterator[Picked]:
        """What is left: nothing more comes."""
        while self._queue:
            held = self._queue.popleft()
            if held.answer.verdict(self._selection):
                yield held.picked

    def _dissected(self, record: Record) -> Packet:
        dissector = self._dissectors.get(record.interface)
        if dissector is None:
            dissector = self._dissectors[record.interface] = Dissector(self._profile)
        length = record.original_length
        return dissector.dissect(record.captured, record.link_type, original_length=length, frame=record.frame)

    def _hold(self, picked: Picked, answer: _Answer) -> None:
        octets = len(picked.record.captured) + (_OF_A_RECORD if answer.frame is None else _OF_A_PACKET)
        self._queue.append(_Held(picked, answer, octets))
        self._queued_octets += octets
        if answer.waits:
            self._pieces[picked.record.frame] = answer

    def _join(self, whole: _Answer, packet: Packet, number: int) -> list[int]:
        """Tell the pieces of a packet that was put together what became of them; their numbers."""
        found = []
        for layer in packet.find("fragment"):
            for frame in layer.extra.get("frames", ()):
                piece = self._pieces.pop(frame, None)
                if piece is not None and frame != number:
                    piece.whole, piece.waits = whole, False
                    found.append(frame)
        return found

    def _release(self, now_ns: int) -> Iterator[Picked]:
        """What stands in front and is certain; what has been in the way for too long is put aside."""
        while self._queue:
            held = self._queue[0]
            verdict = held.answer.verdict(self._selection)
            is_room = self._queued_octets <= MOST_OCTETS
            if verdict is None and is_room and not held.is_older(self._patience_ns, now_ns):
                return
            self._queue.popleft()
            self._queued_octets -= held.octets
            if verdict is None:
                self._put_aside(held, now_ns)
                continue
            self._pieces.pop(held.number, None)
            if verdict:
                yield held.picked

    def _put_aside(self, held: _Held, now_ns: int) -> None:
        self._late[held.number] = held
        self._late_octets += held.octets
        self._give_up(now_ns)

    def _overtaken(self, joined: list[int], now_ns: int) -> Iterator[Picked]:
        """What was overtaken and is wanted after all: its packet is whole now, or the selection has learned."""
        if self._learned != self._selection.learned:
            joined = list(self._late)
        self._learned = self._selection.learned
        for number in joined:
            held = self._late.get(number)
            if held is not None and (verdict := held.answer.verdict(self._selection)) is not None:
                self._forget(held)
                if verdict:
                    yield held.picked
        self._give_up(now_ns)

    def _give_up(self, now_ns: int) -> None:
        while self._late:
            held = next(iter(self._late.values()))
            is_old = held.is_older(HELD_NS, now_ns)
            if not is_old and self._late_octets <= MOST_OCTETS:
                return
            self._forget(held)
            self.given_up += not is_old

    def _forget(self, held: _Held) -> None:
        del self._late[held.number]
        self._late_octets -= held.octets
        self._pieces.pop(held.number, None)


def _is_piece(packet: Packet) -> bool:
    """Whether the rest of this packet is in other frames, and hasn't come yet; pieces in quotes or cut stay alone."""
    return any(
        "frames" not in layer.extra
        and not (layer.truncated or layer.quoted)
        and bool(layer.get("fragment_offset") or layer.get("flags"))
        for layer in packet.find("fragment")
    )
