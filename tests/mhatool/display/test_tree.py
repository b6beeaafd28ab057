"""The text tree and its summaries."""

from pathlib import Path

import pytest

from dissectors.profile import KAME2003, RFC6275
from dissectors.walk import dissect
from mhatool.capture.record import Record
from mhatool.display import summary_of
from mhatool.display.frame import Frame
from mhatool.display.summary import summary
from mhatool.display.tree import hex_dump, tree, when
from tests.peers.frames import frames_of
from tests.vectors.load import load

UMIP = Path(__file__).parents[3] / "captures" / "umip"
HOA, COA, HA = "2001:200:1:2:240:26ff:fe4c:51fd", "2001:200:1:1:240:26ff:fe4c:51fd", "2001:200:1:2::1"


@pytest.fixture(scope="module")
def ro() -> list[Frame]:
    return frames_of(UMIP / "ro-mn.pcap")


# By the README of captures/umip.
SUMMARIES = {
    82: "Home Agent Address Discovery Request id 0",
    86: f"Home Agent Address Discovery Reply id 0, home agents {HA}",
    87: f"Binding Update seq 2957 AH lifetime 60 s, home address {HOA}, care-of {COA}",
    89: f"Binding Acknowledgement seq 2957 status 0 (accepted) lifetime 60 s, home address {HOA}",
    92: f"Home Test Init cookie fc61313b43f48ba8 (in a tunnel: {HOA} > 2001:200:1:c::10)",
    95: "Care-of Test nonce 1 cookie b3378d1f3fabed15 token b42842ba48bd05fc",
    96: f"Binding Update seq 24347 lifetime 56 s, home address {HOA}, care-of {COA}",
    720: f"Mobile Prefix Solicitation id 26698, home address {HOA}",
    721: f"Mobile Prefix Advertisement id 26698, prefix {HA}/64, home address {HOA}",
    1768: f"Binding Update seq 2961 AH lifetime 0 s, home address {HOA}, care-of {HOA}",
    1772: f"Binding Acknowledgement seq 2961 status 0 (accepted) lifetime 0 s, home address {HOA}",
}


@pytest.mark.parametrize("number", SUMMARIES)
def test_summaries(ro: list[Frame], number: int) -> None:
    assert summary(ro[number - 1].packet) == SUMMARIES[number]


def test_an_error_names_what_it_quotes() -> None:
    frame = frames_of(UMIP / "failover60-core.pcap")[708]
    assert summary(frame.packet) == (
        "ICMPv6 Destination Unreachable code 3, quoting Binding Update seq 42219 AH lifetime 60 s, "
        f"home address {HOA}, care-of {COA} ({COA} > {HA})"
    )


def test_the_tree_of_a_binding_update(ro: list[Frame]) -> None:
    assert list(tree(ro[86])) == [
        f"87  2026-11-23 09:51:35.542130  {COA} > {HA}  {SUMMARIES[87]}",
        "  Ethernet 00:40:26:4c:51:fd > 02:00:00:00:01:01, ethertype 0x86dd (IPv6)",
        f"  IPv6 {COA} > {HA}, traffic class 0, flow label 391290, payload length 56, "
        "next header 60 (Destination Options), hop limit 64",
        "  Destination Options",
        "    Next header: 135 (Mobility Header)",
        "    Header Len: 2",
        "    PadN (1): 0000",
        f"    Home Address (201): {HOA}",
        "  Binding Update",
        "    Payload Proto: 59 (No Next Header)",
        "    Header Len: 3",
        "    MH Type: 5",
        "    Checksum: 0x9689 good",
        "    Sequence number: 2957",
        "    Flags: AH (Acknowledge, Home Registration)",
        "    Lifetime: 60 s",
        "    PadN (1)",
        f"    Alternate Care-of Address (3): {COA}",
    ]


def test_offsets_and_octets(ro: list[Frame]) -> None:
    lines = list(tree(ro[86], octets=True))
    assert "004e  Binding Update" in lines
    assert "0054    Sequence number: 2957" in lines
    dumped = "".join(line.split("  ", 2)[2][:48] for line in lines if line.startswith("  0"))
    assert bytes.fromhex(dumped) == ro[86].record.captured


def test_problems_are_shown(ro: list[Frame]) -> None:
    octets = ro[86].record.captured[:80]
    frame = Frame("x", Record(1, 0, 1, octets, 80, 0, 0, None), dissect(octets, 1))
    lines = list(tree(frame, lambda text, style: f"<{style}>{text}</>" if "red" in style else text))
    assert any(line.startswith("    <bold red>! length_exceeds at octet") for line in lines)
    assert "<bold red> [length exceeds" in lines[0]


