"""What two implementations of one protocol do differently: RFC 6275's mobile node, and KAME's of January 2003.

Times are an implementation's as much as the RFC's: KAME counts whole seconds and looks at its list once a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from mhatool.engine.constants import Constants
from mhatool.protocol.lifetime import NS_PER_S, nanoseconds

SHARE_OF_LIFETIME = 0.8
"""When a binding is refreshed where the agent advises nothing: early enough for five retransmissions at 60 s."""


class Schedule(Protocol):
    """When an entry of the Binding Update List is looked at again."""

    def wait_ns(self, retries: int, *, first: bool, constants: Constants) -> int:
        """How long to wait for an answer after so many retransmissions; `first`: there was no binding before."""

    def refresh_s(self, lifetime_s: int, advised_s: int | None) -> int:
        """How long after `counts_from` the binding is refreshed."""

    def counts_from(self, sent: int, answered: int) -> int:
        """Whether the time until a refresh runs from the Binding Update or from its answer: the instant of either."""

    def due(self, now: int, wait_ns: int) -> int:
        """The instant that is `wait_ns` after now, as this implementation counts."""

    def rings(self, due: int, started_ns: int) -> int:
        """When what is due then is done; the list's timer runs since `started_ns`."""


class ExactSchedule:
    """RFC 6275, 11.8: 1.5 s or 1 s, doubled, at most 32 s; to the nanosecond."""

    def wait_ns(self, retries: int, *, first: bool, constants: Constants) -> int:
        initial = constants.initial_binding_ack_timeout_s
        if first:
            initial = constants.initial_binding_ack_timeout_first_registration_s
        return nanoseconds(min(initial * 2 ** min(retries, 16), constants.max_binding_ack_timeout_s))

    def refresh_s(self, lifetime_s: int, advised_s: int | None) -> int:
        if advised_s is not None and 0 < advised_s < lifetime_s:
            return advised_s
        return int(lifetime_s * SHARE_OF_LIFETIME)

    def counts_from(self, sent: int, answered: int) -> int:
        return sent  # as the lifetime does: a slow answer leaves less of it

    def due(self, now: int, wait_ns: int) -> int:
        return now + wait_ns

    def rings(self, due: int, started_ns: int) -> int:
        return due


class KameSchedule:
    """KAME's list of 2003: whole seconds, a look at the list once a second, and what is due is done a second later.

    It waits 2 s, then twice as long each time up to 256 s, from there 128 s and 256 s in turn; the strict comparison
    and the tick add a second to each. Without advice it lets the lifetime run out.
    """

    def wait_ns(self, retries: int, *, first: bool, constants: Constants) -> int:
        initial = constants.initial_binding_ack_timeout_s
        steps = 0
        while initial * 2 ** (steps + 1) <= constants.max_binding_ack_timeout_s:
            steps += 1
        if retries > steps:
            retries = steps - (retries - steps) % 2
        return nanoseconds(initial * 2**retries)

    def refresh_s(self, lifetime_s: int, advised_s: int | None) -> int:
        return advised_s if advised_s and advised_s <= lifetime_s else lifetime_s

    def counts_from(self, sent: int, answered: int) -> int:
        return answered

    def due(self, now: int, wait_ns: int) -> int:
        return now // NS_PER_S * NS_PER_S + wait_ns

    def rings(self, due: int, started_ns: int) -> int:
        return (due // NS_PER_S + 1) * NS_PER_S + started_ns % NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One implementation's ways.

    `home_flags` are the letters of each home registration, `link_local_flag` the one that asks for the link-local
    address. `alternate_care_of_address`: home registrations carry that option (RFC 6275, 11.7.1). `hears_of_links`: the
    machine's word that the link changed counts. `learns_from_advertisements`: agents are those whose advertisements
    were heard, the last one first, without discovery. `expires`: an entry whose lifetime is over is no binding any
    more. `outstanding`: an answer to any Binding Update since the last change counts, not only to the last one.
    `ignores_unlisted`: an input that an entry's table has no row for means nothing, where else it is a mistake of ours.
    `acknowledges_correspondents`: it can ask correspondents for acknowledgements. `tries_others`: one agent at a time,
    1.5 s for each (RFC 6275, 11.4.1), where it registers with one only. `reuses_tokens`: keygen tokens that are fresh
    serve for the next Binding Update too (RFC 6275, 5.2.7). `hears_of_failures`: a home agent's word that another one
    is unreachable leads to something (the paper, III-D). `numbers_go_on`: a peer that gets an entry again is sent the
    number after its last one.
    """

    name: str
    schedule: Schedule
    home_flags: str
    link_local_flag: str = "L"
    alternate_care_of_address: bool = True
    hears_of_links: bool = True
    learns_from_advertisements: bool = False
    expires: bool = True
    outstanding: bool = True
    ignores_unlisted: bool = False
    acknowledges_correspondents: bool = True
    tries_others: bool = True
    reuses_tokens: bool = True
    hears_of_failures: bool = True
    numbers_go_on: bool = True


RFC6275 = Behaviour(name="rfc6275", schedule=ExactSchedule(), home_flags="AH")
KAME2003 = Behaviour(
    name="kame2003",
    schedule=KameSchedule(),
    home_flags="AHS",
    alternate_care_of_address=False,
    hears_of_links=False,
    learns_from_advertisements=True,
    expires=False,
    outstanding=False,
    ignores_unlisted=True,
    acknowledges_correspondents=False,
    tries_others=False,
    reuses_tokens=False,
    hears_of_failures=False,
    numbers_go_on=False,
)


def behaviour_of(profile: str) -> Behaviour:
    """The one that belongs to a profile's name; RFC 6275's to any that isn't KAME's."""
    return KAME2003 if profile == KAME2003.name else RFC6275


__all__ = ["KAME2003", "RFC6275", "Behaviour", "ExactSchedule", "KameSchedule", "Schedule", "behaviour_of"]
