"""A second process changes nothing in what is found: not by its speed, its death, or by what it sees of a file."""

import os
import signal
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

import pytest

from mhatool.exchange import Sighting, sightings
from mhatool.validate import Finding, Judge, second_judge
from mhatool.validate.second_judge import SecondJudge, findings_of_both
from tests.mhatool.scenes import recording

NAME: Final = "failover60-core.pcap"


class Packets:
    """Those of a recording, or its first ones."""

    def __init__(self, most: int | None = None, last_ns: int | None = None) -> None:
        self.sightings: Iterator[Sighting] = islice(sightings([recording(NAME)]), most)
        self.last_ns = last_ns


@pytest.fixture(autouse=True)
def _many_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_judge, "BATCH", 64)


def of_one(most: int | None = None, last_ns: int | None = None) -> list[Finding]:
    judge = Judge()
    found = [finding for sighting in Packets(most).sightings for finding in judge.see(sighting)]
    judge.until(last_ns)
    return found + judge.finish()


def of_two(packets: Packets, again: Callable[[], Packets]) -> list[Finding]:
    judge = Judge()
    with SecondJudge(judge.halve(), again) as second:
        return list(findings_of_both(judge, packets, second))


def count() -> int:
    return sum(1 for _ in Packets().sightings)


def test_the_same_in_the_same_order() -> None:
    assert count() > 3 * 64
    assert of_two(Packets(), Packets) == of_one() != []


@pytest.mark.parametrize("most", [0, 1, 63, 64, 65, 128])
def test_however_many_packets(most: int) -> None:
    assert of_two(Packets(most), lambda: Packets(most)) == of_one(most)


def test_one_that_dies() -> None:
    judge = Judge()
    with SecondJudge(judge.halve(), Packets) as second:
        found = findings_of_both(judge, Packets(), second)
        first = next(found)
        assert second._process is not None
        os.kill(second._process[0], signal.SIGKILL)
        assert [first, *found] == of_one()


def test_one_that_fails() -> None:
    """As this process reads the packets, not the other."""
    here = os.getpid()

    def again() -> Packets:
        assert os.getpid() == here
        return Packets()

    assert of_two(Packets(), again) == of_one()


@pytest.mark.parametrize("most", [0, 100, 128, 200])
def test_a_capture_that_grew(most: int) -> None:
    """The first process saw less than the second one, and what it saw is what counts."""
    assert of_two(Packets(most), Packets) == of_one(most)


def test_a_capture_that_grew_after_the_second_one() -> None:
    here = os.getpid()
    assert of_two(Packets(), lambda: Packets(None if os.getpid() == here else 150)) == of_one()


def test_a_capture_that_grew_by_what_needs_no_judge() -> None:
    late = 1 << 62
    assert of_two(Packets(last_ns=late), Packets) == of_one(last_ns=late)


def test_no_process_to_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    before = os.listdir("/proc/self/fd")
    assert of_two(Packets(), Packets) == of_one()
    assert os.listdir("/proc/self/fd") == before


def test_who_loses_interest_leaves_no_process() -> None:
    judge = Judge()
    with SecondJudge(judge.halve(), Packets) as second:
        next(findings_of_both(judge, Packets(), second))
        assert second._process is not None
        process = second._process[0]
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    second.close()  # once more is no harm


def test_one_core_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert not second_judge.is_room()
