"""What `--at` names: an instant of a capture or of a trace."""

from __future__ import annotations

from typing import NamedTuple

from mhatool.protocol import instant


class At(NamedTuple):
    """RFC 3339 or seconds since 1970 (`time_ns`), `+S` from the start (`after_ns`), or `#FRAME`; all None: the end."""

    time_ns: int | None = None
    after_ns: int | None = None
    frame: int | None = None

    def resolve(self, first_ns: int, last_ns: int, frame_ns: int | None = None) -> int:
        """The instant in something that begins and ends at these, or at that of the frame."""
        if self.after_ns is not None:
            return first_ns + self.after_ns
        if self.frame is not None and frame_ns is not None:
            return frame_ns
        return self.time_ns if self.time_ns is not None else last_ns


def at(text: str | None) -> At:
    """What the text means; ValueError says what is wanted."""
    if text is None:
        return At()
    if text.startswith("#"):
        if not text[1:].isdecimal() or int(text[1:]) < 1:
            raise ValueError(f"{text!r} is no frame: give # and its number, from 1")
        return At(frame=int(text[1:]))
    if text.startswith("+"):
        if "T" in text or not text[1:2].isdecimal():
            raise ValueError(f"{text!r} is no time after the start: give + and seconds, as +90.5")
        return At(after_ns=instant.parse(text[1:]))
    return At(time_ns=instant.parse(text))


__all__ = ["At", "at"]
