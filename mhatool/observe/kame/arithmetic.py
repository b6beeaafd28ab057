"""KAME's clockwork of January 2003: whole seconds, one tick a second, intervals that double.

Source: mip6_binding.c and mip6_fsm.c of the snapshot that docs/kame.md names.
"""

from __future__ import annotations

from typing import Final

from mhatool.protocol.lifetime import NS_PER_S

_MOST_DOUBLINGS: Final = 7


def next_count(count: int) -> int:
    """How often an update was sent, counted up as KAME does: beyond eight it goes back to seven."""
    return count + 1 if count <= _MOST_DOUBLINGS else _MOST_DOUBLINGS


def retransmission(sent_ns: int, count: int) -> int:
    """When an update that was sent the `count`th time is due again; the tick after that sends it."""
    return sent_ns + (1 << count) * NS_PER_S


def refresh_interval(lifetime_s: int, advice_s: int | None) -> int:
    """Seconds until the refresh: what the agent advises, if that is anything within the lifetime."""
    return advice_s if advice_s and advice_s <= lifetime_s else lifetime_s


def remaining(until_ns: int, now_ns: int) -> int:
    """Seconds from now until then as KAME subtracts them, its clock having whole seconds; negative afterwards."""
    return until_ns // NS_PER_S - now_ns // NS_PER_S


__all__ = ["next_count", "refresh_interval", "remaining", "retransmission"]
