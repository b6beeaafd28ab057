"""What travels through a home agent's tunnel: plain IPv6 in IPv6, big packets, TCP, nobody else's packets.

In the kernel and in user space alike.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dissectors.ipv6.address import parse
from mhatool.lab.traffic import lost
from mhatool.network import datagram as ipv6
from mhatool.network.traffic import udp
from tests.mhatool.lab.attacker import ATTACKER, Attacker
from tests.mhatool.lab.standing import AGENTS, HOME, Standing, care_of, heard, records, standing, times, traffic, until
from tests.mhatool.lab.withstanding import withstands

pytestmark = [
    pytest.mark.root,
    pytest.mark.tshark,
    pytest.mark.tcpdump,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
    pytest.mark.ping,
]
HOST = "2001:db8:c::b"
HOME_ADDRESS, NOBODY, STRANGER = (parse(each) for each in (HOME, "2001:db8:2::dead", "2001:db8:c::66"))
CORRESPONDENT = "2001:db8:c::a"
MEGABYTES = 50
SIZES = (500, 1412, 1413, 1430, 1452, 1453, 2000, 4000, 20_000)
"""Of UDP datagrams: 1412 octets with 48 of headers are as long as a tunnel takes, 1452 as a link of 1500 does."""
SLACK_NS = 100_000_000
"""For transit and for a busy machine: ten datagrams."""
SERVER = f"""
import hashlib, socket, sys
server = socket.create_server(("{HOME}", 7001), family=socket.AF_INET6)
print("ready", flush=True)
connection, _ = server.accept()
digest = hashlib.sha256()
while data := connection.recv(65536):
    digest.update(data)
print(digest.hexdigest(), flush=True)
"""
CLIENT = f"""
import socket
with socket.create_connection(("{HOME}", 7001), 20) as connection:
    for number in range({MEGABYTES}):
        connection.sendall(bytes([number]) * 1_000_000)
"""


WAYS = (("rule", ""), ("route", "default "))
RECEIVES = """
import socket, sys
hears = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
hears.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
hears.bind((sys.argv[1], 7002))
with open(sys.argv[2], "w", buffering=1) as file:
    print("ready", file=file)
    while True:
        octets = hears.recv(65535)
        print(len(octets), octets[0], len(set(octets)), file=file)
"""
FIREWALL = """
table ip6 firewall {
    chain arriving {
        type filter hook input priority 0; policy accept;
        ct state established counter accept
    }
}
"""
SENDS = """
import socket, sys, time
for trial in range(3):
    for size in map(int, sys.argv[3:]):
        says = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        says.bind((sys.argv[1], 0))
        says.sendto(bytes([trial]) * size, (sys.argv[2], 7002))
        time.sleep(0.01)
"""


@pytest.fixture(scope="module", params=["seg6", "tun"])
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Return the testbed, its mobile node away and reachable for a host that knows nothing of mobility."""
    with standing("paper", tmp_path_factory.mktemp("lab"), data_plane=request.param) as made:
        until(lambda: made.events("mn", "nd:address_assigned"))
        made.lab.move("mn", "foreign3")
        for agent in ("ha1", "ha2"):
            until(lambda agent=agent: made.care_of_addresses(agent) == {care_of(3)})
        until(lambda: made.run("cn2", "ping", "-c", "1", "-W", "1", HOME).returncode == 0)
        for node in ("ha1", "ha2", "mn"):
            assert made.show(node, "stats")["data_plane"] == {"name": request.param, "device": f"mha-{node}"}
            assert f"data plane: {request.param}, device mha-{node}" in made.log(node)
        yield made


