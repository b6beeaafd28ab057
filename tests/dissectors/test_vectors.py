"""The shared vectors against walker, codec and builder: octets and JSON were worked out by hand or come from others."""

from __future__ import annotations

import pytest

from dissectors.build import build
from dissectors.profile import BUILT_IN
from dissectors.records import layers_from_json
from dissectors.walk import Dissector
from tests.dissectors.strategies import CASES
from tests.vectors.load import Vector, load

VECTORS = load()
BY_NAME = pytest.mark.parametrize("vector", VECTORS, ids=[v.name for v in VECTORS])


@BY_NAME
def test_octets_to_json(vector: Vector) -> None:
    packet = Dissector(BUILT_IN[vector.profile]).dissect(vector.octets, 101)
    assert packet.json() == vector.layers


@BY_NAME
def test_json_to_octets(vector: Vector) -> None:
    profile = BUILT_IN[vector.profile]
    assert build(layers_from_json(vector.layers, profile), profile).hex() == vector.octets.hex()


@BY_NAME
def test_message_values_round_trip(vector: Vector) -> None:
    profile = BUILT_IN[vector.profile]
    for view in Dissector(profile).dissect(vector.octets, 101).layers:
        if view.declaration.family in ("ipv6", "routing") or view.type in ("udp", "payload"):
            continue  # what they say of the payload is the builder's: test_json_to_octets
        assert profile.codec.emit(view.message()) == view.bytes


def test_every_typed_message_and_option_has_a_vector() -> None:
    """In each profile that has a number for it; what only carries others (link layers, payload) needs none."""
    covered = {(vector.profile, symbol) for vector in VECTORS for symbol in vector.covers}
    in_rfc6275 = {symbol for profile, symbol in covered if profile == "rfc6275"}
    wanted = {
        (profile.name, d.symbol)
        for profile, d in CASES
        if d.family not in ("link", "routing")
        and d.symbol not in ("payload", "tcp", "icmpv6", "nd_option", "ipv6_option")
    }
    missing = {(p, s) for p, s in wanted - covered if p == "rfc6275" or s not in in_rfc6275}
    assert not missing
