"""The script of a profile that isn't built in, and the one that is but isn't today's: it reads and judges by theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dissectors.profile import KAME2003, Profile, load
from mhatool.capture import open_capture
from mhatool.exchange import Source
from mhatool.validate import validate
from mhatool.wireshark.crosscheck import Crosscheck
from mhatool.wireshark.generate import JUDGED, plugin
from tests.mhatool.scenes import AGENT, CARE1, HOME, PEER
from tests.peers.plugin import table, tshark, write
from tests.recipes import packets as made

pytestmark = pytest.mark.tshark

#: Every message whose meaning the script goes by has another type, and RFC 6275's own has none.
MOVED = {
    "binding_refresh_request": 70,
    "home_test_init": 71,
    "care_of_test_init": 72,
    "home_test": 73,
    "care_of_test": 74,
    "binding_update": 75,
    "binding_acknowledgement": 76,
    "binding_error": 77,
    "ha_switch": 82,
}


@pytest.fixture
def moved(tmp_path: Path) -> Profile:
    path = tmp_path / "moved.toml"
    numbers = "".join(f"numbers.mobility.{symbol} = {number}\n" for symbol, number in MOVED.items())
    path.write_text(f'base = "rfc6275"\n{numbers}', encoding="utf-8")
    return load(str(path))


def with_another_type(packet: bytes) -> bytes:
    """The same message with a type 70 higher, and a checksum that covers it.

    The type is the upper octet of its word, and the checksum the complement of a sum (RFC 1071): 70 * 256 lower.
    """
    at = 40 if packet[6] == 135 else 64  # behind the IPv6 header, and a Home Address option or routing header
    total = int.from_bytes(packet[at + 4 : at + 6]) - 70 * 256
    total += 0xFFFF if total < 0 else 0
    return b"".join(
        (packet[: at + 2], bytes((packet[at + 2] + 70, packet[at + 3])), total.to_bytes(2), packet[at + 6 :])
    )


def judged(path: Path, profile: Profile) -> list[tuple[int, str]]:
    """What `mhatool validate` finds of the script's rules."""
    with open_capture(path) as reader:
        found = validate([Source(path.name, iter(list(reader)))], profile, select=JUDGED)
    return sorted((each.frames[-1].number, each.rule) for each in found)


def rows(path: Path, profile: Profile, *fields: str) -> list[list[str]]:
    """Of tshark's, with the profile's script."""
    script = path.with_suffix(".lua")
    script.write_text(plugin(profile), encoding="utf-8")
    return table(path, fields, "-o", "mha.other_fields:TRUE", script=script)


def test_messages_of_other_types_are_what_they_are(tmp_path: Path, moved: Profile) -> None:
    """The M bit, the mobile node, requests and answers: an update with a list and its answer, and tests."""
    several = made.bu(made.alternate(CARE1), made.multiple_home_agents(), flags="AHM")
    packets = [several, made.ba(), made.home_test_init(), made.home_test()]
    path = write(tmp_path / "some.pcapng", map(with_another_type, packets))
    home = "2001:db8:1::100"
    fields = ("mha.checksum.status", "mha.flag.multiple", "mha.node", "mha.response_to", "mha.rule")
    assert rows(path, moved, *fields) == [
        ["1", "1", "1", home, "", ""],
        ["2", "1", "", home, "1", ""],
        ["3", "1", "", home, "", ""],
        ["4", "1", "", home, "3", ""],
    ]


def test_messages_of_other_types_are_judged_as_what_they_are(tmp_path: Path, moved: Profile) -> None:
    """Nonce Indices and Refresh Advice in their places and elsewhere, headers that a type may have or not, and more."""
    nonces, advice = made.nonce_indices(1, 2), made.refresh_advice(40)
    packets = [
        made.bu(nonces, made.authorization(), flags="A", to=PEER),
        made.bu(advice),
        made.ba(nonces),
        made.ba(advice),
    ]
    packets += [made.carried(1, bytes(10), CARE1, AGENT, home_option=HOME), made.carried(5, bytes(10), CARE1, AGENT)]
    packets += [made.carried(3, bytes(18), AGENT, CARE1, routed=HOME), made.bu(flags="H"), made.ba(status=99)]
    packets += [made.binding_error(3), made.agent_switch(bytes(16))]
    plain = write(tmp_path / "plain.pcapng", packets)
    path = write(tmp_path / "some.pcapng", map(with_another_type, packets))
    found = [
        (int(number), rule) for number, rules in rows(path, moved, "mha.rule") for rule in rules.split(",") if rule
    ]
    assert sorted(found) == judged(path, moved)
    assert judged(path, moved) == judged(plain, load("rfc6275"))  # by today's numbers the same


def test_options_are_those_of_the_profile(tmp_path: Path) -> None:
    """Draft 19 has no option 8, and 2 and 6 are the Unique Identifier and Binding Refresh Advice there (6.2)."""
    body = bytes.fromhex("0000 0001 000f 0806 0100 0000 0000 0202 0007 0602 000a")
    message = bytes.fromhex("3b03 0600 0000") + body + bytes.fromhex("0102 0000")  # 6 + 22 + 4 = 32 octets
    total = made.internet_checksum(AGENT, CARE1, 62, message).to_bytes(2)
    path = write(tmp_path / "one.pcapng", [made.ipv6(AGENT, CARE1, 62, message[:4] + total + message[6:])])
    kame = ("-o", "mha.profile:kame2003")
    assert table(path, ["mha.checksum.status", "mha.rule"], *kame) == [["1", "1", "MIP6-OPT-009"]]
    assert [rule for _, rule in judged(path, KAME2003)] == ["MIP6-OPT-009"]
    _, _, ours = tshark("-r", path, "-V", *kame).partition("\nMultiple Home Agents for Mobile IPv6")
    shown = [line.strip() for line in ours.splitlines()]
    for name, number in (("Mobility option", 8), ("Unique Identifier", 2), ("Binding Refresh Advice", 6)):
        assert f"{name} ({number})" in shown
        assert f"Type: {name.replace('Mobility option', 'Unknown')} ({number})" in shown


def test_the_meaning_of_the_m_bit_is_compared(tmp_path: Path, moved: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """`crosscheck` sees a script that goes by today's numbers where the profile has others."""
    update = with_another_type(made.bu(made.alternate(CARE1), made.multiple_home_agents(), flags="AHM"))
    path = write(tmp_path / "one.pcapng", [update])
    assert [each.field for each in Crosscheck(path, moved) if each.fault is None] == []
    wrong = plugin(moved).replace('m.symbol ~= "binding_update" or m.size < 10', "m.kind ~= 5 or m.size < 10")
    monkeypatch.setattr("mhatool.wireshark.crosscheck.plugin", lambda _: wrong)
    assert [(each.field, each.ours, each.theirs) for each in Crosscheck(path, moved) if each.fault is None] == [
        ("mha.flag.multiple", ("1",), ())
    ]
