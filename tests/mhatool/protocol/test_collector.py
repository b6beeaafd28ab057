"""The garbage collector's thresholds: raised inside, as they were afterwards."""

import gc
from collections.abc import Iterator

import pytest

from mhatool.capture import open_capture
from mhatool.cli.reading import opened
from mhatool.protocol.collector import THRESHOLDS, few_collections
from tests.mhatool.scenes import UMIP

UNUSUAL = (123, 4, 5)


@pytest.fixture(autouse=True)
def unusual_thresholds() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*UNUSUAL)
    yield
    gc.set_threshold(*before)


def test_they_are_set_back() -> None:
    with few_collections():
        assert gc.get_threshold() == THRESHOLDS
    assert gc.get_threshold() == UNUSUAL


def test_after_an_error_too() -> None:
    with pytest.raises(KeyError), few_collections():
        raise KeyError
    assert gc.get_threshold() == UNUSUAL


def test_readers_may_overlap_in_any_order() -> None:
    first, second = few_collections(), few_collections()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == THRESHOLDS
    second.__exit__(None, None, None)
    assert gc.get_threshold() == UNUSUAL


def test_commands_read_with_few_collections() -> None:
    path = str(UMIP / "tour-mn.pcap")
    with opened(path) as reader:
        assert gc.get_threshold() == THRESHOLDS
        count = sum(1 for _ in reader)
    assert gc.get_threshold() == UNUSUAL
    with open_capture(path) as reader:
        assert sum(1 for _ in reader) == count
