"""What a scenario expects of a node, judged while it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dissectors.ipv6.address import text
from mhatool.engine.events import CacheEntry, UpdateListEntry
from mhatool.network.network import Network
from mhatool.network.scenario.chronicle import Chronicle, Verdict
from mhatool.network.scenario.plan_expectations import UNDER_WAY_S, ExpectationPlan
from mhatool.protocol.lifetime import nanoseconds

#: What was expected, in words; what is seen; whether that is it.
Finding = tuple[str, str, bool]


@dataclass(slots=True)
class Expectation:
    """An expectation on its way: it counts from `begin` on, is judged once, and what a flow lost at the end."""

    plan: ExpectationPlan
    since_ns: int
    at_ns: int
    network: Network
    chronicle: Chronicle
    _received: Counter[str] = field(default_factory=Counter)
    _dropped: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        """What happened until now isn't meant."""
        self._received = self._counted(self.chronicle.received)
        self._dropped = self._counted(self.chronicle.reasons)

    def judge(self) -> None:
        """Now it has to be true."""
        findings = [
            *self._tables(),
            *self._care_of_address(),
            *self._home_agents(),
            *self._counts("received", self.plan.received, self.chronicle.received, self._received),
            *self._counts("dropped", self.plan.dropped, self.chronicle.reasons, self._dropped),
        ]
        self._tell(findings)

    def conclude(self, end_ns: int) -> None:
        """The run ended at this instant: what was sent well before then has come, or never will."""
        if self.at_ns <= end_ns:
            self._tell(self._flow(min(self.at_ns, end_ns - nanoseconds(UNDER_WAY_S))))

    def _tell(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.chronicle.verdicts.append(Verdict(self.at_ns, self.plan.node, *finding))

    def _counted(self, counts: Counter[tuple[str, str]]) -> Counter[str]:
        return Counter({what: count for (node, what), count in counts.items() if node == self.plan.node})

    def _tables(self) -> Iterator[Finding]:
        plan, chronicle = self.plan, self.chronicle
        if plan.cache is not None:
            found = len(chronicle.cache_of(plan.node))
            yield f"{plan.cache} bindings", str(found), found == plan.cache
        if plan.updates is not None:
            found = len(chronicle.updates_of(plan.node))
            yield f"{plan.updates} update list entries", str(found), found == plan.updates

    def _care_of_address(self) -> Iterator[Finding]:
        plan, chronicle = self.plan, self.chronicle
        if plan.care_of_address is None:
            return
        entries: list[CacheEntry | UpdateListEntry] = [
            *chronicle.cache_of(plan.node),
            *chronicle.updates_of(plan.node),
        ]
        seen = sorted({text(entry.care_of_address) for entry in entries})
        wanted = text(plan.care_of_address)
        yield f"care-of address {wanted}", ", ".join(seen) or "none", seen == [wanted]

    def _home_agents(self) -> Iterator[Finding]:
        if self.plan.home_agents is None:
            return
        entries = self.chronicle.updates_of(self.plan.node)
        seen = sorted(text(entry.peer) for entry in entries if entry.home_registration)
        wanted = sorted(text(agent) for agent in self.plan.home_agents)
        yield f"home agents {', '.join(wanted) or 'none'}", ", ".join(seen) or "none", seen == wanted

    def _flow(self, until: int) -> Iterator[Finding]:
        plan = self.plan
        if plan.lost_at_most is None:
            return
        lost = sum(self.since_ns <= at < until for at in self.network.flows[plan.flow].lost)
        yield f"at most {plan.lost_at_most} lost of {plan.flow}", str(lost), lost <= plan.lost_at_most

    def _counts(
        self, word: str, wanted: dict[str, int], now: Counter[tuple[str, str]], before: Counter[str]
    ) -> Iterator[Finding]:
        for what, count in wanted.items():
            seen = now[self.plan.node, what] - before[what]
            yield f"{count} {what} {word}", str(seen), seen == count


__all__ = ["Expectation"]
