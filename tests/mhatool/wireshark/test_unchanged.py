"""What Wireshark shows of everything else stays as it is, and no frame, however broken, makes the script fail."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from bench.traffic import Traffic
from mhatool.capture import linktype
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.mhatool.scenes import AGENT, CARE1, UMIP, ipv6
from tests.peers.plugin import SCRIPT, table, tshark, write
from tests.peers.unchanged import changes, without_ours
from tests.recipes import packets as made

pytestmark = pytest.mark.tshark

MIX, MUTATED = 2_000, 20_000
RECORDINGS = sorted(path.name for path in UMIP.iterdir() if path.suffix in (".pcap", ".pcapng"))


def test_a_recording(repository: Path) -> None:
    """Plain Mobile IPv6: only the trees beside Wireshark's own come in."""
    assert changes(UMIP / "ro-home.pcap") == []


@pytest.mark.soak
@pytest.mark.parametrize("name", RECORDINGS)
def test_every_recording(name: str) -> None:
    assert changes(UMIP / name) == []


def test_captures_of_others(external_captures: Path) -> None:
    different = {path.name: changes(path) for path in sorted(external_captures.glob("*/*.pcap"))}
    assert {name: found for name, found in different.items() if found} == {}


def test_a_mix_of_traffic(tmp_path: Path) -> None:
    """TCP, UDP, ICMPv6, ARP, fragments, tunnels, with a little signalling: none of ours in it."""
    frames = [octets for _, octets in islice(Traffic(MIX), MIX)]
    path = write(tmp_path / "mix.pcapng", frames, link=linktype.ETHERNET)
    ours = {int(row[0]) for row in table(path, [], "-Y", "mha.unreachable.address or mha.option.home_agent")}
    plain = [octets for number, octets in enumerate(frames, 1) if number not in ours]
    assert len(plain) > MIX * 0.99
    assert changes(write(tmp_path / "plain.pcapng", plain, link=linktype.ETHERNET)) == []


def test_broken_packets(tmp_path: Path) -> None:
    """The same mix, each frame changed behind its Ethernet header."""
    frames = [octets for _, octets in islice(Traffic(MIX, seed=7), MIX) if octets[12:14] == b"\x86\xdd"]
    broken = [
        frame[:14] + rest
        for frame, rest in zip(frames, mutations(7, [f[14:] for f in frames], len(frames)), strict=True)
    ]
    path = write(tmp_path / "broken.pcapng", broken, link=linktype.ETHERNET)
    ours = {int(row[0]) for row in table(path, [], "-Y", "mha or icmpv6.type == 154")}
    plain = [octets for number, octets in enumerate(broken, 1) if number not in ours]
    assert len(plain) > len(broken) * 0.9
    assert changes(write(tmp_path / "plain.pcapng", plain, link=linktype.ETHERNET)) == []


def overrun(protocol: int) -> bytes:
    """A Binding Acknowledgement whose option, of a type that Wireshark doesn't know, goes past its end."""
    whole = made.carried(6, bytes.fromhex("0000 0001 000f 861c 0000"), AGENT, CARE1)
    return ipv6(AGENT, CARE1, protocol, whole[40:])


EMPTY_OR_SHORT = [(58, b""), (135, b""), (135, b"\x3b\0\5"), (58, b"\1"), (58, b"\x80")]


def test_empty_payloads_and_options_past_the_end(tmp_path: Path) -> None:
    """The tree, and the summary lines: next headers without a payload, option 134 of 28 octets in 4."""
    packets = [ipv6(AGENT, CARE1, protocol, body) for protocol, body in EMPTY_OR_SHORT] + [overrun(135), overrun(62)]
    path = write(tmp_path / "some.pcapng", packets)
    assert "Unknown (0x86) (option length = 28 bytes says option goes past end" in tshark("-r", path, "-V")
    assert changes(path) == []
    assert tshark("-r", path) == tshark("-r", path, script=None)


def test_only_as_documented_without_the_mobility_wrapper(tmp_path: Path) -> None:
    """All options are hooked then: one past the end goes by the hook's name."""
    off = ("-o", "mha.mobility:FALSE")
    text = tshark("-r", write(tmp_path / "one.pcapng", [overrun(135)]), "-V", *off)
    assert "MHA_OPTION (option length = 28 bytes says option goes past end" in text


def test_only_as_documented_in_the_hierarchy(tmp_path: Path) -> None:
    """`-z io,phs`: a level `_ws.lua.fake` above what a wrapper passes on, which Wireshark itself puts there."""
    path = write(tmp_path / "two.pcapng", [made.echo_request(CARE1, AGENT), made.home_bu()])
    statistics = ("-q", "-z", "io,phs", "-r", path)
    bare, ours = tshark(*statistics, script=None), tshark(*statistics)
    levels = {text: [line.split()[0] for line in text.splitlines() if " frames:" in line] for text in (bare, ours)}
    assert levels[bare] == ["raw", "ipv6", "icmpv6"]
    assert levels[ours] == ["raw", "ipv6", "_ws.lua.fake", "icmpv6"]
    without = ("-o", "mha.icmpv6:FALSE", "-o", "mha.mobility:FALSE")
    assert tshark(*statistics, *without) == bare


def test_another_tree_is_a_change(tmp_path: Path) -> None:
    """That such a comparison can fail: of Home Agent Unreachable Wireshark alone shows something else."""
    assert changes(write(tmp_path / "one.pcapng", [made.unreachable()])) != []


# --- mutated frames ---


def _frames(lines: Iterable[str]) -> list[list[str]]:
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("Frame ") and " bytes on wire" in line:
            found.append([])
        found[-1].append(line)
    return found


def test_mutated_frames_differ_only_as_documented(tmp_path: Path) -> None:
    """Where an option is shown by the script, or Home Agent Unreachable; every other frame is as it was."""
    path = write(tmp_path / "mutated.pcapng", mutations(2, corpus(), 1_500))
    texts = [tshark("-r", path, "-V", script=script).splitlines() for script in (None, SCRIPT)]
    bare, ours = (["\n".join(frame) for frame in _frames(text)] for text in texts)
    pairs = enumerate(zip(bare, ours, strict=True))
    different = {number for number, (a, b) in pairs if a.splitlines() != list(without_ours(b))}
    documented = (":mha_option", "Multiple Home Agents for Mobile IPv6: Home Agent Unreachable\n")
    shown = {number for number, text in enumerate(ours) if any(words in text for words in documented)}
    assert different
    assert different <= shown


def _malformed(path: Path, script: Path | None) -> set[str]:
    return {number for number, malformed in table(path, ["_ws.malformed"], script=script) if malformed}


def _survives(path: Path, seed: int, count: int) -> None:
    """`table` fails at the first Lua error on standard error; the tree itself would hold it too."""
    write(path, mutations(seed, corpus(), count))
    assert _malformed(path, SCRIPT) <= _malformed(path, None)
    assert "Lua Error" not in tshark("-r", path, "-V", "-Y", "mha")


def test_mutated_frames(tmp_path: Path) -> None:
    _survives(tmp_path / "mutated.pcapng", 1000, MUTATED)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_thousand_mutated_frames(tmp_path: Path, seed: int) -> None:
    _survives(tmp_path / "mutated.pcapng", seed, MUTATED)
