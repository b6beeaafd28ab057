"""Which of a machine's nodes takes a Mobility Header."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from dissectors.ipv6.address import UNSPECIFIED, parse
from dissectors.mobility.binding import BindingError
from dissectors.profile import RFC6275
from mhatool.engine.departure import Writer
from mhatool.network.takers import Takers

SOURCE, OWN = parse("2001:db8:1::2"), parse("2001:db8:1::1")
ERROR = Writer(RFC6275).write(BindingError(status=2, home_address=UNSPECIFIED, options=()), SOURCE, OWN)


@pytest.mark.parametrize(
    ("roles", "taker"),
    [
        (("home_agent", "correspondent"), "home_agent"),
        (("mobile_node", "correspondent"), "mobile_node"),
        (("mobile_node", "home_agent"), "mobile_node"),
    ],
)
def test_a_binding_error_is_for_who_sends_what_others_may_not_know(roles: tuple[str, ...], taker: str) -> None:
    """A correspondent asks nobody anything; a home agent asks by Heartbeats (RFC 5847)."""
    seats = cast(Any, [SimpleNamespace(role=role) for role in roles])
    assert [seat.role for seat in Takers(RFC6275).of(seats, ERROR)] == [taker]
