"""Labs stand one after another: their tests build on each other, and their clocks are real."""

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests are spread over several processes (`--dist loadgroup`), those with labs stay in one."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("root") is not None:
            item.add_marker(pytest.mark.xdist_group("lab"))
