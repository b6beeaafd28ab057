"""Filter expressions: what they find is what tshark finds, and what they refuse is shown at its place."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dissectors.profile import KAME2003
from mhatool.capture import PcapngWriter, linktype
from mhatool.display.filter import FilterError, compile_filter, resolve_column
from mhatool.display.filter.aliases import ALIASES
from mhatool.display.filter.script_names import ELSEWHERE, meanings
from mhatool.display.frame import Frame
from tests.mhatool.scenes import AGENT, PEER, tunnel
from tests.peers.frames import frames_of
from tests.peers.plugin import frames as frames_in_wireshark
from tests.recipes.packets import home_bu

UMIP = Path(__file__).parents[3] / "captures" / "umip"


@pytest.fixture(scope="module")
def ro() -> list[Frame]:
    return frames_of(UMIP / "ro-mn.pcap")


@pytest.fixture(scope="module")
def failover() -> list[Frame]:
    return frames_of(UMIP / "failover60-core.pcap")


def numbers(frames: list[Frame], expression: str) -> list[int]:
    test = compile_filter(expression)
    return [frame.record.frame for frame in frames if test(frame)]


# Wireshark reads these too, and means the same.
SHARED = [
    "mip6.mhtype == 5",
    "mipv6",
    "mip6.mhtype in {1, 3}",
    "mip6.mhtype in {1..4}",
    "mip6.bu.lifetime == 15",
    "mip6.bu.lifetime > 1 and mip6.bu.lifetime <= 14",
    "mip6.bu.h_flag == 1 && !(mip6.bu.lifetime == 0)",
    "mip6.bu.h_flag == 1 or mip6.ba.status == 0",
    "icmpv6 and not icmpv6.type in {128, 129} && frame.number > 1000",
    "mip6.hoti.cookie == 0xfc61313b43f48ba8",
    "mip6.bad.auth contains d8:0d",
    "ipv6.addr == 2001:200:1:3::/64",
    "ipv6.src != 2001:200:1:2::1",
    "ipv6.src in {2001:200:1:c::10, fe80::/16}",
    "icmpv6.type >= 144 and icmpv6.type <= 147",
    "icmpv6.mip6.identifier == 26698",
    "icmpv6.opt.home_agent_preference == 15",
    "icmpv6.nd.ra.flag.h == 1 and frame.number < 100",
    "ipv6.opt.mipv6.home_address",
    "ipv6.routing.mipv6.home_address and mip6.mhtype == 6",
    "mip6.acoa.acoa == 2001:200:1:3:240:26ff:fe4c:51fd",
    "(mip6.mhtype == 1 or mip6.mhtype == 2) and not ipv6.dst == 2001:200:1:2::1",
    "mip6.mhtype eq 6 || mip6.mhtype ge 3 and mip6.mhtype lt 5",
]


@pytest.mark.tshark
@pytest.mark.parametrize("expression", SHARED)
def test_finds_what_tshark_finds(ro: list[Frame], expression: str) -> None:
    command = ["tshark", "-n", "-r", str(UMIP / "ro-mn.pcap"), "-Y", expression, "-T", "fields", "-e", "frame.number"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert numbers(ro, expression) == [int(line) for line in output.split()]
    assert output


@pytest.mark.tshark
def test_aliases_look_into_quoted_packets_as_tshark_does(failover: list[Frame]) -> None:
    path = UMIP / "failover60-core.pcap"
    command = ["tshark", "-n", "-r", str(path), "-Y", "mip6.mhtype == 5", "-T", "fields", "-e", "frame.number"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert numbers(failover, "mip6.mhtype == 5") == [int(line) for line in output.split()]


@pytest.mark.tshark
@pytest.mark.parametrize("expression", ['== "two"', '!= "two"', 'contains "tw"', 'in {"one"}', '== "one"', ""])
def test_each_of_several_comments_counts(tmp_path: Path, expression: str) -> None:
    """1 two comments, 2 another one, 3 none; "several values: any of them matches" (docs/filters.md), tshark agrees."""
    path = tmp_path / "said.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, application="test")
        for number, comment in enumerate(("one\ntwo", "three", None)):
            writer.write(number, linktype.RAW, home_bu(), comment=comment)
    wanted = f"frame.comment {expression}"
    command = ["tshark", "-n", "-r", str(path), "-Y", wanted, "-T", "fields", "-e", "frame.number"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output
    assert numbers(frames_of(path), wanted) == [int(line) for line in output.split()]


@pytest.mark.tshark
def test_columns_are_tsharks(tmp_path: Path) -> None:
    """Addresses in the order of the headers, of an update with a link-layer address (RFC 5568, 6.4.4) in a tunnel."""
    update = home_bu((7, bytes.fromhex("02 0200 5e10 0099"), (2, 0)))
    path = tmp_path / "tunnel.pcapng"
    with path.open("wb") as stream:
        PcapngWriter(stream, application="test").write(0, linktype.RAW, tunnel(PEER, AGENT, update))
    names = ["ipv6.addr", "mip6.lla", "ipv6.src", "mip6.mnid.identifier"]
    fields = [part for name in names for part in ("-e", name)]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=a", *fields]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "2001:db8:c::10,2001:db8:1::1,2001:db8:a::100,2001:db8:1::1\t02:00:5e:10:00:99" in output
    (frame,) = frames_of(path)
    assert "\t".join(resolve_column(name).text(frame) for name in names) == output.rstrip("\n")


# By the README of captures/umip.
@pytest.mark.parametrize(
    ("expression", "frames"),
    [
        ("binding_update and binding_update.lifetime_s == 4", [725, 1543]),
        ("binding_update.lifetime_s == 0", [1768, 1774]),
        ("binding_update.flags == AH and frame < 800", [87, 746]),
        ("binding_update.flags == HA and binding_update.sequence_number == 2957", [87]),
        ("binding_update.flags contains H and frame < 100", [87]),
        ("binding_update.flags != AH and frame < 100", [96]),
        ("binding_update.options.nonce_indices.care_of_nonce_index == 0", [1774]),
        ("option.nonce_indices and frame < 100", [96]),
        ("option.alternate_care_of_address.care_of_address == 2001:200:1:3::/64", [954, 1566]),
        ("binding_update.options contains authorization and frame < 100", [96]),
        ("binding_update.options.type == 4 and frame < 100", [96]),
        ("home_test_init.home_init_cookie == fc61313b43f48ba8", [92]),
        ('home_test.home_keygen_token contains "494321"', [94]),
        ("binding_acknowledgement.status_name contains ACCEPTED and frame < 100", [89]),
        ("home_test or care_of_test and frame > 900", [94, 966]),
        ("(home_test or care_of_test) and frame > 900", [966]),
        ("binding_refresh_request", [724, 1542]),
        ("signalling and time < 2026-11-23T09:51:36Z", [82, 86, 87]),
        ("signalling and time == 2026-11-23T09:51:35.542130Z", [87]),
        (
            "routing.home_address == 2001:200:1:2::/64 and binding_acknowledgement.offset > 70 and frame<100",
            [89],
        ),
        ("dhaad_reply.home_agents == 2001:200:1:2::1", [86]),
        ("mha.checksum.status == good and frame <= 89", [82, 86, 87, 89]),
        ("src == 2001:200:1:c::10 and care_of_test.checksum_status == GOOD", [95, 966]),
        ("problem", []),
        ("mha.flag.multiple or mha.option.home_agent", []),
    ],
)
def test_our_own_names(ro: list[Frame], expression: str, frames: list[int]) -> None:
    assert numbers(ro, expression) == frames


def test_own_names_leave_quoted_packets_alone(failover: list[Frame]) -> None:
    assert numbers(failover, "binding_update and icmpv6_error") == []
    assert numbers(failover, "quoted.binding_update") == [668, 669, 709, 738, 797, 912]
    assert numbers(failover, "quoted.binding_update.sequence_number == 42219") == [709]
    assert numbers(failover, "quoted.option.alternate_care_of_address and frame < 700") == [668, 669]


@pytest.mark.parametrize(
    ("expression", "column", "message"),
    [
        ("", 1, "expected a field name, not the end"),
        ("binding_updte", 1, "no field 'binding_updte'; did you mean binding_update"),
        ("not binding_update.sequence == 1", 5, "did you mean binding_update.sequence_number"),
        ("mip6.bu.seqno == 1", 1, "did you mean mip6.bu.seqnr"),
        ("option.alternate_care_of", 1, "did you mean option.alternate_care_of_address"),
        ("frame = 3", 7, "write =="),
        ("frame == abc", 10, "expected a whole number (decimal or 0x...) for frame, not abc"),
        ("frame == {1}", 10, "expected a whole number"),
        ("frame in 1", 10, "expected {, not 1"),
        ("frame in {1 2}", 13, "expected , or }"),
        ("frame == 1 frame == 2", 12, "expected and, or, or the end"),
        ("(frame == 1", 12, "expected ) or another and, or, not the end"),
        ("frame == 1)", 11, "this ) opens nowhere"),
        ("ipv6.src == 2001:db8::/129", 13, "prefix length from 0 to 128"),
        ("ipv6.src == somewhere", 13, "expected an address or a prefix"),
        ("ipv6.src < ::1", 10, "needs values with an order"),
        ("frame contains 1", 7, "contains needs text, octets or flags"),
        ("binding_update == 1", 16, "name one of its fields"),
        ("binding_update.flags contains Z", 31, "expected flags of A H L K M"),
        ("home_test.home_keygen_token == xyz", 32, "expected octets in hexadecimal"),
        ("time > yesterday", 8, "expected a time like"),
        ('file == "x', 9, "this quoted text doesn't end"),
        ("frame == 1 & frame == 2", 12, "write &&"),
        ("frame == 1; frame", 11, "';' has no meaning here"),
        ("mip6.bu.h_flag == maybe", 19, "expected 1, 0, true or false"),
        ("__import__('os')", 1, "there is no field '__import__'"),
        ("(" * 200, 101, "more than 100 parentheses"),
        ("not " * 200, 401, "more than 100 parentheses"),
    ],
)
def test_errors_show_the_place(expression: str, column: int, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(expression)
    assert message in caught.value.message
    assert caught.value.column == column
    said, shown, caret = caught.value.shown().splitlines()
    assert said.startswith(f"column {column}: ")
    assert shown == f"  {expression}"
    assert caret.index("^") == column + 1


@pytest.mark.parametrize(
    ("expression", "frames"),
    [
        ("mha.update.lifetime_s == 4", [725, 1543]),
        ("mha.update.flags.h == 1 and frame < 100", [87]),
        ("mha.update.flags == 0xc000 and frame < 800", [87, 746]),  # A and H: the first two of 16 bits
        ("mha.nonce_indices.care_of_nonce_index == 0", [1774]),
        ("mha.pad_n.padding", [89, 747, 957, 1567, 1772]),  # tshark's, with the script: not PadN 01 00, as in 87
        ("mha.dhaad_reply.home_agent == 2001:200:1:2::1", [86]),
        ("mha.type == 3 or mha.type == 4 and frame > 900", [94, 966]),
        ("icmpv6.checksum.status == Good and mha.dhaad_reply.identifier", [86]),
        ("icmpv6.checksum.status == 1 and mha.dhaad_reply.identifier", [86]),
    ],
)
def test_the_scripts_names(ro: list[Frame], expression: str, frames: list[int]) -> None:
    """The frames are those of test_our_own_names; that values are Wireshark's is for the tests of crosscheck."""
    assert numbers(ro, expression) == frames


