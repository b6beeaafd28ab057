"""Whether captures without a mobility message have some by another profile."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final

from mhatool.cli.common import warn
from mhatool.cli.reading import opened, read_once

if TYPE_CHECKING:
    from dissectors.packet import Datagram
    from dissectors.profile import Profile

MOST: Final = 1000
"""Frames of each capture that are looked at, the first ones."""


def tell_of_another(files: Sequence[str], profile: Profile) -> None:
    """Warn where a built-in profile finds Mobility Headers, in captures in which nothing was found by this one.

    Not where this one finds some after all, in which what was wanted isn't.
    """
    from dissectors.profile import BUILT_IN

    if any(_holds(file, profile) for file in files):
        return
    for other in BUILT_IN.values():
        if other.protocol("mobility") != profile.protocol("mobility") and any(_holds(file, other) for file in files):
            missed = f"there is no mobility message by the profile {profile.name}, but by {other.name} there is"
            warn(f"{missed}: give --profile {other.name}")
            return


def _holds(file: str, profile: Profile) -> bool:
    from dissectors.walk import LINK_TYPES, Dissector

    if read_once(file):
        return False
    dissector = Dissector(profile)
    with opened(file) as reader:
        return any(
            _is_message(datagram)
            for record in islice(reader, MOST)
            if record.link_type in LINK_TYPES
            for datagram in dissector.dissect(record.captured, record.link_type, frame=record.frame).datagrams
        )


def _is_message(datagram: Datagram) -> bool:
    """Whether it is a Mobility Header beyond doubt: other profiles' protocol numbers are somebody else's."""
    header = datagram.upper
    return (
        datagram.is_signalling
        and header is not None
        and header.declaration.family == "mobility"
        and header.checksum_status == "good"
    )


__all__ = ["tell_of_another"]
