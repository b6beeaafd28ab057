"""The mobility messages of one capture, in the order of their times, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from dissectors.packet import Datagram
from dissectors.profile import RFC6275, Profile
from dissectors.view import View
from mhatool.exchange import Copies, Sighting, Source, sightings

ANSWERS: Final = frozenset(
    {"binding_acknowledgement", "dhaad_reply", "mobile_prefix_advertisement", "home_test", "care_of_test"}
)


class Heard(NamedTuple):
    """A message, and where it was seen first."""

    sighting: Sighting
    datagram: Datagram
    message: View


def hear(source: Source, profile: Profile = RFC6275) -> Iterator[Heard]:
    """Every message once. The records may be in any order: all mobility messages are kept to sort them.

    Of equal times, requests come before answers. What a checksum says is for rules to judge: here each message counts.
    """
    copies = Copies()
    for heard in sorted(_signalling(source, profile), key=_order):
        if not copies.is_copy(*heard):
            heard.message.checksum_status = ""
            yield heard


def _signalling(source: Source, profile: Profile) -> Iterator[Heard]:
    for sighting in sightings([source], profile, window_ns=1):
        for datagram in sighting.packet.datagrams:
            if datagram.is_signalling and datagram.upper is not None:
                yield Heard(sighting, datagram, datagram.upper)


def _order(heard: Heard) -> tuple[int, bool, bytes]:
    return heard.sighting.time_ns, heard.message.type in ANSWERS, heard.message.bytes