def test_on_the_wire_it_is_plain_ipv6_in_ipv6_both_ways(lab: Standing, tmp_path: Path) -> None:
    """No routing header, no options (RFC 6275, 10.4.2; RFC 2473, 3)."""
    capture = tmp_path / "core.pcapng"
    with lab.running("switch", "dumpcap", "-q", "-i", "br-foreign3", "-w", str(capture)) as process:
        until(lambda: capture.exists() and capture.stat().st_size)
        assert lab.run("cn2", "ping", "-c", "3", "-i", "0.2", "-W", "2", HOME).returncode == 0
        until(lambda: len(_echoes(capture)) >= 6)
        process.terminate()
        process.wait(10)
    for record in _echoes(capture):
        assert [layer["type"] for layer in record["layers"]] == ["ethernet", "ipv6", "ipv6", "echo"]
        ends = {record["src"], record["dst"]}
        assert care_of(3) in ends
        assert ends & set(AGENTS)


def _echoes(capture: Path) -> list[dict[str, object]]:
    return records("dissect", str(capture), "--all", "--jsonl", "-Y", "echo and ipv6.next_header == 41")


def test_what_is_too_big_for_the_tunnel_is_told_to_its_sender(lab: Standing) -> None:
    """1,500 octets of the link less 40 of the tunnel (RFC 2473, 7.1)."""
    said = lab.run("cn2", "ping", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", "1452", HOME).stdout
    assert "mtu=1460" in said.replace(" ", "").lower(), said


def test_what_is_too_big_for_a_link_on_the_way_is_told_to_its_sender(lab: Standing) -> None:
    """A router inside the tunnel tells the agent, and the agent who sent the inner packet (RFC 2473, 8)."""
    narrow = ("ip", "link", "set", "foreign", "mtu")
    assert lab.run("ar3", *narrow, "1400").returncode == 0
    try:
        fits, bursts = (
            ("ping", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", str(size)) for size in (1300, 1400)
        )
        until(lambda: "mtu=1360" in lab.run("cn2", *bursts, HOME).stdout.replace(" ", "").lower())
        assert lab.run("cn2", *fits, HOME).returncode == 0
    finally:
        lab.run("ar3", *narrow, "1500")
        for agent in ("ha1", "ha2", "cn2"):
            lab.run(agent, "ip", "-6", "route", "flush", "cache")


def _arrive(lab: Standing, ends: tuple[str, str], addresses: tuple[str, str], file: Path) -> None:
    """Datagrams of all sizes come, whole and once; they are sent three times, since a path's MTU has to be learned."""
    sender, receiver = ends
    with lab.running(receiver, sys.executable, "-c", RECEIVES, addresses[1], str(file)):
        until(lambda: file.exists() and file.read_text("ascii"))
        done = lab.run(sender, sys.executable, "-c", SENDS, *addresses, *map(str, SIZES))
        assert done.returncode == 0, done.stderr
        until(lambda: f"\n{SIZES[-1]} 2 " in file.read_text("ascii"), 5)
        came = file.read_text("ascii").splitlines()[1:]
    assert {int(line.split()[0]) for line in came} == set(SIZES)
    assert {line.split()[2] for line in came} == {"1"}
    assert len(came) == len(set(came)), "nothing comes twice"


@pytest.mark.parametrize(
    ("node", "address", "firewall"),
    [("cn2", HOST, False), ("cn2", HOST, True), ("cn", CORRESPONDENT, False)],
    ids=["tunnel", "tunnel, with a firewall that knows connections", "optimised"],
)
def test_datagrams_of_any_size_come_whole(
    lab: Standing, node: str, address: str, firewall: bool, tmp_path: Path
) -> None:
    """A tunnel's exit puts fragments of tunnelled packets together (RFC 2473, 7.1), and fragments in it are data.

    By an optimised route each fragment has its Home Address option or routing header (RFC 6275, 6.3 and 6.4).
    """
    nodes = ("mn", "ha1", "ha2", "cn")
    until(lambda: lab.run("mn", "ping", "-c", "1", "-W", "1", "-I", HOME, address).returncode == 0)
    if node == "cn":
        until(lambda: lab.care_of_addresses("cn"))
    try:
        for each in nodes if firewall else ():
            assert lab.run(each, "nft", "-f", "-", input=FIREWALL).returncode == 0
        _arrive(lab, ("mn", node), (HOME, address), tmp_path / "there")
        _arrive(lab, (node, "mn"), (address, HOME), tmp_path / "back")
    finally:
        for each in nodes if firewall else ():
            lab.run(each, "nft", "delete", "table", "ip6", "firewall")


def test_tcp_carries_fifty_megabytes_through_it(lab: Standing) -> None:
    digest = hashlib.sha256()
    for number in range(MEGABYTES):
        digest.update(bytes([number]) * 1_000_000)
    with lab.running("mn", sys.executable, "-c", SERVER) as server:
        assert server.stdout is not None
        assert server.stdout.readline().strip() == "ready"
        sent = lab.run("cn2", sys.executable, "-c", CLIENT)
        assert sent.returncode == 0, sent.stderr
        assert server.stdout.readline().strip() == digest.hexdigest()


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(HOST, HOME), (care_of(3), "2001:db8:2::bad")],
    ids=["another outer source", "another inner source"],
)
def test_what_no_binding_covers_is_not_unpacked(lab: Standing, outer: str, inner: str) -> None:
    """RFC 6275, 10.4.5: the outer source is the care-of address that is bound to the inner one."""
    forged = (
        "from scapy.all import IPv6, ICMPv6EchoRequest, send\n"
        f"send(IPv6(src={outer!r}, dst={AGENTS[0]!r}) / IPv6(src={inner!r}, dst={HOST!r})"
        " / ICMPv6EchoRequest(id=4242), verbose=False)\n"
    )
    with lab.running("cn2", "tcpdump", "-l", "-n", "-i", "eth0", "icmp6 and ip6[40] == 128") as seen:
        done = lab.run("cn2" if outer == HOST else "mn", sys.executable, "-c", forged)
        assert done.returncode == 0, done.stderr
        assert lab.run("mn", "ping", "-c", "2", "-i", "0.3", "-I", HOME, HOST).returncode == 0
        seen.terminate()
        said = seen.communicate(timeout=10)[0]
    assert f"{HOME.replace(':0:0:', '::')} > {HOST}" in said
    assert "4242" not in said


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(ATTACKER, HOME_ADDRESS), (None, NOBODY), (None, ATTACKER)],
    ids=["another outer source", "another home address", "no home address"],
)
def test_a_tunnelled_packet_that_no_binding_covers(lab: Standing, outer: bytes | None, inner: bytes) -> None:
    """RFC 6275, 10.4.5: the outer source is the care-of address that is bound to the inner one."""
    with withstands(lab, "ha1", "dropped", "tunnel_source"):
        packet = udp(inner, STRANGER, 40_000, b"forged")
        Attacker(lab).sends(ipv6.encapsulate(packet, outer or parse(care_of(3)), parse(AGENTS[0])))


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(ATTACKER, HOME_ADDRESS), (parse(AGENTS[0]), NOBODY)],
    ids=["no agent", "another home address"],
)
def test_a_packet_tunnelled_to_the_mobile_node_by_nobodys_agent(lab: Standing, outer: bytes, inner: bytes) -> None:
    """RFC 6275, 11.3.1: the outer source is an agent that the node is registered with."""
    with withstands(lab, "mn", "dropped", "tunnel_source"):
        packet = udp(STRANGER, inner, 40_000, b"forged")
        Attacker(lab).sends(ipv6.encapsulate(packet, outer, parse(care_of(3))))


