"""What is known of the captures of others: their checksums, their messages, tcpdump's text beside them."""

import re
from pathlib import Path

import pytest

from dissectors.profile import BUILT_IN
from tests.peers import tcpdump
from tests.peers.frames import frames_of


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("mip6_back", "binding_acknowledgement"),
        ("mip6_brr", "binding_refresh_request"),
        ("mip6_bu", "binding_update"),
        ("mip6_hot", "home_test"),
        ("mip6_hoti", "home_test_init"),
        ("ipv6-mobile-hoa", "udp"),
    ],
)
def test_zeek_checksums_are_good(external_captures: Path, name: str, layer: str) -> None:
    (frame,) = frames_of(external_captures / "zeek" / f"{name}.pcap")
    (view,) = frame.packet.find(layer)
    assert view.checksum_status == "good"
    assert [problem for each in frame.packet.layers for problem in each.problems] == []


def test_the_home_address_takes_the_sources_place(external_captures: Path) -> None:
    (frame,) = frames_of(external_captures / "zeek" / "ipv6-mobile-hoa.pcap")
    (datagram,) = frame.packet.datagrams
    assert datagram.home_address is not None
    assert datagram.true_source == datagram.home_address != datagram.source
    assert not frame.packet.is_signalling


def test_tcpdumps_mobility_checksums_are_bad(external_captures: Path) -> None:
    frames = frames_of(external_captures / "tcpdump" / "ipv6_mobility_1.pcap")
    uppers = [frame.packet.datagrams[0].upper for frame in frames]
    assert [upper.checksum_status for upper in uppers if upper] == ["bad"] * 16
    assert [upper.get("checksum") for upper in uppers if upper] == [0] * 16


def test_tcpdumps_text(external_captures: Path) -> None:
    folder = external_captures / "tcpdump"
    lines = (folder / "ipv6_mobility_1-v.out").read_text().splitlines()
    frames = frames_of(folder / "ipv6_mobility_1.pcap")
    assert len(lines) == len(frames) == 16
    for line, frame in zip(lines, frames, strict=True):
        assert line.split()[0] == str(frame.record.frame)
        tcpdump.says_the_same(frame.packet, line)


def test_tcpdumps_text_of_a_router_advertisement(external_captures: Path) -> None:
    folder = external_captures / "tcpdump"
    text = (folder / "icmpv6.out").read_text()
    (view,) = frames_of(folder / "icmpv6.pcap")[0].packet.find("router_advertisement")
    assert f"hop limit {view.get('current_hop_limit')}, Flags [home agent], " in text
    assert view.get("flags") == {"H"}
    assert view.checksum_status == "good"
    assert f"router lifetime {view.get('router_lifetime_s')}s, " in text
    assert f"reachable time {view.get('reachable_time_ms')}ms, " in text
    stated = [(int(number), int(size)) for number, size in re.findall(r"option \((\d+)\), length (\d+) ", text)]
    assert [(option.octets[option.start], option.end - option.start) for option in view.options] == stated
    by_type = {option.type: option for option in view.options}
    assert f"option (7), length 8 (1):  {by_type['advertisement_interval'].get('advertisement_interval_ms')}ms" in text
    information = by_type["home_agent_information"]
    preference, lifetime = information.get("home_agent_preference"), information.get("home_agent_lifetime_s")
    assert f"preference {preference}, lifetime {lifetime}" in text
    assert f"mtu option (5), length 8 (1):  {by_type['mtu'].get('mtu')}" in text


@pytest.mark.parametrize("profile", ["rfc6275", "kame2003"])
@pytest.mark.parametrize("name", ["mobility_opt_asan", "mobility_opt_asan_2", "mobility_opt_asan_3"])
def test_fuzzed_headers(external_captures: Path, name: str, profile: str) -> None:
    """Next header 62: the Mobility Header of drafts, so of the testbed, and nothing by today's numbers."""
    for frame in frames_of(external_captures / "tcpdump" / f"{name}.pcap", BUILT_IN[profile]):
        assert frame.packet.is_signalling is (profile == "kame2003")
        assert frame.packet.json(octets=True)
        if profile == "kame2003":
            upper = frame.packet.datagrams[0].upper
            assert upper is not None
            assert upper.checksum_status == "unverified"
            assert "truncated" in {problem.code for problem in upper.problems}
