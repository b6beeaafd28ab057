"""The script under Lua 5.4, which Wireshark has from 4.4 on, with a stub of the API: the same fields, and no error."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from dissectors.ipv6.address import text
from dissectors.walk import dissect
from mhatool.capture import linktype
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.mhatool.scenes import AGENT, AGENT2, CARE1
from tests.peers.plugin import SCRIPT, table, write
from tests.recipes import packets as made

STUB = Path(__file__).with_name("stub.lua")
PROTOCOLS = {"mobility": 135, "icmpv6": 58}
MUTATED = 3_000


class Line(NamedTuple):
    """What the script added: a field's name and text in a frame."""

    frame: int
    name: str
    value: str


def _line(packet: bytes) -> str | None:
    """A packet as the stub reads it: its last message; None where that is none that the script sees."""
    for datagram in reversed(dissect(packet, linktype.RAW).datagrams):
        upper = datagram.upper
        if upper is None or upper.declaration.family not in PROTOCOLS or datagram.quoted:
            continue
        addresses = (datagram.true_source, datagram.true_destination, datagram.source, datagram.destination)
        octets = upper.octets[upper.start :]
        return f"{PROTOCOLS[upper.declaration.family]} {' '.join(map(text, addresses))} {octets.hex()}"
    return None


def run(packets: Iterable[bytes]) -> list[Line]:
    lua = shutil.which("lua5.4")
    assert lua, "lua5.4 is missing: scripts/system_packages.txt names its package"
    lines = "".join(f"{line}\n" for packet in packets if (line := _line(packet)) is not None)
    done = subprocess.run([lua, STUB, SCRIPT], input=lines, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = (line.split(" ", 2) for line in done.stdout.splitlines())
    return [Line(int(frame), name, value) for frame, name, value in found]


@pytest.mark.lua
def test_an_exchange() -> None:
    update = made.bu(made.alternate(CARE1), made.multiple_home_agents(), flags="AHM")
    found = run([update, made.ba()])
    assert Line(1, "mha.update.lifetime_s", "60") in found
    assert Line(1, "mha.flag.multiple", "true") in found
    assert [line.value for line in found if line.name == "mha.option.home_agent"] == [AGENT.hex(), AGENT2.hex()]
    assert [line.value for line in found if line.name == "mha.checksum.status"] == ["1", "1"]
    assert Line(2, "mha.response_to", "1") in found
    assert Line(2, "mha.response_time", "1.250000000") in found


@pytest.mark.lua
@pytest.mark.tshark
def test_fields_are_those_under_lua_5_2(tmp_path: Path) -> None:
    """Tshark 4.0 has Lua 5.2: messages of each kind, and how many fields of each name there are."""
    packets = [made.home_bu(), made.ba(made.refresh_advice(40)), made.bu(made.multiple_home_agents(AGENT), flags="AM")]
    packets += [made.home_test_init(), made.home_test(), made.care_of_test_init(), made.care_of_test()]
    packets += [made.refresh_request(), made.binding_error(3), made.agent_switch(AGENT, AGENT2), made.unreachable()]
    packets += [made.dhaad_request(to=AGENT), made.dhaad_reply(AGENT, AGENT), made.prefix_solicitation()]
    packets += [made.prefix_advertisement(), made.bu((9, bytes(17), (4, 1)), (35, bytes(20), (8, 2)), flags="A")]
    names = ["mha.update.sequence_number", "mha.acknowledgement.status", "mha.option.type", "mha.option.home_agent"]
    names += ["mha.checksum.status", "mha.rule", "mha.node", "mha.home_test.home_nonce_index", "mha.switch.address"]
    rows = table(write(tmp_path / "all.pcapng", packets), names)
    theirs = {name: sum(len(row[i].split(",")) for row in rows if row[i]) for i, name in enumerate(names, 1)}
    found = run(packets)
    assert {name: sum(line.name == name for line in found) for name in names} == theirs


@pytest.mark.lua
def test_mutated_frames() -> None:
    assert len(run(mutations(54, corpus(), MUTATED))) > MUTATED
