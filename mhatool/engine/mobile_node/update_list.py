"""The Binding Update List (RFC 6275, 11.1): an entry for each peer, with its machine and its deadlines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec
from msgspec import Struct, field

from mhatool.engine.events import TimerStarted, UpdateListEntry
from mhatool.engine.mobile_node.binding_states import Input, State, is_a_call
from mhatool.engine.mobile_node.context import Alarm, Context
from mhatool.engine.mobile_node.keygen import KeygenTests
from mhatool.engine.mobile_node_events import EntryCreated, EntryInserted, MachineFed
from mhatool.engine.states import Table
from mhatool.protocol.neighbourhood import link_local
from mhatool.protocol.sequence import ahead

MOST_PAST = 64
"""So many peers without an entry are remembered; the one whose entry went first is forgotten first."""
WAITING = frozenset({State.WAITA, State.WAITAR, State.WAITD})
"""States in which what is due is a retransmission; in BOUND it is a refresh."""

DELETING = frozenset({State.RRDEL, State.WAITD})
"""States in which the peer is to forget the binding, and hasn't said yet that it has."""


class Handlers(Protocol):
    """Whose methods the rows of an entry's machine name."""


class Entry(Struct, eq=False):
    """What the node knows of its binding at one peer.

    `expires_ns` is the end of the lifetime that was last asked for or granted, `holds_until_ns` the end of what the
    peer has accepted, `may_hold_until_ns` the end of anything it may have accepted; 0: nothing. `due_ns` is when the
    next retransmission or refresh is due, `rings_ns` when this implementation gets to it; 0: nothing is. `outstanding`
    are the numbers whose answers count, with the time of sending; `numbered_from` is the one after which all were
    counted up without a jump. `is_first`: the peer had no binding when it was asked. `is_deletion`: what was sent last
    deletes. `is_postponed`: it waits for MAX_UPDATE_RATE. `home_agents` is the list that the last Binding Update
    carried. `clock_offset_ns` is how far the agent's clock is ahead, as a refusal told (RFC 4285, 6); `last_timestamp`
    the last one sent. `resumed` counts the refusals of a number or a time. `is_checked`: a check of the
    agent says when it is asked again, so nothing is due here. `was_urged`: it was asked once before its time.
    A correspondent that doesn't take part is `unsupported`, and not asked before `asks_again_ns`; `failures`
    counts tests in vain, `key` proves its answers.
    """

    peer: bytes
    home_address: bytes
    table: Table[State, Input]
    owner: Handlers
    home_registration: bool
    sequence_number: int
    state: State
    numbered_from: int = 0
    care_of_address: bytes = bytes(16)
    lifetime_s: int = 0
    refresh_s: int = 0
    flags: str = ""
    home_agents: tuple[bytes, ...] = ()
    expires_ns: int = 0
    holds_until_ns: int = 0
    may_hold_until_ns: int = 0
    due_ns: int = 0
    rings_ns: int = 0
    retries: int = 0
    is_first: bool = True
    is_deletion: bool = False
    is_postponed: bool = False
    is_checked: bool = False
    was_urged: bool = False
    resumed: int = 0
    outstanding: dict[int, int] = field(default_factory=dict)
    sent_ns: list[int] = field(default_factory=list)
    clock_offset_ns: int = 0
    last_timestamp: int = 0
    wants_timestamp: bool = False
    unsupported: bool = False
    asks_again_ns: int = 0
    failures: int = 0
    key: bytes = b""
    tests: KeygenTests | None = None
    gone: bool = False
    cause: str = ""

    @property
    def defended(self) -> tuple[bytes, ...]:
        """What an agent answers for where it holds the binding (RFC 6275, 10.4.1)."""
        home_address = self.home_address
        return (home_address, link_local(home_address[8:])) if "L" in self.flags else (home_address,)

    def is_bound(self, now: int) -> bool:
        """Whether the peer accepted a binding that still holds."""
        return now < self.holds_until_ns and self.state is not State.WAITD

    def has_passed(self, number: int) -> bool:
        """Whether the peer's last Binding Update had a later number, counted up from this one."""
        return 0 < ahead(self.sequence_number, number) <= ahead(self.sequence_number, self.numbered_from)

    def waits_until(self, due: int, rings: int) -> None:
        """What is due next, and when it is done."""
        self.due_ns, self.rings_ns = due, rings

    def rests(self) -> None:
        """Nothing is due."""
        self.due_ns = self.rings_ns = 0


class Past(Struct, frozen=True):
    """What goes on where a peer gets an entry again: numbers and time stamps go up, MAX_UPDATE_RATE holds."""

    sequence_number: int
    numbered_from: int
    sent_ns: list[int]
    clock_offset_ns: int
    last_timestamp: int


