"""The plugin's files in a folder: all or none of them, and what isn't as we wrote it stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from dissectors.profile import KAME2003, RFC6275
from mhatool.wireshark import export, tshark
from mhatool.wireshark.export import check, files_in, remove, write
from mhatool.wireshark.tshark import Said, WiresharkError


def tree(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


def test_there_and_back(tmp_path: Path) -> None:
    files = files_in(tmp_path / "new" / "folder", RFC6275)
    assert [file.state() for file in files] == ["absent"] * 3
    assert [line.split()[0] for line in write(files, remember=True)] == ["Wrote"] * 3
    assert [file.state() for file in files] == ["same"] * 3
    assert files_in(tmp_path / "new" / "folder", KAME2003)[0].state() == "ours"
    assert [line.split()[0] for line in remove(files)] == ["Removed"] * 3
    assert list(tmp_path.iterdir()) == []


def test_a_change_anywhere_is_seen(tmp_path: Path) -> None:
    (script, *_) = files = files_in(tmp_path, RFC6275)
    write(files)
    text = script.path.read_text(encoding="utf-8")
    for changed in (text + "-- mine\n", text.replace("local", "global", 1), text.rpartition("-- mhatool")[0] + "x"):
        script.path.write_text(changed, encoding="utf-8")
        assert script.state() == "foreign"
        with pytest.raises(WiresharkError, match="changed since"):
            write(files)
        remove(files)
        assert script.path.read_text(encoding="utf-8") == changed
    script.path.write_text(script.text, encoding="utf-8")
    assert script.state() == "same"  # as standard output gave it


def test_a_link_is_left_alone(tmp_path: Path) -> None:
    (script, *_) = files_in(tmp_path / "plugins", RFC6275)
    script.path.parent.mkdir()
    script.path.symlink_to(tmp_path / "kept.lua")
    assert script.state() == "foreign"
    (tmp_path / "kept.lua").write_text(script.text, encoding="utf-8")
    assert script.state() == "foreign"


@pytest.mark.parametrize("method", ["write_text", "unlink"])
def test_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """A folder where nothing may be written, or taken away: that of the one that comes last."""
    files = files_in(tmp_path, RFC6275)
    if method == "unlink":
        write(files)
    before = tree(tmp_path)
    last = files[-1 if method == "write_text" else 0].path
    plain = getattr(Path, method)

    def refusing(path: Path, *arguments: object, **more: object) -> object:
        if path == last:
            raise PermissionError(13, "Permission denied", str(path))
        return plain(path, *arguments, **more)

    monkeypatch.setattr(Path, method, refusing)
    with pytest.raises(WiresharkError, match="permission denied"):
        write(files) if method == "write_text" else remove(files)
    assert tree(tmp_path) == before
    assert method == "unlink" or not (tmp_path / "Mobile IPv6").exists()


def test_an_error_of_the_dissector_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "mha.lua"
    row = f"mha.lua\t0.1.0\tlua script\t{script}\n"
    tree_ = "Lua Error: mha.lua:7: attempt to call a nil value\n    [Expert Info (Error/Undecoded): Lua Error]\n"
    monkeypatch.setattr(export, "run", lambda words: Said(row if words[0] == "-G" else tree_, "", 0))
    assert check(script) == "Lua Error: mha.lua:7: attempt to call a nil value"


def test_a_tshark_that_ends_badly_isnt_called_one_without_lua(monkeypatch: pytest.MonkeyPatch) -> None:
    tshark._about.cache_clear()
    monkeypatch.setattr(tshark, "run", lambda _: Said("", "some trouble\n", 3))
    with pytest.raises(WiresharkError, match=r"status 3.*some trouble"):
        tshark.has_lua()
