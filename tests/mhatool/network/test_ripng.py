"""Routers in a ring learn routes, and find the other way when a link fails (RFC 2080)."""

from dissectors.ipv6.address import parse
from dissectors.ipv6.link import ETHERNET
from dissectors.walk import Dissector
from mhatool.network.scenario.build import Build
from mhatool.network.scenario.load import parse as scenario

S = 1_000_000_000
NET = "2001:db8:{}::"


def router(name: str, number: int, left: str, right: str, net: int) -> str:
    return f"""
[nodes.{name}.interfaces.left]
link = "{left}"
link_address = "02:00:00:00:{number:02x}:01"
[nodes.{name}.interfaces.right]
link = "{right}"
link_address = "02:00:00:00:{number:02x}:02"
[nodes.{name}.interfaces.own]
link = "own{number}"
link_address = "02:00:00:00:{number:02x}:03"
addresses = ["{NET.format(net)}1/64"]
[nodes.{name}.router.ripng]
interfaces = ["left", "right"]
networks = [{{ prefix = "{NET.format(net)}" }}]
update_s = 5
update_jitter_s = 1
timeout_s = 15
garbage_s = 10
"""


TEXT = (
    """
title = "a ring of three"
start = 2026-01-01T00:00:00Z
duration_s = 100
[links]
ab = {}
bc = {}
ca = {}
own1 = {}
own2 = {}
own3 = {}
"""
    + router("a", 1, "ca", "ab", 1)
    + router("b", 2, "ab", "bc", 2)
    + router("c", 3, "bc", "ca", 3)
)


def built(*changes: str) -> Build:
    return Build(scenario(TEXT, "ring.toml", changes))


def way(build: Build, name: str, net: int) -> str | None:
    route = build.network.machines[name].routes.find(parse(NET.format(net) + "99"))
    return route.interface if route is not None else None


def test_everybody_knows_the_nearest_way_within_a_second() -> None:
    build = built()
    build.network.run(build.start_ns + S)
    ways = {name: [way(build, name, net) for net in (1, 2, 3)] for name in "abc"}
    assert ways == {
        "a": ["own", "right", "left"],
        "b": ["left", "own", "right"],
        "c": ["right", "left", "own"],
    }


def test_after_a_failure_the_other_way_is_taken_when_the_route_times_out() -> None:
    build = built()
    build.network.run(build.start_ns + 20 * S)
    build.network.links["ab"].fail()
    build.network.run(build.network.agenda.now + 8 * S)
    assert way(build, "a", 2) == "right"  # the last update is at most 6 s old, a route lives 15 s
    build.network.run(build.network.agenda.now + 15 * S)
    assert way(build, "a", 2) == "left"
    assert way(build, "b", 1) == "right"
    build.network.links["ab"].fail(up=True)
    build.network.run(build.network.agenda.now + 7 * S)
    assert way(build, "a", 2) == "right"


def test_split_horizon_and_the_wire() -> None:
    build = built()
    seen = []
    dissector = Dissector()
    build.network.links["ab"].taps.append(
        lambda now, frame, comment: seen.append((frame[6:12], dissector.dissect(frame, ETHERNET)))
    )
    build.network.run(build.start_ns + 60 * S)
    responses = []
    for sender, packet in seen:
        assert not [problem for layer in packet.layers for problem in layer.problems]
        for layer in packet.layers:
            if layer.type == "udp":
                assert layer.checksum_status == "good"
                assert packet.datagrams[0].hop_limit == 255
            if layer.type == "ripng" and layer.get("command") == 2:
                entries = layer.message().entries
                responses.append((sender[4], {(entry.prefix, entry.metric) for entry in entries}))
    nets = [parse(NET.format(net)) for net in (0, 1, 2, 3)]
    settled = responses[-4:]
    assert {sender for sender, _ in settled} == {1, 2}
    # Each tells its own network and what it has from c; never what it has from the other.
    expected = {1: {(nets[1], 1), (nets[3], 2)}, 2: {(nets[2], 1), (nets[3], 2)}}
    assert all(entries == expected[sender] for sender, entries in settled)


def test_the_same_seed_gives_the_same_and_another_one_other_times() -> None:
    def times(seed: int) -> list[int]:
        build = Build(scenario(TEXT, "ring.toml"), seed)
        found: list[int] = []
        for link in build.network.links.values():
            link.taps.append(lambda now, frame, comment: found.append(now))
        build.run()
        return found

    assert times(1) == times(1)
    assert times(1) != times(2)