class UpdateList:
    """Entries, the one created last first; one alarm for all of their deadlines, which are walked in that order."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._entries: dict[bytes, Entry] = {}
        self._past: dict[bytes, Past] = {}
        self._told: dict[bytes, UpdateListEntry] = {}
        self._started_ns = 0
        self.on_gone: Callable[[Entry], None] = lambda entry: None
        """Called with each entry that has left the list, once it has."""
        context.ring_for(Alarm.UPDATE_LIST, lambda _: self._look())

    def __iter__(self) -> Iterator[Entry]:
        """The entries, the one created last first."""
        return iter(list(reversed(self._entries.values())))

    def find(self, peer: bytes) -> Entry | None:
        """The entry for a peer."""
        return self._entries.get(peer)

    def home_registrations(self) -> list[Entry]:
        """The home agents' entries, in the order in which they were created."""
        return [entry for entry in self._entries.values() if entry.home_registration]

    def correspondents(self) -> list[Entry]:
        """The correspondents' entries, in the order in which they were created."""
        return [entry for entry in self._entries.values() if not entry.home_registration]

    def create(self, peer: bytes, table: Table[State, Input], owner: Handlers, index: int, home: bool) -> Entry:
        """A new entry at the head of the list, the `index`th of its round."""
        context, past = self._context, self._past_of(peer)
        entry = Entry(
            peer=peer,
            home_address=context.home_address,
            table=table,
            owner=owner,
            home_registration=home,
            sequence_number=past.sequence_number,
            numbered_from=past.numbered_from,
            state=table.start,
            sent_ns=past.sent_ns,
            clock_offset_ns=past.clock_offset_ns,
            last_timestamp=past.last_timestamp,
        )
        where = {"index": index, "peer": peer, "home_address": entry.home_address}
        context.tell(EntryCreated, **where)
        if not self._entries:
            self._started_ns = context.now
            context.tell(TimerStarted, list="binding_update")
        self._entries[peer] = entry
        context.tell(EntryInserted, **where)
        return entry

    def _past_of(self, peer: bytes) -> Past:
        """Where its last entry ended; else one less than a first number, which is counted up before each update."""
        past = self._past.pop(peer, None)
        if past is not None:
            return past
        given = dict(self._context.configuration.first_sequence_numbers)
        first = given[peer] if peer in given else self._context.randomness.getrandbits(16)
        before = (first - 1) % 0x10000
        return Past(before, before, [], 0, 0)

    def _remember(self, entry: Entry) -> None:
        if not self._context.behaviour.numbers_go_on:
            return
        if len(self._past) >= MOST_PAST:
            del self._past[next(iter(self._past))]
        number, start = entry.sequence_number, entry.numbered_from
        self._past[entry.peer] = Past(number, start, entry.sent_ns, entry.clock_offset_ns, entry.last_timestamp)

    def feed(self, entry: Entry, given: Input, *arguments: Any) -> None:
        """Let an entry's machine take an input; what KAME's table doesn't list is ignored, as its kernel does."""
        if (entry.state, given) not in entry.table.rows and self._context.behaviour.ignores_unlisted:
            return
        if is_a_call(entry.table, entry.state, given):
            self._context.tell(
                MachineFed,
                peer=entry.peer,
                home_address=entry.home_address,
                machine="primary",
                state=entry.state.value,
                input=given.value,
            )
        entry.state = entry.table.feed(entry.state, given, entry.owner, entry, *arguments)
        self.settle(entry)

    def settle(self, entry: Entry) -> None:
        """Tell what changed in an entry, take out one that is gone, and set the alarm anew."""
        if entry.gone:
            self._entries.pop(entry.peer, None)
            self._remember(entry)
        self._tell(entry)
        self._set_alarm()
        if entry.gone:
            self.on_gone(entry)

    # --- deadlines ---

    def wait(self, entry: Entry, wait_ns: int, since: int | None = None) -> None:
        """Something about the entry is due so long after an instant, or now, as this implementation counts."""
        schedule = self._context.behaviour.schedule
        due = schedule.due(self._context.now if since is None else since, wait_ns)
        entry.waits_until(due, schedule.rings(due, self._started_ns))

    def _set_alarm(self) -> None:
        deadlines = [at for entry in self._entries.values() for at in self._deadlines(entry)]
        if deadlines:
            self._context.timers.set((Alarm.UPDATE_LIST, b""), min(deadlines))
        else:
            self._context.cancel(Alarm.UPDATE_LIST)

    def _deadlines(self, entry: Entry) -> Iterator[int]:
        if entry.rings_ns:
            yield entry.rings_ns
        end = self._end(entry)
        if end:
            yield end

    def _end(self, entry: Entry) -> int:
        """When the binding that the entry is about is over; 0: this is of no interest."""
        if not self._context.behaviour.expires:
            return 0
        return entry.may_hold_until_ns if entry.state is State.WAITD else entry.holds_until_ns

    def _look(self) -> None:
        now = self._context.now
        for entry in self:
            end = self._end(entry)
            if end and end <= now and not entry.gone:
                entry.holds_until_ns = 0
                if entry.state is State.WAITD:
                    entry.may_hold_until_ns = 0
                self.feed(entry, Input.EXPIRED)
            if entry.rings_ns and entry.rings_ns <= now and not entry.gone:
                self.feed(entry, Input.RETRANS_TIMER if entry.state in WAITING else Input.REFRESH_TIMER)
        self._set_alarm()

    # --- telling ---

    def _tell(self, entry: Entry) -> None:
        """The whole entry, where anything but the time is another than what was told."""
        event = UpdateListEntry(
            time_ns=0,
            node=self._context.output.node,
            peer=entry.peer,
            home_address=entry.home_address,
            care_of_address=entry.care_of_address,
            lifetime_s=entry.lifetime_s,
            expires_ns=entry.expires_ns,
            refresh_s=entry.refresh_s,
            next_send_ns=entry.due_ns,
            sequence_number=entry.sequence_number,
            flags=entry.flags,
            state=entry.state.value,
            test_state=entry.tests.state.value if entry.tests is not None else "START",
            home_registration=entry.home_registration,
            unsupported=entry.unsupported,
            gone=entry.gone,
            cause=entry.cause,
        )
        if self._told.get(entry.peer) != event:
            self._told[entry.peer] = event
            self._context.output.tell(_at(event, self._context.now))
        if entry.gone:
            self._told.pop(entry.peer, None)


def _at(event: UpdateListEntry, now: int) -> UpdateListEntry:
    return msgspec.structs.replace(event, time_ns=now)


__all__ = ["DELETING", "WAITING", "Entry", "Handlers", "UpdateList"]
