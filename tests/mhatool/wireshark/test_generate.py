"""The generated script itself: the committed one is what the declarations say, and both Luas read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dissectors.profile import BUILT_IN, KAME2003, RFC6275, Profile
from dissectors.spec.families import declarations
from mhatool.wireshark.generate import JUDGED, PARTS, codes, part, plugin

each_profile = pytest.mark.parametrize("profile", BUILT_IN.values(), ids=lambda profile: profile.name)


def test_the_committed_script_is_generated(repository: Path) -> None:
    """`python -m mhatool.wireshark > wireshark-lua/mha.lua` writes it again."""
    assert (repository / "wireshark-lua" / "mha.lua").read_text(encoding="utf-8") == plugin()


@pytest.mark.lua
@each_profile
def test_lua_5_4_accepts_it(profile: Profile, tmp_path: Path) -> None:
    script = tmp_path / "mha.lua"
    script.write_text(plugin(profile), encoding="utf-8")
    luac = shutil.which("luac5.4")
    assert luac, "luac5.4 is missing: scripts/system_packages.txt names its package"
    done = subprocess.run([luac, "-p", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", PARTS)
def test_it_keeps_to_what_both_luas_have(name: str) -> None:
    code = "\n".join(line.split("--", 1)[0] for line in part(name).splitlines())
    assert not re.search(r"\bprint\b|bit32|//|<<|>>|\bgoto\b|\butf8\b|table\.pack|\bunpack\b", code)


@pytest.mark.parametrize("family", ["mobility", "mobility_option"])
def test_every_declared_message_and_option_is_in_it(family: str) -> None:
    text = plugin()
    assert [d.symbol for d in declarations(family) if f"LAYOUT.{d.symbol} = " not in text] == []


def test_every_rule_that_it_names_has_a_check() -> None:
    assert [id_ for id_ in JUDGED if f'"{id_}"' not in part("judge")] == []


def test_every_check_is_of_a_rule_that_it_names() -> None:
    assert set(re.findall(r'"((?:MIP6-)?[A-Z]+-\d{3})"', part("judge"))) == set(JUDGED)


def test_the_code_points_are_those_of_the_profiles() -> None:
    """The paper's three, and those that moved between draft 19 and RFC 6275."""
    assert codes(RFC6275) == {
        "mobility_protocol": 135,
        "option_type": 18,
        "flag_multiple": 0x0800,
        "unreachable_type": 154,
        "dhaad_request_type": 144,
        "dhaad_reply_type": 145,
        "mobile_prefix_solicitation_type": 146,
        "mobile_prefix_advertisement_type": 147,
    }
    assert codes(KAME2003) == {
        "mobility_protocol": 62,
        "option_type": 7,
        "flag_multiple": 0x0400,
        "unreachable_type": 154,
        "dhaad_request_type": 150,
        "dhaad_reply_type": 151,
        "mobile_prefix_solicitation_type": 152,
        "mobile_prefix_advertisement_type": 153,
    }
