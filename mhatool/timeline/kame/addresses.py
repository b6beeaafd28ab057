"""Addresses as KAME writes them: its programs as everybody, its kernel in a way of its own."""

from __future__ import annotations

from dissectors.ipv6 import address
from mhatool.capture.errors import one_line

_GROUPS = 8


def by_programs(octets: bytes, interface: str) -> str:
    """As `mip6control` prints it: a link-local one with its interface behind `%`; without a name there is none."""
    scope = f"%{one_line(interface)}" if interface and address.is_link_local(octets) else ""
    return address.text(octets) + scope


def by_kernel(octets: bytes, interface_index: int) -> str:
    """As `ip6_sprintf` prints it: groups of four digits, `0` for a zero one, `::` for the first run of several.

    A link-local address holds the index of its interface in the second group.
    """
    groups = [int.from_bytes(octets[i : i + 2]) for i in range(0, 2 * _GROUPS, 2)]
    if address.is_link_local(octets):
        groups[1] = interface_index
    start, end = _first_run(groups)
    if start == end:
        return ":".join(map(_group, groups))
    return ":".join(map(_group, groups[:start])) + "::" + ":".join(map(_group, groups[end:]))


def _group(number: int) -> str:
    return f"{number:04x}" if number else "0"


def _first_run(groups: list[int]) -> tuple[int, int]:
    """Where the first two or more zero groups begin and end; an empty range without any."""
    for start in range(_GROUPS - 1):
        if not any(groups[start : start + 2]):
            end = next((i for i in range(start, _GROUPS) if groups[i]), _GROUPS)
            return start, end
    return 0, 0


__all__ = ["by_kernel", "by_programs"]
