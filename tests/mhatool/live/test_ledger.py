"""What a node has changed is known to the next start, whenever it was killed."""

import errno
from pathlib import Path

import pytest

from mhatool.live.clock import this_boot
from mhatool.live.errors import LiveError
from mhatool.live.ledger import Ledger

ADDRESS, SETTING = ("address", "eth0", "2001:db8::1"), ("sysctl", "eth0", "accept_ra")


def changes(kept: str) -> str:
    """What a file holds with these."""
    return f'{{"boot": "{this_boot()}", "changes": {kept}}}'


def test_what_hasnt_been_given_back_is_left(tmp_path: Path) -> None:
    path = tmp_path / "run" / "mn.made"
    ledger = Ledger(path)
    ledger.add(ADDRESS, 64)
    ledger.add(SETTING, "1")
    ledger.close()
    assert Ledger(path).left() == {ADDRESS: 64, SETTING: "1"}
    ledger.remove(ADDRESS)
    ledger.remove(ADDRESS)
    ledger.close()
    assert Ledger(path).left() == {SETTING: "1"}


def test_that_of_a_node_that_runs_is_nobody_elses(tmp_path: Path) -> None:
    """However another one comes to the same file; with the node's end it is the next one's."""
    first, second = Ledger(tmp_path / "mn.made"), Ledger(tmp_path / "." / "mn.made")
    for _ in range(2):
        first.add(SETTING, "1")
        with pytest.raises(LiveError, match="another node keeps there what it has changed; give another `control`"):
            second.left()
    first.close()
    assert second.left() == {SETTING: "1"}


def test_after_an_orderly_end_there_is_no_file(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "mn.made")
    ledger.add(SETTING, "1")
    ledger.remove(SETTING)
    ledger.clear()
    assert list(tmp_path.iterdir()) == []
    assert ledger.left() == {}


def test_where_it_cant_be_written_nothing_may_be_changed(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with pytest.raises(LiveError, match=r"couldn't be undone; give another `control`"):
        Ledger(tmp_path / "run" / "mn.made").add(SETTING, "1")


@pytest.mark.parametrize(
    "kept",
    [
        "[[",
        "5",
        "[5]",
        "{}",
        changes("5"),
        changes('[[["sysctl", "all"], 1]]'),
        changes('[[["sysctl", "all", 5], 1]]'),
        changes("[[[], 1]]"),
    ],
)
def test_a_file_that_is_none_is_said_with_what_to_do(tmp_path: Path, kept: str) -> None:
    ledger = Ledger(tmp_path / "mn.made")
    ledger.path.write_text(kept)
    with pytest.raises(LiveError, match="remove it to leave that as it is"):
        ledger.left()


def test_what_was_changed_elsewhere_is_left_alone_and_told_of(tmp_path: Path) -> None:
    """In another network namespace: its addresses and settings are none of this one's. Files of nothing go."""
    here, there, running = (Ledger(tmp_path / "mn.made", namespace) for namespace in (7, 8, 9))
    there.add(SETTING, "1")
    there.close()
    running.add(SETTING, "1")
    Ledger(tmp_path / "mn.made", 10).path.write_text('{"boot": "another", "changes": [[["sysctl", "all", "x"], 1]]}')
    (tmp_path / "mn.made.old").touch()
    (tmp_path / "mn.made2.8").touch()
    assert (here.left(), list(here.elsewhere())) == ({}, [there.path])
    here.add(ADDRESS, 64)
    here.clear()
    assert there.left() == {SETTING: "1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mn.made.8", "mn.made.9", "mn.made.old", "mn.made2.8"]


def test_of_what_was_changed_before_a_reboot_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and addresses went with it; those of the same names are somebody's own."""
    before = Ledger(tmp_path / "mn.made")
    before.add(SETTING, "1")
    before.close()
    monkeypatch.setattr("mhatool.live.ledger.this_boot", lambda: "the next one")
    assert Ledger(tmp_path / "mn.made").left() == {}


def test_on_a_full_disk_all_is_given_back_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written already needs no room; what can't be written isn't changed, and isn't told of later."""
    path = tmp_path / "mn.made"
    ledger, third = Ledger(path), ("address", "eth0", "2001:db8::3")
    ledger.add(ADDRESS, 64)
    ledger.add(SETTING, "1")
    with monkeypatch.context() as full:
        full.setattr(Path, "replace", _has_no_room)
        ledger.add(ADDRESS, 64)
        with pytest.raises(LiveError, match="no space left on device"):
            ledger.add(third, 64)
        assert list(tmp_path.iterdir()) == [ledger.path]
        ledger.remove(ADDRESS)
    ledger.add(ADDRESS, 64)
    ledger.close()
    assert Ledger(path).left() == {SETTING: "1", ADDRESS: 64}
    with monkeypatch.context() as full:
        full.setattr(Path, "replace", _has_no_room)
        for key in (SETTING, ADDRESS):
            ledger.remove(key)
    assert list(tmp_path.iterdir()) == []


def _has_no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
