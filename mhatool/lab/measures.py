"""What an experiment's traces, routes and traffic say: moves by phases, failures by moments, losses by streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from mhatool.lab.gathering import TRACE, names_of
from mhatool.lab.lab import Lab
from mhatool.lab.traffic import Gap, lost
from mhatool.lab.trial import Done, Trial
from mhatool.protocol.lifetime import NS_PER_S

_UNDER_WAY_NS: Final = 100_000_000
"""A packet that left so long before a step may have met it on its way."""
_STALL_NS: Final = 200_000_000
"""From here on, TCP is said to have waited."""


class Measures:
    """A trial that is over."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        with (trial.gathering.folder / TRACE).open(encoding="utf-8") as lines:
            next(lines)
            self._events = [json.loads(line) for line in lines]

    def moves(self) -> list[dict[str, Any]]:
        """Each move of a mobile node: its phases, one after another, with their shares of the whole."""
        found = []
        for done, until_ns in self._steps():
            for node, link in done.step.move.items():
                events = [event for event in self._between(done.began_ns, until_ns) if event["node"] == node]
                moments = _Moments.of(events, done.ended_ns)
                at_s = self._at(done.began_ns)
                found.append({"node": node, "link": link, "at_s": at_s, **moments.document()})
        return found

    def failures(self) -> list[dict[str, Any]]:
        """Each failure: when, after it, what came of it; None for what wasn't seen."""
        found = []
        for done, until_ns in self._steps():
            for node, how in done.step.fail.items():
                after = self._after_failure(done, until_ns)
                found.append({"node": node, "how": how, "at_s": self._at(done.began_ns), **after})
        return found

    def streams(self) -> list[dict[str, Any]]:
        """Each direction of each stream: how much went and came, and what was lost or late, by the step before it."""
        found = []
        for index, stream in enumerate(self._trial.experiment.traffic):
            ways = [stream.between, stream.between[::-1]]
            for sender, receiver in ways if stream.transport == "udp" else ways[:1]:
                one, other = (self._trial.gathering.traffic(index, node) for node in (sender, receiver))
                lines = one.read_text("ascii").splitlines(), other.read_text("ascii").splitlines()
                told = self._udp(*lines) if stream.transport == "udp" else self._tcp(*lines)
                head = {"transport": stream.transport, "from": sender, "to": receiver, "from_s": stream.from_s}
                found.append(head | told)
        return found

    # --- steps ---

    def _steps(self) -> Iterator[tuple[Done, int]]:
        """Each step, with when the next one, or the end, was."""
        done = self._trial.done
        for index, step in enumerate(done):
            yield step, done[index + 1].began_ns if index + 1 < len(done) else self._trial.end_ns

    def _between(self, begin_ns: int, end_ns: int) -> Iterator[dict[str, Any]]:
        return (event for event in self._events if begin_ns <= event["time_ns"] < end_ns)

    def _at(self, time_ns: int) -> float:
        return seconds(time_ns - self._trial.start_ns)

    # --- failures ---

    def _after_failure(self, done: Done, until_ns: int) -> dict[str, Any]:
        failed = set(done.step.fail)
        events = [event for event in self._between(done.began_ns, until_ns) if event["node"] not in failed]

        def first(name: str, **data: Any) -> float | None:
            return next((seconds(event["time_ns"] - done.began_ns) for event in events if _is(event, name, data)), None)

        return {
            "down_after_s": seconds(done.ended_ns - done.began_ns),
            "noticed_after_s": first("agent:peer_changed", state="unreachable"),
            "told_after_s": first("agent:suspected"),
            "taken_over_after_s": first("nd:defence_started", cause="taken_over"),
            "routing_switched_after_s": self._switched(done, until_ns, failed),
            "given_up_after_s": first("agent:checked", alive=False),
            "registered_again_after_s": self._registered_again(events, done),
        }

    def _switched(self, done: Done, until_ns: int, failed: set[str]) -> float | None:
        """When the last router that lives took another way to a home link."""
        networks = set(_home_networks(self._trial.lab))
        times = [
            change.time_ns
            for change in self._trial.gathering.routes()
            if change.node not in failed and change.prefix in networks
            if done.began_ns <= change.time_ns < until_ns
        ]
        return seconds(max(times) - done.began_ns) if times else None

    def _registered_again(self, events: list[dict[str, Any]], done: Done) -> float | None:
        """When the last one of the agents that the mobile node wants now has accepted, each after the failure."""
        gone = {address for name in done.step.fail for address in names_of(self._trial.lab)[name]["addresses"]}
        updates = [event["data"] for event in events if _is(event, "binding:update_sent", {})]
        lists = [
            set(update["home_agents"] or [update["peer"]])
            for update in updates
            if "H" in update["flags"] and not gone & {update["peer"], *update["home_agents"]}
        ]
        wanted = lists[-1] if lists else set()
        for event in events:
            if wanted and _is(event, "binding:acknowledgement_received", {"status": 0}):
                wanted.discard(event["data"]["peer"])
                if not wanted:
                    return seconds(event["time_ns"] - done.began_ns)
        return None

    # --- traffic ---

    def _udp(self, sender: list[str], receiver: list[str]) -> dict[str, Any]:
        """Of what left since the beginning: before that nobody may have listened yet."""
        sent = [line for line in sender if '"sent"' in line and json.loads(line)["time_ns"] >= self._trial.start_ns]
        gaps = list(lost(sent, receiver))
        missing = sum(gap.count for gap in gaps)
        return {
            "sent": len(sent),
            "received": len(sent) - missing,
            "lost": missing,
            "gaps": [self._gap(gap) for gap in gaps],
        }

    def _gap(self, gap: Gap) -> dict[str, Any]:
        step = self._step_before(gap.first_ns)
        return {
            "count": gap.count,
            "from_s": self._at(gap.first_ns),
            "to_s": self._at(gap.last_ns),
            "step": step,
        }

    def _step_before(self, time_ns: int) -> int | None:
        """The number of the last step that a packet of this time may have met, from 0."""
        met = [index for index, done in enumerate(self._trial.done) if done.began_ns - _UNDER_WAY_NS <= time_ns]
        return met[-1] if met else None

    def _tcp(self, sender: list[str], receiver: list[str]) -> dict[str, Any]:
        """Nothing is lost that was received later; the receiver's longest waits are told."""
        times = [record["time_ns"] for record in map(json.loads, receiver) if "received" in record]
        waits = [
            {"from_s": self._at(one), "to_s": self._at(next_), "step": self._step_before(one)}
            for one, next_ in pairwise(times)
            if next_ - one > _STALL_NS
        ]
        sent = sum('"sent"' in line for line in sender)
        return {"sent": sent, "received": len(times), "lost": 0, "waits": waits}


