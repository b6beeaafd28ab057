"""The settings there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dissectors.profile import BUILT_IN

Value = str | int | float | bool | tuple[str, ...]

SEVERITIES: Final = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    `key` as in the file: `table.name`, or `name` at the top. The default's type is the setting's. `choices`: the words
    that it may be, any where there are none. `no_files`: of a setting that names a file, the words that don't; a
    relative name in a settings file is meant from that file's folder.
    """

    key: str
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()
    no_files: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return "MHATOOL_" + self.key.replace(".", "_").upper()

    @property
    def wanted(self) -> str:
        """What a value of it looks like, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        words = {bool: "true or false", int: "a whole number", float: "a number", tuple: "a list of texts"}
        return words.get(type(self.default), "a text")


SETTINGS: Final[dict[str, Setting]] = {
    setting.key: setting
    for setting in (
        Setting("profile", "rfc6275", "code points: rfc6275, kame2003 or a TOML file", no_files=tuple(BUILT_IN)),
        Setting("color", "auto", "colour on standard output and standard error", ("auto", "always", "never")),
        Setting("validate.select", (), "rules to check, all where empty"),
        Setting("validate.ignore", (), "rules to leave out"),
        Setting("validate.min_severity", "note", "the least severity that is reported", SEVERITIES),
        Setting("validate.fail_on", "error", "the least severity that gives status 1", SEVERITIES),
        Setting(
            "validate.output_format",
            "concise",
            "how findings are printed",
            ("concise", "full", "json", "jsonl", "junit", "sarif", "github"),
        ),
        Setting(
            "timeline.style",
            "text",
            "how a timeline is drawn",
            ("text", "table", "ladder", "mermaid", "svg", "html", "json", "kame", "kame-log"),
        ),
    )
}

NOT_SETTINGS: Final = frozenset({"MHATOOL_TRACEBACK"})
"""Environment variables that aren't settings."""
