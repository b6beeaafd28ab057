"""One row of the list: something that happened, when, to whom."""

from __future__ import annotations

from msgspec import Struct

from mhatool.exchange import Frame
from mhatool.validate import Finding


class Row(Struct, frozen=True, kw_only=True):
    """Something that happened.

    `what` is a word or two, `detail` the rest of the line. `node` is where it happened or who it is about: a home
    agent, a correspondent; `home_address` the mobile node's, None where none is concerned. `frames` show it.
    `is_trouble`: a failure or a finding. `story`: more lines about it. `finding`: where it is one.
    """

    time_ns: int
    what: str
    detail: str
    node: bytes | None = None
    home_address: bytes | None = None
    frames: tuple[Frame, ...] = ()
    is_trouble: bool = False
    story: tuple[str, ...] = ()
    finding: Finding | None = None

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """Those that it concerns, the mobile node first."""
        return tuple(dict.fromkeys(node for node in (self.home_address, self.node) if node is not None))
