"""What a node keeps over a restart, in a file that is whole at any moment: a line for each change, the last one counts.

A home agent keeps its bindings and its restart counter (RFC 5847, 3.4), a mobile node the sequence numbers that its
agents have seen. A line that is cut off at the end, because the machine went down while it was written, is left out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import msgspec

from mhatool.engine.commands import KeptBinding
from mhatool.engine.events import CacheEntry, Event, UpdateListEntry
from mhatool.live.clock import Clock
from mhatool.live.errors import LiveError
from mhatool.live.locks import lock
from mhatool.protocol.lifetime import NS_PER_S

SCHEMA: Final = "mhatool.state/1"
MOST_LINES: Final = 10_000
"""Beyond so many, and twice as many as there are entries, the file is written anew."""
_MISSED_PER_TRY: Final = 100
"""One change in so many entries, and a file that couldn't be written is tried again."""
#: 16 octets.
Address = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
SequenceNumber = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
#: Nanoseconds since 1970, of which a signed integer of 64 bits holds those of three centuries.
Instant = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
RestartCounter = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)]


class Head(msgspec.Struct, tag="head", tag_field="line", forbid_unknown_fields=True):
    """The first line: `restart_counter` grows each time that bindings were lost; `boot` and so on are the `Clock`'s.

    `node` is the writer's name.
    """

    schema: str
    restart_counter: RestartCounter
    boot: str = ""
    ahead_ns: int = 0
    node: str = ""


class BindingLine(msgspec.Struct, tag="binding", tag_field="line", forbid_unknown_fields=True):
    """A home agent's binding, or that it is `gone`. `lifetime_s` is what was granted, 0 where nobody wrote it."""

    home_address: Address
    agent: Address
    care_of_address: Address
    flags: str
    sequence_number: SequenceNumber
    expires_ns: Instant
    home_agents: tuple[Address, ...] = ()
    gone: bool = False
    lifetime_s: int = 0


class NumberLine(msgspec.Struct, tag="number", tag_field="line", forbid_unknown_fields=True):
    """The last sequence number that a mobile node sent to a peer."""

    peer: Address
    sequence_number: SequenceNumber


Line = Head | BindingLine | NumberLine
#: The home agents that a binding's registration names.
ListOf = Callable[[bytes, bytes], tuple[bytes, ...]]


