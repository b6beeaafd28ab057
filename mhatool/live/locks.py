"""A file is one node's: who writes to it holds its lock (flock(2)), which goes with the node, however that ends."""

from __future__ import annotations

import fcntl
from typing import BinaryIO


def lock(file: BinaryIO) -> bool:
    """Whether the file is ours now; on a file system without locks all are."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


__all__ = ["lock"]
