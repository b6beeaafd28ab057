"""PROTOCOL's list of others' mistakes, as far as a whole network shows them: looked for in what the tour sent.

The sums, times and orders are worked out here from the octets, not asked of the nodes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from dissectors.packet import Datagram
from dissectors.walk import Dissector
from mhatool.capture import open_capture
from mhatool.engine.home_agent_events import DefenceStarted
from mhatool.network.scenario.builtin import built_in_path
from mhatool.protocol.octets import parse
from tests.mhatool.network.scenario.runs import ALL_LINKS, S, happen, quiet

HOME, AGENT = parse("2001:db8:2:0:0:5eff:fe10:1"), parse("2001:db8:2::1")
ABROAD = parse("2001:db8:1:0:0:5eff:fe10:1")
UNSPECIFIED = bytes(16)
MOBILITY = 135


def datagrams(octets: bytes) -> Iterator[tuple[int, Datagram]]:
    """The datagrams of a capture, also those inside of others, and their times."""
    dissector = Dissector()
    with tempfile.NamedTemporaryFile() as file:
        file.write(octets)
        file.flush()
        with open_capture(file.name) as reader:
            for record in reader:
                for datagram in dissector.dissect(record.captured, record.link_type).datagrams:
                    yield record.time_ns, datagram


def first(octets: bytes, carries: str, **fields: bytes) -> int:
    """When the first message of a kind with these values was seen; `source` and `destination` are the datagram's."""
    for time_ns, datagram in datagrams(octets):
        if datagram.carries == carries and datagram.upper is not None:
            found = {"source": datagram.source, "destination": datagram.destination}
            if all(found.get(name, datagram.upper.get(name)) == value for name, value in fields.items()):
                return time_ns
    raise AssertionError(f"no {carries} with {fields}")


def test_mobility_headers_are_summed_over_home_addresses() -> None:
    """INET #1192: the address of a Home Address option or routing header takes the place of the one in the header."""
    swapped = 0
    for _, datagram in datagrams(quiet("tour").captures[ALL_LINKS]):
        message = datagram.upper
        if message is None or message.declaration.family != "mobility":
            continue
        source = datagram.home_address or datagram.source
        destination = datagram.routed_home_address or datagram.destination
        header = message.octets[message.start : message.end]
        total = int.from_bytes(source + destination + header) + len(header) + MOBILITY
        assert total % 0xFFFF == 0
        swapped += (source, destination) != (datagram.source, datagram.destination)
    assert swapped > 20


def test_the_home_agent_looks_for_the_home_address_for_a_second_before_it_answers() -> None:
    """INET #1194: no duplicate address detection at the home agent."""
    happened = quiet("tour")
    asked = first(happened.captures["node ha1"], "neighbor_solicitation", source=UNSPECIFIED, target=HOME)
    answered = first(happened.captures["node ha1"], "binding_acknowledgement", source=AGENT)
    assert answered - asked == S


SQUATTER = """
[nodes.squatter.interfaces.eth0]
link = "peers"
link_address = "02:00:00:00:02:99"
addresses = ["2001:db8:2:0:0:5eff:fe10:1/64"]
[[moves]]
node = "squatter"
at = 21
link = "home"
"""
"""Comes to the home link a second after the mobile node has left it, with the address that is the mobile node's."""


def test_who_has_the_home_address_on_the_home_link_keeps_it(tmp_path: Path) -> None:
    """INET #1194, what the check is for: both agents refuse the mobile node (134) and don't answer for its address."""
    scenario = tmp_path / "squatted.toml"
    scenario.write_text(built_in_path("tour").read_text() + SQUATTER)
    happened = happen(str(scenario), ("duration_s=40",))
    for agent in ("ha1", "ha2"):
        statuses = [
            datagram.upper.get("status")
            for _, datagram in datagrams(happened.captures[f"node {agent}"])
            if datagram.carries == "binding_acknowledgement" and datagram.upper is not None
        ]
        assert set(statuses) == {134}
        assert [event for event in happened.told(DefenceStarted) if event.node == agent] == []


def test_the_mobile_node_tries_its_care_of_address_before_it_registers_it() -> None:
    """INET #1140: no duplicate address detection for the care-of address."""
    capture = quiet("tour").captures["node mn"]
    asked = first(capture, "neighbor_solicitation", source=UNSPECIFIED, target=ABROAD)
    assert first(capture, "binding_update", source=ABROAD) - asked >= S


def test_packets_of_the_mobile_node_leave_while_a_registration_is_in_flight() -> None:
    """INET #1198: the mobile node dropped its own packets until it was answered; here they go through the tunnel."""
    happened = happen("tour", ("duration_s=100",))
    capture = happened.captures["node mn"]
    begun = first(capture, "binding_update", source=ABROAD, destination=AGENT)
    ended = first(capture, "binding_acknowledgement", source=AGENT, destination=ABROAD)
    assert ended - begun >= S  # the agent's duplicate address detection
    outside = [
        datagram.outer.destination
        for time_ns, datagram in datagrams(capture)
        if begun < time_ns < ended and datagram.source == HOME and datagram.carries == "udp" and datagram.outer
    ]
    assert len(outside) >= 40  # two flows of 20 a second, for a second at least
    assert set(outside) == {AGENT}
