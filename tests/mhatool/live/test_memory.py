"""What survives a restart, whatever was being written when the machine went down."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dissectors.ipv6.address import parse
from mhatool.engine.commands import KeptBinding
from mhatool.engine.events import CacheEntry, UpdateListEntry
from mhatool.live.clock import Clock
from mhatool.live.configuration import load
from mhatool.live.errors import LiveError
from mhatool.live.examples import EXAMPLES
from mhatool.live.memory import Memory
from mhatool.live.run import _remembering

HOME, AGENT, OTHER = parse("2001:db8:2::100"), parse("2001:db8:2::1"), parse("2001:db8:2::2")
CARE_OF = parse("2001:db8:3::100")
SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND
ENDLESS = (
    b'{"line":"binding","home_address":"IAENuAACAAAAAAAAAAABAA==","agent":"IAENuAACAAAAAAAAAAAAAQ==",'
    b'"care_of_address":"IAENuAADAAAAAAAAAAABAA==","flags":"AH","sequence_number":1,"expires_ns":9999999999999999999}\n'
)
HEAD = b'{"line":"head","schema":"mhatool.state/1","restart_counter":7}\n'


def cached(
    number: int = 7, *, home_address: bytes = HOME, gone: bool = False, cloned: bool = False, pending: bool = False
) -> CacheEntry:
    return CacheEntry(
        time_ns=NOW,
        node="ha1",
        home_address=home_address,
        care_of_address=CARE_OF,
        address=AGENT,
        flags="AHLM",
        sequence_number=number,
        lifetime_s=420,
        expires_ns=NOW + 420 * SECOND,
        cloned=cloned,
        pending=pending,
        gone=gone,
    )


def updated(number: int) -> UpdateListEntry:
    return UpdateListEntry(
        time_ns=NOW,
        node="mn",
        peer=AGENT,
        home_address=HOME,
        care_of_address=CARE_OF,
        lifetime_s=420,
        expires_ns=0,
        refresh_s=0,
        next_send_ns=0,
        sequence_number=number,
        flags="AHLM",
        state="WAITA",
        test_state="START",
        home_registration=True,
    )


class Words:
    """What a memory warns of."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, words: str) -> None:
        self.said.append(words)


def clock(now: int = NOW, boot: str = "this one", steady_ns: int = 0) -> Clock:
    """One that stands still."""
    return Clock(lambda: now, lambda: steady_ns, boot)


_RUNNING: dict[Path, Memory] = {}


def made(path: Path, now: int = NOW, **which: Any) -> Memory:
    """A node's at its start; an earlier one that had the file was killed."""
    if path in _RUNNING:
        _RUNNING.pop(path).close()
    memory = Memory(path, clock(now, **which), Words(), "ha1")
    memory.list_of = lambda home_address, agent: (AGENT, OTHER)
    _RUNNING[path] = memory
    return memory


def test_a_binding_is_there_again_with_its_list_and_its_end(tmp_path: Path) -> None:
    memory = made(tmp_path / "ha1.state")
    memory.hear(cached())
    again = made(tmp_path / "ha1.state", NOW + 60 * SECOND, steady_ns=60 * SECOND)
    end = NOW + 420 * SECOND
    assert again.bindings == (KeptBinding(HOME, AGENT, CARE_OF, "AHLM", 7, end, (AGENT, OTHER)),)
    assert again.restart_counter == memory.restart_counter
    assert (memory.is_kept, again.is_kept) == (False, True)


def test_its_agent_is_told_whether_its_bindings_were_kept(tmp_path: Path) -> None:
    """Else it would say that it has restarted (RFC 5847, 3.2) each time."""
    (tmp_path / "ha1.toml").write_text(EXAMPLES["ha"])
    live = load(str(tmp_path / "ha1.toml"))
    told = [_remembering(live, made(tmp_path / "ha1.state")) for _ in range(2)]
    assert [configuration.keeps_bindings for configuration in told] == [False, True]
    assert told[0].restart_counter == told[1].restart_counter
    assert not _remembering(live, None).keeps_bindings


def test_the_latest_number_counts_and_what_is_gone_is_gone(tmp_path: Path) -> None:
    memory = made(tmp_path / "ha1.state")
    memory.hear(cached(7))
    memory.hear(cached(8))
    assert [kept.sequence_number for kept in made(tmp_path / "ha1.state").bindings] == [8]
    memory.hear(cached(9, gone=True))
    memory.close()


@pytest.mark.parametrize("shape", ["cloned", "pending"])
def test_neither_link_local_namesakes_nor_bindings_on_trial_are_kept(tmp_path: Path, shape: str) -> None:
    made(tmp_path / "ha1.state").hear(cached(**{shape: True}))
    assert made(tmp_path / "ha1.state").bindings == ()


