"""Tables that forget what nobody touched for long."""

from mhatool.exchange import Recent
from tests.mhatool.scenes import S


def test_an_entry_is_there_for_as_long_as_it_is_kept() -> None:
    table: Recent[str, int] = Recent(100, kept_ns=10 * S)
    table.note("one", 1, 0)
    table.note("other", 2, 10 * S)
    assert table.get("one") == 1
    table.note("third", 3, 11 * S)  # the first two are old now
    assert [table.get(key) for key in ("one", "other", "third")] == [1, 2, 3]
    table.note("third", 4, 22 * S)  # and now they are gone
    assert [table.get(key) for key in ("one", "other", "third")] == [None, None, 4]


def test_what_is_renewed_stays() -> None:
    table: Recent[str, int] = Recent(100, kept_ns=10 * S)
    table.note("kept", 1, 0)
    for now in range(8, 80, 8):
        assert table.renew("kept", now * S) == 1
        table.note("another", now, now * S)
    assert table.renew("never", 80 * S) is None


def test_entries_are_kept_longer_from_now_on() -> None:
    table: Recent[str, int] = Recent(100, kept_ns=10 * S)
    table.note("one", 1, 0)
    table.keep(30 * S)
    table.keep(20 * S)  # that is no longer
    table.note("other", 2, 30 * S)
    table.note("third", 3, 31 * S)  # the first two are old now
    table.note("third", 4, 61 * S)
    assert table.get("one") == 1
    table.note("third", 5, 62 * S)
    assert table.get("one") is None


def test_of_many_the_latest_are_there() -> None:
    table: Recent[int, int] = Recent(10)
    for number in range(100):
        table.note(number, number, number)
    kept = [key for key, _ in table.items()]
    assert set(range(95, 100)) <= set(kept)
    assert len(kept) <= 10


def test_items_are_given_once_with_their_latest_value() -> None:
    table: Recent[str, int] = Recent(100, kept_ns=10 * S)
    table.note("a", 1, 0)
    table.note("b", 2, 11 * S)
    table.note("a", 3, 11 * S)
    assert sorted(table.items()) == [("a", 3), ("b", 2)]
    table.forget("a")
    assert list(table.items()) == [("b", 2)]


def test_time_that_runs_backwards_forgets_nothing() -> None:
    table: Recent[str, int] = Recent(100, kept_ns=10 * S)
    table.note("a", 1, 100 * S)
    table.note("b", 2, 50 * S)
    assert (table.get("a"), table.get("b")) == (1, 2)
