"""The script in tshark: filters, links, preferences, and what it leaves as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.mhatool.scenes import AGENT, AGENT2, CARE1, CARE2, HOME, PEER, tunnel
from tests.peers.plugin import frames, table, tshark, write
from tests.recipes import packets as made

pytestmark = pytest.mark.tshark

MULTIPLE = made.bu(made.alternate(CARE1), made.multiple_home_agents(), flags="AHM")
#: Two passes; in the first nobody looks at fields, unless the script is told to.
TWICE = ("-2", "-o", "mha.always:TRUE")
AMBIGUOUS = "ambiguous: several home agents, or MAP registration (HMIPv6)"
UNREACHABLE = made.unreachable(made.ip("2001:db8::1"), AGENT)


def spoiled(packet: bytes, back: int = 1) -> bytes:
    """The packet with an octet changed, so many from its end."""
    return packet[:-back] + bytes((packet[-back] ^ 1,)) + packet[len(packet) - back + 1 :]


def one(path: Path, packet: bytes, *fields: str, more: tuple[str, ...] = ()) -> list[str]:
    """The fields of a capture of one packet."""
    return table(write(path / "one.pcapng", [packet]), fields, *more)[0][1:]


# --- filters ---


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """1 an update with the list, 2 its answer 2 s later, 3 a plain update, 4 Home Agent Unreachable, 5 damaged."""
    packets = [MULTIPLE, made.ba(), made.home_bu(seq=2), UNREACHABLE, spoiled(made.home_bu(seq=3))]
    return write(tmp_path / "scene.pcapng", packets, step_ns=2_000_000_000)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("mha.unreachable.address == 2001:db8::1", [4]),
        ("mha.unreachable.address == 2001:db8::2", []),
        ("mha.option.home_agent", [1]),
        ("mha.option.home_agent == 2001:db8:1::2", [1]),
        ("mha.flag.multiple", [1]),
        ("mha.flag.multiple == 1", [1]),
        ('mha.checksum.status == "Bad"', [5]),
        ("mha.checksum.status == 1", [1, 2, 3, 4]),
        ("mha.response_to", [2]),
        ("mha.response_time > 1", [2]),
        ("mha.response_time > 3", []),
        ('mha.rule == "MIP6-MH-001"', [5]),
        ("mha.node == 2001:db8:1::100", [1, 2, 3, 4, 5]),
        ("mha.update.lifetime_s == 60", [1, 3, 5]),
        ("mha.unreachable.identifier == 5", [4]),
    ],
)
def test_display_filters(scene: Path, expression: str, expected: list[int]) -> None:
    assert frames(scene, expression) == expected


def test_a_request_knows_its_response_in_a_second_pass(scene: Path) -> None:
    assert frames(scene, "mha.response_in", "-2") == [1]
    assert table(scene, ["mha.response_in", "mha.response_to"], *TWICE)[:2] == [["1", "2", ""], ["2", "", "1"]]


# --- links ---


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (made.home_bu(), made.ba()),
        (made.home_bu(seq=7), made.ba(status=135, seq=3)),  # with the number that the home agent has (RFC 6275, 9.5.1)
        (made.dhaad_request(), made.dhaad_reply()),
        (made.prefix_solicitation(), made.prefix_advertisement()),
        (made.home_test_init(), made.home_test()),
        (tunnel(CARE1, AGENT, made.home_test_init()), tunnel(AGENT, CARE1, made.home_test())),
        (made.care_of_test_init(), made.care_of_test()),
    ],
    ids=["BU", "BU out of window", "DHAAD", "prefixes", "HoTI", "HoTI in a tunnel", "CoTI"],
)
def test_requests_and_responses(tmp_path: Path, request_: bytes, answer: bytes) -> None:
    path = write(tmp_path / "pair.pcapng", [request_, answer], step_ns=1_250_000_000)
    rows = table(path, ["mha.response_in", "mha.response_to", "mha.response_time"], *TWICE)
    assert rows == [["1", "2", "", ""], ["2", "", "1", "1.250000000"]]


@pytest.mark.parametrize(
    ("request_", "other"),
    [
        (made.home_bu(seq=1), made.ba(seq=2)),
        (made.home_bu(), made.ba(source=AGENT2)),
        (made.home_bu(), made.ba(home=PEER)),
        (made.home_bu(), spoiled(made.ba(), 5)),
        (made.dhaad_request(), made.dhaad_reply(identifier=8)),
        (made.home_test_init(), made.home_test(cookie=made.COOKIE2)),
    ],
    ids=["number", "agent", "home address", "damaged", "identifier", "cookie"],
)
def test_what_is_no_response(tmp_path: Path, request_: bytes, other: bytes) -> None:
    path = write(tmp_path / "pair.pcapng", [request_, other])
    assert frames(path, "mha.response_in or mha.response_to", "-2") == []


def test_an_answer_to_the_care_of_address(tmp_path: Path) -> None:
    """Without the routing header that RFC 6275, 9.5.4 asks for; by then the care-of address is known for the node's.

    1 and 2 one update and its answer, 3 and 4 another; 5 answers none.
    """
    packets = [made.home_bu(seq=1), made.ba(home=None), made.home_bu(seq=2), made.ba(home=None, seq=9, status=135)]
    packets.append(made.ba(home=None, seq=7))
    rows = table(write(tmp_path / "five.pcapng", packets), ["mha.response_in", "mha.response_to"], *TWICE)
    assert rows == [["1", "2", ""], ["2", "", "1"], ["3", "4", ""], ["4", "", "3"], ["5", "", ""]]


def test_each_of_two_copies_knows_the_response(tmp_path: Path) -> None:
    path = write(tmp_path / "copies.pcapng", [made.home_bu(), made.home_bu(), made.ba(), made.home_bu(), made.ba()])
    rows = table(path, ["mha.response_in", "mha.response_to"], *TWICE)
    assert rows == [["1", "3", ""], ["2", "3", ""], ["3", "", "2"], ["4", "5", ""], ["5", "", "4"]]


def test_a_quoted_update_is_no_request(tmp_path: Path) -> None:
    """A Destination Unreachable that quotes the update (RFC 4443, 3.1) comes between it and its answer."""
    update = made.home_bu()
    error = made.icmp_packet(1, bytes(4) + update, AGENT2, CARE1)
    path = write(tmp_path / "quoted.pcapng", [update, error, made.ba()])
    assert table(path, ["mha.response_in", "mha.response_to"], *TWICE) == [
        ["1", "3", ""],
        ["2", "", ""],
        ["3", "", "1"],
    ]


# --- what the messages say ---


@pytest.mark.parametrize(
    ("packet", "multiple", "meaning"),
    [
        (MULTIPLE, "1", "several home agents"),
        (made.bu(made.alternate(CARE1), flags="AHM"), "1", "several home agents"),
        (made.bu(made.multiple_home_agents(), flags="AM"), "1", "several home agents"),
        (made.bu(made.alternate(CARE1), flags="AM"), "", "MAP registration (HMIPv6)"),
        (made.bu((18, b"other", (1, 0)), flags="AM"), "", AMBIGUOUS),
        (made.home_bu(), "", ""),
    ],
    ids=["H and list", "H", "list", "neither", "another option 18", "no M"],
)
def test_the_meaning_of_the_m_bit(tmp_path: Path, packet: bytes, multiple: str, meaning: str) -> None:
    assert one(tmp_path, packet, "mha.flag.multiple", "mha.flag.meaning") == [multiple, meaning]


def test_the_list_stands_in_wiresharks_own_tree(tmp_path: Path) -> None:
    text = tshark("-r", write(tmp_path / "one.pcapng", [MULTIPLE]), "-V")
    _, _, behind = text.partition("    Mobility Options\n")
    assert "Multiple Home Agents (18)\n" in behind.partition("\nMultiple Home Agents for Mobile IPv6")[0]
    assert text.count("Home agent: 2001:db8:1::2") == 1


@pytest.mark.parametrize(
    ("status", "name"),
    # IANA's registry; Wireshark 4.0 has other names for 143 and 145 to 148, and none for 144, 179 and 180.
    [
        (143, "Forwarding Setup failed"),
        (144, "MIPV6-ID-MISMATCH"),
        (145, "MIPV6-MESG-ID-REQD"),
        (146, "MIPV6-AUTH-FAIL"),
        (147, "Permanent home keygen token unavailable"),
        (148, "CGA and signature verification failed"),
        (179, "CANNOT_MEET_QOS_SERVICE_REQUEST"),
        (180, "CANNOT_SUPPORT_MULTIPATH_BINDING"),
    ],
)
def test_statuses_have_their_names(tmp_path: Path, status: int, name: str) -> None:
    path = write(tmp_path / "one.pcapng", [made.ba(status=status)])
    assert frames(path, f'mha.acknowledgement.status == "{name}"') == [1]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (19, "Update Notification"),
        (20, "Update Notification Acknowledgement"),
        (21, "Flow Binding Message"),
        (22, "Subscription Query"),
        (23, "Subscription Response"),
    ],
)
def test_types_have_their_names(tmp_path: Path, kind: int, name: str) -> None:
    path = write(tmp_path / "one.pcapng", [made.carried(kind, bytes(10), HOME, AGENT)])
    assert frames(path, f'mha.type == "{name}"') == [1]


def test_an_unassigned_type_isnt_called_cut(tmp_path: Path) -> None:
    packets = [made.carried(kind, bytes(18), HOME, AGENT) for kind in (24, 255)]
    assert tshark("-r", write(tmp_path / "two.pcapng", packets), "-V").count("Mobile IPv6: unassigned type\n") == 2


def test_an_unknown_option_has_its_own_length(tmp_path: Path) -> None:
    """Wireshark 4.0 shows the Mobility Header's length in its place: 3 (32 octets)."""
    packet = made.bu((200, b"\xaa\xbb\xcc", (1, 0)), made.alternate(CARE1))
    row = one(tmp_path, packet, "mha.option.type", "mha.option.length", "mha.option.data")
    assert row[2] == "aabbcc"
    # The option from 12 to 17, PadN from 17 to 22 = 8*2 + 6 (2 + 3 octets), the Alternate Care-of Address.
    assert dict(zip(row[0].split(","), row[1].split(","), strict=True)) == {"200": "3", "1": "3", "3": "16"}


