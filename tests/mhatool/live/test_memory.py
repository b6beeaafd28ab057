"""What survives a restart, whatever was being written when the machine went down."""

from pathlib import Path

import pytest

from dissectors.ipv6.address import parse
from mhatool.engine.commands import KeptBinding
from mhatool.engine.events import CacheEntry, UpdateListEntry
from mhatool.live.errors import LiveError
from mhatool.live.memory import Memory

HOME, AGENT, OTHER = parse("2001:db8:2::100"), parse("2001:db8:2::1"), parse("2001:db8:2::2")
CARE_OF = parse("2001:db8:3::100")
SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND


def cached(number: int = 7, *, gone: bool = False, cloned: bool = False, pending: bool = False) -> CacheEntry:
    return CacheEntry(
        time_ns=NOW,
        node="ha1",
        home_address=HOME,
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


def made(path: Path, now: int = NOW) -> Memory:
    memory = Memory(path, now, Words())
    memory.list_of = lambda home_address, agent: (AGENT, OTHER)
    return memory


def test_a_binding_is_there_again_with_its_list_and_its_end(tmp_path: Path) -> None:
    memory = made(tmp_path / "ha1.state")
    memory.hear(cached())
    again = made(tmp_path / "ha1.state", NOW + 60 * SECOND)
    end = NOW + 420 * SECOND
    assert again.bindings == (KeptBinding(HOME, AGENT, CARE_OF, "AHLM", 7, end, (AGENT, OTHER)),)
    assert again.restart_counter == memory.restart_counter


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


def test_whatever_is_cut_off_the_rest_is_read(tmp_path: Path) -> None:
    """The machine may go down at any octet: lines that were whole by then count, the one that wasn't doesn't."""
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
