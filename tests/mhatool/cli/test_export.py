"""export wireshark, as its users run it: a fresh account, real tshark."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mhatool.wireshark import looks
from mhatool.wireshark.generate import plugin
from tests.mhatool.cli.process import Result, complaint, mhatool
from tests.peers.plugin import write
from tests.recipes.packets import unreachable

PROFILE = f"profiles/{looks.PROFILE}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home of an account that never ran Wireshark."""
    for name in ("XDG_CONFIG_HOME", "WIRESHARK_CONFIG_DIR", "WIRESHARK_PLUGIN_DIR"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def export(home: Path, *arguments: str | Path, **more: str) -> Result:
    return mhatool("export", "wireshark", *arguments, environment={"HOME": str(home)} | more)


def tshark(home: Path, *arguments: str | Path) -> str:
    command = ["tshark", *map(str, arguments)]
    done = subprocess.run(command, env=os.environ | {"HOME": str(home)}, capture_output=True, text=True, check=True)
    assert "Lua" not in done.stderr
    return done.stdout


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def plugins(home: Path) -> Path:
    """Where tshark says that scripts go: under home, whatever its version calls it."""
    line = next(each for each in tshark(home, "-G", "folders").splitlines() if each.startswith("Personal Lua Plugins"))
    return Path(line.partition(":")[2].strip())


@pytest.mark.tshark
def test_on_a_fresh_account(home: Path, tmp_path: Path) -> None:
    result = export(home, "--install")
    assert (result.status, result.err) == (0, "")
    script = plugins(home) / "mha.lua"
    assert home in script.parents
    assert f"Wrote {script}." in result.out
    assert "shows a test packet" in result.out
    assert str(script) in tshark(home, "-G", "plugins")
    capture = write(tmp_path / "one.pcapng", [unreachable()])
    assert tshark(home, "-r", capture, "-T", "fields", "-e", "mha.unreachable.address") == "2001:db8:1::1\n"
    again = export(home, "--install")
    assert f"{script} is there already." in again.out
    gone = export(home, "--uninstall")
    assert (gone.status, gone.err) == (0, "")
    assert f"Removed {script}." in gone.out
    assert tree(home) == {}
    assert export(home, "--uninstall").out.count("isn't there.") == 3


@pytest.mark.tshark
def test_what_was_there_stays(home: Path) -> None:
    folder = plugins(home)
    folder.mkdir(parents=True)
    (folder / "other.lua").write_text("-- another\n", encoding="utf-8")
    before = tree(home)
    dry = export(home, "--install", "--dry-run")
    assert (dry.status, dry.out.count("Would write ")) == (0, 3)
    assert tree(home) == before
    assert export(home, "--install").status == 0
    assert tree(home) != before
    assert export(home, "--uninstall").status == 0
    assert tree(home) == before


@pytest.mark.tshark
def test_another_script_of_that_name_is_left_alone(home: Path) -> None:
    folder = plugins(home)
    folder.mkdir(parents=True)
    (folder / "mha.lua").write_text("-- mine\n", encoding="utf-8")
    before = tree(home)
    result = export(home, "--install")
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        f"mhatool: {folder / 'mha.lua'}: mhatool didn't write it, or it was changed since; move it away, or give -o\n"
    )
    assert "mha.lua is left alone" in export(home, "--uninstall").out
    assert tree(home) == before


@pytest.mark.tshark
def test_an_older_one_is_replaced_and_a_changed_one_left(home: Path) -> None:
    script = plugins(home) / "mha.lua"
    export(home, "-o", script.parent, "--profile", "kame2003")
    assert f"Replaced {script}." in export(home, "--install").out
    assert script.read_text(encoding="utf-8").startswith(plugin())
    with script.open("a", encoding="utf-8") as stream:
        stream.write("-- mine\n")
    before = tree(home)
    assert "it was changed since" in export(home, "--install").err
    assert f"{script} is left alone" in export(home, "--uninstall", "--dry-run").out
    assert tree(home) == before


@pytest.mark.tshark
def test_half_an_installation_is_none(home: Path) -> None:
    (home / ".config").write_text("", encoding="utf-8")  # where the profile's folder would be made
    result = export(home, "--install")
    assert (result.status, result.out) == (2, "")
    assert "not a directory" in result.err
    assert [path.name for path in home.rglob("*")] == [".config"]


@pytest.mark.tshark
@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("aaa/mha.lua", plugin(), "it loads {}/aaa/mha.lua in its place; move that away"),
        ("aa.lua", 'Proto("mha", "Another")\n', 'another script has a protocol "mha"'),
        ("aa.lua", "os.exit(3)\n", "tshark --version ends with status 3"),
    ],
    ids=["a copy", "another protocol", "dies"],
)
def test_why_it_isnt_loaded(home: Path, name: str, text: str, words: str) -> None:
    folder = home / ".local/lib/wireshark/plugins"
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(text, encoding="utf-8")
    before = tree(home)
    result = export(home, "--install")
    assert words.format(folder) in result.err
    assert result.status == 2
    assert tree(home) == before


