"""Recordings that most tests look at."""

from pathlib import Path

import pytest

from mhatool.timeline import Timeline
from mhatool.view.story import Story
from tests.mhatool.view.stories import told


@pytest.fixture(scope="session")
def failover_path(captures: Path) -> Path:
    """Return the capture of a mobile node whose home agent falls silent."""
    return captures / "umip" / "failover60-mn.pcap"


@pytest.fixture
def failover(failover_path: Path) -> tuple[Timeline, Story]:
    """Return its timeline, and a story of its own."""
    return told(failover_path)
