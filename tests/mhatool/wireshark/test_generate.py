"""The generated script itself: both Luas read it, and nothing that a frame holds makes it fail."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from dissectors.profile import BUILT_IN, Profile
from mhatool.wireshark.generate import plugin
from tests.dissectors.adapters.hard_cases import CASES
from tests.dissectors.adapters.test_hard_cases import run_tshark


@pytest.mark.lua
@pytest.mark.parametrize("profile", BUILT_IN.values(), ids=lambda profile: profile.name)
def test_lua_5_4_accepts_it(profile: Profile, tmp_path: Path) -> None:
    script = tmp_path / "mha.lua"
    script.write_text(plugin(profile), encoding="utf-8")
    luac = shutil.which("luac5.4")
    assert luac, "luac5.4 is missing: scripts/system_packages.txt names its package"
    done = subprocess.run([luac, "-p", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_keeps_to_what_both_luas_have() -> None:
    text = plugin()
    assert "print" not in text
    assert "bit32" not in text
    assert "//" not in text


@pytest.mark.tshark
def test_mutated_frames_raise_no_lua_error(tmp_path: Path) -> None:
    rng = random.Random(5142)
    frames = []
    for _ in range(300):
        for case in CASES:
            frame = bytearray(case.octets)
            for _ in range(rng.randrange(1, 4)):
                frame[rng.randrange(40, len(frame))] = rng.randrange(256)
            frames.append(bytes(frame[: rng.randrange(40, len(frame) + 1)]))
    done = run_tshark(tmp_path, frames, "-V")
    assert "Lua Error" not in done.stdout


@pytest.mark.tshark
def test_it_leaves_other_icmpv6_alone(tmp_path: Path) -> None:
    echo = bytes.fromhex("600000000008 3a 40" + "00" * 15 + "01" + "00" * 15 + "01" + "8000 7fbb 0001 0001")
    done = run_tshark(tmp_path, [echo], "-T", "fields", "-e", "icmpv6.type", "-e", "icmpv6.echo.identifier")
    assert done.stdout.split() == ["128", "0x0001"]