@dataclass(frozen=True, slots=True)
class _Moments:
    """When the parts of a move were over, None where they weren't; each follows the one before."""

    changed_ns: int
    router_ns: int | None
    address_ns: int | None
    update_ns: int | None
    agents_ns: int | None
    correspondents_ns: int | None

    @classmethod
    def of(cls, events: list[dict[str, Any]], changed_ns: int) -> _Moments:
        """From a mobile node's events after its link changed."""

        def first(name: str, since_ns: int | None, **data: Any) -> int | None:
            times = (event["time_ns"] for event in events if _is(event, name, data))
            return next((time for time in times if since_ns is not None and time >= since_ns), None)

        router = first("nd:router_found", changed_ns)
        address = min(
            (time for place in ("home", "foreign") if (time := first("nd:location_changed", router, location=place))),
            default=None,
        )
        update = first("binding:update_sent", address)
        accepted = _accepted(events, address) if address is not None else {}
        agents = [time for is_agent, time in accepted.values() if is_agent]
        others = [time for is_agent, time in accepted.values() if not is_agent]
        return cls(changed_ns, router, address, update, max(agents, default=None), max(others, default=None))

    def document(self) -> dict[str, Any]:
        """The phases until all home agents have accepted, and when the last correspondent had."""
        names = ("movement detection", "address and duplicate detection", "home agent discovery", "registration")
        ends = (self.router_ns, self.address_ns, self.update_ns, self.agents_ns)
        whole = (self.agents_ns or 0) - self.changed_ns
        phases, begin = [], self.changed_ns
        for name, end in zip(names, ends, strict=True):
            if end is None:
                break
            share = round((end - begin) / whole, 3) if self.agents_ns is not None else None
            phases.append({"name": name, "duration_s": seconds(end - begin), "share": share})
            begin = end
        return {
            "phases": phases,
            "accepted_after_s": self._after(self.agents_ns),
            "optimised_after_s": self._after(self.correspondents_ns),
        }

    def _after(self, time_ns: int | None) -> float | None:
        return seconds(time_ns - self.changed_ns) if time_ns is not None else None


def _accepted(events: list[dict[str, Any]], since_ns: int) -> dict[str, tuple[bool, int]]:
    """By peer: whether it is a home agent, and when it first accepted what was sent after that instant."""
    agents: dict[str, bool] = {}
    found: dict[str, tuple[bool, int]] = {}
    for event in events:
        data = event["data"]
        if event["time_ns"] < since_ns:
            continue
        if event["name"] == "binding:update_list_entry":
            agents[data["peer"]] = data["home_registration"]
        elif _is(event, "binding:acknowledgement_received", {"status": 0}) and data["peer"] in agents:
            found.setdefault(data["peer"], (agents[data["peer"]], event["time_ns"]))
    return found


def _is(event: dict[str, Any], name: str, data: dict[str, Any]) -> bool:
    return event["name"] == name and all(event["data"].get(key) == value for key, value in data.items())


def _home_networks(lab: Lab) -> Iterator[str]:
    """Those of links that home agents advertise on."""
    for node in lab.topology.nodes.values():
        advertising = ((node.live or {}).get("home_agent") or {}).get("advertising")
        if advertising is not None:
            yield from (f"{each['prefix']}/64" for each in advertising["prefixes"])


def seconds(duration_ns: int) -> float:
    """To the tenth of a millisecond."""
    return round(duration_ns / NS_PER_S, 4)


__all__ = ["Measures", "seconds"]
