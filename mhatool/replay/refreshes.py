"""When a correspondent would ask ours to refresh its binding: a captured request fits the captured node's alone."""

from __future__ import annotations

from collections.abc import Sequence

from dissectors.ipv6.link import IPV6_ONLY
from dissectors.profile import Profile
from dissectors.walk import Dissector
from mhatool.exchange import Frame, Update, update_of
from mhatool.protocol.lifetime import NS_PER_S
from mhatool.replay.driver import Reply


class Refreshes:
    """The latest Binding Update that ours sent to each correspondent; `captured` are those of the captured node."""

    def __init__(self, profile: Profile, captured: Sequence[Update]) -> None:
        self._dissector = Dissector(profile)
        self._captured = captured
        self._latest: dict[bytes, Update] = {}

    def note(self, reply: Reply) -> None:
        """Ours sends something."""
        packet = self._dissector.look(reply.octets, IPV6_ONLY, len(reply.octets), 0)
        update = update_of(reply.time_ns, Frame("", 0), packet.datagrams[-1])
        if update is not None:
            self._latest[update.peer] = update

    def is_due(self, correspondent: bytes, now_ns: int) -> bool:
        """Whether the correspondent has reason to ask now: less than half of the lifetime is left.

        Or no less than when it asked the captured node, whose latest update may have crossed the request.
        """
        latest = self._latest.get(correspondent)
        if latest is None or 2 * (now_ns - latest.time_ns) > latest.lifetime_s * NS_PER_S:
            return True
        theirs = (each.time_ns for each in self._captured if each.peer == correspondent and each.time_ns <= now_ns)
        return latest.time_ns <= max(theirs, default=latest.time_ns - 1)


__all__ = ["Refreshes"]