@pytest.mark.parametrize("octet", [2, 3, 4, 5])
def test_fast_handovers_are_left_to_wireshark(tmp_path: Path, octet: int) -> None:
    packet = made.icmp_packet(154, bytes((octet, 0, 0, 7)) + bytes(16), AGENT, CARE1)
    assert one(tmp_path, packet, "icmpv6.fmip6.subtype", "mha") == [str(octet), ""]


def test_home_agent_unreachable_isnt_malformed(tmp_path: Path) -> None:
    path = write(tmp_path / "one.pcapng", [UNREACHABLE])
    assert table(path, ["_ws.malformed"], script=None) != [["1", ""]]  # why all this is done
    row = table(path, ["_ws.malformed", "_ws.col.Protocol", "_ws.col.Info", "mha.unreachable.address"])
    assert row == [["1", "", "MHA", "Home Agent Unreachable id=5, 2 home agents", "2001:db8::1,2001:db8:1::1"]]


def test_the_checksum_knows_the_home_address(tmp_path: Path) -> None:
    """In a Home Address option and in a type 2 routing header (RFC 6275, 6.1.1), also in a tunnel."""
    good = [made.home_bu(), made.ba(), tunnel(CARE1, AGENT, made.home_test_init()), made.home_bu(source=CARE2)]
    path = write(tmp_path / "some.pcapng", good + [spoiled(packet) for packet in good])
    assert [row[1] for row in table(path, ["mha.checksum.status"])] == ["1"] * 4 + ["0"] * 4