@pytest.mark.tshark
def test_a_load_error_takes_it_away_again(home: Path, tmp_path: Path) -> None:
    """Tshark's status is 0 also then: it is the real one here, with the words of one that can't load the script."""
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "tshark"
    words = "tshark: Lua: Error during loading: /somewhere/mha.lua:7: attempt to call a nil value"
    fake.write_text(f"#!/bin/sh\necho '{words}' >&2\nexec {shutil.which('tshark')} \"$@\"\n", encoding="utf-8")
    fake.chmod(0o755)
    result = export(home, "--install", PATH=f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    assert result.status == 2
    number = re.search(r"[\d.]+\d", subprocess.check_output(["tshark", "--version"], text=True))
    assert number is not None
    assert result.err == f"mhatool: tshark {number[0]} doesn't take the script, so it was taken away again: {words}\n"
    assert tree(home) == {}


@pytest.mark.tshark
def test_another_script_that_is_broken_is_none_of_ours(home: Path) -> None:
    folder = plugins(home)
    folder.mkdir(parents=True)
    (folder / "broken.lua").write_text("local x = nil + 1\n", encoding="utf-8")
    assert export(home, "--install").status == 0


@pytest.mark.tshark
def test_a_changed_profile_is_left(home: Path) -> None:
    """Wireshark writes its own preferences over ours once somebody changes them there."""
    export(home, "--install")
    (changed,) = home.rglob("preferences")
    changed.write_text("# Configuration file for Wireshark\n", encoding="utf-8")
    assert f"{changed} is left alone" in export(home, "--uninstall").out
    assert [path for path in home.rglob("*") if path.is_file()] == [changed]


@pytest.mark.tshark
def test_the_profile_is_one(home: Path, tmp_path: Path) -> None:
    """Wireshark takes the columns, and its filters compile."""
    export(home, "--install")
    capture = write(tmp_path / "one.pcapng", [unreachable()])
    assert "2001:db8:1::100" in tshark(home, "-C", looks.PROFILE, "-r", capture)
    assert [c.name for c in looks.COLOURS if _passes(home, capture, c.display_filter)] == [
        "Mobility: home agent unreachable",
        "Mobility: signalling",
    ]


def _passes(home: Path, capture: Path, display_filter: str) -> bool:
    return tshark(home, "-r", capture, "-Y", display_filter) != ""


def test_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "plugin"
    result = mhatool("export", "wireshark", "-o", folder, "--profile", "kame2003")
    assert (result.status, result.err, result.out.count("Wrote ")) == (0, "", 3)
    assert set(tree(folder)) == {
        "mha.lua",
        looks.PROFILE,
        f"{looks.PROFILE}/colorfilters",
        f"{looks.PROFILE}/preferences",
    }
    text = (folder / "mha.lua").read_text(encoding="utf-8")
    assert 'mha.prefs.option_type = Pref.uint("Multiple Home Agents option", 7, ' in text


@pytest.mark.tshark
def test_a_profile_of_ones_own(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[numbers.icmpv6]\nhome_agent_unreachable = 200\n[flags.binding_update]\nM = 1\n", encoding="utf-8")
    assert export(home, "--install", "--profile", file).status == 0
    packet = unreachable()
    capture = write(tmp_path / "two.pcapng", [packet, packet[:64] + b"\xc8" + packet[65:]])
    assert tshark(home, "-r", capture, "-T", "fields", "-e", "mha.unreachable.address") == "\n2001:db8:1::1\n"


@pytest.mark.tshark
def test_without_a_home(home: Path) -> None:
    assert "set HOME" in complaint("export", "wireshark", "--install", cwd=home, environment={"HOME": "there"})
    assert tree(home) == {}


def test_to_standard_output() -> None:
    assert mhatool("export", "wireshark").out == plugin()


def test_wrong_use(tmp_path: Path) -> None:
    assert "--install and --uninstall" in complaint("export", "wireshark", "--install", "--uninstall")
    assert "-o" in complaint("export", "wireshark", "--dry-run")
    assert "no profile 'nix'" in complaint("export", "wireshark", "--profile", "nix")
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "file exists" in complaint("export", "wireshark", "-o", tmp_path / "file")


def test_without_tshark(home: Path) -> None:
    result = export(home, "--install", PATH="/nonexistent")
    assert result.status == 2
    assert result.err == (
        "mhatool: tshark isn't installed; apt-get install tshark (or Wireshark's installer), then again\n"
    )


@pytest.mark.tshark
def test_the_folder_that_is_nobodys_is_named(home: Path) -> None:
    """XDG_CONFIG_HOME is taken as it is; the folder of its scripts is HOME's and fine."""
    result = export(home, "--install", XDG_CONFIG_HOME="settings")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("mhatool: tshark -G folders names settings/wireshark, which is nobody's home; ")
