"""Flags over MHATOOL_* over mhatool.toml here over the user's over defaults; a wrong one is told with its line."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest

from mhatool.cli import config, main
from mhatool.cli.timeline import Style
from mhatool.cli.validate import Format
from mhatool.settings import SETTINGS, SettingsError, forget, sourced, sources
from tests.mhatool.cli.process import complaint, mhatool


def origin_of(key: str, cwd: Path, environment: dict[str, str]) -> tuple[object, str, str]:
    result = mhatool("config", "show", "--json", cwd=cwd, environment=environment)
    assert (result.status, result.err) == (0, "")
    found = {entry["key"]: entry for entry in json.loads(result.out)["settings"]}
    assert set(found) == set(SETTINGS)
    return found[key]["value"], found[key]["origin"], found[key]["place"]


def test_each_source_wins_over_the_one_below(tmp_path: Path) -> None:
    here, user = tmp_path / "here", tmp_path / "config" / "mhatool"
    here.mkdir()
    user.mkdir(parents=True)
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}

    def origin() -> tuple[object, str, str]:
        return origin_of("validate.fail_on", here, environment)

    assert origin() == ("error", "default", "")
    (user / "mhatool.toml").write_text('profile = "kame2003"\n[validate]\nfail_on = "warning"\n')
    assert origin() == ("warning", "user file", f"{user}/mhatool.toml:3")
    (here / "mhatool.toml").write_text('# ours\n\nvalidate.fail_on = "note"\n')
    assert origin() == ("note", "file", "mhatool.toml:3")
    assert origin_of("profile", here, environment) == ("kame2003", "user file", f"{user}/mhatool.toml:1")
    environment["MHATOOL_VALIDATE_FAIL_ON"] = "warning"
    assert origin() == ("warning", "environment", "MHATOOL_VALIDATE_FAIL_ON")
    environment["MHATOOL_VALIDATE_FAIL_ON"] = ""
    assert origin() == ("note", "file", "mhatool.toml:3")


def test_settings_count(tmp_path: Path) -> None:
    assert mhatool("craft", "bu", "--no-checksum", "-w", "bu.pcapng", cwd=tmp_path).status == 0

    def status(*flags: str) -> int:
        return mhatool("validate", "bu.pcapng", *flags, cwd=tmp_path).status

    assert status() == 1
    (tmp_path / "mhatool.toml").write_text('[validate]\nignore = ["MIP6"]\n')
    assert status() == 0
    assert status("--ignore", "MIP6-SEQ") == 1  # the flag takes the setting's place


def test_a_list_in_the_environment_has_commas(tmp_path: Path) -> None:
    environment = {"MHATOOL_VALIDATE_IGNORE": "MIP6-MH, MIP6-BU"}
    value, _, _ = origin_of("validate.ignore", tmp_path, environment)
    assert value == ["MIP6-MH", "MIP6-BU"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'profile = "rfc6275"\n\n[validate]\nfail_no = "note"\n',
            "mhatool.toml:4: validate.fail_no is no setting; did you mean validate.fail_on?",
        ),
        (
            "wibble = 1\n",
            "mhatool.toml:1: wibble is no setting; `mhatool config show` lists the settings",
        ),
        (
            '[validate]\nignore = ["A"]\n\n[validate.output_format]\nwibble = 1\n',
            "mhatool.toml:5: validate.output_format.wibble is no setting; did you mean validate.output_format?",
        ),
        ("[wibble]\n", "mhatool.toml:1: wibble is no setting; `mhatool config show` lists the settings"),
        (
            '[validate]\nfail_on = "never"\n',
            'mhatool.toml:2: validate.fail_on = "never"; give one of error, warning, note',
        ),
        ("profile = 7\n", "mhatool.toml:1: profile = 7; give a text"),
        ('validate = "x"\n', "mhatool.toml:1: validate is a table; write [validate] in a line of its own"),
        (
            "[validate]\nignore = 'MIP6'\n",
            'mhatool.toml:2: validate.ignore = "MIP6"; give a list of texts',
        ),
        (
            "profile = \n",
            "mhatool.toml: this isn't TOML: Invalid value (at line 1, column 11); correct it there",
        ),
        (
            f"profile = {'[' * 100_000}\n",
            "mhatool.toml: this isn't TOML: Lists or tables too deep in one another; correct it there",
        ),
    ],
)
def test_a_wrong_file_is_told_with_its_line(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "mhatool.toml").write_text(text)
    assert complaint("config", "show", cwd=tmp_path) == expected
    (tmp_path / "a.pcap").touch()
    assert complaint("validate", "a.pcap", cwd=tmp_path) == expected
    assert mhatool("config", "path", cwd=tmp_path).status == 0


def test_a_wrong_variable_is_told() -> None:
    expected = 'MHATOOL_COLOR = "pink"; give one of auto, always, never'
    assert complaint("config", "show", environment={"MHATOOL_COLOR": "pink"}) == expected


def test_a_profile_of_a_settings_file_stands_beside_it(tmp_path: Path) -> None:
    here, user = tmp_path / "here", tmp_path / "config" / "mhatool"
    here.mkdir()
    user.mkdir(parents=True)
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    (user / "mhatool.toml").write_text('profile = "lab.toml"\n')
    (user / "lab.toml").write_text("protocols.mobility = 200\n")
    assert origin_of("profile", here, environment) == (f"{user}/lab.toml", "user file", f"{user}/mhatool.toml:1")
    crafted = mhatool("craft", "bu", "--hex", cwd=here, environment=environment)
    assert (crafted.status, crafted.err) == (0, "")
    (here / "mhatool.toml").write_text('profile = "lab.toml"\n')
    (here / "lab.toml").write_text("")
    assert origin_of("profile", here, environment) == ("lab.toml", "file", "mhatool.toml:1")
    environment["MHATOOL_PROFILE"] = "../config/mhatool/lab.toml"  # from the folder that one is in
    assert mhatool("craft", "bu", "--hex", cwd=here, environment=environment).out == crafted.out


def test_a_wrong_profile_is_told_with_what_names_it(tmp_path: Path) -> None:
    remedy = "give one of rfc6275, kame2003, or a TOML file"
    (tmp_path / "a.pcap").touch()
    (tmp_path / "mhatool.toml").write_text('\nprofile = "nosuch"\n')
    for command in ("config", "show"), ("validate", "a.pcap"):
        assert complaint(*command, cwd=tmp_path) == f"mhatool.toml:2: no profile 'nosuch': {remedy}"
        environment = {"MHATOOL_PROFILE": "rfc"}
        assert (
            complaint(*command, cwd=tmp_path, environment=environment) == f"MHATOOL_PROFILE: no profile 'rfc': {remedy}"
        )
    assert complaint("validate", "a.pcap", "--profile", "kame", cwd=tmp_path) == f"no profile 'kame': {remedy}"


def test_a_wrong_style_is_told(tmp_path: Path) -> None:
    styles = "give one of text, table, ladder, mermaid, svg, html, json, kame, kame-log"
    (tmp_path / "a.pcap").touch()
    environment = {"MHATOOL_TIMELINE_STYLE": "tables"}
    expected = f'MHATOOL_TIMELINE_STYLE = "tables"; {styles}'
    assert complaint("timeline", "a.pcap", cwd=tmp_path, environment=environment) == expected
    (tmp_path / "mhatool.toml").write_text('[timeline]\nstyle = "ladders"\n')
    assert complaint("timeline", "a.pcap", cwd=tmp_path) == f'mhatool.toml:2: timeline.style = "ladders"; {styles}'


@pytest.mark.parametrize("style", ["ladder", "mermaid", "svg", "html", "kame-log"])
def test_a_style_that_is_set_gives_way_to_an_instant(style: str, captures: Path) -> None:
    """A flag is refused, as it contradicts --at; a setting was made for another command."""
    command = ("timeline", captures / "umip" / "tour-mn.pcap", "--at", "+80")
    set_ = {"MHATOOL_TIMELINE_STYLE": style}
    assert mhatool(*command, environment=set_) == mhatool(*command)
    assert complaint(*command, "--style", style, environment=set_).startswith("--at: --style ")


@pytest.mark.parametrize("key", ["select", "ignore"])
def test_a_wrong_rule_is_told_with_what_names_it(key: str, captures: Path, tmp_path: Path) -> None:
    capture = captures / "umip" / "tour-mn.pcap"
    expected = "no rule 'MIP6-XX': `mhatool rules` lists them ("
    (tmp_path / "mhatool.toml").write_text(f'[validate]\n{key} = ["MIP6-BU", "MIP6-XX"]\n')
    variable = f"MHATOOL_VALIDATE_{key.upper()}"
    for command in ("validate", capture), ("extract", capture, "-w", "out.pcapng", "--finding", "1"):
        assert complaint(*command, cwd=tmp_path).startswith(f"mhatool.toml:2: {expected}")
        named = complaint(*command, cwd=tmp_path, environment={variable: "MIP6-XX"})
        assert named.startswith(f"{variable}: {expected}")
    assert complaint("validate", capture, f"--{key}", "MIP6-XX", cwd=tmp_path).startswith(expected)


def test_settings_of_outputs_take_what_their_flags_take() -> None:
    assert SETTINGS["timeline.style"].choices == get_args(Style)
    assert SETTINGS["validate.output_format"].choices == get_args(Format)


def test_a_variable_that_is_no_setting_is_a_warning_of_config_show() -> None:
    result = mhatool("config", "show", environment={"MHATOOL_FAIL_ON": "note", "MHATOOL_TRACEBACK": ""})
    assert result.status == 0
    assert result.err == "mhatool: warning: MHATOOL_FAIL_ON in the environment is no setting\n"


def test_config_show_as_text(tmp_path: Path) -> None:
    (tmp_path / "mhatool.toml").write_text('validate.ignore = ["MIP6-SEQ"]\n')
    lines = mhatool("config", "show", cwd=tmp_path).out.splitlines()
    assert [line.split(maxsplit=1) for line in lines if "ignore" in line] == [
        ["validate.ignore", "[MIP6-SEQ]  file mhatool.toml:1"]
    ]


def test_config_path(tmp_path: Path) -> None:
    (tmp_path / "mhatool.toml").touch()
    result = mhatool("config", "path", cwd=tmp_path, environment={"XDG_CONFIG_HOME": str(tmp_path)})
    assert result.out == f"mhatool.toml\tthere\n{tmp_path}/mhatool/mhatool.toml\tnot there\n"


@contextmanager
def as_nobody() -> Iterator[None]:
    """What follows may do no more than anybody may; only root has to step down for it."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_may_not_be_looked_into_has_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As HOME of another user, kept by who steps down; git takes its own file there as absent too."""
    file = tmp_path / "mhatool" / "mhatool.toml"
    file.parent.mkdir()
    file.write_text('color = "always"\n')
    file.parent.chmod(0)
    monkeypatch.setattr(sources, "files", lambda: [("user file", file)])
    monkeypatch.setattr(config, "files", sources.files)
    forget()
    with as_nobody():
        assert sourced("color").origin == "default"
        config.path()
    assert capsys.readouterr().out == f"{file}\thidden: you may not look into its folder\n"
    forget()
    file.parent.chmod(0o700)


def test_a_settings_file_that_is_seen_and_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "mhatool.toml"
        file.touch(0)
        monkeypatch.setattr(sources, "files", lambda: [("user file", file)])
        forget()
        with as_nobody(), pytest.raises(SettingsError, match="it can't be read: permission denied"):
            sourced("color")
    forget()


def test_a_second_command_line_in_one_process_starts_afresh(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MHATOOL_PROFILE", "kame2003")
    assert main(["--color", "always", "config", "show"]) == 0
    assert "kame2003" in capsys.readouterr().out
    monkeypatch.setenv("MHATOOL_PROFILE", "rfc6275")
    assert main(["rule", "MIP6-MH-001"]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert main(["config", "show"]) == 0
    assert "kame2003" not in capsys.readouterr().out