class Memory:
    """A node's file. `warn` hears where it can't be written: the node goes on without.

    LiveError where the file is another node's, or anything else.
    """

    def __init__(self, path: Path, clock: Clock, warn: Callable[[str], None], node: str) -> None:
        self._path = path
        self._node = node
        self._clock = clock
        self._warn = warn
        self._bindings: dict[bytes, BindingLine] = {}
        self._numbers: dict[bytes, NumberLine] = {}
        self.restart_counter = clock.now() // 1_000_000_000 % 2**32
        """Grows with the time: whoever lost the file has another one than before."""
        self.is_kept = False
        """Whether there was a file with what the node knew."""
        self._file: BinaryIO | None = None
        self._lines = 0
        self._fails = False
        self._missed = 0
        """Changes since the file couldn't be written."""
        self._shift_ns = 0
        """From the time of the node that wrote the file to ours."""
        self.list_of: ListOf = lambda home_address, agent: ()
        self._read()
        self._write_anew()

    # --- what was kept ---

    @property
    def bindings(self) -> tuple[KeptBinding, ...]:
        """Those that a home agent held."""
        return tuple(
            KeptBinding(
                line.home_address,
                line.agent,
                line.care_of_address,
                line.flags,
                line.sequence_number,
                line.expires_ns,
                line.home_agents,
            )
            for line in self._bindings.values()
        )

    @property
    def next_sequence_numbers(self) -> tuple[tuple[bytes, int], ...]:
        """What a mobile node begins with, by peer."""
        return tuple((line.peer, (line.sequence_number + 1) % 2**16) for line in self._numbers.values())

    def _read(self) -> None:
        octets = _content(self._path)
        decoder = msgspec.json.Decoder(Line)
        whole = octets[: octets.rfind(b"\n") + 1]  # of a file of ours the first line is always whole
        for number, written in enumerate(whole.splitlines() or octets.splitlines(), 1):
            try:
                line = decoder.decode(written)
                if number == 1:
                    self._recognise(line)
                self._take(line)
            except (msgspec.MsgspecError, ValueError) as error:
                what = f"no line of {self._node}'s state: {error}"
                raise LiveError(f"{self._path}:{number}: {what}; remove the file to begin without") from error
        for binding in self._bindings.values():
            binding.expires_ns += self._shift_ns
            if binding.lifetime_s:  # a machine without a clock of its own may come up in 1970
                longest = self._clock.now() + binding.lifetime_s * NS_PER_S
                binding.expires_ns = min(binding.expires_ns, longest)

    def _recognise(self, line: Line) -> None:
        """ValueError where this is no first line, or not of this node's file."""
        if not isinstance(line, Head):
            raise ValueError("the first one says whose it is")
        if line.schema != SCHEMA:
            raise ValueError(f"written as {line.schema}, and this is {SCHEMA}")
        if line.node not in ("", self._node):
            raise ValueError(f"it is that of {line.node}")

    def _take(self, line: Line) -> None:
        if isinstance(line, Head):
            self.restart_counter = line.restart_counter
            self.is_kept = True
            if line.boot and line.boot == self._clock.boot:
                self._shift_ns = self._clock.ahead_ns - line.ahead_ns
        elif isinstance(line, NumberLine):
            self._numbers[line.peer] = line
        elif line.gone:
            self._bindings.pop(line.home_address + line.agent, None)
        else:
            self._bindings[line.home_address + line.agent] = line

    # --- what is kept ---

    def hear(self, event: Event) -> None:
        """Something happened at the node."""
        if isinstance(event, CacheEntry) and event.home_registration and not event.cloned and not event.pending:
            self._keep(
                BindingLine(
                    event.home_address,
                    event.address,
                    event.care_of_address,
                    event.flags,
                    event.sequence_number,
                    event.expires_ns,
                    () if event.gone else self.list_of(event.home_address, event.address),
                    event.gone,
                    event.lifetime_s,
                )
            )
        elif isinstance(event, UpdateListEntry):
            known = self._numbers.get(event.peer)
            if known is None or known.sequence_number != event.sequence_number:
                self._keep(NumberLine(event.peer, event.sequence_number))

    def _keep(self, line: BindingLine | NumberLine) -> None:
        self._take(line)
        entries = len(self._bindings) + len(self._numbers)
        if self._fails and not self._is_worth_it(entries):
            return
        if self._file is None or self._lines > max(MOST_LINES, 2 * entries) or not self._is_as_written():
            self._write_anew()
        else:
            self._append(line)

    def _is_worth_it(self, entries: int) -> bool:
        """Whether to try again: the whole file would be written, and many changes may come while a disk is full."""
        self._missed += 1
        if self._missed * _MISSED_PER_TRY < entries:
            return False
        self._missed = 0
        return True

    def _is_as_written(self) -> bool:
        """Whether nobody has removed or cut the file, or put another one in its place."""
        assert self._file is not None  # whoever calls looked
        try:
            there = os.stat(self._path)
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(self._file.fileno())) and there.st_size == self._file.tell()

    def _append(self, line: Line) -> None:
        assert self._file is not None  # whoever calls looked
        try:
            _write(self._file, msgspec.json.encode(line) + b"\n")
        except OSError as error:
            self._fail(error)
        else:
            self._lines += 1

    def _write_anew(self) -> None:
        """All that counts, in a file that takes the old one's place at once."""
        new = self._path.with_name(self._path.name + ".new")
        lines: list[Line] = [
            Head(SCHEMA, self.restart_counter, self._clock.boot, self._clock.ahead_ns, self._node),
            *self._bindings.values(),
            *self._numbers.values(),
        ]
        self.close()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = open(new, "wb", buffering=0, opener=_own)  # noqa: SIM115 - closed by `close`
            self._file = file
            lock(file)
            _write(file, b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
            os.fsync(file.fileno())
            os.replace(new, self._path)
        except OSError as error:
            self._fail(error)
            with suppress(OSError):
                new.unlink()  # the room that it takes is somebody's
        else:
            self._lines = len(lines)
            self._fails = False

    def _fail(self, error: OSError) -> None:
        """Say it once; later changes try the whole file again."""
        self.close()
        if not self._fails:
            self._warn(f"{self._path}: {(error.strerror or str(error)).lower()}: bindings would be lost with a restart")
        self._fails = True

    def close(self) -> None:
        """Write no more."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        self._file = None


def _content(path: Path) -> bytes:
    """What a file holds that nobody writes. LiveError where a node does: it would go on in a file without a name."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise LiveError(f"{path}: {(error.strerror or '').lower()}; give another `state`") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise LiveError(f"{path}: there is something else than a file; give another `state`")
    with open(number, "rb") as file:
        if not lock(file):
            raise LiveError(f"{path}: another node writes there; stop it, or give another `state`")
        return file.read()


def _write(file: BinaryIO, octets: bytes) -> None:
    """All of them. OSError where there is no room for the last: a file that is nearly full takes the first ones."""
    while octets:
        octets = octets[file.write(octets) :]


def _own(path: str, flags: int) -> int:
    """Nobody else may read where mobile nodes are."""
    return os.open(path, flags, 0o600)


def lists_of(node: Any) -> ListOf:
    """Where a home agent's binding keeps the list; nothing for other nodes."""
    cache = getattr(node, "cache", None)

    def look(home_address: bytes, agent: bytes) -> tuple[bytes, ...]:
        binding = cache.get(home_address, agent) if cache is not None else None
        return binding.agents if binding is not None else ()

    return look


__all__ = ["Memory", "lists_of"]
