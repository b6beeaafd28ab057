"""Which lab a command means where none is named."""

from pathlib import Path

import pytest

from mhatool.lab.lab import LabError, standing


def test_the_only_one_that_stands_is_meant(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"^no lab stands; begin with mhatool lab deploy paper$"):
        standing(None, tmp_path)
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
    with pytest.raises(LabError, match=r"^several labs stand: another, one; name one of them$"):
        standing(None, tmp_path)
