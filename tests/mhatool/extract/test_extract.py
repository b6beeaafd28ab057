"""What a selection keeps, and what it waits for."""

import struct
from collections.abc import Iterable

import pytest

from dissectors.walk import Dissector
from mhatool.capture import Interface, Record
from mhatool.extract import AT_ONCE_NS, HELD_NS, HomeNode, Matching, Picker, Selection, picker
from tests.mhatool.scenes import (
    AGENT,
    AGENT2,
    CARE1,
    CARE2,
    HOME,
    PEER,
    RAW,
    ba,
    binding_error,
    bu,
    echo,
    home_address_option,
    internet_checksum,
    ip,
    ipv6,
    mobility,
    record,
    records_of,
    routing_header,
    scene,
    tunnel,
)

OTHER = ip("2001:db8:1::200")
ANYCAST = ip("2001:db8:1::fdff:ffff:ffff:fffe")
LINK = Interface(RAW, 0, None, 1_000_000_000)
SIGNALLING = Matching(lambda frame: frame.packet.is_signalling)


def kept(selection: Selection, packets: Iterable[tuple[float, bytes]]) -> list[int]:
    """The numbers of the frames that come through."""
    return [frame for _, frame in passed(selection, records_of(scene(*packets)))]


def passed(
    selection: Selection, records: Iterable[Record], *, patience_ns: int = HELD_NS, given_up: int = 0
) -> list[tuple[int, int]]:
    """The frames that come through, each after the number of the frame at which it was certain (0: the end)."""
    through = Picker(selection, patience_ns=patience_ns)
    found = [(r.frame, one.record.frame) for r in records for one in through.offer("scene", r, LINK)]
    found += [(0, one.record.frame) for one in through.finish()]
    assert through.given_up == given_up
    return found


# --- fragments ---


def fragments(packet: bytes, size: int, identification: int) -> list[bytes]:
    """RFC 8200, 4.5: the part after the IPv6 header in pieces of `size` octets, a multiple of 8."""
    following, rest = packet[6], packet[40:]
    pieces = [(at, rest[at : at + size]) for at in range(0, len(rest), size)]
    return [
        packet[:4]
        + struct.pack(">HBB", len(piece) + 8, 44, packet[7])
        + packet[8:40]
        + struct.pack(">BxHI", following, at | (at + size < len(rest)), identification)
        + piece
        for at, piece in pieces
    ]


UPDATE = fragments(bu(), 16, 1)


def test_all_frames_of_a_message_in_fragments() -> None:
    assert len(UPDATE) == 3
    packets = [UPDATE[0], echo(CARE1, PEER), UPDATE[2], ba(), UPDATE[1], echo(CARE1, PEER)]
    assert kept(SIGNALLING, enumerate(packets)) == [1, 3, 4, 5]


def test_nothing_overtakes_a_piece_that_waits() -> None:
    records = records_of(scene(*enumerate([UPDATE[0], ba(), *UPDATE[1:], ba()])))
    assert passed(SIGNALLING, records) == [(4, 1), (4, 2), (4, 3), (4, 4), (5, 5)]


def test_pieces_whose_rest_never_comes() -> None:
    """They are given up after a minute, or at the end; the rest isn't lost."""
    wait = HELD_NS // 1_000_000_000
    assert wait == 60  # RFC 8200, 4.5
    records = records_of(scene((0, UPDATE[0]), (1, ba()), (wait, ba()), (wait + 1, ba())))
    assert passed(SIGNALLING, records) == [(4, 2), (4, 3), (4, 4)]
    assert passed(SIGNALLING, records[:3]) == [(0, 2), (0, 3)]


