"""What keeps a node from running, in one line: where, what, what to do."""

from __future__ import annotations

from importlib.util import find_spec


class LiveError(Exception):
    """Something that this machine can't do, or doesn't allow; the text says what to do about it."""


def need_pyroute2() -> None:
    """LiveError without the library that talks to the kernel: it comes with the extra `live` alone."""
    if find_spec("pyroute2") is None:
        raise LiveError("pyroute2 isn't installed, and nodes change addresses and routes with it; pip install pyroute2")


__all__ = ["LiveError", "need_pyroute2"]