# --- preferences ---


def test_the_option_can_be_moved(tmp_path: Path) -> None:
    moved = made.bu(made.alternate(CARE1), (200, AGENT + AGENT2, (8, 6)), flags="AHM")
    path = write(tmp_path / "two.pcapng", [moved, MULTIPLE])
    assert frames(path, "mha.option.home_agent") == [2]
    assert frames(path, "mha.option.home_agent", "-o", "mha.option_type:200") == [1]


def test_the_unreachable_type_can_be_moved(tmp_path: Path) -> None:
    moved = made.icmp_packet(200, bytes((0, 0, 0, 5)) + AGENT, AGENT2, CARE1)
    path = write(tmp_path / "two.pcapng", [moved, UNREACHABLE])
    assert frames(path, "mha.unreachable.address", "-o", "mha.unreachable_type:200") == [1]


def test_the_profile_of_2003(tmp_path: Path) -> None:
    """Next header 62, the flags A 8000, H 4000 and M 0400 = c400, option 7 (the paper's testbed)."""
    body = bytes.fromhex("0001 c400 000f") + bytes.fromhex("0100 0720") + AGENT + AGENT2  # 12 + 2 + 34 = 48 octets
    message = bytes.fromhex("3b05 0500 0000") + body
    total = made.internet_checksum(CARE1, AGENT, 62, message).to_bytes(2)
    path = write(tmp_path / "one.pcapng", [made.ipv6(CARE1, AGENT, 62, message[:4] + total + message[6:])])
    fields = ["mha.checksum.status", "mha.flag.multiple", "mha.update.flags.m", "mha.option.home_agent", "mha.rule"]
    agents = "2001:db8:1::1,2001:db8:1::2"
    rules = "MHA-002"  # not broken: two home agents are listed
    row = table(path, fields, "-o", "mha.profile:kame2003")[0][1:]
    assert row[:4] == ["1", "1", "1", agents]
    assert rules not in row[4]
    assert frames(path, "mha") == []  # by today's numbers it is no Mobility Header to us