@pytest.mark.tshark
def test_what_the_script_has_a_tree_of(failover: list[Frame]) -> None:
    assert numbers(failover, "mha") == frames_in_wireshark(UMIP / "failover60-core.pcap", "mha")
    assert numbers(failover, "mha and not mipv6") == frames_in_wireshark(UMIP / "failover60-core.pcap", "mha && !mipv6")


@pytest.mark.parametrize("name", ["mha.node", "mha.rule", "mha.rule.inconclusive", "mha.response_time"])
def test_what_wireshark_alone_shows(name: str) -> None:
    with pytest.raises(FilterError, match=f"{name} is shown in Wireshark alone; .*`mhatool "):
        compile_filter(f"{name} == 1")


def test_a_name_of_the_script_is_suggested() -> None:
    with pytest.raises(FilterError, match=r"did you mean mha\.update\.lifetime_s"):
        compile_filter("mha.update.lifetime == 1")


def test_each_field_of_the_script_has_a_meaning_or_a_remedy(repository: Path) -> None:
    script = (repository / "wireshark-lua" / "mha.lua").read_text(encoding="utf-8")
    fields = re.findall(r'^F\["([^"]+)"\] = ProtoField', script, re.MULTILINE)
    assert len(fields) > 100
    assert sorted(fields) == sorted([*meanings(), *ELSEWHERE])