def test_an_agents_own_address_is_reached_through_its_tunnel(lab: Standing) -> None:
    """And what is for somebody on the home link goes there: the inner destination decides."""
    for agent in AGENTS:
        assert lab.run("mn", "ping", "-c", "2", "-i", "0.2", "-W", "1", "-I", HOME, agent).returncode == 0


def test_what_leads_packets_into_it_is_put_back_where_somebody_removes_it(lab: Standing) -> None:
    """At the mobile node: the rule for its home address, and the route in that rule's table.

    With `seg6` also those of packets that are to be fragmented first.
    """
    tables = (1350, 1352) if lab.show("mn", "stats")["data_plane"]["name"] == "seg6" else (1350,)
    for how in [f"{what} del {which}table {table}" for table in tables for what, which in WAYS]:
        said = lab.log("mn").count("put back")
        assert lab.run("mn", "ip", "-6", *how.split()).returncode == 0
        until(lambda said=said: lab.log("mn").count("put back") == said + 1)
        assert lab.run("mn", "ping", "-c", "1", "-W", "1", "-I", HOME, HOST).returncode == 0


def test_packets_keep_coming_through_a_move(lab: Standing, tmp_path: Path) -> None:
    """100 a second each way: what is lost left before both agents had accepted where the node is."""
    files = {node: tmp_path / f"{node}.jsonl" for node in ("cn2", "mn")}
    with (
        lab.running("cn2", *traffic(HOST, HOME, files["cn2"], 4)) as host,
        lab.running("mn", *traffic(HOME, HOST, files["mn"], 4)) as mobile,
    ):
        until(lambda: all(heard(file) for file in files.values()))
        moved_ns = max(times(files["cn2"]))
        lab.lab.move("mn", "foreign1")
        for agent in ("ha1", "ha2"):
            until(lambda agent=agent: lab.care_of_addresses(agent) == {care_of(1)})
        assert [process.wait(30) for process in (host, mobile)] == [0, 0]
    accepted_ns = max(
        event["time_ns"]
        for agent in ("ha1", "ha2")
        for event in lab.events(agent, "mh:sent")
        if event["message"] == "binding_acknowledgement" and event["time_ns"] > moved_ns
    )
    for sender, receiver in (("cn2", "mn"), ("mn", "cn2")):
        gaps = [gap for gap in lost(files[sender].open(), files[receiver].open()) if gap.last_ns > moved_ns]
        assert all(gap.last_ns < accepted_ns + SLACK_NS for gap in gaps), gaps


