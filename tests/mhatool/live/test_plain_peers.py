"""Live nodes and plain RFC 6275 peers that know neither M nor the list: UMIP, as it was recorded.

Its packets come at their times; what answers a question of ours comes as long after it as it came then, with our
numbers (`player.py`). What is compared is what `mhatool diff` compares.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mhatool.capture import PcapngWriter, open_capture
from tests.mhatool.lab.standing import records, until
from tests.mhatool.live.namespace import REPOSITORY, Namespace, namespace
from tests.mhatool.scenes import UMIP, S

pytestmark = [pytest.mark.root, pytest.mark.iproute2, pytest.mark.nft]

HOME, CARE_OF = "2001:200:1:2:240:26ff:fe4c:51fd", "2001:200:1:1:240:26ff:fe4c:51fd"
AGENTS = ("2001:200:1:2::1", "2001:200:1:2::2")
HOST = "2001:200:1:c::10"
CARD = "00:40:26:4c:51:fd"
LINKS = {"home": "02:00:00:00:02:01", "core": "02:00:00:00:0f:21"}
"""Home agent 1's, where it was recorded, with the capture's number of each."""
NUMBERS = {"home": 0, "core": 3}
ROUTERS = {
    "2001:200:1:c::/64": ("2001:200:1:f::f", "02:00:00:00:0f:0f"),
    "2001:200:1:1::/64": ("2001:200:1:f::11", "02:00:00:00:0f:11"),
    "2001:200:1:3::/64": ("2001:200:1:f::13", "02:00:00:00:0f:13"),
}
HOME_AGENT = """
name = "ha"
control = "{control}"
insecure = true
interfaces = ["core"]
[home_agent.advertising]
interface = "home"
prefixes = [{{ prefix = "2001:200:1:2::", router_address = "2001:200:1:2::1" }}]
home_agent = {{ preference = 15 }}
"""
MOBILE_NODE = """
name = "mn"
control = "{control}"
insecure = true
[mobile_node]
interface = "eth0"
home_address = "{home}"
home_agents = {agents}
lifetime_s = 60
optimise_routes = false
"""


@pytest.fixture
def ns(tmp_path: Path) -> Iterator[Namespace]:
    with namespace(tmp_path) as made:
        yield made


def interface(ns: Namespace, name: str, link_address: str) -> str:
    """An interface of the node's; answers with its far end, at which the kernel does nothing."""
    far = f"far-{name}"
    ns.does("ip", "link", "add", name, "address", link_address, "type", "veth", "peer", "name", far)
    ns.does("sysctl", "-qw", f"net.ipv6.conf.{far}.disable_ipv6=1")
    for each in (far, name):
        ns.does("ip", "link", "set", each, "up")
    return far


def plays(ns: Namespace, role: str, capture: str, begin_ns: int, end_ns: int, *facts: str) -> subprocess.Popen[str]:
    """The player, ready to begin; it writes `live.pcapng`."""
    own = (role, str(UMIP / capture), str(ns.folder / "live.pcapng"), str(begin_ns), str(end_ns), *facts)
    command = ["ip", "netns", "exec", ns.name, sys.executable, "-m", "tests.mhatool.live.player", *own]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=REPOSITORY
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", process.stdout.read()
    return process


def to_the_end(process: subprocess.Popen[str], seconds: float) -> None:
    """It begins, and goes on to the end."""
    said = process.communicate("\n", timeout=seconds + 60)[0]
    assert process.returncode == 0, said


def recorded(capture: str) -> tuple[int, int, list[int]]:
    """When a recording begins and ends, and when its mobile node was moved; nanoseconds."""
    with open_capture(UMIP / capture) as reader:
        times = [record.time_ns for record in reader]
    name = capture.split("-", maxsplit=1)[0]
    events = json.loads((UMIP / f"{name}.events.json").read_text("utf-8"))
    moves = [round(event["t"] * S) for event in events if event["event"].startswith("MN moved")]
    return min(times), max(times), moves


def seen(capture: Path, filtering: str) -> list[dict[str, Any]]:
    """The packets of a capture that a display filter keeps, as records."""
    return records("dissect", str(capture), "--all", "--jsonl", "-Y", filtering)


# --- a plain mobile node at our home agent ---


def serves(ns: Namespace, begin_ns: int, end_ns: int) -> tuple[Path, Path]:
    """Our home agent where the first one of the recording was: what that one said and heard, and what ours did."""
    far = {name: interface(ns, name, link) for name, link in LINKS.items()}
    ns.does("ip", "-6", "address", "add", "2001:200:1:f::21/64", "dev", "core", "nodad")
    ns.does("ip", "-6", "address", "add", f"{AGENTS[0]}/64", "dev", "home", "nodad")
    for prefix, (router, link) in ROUTERS.items():
        ns.does("ip", "-6", "route", "add", prefix, "via", router)
        ns.does("ip", "-6", "neighbour", "add", router, "lladdr", link, "dev", "core", "nud", "permanent")
    (ns.folder / "ha.toml").write_text(HOME_AGENT.format(control=ns.socket("ha")))
    ns.starts("ha")
    ends = [f"{far[name]}={NUMBERS[name]}={link}" for name, link in LINKS.items()]
    to_the_end(plays(ns, "ha", "tour-all.pcapng", begin_ns, end_ns, *ends), (end_ns - begin_ns) / S)
    return _of_the_home_agent(ns.folder, begin_ns, end_ns), ns.folder / "live.pcapng"


