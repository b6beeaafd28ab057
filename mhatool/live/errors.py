"""What keeps a node from running, in one line: where, what, what to do."""

from __future__ import annotations


class LiveError(Exception):
    """Something that this machine can't do, or doesn't allow; the text says what to do about it."""


__all__ = ["LiveError"]