COUNTS = """
import socket, sys
server = socket.create_server((sys.argv[1], 7003), family=socket.AF_INET6)
print("ready", flush=True)
connection, _ = server.accept()
count = 0
while data := connection.recv(65536):
    count += len(data)
print(count)
"""
SENDS_A_MEGABYTE = """
import socket, sys
with socket.create_connection((sys.argv[2], 7003), 10, source_address=(sys.argv[1], 0)) as connection:
    connection.sendall(bytes(1_000_000))
"""


@pytest.mark.parametrize(("node", "address"), [("cn2", HOST), ("cn", CORRESPONDENT)], ids=["tunnel", "optimised"])
def test_a_path_that_is_too_narrow_for_what_every_link_takes(lab: Standing, node: str, address: str) -> None:
    """RFC 8200, 5: links of 1280 octets. What is wrapped leaves in fragments (RFC 2473, 7.1 (b)).

    An echo request of 1232 octets is a packet of 40 + 8 + 1232 = 1280, and of 1320 or 1304 on its way.
    """
    routers = ("ar1", "ar3", "core", "ha1", "ha2")
    until(lambda: lab.run("mn", "ping", "-c", "1", "-W", "1", "-I", HOME, address).returncode == 0)
    try:
        for router in routers:
            lab.run(router, "ip", "link", "set", "core", "mtu", "1290")
        for sender, receiver, source, destination in (("mn", node, HOME, address), (node, "mn", address, HOME)):
            echo = ("ping", "-c", "1", "-W", "0.2", "-s", "1232", "-I", source, destination)
            until(lambda sender=sender, echo=echo: lab.run(sender, *echo).returncode == 0, 5)
            with lab.running(receiver, sys.executable, "-c", COUNTS, destination) as counts:
                assert counts.stdout is not None
                assert counts.stdout.readline() == "ready\n"
                done = lab.run(sender, sys.executable, "-c", SENDS_A_MEGABYTE, source, destination)
                assert done.returncode == 0, done.stderr
                assert counts.stdout.readline() == "1000000\n"
    finally:
        for router in routers:
            lab.run(router, "ip", "link", "set", "core", "mtu", "1500")
