"""The one exception of this package."""

from typing import Final

STANDARD_INPUT: Final = "standard input"
STANDARD_OUTPUT: Final = "standard output"


class CaptureError(Exception):
    """A file can't be read or written at all; `str()` is one line: where, what, what to do.

    It isn't an `OSError`, so that a handler for a closed pipe doesn't take it. Breaks after a readable beginning are no
    exceptions but `CaptureWarning`s of the reader.
    """

    def __init__(self, path: str, what: str, remedy: str, offset: int | None = None) -> None:
        super().__init__(path, what, remedy, offset)  # all of them, so that it survives pickling between processes
        self.path = path
        """The file as it was named, or `standard input`, `standard output`."""
        self.what = what
        """What is wrong."""
        self.remedy = remedy
        """What the user can do about it."""
        self.offset = offset
        """Octets before the place in the (uncompressed) file, or None where no place is to blame."""

    def __str__(self) -> str:
        place = "" if self.offset is None else f" (at octet {self.offset})"
        return f"{one_line(self.path)}: {self.what}{place}; {self.remedy}"


def one_line(text: str) -> str:
    """The text with everything escaped that would break a line or that a terminal can't show."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