def _of_the_home_agent(folder: Path, begin_ns: int, end_ns: int) -> Path:
    """What the recorded one said and heard meanwhile."""
    links = {NUMBERS[name]: bytes.fromhex(link.replace(":", "")) for name, link in LINKS.items()}
    path = folder / "recorded.pcapng"
    with path.open("wb") as stream, open_capture(UMIP / "tour-all.pcapng") as reader:
        writer = PcapngWriter(stream, application="test")
        for record in sorted(reader, key=lambda each: each.time_ns):
            own = links.get(record.interface)
            ends = (record.captured[:6], record.captured[6:12])
            if own is not None and begin_ns <= record.time_ns < end_ns and own in ends:
                writer.write_record(record)
    return path


TUNNELLED = f"echo and ipv6.next_header == 41 and ipv6.dst == {CARE_OF} and ipv6.src == {AGENTS[0]}"
FORWARDED = f"echo and ipv6.src == {HOME} and ipv6.dst == {HOST} and not ipv6.next_header == 41"


def test_our_home_agent_serves_a_plain_mobile_node(ns: Namespace) -> None:
    """From its move to the first foreign link until it is registered and reached: discovery, registration, traffic."""
    _, _, moves = recorded("tour-all.pcapng")
    before, ours = serves(ns, moves[0], moves[0] + 7 * S)
    (binding,) = ns.show("ha", "bindings")
    facts = ("home_address", "care_of_address", "flags", "lifetime_s", "sequence_number")
    assert [binding[name] for name in facts] == [HOME, CARE_OF, "AH", 60, 22354]
    done = subprocess.run(
        ["mhatool", "diff", str(before), str(ours), "--tolerance", "0.5"], capture_output=True, text=True, check=False
    )
    assert done.stdout == "No differences in 2 exchanges.\n", done.stdout + done.stderr
    for filtering in (TUNNELLED, FORWARDED):  # one echo each half second, and so exact are the answers' times above
        assert abs(len(seen(ours, filtering)) - len(seen(before, filtering))) <= 1
        assert len(seen(ours, filtering)) > 5


@pytest.mark.soak
def test_our_home_agent_serves_a_plain_mobile_node_all_the_way(ns: Namespace) -> None:
    """Two foreign links, refreshes, prefix discovery, and home again: the whole recording, by its clock."""
    first, last, _ = recorded("tour-all.pcapng")
    before, ours = serves(ns, first, last)
    assert ns.show("ha", "bindings") == []
    done = subprocess.run(["mhatool", "diff", str(before), str(ours)], capture_output=True, text=True, check=False)
    assert done.stdout == "No differences in 7 exchanges.\n", done.stdout + done.stderr


# --- our mobile node at plain home agents ---


def goes(ns: Namespace, capture: str, begin_ns: int, end_ns: int, agents: int) -> Path:
    """Our mobile node where the recorded one was; its interface hears of each move."""
    far = interface(ns, "eth0", CARD)
    _, _, moves = recorded(capture)
    (ns.folder / "mn.toml").write_text(MOBILE_NODE.format(control=ns.socket("mn"), home=HOME, agents=agents))
    ns.does("sysctl", "-qw", "net.ipv6.conf.eth0.keep_addr_on_down=1")
    player = plays(ns, "mn", capture, begin_ns, end_ns, far, HOME, *map(str, moves))
    ns.starts("mn")
    to_the_end(player, (end_ns - begin_ns) / S)
    return ns.folder / "live.pcapng"


def test_our_mobile_node_registers_with_plain_home_agents(ns: Namespace) -> None:
    """Both, which never heard of M nor of the list, and through the tunnel it answers who sends to its home address."""
    _, _, moves = recorded("failover60-mn.pcap")
    ours = goes(ns, "failover60-mn.pcap", moves[0] - S, moves[0] + 7 * S, agents=2)
    rows = ns.show("mn", "updates")
    assert [(row["peer"], row["state"], row["lifetime_s"]) for row in rows] == [
        (agent, "BOUND", 60) for agent in AGENTS
    ]
    updates = seen(ours, "binding_update")
    assert {update["dst"] for update in updates} == set(AGENTS)
    for update in updates:
        (message,) = [layer for layer in update["layers"] if layer["type"] == "binding_update"]
        listed = [option for option in message["options"] if option["name"] == "Multiple Home Agents"]
        assert ("M" in message["flags"], listed[0]["home_agents"]) == (True, list(AGENTS))
    asked = seen(ours, f"echo and ipv6.dst == {CARE_OF} and icmpv6.type == 128")
    answered = seen(ours, f"echo and ipv6.src == {CARE_OF} and icmpv6.type == 129")
    assert len(answered) == len(asked) > 5
    assert {packet["dst"] for packet in answered} <= set(AGENTS)


@pytest.mark.soak
def test_our_mobile_node_goes_all_the_way_with_a_plain_home_agent(ns: Namespace) -> None:
    """Two foreign links and home again; what differs from UMIP's is what captures/MANIFEST.toml explains."""
    first, last, _ = recorded("tour-mn.pcap")
    ours = goes(ns, "tour-mn.pcap", first, last, agents=1)
    assert ns.show("mn", "updates") == []
    done = subprocess.run(["mhatool", "validate", str(ours)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    until(lambda: ns.answers("mn"))