def test_names_of_the_script_are_read_late() -> None:
    """Help and most filters don't need them."""
    asks = "from mhatool.display.filter import compile_filter as c; import sys; c('mip6.bu.lifetime == 1'); print({})"
    loaded = "'mhatool.display.filter.script_names' in sys.modules"
    run = subprocess.run([sys.executable, "-c", asks.format(loaded)], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


@pytest.mark.parametrize("name", ALIASES)
def test_every_alias_means_something(ro: list[Frame], name: str) -> None:
    column = resolve_column(name)
    assert isinstance(column.text(ro[86]), str)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("frame", "87"),
        ("time", "2026-11-23T09:51:35.542130000Z"),
        ("frame.time_epoch", "1795427495.542130000"),
        ("ipv6.addr", "2001:200:1:1:240:26ff:fe4c:51fd,2001:200:1:2::1"),
        ("binding_update.flags", "AH"),
        ("binding_update.lifetime_s", "60"),
        ("mip6.bu.lifetime", "15"),
        ("mip6.csum", "0x9689"),
        ("binding_update.options", "pad_n,alternate_care_of_address"),
        ("binding_acknowledgement.status", ""),
        ("binding_update", "binding_update"),
        ("mip6.bu.h_flag", "1"),
        ("ethernet.source", "00:40:26:4c:51:fd"),
    ],
)
def test_columns(ro: list[Frame], name: str, text: str) -> None:
    assert resolve_column(name).text(ro[86]) == text


def test_a_profiles_flags() -> None:
    compile_filter("binding_update.flags contains D", KAME2003)
    with pytest.raises(FilterError, match="expected flags of A H S D L M"):
        compile_filter("binding_update.flags contains K", KAME2003)
