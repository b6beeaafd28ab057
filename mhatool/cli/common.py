"""What commands share: errors in one line, data on standard output, colour, options that several have."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NoReturn, TextIO

import typer

from mhatool.cli import completing

if TYPE_CHECKING:
    from dissectors.profile import Profile

FOUND: Final = 1
"""Findings or differences: validate, diff, crosscheck and replay --diff alone end with it, by `typer.Exit(FOUND)`."""
WRONG_USE: Final = 2
INTERRUPTED: Final = 130
LONGEST_S: Final = 1e10
"""The longest duration that a flag can give: over 300 years. Times in captures have 64 bits of nanoseconds at most."""

When = Literal["auto", "always", "never"]
Form = Literal["text", "json", "jsonl"]

FilesArgument = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Captures; - is standard input.", show_default=False),
]
FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="A capture; - is standard input.", show_default=False)
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="P",
        help="Code points: rfc6275 (default), kame2003 or a TOML file.",
        autocompletion=completing.profiles,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
JsonlOption = Annotated[bool, typer.Option("--jsonl", help="Print a JSON record a line.")]


running: Final[list[str]] = []
"""The command that runs, for errors that don't know it."""


class CommandError(Exception):
    """What ends a command with status 2; its text is one line: what, where, what to do."""


def fail(what: str, remedy: str = "", where: str = "") -> NoReturn:
    """End the command with `mhatool: WHERE: WHAT; REMEDY` and status 2; `WHERE` may be an input as it was named."""
    raise CommandError((f"{input_name(where)}: " if where else "") + what + (f"; {remedy}" if remedy else ""))


def input_name(path: str) -> str:
    """What people are told of an input: its name, `standard input` for `-`. Records keep `-`.

    What would break the line, or a terminal would obey, is escaped: a capture is often somebody else's, its name too.
    """
    from mhatool.capture.errors import STANDARD_INPUT, one_line

    return STANDARD_INPUT if path == "-" else one_line(path)


on_the_line: Final[list[Callable[[], None]]] = []
"""What takes a progress bar off standard error, while one is there."""


def make_room() -> None:
    """Before a word on standard error: take the bar away, that neither garbles the other."""
    for remove in on_the_line[:]:
        remove()


def warn(message: str) -> None:
    """Say on standard error what the user should know; the command goes on."""
    from mhatool.capture.errors import one_line

    if _held:
        _held[-1].append(one_line(message))
        return
    make_room()
    print(f"mhatool: {styled('warning:', 'yellow', sys.stderr)} {one_line(message)}", file=sys.stderr, flush=True)


_held: Final[list[list[str]]] = []


@contextmanager
def holding_warnings() -> Iterator[list[str]]:
    """Keep warnings back until the end, as the terminal is taken: a list that they are put into."""
    kept: list[str] = []
    _held.append(kept)
    try:
        yield kept
    finally:
        _held.remove(kept)
        for message in kept:
            warn(message)


def exclusive(**flags: object) -> None:
    """Fail where two of these flags are given: `exclusive(json=json, Y=expression)`; None and False are not given."""
    names = [name.rstrip("_").replace("_", "-") for name, value in flags.items() if value not in (None, False)]
    given = [("--" if len(name) > 1 else "-") + name for name in names]
    if len(given) > 1:
        fail(f"{given[0]} and {given[1]} contradict each other", "give one of them")


def form_of(json: bool, jsonl: bool) -> Form:
    """Which of the outputs the flags ask for; both at once is an error."""
    exclusive(json=json, jsonl=jsonl)
    return "json" if json else "jsonl" if jsonl else "text"


def duration_ns(flag: str, seconds: float | None) -> int | None:
    """The seconds that a flag gives, in nanoseconds; None where it isn't given. Fails for what is no duration."""
    from mhatool.protocol.lifetime import nanoseconds

    if seconds is None:
        return None
    if not abs(seconds) <= LONGEST_S:  # nor is NaN
        fail(f"{flag} {seconds} is no duration", "give seconds, as 0.5")
    return nanoseconds(seconds)


def chosen_profile(name: str | None) -> Profile:
    """The profile that the flag names, else the settings.

    Where there is none of that name, ProfileError; where a setting named it, CommandError that says which.
    """
    from dissectors.profile import ProfileError, load
    from mhatool.settings import sourced

    if name is not None:
        return load(name)
    said = sourced("profile")
    try:
        return load(str(said.value))
    except ProfileError as error:
        fail(str(error), where=said.place)


# --- colour ---

_ANSI: Final[Mapping[str, str]] = {
    "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36",
}  # fmt: skip
_flag: list[When] = []


def start_afresh() -> None:
    """Forget what an earlier command line of this process said."""
    _flag.clear()
    running.clear()
    if "mhatool.settings" in sys.modules:
        from mhatool.settings import forget

        forget()


def set_color(when: When | None) -> None:
    """What `--color` says, for this process; None where it says nothing."""
    if when is not None:
        _flag[:] = [when]


def use_color(stream: TextIO) -> bool:
    """Whether to colour what goes there: the flag, then the settings, then NO_COLOR and FORCE_COLOR, then terminals."""
    when: object = _flag[0] if _flag else _color_setting()
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "").lower() not in ("", "0", "false"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def _color_setting() -> object:
    from mhatool.settings import SettingsError, setting

    try:
        return setting("color", None)
    except SettingsError:
        return "auto"  # the command that asks for a setting of its own says what is wrong


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody reads there directly."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def styled(text: str, style: str, stream: TextIO | None = None) -> str:
    """The text in a style such as `bold red` for that stream (standard output), or as it is where colour is off."""
    if not use_color(sys.stdout if stream is None else stream):
        return text
    codes = ";".join(_ANSI[word] for word in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m"


# --- output ---


class Out:
    """Standard output, for data: text, records a line, or one document. Every piece is JSON with its `schema`."""

    def __init__(self, form: Form = "text") -> None:
        self.form: Form = form
        self._open = ""

    def line(self, text: str = "") -> None:
        """A line of text."""
        sys.stdout.write(text + "\n")

    def record(self, record: Mapping[str, Any]) -> None:
        """A JSON record in a line of its own, sent at once."""
        sys.stdout.write(encode(record) + "\n")
        sys.stdout.flush()

    def document(self, document: Mapping[str, Any]) -> None:
        """One JSON document, indented."""
        import json

        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def begin(self, schema: str, key: str, **facts: Any) -> None:
        """Start one document whose list `key` is written entry by entry, so that it may be long."""
        head = encode({"schema": schema, **facts})[:-1]
        sys.stdout.write(f"{head}, {encode(key)}: [")
        self._open = "\n"

    def entry(self, record: Mapping[str, Any]) -> None:
        """One entry of the list."""
        sys.stdout.write(self._open + encode(record))
        self._open = ",\n"

    def end(self) -> None:
        """Close list and document."""
        sys.stdout.write("\n]}\n" if self._open == ",\n" else "]}\n")


def encode(value: Any) -> str:
    """JSON in one line; a file name that isn't UTF-8 is escaped."""
    import json

    try:
        import msgspec

        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))


def list_schema(schema: str, title: str, key: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a document that `Out.begin(schema, key)` starts, with entries of that schema."""
    return {
        "$schema": entry["$schema"],
        "$id": schema,
        "title": title,
        "type": "object",
        "required": ["schema", key],
        "additionalProperties": False,
        "properties": {
            "schema": {"const": schema},
            key: {"type": "array", "items": {name: part for name, part in entry.items() if not name.startswith("$")}},
        },
    }
