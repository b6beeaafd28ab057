"""What preferences do: code points that can't be one, the M bit moved, one protocol's number given to another."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.mhatool.scenes import AGENT, CARE1, HOME, internet_checksum, ipv6
from tests.peers.plugin import SCRIPT, table, write
from tests.recipes import packets as made

pytestmark = pytest.mark.tshark

#: Sets a preference a packet, as somebody in Wireshark's window does.
_SETTING = """
local changes = {{ {} }}
local packets = Listener.new("frame")
function packets.packet()
  local change = table.remove(changes, 1)
  if change then
    set_preference(change[1], change[2])
    apply_preferences()
  end
end
"""


def with_changes(folder: Path, capture: Path, fields: list[str], changes: list[tuple[str, int]]) -> list[str]:
    """Rows of tshark's, while a script changes a preference behind each packet."""
    script = folder / "setting.lua"
    listed = ", ".join(f'{{ "{name}", {value} }}' for name, value in changes)
    script.write_text(_SETTING.format(listed), encoding="utf-8")
    command = ["tshark", "-n", "-X", f"lua_script:{SCRIPT}", "-X", f"lua_script:{script}", "-r", str(capture)]
    command += ["-T", "fields", *(part for name in fields for part in ("-e", name))]
    environment = os.environ | {"HOME": str(folder), "WIRESHARK_CONFIG_DIR": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "Lua" not in done.stderr
    return done.stdout.splitlines()


def told(capture: Path, *preferences: str) -> list[str]:
    """What the script says of these on standard error."""
    command = ["tshark", "-n", "-X", f"lua_script:{SCRIPT}", "-r", str(capture), *set_to(preferences)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.removeprefix("tshark: ") for line in done.stderr.splitlines() if "mha." in line]


def set_to(preferences: Iterable[str]) -> list[str]:
    return [part for each in preferences for part in ("-o", f"mha.{each}")]


def table_of(capture: Path, fields: list[str], *preferences: str) -> list[list[str]]:
    return table(capture, fields, *set_to(preferences))


def test_one_number_for_two_and_back(tmp_path: Path) -> None:
    """The Mobility Header's protocol becomes ICMPv6's, then its own: an echo is an echo all the time."""
    packets = [made.echo_request(CARE1, AGENT)] * 2 + [
        made.home_bu(),
        made.unreachable(),
        made.echo_request(HOME, AGENT),
    ]
    path = write(tmp_path / "some.pcapng", packets)
    changes = [("mha.mobility_protocol", 58), ("mha.mobility_protocol", 200), ("mha.mobility_protocol", 135)]
    rows = with_changes(tmp_path, path, ["mip6.mhtype", "mha.type", "mha.icmpv6.type", "icmpv6.type"], changes)
    assert rows == ["\t\t\t128", "\t\t\t128", "5\t\t\t", "\t\t154\t", "\t\t\t128"]


def test_a_moved_mobility_header_keeps_wiresharks_tree(tmp_path: Path) -> None:
    """Next header 253 (RFC 3692: for experiments), the sum over that number; Wireshark alone shows no such message."""
    body = bytes.fromhex("3b010500 0000 0007 8000 000f 01020000")
    right = internet_checksum(CARE1, AGENT, 253, body)
    path = write(tmp_path / "one.pcapng", [ipv6(CARE1, AGENT, 253, body[:4] + right.to_bytes(2) + body[6:])])
    fields = ["mip6.bu.seqnr", "mha.update.sequence_number", "mha.checksum.status", "_ws.col.Info"]
    assert table_of(path, fields, "mobility_protocol:253") == [["1", "7", "7", "1", "Binding Update"]]


def test_code_points_that_cant_be_one(tmp_path: Path) -> None:
    """They are told on standard error, and as if nobody had set them."""
    update = made.bu(made.alternate(CARE1), made.multiple_home_agents(AGENT), flags="AHM")
    path = write(tmp_path / "one.pcapng", [update, made.echo_request(CARE1, AGENT)])
    wrong = {"mobility_protocol": (58, 135), "option_type": (1, 18), "flag_multiple": (3, 2048)}
    command = ["tshark", "-n", "-X", f"lua_script:{SCRIPT}", "-r", str(path), "-T", "fields"]
    command += ["-e", "mha.flag.multiple", "-e", "mha.option.home_agent", "-e", "icmpv6.type"]
    command += [part for name, (value, _) in wrong.items() for part in ("-o", f"mha.{name}:{value}")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for name, (value, stays) in wrong.items():
        assert done.stderr.count(f"mha.{name}: it can't be {value} and stays {stays}\n") == 1
    assert done.stdout == "1\t2001:db8:1::1\t\n\t\t128\n"


@pytest.mark.parametrize(
    ("name", "value", "stays"),
    [
        ("unreachable_type", 144, 154),  # Home Agent Address Discovery Request (RFC 6275, 6.5)
        ("unreachable_type", 128, 154),  # Echo Request (RFC 4443, 4.1)
        ("dhaad_request_type", 145, 144),  # the reply's
        ("dhaad_reply_type", 154, 145),
        ("option_type", 3, 18),  # Alternate Care-of Address (RFC 6275, 6.2.5)
        ("flag_multiple", 0x8000, 0x0800),  # A (RFC 6275, 6.1.7)
        ("flag_multiple", 0x4000, 0x0800),  # H
    ],
)
def test_what_is_anothers_stays_so(tmp_path: Path, name: str, value: int, stays: int) -> None:
    packets = [made.bu(made.alternate(CARE1), made.multiple_home_agents(), flags="AHM"), made.unreachable()]
    packets += [made.icmp_packet(128, bytes(20), CARE1, AGENT), made.dhaad_request(), made.dhaad_reply(AGENT)]
    path = write(tmp_path / "some.pcapng", packets)
    assert told(path, f"{name}:{value}") == [f"mha.{name}: it can't be {value} and stays {stays}"]
    fields = ["mha.flag.multiple", "mha.option.home_agent", "mha.icmpv6.type", "icmpv6.type"]
    fields += ["mha.dhaad_request.identifier", "mha.dhaad_reply.identifier"]
    assert table_of(path, fields, f"{name}:{value}") == table(path, fields)


def test_types_can_be_exchanged(tmp_path: Path) -> None:
    """Request and reply, as nobody has two meanings then: types 145 and 144 (RFC 6275, 6.5 and 6.6)."""
    request, reply = made.dhaad_request(identifier=7), made.dhaad_reply(AGENT, identifier=8)
    path = write(tmp_path / "two.pcapng", [request, reply])
    fields = ["mha.dhaad_request.identifier", "mha.dhaad_reply.identifier"]
    assert table(path, fields) == [["1", "7", ""], ["2", "", "8"]]
    exchanged = ("dhaad_request_type:145", "dhaad_reply_type:144")
    assert told(path, *exchanged) == []
    assert table_of(path, fields, *exchanged) == [["1", "", "7"], ["2", "8", ""]]


def test_the_m_bit_can_be_moved(tmp_path: Path) -> None:
    """Flags c400: A, H and 0400, which is R otherwise; and 0800 isn't M then."""
    words = [0xC400, 0xC800]
    options = [made.alternate(CARE1), made.multiple_home_agents()]
    packets = [
        made.carried(5, made.with_options(struct.pack(">HHH", 1, word, 15), options), CARE1, AGENT, home_option=HOME)
        for word in words
    ]
    fields = ["mha.flag.multiple", "mha.update.flags.m", "mha.update.flags.r", "mha.rule"]
    rows = table(write(tmp_path / "two.pcapng", packets), fields, "-o", "mha.flag_multiple:1024")
    assert rows == [["1", "1", "1", "", ""], ["2", "", "0", "", "MIP6-BU-004,MHA-001"]]


def test_a_default_set_again_is_not_set(tmp_path: Path) -> None:
    """Of a profile and the script's own default the profile counts: Wireshark doesn't tell which was set."""
    path = write(tmp_path / "one.pcapng", [made.bu(made.multiple_home_agents(), flags="AHM")])
    kame = ("-o", "mha.profile:kame2003", "-o", "mha.mobility_protocol:200", "-o", "mha.mobility_protocol:135")
    assert table(path, ["mha.option.home_agent"], *kame)[0][1] == ""
