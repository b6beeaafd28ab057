"""What came of a home agent's failure: who noticed, who told whom, what the mobile node did, who carries on."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from mhatool.exchange.history import History
from mhatool.observe.failure.carriers import Switch
from mhatool.observe.failure.defence import Turn
from mhatool.observe.failure.life import LifeSign
from mhatool.observe.failure.probing import Run
from mhatool.observe.failure.roster import NamedList
from mhatool.observe.moment import Moment

MOST: Final = 64
"""Alarms and checks that are kept of one recovery."""


class OutageCause(StrEnum):
    """Why a home agent is taken for dead."""

    UNANSWERED = "unanswered"
    """Three probes in a row or more stayed unanswered."""
    RESTARTED = "restarted"
    """It lives, but its Restart Counter changed, or it said so: its bindings are gone."""
    LEFT = "left"
    """It took leave: it advertises itself with lifetime 0."""
    ACCUSED = "accused"
    """Somebody said so; what it had seen didn't pass here."""


class Notice(Struct, frozen=True):
    """A home agent that noticed, and its probes in vain until then."""

    home_agent: bytes
    run: Run


class Outage(Struct):
    """A home agent doesn't answer any more. `noticed_ns`: when that was known first, nanoseconds since 1970.

    `last_sign` is the last that was seen of it before, `back` its first sign of life after; None where none was seen.
    """

    home_agent: bytes
    cause: OutageCause
    noticed_ns: int
    last_sign: LifeSign | None
    notices: dict[bytes, Notice] = field(default_factory=dict)
    back: LifeSign | None = None


class AlarmSeen(Struct, frozen=True):
    """One Home Agent Unreachable message: who sent it where, and which failure it is about.

    `forwarded`: it was seen behind its sender's own link.
    """

    moment: Moment
    sender: bytes
    destination: bytes
    identifier: int
    forwarded: bool


class Recovery(Struct):
    """How one mobile node got over the failure of one of its home agents.

    `checks`: Binding Updates by which it asked the accused one itself, and `check_answer` that one's answer. `request`
    and `reply` are home agent discovery, with what that `offered`, or some of it where the capture cut it
    (`offer_truncated`). `round`: the first list without the failed agent;
    that has `accepted` too; `holders` are all that have: what they are asked later is no part of it. `take_over`: when
    another one began to answer on the home link. `switches`: of each correspondent's packets. `messages` and `octets`:
    what was said for it, from the IPv6 header on.
    """

    home_address: bytes
    outage: Outage
    alarms: History[AlarmSeen] = field(default_factory=lambda: History(MOST))
    checks: History[Moment] = field(default_factory=lambda: History(MOST))
    check_answer: Moment | None = None
    request: Moment | None = None
    reply: Moment | None = None
    offered: tuple[bytes, ...] = ()
    offer_truncated: bool = False
    round: NamedList | None = None
    accepted: Moment | None = None
    accepted_by: bytes | None = None
    holders: tuple[bytes, ...] = ()
    added: tuple[bytes, ...] = ()
    take_over: Turn | None = None
    switches: tuple[Switch, ...] = ()
    messages: int = 0
    octets: int = 0

    @property
    def is_false_alarm(self) -> bool:
        """Whether the accused one answered the mobile node, though it hadn't lost its bindings or taken leave."""
        told = self.outage.cause in (OutageCause.RESTARTED, OutageCause.LEFT)
        return self.check_answer is not None and not told

    @property
    def reaction(self) -> Moment | None:
        """The first thing that the mobile node did about it."""
        done = [*self.checks[:1], self.request, self.round.moment if self.round is not None else None]
        return min((moment for moment in done if moment is not None), default=None, key=lambda moment: moment.time_ns)

    def take(self, home_agent: bytes, moment: Moment) -> None:
        """An agent has accepted the new list."""
        if self.accepted is None:
            self.accepted, self.accepted_by = moment, home_agent
        if home_agent not in self.holders and len(self.holders) < MOST:
            self.holders += (home_agent,)

    def cost(self, octets: int) -> None:
        """A message was sent for it."""
        self.messages += 1
        self.octets += octets


class Phase(Struct, frozen=True):
    """A part of a recovery, from one packet to another one. `ended` is None where that wasn't seen."""

    name: str
    began: Moment
    ended: Moment | None

    @property
    def duration_ns(self) -> int | None:
        """How long it took, nanoseconds."""
        return self.ended.time_ns - self.began.time_ns if self.ended is not None else None


PHASES: Final = ("detect", "notify", "discover", "register", "reroute")
"""Last sign of life to alarm or take-over; alarm to reaction; request to reply; list to acceptance; the last tunnelled
packet of one agent to the first of another."""


def phases_of(recovery: Recovery) -> list[Phase]:
    """The phases whose beginnings were seen, in the order of `PHASES`; they overlap."""
    outage, told = recovery.outage, recovery.alarms[0].moment if recovery.alarms else None
    switch = min(recovery.switches, key=lambda switch: switch.first.time_ns, default=None)
    update = recovery.round
    ends: dict[str, tuple[Moment | None, Moment | None]] = {
        "detect": (outage.last_sign.moment if outage.last_sign is not None else None, _noticed(recovery)),
        "notify": (told, recovery.reaction),
        "discover": (recovery.request, recovery.reply),
        "register": (update.moment if update is not None else None, recovery.accepted),
        "reroute": (switch.last, switch.first) if switch is not None else (None, None),
    }
    return [Phase(name, began, ended) for name, (began, ended) in ends.items() if began is not None]


def _noticed(recovery: Recovery) -> Moment | None:
    """The first packet by which somebody acted."""
    acts = [alarm.moment for alarm in recovery.alarms[:1]]
    if recovery.take_over is not None:
        acts.append(recovery.take_over.first)
    return min(acts, default=None, key=lambda moment: moment.time_ns)
