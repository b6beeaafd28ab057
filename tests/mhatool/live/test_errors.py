"""What a machine lacks is said with what to do about it."""

import importlib.util

import pytest

from mhatool.live import errors


def test_without_pyroute2_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    with pytest.raises(errors.LiveError, match=r"pip install pyroute2$"):
        errors.need_pyroute2()


def test_with_it_nothing_is_said() -> None:
    assert importlib.util.find_spec("pyroute2") is not None
    errors.need_pyroute2()