LARGE = ipv6(CARE1, PEER, 59, bytes(30_000))
EVERYTHING = Matching(lambda frame: not any(frame.packet.find("fragment")))


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for three large packets and a bit."""
    monkeypatch.setattr(picker, "MOST_OCTETS", 100_000)


@pytest.mark.usefixtures("little_room")
def test_no_more_wait_than_there_is_room_for() -> None:
    """The piece is number 1; it is overtaken when the fourth large packet comes, and given once it is whole."""
    records = records_of(scene((0, UPDATE[0]), *[(0, LARGE)] * 5, (0, UPDATE[1]), (0, UPDATE[2])))
    first = [(5, 2), (5, 3), (5, 4), (5, 5), (6, 6)]
    assert passed(EVERYTHING, records) == first
    both = Matching(lambda frame: frame.packet.is_signalling or frame.packet.octets == LARGE)
    assert passed(both, records) == [*first, (8, 1), (8, 7), (8, 8)]


@pytest.mark.usefixtures("little_room")
def test_what_is_not_wanted_takes_no_room() -> None:
    records = records_of(scene((0, UPDATE[0]), *[(0, LARGE)] * 50, (0, ba()), *[(0, piece) for piece in UPDATE[1:]]))
    assert passed(SIGNALLING, records) == [(54, 1), (54, 52), (54, 53), (54, 54)]


@pytest.mark.usefixtures("little_room")
def test_pieces_are_given_up_for_want_of_room() -> None:
    """Ten large first fragments: the last waits in order, three before it may still come late, six can't."""
    pieces = [fragments(LARGE, 29_992, number)[0] for number in range(10)]
    records = records_of(scene(*enumerate(pieces)))
    assert passed(SIGNALLING, records, patience_ns=0, given_up=6) == []


def test_a_piece_is_overtaken_and_comes_late() -> None:
    """In a hurry others wait 2 s for it."""
    packets = [UPDATE[0], ba(), ba(), ba(), UPDATE[1], UPDATE[2], ba()]
    found = passed(SIGNALLING, records_of(scene(*enumerate(packets))), patience_ns=AT_ONCE_NS)
    assert found == [(4, 2), (4, 3), (4, 4), (6, 1), (6, 5), (6, 6), (7, 7)]


def test_a_piece_that_was_overtaken_is_given_up_after_a_minute() -> None:
    records = records_of(scene((0, UPDATE[0]), (3, ba()), (61, ba()), (62, UPDATE[1]), (63, UPDATE[2])))
    assert passed(SIGNALLING, records, patience_ns=AT_ONCE_NS) == [(2, 2), (3, 3), (5, 4), (5, 5)]


def test_pieces_that_nothing_can_complete_do_not_wait() -> None:
    """One that an ICMPv6 error quotes, one that the capture cut."""
    cut = record(2, 0, UPDATE[0], snap=len(UPDATE[0]) - 4)
    records = [record(1, 0, quoting(UPDATE[0])), cut, record(3, 0, ba())]
    assert passed(SIGNALLING, records) == [(3, 3)]


def test_a_fragment_that_is_wanted_for_itself() -> None:
    pieces = Matching(lambda frame: any(frame.packet.find("fragment")))
    assert kept(pieces, enumerate([UPDATE[0], ba(), UPDATE[1]])) == [1, 3]


def test_fragments_in_a_tunnel_in_fragments() -> None:
    """The outer packets of the pieces belong to it as well."""
    outer = fragments(tunnel(AGENT, CARE1, UPDATE[1]), 24, 9)
    assert len(outer) == 3
    packets = [UPDATE[0], *outer, UPDATE[2]]
    # The pieces of one datagram come over different ways: reassembly goes by inner addresses and identification.
    assert kept(SIGNALLING, enumerate(packets)) == [1, 2, 3, 4, 5]


# --- one mobile node ---


def icmpv6(source: bytes, destination: bytes, kind: int, following: bytes = b"") -> bytes:
    body = struct.pack(">BBHHH", kind, 0, 0, 7, 0) + following
    check = internet_checksum(source, destination, 58, body)
    return ipv6(source, destination, 58, body[:2] + check.to_bytes(2) + body[4:])


def init(kind: int, source: bytes, destination: bytes) -> bytes:
    return ipv6(source, destination, 135, mobility(kind, bytes(10), source, destination))


def answer(kind: int, source: bytes, destination: bytes) -> bytes:
    return ipv6(source, destination, 135, mobility(kind, bytes(18), source, destination))


