"""What a person or a script sees of packets: the text tree, records, filter expressions and their JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dissectors.profile import Profile

__all__ = ["summary_of"]


def summary_of(octets: bytes, link_type: int, profile: Profile) -> str:
    """One line about a frame that stands alone: source, destination and what it is."""
    from dissectors.walk import dissect
    from mhatool.display.summary import endpoints, summary

    packet = dissect(octets, link_type, profile)
    return f"{endpoints(packet)}  {summary(packet)}".strip()
