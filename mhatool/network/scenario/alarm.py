"""Home Agent Unreachable messages, as mobile nodes take them."""

from __future__ import annotations

from functools import cache

from dissectors.profile import Profile
from mhatool.engine.arrival import Reader
from mhatool.engine.events import MessageReceived

ALARM = "home_agent_unreachable"


def named_in(event: MessageReceived, profile: Profile) -> tuple[bytes, ...]:
    """The home agents that an alarm calls unreachable, by the profile of who took it; none where it is no alarm."""
    if event.message != ALARM:
        return ()
    arrival = _reader(profile).read(event.frame, "", b"", event.time_ns)
    assert arrival is not None  # it was taken
    named: tuple[bytes, ...] = arrival.message.unreachable
    return named


@cache
def _reader(profile: Profile) -> Reader:
    return Reader(profile)


__all__ = ["ALARM", "named_in"]
