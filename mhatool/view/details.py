"""What is shown of a row: its facts, the rule of a finding, and the packets of its frames as `dissect` prints them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from mhatool.capture import CaptureError
from mhatool.display.tree import Style, tree
from mhatool.exchange import Frame
from mhatool.observe import Role
from mhatool.protocol.instant import rfc3339
from mhatool.timeline import Timeline
from mhatool.timeline.values import spent
from mhatool.timeline.words import Words
from mhatool.validate import RULES, Finding
from mhatool.validate.explanation import explained
from mhatool.view.background import Stop
from mhatool.view.packets import Packets, UnreadableError
from mhatool.view.row import Row

MOST_PACKETS: Final = 50
"""Of one row."""
_LEAST_WIDTH: Final = 50
_ROLES: Final = {Role.HOME_AGENT: "home agent", Role.CORRESPONDENT: "correspondent", Role.MOBILE_NODE: "mobile node"}


class Details:
    """Lines about rows."""

    def __init__(self, timeline: Timeline, words: Words, packets: Packets) -> None:
        self._timeline = timeline
        self._words = words
        self._packets = packets

    def facts(self, row: Row, width: int, style: Style) -> Iterator[str]:
        """What is known of it, and what the rule of a finding says, in lines of about `width` columns."""
        width = max(width, _LEAST_WIDTH)
        yield f"time               {rfc3339(row.time_ns)}, {self._after(row.time_ns)} after the start"
        if row.home_address is not None:
            yield f"mobile node        {self._words.name(row.home_address)}"
        if row.node is not None and row.node != row.home_address:
            yield f"{self._role(row.node):<19}{self._words.name(row.node)}"
        if row.finding is not None:
            yield from self._finding(row.finding, width, style)
            return
        for text in (row.detail, *row.story):
            yield from _filled(text, width)

    def packets(
        self,
        row: Row,
        style: Style,
        *,
        octets: bool = False,
        nearby: Sequence[Frame] = (),
        stop: Stop = lambda: False,
    ) -> Iterator[str]:
        """The tree of each packet, after an empty line; where they can't be read a line that says why."""
        try:
            found = self._packets.of(row.frames[:MOST_PACKETS], nearby, stop)
        except UnreadableError as error:
            yield from ("", style(str(error), "yellow"))
            return
        except CaptureError as error:
            yield from ("", style(f"the packets can't be read: {error}", "bold red"))
            return
        for frame in found:
            yield ""
            yield from tree(frame, style, octets=octets, file=self._words.file(frame.file))
        if len(row.frames) > MOST_PACKETS:
            yield from ("", f"and {len(row.frames) - MOST_PACKETS} more")

    def _finding(self, finding: Finding, width: int, style: Style) -> Iterator[str]:
        known = {
            "expected": finding.expected,
            "seen": finding.seen + (" (inconclusive)" if finding.inconclusive else ""),
            "frames": self._words.frames(finding.frames).partition(" ")[2],
        }
        for name, text in known.items():
            yield from _filled(f"{name:<19}{text}", width)
        yield ""
        rule = RULES.get(finding.rule)
        if rule is not None:
            for lines in explained(rule, width, style):
                yield from lines.splitlines() or [""]

    def _after(self, time_ns: int) -> str:
        return spent(max(time_ns - self._timeline.first_ns, 0))

    def _role(self, node: bytes) -> str:
        """What it is, as far as the packets show."""
        played = self._timeline.nodes.get(node, {})
        return next((word for role, word in _ROLES.items() if role in played), "node")


def _filled(text: str, width: int) -> list[str]:
    """It in lines of so many columns: those after the first are indented as what follows a fact's name."""
    return textwrap.wrap(text, width, subsequent_indent=" " * 19) or [""]


__all__ = ["Details"]
