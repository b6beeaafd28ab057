"""What a scenario says of failures: of nodes, of their interfaces, of links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mhatool.network.scenario.convert import Instant

#: What can happen to whom: the keys that name it, all of them needed.
_SUFFERS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("node",): ("crash", "hang", "stop", "restart", "resume"),
    ("node", "interface"): ("down", "up"),
    ("link",): ("down", "up", "partition", "heal"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FailurePlan:
    """A node, an interface of a node, or a link fails at an instant, or comes back.

    A node does `crash`, `hang`, `stop` (it takes leave in an orderly way), `restart` (with nothing but its
    configuration), `resume`. An interface is `down`, which its node is told unless `silent`, or `up`, back on the link
    where it was. A link is `down`, `up`, falls by a `partition` into `groups` of nodes that don't hear each other
    (whoever is in none hears all, and is heard), and does `heal`.
    """

    at: Instant
    how: Literal["crash", "hang", "stop", "restart", "resume", "down", "up", "partition", "heal"]
    node: str = ""
    interface: str = ""
    link: str = ""
    silent: bool = False
    groups: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        """ValueError where this can't happen to that."""
        named = tuple(key for key in ("node", "interface", "link") if getattr(self, key))
        known = _SUFFERS.get(named)
        if known is None:
            raise ValueError("give a node, a node and one of its interfaces, or a link")
        if self.how not in known:
            raise ValueError(f"how = {self.how!r}: what can happen to {' and '.join(named)} is {', '.join(known)}")
        if self.silent and "interface" not in named:
            raise ValueError("silent is for interfaces that are down or up")
        self._check_groups()

    def _check_groups(self) -> None:
        if bool(self.groups) != (self.how == "partition"):
            raise ValueError("groups and how = 'partition' belong together")
        members = [member for group in self.groups for member in group]
        twice = [member for member in members if members.count(member) > 1]
        if twice:
            raise ValueError(f"{twice[0]!r} is in two groups, or twice in one")


__all__ = ["FailurePlan"]
