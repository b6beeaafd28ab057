"""Whatever octets come, `dissect_with_scapy` and `dissect_with_dpkt` give a packet or raise DecodeError."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.config import conf

from dissectors.adapters.dpkt_packets import dissect_with_dpkt
from dissectors.adapters.scapy_layers import dissect_with_scapy
from dissectors.errors import DecodeError
from dissectors.profile import BUILT_IN, KAME2003, RFC6275, Profile
from tests.vectors.load import Vector, load

VECTORS = load()
PROTOCOLS = [0, 6, 17, 41, 43, 44, 50, 51, 58, 60, 62, 135]
DISSECTORS = [dissect_with_scapy, dissect_with_dpkt]

each_dissector = pytest.mark.parametrize("dissector", DISSECTORS, ids=lambda function: function.__name__)
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=str)


def tried(dissector: Callable[..., Any], octets: bytes, profile: Profile) -> DecodeError | None:
    """The error, if there is one; anything but DecodeError fails the test."""
    found = None
    try:
        dissector(octets, profile)
    except DecodeError as error:
        found = error
    if found is not None:
        assert 0 <= found.offset <= len(octets)
        assert found.code in ("too_short", "unreadable")
    return found


@each_dissector
@each_vector
def test_a_vector_cut_at_every_offset(vector: Vector, dissector: Callable[..., Any]) -> None:
    for size in range(len(vector.octets) + 1):
        error = tried(dissector, vector.octets[:size], BUILT_IN[vector.profile])
        assert (error is not None) or size >= 40


@each_dissector
@given(st.sampled_from(VECTORS), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6), st.data())
def test_mutated_vectors(
    dissector: Callable[..., Any], vector: Vector, changes: list[tuple[int, int]], data: st.DataObject
) -> None:
    octets = bytearray(vector.octets)
    for place, value in changes:
        octets[place % len(octets)] = value
    size = data.draw(st.integers(0, len(octets)))
    tried(dissector, bytes(octets[:size]), BUILT_IN[vector.profile])


@each_dissector
@given(
    st.binary(max_size=60),
    st.lists(st.sampled_from(PROTOCOLS), min_size=1, max_size=4),
    st.binary(max_size=100),
    st.sampled_from([RFC6275, KAME2003]),
)
def test_anything(dissector: Callable[..., Any], start: bytes, chain: list[int], rest: bytes, profile: Profile) -> None:
    tried(dissector, start, profile)
    headers = b"".join(bytes([number, 0]) + bytes(6) for number in chain[1:])
    payload = headers + rest
    octets = b"\x60\0\0\0" + len(payload).to_bytes(2, "big") + bytes([chain[0], 64]) + bytes(32) + payload
    tried(dissector, octets, profile)


@pytest.mark.parametrize("size", [0, 1, 39])
@each_dissector
def test_less_than_a_header(dissector: Callable[..., Any], size: int) -> None:
    with pytest.raises(DecodeError, match="40 are needed") as caught:
        dissector(VECTORS[0].octets[:size])
    assert (caught.value.code, caught.value.offset) == ("too_short", 0)


def test_dpkt_says_which_extension_header_it_could_not_read() -> None:
    whole = bytes.fromhex("60000000 0010 3c40") + bytes(32) + bytes.fromhex("3c00 0104 00000000 3b00 0104 00000000")
    assert tried(dissect_with_dpkt, whole, RFC6275) is None
    for size, offset in ((41, 40), (47, 40), (48, 48), (50, 48)):
        error = tried(dissect_with_dpkt, whole[:size], RFC6275)
        assert error is not None
        assert (error.code, error.offset) == ("too_short", offset), size


@each_dissector
@pytest.mark.parametrize("unit", ["3c00010400000000", "6000000000002940" + "00" * 32])
def test_chains_without_end(dissector: Callable[..., Any], unit: str) -> None:
    header = bytes.fromhex(unit)
    first = b"\x60\0\0\0\0\0" + (b"\x3c" if len(header) == 8 else b"\x29") + bytes(33)
    tried(dissector, first + header * (65000 // len(header)), RFC6275)


@pytest.fixture
def debugging() -> Iterator[None]:
    conf.debug_dissector = True
    yield
    conf.debug_dissector = False


@pytest.mark.usefixtures("debugging")
def test_scapys_own_errors_are_ours_too() -> None:
    """With `conf.debug_dissector`, Scapy raises what it otherwise makes Raw of."""
    for vector in VECTORS:
        for size in range(40, len(vector.octets), 7):
            tried(dissect_with_scapy, vector.octets[:size], BUILT_IN[vector.profile])