def test_a_bad_checksum_is_in_the_summary(ro: list[Frame]) -> None:
    octets = bytearray(ro[86].record.captured)
    octets[-1] ^= 1
    assert summary(dissect(bytes(octets), 1)).endswith(" [bad checksum]")


@pytest.mark.parametrize("name", ["failover60-mn.pcap", "tour-home.pcap"])
def test_every_packet_has_a_line_and_a_tree(name: str) -> None:
    for frame in frames_of(UMIP / name):
        assert summary(frame.packet)
        assert all("\n" not in line for line in tree(frame, octets=True))


# A Binding Update of design/WIRE.md's layout: M and H, two home agents; and one of HMIPv6's: M alone.
HEADER = "60000000{:04x}87402001 0db8000100000000000000000099 20010db8000000000000000000000001".replace(" ", "")
UPDATE = "3b05050000000001c800000f0100122020010db800000000000000000000000120010db8000000000000000000000002"


def test_our_option_and_bit() -> None:
    octets = bytes.fromhex(HEADER.format(len(UPDATE) // 2) + UPDATE)
    text = summary_of(octets, 101, RFC6275)
    assert "Binding Update seq 1 AHM lifetime 60 s" in text
    assert ", home agents 2001:db8::1 2001:db8::2" in text
    frame = Frame("x", Record(1, 0, 101, octets, len(octets), 0, 0, None), dissect(octets, 101))
    lines = list(tree(frame))
    assert "    Flags: AHM (Acknowledge, Home Registration, Multiple Home Agents)" in lines
    assert "    Multiple Home Agents (18): 2001:db8::1, 2001:db8::2" in lines


def test_the_bit_of_2003_has_no_other_meaning() -> None:
    """Next header 62 (3e); A 8000 and M 0400, without H and without the list: HMIPv6 came later."""
    octets = bytes.fromhex(HEADER.replace("8740", "3e40").format(16) + "3b010500000000018400000f01020000")
    frame = Frame("x", Record(1, 0, 101, octets, len(octets), 0, 0, None), dissect(octets, 101, profile=KAME2003))
    assert "    Flags: AM (Acknowledge, Multiple Home Agents)" in list(tree(frame))
    assert summary_of(octets, 101, KAME2003).endswith(", several home agents [bad checksum]")


def test_hmipv6s_bit_is_not_ours() -> None:
    octets = bytes.fromhex(HEADER.format(16) + "3b010500000000018800000f01020000")
    frame = Frame("x", Record(1, 0, 101, octets, len(octets), 0, 0, None), dissect(octets, 101))
    assert "    Flags: AM (Acknowledge, MAP Registration)" in list(tree(frame))


@pytest.mark.parametrize("profile", [RFC6275, KAME2003])
@pytest.mark.parametrize("octets", [b"", b"\x60", bytes(40), b"\xff" * 60, bytes.fromhex("6" + "0" * 79)])
def test_anything_has_a_summary(octets: bytes, profile: object) -> None:
    for link_type in (0, 1, 101, 113, 276, 77):
        packet = dissect(octets, link_type, profile)  # type: ignore[arg-type]
        frame = Frame("x", Record(1, 0, link_type, octets, len(octets), 0, 0, None), packet)
        assert list(tree(frame, octets=True))


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01 00:00:00.000000"),
        (1_795_427_495_542_130_000, "2026-11-23 09:51:35.542130"),
        (1_795_427_495_542_130_001, "2026-11-23 09:51:35.542130001"),
    ],
)
def test_times(time_ns: int, text: str) -> None:
    assert when(time_ns) == text


def test_hex_dump() -> None:
    assert list(hex_dump(b"0123456789abcdef\x00")) == [
        "  0000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef",
        "  0010  00                                                .",
    ]


def test_type_154_that_is_neither_ours_nor_fmipv6s() -> None:
    """Octet 4 says which it is: 0 with whole addresses ours, 2 to 5 RFC 5568's; by anything else it is neither."""
    last = [(vector, vector.layers[-1]) for vector in load()]
    neither = [vector for vector, layer in last if layer["type"] == "icmpv6" and layer["icmp_type"] == 154]
    assert len(neither) == 2
    for vector in neither:
        assert summary_of(vector.octets, 101, RFC6275).endswith("  ICMPv6 type 154 code 0")
    fmipv6 = [vector for vector, layer in last if layer["type"] == "fmipv6"]
    assert len(fmipv6) > 1
    assert all("FMIPv6" in summary_of(vector.octets, 101, RFC6275) for vector in fmipv6)
