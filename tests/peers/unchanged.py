"""tshark's whole tree with the script, without what the script adds: what is left must be what tshark shows alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from pathlib import Path

from tests.peers.plugin import tshark

OURS = re.compile(r"( *)Multiple Home Agents for Mobile IPv6: ")
#: The names of our protocols among those of a frame.
NAMES = re.compile(r":(?:mha|mha_icmpv6|mha_option)(?=[:\]])")


def without_ours(text: str) -> Iterator[str]:
    """The lines, without our trees and names."""
    depth: int | None = None
    for line in text.splitlines():
        if depth is not None and (len(line) - len(line.lstrip(" ")) > depth):
            continue
        found = OURS.match(line)
        depth = len(found[1]) if found else None
        if found is None:
            yield NAMES.sub("", line) if line.startswith("    [Protocols in frame: ") else line


def changes(capture: Path, *arguments: str) -> list[str]:
    """The lines that only one of the two has, + for those with the script."""
    bare = tshark("-r", capture, "-V", *arguments, script=None).splitlines()
    ours = list(without_ours(tshark("-r", capture, "-V", *arguments)))
    if bare == ours:
        return []
    return [line for line in difflib.unified_diff(bare, ours, lineterm="", n=0) if line[:2] not in ("--", "++", "@@")]