@pytest.mark.parametrize(("preference", "expected"), [("mobility", [1, 4]), ("icmpv6", [1, 2, 3, 5])])
def test_each_wrapper_can_be_turned_off(scene: Path, preference: str, expected: list[int]) -> None:
    """Options have a switch of their own: without the Mobility Header's the list of frame 1 is still shown."""
    assert frames(scene, "mha", "-o", f"mha.{preference}:FALSE") == expected


def test_an_echo_keeps_its_hop_limit_where_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "echo.pcapng", [made.echo_request(HOME, PEER), made.echo_reply(PEER, HOME)])
    assert tshark("-r", path, "-o", "mha.other_fields:TRUE") == tshark("-r", path, script=None)


def test_experts_are_counted_where_asked(scene: Path) -> None:
    assert "MIP6-MH-001" in tshark("-r", scene, "-q", "-z", "expert", "-o", "mha.always:TRUE")


def test_it_can_be_loaded_twice(scene: Path, repository: Path) -> None:
    script = repository / "wireshark-lua" / "mha.lua"
    assert frames(scene, "mha", "-X", f"lua_script:{script}") == [1, 2, 3, 4, 5]


def test_a_load_error_would_be_seen(tmp_path: Path) -> None:
    """Tshark's status stays 0: what we look at is standard error."""
    script = tmp_path / "broken.lua"
    script.write_text("local x = nil + 1\n", encoding="utf-8")
    path = write(tmp_path / "one.pcapng", [MULTIPLE])
    done = subprocess.run(["tshark", "-X", f"lua_script:{script}", "-r", path], capture_output=True, check=False)
    assert done.returncode == 0
    with pytest.raises(AssertionError, match="Lua"):
        tshark("-r", path, script=script)
