"""Captures of others, dissected as tshark dissects them; what differs is in the table, with who is right and why."""

from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

from dissectors.profile import BUILT_IN
from tests.peers.tshark import Seen, differences

pytestmark = pytest.mark.tshark


class Known(NamedTuple):
    """Fields (a pattern) of files (a pattern) that differ under a profile. Every row must be met."""

    profile: str
    files: str
    fields: str
    key: str
    """The section of docs/differences.md that says who is right and why."""


TABLE = [
    Known("rfc6275", "mobility_opt_asan*.pcap", "mip6.*", "next-header-62"),
    Known("kame2003", "mobility_opt_asan*.pcap", "mip6.bu.?_flag", "draft-flags"),
    Known("kame2003", "mobility_opt_asan_3.pcap", "mip6.nemo.bu.r_flag", "draft-flags"),
    Known("kame2003", "mobility_opt_asan*.pcap", "mip6.mobility_opt.len", "options-of-a-cut-frame"),
    Known("kame2003", "mobility_opt_asan_3.pcap", "mip6.bra.interval", "options-of-a-cut-frame"),
]
# With the testbed's code points only its own captures make sense.
CASES = [
    ("rfc6275", "tcpdump/icmpv6.pcap"),
    ("rfc6275", "tcpdump/ipv6_mobility_1.pcap"),
    ("rfc6275", "tcpdump/mobility_opt_asan.pcap"),
    ("rfc6275", "tcpdump/mobility_opt_asan_2.pcap"),
    ("rfc6275", "tcpdump/mobility_opt_asan_3.pcap"),
    ("kame2003", "tcpdump/mobility_opt_asan.pcap"),
    ("kame2003", "tcpdump/mobility_opt_asan_2.pcap"),
    ("kame2003", "tcpdump/mobility_opt_asan_3.pcap"),
    ("rfc6275", "zeek/ipv6-mobile-hoa.pcap"),
    ("rfc6275", "zeek/mip6_back.pcap"),
    ("rfc6275", "zeek/mip6_brr.pcap"),
    ("rfc6275", "zeek/mip6_bu.pcap"),
    ("rfc6275", "zeek/mip6_hot.pcap"),
    ("rfc6275", "zeek/mip6_hoti.pcap"),
]


def explained(seen: Seen, rows: list[Known]) -> Known | None:
    return next((row for row in rows if fnmatch(seen.field, row.fields)), None)


@pytest.mark.parametrize(("profile", "name"), CASES, ids=[f"{name}-{profile}" for profile, name in CASES])
def test_values_are_those_of_tshark(external_captures: Path, profile: str, name: str) -> None:
    path = external_captures / name
    rows = [row for row in TABLE if row.profile == profile and fnmatch(path.name, row.files)]
    seen = differences(path, BUILT_IN[profile])
    assert [each for each in seen if explained(each, rows) is None] == []


def test_every_row_of_the_table_is_met(external_captures: Path) -> None:
    met = set()
    for profile, name in CASES:
        path = external_captures / name
        rows = [row for row in TABLE if row.profile == profile and fnmatch(path.name, row.files)]
        met |= {explained(seen, rows) for seen in differences(path, BUILT_IN[profile])}
    assert set(TABLE) <= met


def test_every_capture_is_compared(external_captures: Path) -> None:
    assert {name for _, name in CASES} == {
        str(path.relative_to(external_captures)) for path in external_captures.glob("*/*.pcap")
    }


def test_the_differences_are_explained(repository: Path) -> None:
    text = (repository / "docs" / "differences.md").read_text(encoding="utf-8")
    assert [row.key for row in TABLE if f"## {row.key}\n" not in text] == []
