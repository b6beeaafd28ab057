"""Losses that a scenario names: the first frames with a certain message."""

from __future__ import annotations

from collections import Counter

from dissectors.ipv6.link import ETHERNET
from dissectors.profile import Profile
from dissectors.walk import Dissector
from mhatool.network.scenario.plan import LossPlan


class FirstFrames:
    """Says whether a frame is one of those to be lost; it counts what it sees."""

    def __init__(self, plan: LossPlan, profile: Profile) -> None:
        self._plan = plan
        self._dissector = Dissector(profile)
        self._seen: Counter[bytes] = Counter()

    def __call__(self, frame: bytes) -> bool:
        packet = self._dissector.look(frame, ETHERNET, len(frame), 0)
        datagram = next((d for d in packet.datagrams if not d.quoted and d.carries == self._plan.message), None)
        if datagram is None or self._plan.destination not in (None, datagram.destination):
            return False
        key = datagram.destination if self._plan.each_destination else b""
        self._seen[key] += 1
        return self._seen[key] <= self._plan.first


__all__ = ["FirstFrames"]
