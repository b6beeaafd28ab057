"""Addresses and lines as KAME writes them; expected texts are those of the paper's log, or by its kernel's rules."""

import pytest

from dissectors.ipv6 import address
from mhatool.timeline.kame import templates
from mhatool.timeline.kame.addresses import by_kernel, by_programs


@pytest.mark.parametrize(
    ("text", "kernel"),
    [
        ("2001:200:1:2::2", "2001:0200:0001:0002::0002"),
        ("2001:200:1:3::", "2001:0200:0001:0003::"),
        ("2001:200:1:2:240:26ff:fe4c:51fd", "2001:0200:0001:0002:0240:26ff:fe4c:51fd"),
        ("fe80::203:47ff:fe88:6ebd", "fe80:0008::0203:47ff:fe88:6ebd"),
        ("2001:0:1:2:3:4:5:6", "2001:0:0001:0002:0003:0004:0005:0006"),  # a single zero group
        ("2001:0:0:1:0:0:0:1", "2001::0001:0:0:0:0001"),  # the first run, not the longest
        ("::", "::"),
        ("::1", "::0001"),
    ],
)
def test_the_kernel_writes_addresses_its_own_way(text: str, kernel: str) -> None:
    assert by_kernel(address.parse(text), 8) == kernel


def test_programs_name_the_interface_of_a_link_local_address() -> None:
    assert by_programs(address.parse("fe80::1"), "ed1") == "fe80::1%ed1"
    assert by_programs(address.parse("fe80::1"), "") == "fe80::1"
    assert by_programs(address.parse("2001:db8::1"), "ed1") == "2001:db8::1"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["binding_refresh_advice"], "10<REFRESH>"),
        (["nonce_indices", "binding_authorization_data", "binding_refresh_advice"], "1c<REFRESH,AUTH,NONCE>"),
        (["multiple_home_agents"], "0"),
        ([], "0"),
    ],
)
def test_option_bits(options: list[str], text: str) -> None:
    assert templates.option_bits(options) == text


@pytest.mark.parametrize(
    ("state", "line"),
    [("IDLE", 129), ("RRINIT", 217), ("RRREDO", 383), ("WAITA", 552), ("WAITAR", 756), ("WAITD", 962), ("RRDEL", 1091)],
)
def test_each_state_has_its_line(state: str, line: int) -> None:
    assert templates.entered(state) == [f"../netinet6/mip6_fsm.c:{line}: MIP6_BU_PRI_FSM_STATE_{state}"]
