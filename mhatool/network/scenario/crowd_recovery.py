"""What followed one failure of a home agent for its mobile nodes: how many recovered, when, and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from mhatool.network.ethernet import HEADER_LENGTH
from mhatool.network.scenario.alarm import ALARM
from mhatool.protocol.lifetime import NS_PER_S

COST = frozenset({ALARM, "binding_update", "binding_acknowledgement", "dhaad_request", "dhaad_reply"})
"""What a mobile node gets on by without an agent: being told, looking for others, registering with them."""


class CrowdRecovery:
    """From an instant in which `node` failed, `how` it did, to its next failure or the end.

    `told` and `complete` are, by mobile node that was registered with it, when it took the first alarm that names it,
    and when it was registered with as many living agents as it wants again, perhaps with this one, where it has come
    back; instants in nanoseconds.
    """

    def __init__(self, node: str, how: str, failed: int, affected: Iterable[str]) -> None:
        self.node, self.how, self.failed = node, how, failed
        self.affected = dict.fromkeys(affected)
        """The mobile nodes that were registered with it when it failed."""
        self.failed_again: int | None = None
        """When its next failure began; None: it had no other one."""
        self.told: dict[str, int] = {}
        self.complete: dict[str, int] = {}
        self.at_home: set[str] = set()
        """Those that went home before they had as many again: there they need none."""
        self.messages: Counter[str] = Counter()
        """What was sent about home agents until all had theirs again, by its type, as far as a link carried it."""
        self.message_octets = 0
        """Theirs, from the IPv6 header on, each once however many links it passed."""
        self.octets: Counter[str] = Counter()
        """What each link carried until then, data too, link-layer headers included."""
        self._leaving: defaultdict[bytes, list[str]] = defaultdict(list)
        """What was sent, and no link has carried yet: the types of its messages, by datagram."""

    @property
    def alarms(self) -> int:
        """Home Agent Unreachable messages among them."""
        return self.messages[ALARM]

    @property
    def is_going_on(self) -> bool:
        """Whether somebody needs agents, and hasn't all again."""
        return len(self.complete) + len(self.at_home) < len(self.affected)

    # --- what happens meanwhile ---

    def carries(self, link: str, frame: bytes) -> None:
        """A link carries a frame. On the next one the datagram in it has another hop limit."""
        if self.is_going_on:
            self.octets[link] += len(frame)
        datagram = frame[HEADER_LENGTH:] if self._leaving else b""
        if datagram in self._leaving:
            self.messages[self._leaving[datagram].pop()] += 1
            self.message_octets += len(datagram)
            if not self._leaving[datagram]:
                del self._leaving[datagram]

    def sends(self, message: str, datagram: bytes) -> None:
        """Somebody sends a message, which need not leave: its interface may be on no link, or its neighbour gone."""
        if self.is_going_on and message in COST:
            self._leaving[datagram].append(message)

    def is_told(self, name: str, now: int) -> None:
        """A mobile node takes an alarm about it."""
        if name in self.affected:
            self.told.setdefault(name, now)

    def goes_home(self, name: str) -> None:
        """A mobile node finds itself at home."""
        if name in self.affected and name not in self.complete:
            self.at_home.add(name)

    def has_all(self, name: str, now: int) -> None:
        """A mobile node is registered with as many living agents as it wants."""
        if name in self.affected and name not in self.at_home:
            self.complete.setdefault(name, now)

    # --- what it came to ---

    def after_s(self, instants: Mapping[str, int]) -> tuple[float, float] | None:
        """When the first and the last of these was, in seconds after the failure; None where there is none."""
        if not instants:
            return None
        first, last = min(instants.values()), max(instants.values())
        return (first - self.failed) / NS_PER_S, (last - self.failed) / NS_PER_S


__all__ = ["CrowdRecovery"]
