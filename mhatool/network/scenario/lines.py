"""On which line of a TOML document each key stands: tomllib reads the values and forgets the places.

Only for documents that tomllib has read: whatever isn't a key or a bracket here is passed over.
"""

from __future__ import annotations

import tomllib

from mhatool.network.scenario.errors import Path

_BLANK = " \t"
_ENDS_BARE_VALUE = ",]}\n#"


def key_lines(text: str) -> dict[Path, int]:
    """The line, from 1, of each table, key and array element by its path."""
    return _Scanner(text.replace("\r\n", "\n")).document()


def line_of(lines: dict[Path, int], path: Path) -> int | None:
    """The line of a key, or of the nearest one around it."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}
        """How many tables each array of tables has so far."""

    def document(self) -> dict[Path, int]:
        """Read the whole text."""
        base: Path = ()
        self._skip_blank_lines()
        while self.at < len(self.text):
            if self._peek() == "[":
                base = self._header()
            else:
                self._pair(base)
            self._skip_blank_lines()
        return self.lines

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _note(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, self.at) + 1)

    def _skip(self, characters: str) -> None:
        while self._peek() and self._peek() in characters:
            self.at += 1

    def _skip_blank_lines(self) -> None:
        while True:
            self._skip(_BLANK + "\n")
            if self._peek() != "#":
                return
            end = self.text.find("\n", self.at)
            self.at = end if end >= 0 else len(self.text)

    def _header(self) -> Path:
        """`[table]` or `[[table of an array]]`; the path in which its keys stand."""
        is_array = self.text.startswith("[[", self.at)
        self.at += 2 if is_array else 1
        begin = self.at
        path = self._placed(self._key())
        if is_array:
            index = self.tables[path] = self.tables.get(path, -1) + 1
            self._note_at(path, begin)
            path = (*path, index)
        for length in range(1, len(path) + 1):  # the tables around it too, where none has a header of its own
            self._note_at(path[:length], begin)
        end = self.text.find("\n", self.at)
        self.at = end if end >= 0 else len(self.text)
        return path

    def _note_at(self, path: Path, at: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, at) + 1)

    def _placed(self, keys: Path) -> Path:
        """The path of a header: inside the last table of each array of tables on its way."""
        path: Path = ()
        for index, key in enumerate(keys):
            path = (*path, key)
            if path in self.tables and index < len(keys) - 1:
                path = (*path, self.tables[path])
        return path

    def _key(self) -> Path:
        """A key with its dots."""
        keys: list[str] = []
        while True:
            self._skip(_BLANK)
            keys.append(self._simple_key())
            self._skip(_BLANK)
            if self._peek() != ".":
                return tuple(keys)
            self.at += 1

    def _simple_key(self) -> str:
        begin = self.at
        if self._peek() in ('"', "'"):
            self._string()
            name: str = next(iter(tomllib.loads(f"{self.text[begin : self.at]} = 0")))
            return name
        while self._peek() and (self._peek().isalnum() or self._peek() in "-_"):
            self.at += 1
        return self.text[begin : self.at]

    def _pair(self, base: Path) -> None:
        """`key = value`, its path noted with all tables that its dots make."""
        begin = self.at
        keys = self._key()
        for end in range(1, len(keys) + 1):
            self._note_at((*base, *keys[:end]), begin)
        self.at = self.text.index("=", self.at) + 1
        self._skip(_BLANK)
        self._value((*base, *keys))

    def _value(self, path: Path) -> None:
        first = self._peek()
        if first in ('"', "'"):
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self._peek() and self._peek() not in _ENDS_BARE_VALUE:
                self.at += 1

    def _string(self) -> None:
        quote = self._peek()
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self._peek() == "\\" else 1
        self.at += len(mark)
        while len(mark) == 3 and self._peek() == quote:  # quotes right before the closing ones
            self.at += 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        self._skip_blank_lines()
        while self._peek() != "]":
            self._note((*path, index))
            self._value((*path, index))
            self._skip_blank_lines()
            if self._peek() == ",":
                self.at += 1
                index += 1
            self._skip_blank_lines()
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        self._skip(_BLANK)
        while self._peek() != "}":
            self._pair(path)
            self._skip(_BLANK)
            if self._peek() == ",":
                self.at += 1
            self._skip(_BLANK)
        self.at += 1


__all__ = ["key_lines", "line_of"]