OF_OTHER = [
    icmpv6(CARE2, ANYCAST, 144),
    bu(CARE2, home=OTHER),
    ba(CARE2, home=OTHER),
    init(2, CARE2, PEER),
    tunnel(CARE2, AGENT, init(1, OTHER, PEER)),
]
OF_HOME = [
    icmpv6(CARE1, ANYCAST, 144),
    icmpv6(AGENT, CARE1, 145, AGENT),
    bu(),
    ba(home=None),  # a peer that leaves the routing header out
    tunnel(CARE1, AGENT, init(1, HOME, PEER)),
    init(2, CARE1, PEER),
    answer(4, PEER, CARE1),
    tunnel(AGENT, CARE1, answer(3, PEER, HOME)),
    binding_error(CARE1, PEER, HOME),
    bu(HOME, home=None, life=0),
    ba(HOME, home=None, life=0),
]


def learned(packets: Iterable[tuple[float, bytes]], *, data: bool = False) -> HomeNode:
    """A node that knows all care-of addresses, as after a first pass."""
    node = HomeNode(HOME, data=data)
    dissector = Dissector()
    for one in records_of(scene(*packets)):
        if node.may_teach(one):
            node.learn(dissector.dissect(one.captured, RAW, frame=one.frame))
    return node


def test_what_belongs_to_a_node_without_naming_it() -> None:
    packets = list(enumerate([packet for pair in zip(OF_HOME, OF_OTHER * 3, strict=False) for packet in pair]))
    assert kept(learned(packets), packets) == list(range(1, 2 * len(OF_HOME), 2))


def test_in_one_pass_it_waits_for_the_update() -> None:
    records = records_of(scene(*enumerate([OF_HOME[0], OF_OTHER[1], *OF_HOME[1:4]])))
    assert passed(HomeNode(HOME, eager=True), records) == [(4, 1), (4, 3), (4, 4), (5, 5)]


def test_in_one_pass_others_overtake_and_what_was_undecided_comes_late() -> None:
    records = records_of(scene((0, OF_HOME[0]), (1, binding_error(CARE2, PEER, HOME)), (3, OF_OTHER[1]), (5, bu())))
    assert passed(HomeNode(HOME, eager=True), records, patience_ns=AT_ONCE_NS) == [(3, 2), (4, 1), (4, 4)]


def test_one_pass_gives_what_two_give() -> None:
    packets = list(enumerate([*OF_OTHER, *OF_HOME, *OF_OTHER, *OF_HOME]))
    assert kept(HomeNode(HOME, eager=True), packets) == kept(learned(packets), packets)


def test_a_care_of_address_that_packets_with_a_bad_checksum_name() -> None:
    damaged = bytearray(bu(CARE2))
    damaged[-1] ^= 1
    packets = list(enumerate([bytes(damaged), *OF_OTHER]))
    assert learned(packets).care_of_addresses == set()
    assert kept(learned(packets), packets) == [1]


def test_an_update_in_fragments_teaches() -> None:
    """The home address itself may be cut in two: no frame holds it whole."""
    packets = list(enumerate([OF_HOME[0], *fragments(bu(), 16, 5)]))
    assert not any(HOME in octets for _, octets in packets)
    assert kept(learned(packets), packets) == [1, 2, 3, 4]


ROUTE_OPTIMISED = ipv6(CARE1, PEER, 60, home_address_option(HOME, 59))
BACK = ipv6(PEER, CARE1, 43, routing_header(HOME, 59))
DATA = [tunnel(AGENT, CARE1, echo(PEER, HOME)), ROUTE_OPTIMISED, BACK, echo(HOME, PEER)]


def quoting(packet: bytes) -> bytes:
    """An ICMPv6 error, type 1 (RFC 4443, 3.1)."""
    return icmpv6(AGENT2, CARE1, 1, packet)


def test_data_only_where_it_is_asked_for() -> None:
    packets = list(enumerate([bu(), *DATA, echo(CARE1, PEER), quoting(bu()), tunnel(AGENT, CARE2, echo(PEER, OTHER))]))
    assert kept(learned(packets), packets) == [1]
    assert kept(learned(packets, data=True), packets) == [1, 2, 3, 4, 5, 7]