def test_a_mobile_node_goes_on_with_the_number_after_the_last(tmp_path: Path) -> None:
    """RFC 6275, 11.7.1: each Binding Update has a greater number than the one before; after 65535 comes 0."""
    memory = made(tmp_path / "mn.state")
    memory.hear(updated(65_534))
    memory.hear(updated(65_535))
    assert made(tmp_path / "mn.state").next_sequence_numbers == ((AGENT, 0),)


def test_whatever_is_cut_off_the_rest_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine may go down at any octet: lines that were whole by then count, the one that wasn't doesn't."""
    monkeypatch.setattr("os.fsync", lambda _: None)  # some hundred starts, and none of them outlives the test
    path = tmp_path / "ha1.state"
    memory = made(path)
    memory.hear(cached(7))
    memory.hear(cached(8))
    whole = path.read_bytes()
    ends = [at + 1 for at, octet in enumerate(whole) if octet == ord("\n")]
    for cut in range(ends[0], len(whole)):
        path.write_bytes(whole[:cut])
        expected = {0: [], 1: [7], 2: [8]}[sum(end <= cut for end in ends) - 1]
        assert [kept.sequence_number for kept in made(path).bindings] == expected, cut


def test_without_a_file_the_restart_counter_grows_with_the_time(tmp_path: Path) -> None:
    """RFC 5847, 3.4: it increases each time that state is lost."""
    first = made(tmp_path / "a").restart_counter
    assert made(tmp_path / "b", NOW + 5 * SECOND).restart_counter == first + 5


def test_a_line_that_is_none_is_refused_with_its_place_and_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "ha1.state"
    made(path)
    path.write_bytes(path.read_bytes() + b'{"line": "nonsense"}\n')
    with pytest.raises(LiveError, match=r"ha1\.state:2: .*remove the file"):
        made(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"# notes of mine", ":1: no line of ha1's state: JSON is malformed"),
        (
            b'{"line":"number","peer":"IAENuAACAAAAAAAAAAAAAQ==","sequence_number":7}\n',
            ":1: .*: the first one says whose",
        ),
        (
            b'{"line":"head","schema":"mhatool.state/2","restart_counter":7}\n',
            ":1: .*: written as mhatool.state/2, and",
        ),
        (b'{"line":"head","schema":"mhatool.state/1","restart_counter":7,"node":"mn"}\n', ":1: .*: it is that of mn"),
        (b'{"line":"head","schema":"mhatool.state/1","restart_counter":-7}\n', ":1: .*>= 0.*restart_counter"),
        (HEAD + b'{"line":"number","peer":"AAAA","sequence_number":7}\n', r":2: .*length >= 16 .*\.peer"),
        (HEAD + b'{"line":"number","peer":"IAENuAACAAAAAAAAAAAAAQ==","sequence_number":70000}\n', ":2: .*<= 65535"),
        (HEAD + ENDLESS, r":2: .*<= 9223372036854775807 .*\.expires_ns"),
    ],
)
def test_what_no_node_of_that_name_wrote_is_refused_and_stays(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "ha1.state"
    path.write_bytes(content)
    with pytest.raises(LiveError, match=f"ha1.state{why}.*; remove the file to begin without$"):
        made(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "ha1.state"
    make(path)
    with pytest.raises(LiveError, match=r"ha1\.state: there is something else than a file; give another `state`$"):
        made(path)


def test_what_another_node_writes_is_left_to_it(tmp_path: Path) -> None:
    path = tmp_path / "ha1.state"
    memory = made(path)
    memory.hear(cached(7))
    with pytest.raises(LiveError, match=r"ha1\.state: another node writes there; stop it, or give another `state`$"):
        Memory(path, clock(), Words(), "ha1")
    memory.hear(cached(8))
    assert [kept.sequence_number for kept in made(path).bindings] == [8]


def test_a_file_system_without_locks_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    made(tmp_path / "ha1.state").hear(cached(7))
    assert [kept.sequence_number for kept in made(tmp_path / "ha1.state").bindings] == [7]


def test_a_full_disk_is_said_once_and_the_next_change_is_kept_again(tmp_path: Path) -> None:
    path = tmp_path / "full" / "ha1.state"
    memory = made(path)
    words = Words()
    memory._warn = words
    memory.close()  # as a failed write leaves it
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("in the way")
    memory.hear(cached(7))
    memory.hear(cached(8))
    assert len(words.said) == 1
    assert "bindings would be lost" in words.said[0]
    path.parent.unlink()
    memory.hear(cached(9))
    assert [kept.sequence_number for kept in made(path).bindings] == [9]


def test_nobody_else_may_read_where_mobile_nodes_are(tmp_path: Path) -> None:
    path = tmp_path / "ha1.state"
    made(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_file_grows_with_the_bindings_not_with_their_changes(tmp_path: Path) -> None:
    path = tmp_path / "ha1.state"
    memory = made(path)
    for number in range(25_000):
        memory.hear(cached(number))
    assert path.read_bytes().count(b"\n") <= 10_002


HOUR = 3600 * SECOND


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_the_end_of_a_binding_doesnt_move_with_the_time_of_day(tmp_path: Path, jump: int) -> None:
    """60 s after it was written, while somebody set the clock by an hour: of 420 s there are 360 left."""
    made(tmp_path / "ha1.state").hear(cached())
    now = NOW + jump + 60 * SECOND
    (kept,) = made(tmp_path / "ha1.state", now, steady_ns=60 * SECOND).bindings
    assert kept.expires_ns - now == 360 * SECOND
    (again,) = made(tmp_path / "ha1.state", now + SECOND, steady_ns=61 * SECOND).bindings
    assert again == kept


def test_after_a_reboot_the_time_of_day_is_all_there_is(tmp_path: Path) -> None:
    made(tmp_path / "ha1.state").hear(cached())
    (kept,) = made(tmp_path / "ha1.state", NOW + HOUR, boot="the next one").bindings
    assert kept.expires_ns == NOW + 420 * SECOND


@pytest.mark.parametrize(("now", "left_s"), [(NOW + 60 * SECOND, 360), (NOW - HOUR, 420), (100 * SECOND, 420)])
def test_after_a_reboot_nothing_lasts_longer_than_was_granted(tmp_path: Path, now: int, left_s: int) -> None:
    """RFC 6275, 10.3.1. A machine whose clock has no battery comes up in 1970, or when it was saved last."""
    made(tmp_path / "ha1.state").hear(cached())
    (kept,) = made(tmp_path / "ha1.state", now, boot="the next one").bindings
    assert kept.expires_ns - now == left_s * SECOND


@pytest.mark.parametrize("how", ["cut", "removed", "replaced", "renamed"])
def test_what_somebody_does_to_the_file_is_made_good_with_the_next_change(tmp_path: Path, how: str) -> None:
    path = tmp_path / "ha1.state"
    memory = made(path)
    memory.hear(cached(7))
    older = path.read_bytes()
    memory.hear(cached(8))
    if how == "cut":
        os.truncate(path, 0)
    elif how == "removed":
        path.unlink()
    elif how == "replaced":
        (tmp_path / "backup").write_bytes(older)
        (tmp_path / "backup").replace(path)
    else:
        path.rename(tmp_path / "backup")
    memory.hear(cached(9, home_address=OTHER))
    assert {kept.sequence_number for kept in _read_of(path, tmp_path)} == {8, 9}


class NearlyFull:
    """A file on a disk that takes so many octets more, as the kernel does: the first ones, then none."""

    def __init__(self, file: Any, room: int) -> None:
        self._file = file
        self._room = room

    def write(self, octets: bytes) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken: int = self._file.write(octets[: self._room])
        self._room -= taken
        return taken

    def fileno(self) -> int:
        number: int = self._file.fileno()
        return number

    def tell(self) -> int:
        place: int = self._file.tell()
        return place

    def close(self) -> None:
        self._file.close()


def test_a_line_that_half_fits_doesnt_spoil_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ha1.state"
    memory = made(path)
    memory.hear(cached(7))
    memory._file = NearlyFull(memory._file, 20)  # type: ignore[assignment]
    memory.hear(cached(8))
    assert not path.read_bytes().endswith(b"\n")
    assert [kept.sequence_number for kept in _read_of(path, tmp_path)] == [7]
    memory.hear(cached(9))
    assert [kept.sequence_number for kept in made(path).bindings] == [9]


def _read_of(path: Path, folder: Path) -> tuple[KeptBinding, ...]:
    """What a start at this moment would read: from a copy, as it writes the file anew."""
    copy = folder / "copy.state"
    copy.write_bytes(path.read_bytes())
    return made(copy).bindings


def test_many_bindings_arent_written_again_with_each_change_while_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1,000 entries: one change in ten tries it."""
    memory = made(tmp_path / "ha1.state")
    for number in range(1_000):
        memory.hear(cached(home_address=HOME[:8] + number.to_bytes(8)))
    tries = []

    def full(*_: Any) -> None:
        tries.append(1)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("mhatool.live.memory._write", full)
    for number in range(101):
        memory.hear(cached(number, home_address=HOME[:8] + bytes(8)))
    assert len(tries) == 1 + 10
