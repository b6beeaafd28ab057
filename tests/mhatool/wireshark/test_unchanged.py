"""What Wireshark shows of everything else stays as it is, and no frame, however broken, makes the script fail."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from bench.traffic import Traffic
from mhatool.capture import linktype
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.mhatool.scenes import UMIP
from tests.peers.plugin import SCRIPT, table, tshark, write
from tests.peers.unchanged import changes

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


def test_another_tree_is_a_change(tmp_path: Path) -> None:
    """That such a comparison can fail: of Home Agent Unreachable Wireshark alone shows something else."""
    from tests.recipes.packets import unreachable

    assert changes(write(tmp_path / "one.pcapng", [unreachable()])) != []


# --- mutated frames ---


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
