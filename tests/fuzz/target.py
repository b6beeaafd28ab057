"""What a hostile frame is put through: every reader of octets that we have; only our own errors may come."""

from __future__ import annotations

import json

from dissectors.build import build
from dissectors.errors import DecodeError, EncodeError
from dissectors.packet import Datagram, Packet
from dissectors.profile import KAME2003, RFC6275
from dissectors.records import layers_from_json
from dissectors.walk import Dissector

_DISSECTORS = {profile.name: Dissector(profile) for profile in (RFC6275, KAME2003)}
_QUICK = {profile.name: Dissector(profile) for profile in (RFC6275, KAME2003)}
IPV6 = 229


def read(octets: bytes, profile: str = "rfc6275", frame: int = 0) -> Packet:
    """View, codec and records; what they say of the same octets must agree."""
    packet = _DISSECTORS[profile].dissect(octets, IPV6, frame=frame)
    check_glance(_QUICK[profile].glance(octets, IPV6, frame=frame), packet)
    records = packet.json(octets=True)
    json.dumps(records)
    for layer in packet.layers:
        assert 0 <= layer.start <= layer.end <= len(layer.octets)
        try:
            message = layer.message()
        except DecodeError:
            assert layer.problems or layer.type == "payload"
        else:
            _check_emitted(layer.bytes, message, profile)
    _rebuild(packet, records, profile)
    return packet


def _check_emitted(octets: bytes, message: object, profile: str) -> None:
    """A message that was read is emitted as it came, but for what depends on its payload."""
    declaration = message.__declaration__  # type: ignore[attr-defined]
    if declaration.family in ("mobility", "icmpv6"):
        again = _DISSECTORS[profile].profile.codec.emit(message)  # type: ignore[arg-type]
        assert again == octets, (again.hex(), octets.hex())


def _rebuild(packet: Packet, records: list[dict[str, object]], profile: str) -> None:
    """A record gives its frame back, octet for octet."""
    if any(record.get("reassembled") for record in records):
        return
    try:
        again = build(layers_from_json(records, _DISSECTORS[profile].profile), _DISSECTORS[profile].profile)
    except EncodeError:
        return
    assert again == packet.octets, (again.hex(), packet.octets.hex())


def check_glance(quick: Packet, exact: Packet) -> None:
    """What is told at a glance is what the exact walk tells."""
    assert len(quick.datagrams) == len(exact.datagrams)
    for ours, theirs in zip(quick.datagrams, exact.datagrams, strict=True):
        for name in _FACTS:
            assert getattr(ours, name) == getattr(theirs, name), name
        assert _place(ours.outer, quick) == _place(theirs.outer, exact)
        if ours.upper is not None and theirs.upper is not None:
            assert ours.upper.json(octets=True) == theirs.upper.json(octets=True)
            assert (ours.upper.truncated, ours.upper.reassembled) == (theirs.upper.truncated, theirs.upper.reassembled)
            assert quick.left_over(ours.upper) == exact.left_over(theirs.upper)
        assert [view.json() for view in ours.extensions] == [view.json() for view in theirs.extensions]
        assert ours.ipv6.json() == theirs.ipv6.json()
    assert quick.json(octets=True) == exact.json(octets=True)


def _place(datagram: Datagram | None, packet: Packet) -> list[int]:
    return [index for index, other in enumerate(packet.datagrams) if other is datagram]


_FACTS = (
    *("source", "destination", "true_source", "true_destination", "home_address", "final_destination", "depth"),
    *("quoted", "hop_limit", "headers", "carries", "routed_home_address", "is_signalling"),
)
