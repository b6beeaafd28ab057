"""Binding tables as the paper prints those of KAME's `mip6control`: a line a field, entries apart by a blank line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from mhatool.observe.kame import CacheRow, UpdateRow
from mhatool.observe.kame.arithmetic import remaining
from mhatool.timeline.kame.addresses import by_programs

_LABEL_WIDTH: Final = 11
_FLAGS: Final = "AHSDL"
"""The letters that have a column; a sixth is for `c`. There is none for M."""

Field = tuple[str, str | int]


class NodeTables(Struct, frozen=True):
    """A node's Binding Update List and its binding cache, each from the entry that was made last on."""

    updates: list[UpdateRow]
    cache: list[CacheRow]


def as_tables(
    updates: Sequence[UpdateRow], cache: Sequence[CacheRow], now_ns: int, *, interface: str = "", ahead_ns: int = 0
) -> str:
    """The node's Binding Update List, then its binding cache, as far as it has them; an empty text without either.

    `interface` is the home link's, for link-local addresses. `ahead_ns`: by how much the node's clock is ahead of the
    one that `now_ns` is told by; its whole seconds are subtracted.
    """
    now = now_ns + ahead_ns
    entries = [_update(row, now, ahead_ns, interface) for row in updates]
    entries += [_cached(row, now, ahead_ns, interface) for row in cache]
    return "\n".join("".join(_lines(entry)) for entry in entries)


def _lines(fields: Iterable[Field]) -> Iterator[str]:
    return (f"{label:<{_LABEL_WIDTH}}{value}\n" for label, value in fields)


def _update(row: UpdateRow, now: int, ahead_ns: int, interface: str) -> list[Field]:
    return [
        ("paddr", by_programs(row.peer, interface)),
        ("haddr", by_programs(row.home_address, interface)),
        ("coa", by_programs(row.care_of_address, interface)),
        ("lifetim", row.lifetime_s),
        ("ltxp", remaining(row.expires_ns + ahead_ns, now) if row.expires_ns else 0),
        ("refresh", row.refresh_s),
        ("retexp", max(0, remaining(row.next_send_ns + ahead_ns, now))),
        ("seqno", row.sequence_number),
        ("flags", _flags(row.flags)),
        ("pfsm", row.primary),
        ("sfsm", row.secondary),
        ("state", _columns(M=row.no_mobility, U=row.no_updates)),
    ]


def _cached(row: CacheRow, now: int, ahead_ns: int, interface: str) -> list[Field]:
    left = remaining(row.expires_ns + ahead_ns, now)
    return [
        ("phaddr", by_programs(row.home_address, interface)),
        ("pcoa", by_programs(row.care_of_address, interface)),
        ("addr", by_programs(row.address, interface)),
        ("flags", _flags(row.flags, cloned=row.cloned)),
        ("seqno", row.sequence_number),
        ("lifetim", row.lifetime_s),
        ("ltxp", left),
        ("state", _columns(D=row.waits_for_detection, R=left < row.lifetime_s // 4, A=False)),
    ]


def _flags(letters: Iterable[str], *, cloned: bool = False) -> str:
    return _columns(**{letter: letter in letters for letter in _FLAGS}, c=cloned)


def _columns(**shown: bool) -> str:
    """A column for each letter, `-` where it isn't set."""
    return "".join(letter if is_set else "-" for letter, is_set in shown.items())


__all__ = ["NodeTables", "as_tables"]
